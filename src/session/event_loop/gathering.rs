//! Decides when received bytes may gather in the kernel before they wake the network thread. While a server sends as fast as it
//! can, one wake-up for half a mebibyte costs far less than one for every packet. Pure.
//! Invariant: bytes gather only inside a message, whose rest must come, and no byte waits for others longer than [`PATIENCE`].

use std::time::{Duration, Instant};

/// How many bytes wake the network thread during a flood: as many as the output lane takes at once. With a quarter of it, a
/// download over TLS takes a fifth more processor time.
const MANY: u32 = 512 * 1024;

/// This many bytes without a pause are a flood.
const FLOOD: u64 = 1024 * 1024;

/// The longest time that bytes wait for others. A server that sends nothing for longer has paused.
const PATIENCE: Duration = Duration::from_millis(1);

/// What one connection has received lately.
#[derive(Debug)]
pub(super) struct Gathering {
    /// How many received bytes wake the network thread now.
    threshold: u32,
    /// Bytes received since the last pause.
    flood: u64,
    /// When all received bytes were read, and the wait for others began.
    waits_since: Option<Instant>,
    /// When the bytes that have gathered must be read.
    until: Option<Instant>,
    is_possible: bool,
}

impl Gathering {
    pub(super) fn new() -> Self {
        Self { threshold: 1, flood: 0, waits_since: None, until: None, is_possible: true }
    }

    /// Counts bytes that were read.
    pub(super) fn received(&mut self, count: usize, now: Instant) {
        self.until = None;
        if self.waits_since.take().is_some_and(|since| now.saturating_duration_since(since) > PATIENCE) {
            self.flood = 0;
        }
        self.flood += count as u64;
    }

    /// All received bytes were read. Returns the number of bytes that must wake the network thread from now on, if it is
    /// another one than before.
    pub(super) fn wait(&mut self, inside_message: bool, now: Instant) -> Option<u32> {
        self.waits_since.get_or_insert(now);
        let gathers = inside_message && self.flood >= FLOOD && self.is_possible;
        self.until = gathers.then(|| self.until.unwrap_or(now + PATIENCE));
        let threshold = if gathers { MANY } else { 1 };
        (std::mem::replace(&mut self.threshold, threshold) != threshold).then_some(threshold)
    }

    /// Bytes cannot gather on this connection.
    pub(super) fn forgo(&mut self) {
        *self = Self { is_possible: false, ..Self::new() };
    }

    /// When the bytes that have gathered must be read, if some may have.
    pub(super) fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Whether bytes may have gathered for too long. Returns `true` once.
    pub(super) fn is_over(&mut self, now: Instant) -> bool {
        let is_over = self.until.is_some_and(|until| until <= now);
        if is_over {
            (self.until, self.flood) = (None, 0);
        }
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// One that has received a flood up to `now`.
    fn flooded(now: Instant) -> Gathering {
        let mut gathering = Gathering::new();
        for _ in 0..8 {
            gathering.received(128 * 1024, now);
        }
        gathering
    }

    #[test]
    fn bytes_gather_in_a_flood_and_only_inside_a_message() {
        let now = Instant::now();
        let mut gathering = Gathering::new();
        gathering.received(128 * 1024, now);
        assert_eq!((gathering.wait(true, now), gathering.until()), (None, None));
        let mut gathering = flooded(now);
        assert_eq!(gathering.wait(true, now), Some(MANY));
        assert_eq!(gathering.until(), Some(now + PATIENCE));
        assert_eq!(gathering.wait(true, now), None, "as before");
        assert_eq!(gathering.wait(false, now), Some(1));
        assert_eq!(gathering.until(), None);
    }

    #[test]
    fn other_events_do_not_prolong_the_wait() {
        let now = Instant::now();
        let mut gathering = flooded(now);
        gathering.wait(true, now);
        gathering.wait(true, now + MILLISECOND / 2);
        assert_eq!(gathering.until(), Some(now + PATIENCE));
        assert!(!gathering.is_over(now + MILLISECOND / 2));
        assert!(gathering.is_over(now + MILLISECOND));
        assert!(!gathering.is_over(now + MILLISECOND), "once");
        assert_eq!(gathering.wait(true, now + MILLISECOND), Some(1));
    }

    #[test]
    fn a_pause_ends_a_flood() {
        let now = Instant::now();
        let mut gathering = flooded(now);
        gathering.wait(false, now);
        gathering.received(1, now + 2 * MILLISECOND);
        assert_eq!(gathering.wait(true, now + 2 * MILLISECOND), None);
        let mut gathering = flooded(now);
        gathering.wait(true, now);
        gathering.received(1, now + MILLISECOND);
        assert_eq!(gathering.wait(true, now + MILLISECOND), None, "the flood goes on");
        assert_eq!(gathering.until(), Some(now + 2 * MILLISECOND));
    }

    #[test]
    fn where_the_system_cannot_do_it_nothing_gathers() {
        let now = Instant::now();
        let mut gathering = flooded(now);
        gathering.wait(true, now);
        gathering.forgo();
        gathering.received(2 * 1024 * 1024, now);
        assert_eq!((gathering.wait(true, now), gathering.until()), (None, None));
    }
}
