//! The state of a session and its clocks: open, closing, leaving, over. Pure: it is told what happened and
//! when, and says what to do next and when to look again.

mod clocks;

use std::time::{Duration, Instant};

use super::finish::FinishRule;
use super::limits::{CloseOptions, Limits};
use super::verdict::{End, Side, Story};
use crate::deadline::Deadline;
use crate::error::{Failure, Status};
use crate::os::signals::Signal;
use crate::protocol::{CloseFrame, Violation};
use crate::stats::Tally;

/// How long the answer to our Close is awaited after a signal.
const HURRY: Duration = Duration::from_secs(1);

/// The close code of an endpoint that goes away.
const GOING_AWAY: u16 = 1001;

/// Where the session is in its life (RFC 6455 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Messages go both ways.
    Open,
    /// Our Close is out, the server's is awaited.
    Closing { since: Instant, limit: Duration },
    /// The last frame has to leave, then it is over.
    Leaving { since: Instant },
    /// Nothing more will happen.
    Over,
}

/// How messages call the server.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// The host alone.
    pub(super) host: String,
    /// Host and port.
    pub(super) target: String,
}

/// What the pump sees when it asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    /// Bytes wait to be taken by the socket.
    pub(super) sending: bool,
    /// The output takes nothing, so nothing is read.
    pub(super) blocked: bool,
    /// Since when a ping waits for a sign of life.
    pub(super) unanswered_since: Option<Instant>,
    /// Since when the ping is out whose pong is awaited.
    pub(super) pong_awaited_since: Option<Instant>,
    /// The source of what is sent waits for an answer of the server.
    pub(super) awaiting: bool,
}

/// What the pump has to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Go on.
    Continue,
    /// Send this Close; no other frame may follow it.
    SendClose(CloseFrame),
    /// The session is over.
    Stop,
}

/// See the module.
#[allow(clippy::struct_excessive_bools)] // each is an event that has or has not happened
#[derive(Debug)]
pub(super) struct Machine {
    peer: Peer,
    rule: FinishRule,
    limits: Limits,
    close: CloseOptions,
    state: State,
    /// A Close that is to be sent at the next step.
    queued: Option<CloseFrame>,
    input_over_at: Option<Instant>,
    /// The socket took anything, something of the input, gave anything, gave a part of a message.
    wrote_at: Instant,
    sent_at: Instant,
    heard_at: Instant,
    data_at: Instant,
    unblocked_at: Instant,
    tally: Tally,
    failure: Option<Failure>,
    end: Option<End>,
    unsent: bool,
    /// Whether no message has come since the last one was sent.
    unanswered: bool,
    /// Whether a signal has come: nobody is waited for any longer than a moment.
    hurried: bool,
    output_closed: bool,
    discards: bool,
    /// When everything awaited had come.
    finished_at: Option<Instant>,
    /// From our Close to its answer.
    close_took: Option<Duration>,
}

impl Machine {
    pub(super) fn new(
        peer: Peer,
        rule: FinishRule,
        limits: Limits,
        close: CloseOptions,
        now: Instant,
    ) -> Self {
        Self {
            peer,
            rule,
            limits,
            close,
            state: State::Open,
            queued: None,
            input_over_at: None,
            wrote_at: now,
            sent_at: now,
            heard_at: now,
            data_at: now,
            unblocked_at: now,
            tally: Tally::default(),
            failure: None,
            end: None,
            unsent: false,
            unanswered: false,
            hurried: false,
            output_closed: false,
            discards: false,
            finished_at: None,
            close_took: None,
        }
    }

    // What happened.

    /// Frames of the input were prepared for sending.
    pub(super) fn sent(&mut self, messages: u64, bytes: u64) {
        self.tally.messages_sent += messages;
        self.tally.bytes_sent += bytes;
        self.unanswered |= messages > 0;
    }

    /// The input has ended; it may ask for a Close of its own.
    pub(super) fn input_is_over(&mut self, close: Option<CloseFrame>, now: Instant) {
        self.input_over_at.get_or_insert(now);
        if let Some(close) = close {
            self.close.frame = close;
        }
    }

    /// The socket took bytes; `given`: there were bytes of the input among them, not only pings and the like.
    pub(super) fn wrote(&mut self, given: bool, now: Instant) {
        self.wrote_at = now;
        if given {
            self.sent_at = now;
        }
    }

