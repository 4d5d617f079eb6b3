//! How long to wait for a client after our last frame: while it takes bytes, and a moment more.

use std::time::{Duration, Instant};

/// From our last byte to the client's end, so that our last frame is not lost to a reset.
const MOMENT: Duration = Duration::from_secs(5);

/// The time that one client has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    until: Instant,
    handed_over: u64,
}

impl Patience {
    /// Begins now, when so many bytes have been handed over.
    pub(super) fn new(handed_over: u64) -> Self {
        Self { until: Instant::now() + MOMENT, handed_over }
    }

    /// When it is over, unless the client takes more bytes.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// Whether it is over, now that so many bytes have been handed over.
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
