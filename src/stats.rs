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
    /// Bytes of payload in the data frames sent, which are fewer where messages are compressed. Known at the end.
    pub wire_sent: u64,
    /// Bytes of payload in the data frames received. Known at the end.
    pub wire_received: u64,
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
            wire_sent: self.wire_sent + other.wire_sent,
            wire_received: self.wire_received + other.wire_received,
            first_message: self.first_message.into_iter().chain(other.first_message).min(),
        }
    }
}

/// The distribution of round trips: nanoseconds, with three significant digits.
#[derive(Clone, Debug)]
pub struct RoundTrips {
    histogram: Histogram<u64>,
    /// As they were, and not as the histogram has them.
    ends: Option<(Duration, Duration)>,
    sum: Duration,
}

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
        let histogram = Histogram::new(3).expect("three digits are a valid precision");
        Self { histogram, ends: None, sum: Duration::ZERO }
    }

    /// Counts one.
    pub fn record(&mut self, time: Duration) {
        // It grows as it has to; only what is longer than 584 years does not fit.
        let _ = self.histogram.record(nanos(time));
        let (shortest, longest) = self.ends.unwrap_or((time, time));
        self.ends = Some((shortest.min(time), longest.max(time)));
        self.sum = self.sum.saturating_add(time);
    }

    /// The distribution, in nanoseconds.
    pub(crate) fn histogram(&self) -> &Histogram<u64> {
        &self.histogram
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The shortest; `None` when there is none.
    pub fn min(&self) -> Option<Duration> {
        self.ends.map(|(shortest, _)| shortest)
    }

    /// The longest.
    pub fn max(&self) -> Option<Duration> {
        self.ends.map(|(_, longest)| longest)
    }

    /// The arithmetic mean.
    pub fn mean(&self) -> Option<Duration> {
        let count = u32::try_from(self.count()).unwrap_or(u32::MAX);
        (count > 0).then(|| self.sum / count)
    }

    /// The round trip that `percent` of all do not exceed.
    pub fn percentile(&self, percent: f64) -> Option<Duration> {
        let (shortest, longest) = self.ends?;
        let within = Duration::from_nanos(self.histogram.value_at_percentile(percent));
        Some(within.clamp(shortest, longest))
    }

    /// How many are longer than `low` and at most `high`. What cannot be told from a bound is at most that bound, so that
    /// adjacent ranges add up.
    pub fn between(&self, low: Duration, high: Duration) -> u64 {
        if self.count() == 0 || high <= low {
            return 0;
        }
        let (above, high) = (self.histogram.next_non_equivalent(nanos(low)), nanos(high));
        if above > high { 0 } else { self.histogram.count_between(above, high) }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
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
        assert_eq!(
            (times.min(), times.max()),
            (Some(Duration::from_micros(35)), Some(Duration::from_secs(7)))
        );
        let median = times.percentile(50.0).unwrap().as_secs_f64();
        assert!((median / 12e-3 - 1.0).abs() < 0.001, "{median}");
        assert_eq!(times.between(Duration::from_millis(1), Duration::from_millis(12)), 1);
        assert_eq!(times.between(Duration::from_millis(12), Duration::from_millis(100)), 0);
        assert_eq!(times.between(Duration::from_millis(12), Duration::MAX), 1);
        times.record(Duration::MAX);
        assert_eq!(times.count(), 4);
    }
}
