//! Steps: what the machine tells the event loop to do.

use std::time::Instant;

use super::clocks::Clock;
use super::{HURRY, INPUT_END, IoState, LONGEST_LOOK, MOST_LOOKS, Machine, State, Step};
use crate::deadline::Deadline;
use crate::session::finish::Awaited;

impl Machine {
    /// How many messages may be begun: none once the session is closing.
    pub(in crate::session) fn allowance(&self) -> u64 {
        let is_greeted = self.rule.is_greeted(self.tally.messages_received);
        if self.state != State::Open || self.input_over_at.is_some() || !is_greeted {
            0
        } else if self.rule.lockstep {
            u64::from(!self.unanswered)
        } else {
            u64::MAX
        }
    }

    /// Whether a received message is still wanted.
    pub(in crate::session) fn delivers(&self) -> bool {
        !(self.discards || self.input_over_at.is_some() && self.rule.is_surplus(self.tally.messages_received))
    }

    /// Whether the output has failed, so that nothing more is written to it.
    pub(in crate::session) fn discards(&self) -> bool {
        self.discards
    }

    /// Whether our Close was the first.
    pub(in crate::session) fn is_closing(&self) -> bool {
        matches!(self.state, State::Closing { .. })
    }

    /// Whether nothing but the end of the input is awaited.
    pub(in crate::session) fn awaits_input(&self) -> bool {
        matches!(self.state, State::AwaitingInput { .. })
    }

    /// Whether frames from the server still count.
    pub(in crate::session) fn listens(&self) -> bool {
        matches!(self.state, State::Open | State::Closing { .. })
    }

    /// Whether pings and pongs may be sent.
    pub(in crate::session) fn may_send_control(&self) -> bool {
        self.state == State::Open && self.queued.is_none()
    }

    /// When the run has to be over.
    pub(in crate::session) fn end_of_run(&self, now: Instant) -> Option<Deadline> {
        let hurry = self.hurried.then(|| Deadline::since(now, HURRY, "--max-time"));
        hurry.map(|hurry| hurry.earliest(self.limits.whole)).or(self.limits.whole)
    }

    /// The next thing to do. `Continue` until something happens or [`Machine::next_look`] is reached.
    pub(in crate::session) fn step(&mut self, io: IoState, now: Instant) -> Step {
        let expired = self.clocks(io).into_iter().flatten().find(|(at, _)| *at <= now);
        match expired {
            Some((_, Clock::Quiet)) | None => self.looks = 0,
            Some(_) if self.may_look_again(now) => {
                if self.looks == 0 {
                    self.looking_since = now;
                }
                self.looks += 1;
                return Step::LookAgain;
            }
            Some((_, Clock::Broken)) => return Step::Lose,
            Some((_, clock)) => {
                self.looks = 0;
                self.expire(clock, io, now);
            }
        }
        if self.input_over_at.is_some() && self.awaits(io.unmet) == Some(Awaited::Close) {
            self.finished_at.get_or_insert(now);
        }
        if self.is_finished(io, now) {
            let frame = self.close.frame.clone();
            self.finished_at = Some(now);
            self.begin_closing(frame, self.limits.close, now);
        }
        self.next_step(io, now)
    }

    /// Whether what is awaited may be in the socket: it was not looked at yet, or more was in it just now.
    fn may_look_again(&self, now: Instant) -> bool {
        let is_worth_it = self.looks < MOST_LOOKS && now - self.looking_since < LONGEST_LOOK;
        self.looks == 0 || (self.heard_at == now && is_worth_it)
    }

    fn next_step(&mut self, io: IoState, now: Instant) -> Step {
        if let Some(frame) = self.queued.take() {
            return Step::SendClose(frame);
        }
        match self.state {
            State::Over => Step::Stop,
            State::Leaving { .. } if !io.sending && self.completeness.input_open => {
                self.state = State::AwaitingInput { until: now + INPUT_END };
                Step::Continue
            }
            State::Leaving { .. } if !io.sending => Step::Stop,
            State::Open | State::Closing { .. } | State::Leaving { .. } | State::AwaitingInput { .. } => {
                Step::Continue
            }
        }
    }

    /// Whether the session waits for messages, which somebody has to read: an upload waits for none. `unmet`: a check is
    /// not met.
    pub(in crate::session) fn needs_reader(&self, unmet: bool) -> bool {
        let is_quiet_awaited = self.rule.quiet.is_some() && self.input_over_at.is_some();
        let waits = match self.awaits(unmet) {
            Some(Awaited::Greeting | Awaited::Messages | Awaited::Match) => true,
            Some(Awaited::Reply) => self.rule.awaited(self.tally.messages_sent) > 0 || unmet,
            Some(Awaited::Close) => false,
            None => is_quiet_awaited,
        };
        let waits = waits || self.rule.follow;
        self.state == State::Open && !self.output_closed && waits
    }

    /// Whether the session is open, and the input may bring more.
    pub(in crate::session) fn has_open_input(&self) -> bool {
        self.state == State::Open && self.input_over_at.is_none() && !self.output_closed
    }

    /// Whether [`Machine::step`] has another step than `Continue`.
    pub(in crate::session) fn is_due(&self) -> bool {
        self.queued.is_some() || self.state == State::Over
    }

    /// Whether the input was sent and everything awaited has arrived, so that our Close may be sent.
    fn is_finished(&self, io: IoState, now: Instant) -> bool {
        let Some(since) = self.quiet_begins(io) else { return false };
        self.rule.quiet.is_none_or(|quiet| !io.sending && now >= since + quiet)
    }

    /// Since when only the quiet period is missing.
    pub(super) fn quiet_begins(&self, io: IoState) -> Option<Instant> {
        let over_at = self.input_over_at.filter(|_| self.state == State::Open)?;
        let nothing_open = !io.awaiting && io.pong_awaited_since.is_none();
        let complete = nothing_open && self.awaits(io.unmet).is_none();
        complete.then(|| self.quiet_since(over_at))
    }

    /// When to ask again, even without an event.
    pub(in crate::session) fn next_look(&self, io: IoState) -> Option<Instant> {
        self.clocks(io).into_iter().flatten().map(|(at, _)| at).min()
    }
}
