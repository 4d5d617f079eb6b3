//! Counts of a session, and round trips.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// Messages and bytes of payload in each direction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Messages sent.
    pub messages_sent: u64,
    /// Messages received and delivered.
    pub messages_received: u64,
    /// Bytes of payload sent.
    pub bytes_sent: u64,
    /// Bytes of payload received and delivered.
    pub bytes_received: u64,
    /// When the first message was complete.
    pub first_message: Option<Instant>,
}

impl Tally {
    /// The counts of both; the first message is the earlier one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            messages_sent: self.messages_sent + other.messages_sent,
            messages_received: self.messages_received + other.messages_received,
            bytes_sent: self.bytes_sent + other.bytes_sent,
            bytes_received: self.bytes_received + other.bytes_received,
            first_message: self.first_message.into_iter().chain(other.first_message).min(),
        }
    }
}

/// The distribution of round trips: nanoseconds, with three significant digits.
#[derive(Clone, Debug)]
pub struct RoundTrips(Histogram<u64>);

impl Default for RoundTrips {
    fn default() -> Self {
        Self::new()
    }
}

impl RoundTrips {
    /// No round trip yet.
    ///
    /// # Panics
    /// Never: three digits are a valid precision.
    pub fn new() -> Self {
        Self(Histogram::new(3).expect("three digits are a valid precision"))
    }

    /// Counts one.
    pub fn record(&mut self, time: Duration) {
        // It grows as it has to; only what is longer than 584 years does not fit.
        let _ = self.0.record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Counts those of another distribution, too.
    ///
    /// # Panics
    /// Never: this one grows as it has to.
    pub fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("a histogram that resizes takes every value");
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The shortest; `None` when there is none.
    pub fn min(&self) -> Option<Duration> {
        (self.count() > 0).then(|| Duration::from_nanos(self.0.min()))
    }

    /// The longest.
    pub fn max(&self) -> Option<Duration> {
        (self.count() > 0).then(|| Duration::from_nanos(self.0.max()))
    }

    /// The arithmetic mean.
    pub fn mean(&self) -> Option<Duration> {
        (self.count() > 0).then(|| Duration::from_secs_f64(self.0.mean() / 1e9))
    }

    /// The round trip that `percent` of all do not exceed.
    pub fn percentile(&self, percent: f64) -> Option<Duration> {
        let within = self.0.value_at_percentile(percent).min(self.0.max());
        (self.count() > 0).then(|| Duration::from_nanos(within))
    }

    /// How many are longer than `low` and at most `high`. What cannot be told from a bound is at most that bound, so that
    /// adjacent ranges add up.
    pub fn between(&self, low: Duration, high: Duration) -> u64 {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        if self.count() == 0 || high <= low {
            return 0;
        }
        let (above, high) = (self.0.next_non_equivalent(nanos(low)), nanos(high));
        if above > high { 0 } else { self.0.count_between(above, high) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_of_any_length_are_kept() {
        let mut times = RoundTrips::new();
        assert_eq!(
            (times.min(), times.mean(), times.percentile(50.0), times.max()),
            (None, None, None, None)
        );
        for time in [Duration::from_micros(35), Duration::from_millis(12), Duration::from_secs(7)] {
            times.record(time);
        }
        let near = |time: Option<Duration>, seconds: f64| {
            (time.unwrap().as_secs_f64() / seconds - 1.0).abs() < 0.001
        };
        assert!(near(times.min(), 35e-6) && near(times.percentile(50.0), 12e-3) && near(times.max(), 7.0));
        assert_eq!(times.between(Duration::from_millis(1), Duration::from_millis(12)), 1);
        assert_eq!(times.between(Duration::from_millis(12), Duration::from_millis(100)), 0);
        assert_eq!(times.between(Duration::from_millis(12), Duration::MAX), 1);
        times.record(Duration::MAX);
        assert_eq!(times.count(), 4);
    }
}
