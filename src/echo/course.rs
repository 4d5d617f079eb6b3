//! How an echo test went over time, in intervals of one length.

use std::time::Duration;

/// The intervals at most. When they are full, neighbours are joined.
const MOST: usize = 240;

/// The length of the first intervals. It doubles with each join.
const FIRST: Duration = Duration::from_millis(1);

/// What came back in an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Messages that came back unchanged.
    pub echoed: u32,
    /// The slowest round trip among them.
    pub slowest: Duration,
}

impl Interval {
    /// What came back in successive intervals.
    pub fn joined(intervals: &[Self]) -> Self {
        intervals.iter().fold(Self::default(), |joined, interval| joined.and(*interval))
    }

    fn and(self, other: Self) -> Self {
        let echoed = self.echoed.saturating_add(other.echoed);
        Self { echoed, slowest: self.slowest.max(other.slowest) }
    }
}

/// The intervals from the first message sent to the last echo.
#[derive(Clone, Debug)]
pub(super) struct Course {
    step: Duration,
    intervals: Vec<Interval>,
    /// When the last interval ends.
    end: Duration,
}

impl Course {
    pub(super) fn new() -> Self {
        Self { step: FIRST, intervals: Vec::new(), end: Duration::ZERO }
    }

    /// An echo came back `since` the first message was sent.
    pub(super) fn echoed(&mut self, since: Duration, time: Duration) {
        while since >= self.end {
            self.grow(since);
        }
        let index = if since >= self.end.saturating_sub(self.step) {
            self.intervals.len() - 1
        } else {
            usize::try_from(since.as_nanos() / self.step.as_nanos()).unwrap_or_default()
        };
        if let Some(interval) = self.intervals.get_mut(index) {
            *interval = interval.and(Interval { echoed: 1, slowest: time });
        }
    }

    /// The length of an interval, and the intervals.
    pub(super) fn intervals(&self) -> (Duration, Vec<Interval>) {
        (self.step, self.intervals.clone())
    }

    /// Adds intervals up to `since`, as many as there is room for.
    fn grow(&mut self, since: Duration) {
        if self.intervals.len() == MOST {
            self.intervals = self.intervals.chunks(2).map(Interval::joined).collect();
            self.step *= 2;
        }
        let needed =
            usize::try_from(since.as_nanos() / self.step.as_nanos()).unwrap_or(MOST).saturating_add(1);
        self.intervals.resize(needed.min(MOST).max(self.intervals.len()), Interval::default());
        self.end = self.step * u32::try_from(self.intervals.len()).unwrap_or(u32::MAX);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn each_echo_is_in_its_interval() {
        let mut course = Course::new();
        for (since, time) in [(0, 3), (0, 1), (2, 2)] {
            course.echoed(MS * since, MS * time);
        }
        let interval = |echoed, slowest| Interval { echoed, slowest: MS * slowest };
        assert_eq!(course.intervals(), (MS, vec![interval(2, 3), interval(0, 0), interval(1, 2)]));
        // Echoes of another connection may have been noted a little earlier.
        course.echoed(MS, MS);
        assert_eq!(course.intervals().1[1], interval(1, 1));
    }

    #[test]
    fn a_long_test_has_longer_intervals() {
        let mut course = Course::new();
        for second in 0..3600 {
            course.echoed(Duration::from_secs(second), MS);
        }
        let (step, intervals) = course.intervals();
        assert_eq!(step, MS * 16384);
        assert_eq!(intervals.len(), 220);
        assert_eq!(intervals.iter().map(|interval| interval.echoed).sum::<u32>(), 3600);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_memory_is_bounded(times in prop::collection::vec(0..10_000_000_u64, 1..300)) {
            let mut course = Course::new();
            for time in &times {
                course.echoed(Duration::from_millis(*time), MS);
            }
            let (step, intervals) = course.intervals();
            prop_assert!(intervals.len() <= MOST);
            prop_assert_eq!(intervals.iter().map(|interval| interval.echoed as usize).sum::<usize>(), times.len());
            let latest = times.iter().max().map(|time| Duration::from_millis(*time)).unwrap();
            let whole = step * u32::try_from(intervals.len()).unwrap();
            prop_assert!(latest < whole && whole <= latest + step * 2, "{latest:?} {whole:?}");
        }
    }
}
