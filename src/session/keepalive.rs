//! Pings that ask for a sign of life, and pongs that give one unasked (RFC 6455 §5.5.2, §5.5.3).

use std::time::{Duration, Instant};

use super::limits::Limits;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Ping,
    Pong,
}

/// When the next ping and pong are due, and since when a ping is unanswered. Pure.
#[derive(Clone, Debug)]
pub(super) struct KeepAlive {
    ping_interval: Option<Duration>,
    pong_interval: Option<Duration>,
    next_ping: Option<Instant>,
    next_pong: Option<Instant>,
    unanswered_since: Option<Instant>,
}

impl KeepAlive {
    pub(super) fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            ping_interval: limits.ping_interval,
            pong_interval: limits.pong_interval,
            next_ping: limits.ping_interval.map(|interval| now + interval),
            next_pong: limits.pong_interval.map(|interval| now + interval),
            unanswered_since: None,
        }
    }

    /// What to send now; to be asked again until there is nothing.
    pub(super) fn due(&mut self, now: Instant) -> Option<Due> {
        if self.next_ping.is_some_and(|at| at <= now) {
            self.next_ping = self.ping_interval.map(|interval| now + interval);
            self.unanswered_since.get_or_insert(now);
            return Some(Due::Ping);
        }
        if self.next_pong.is_some_and(|at| at <= now) {
            self.next_pong = self.pong_interval.map(|interval| now + interval);
            return Some(Due::Pong);
        }
        None
    }

    /// Whether [`KeepAlive::due`] has something to send.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next().is_some_and(|at| at <= now)
    }

    /// Any byte from the server is a sign of life.
    pub(super) fn heard(&mut self) {
        self.unanswered_since = None;
    }

    /// Since when a ping waits for its answer.
    pub(super) fn unanswered_since(&self) -> Option<Instant> {
        self.unanswered_since
    }

    /// When something will be due.
    pub(super) fn next(&self) -> Option<Instant> {
        [self.next_ping, self.next_pong].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_is_unanswered_until_something_is_heard() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut alive = KeepAlive {
            ping_interval: Some(second),
            pong_interval: Some(second * 3),
            next_ping: Some(start + second),
            next_pong: Some(start + second * 3),
            unanswered_since: None,
        };
        assert_eq!(alive.due(start), None);
        assert_eq!(alive.due(start + second), Some(Due::Ping));
        assert_eq!(alive.due(start + second), None);
        assert_eq!(alive.due(start + second * 2), Some(Due::Ping));
        assert_eq!(alive.unanswered_since(), Some(start + second), "the first one counts");
        alive.heard();
        assert_eq!(alive.unanswered_since(), None);
        assert_eq!(alive.due(start + second * 3), Some(Due::Ping));
        assert_eq!(alive.due(start + second * 3), Some(Due::Pong));
        assert_eq!(alive.next(), Some(start + second * 4));
    }
}
