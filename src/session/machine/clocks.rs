//! Clocks: which limits run now, and what happens when one runs out.

use std::time::{Duration, Instant};

use super::{GOING_AWAY, HURRY, INPUT_END, IoState, Machine, State};
use crate::error::{Failure, Phase};
use crate::session::finish::{Awaited, Count};
use crate::session::verdict::Overdue;

/// How long the last frame may take to leave when nothing more is awaited.
const LAST_FRAME: Duration = Duration::from_millis(250);

/// A limit in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Whole(Duration, &'static str),
    Send,
    Receive,
    Idle(Duration),
    Ping,
    Pong,
    /// The checks have to be met (`--within`).
    Within(Duration),
    Quiet,
    Close(Duration),
    /// After a failed write, the end of the connection has to come.
    Broken,
    /// The last frame has to leave.
    Leave,
    /// The end of the input has to come.
    Input,
}

impl Machine {
    /// Whether `--receive-timeout` runs: while a reply is outstanding; with `-f`, only when it was given.
    fn counts_receiving(&self, io: IoState) -> bool {
        if io.awaiting {
            return true;
        }
        let is_over = self.input_over_at.is_some();
        let replaced = self.rule.within.is_some_and(|within| within.replaces_receive);
        let Some(awaited) = self.awaits(io.unmet).filter(|_| !replaced) else { return false };
        if self.rule.typed && !is_over && !self.limits.receive_always && awaited != Awaited::Greeting {
            return false;
        }
        if self.rule.follow {
            return self.limits.receive_always && (is_over || awaited == Awaited::Greeting);
        }
        match awaited {
            Awaited::Greeting | Awaited::Reply => true,
            // Only replies to what was sent: further messages may need further input.
            Awaited::Messages => {
                is_over || self.rule.counted(self.tally.messages_received) < self.tally.messages_sent
            }
            Awaited::Match | Awaited::Close => is_over,
        }
    }

    /// The clock of `--within`, which runs from the last message sent, and expires when the input has ended. While nothing
    /// can be sent, it does not wait for that end.
    fn within_clock(&self, io: IoState) -> Option<(Instant, Clock)> {
        let within = self.rule.within.filter(|_| self.state == State::Open && !io.blocked && !io.sending)?;
        let awaited = self.awaits(io.unmet)?;
        let waits = match awaited {
            Awaited::Greeting | Awaited::Reply => true,
            Awaited::Messages | Awaited::Match | Awaited::Close => self.input_over_at.is_some(),
        };
        waits.then(|| (self.sent_at.max(self.unblocked_at) + within.limit, Clock::Within(within.limit)))
    }

    /// The clocks that run now, and when each runs out.
    pub(super) fn clocks(&self, io: IoState) -> [Option<(Instant, Clock)>; 10] {
        let limits = &self.limits;
        let open = self.state == State::Open;
        let whole = limits.whole.filter(|_| self.listens() || self.awaits_input());
        let whole = whole.map(|whole| (whole.at(), Clock::Whole(whole.limit(), whole.flag())));
        let send = (io.sending && self.listens()).then(|| (self.wrote_at + limits.send, Clock::Send));
        let receive = (open && !io.blocked && self.counts_receiving(io)).then(|| {
            let began = self.input_over_at.unwrap_or(self.sent_at);
            let since = began.max(self.progress_at).max(self.sent_at).max(self.unblocked_at);
            (since + limits.receive, Clock::Receive)
        });
        let last_traffic = self.sent_at.max(self.heard_at).max(self.unblocked_at);
        let idle = limits
            .idle
            .filter(|_| open && !io.blocked)
            .map(|limit| (last_traffic + limit, Clock::Idle(limit)));
        let ping = io
            .unanswered_since
            .filter(|_| open && !io.blocked && !io.sending)
            .map(|since| (since.max(last_traffic) + limits.ping_timeout, Clock::Ping));
        // Other traffic does not restart it: a server may send much and answer no ping.
        let measured =
            io.pong_awaited_since.filter(|_| open).map(|since| (since + limits.ping_timeout, Clock::Pong));
        let quiet = match (self.rule.quiet, self.quiet_begins(io)) {
            (Some(quiet), Some(since)) if !io.sending => Some((since + quiet, Clock::Quiet)),
            _ => None,
        };
        let broken = self.broken_at.filter(|_| self.listens() && !io.blocked);
        let broken = broken.map(|since| (since + limits.close, Clock::Broken));
        let within = self.within_clock(io);
        [whole, send, receive, idle, ping, measured, within, quiet, broken, self.ending_clock(io)]
    }

    /// The clock of a session that is ending.
    fn ending_clock(&self, io: IoState) -> Option<(Instant, Clock)> {
        match self.state {
            State::Closing { since, limit } if !io.blocked || self.hurried => {
                // From when the Close left, which is the last frame. A signal waits for no reader.
                let held_up = if self.hurried { Duration::ZERO } else { self.held_up };
                Some((since.max(self.wrote_at) + held_up + limit, Clock::Close(limit)))
            }
            State::Leaving { since } => Some((since + LAST_FRAME, Clock::Leave)),
            State::AwaitingInput { until } => Some((until, Clock::Input)),
            State::Open | State::Closing { .. } | State::Over => None,
        }
    }

