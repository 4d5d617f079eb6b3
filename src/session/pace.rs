//! `--limit-rate`: how much may be sent when, in bytes of payload on the wire. Bytes are granted in even steps of time, so that a paced session wakes equally
//! often at any rate, and sleeps in between.

use std::time::{Duration, Instant};

/// Steps in a second.
const STEPS: i64 = 100;

/// Steps that may be caught up at once, after the socket or the source was slower than the rate.
const BURST: i64 = 10;

/// The longest time that one frame may take at the rate, in steps: control frames wait no longer.
const FRAME: i64 = 10;

/// A token bucket that is filled at every step.
#[derive(Clone, Debug)]
pub(super) struct Pacer {
    rate: i64,
    start: Instant,
    /// Steps since the start that were granted or forfeited.
    step: i64,
    /// Bytes granted and not spent, times [`STEPS`]: nothing is lost by rounding. Negative after more was sent than was
    /// allowed, which later steps make up for.
    credit: i64,
}

impl Pacer {
    /// Allows `rate` bytes a second; the first are granted one step after `now`.
    pub(super) fn new(rate: u64, now: Instant) -> Self {
        // Beyond this, a step grants more than any buffer holds.
        let rate = i64::try_from(rate).unwrap_or(i64::MAX).clamp(1, i64::MAX >> 16);
        Self { rate, start: now, step: 0, credit: 0 }
    }

    /// The most payload of one frame, in bytes.
    pub(super) fn max_frame(&self) -> u64 {
        unsigned(self.rate * FRAME / STEPS).max(1)
    }

    /// Bytes that may be sent at `now`.
    pub(super) fn allowance(&mut self, now: Instant) -> u64 {
        let step = self.step_at(now);
        // At a low rate, a byte takes several steps.
        let most = (BURST * self.rate).max(STEPS - 1 + self.rate);
        let granted = (step - self.step).saturating_mul(self.rate);
        self.credit = self.credit.saturating_add(granted).min(most.max(self.credit));
        self.step = step;
        unsigned(self.credit / STEPS)
    }

    /// Counts `bytes` as sent, also more than were allowed: how much a message compresses to is known afterwards.
    pub(super) fn spend(&mut self, bytes: u64) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.credit = self.credit.saturating_sub(bytes.saturating_mul(STEPS));
    }

    /// When more bytes are granted.
    pub(super) fn ready_at(&self) -> Instant {
        let missing = STEPS.saturating_sub(self.credit).max(1);
        let steps = self.step.saturating_add((missing - 1) / self.rate + 1);
        self.start
            + Duration::from_secs(unsigned(steps / STEPS))
            + step_time() * u32::try_from(steps % STEPS).unwrap_or(0)
    }

    /// Whole steps from the start to `now`.
    fn step_at(&self, now: Instant) -> i64 {
        let elapsed = now.saturating_duration_since(self.start).as_nanos() / step_time().as_nanos();
        i64::try_from(elapsed).unwrap_or(i64::MAX).max(self.step)
    }
}

/// The same number without a sign; zero for a negative one.
fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

fn step_time() -> Duration {
    Duration::from_secs(1) / u32::try_from(STEPS).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_long_run_the_rate_is_kept() {
        for rate in [1, 7, 1000, 16 << 10, 2 << 20, 1 << 30] {
            let start = Instant::now();
            let (mut pacer, mut now, mut sent) = (Pacer::new(rate, start), start, 0);
            let seconds = if rate < 100 { 100 } else { 10 };
            while now < start + Duration::from_secs(seconds) {
                let bytes = pacer.allowance(now);
                pacer.spend(bytes);
                sent += bytes;
                // A little late each time, as sleeping is.
                now = pacer.ready_at() + Duration::from_micros(700);
            }
            let expected = rate * seconds;
            assert!(sent <= expected + rate / 50 + 1, "{rate}: {sent} > {expected}");
            assert!(sent >= expected - expected / 50 - 1, "{rate}: {sent} < {expected}");
        }
    }

    #[test]
    fn a_pause_is_not_made_up_for() {
        let start = Instant::now();
        let mut pacer = Pacer::new(1000, start);
        assert_eq!(pacer.allowance(start + Duration::from_secs(60)), 100);
    }

    #[test]
    fn what_was_sent_too_much_is_waited_for() {
        let start = Instant::now();
        let mut pacer = Pacer::new(1000, start);
        let step = |steps: u64| start + Duration::from_millis(10 * steps);
        assert_eq!(pacer.allowance(step(1)), 10);
        pacer.spend(35);
        assert_eq!(pacer.ready_at(), step(4));
        assert_eq!((pacer.allowance(step(3)), pacer.allowance(step(4))), (0, 5));
        pacer.spend(5000);
        assert_eq!((pacer.allowance(step(400)), pacer.allowance(step(504))), (0, 5));
    }

    #[test]
    fn nothing_is_allowed_before_the_next_step() {
        let start = Instant::now();
        let mut pacer = Pacer::new(1 << 20, start);
        assert_eq!(pacer.allowance(start + Duration::from_millis(9)), 0);
        assert_eq!(pacer.ready_at(), start + Duration::from_millis(10));
        assert_eq!(pacer.allowance(start + Duration::from_millis(12)), (1 << 20) / 100);
        assert_eq!(pacer.max_frame(), (1 << 20) / 10);
    }
}
