//! How long the end of a run waits for the reader of its output.

use std::time::{Duration, Instant};

use crate::deadline::Deadline;

/// How long the wait goes on after a signal.
const AFTER_SIGNAL: Duration = Duration::from_secs(1);

/// The limits of the wait. Without any, it takes as long as the reader does.
pub(super) struct Patience {
    until: Option<Deadline>,
    /// The least time for a write.
    grace: Duration,
    /// When something was written, or the wait began.
    moved: Instant,
    is_hurried: bool,
}

impl Patience {
    pub(super) fn new(until: Option<Deadline>, grace: Duration) -> Self {
        Self { until, grace, moved: Instant::now(), is_hurried: false }
    }

    /// Something was written.
    pub(super) fn moved(&mut self) {
        self.moved = Instant::now();
    }

    /// A signal came, now or before.
    pub(super) fn end_soon(&mut self) {
        if !std::mem::replace(&mut self.is_hurried, true) {
            self.until = Some(Deadline::after(AFTER_SIGNAL, "--max-time").earliest(self.until));
        }
    }

    /// The limit, if there is one.
    pub(super) fn until(&self) -> Option<Deadline> {
        self.until
    }

    /// The time that is left; `None` without a limit.
    pub(super) fn left(&self) -> Option<Duration> {
        let end = self.until?.at().max(self.moved + self.grace);
        Some(end.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn there_is_no_limit_until_a_signal_comes() {
        let mut patience = Patience::new(None, Duration::ZERO);
        assert_eq!(patience.left(), None);
        patience.end_soon();
        let end = patience.until().expect("a limit").at();
        assert!(patience.left() <= Some(AFTER_SIGNAL));
        std::thread::sleep(Duration::from_millis(1));
        patience.end_soon();
        assert_eq!(patience.until().expect("a limit").at(), end, "it is not begun anew");
    }

    #[test]
    fn a_write_has_a_least_time() {
        let over = Deadline::after(Duration::ZERO, "--max-time");
        assert_eq!(Patience::new(Some(over), Duration::ZERO).left(), Some(Duration::ZERO));
        assert!(Patience::new(Some(over), MINUTE).left() > Some(MINUTE / 2));
    }
}
