//! A point in time that a wait must not pass, with the flag that set it.
//! Durations are turned into a `Deadline` once, where the options are made; everything that can wait takes
//! the point, so that many small waits cannot add up to more than the limit.

use std::time::{Duration, Instant};

/// The end of a limit: when it is over, how long it was, and which flag changes it.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    at: Instant,
    limit: Duration,
    flag: &'static str,
}

/// Stands for "no limit": later than any session lasts, early enough that adding to it cannot overflow.
const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl Deadline {
    /// The point `limit` from now; `flag` is named when it is reached.
    pub fn after(limit: Duration, flag: &'static str) -> Self {
        Self::since(Instant::now(), limit, flag)
    }

    /// The point `limit` after `start`.
    pub fn since(start: Instant, limit: Duration, flag: &'static str) -> Self {
        Self { at: start + limit.min(FAR), limit, flag }
    }

    /// The same limit, begun `pause` later.
    #[must_use]
    pub fn postponed(self, pause: Duration) -> Self {
        Self { at: self.at + pause.min(FAR), ..self }
    }

    /// The earlier of the two.
    #[must_use]
    pub fn earliest(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.at < self.at => other,
            _ => self,
        }
    }

    /// The time left; `None` once the point is reached.
    pub fn remaining(&self) -> Option<Duration> {
        let left = self.at.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// The point itself.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// The length of the limit, as it was given.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// The flag that sets this limit, such as `--connect-timeout`.
    pub fn flag(&self) -> &'static str {
        self.flag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_remains_of_a_limit_of_zero() {
        assert_eq!(Deadline::after(Duration::ZERO, "--x").remaining(), None);
    }

    #[test]
    fn the_earlier_deadline_keeps_its_flag() {
        let long = Deadline::after(Duration::from_secs(60), "--connect-timeout");
        let short = Deadline::after(Duration::from_secs(1), "--max-time");
        assert_eq!(long.earliest(Some(short)).flag(), "--max-time");
        assert_eq!(short.earliest(Some(long)).flag(), "--max-time");
        assert_eq!(long.earliest(None).flag(), "--connect-timeout");
    }

    #[test]
    fn an_endless_limit_does_not_overflow() {
        assert!(Deadline::after(Duration::MAX, "--x").remaining().is_some());
    }
}
