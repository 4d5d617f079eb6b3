//! `--limit-rate`: how much may be sent by when.

use std::time::{Duration, Instant};

/// What was saved up is spent within this time: short enough to look smooth.
const BURST: Duration = Duration::from_millis(50);

/// A bucket that fills with bytes as time passes.
#[derive(Clone, Debug)]
pub(super) struct Pacer {
    rate: u64,
    /// When the bucket was, or will be, empty.
    empty_at: Instant,
}

impl Pacer {
    /// Allows `rate` bytes a second, beginning at `now`.
    pub(super) fn new(rate: u64, now: Instant) -> Self {
        Self { rate: rate.max(1), empty_at: now }
    }

    /// Bytes that may be sent at `now`.
    pub(super) fn allowance(&mut self, now: Instant) -> u64 {
        let saved = now.saturating_duration_since(self.empty_at);
        if saved > self.burst() {
            self.empty_at = now.checked_sub(self.burst()).unwrap_or(now);
        }
        self.bytes(saved.min(self.burst()))
    }

    /// Takes note of `bytes` sent.
    pub(super) fn spend(&mut self, bytes: u64) {
        self.empty_at += Duration::from_secs_f64(to_f64(bytes) / to_f64(self.rate));
    }

    /// When a worthwhile number of bytes may be sent again.
    pub(super) fn ready_at(&self) -> Instant {
        self.empty_at + self.burst() / 2
    }

    /// At a very low rate a burst lasts as long as one byte does.
    fn burst(&self) -> Duration {
        BURST.max(Duration::from_secs_f64(2.0 / to_f64(self.rate)))
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn bytes(&self, time: Duration) -> u64 {
        (time.as_secs_f64() * to_f64(self.rate)) as u64
    }
}

#[allow(clippy::cast_precision_loss)]
fn to_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_long_run_the_rate_is_kept() {
        for rate in [1, 10, 1000, 1 << 20, 1 << 33] {
            let start = Instant::now();
            let (mut pacer, mut now, mut sent) = (Pacer::new(rate, start), start, 0);
            for _ in 0..1000 {
                let bytes = pacer.allowance(now);
                pacer.spend(bytes);
                sent += bytes;
                now = now.max(pacer.ready_at()) + Duration::from_micros(50);
            }
            let allowed = to_f64(rate) * (now - start).as_secs_f64();
            assert!(to_f64(sent) <= allowed + 1.0, "{rate}: {sent} > {allowed}");
            assert!(to_f64(sent) >= allowed * 0.9 - 3.0, "{rate}: {sent} < {allowed}");
        }
    }

    #[test]
    fn a_pause_is_not_made_up_for() {
        let start = Instant::now();
        let mut pacer = Pacer::new(1000, start);
        assert_eq!(pacer.allowance(start + Duration::from_secs(60)), 50);
    }
}
