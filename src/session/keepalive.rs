//! Pings that ask for a sign of life, and unsolicited pongs that give one (RFC 6455 §5.5.2, §5.5.3).

use std::time::{Duration, Instant};

use super::limits::Limits;

/// A control frame that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Ping,
    Pong,
}

/// The payload of our pings.
pub(super) const PAYLOAD: &[u8] = b"wsurl";

/// A ping at the beginning of a session, whose round trip is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstPing {
    /// None is sent.
    No,
    /// Nothing else happens before its pong has come.
    Awaited,
    /// It is measured if its pong comes.
    Optional,
}

/// The state of the ping whose round trip is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measured {
    /// No round trip is measured.
    No,
    /// The ping is due.
    Due,
    /// The ping was sent.
    Since(Instant),
    /// The pong came.
    Took(Duration),
}

/// The schedule of pings and pongs. Pure.
#[derive(Clone, Debug)]
pub(super) struct KeepAlive {
    ping_interval: Option<Duration>,
    pong_interval: Option<Duration>,
    next_ping: Option<Instant>,
    next_pong: Option<Instant>,
    unanswered_since: Option<Instant>,
    measured: Measured,
    /// Whether the session waits for the pong of the measured ping.
    awaits_pong: bool,
}

impl KeepAlive {
    /// The first ping is due at once.
    pub(super) fn new(limits: &Limits, first: FirstPing, now: Instant) -> Self {
        Self {
            measured: if first == FirstPing::No { Measured::No } else { Measured::Due },
            awaits_pong: first == FirstPing::Awaited,
            ping_interval: limits.ping_interval,
            pong_interval: limits.pong_interval,
            next_ping: limits.ping_interval.map(|interval| now + interval),
            next_pong: limits.pong_interval.map(|interval| now + interval),
            unanswered_since: None,
        }
    }

    /// The next frame to send now. Call it until it returns `None`.
    pub(super) fn due(&mut self, now: Instant) -> Option<Due> {
        if self.measured == Measured::Due {
            self.measured = Measured::Since(now);
            return Some(Due::Ping);
        }
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

    /// Whether [`KeepAlive::due`] would return a frame.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.measured == Measured::Due || self.next().is_some_and(|at| at <= now)
    }

    /// A pong has arrived.
    pub(super) fn answered(&mut self, payload: &[u8], now: Instant) {
        if let Measured::Since(asked) = self.measured
            && payload == PAYLOAD
        {
            self.measured = Measured::Took(now.saturating_duration_since(asked));
        }
    }

    /// Since when the measured ping is sent, or due, if its pong is awaited.
    pub(super) fn pong_awaited_since(&self, now: Instant) -> Option<Instant> {
        match self.measured {
            _ if !self.awaits_pong => None,
            Measured::Due => Some(now),
            Measured::Since(asked) => Some(asked),
            Measured::No | Measured::Took(_) => None,
        }
    }

    /// The round trip of the measured ping.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        match self.measured {
            Measured::Took(time) => Some(time),
            Measured::No | Measured::Due | Measured::Since(_) => None,
        }
    }

    /// A byte has arrived from the server, which is a sign of life.
    pub(super) fn heard(&mut self) {
        self.unanswered_since = None;
    }

    /// Since when a ping is unanswered.
    pub(super) fn unanswered_since(&self) -> Option<Instant> {
        self.unanswered_since
    }

    /// When the next frame is due.
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
            measured: Measured::No,
            awaits_pong: false,
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

    #[test]
    fn a_measured_ping_is_due_at_once_and_answered_by_its_own_pong() {
        let start = Instant::now();
        let mut alive = KeepAlive {
            ping_interval: None,
            pong_interval: None,
            next_ping: None,
            next_pong: None,
            unanswered_since: None,
            measured: Measured::Due,
            awaits_pong: true,
        };
        assert!(alive.is_due(start));
        assert_eq!((alive.due(start), alive.due(start)), (Some(Due::Ping), None));
        alive.heard();
        alive.answered(b"another", start + Duration::from_millis(1));
        assert_eq!((alive.pong_awaited_since(start), alive.round_trip()), (Some(start), None));
        alive.answered(PAYLOAD, start + Duration::from_millis(2));
        assert_eq!(alive.pong_awaited_since(start), None);
        assert_eq!(alive.round_trip(), Some(Duration::from_millis(2)));
    }
}