    /// There is something to send, after nothing was: from now on it has to leave.
    pub(super) fn has_to_send(&mut self, now: Instant) {
        self.wrote_at = now;
    }

    /// No Close can be sent, so none is awaited.
    pub(super) fn cannot_close(&mut self, now: Instant) {
        self.state = State::Leaving { since: now };
    }

    /// When everything has to be over, whatever it is.
    pub(super) fn end_of_run(&self, now: Instant) -> Option<Deadline> {
        let hurry = self.hurried.then(|| Deadline::since(now, HURRY, "--max-time"));
        hurry.map(|hurry| hurry.earliest(self.limits.whole)).or(self.limits.whole)
    }

    /// The socket gave bytes.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard_at = now;
    }

    /// A part of a message was delivered.
    pub(super) fn received(&mut self, bytes: u64, complete: bool, now: Instant) {
        // Fragments without a byte could go on for ever.
        if bytes > 0 || complete {
            self.data_at = now;
        }
        self.tally.bytes_received += bytes;
        if complete {
            self.tally.messages_received += 1;
            self.unanswered = false;
            self.tally.first_message.get_or_insert(now);
        }
    }

    /// The output takes bytes again. What the server had to wait meanwhile does not count against it.
    pub(super) fn unblocked(&mut self, now: Instant) {
        self.unblocked_at = now;
    }

    /// The server's Close. `unsent`: something that was given has not left yet.
    pub(super) fn peer_closed(&mut self, frame: CloseFrame, unsent: bool, now: Instant) {
        if let State::Closing { since, .. } = self.state {
            self.close_took = Some(now.saturating_duration_since(since.max(self.wrote_at)));
            // Before everything has left, this cannot be the answer to our Close, which comes last: both have crossed.
            let by = if unsent { Side::Server } else { Side::Us };
            self.unsent |= unsent;
            self.end = Some(End::Closed { by, frame });
            self.state = State::Over;
            return;
        }
        self.unsent = unsent;
        self.queued = Some(CloseFrame::with_code(frame.code));
        self.end = Some(End::Closed { by: Side::Server, frame });
        self.state = State::Leaving { since: now };
    }

    /// The connection ended without a Close.
    pub(super) fn lost(&mut self, cause: Option<std::io::Error>, unsent: bool) {
        if self.end.is_none() {
            self.unsent = unsent && self.state == State::Open;
            self.end = Some(End::Lost { cause, closing: self.state != State::Open });
        }
        self.state = State::Over;
    }

    /// The server broke a rule: the connection is failed (RFC 6455 §7.1.7).
    pub(super) fn violated(&mut self, violation: Violation, now: Instant) {
        let text = format!("{} broke the protocol: {violation}", self.peer.target);
        self.give_up(Failure::new(Status::ProtocolViolation, text), violation.close_code(), now);
    }

    /// The session ends here; nothing more is awaited.
    pub(super) fn give_up(&mut self, failure: Failure, code: u16, now: Instant) {
        if matches!(self.state, State::Open) {
            self.queued = Some(CloseFrame::with_code(code));
        }
        self.failure.get_or_insert(failure);
        self.state = State::Leaving { since: now };
    }

    /// The session cannot go on, but ends in order.
    pub(super) fn withdraw(&mut self, failure: Failure, now: Instant) {
        self.failure.get_or_insert(failure);
        self.begin_closing(CloseFrame::with_code(GOING_AWAY), self.limits.close, now);
    }

    /// A signal came: end in order and soon.
    pub(super) fn interrupted(&mut self, signal: Signal, now: Instant) {
        self.failure.get_or_insert(signal.failure());
        self.hurried = true;
        let limit = self.limits.close.min(HURRY);
        match &mut self.state {
            State::Open => self.begin_closing(CloseFrame::with_code(GOING_AWAY), limit, now),
            State::Closing { since, limit: old } => (*since, *old) = (now, limit.min(*old)),
            State::Leaving { .. } | State::Over => {}
        }
    }

    /// The output cannot be written: nothing more is delivered.
    pub(super) fn output_failed(&mut self, failure: Failure, now: Instant) {
        self.discards = true;
        self.withdraw(failure, now);
    }

    /// Nobody reads the output any more, as in `| head -1`.
    pub(super) fn output_is_closed(&mut self, unsent: bool, now: Instant) {
        self.discards = true;
        if !self.output_closed {
            self.output_closed = true;
            self.unsent = unsent && self.state == State::Open;
            self.begin_closing(CloseFrame::with_code(GOING_AWAY), self.limits.close.min(HURRY), now);
        }
    }

    fn begin_closing(&mut self, frame: CloseFrame, limit: Duration, now: Instant) {
        if self.state == State::Open {
            self.queued = Some(frame);
            self.state = State::Closing { since: now, limit };
        }
    }

    // What to do.

    /// How many messages may be begun; none once the session is closing.
    pub(super) fn allowance(&self) -> u64 {
        if self.state != State::Open || self.input_over_at.is_some() {
            0
        } else if self.rule.lockstep {
            u64::from(!self.unanswered)
        } else {
            u64::MAX
        }
    }

    /// Whether a received message is still wanted.
    pub(super) fn delivers(&self) -> bool {
        !(self.discards || self.input_over_at.is_some() && self.rule.is_surplus(self.tally.messages_received))
    }

    /// Whether the output has failed, so that nothing more is written to it.
    pub(super) fn discards(&self) -> bool {
        self.discards
    }

    /// When everything awaited had come, so that only the closing handshake was left.
    pub(super) fn finished_at(&self) -> Option<Instant> {
        self.finished_at
    }

    /// From when our Close left to when it was answered.
    pub(super) fn close_took(&self) -> Option<Duration> {
        self.close_took
    }

    /// Whether our Close was the first.
    pub(super) fn is_closing(&self) -> bool {
        matches!(self.state, State::Closing { .. })
    }

    /// Whether frames from the server still count.
    pub(super) fn listens(&self) -> bool {
        matches!(self.state, State::Open | State::Closing { .. })
    }

    /// Whether pings and pongs may be sent.
    pub(super) fn may_send_control(&self) -> bool {
        self.state == State::Open && self.queued.is_none()
    }

    /// The next thing to do. `Continue` until something happens or [`Machine::next_look`] is reached.
    pub(super) fn step(&mut self, situation: Situation, now: Instant) -> Step {
        let expired = self.clocks(situation).into_iter().flatten().find(|(at, _)| *at <= now);
        if let Some((_, clock)) = expired {
            self.expire(clock, now);
        }
        if self.is_finished(situation, now) {
            let frame = self.close.frame.clone();
            self.finished_at = Some(now);
            self.begin_closing(frame, self.limits.close, now);
        }
        if let Some(frame) = self.queued.take() {
            return Step::SendClose(frame);
        }
        match self.state {
            State::Over => Step::Stop,
            State::Leaving { .. } if !situation.sending => Step::Stop,
            State::Open | State::Closing { .. } | State::Leaving { .. } => Step::Continue,
        }
    }

    /// Whether [`Machine::step`] has something else to say than to go on.
    pub(super) fn is_due(&self) -> bool {
        self.queued.is_some() || !self.listens()
    }

    /// The counts so far.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How it went.
    pub(super) fn into_story(self, unmet: Option<String>) -> Story {
        Story {
            target: self.peer.target,
            end: self.end,
            failure: self.failure,
            unsent: self.unsent,
            awaited: self.rule.awaited(self.tally.messages_sent),
            accept: self.close.accept,
            our_code: self.close.frame.code,
            tally: self.tally,
            output_closed: self.output_closed,
            unmet,
        }
    }

    /// Whether the input was sent and what it asked for has come.
    fn is_finished(&self, situation: Situation, now: Instant) -> bool {
        let (State::Open, Some(over_at)) = (self.state, self.input_over_at) else { return false };
        let quiet = self
            .rule
            .quiet
            .is_none_or(|quiet| !situation.sending && now >= self.quiet_since(over_at) + quiet);
        let answered = !(self.rule.lockstep && self.unanswered && self.awaits_any());
        let nothing_open = !situation.awaiting && situation.pong_awaited_since.is_none();
        !self.rule.follow && quiet && answered && nothing_open && self.awaits() == 0
    }

    /// Whether the rule wants replies at all.
    fn awaits_any(&self) -> bool {
        self.rule.awaited(self.tally.messages_sent) > 0
    }

    /// Messages that still have to come.
    fn awaits(&self) -> u64 {
        self.rule.awaited(self.tally.messages_sent).saturating_sub(self.tally.messages_received)
    }

    fn quiet_since(&self, over_at: Instant) -> Instant {
        over_at.max(self.data_at).max(self.sent_at).max(self.unblocked_at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::finish::Count;
    use super::super::limits::AcceptClose;
    use super::*;

    const IDLE: Situation = Situation {
        sending: false,
        blocked: false,
        unanswered_since: None,
        pong_awaited_since: None,
        awaiting: false,
    };
    const BUSY: Situation = Situation { sending: true, ..IDLE };

    fn machine(rule: FinishRule) -> (Machine, Instant) {
        let now = Instant::now();
        let limits = Limits {
            send: Duration::from_secs(30),
            receive: Duration::from_secs(20),
            receive_always: false,
            close: Duration::from_secs(10),
            idle: None,
            whole: None,
            ping_interval: None,
            ping_timeout: Duration::from_secs(5),
            pong_interval: None,
        };
        let accept = AcceptClose::parse("1000,1001,1005").unwrap();
        let close = CloseOptions { frame: CloseFrame::with_code(1000), accept };
        (Machine::new(Peer { host: "h".to_owned(), target: "h:1".to_owned() }, rule, limits, close, now), now)
    }

    fn rule(count: Count) -> FinishRule {
        FinishRule { count, quiet: None, follow: false, lockstep: false }
    }

    fn close(code: u16) -> Step {
        Step::SendClose(CloseFrame::with_code(code))
    }

    fn secs(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn close_is_held_back_until_every_reply_is_in() {
        let (mut machine, now) = machine(rule(Count::AsSent { at_least: 0 }));
        machine.sent(2, 10);
        assert_eq!(machine.step(IDLE, now), Step::Continue);
        machine.input_is_over(None, now);
        machine.received(5, true, now);
        assert_eq!(machine.step(IDLE, now), Step::Continue);
        machine.received(5, true, now);
        assert_eq!(machine.step(IDLE, now), close(1000));
        assert_eq!(machine.step(IDLE, now), Step::Continue, "only one Close is sent");
        machine.peer_closed(CloseFrame::with_code(1000), false, now);
        assert_eq!(machine.step(IDLE, now), Step::Stop);
        assert!(machine.into_story(None).verdict().is_ok());
    }

    #[test]
    fn a_close_from_the_server_is_answered_with_its_code() {
        let (mut machine, now) = machine(rule(Count::None));
        machine.peer_closed(CloseFrame { code: 4001, reason: "bye".to_owned() }, false, now);
        assert_eq!(machine.step(IDLE, now), close(4001));
        assert_eq!(machine.step(BUSY, now), Step::Continue);
        assert_eq!(machine.step(IDLE, now), Step::Stop);
        assert_eq!(machine.into_story(None).verdict().unwrap_err().status(), Status::ClosedByServer);
    }

    #[test]
    fn a_close_that_crosses_our_data_is_no_answer_to_ours() {
        let (mut machine, now) = machine(rule(Count::None));
        machine.input_is_over(None, now);
        assert_eq!(machine.step(BUSY, now), close(1000));
        machine.peer_closed(CloseFrame::with_code(1000), true, now);
        assert_eq!(machine.step(BUSY, now), Step::Stop);
        assert_eq!(machine.into_story(None).verdict().unwrap_err().status(), Status::SendFailed);
    }

    #[test]
    fn the_answer_to_our_close_is_awaited_from_when_it_left() {
        let (mut machine, now) = machine(rule(Count::None));
        machine.input_is_over(None, now);
        assert_eq!(machine.step(BUSY, now), close(1000));
        machine.wrote(true, now + secs(25));
        assert_eq!(machine.next_look(IDLE), Some(now + secs(35)));
    }

    #[test]
    fn lockstep_is_not_satisfied_by_a_greeting() {
        let (mut machine, now) =
            machine(FinishRule { lockstep: true, ..rule(Count::AsSent { at_least: 0 }) });
        machine.received(1, true, now);
        machine.sent(1, 1);
        assert_eq!(machine.allowance(), 0);
        machine.input_is_over(None, now);
        assert_eq!(machine.step(IDLE, now), Step::Continue);
        machine.received(1, true, now);
        assert_eq!(machine.step(IDLE, now), close(1000));
    }

    #[test]
    fn a_signal_does_not_wait_for_a_blocked_output() {
        let (mut machine, now) = machine(rule(Count::None));
        machine.interrupted(Signal::Interrupt, now);
        let blocked = Situation { blocked: true, ..IDLE };
        assert_eq!(machine.step(blocked, now), close(1001));
        assert_eq!(machine.next_look(blocked), Some(now + secs(1)));
        assert_eq!(machine.end_of_run(now).map(|end| end.at()), Some(now + secs(1)));
    }

    #[test]
    fn receiving_is_timed_only_while_something_is_owed() {
        let (mut machine, now) = machine(rule(Count::Exactly(1)));
        assert_eq!(machine.next_look(IDLE), None);
        machine.input_is_over(None, now);
        assert_eq!(machine.next_look(IDLE), Some(now + secs(20)));
        assert_eq!(machine.next_look(Situation { blocked: true, ..IDLE }), None);
        assert_eq!(machine.step(IDLE, now + secs(20)), close(1001));
        assert_eq!(machine.step(IDLE, now + secs(20)), Step::Stop);
        let failure = machine.into_story(None).verdict().unwrap_err();
        assert_eq!(
            failure.to_string(),
            "timed out after 20s in receive with h (--receive-timeout): 0 of 1 awaited messages arrived"
        );
    }

    #[test]
    fn a_quiet_period_begins_anew_with_every_message() {
        let (mut machine, now) = machine(FinishRule { quiet: Some(secs(2)), ..rule(Count::None) });
        machine.input_is_over(None, now);
        machine.received(1, true, now + secs(1));
        assert_eq!(machine.step(IDLE, now + secs(2)), Step::Continue);
        assert_eq!(machine.next_look(IDLE), Some(now + secs(3)));
        assert_eq!(machine.step(IDLE, now + secs(3)), close(1000));
    }

    #[test]
    fn lockstep_waits_for_the_reply() {
        let (mut machine, now) =
            machine(FinishRule { lockstep: true, ..rule(Count::AsSent { at_least: 0 }) });
        assert_eq!(machine.allowance(), 1);
        machine.sent(1, 1);
        assert_eq!(machine.allowance(), 0);
        machine.received(1, true, now);
        assert_eq!(machine.allowance(), 1);
    }

    #[test]
    fn writing_counts_as_long_as_something_waits() {
        let (mut machine, now) = machine(rule(Count::None));
        machine.wrote(true, now + secs(5));
        assert_eq!(machine.next_look(BUSY), Some(now + secs(35)));
        machine.step(BUSY, now + secs(35));
        let failure = machine.into_story(None).verdict().unwrap_err();
        assert_eq!(failure.to_string(), "timed out after 30s in send with h (--send-timeout)");
    }

    #[test]
    fn a_ping_is_not_lost_while_our_own_data_moves() {
        let (mut machine, now) = machine(rule(Count::None));
        let pinged = Situation { unanswered_since: Some(now), ..IDLE };
        assert_eq!(machine.next_look(pinged), Some(now + secs(5)));
        assert_eq!(machine.next_look(Situation { sending: true, ..pinged }), Some(now + secs(30)));
        machine.wrote(false, now + secs(3));
        assert_eq!(machine.next_look(pinged), Some(now + secs(5)), "a ping is no data");
        machine.wrote(true, now + secs(4));
        assert_eq!(machine.next_look(pinged), Some(now + secs(9)));
    }

    #[test]
    fn a_signal_closes_with_1001_and_waits_a_second() {
        let (mut machine, now) = machine(rule(Count::None));
        machine.interrupted(Signal::Terminate, now);
        assert_eq!(machine.step(IDLE, now), close(1001));
        assert_eq!(machine.next_look(IDLE), Some(now + secs(1)));
        machine.step(IDLE, now + secs(1));
        assert_eq!(machine.into_story(None).verdict().unwrap_err().status().code(), 143);
    }

    #[test]
    fn the_close_timeout_does_not_run_while_the_output_is_blocked() {
        let (mut machine, now) = machine(rule(Count::None));
        machine.input_is_over(None, now);
        assert_eq!(machine.step(IDLE, now), close(1000));
        assert_eq!(machine.next_look(Situation { blocked: true, ..IDLE }), None);
        machine.unblocked(now + secs(60));
        assert_eq!(machine.next_look(IDLE), Some(now + secs(70)));
    }
}
