//! The clocks of a session: which run now, and what happens when one runs out.

use std::time::{Duration, Instant};

use super::{GOING_AWAY, Machine, Situation, State};
use crate::error::{Failure, Phase};

/// How long a last frame may take to leave, when nothing more is awaited.
const GOODBYE: Duration = Duration::from_millis(250);

/// Which clock has run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Whole(Duration, &'static str),
    Send,
    Receive,
    Idle(Duration),
    Ping,
    Pong,
    Quiet,
    Close(Duration),
    Leave,
}

impl Machine {
    /// When to ask again, even if nothing happens until then.
    pub(in crate::session) fn next_look(&self, situation: Situation) -> Option<Instant> {
        self.clocks(situation).into_iter().flatten().map(|(at, _)| at).min()
    }

    /// Whether `--receive-timeout` counts: only while the server owes something, or always if the user says so.
    fn counts_receiving(&self, awaiting: bool) -> bool {
        let wants_it = self.awaits_any() || self.input_over_at.is_none();
        let lockstep = self.rule.lockstep && self.unanswered && wants_it;
        let owed = self.input_over_at.is_some() && self.awaits() > 0;
        let followed = self.rule.follow && self.limits.receive_always && self.input_over_at.is_some();
        awaiting || lockstep || owed || followed
    }

    /// The clocks that run now, with the time at which each runs out.
    pub(super) fn clocks(&self, situation: Situation) -> [Option<(Instant, Clock)>; 8] {
        let limits = &self.limits;
        let Situation { sending, blocked, unanswered_since, pong_awaited_since, awaiting } = situation;
        let open = self.state == State::Open;
        let whole = limits.whole.filter(|_| self.listens());
        let whole = whole.map(|whole| (whole.at(), Clock::Whole(whole.limit(), whole.flag())));
        let send = (sending && self.listens()).then(|| (self.wrote_at + limits.send, Clock::Send));
        let receive = (open && !blocked && self.counts_receiving(awaiting)).then(|| {
            let since = self.quiet_since(self.input_over_at.unwrap_or(self.sent_at));
            (since + limits.receive, Clock::Receive)
        });
        let last_traffic = self.sent_at.max(self.heard_at).max(self.unblocked_at);
        let idle =
            limits.idle.filter(|_| open && !blocked).map(|limit| (last_traffic + limit, Clock::Idle(limit)));
        let ping = unanswered_since
            .filter(|_| open && !blocked && !sending)
            .map(|since| (since.max(last_traffic) + limits.ping_timeout, Clock::Ping));
        // Not put off by other traffic: a server may say much and answer no ping.
        let measured =
            pong_awaited_since.filter(|_| open).map(|since| (since + limits.ping_timeout, Clock::Pong));
        let quiet = match (self.rule.quiet, self.input_over_at) {
            (Some(quiet), Some(over_at)) if open && self.awaits() == 0 && !self.rule.follow && !sending => {
                Some((self.quiet_since(over_at) + quiet, Clock::Quiet))
            }
            _ => None,
        };
        let end = match self.state {
            State::Closing { since, limit } if !blocked || self.hurried => {
                // From when the Close left, which was the last to be written.
                let since = since.max(self.unblocked_at).max(self.wrote_at);
                Some((since + limit, Clock::Close(limit)))
            }
            State::Leaving { since } => Some((since + GOODBYE, Clock::Leave)),
            State::Open | State::Closing { .. } | State::Over => None,
        };
        [whole, send, receive, idle, ping, measured, quiet, end]
    }

    pub(super) fn expire(&mut self, clock: Clock, now: Instant) {
        let timed_out = |phase, limit, flag| Failure::timed_out(phase, &self.peer.host, limit, flag);
        let failure = match clock {
            Clock::Quiet => return,
            // Nobody waits for what could still come.
            Clock::Close(_) if self.output_closed => {
                self.state = State::Over;
                return;
            }
            Clock::Leave => {
                self.state = State::Over;
                return;
            }
            Clock::Whole(limit, flag) => timed_out(Phase::Session, limit, flag),
            Clock::Send => timed_out(Phase::Send, self.limits.send, "--send-timeout")
                .hint("the server takes no more bytes"),
            Clock::Receive => {
                timed_out(Phase::Receive, self.limits.receive, "--receive-timeout").and(self.missing())
            }
            Clock::Idle(limit) => timed_out(Phase::Idle, limit, "--idle-timeout"),
            Clock::Ping => timed_out(Phase::Ping, self.limits.ping_timeout, "--ping-timeout")
                .hint("a ping was not answered, nor did anything else come"),
            Clock::Pong => timed_out(Phase::Ping, self.limits.ping_timeout, "--ping-timeout")
                .hint("the server did not answer a ping with its payload (RFC 6455 \u{a7}5.5.2)"),
            Clock::Close(limit) => timed_out(Phase::Close, limit, "--close-timeout").hint(
                "our Close was not answered; a server that is still reading needs a longer --close-timeout",
            ),
        };
        self.give_up(failure, GOING_AWAY, now);
    }

    /// What was awaited and did not come.
    fn missing(&self) -> String {
        let (received, awaited) = (self.tally.messages_received, self.rule.awaited(self.tally.messages_sent));
        if awaited == 0 {
            String::new()
        } else {
            format!(": {received} of {awaited} awaited messages arrived")
        }
    }
}