    pub(super) fn expire(&mut self, clock: Clock, io: IoState, now: Instant) {
        let timed_out = |phase, limit, flag| Failure::timed_out(phase, &self.server.host, limit, flag);
        let failure = match clock {
            // Neither is a failure: `step` deals with them.
            Clock::Quiet | Clock::Broken => return,
            // Nothing that could still arrive would be delivered, or would change the verdict.
            Clock::Close(_) if self.output_closed || self.overdue.is_some() => {
                self.state = State::Over;
                return;
            }
            Clock::Leave if self.completeness.input_open => {
                self.state = State::AwaitingInput { until: now + INPUT_END };
                return;
            }
            Clock::Leave => {
                self.state = State::Over;
                return;
            }
            Clock::Input => {
                // After an orderly Close, exit 0 would say that everything was sent.
                self.completeness.unsent |= self.completeness.input_open;
                self.state = State::Over;
                return;
            }
            Clock::Whole(limit, flag) => {
                let phase = self.phase(io);
                let missing = if phase == Phase::Receive { self.missing() } else { String::new() };
                let unread = io.blocked.then_some("nobody reads what was received");
                timed_out(phase, limit, flag).and(missing).hints(unread)
            }
            Clock::Send => timed_out(Phase::Send, self.limits.send, "--send-timeout")
                .hint("the server takes no more bytes"),
            Clock::Within(limit) => return self.is_overdue(limit, "--within", io, now),
            Clock::Receive if self.is_expectation(io) => {
                return self.is_overdue(self.limits.receive, "--receive-timeout", io, now);
            }
            Clock::Receive => timed_out(Phase::Receive, self.limits.receive, "--receive-timeout")
                .and(self.missing())
                .hint(self.advice_to_wait()),
            Clock::Idle(limit) => timed_out(Phase::Idle, limit, "--idle-timeout"),
            Clock::Ping => timed_out(Phase::Ping, self.limits.ping_timeout, "--ping-timeout")
                .hint("neither a pong nor anything else arrived after a ping"),
            Clock::Pong => timed_out(Phase::Ping, self.limits.ping_timeout, "--ping-timeout")
                .hint("the server did not answer a ping with its payload (RFC 6455 \u{a7}5.5.2)"),
            Clock::Close(limit) => timed_out(Phase::Close, limit, "--close-timeout").hint(
                "our Close was not answered; a server that is still reading needs a longer --close-timeout",
            ),
        };
        self.give_up(failure, GOING_AWAY, now);
    }

    /// Whether the server speaks, but what is awaited is something that it may never send.
    fn is_expectation(&self, io: IoState) -> bool {
        match self.awaits(io.unmet) {
            Some(Awaited::Close) => self.rule.server_closes,
            Some(Awaited::Match) => self.tally.messages_received > 0,
            Some(Awaited::Greeting | Awaited::Reply | Awaited::Messages) | None => false,
        }
    }

    /// What was awaited has not come in time. That is no timeout, but an expectation that is not met.
    fn is_overdue(&mut self, limit: Duration, flag: &'static str, io: IoState, now: Instant) {
        if let Some(awaited) = self.awaits(io.unmet) {
            self.overdue = Some(Overdue { limit, flag, awaited });
        }
        self.begin_closing(self.close.frame.clone(), self.limits.close.min(HURRY), now);
    }

    /// The phase for an error: what the session is doing, or waits for.
    fn phase(&self, io: IoState) -> Phase {
        if io.sending || (io.paced && self.state == State::Open) {
            Phase::Send
        } else if self.state == State::Open {
            Phase::Receive
        } else {
            Phase::Close
        }
    }

    /// What may help when nothing came in time.
    fn advice_to_wait(&self) -> String {
        const WAIT: &str = "a slow server needs a longer --receive-timeout";
        if !self.rule.is_greeted(self.tally.messages_received) {
            return format!("leave --greeting out if the server does not speak first; {WAIT}");
        }
        let is_mute = self.tally.messages_received == 0 && matches!(self.rule.count, Count::AsSent { .. });
        match self.hints.no_reply.filter(|_| is_mute) {
            Some(advice) => format!("{advice}; {WAIT}"),
            None => WAIT.to_owned(),
        }
    }

    /// What was awaited and did not come.
    fn missing(&self) -> String {
        let (received, greeting) = (self.tally.messages_received, self.rule.greeting);
        if !self.rule.is_greeted(received) {
            return format!(": {received} of {greeting} messages of the greeting arrived");
        }
        let (received, awaited) = (self.rule.counted(received), self.rule.awaited(self.tally.messages_sent));
        if awaited == 0 {
            String::new()
        } else {
            format!(": {received} of {awaited} awaited messages arrived")
        }
    }
}
