//! When each phase of the dial was done.

use std::time::{Duration, Instant};

/// Points in time since the start, filled in as the phases end.
#[derive(Clone, Copy, Debug)]
pub struct Timeline {
    start: Instant,
    /// The current try began. The other points belong to it.
    pub begun: Duration,
    /// The host name is resolved.
    pub resolved: Option<Duration>,
    /// The TCP connection is open.
    pub connected: Option<Duration>,
    /// The proxy has connected to the server.
    pub proxied: Option<Duration>,
    /// The TLS handshake is done.
    pub secured: Option<Duration>,
    /// The response to the upgrade arrived, whatever its status.
    pub answered: Option<Duration>,
    /// The opening handshake is done.
    pub upgraded: Option<Duration>,
}

impl Timeline {
    /// A timeline that starts now.
    pub fn start() -> Self {
        Self::since(Instant::now())
    }

    /// The timeline of the next try: the same start, and no phase done.
    pub(super) fn begin_again(&self) -> Self {
        Self { begun: self.elapsed(), ..Self::since(self.start) }
    }

    fn since(start: Instant) -> Self {
        Self {
            start,
            begun: Duration::ZERO,
            resolved: None,
            connected: None,
            proxied: None,
            secured: None,
            answered: None,
            upgraded: None,
        }
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The time from the start to `at`.
    pub fn until(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.start)
    }
}
