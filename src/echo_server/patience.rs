//! How long to wait for a client after our last frame: as long as it takes bytes, plus a fixed time.

use std::time::{Duration, Instant};

/// The time that a client has to close after it has taken our last byte, so that a reset does not discard our
/// last frame.
const MOMENT: Duration = Duration::from_secs(5);

/// The time limit of one client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    until: Instant,
    handed_over: u64,
}

impl Patience {
    /// Starts the time limit; `handed_over` bytes have been written so far.
    pub(super) fn new(handed_over: u64) -> Self {
        Self { until: Instant::now() + MOMENT, handed_over }
    }

    /// When the time is over, unless the client takes more bytes.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// Whether the time is over. It starts again whenever `handed_over` has grown.
    pub(super) fn is_over(&mut self, handed_over: u64) -> bool {
        if handed_over > self.handed_over {
            *self = Self::new(handed_over);
        }
        self.until <= Instant::now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_again_with_every_byte_that_is_taken() {
        let mut patience = Patience { until: Instant::now(), handed_over: 10 };
        assert!(patience.is_over(10));
        assert!(!patience.is_over(11));
        assert!(!patience.is_over(11));
    }
}
