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
        self.0.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
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

    /// How many are longer than `low` and at most `high`.
    pub fn between(&self, low: Duration, high: Duration) -> u64 {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        if self.count() == 0 || high <= low {
            return 0;
        }
        self.0.count_between(nanos(low).saturating_add(1), nanos(high))
    }
}
