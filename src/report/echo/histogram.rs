//! How round trips are distributed: at most eight bars between round bounds. Pure.

use std::time::Duration;

use crate::report::{Style, units};
use crate::stats::RoundTrips;

/// With fewer round trips, bars say nothing.
const LEAST: u64 = 10;

/// Lines at most.
const LINES: usize = 8;

/// The columns of the longest bar in lines of so many columns.
fn longest_bar(width: usize) -> u64 {
    let columns = if width < 80 { (width - 34).min(32) } else { (width - 48).min(72) };
    columns as u64
}

/// Where the longest is more than so many times the shortest, steps of one length would put nearly all into one of them.
const WIDE: u64 = 8;

/// A bar for each range of round trips; none when there are too few.
pub(super) fn lines(times: &RoundTrips, style: Style) -> Vec<String> {
    let Style { ascii, width, .. } = style;
    let (Some(least), Some(most)) = (times.min(), times.percentile(99.9)) else { return Vec::new() };
    if times.count() < LEAST {
        return Vec::new();
    }
    let (least, most, max) = (nanos(least), nanos(most), times.max().map_or(0, nanos));
    // They are known to three digits, which must not make 120.06 of 120.
    let (least, most) = (least.saturating_add(least / 1000), most - most / 1000);
    let bounds = bounds(least, most.max(least), max);
    let counts = counts(times, &bounds);
    let largest = counts.iter().copied().max().unwrap_or_default();
    let time = |nanos| units::duration(Duration::from_nanos(nanos), ascii);
    let line = |range: &str, count| match bar(count, largest, longest_bar(width), ascii) {
        bar if bar.is_empty() => format!("   {range:<17}   {count}"),
        bar => format!("   {range:<17}   {bar} {count}"),
    };
    let mut lines = Vec::new();
    for (pair, count) in bounds.windows(2).zip(&counts) {
        lines.push(line(&format!("{:>7} - {}", time(pair[0]), time(pair[1])), *count));
    }
    if let (Some(bound), Some(count @ 1..)) = (bounds.last(), counts.last()) {
        lines.push(line(&format!("{:>7}   {}", "over", time(*bound)), *count));
    }
    lines
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// How many are within each pair of bounds, those below the first among them; then how many are beyond the last.
fn counts(times: &RoundTrips, bounds: &[u64]) -> Vec<u64> {
    let mut left = times.count();
    let mut counts = Vec::new();
    for bound in bounds.iter().skip(1) {
        let beyond = times.between(Duration::from_nanos(*bound), Duration::MAX).min(left);
        counts.push(left - beyond);
        left = beyond;
    }
    counts.push(left);
    counts
}

/// Round bounds such that all but few are within: steps of one length, or 1-2-5 where they would be too many.
fn bounds(least: u64, most: u64, max: u64) -> Vec<u64> {
    // One line is left for those beyond.
    let lines = if max > most { LINES - 1 } else { LINES };
    if most / WIDE < least { steps(least, most, lines) } else { series(least, most, lines) }
}

/// The shortest round step with which `lines` of them reach from `least` to `most`.
fn steps(least: u64, most: u64, lines: usize) -> Vec<u64> {
    // A finer step could not be told apart in three digits, or in whole microseconds.
    let finest = (most / 50).max(if most >= 1_000 { 1_000 } else { 1 });
    let most_lines = lines as u64;
    let mut step = 1;
    let fits = |step: u64| step >= finest && most.div_ceil(step) - first(least, step) <= most_lines;
    while !fits(step) {
        step = next(step);
    }
    let end = most.div_ceil(step).max(first(least, step) + 1);
    (first(least, step)..=end).map(|number| number.saturating_mul(step)).collect()
}

/// The step in which `least` is.
fn first(least: u64, step: u64) -> u64 {
    least.saturating_sub(1) / step
}

/// 1, 2, 5, 10 and so on from below `least` to `most`, or powers of ten where those are too many. Where even these are,
/// the first line begins at nothing.
fn series(least: u64, most: u64, lines: usize) -> Vec<u64> {
    let fine = geometric(least, most, next);
    if fine.len() <= lines + 1 {
        return fine;
    }
    let mut tens = geometric(least, most, |bound| bound.saturating_mul(10));
    if tens.len() > lines + 1 {
        tens.drain(..tens.len() - (lines + 1));
        tens[0] = 0;
    }
    tens
}

/// From the last bound below `least` to the first that is not below `most`.
fn geometric(least: u64, most: u64, next: fn(u64) -> u64) -> Vec<u64> {
    let (mut below, mut bound) = (0, 1);
    while bound < least {
        (below, bound) = (bound, next(bound));
    }
    let mut bounds = vec![below, bound];
    while bound < most {
        bound = next(bound);
        bounds.push(bound);
    }
    bounds
}

/// The number after this one in 1, 2, 5, 10, 20 and so on.
fn next(bound: u64) -> u64 {
    let leading = bound / 10_u64.pow(bound.ilog10());
    if leading == 2 { bound / 2 * 5 } else { bound.saturating_mul(2) }
}

/// In eighths of a column, or whole ones; something is never nothing.
fn bar(count: u64, largest: u64, longest: u64, ascii: bool) -> String {
    const EIGHTHS: [&str; 8] =
        ["", "\u{258f}", "\u{258e}", "\u{258d}", "\u{258c}", "\u{258b}", "\u{258a}", "\u{2589}"];
    let scale = |columns: u64| {
        let length = u128::from(count) * u128::from(columns) / u128::from(largest.max(1));
        usize::try_from(length).unwrap_or_default().max(usize::from(count > 0))
    };
    if ascii {
        return "#".repeat(scale(longest));
    }
    let eighths = scale(longest * 8);
    "\u{2588}".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn times(nanos: impl IntoIterator<Item = u64>) -> RoundTrips {
        let mut times = RoundTrips::new();
        nanos.into_iter().for_each(|nanos| times.record(Duration::from_nanos(nanos)));
        times
    }

    /// Ranges and counts, without the bars.
    fn ranges(times: &RoundTrips) -> Vec<String> {
        lines(times, Style { ascii: true, ..Style::default() })
            .iter()
            .map(|line| line.replace('#', "").split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn too_few_say_nothing() {
        assert!(lines(&RoundTrips::new(), Style::default()).is_empty());
        assert!(lines(&times([1000; 9]), Style::default()).is_empty());
        assert_eq!(ranges(&times([12_300_000; 10])), ["12.0 ms - 12.5 ms 10"]);
        assert_eq!(ranges(&times([0; 10])), ["0 ns - 1 ns 10"]);
    }

    #[test]
    fn near_ones_are_in_steps_of_one_length() {
        let near = times((0..100).map(|number| 30_000 + number * 1_000));
        assert_eq!(
            ranges(&near),
            [
                "20 us - 40 us 11",
                "40 us - 60 us 20",
                "60 us - 80 us 20",
                "80 us - 100 us 20",
                "100 us - 120 us 20",
                "120 us - 140 us 9"
            ]
        );
    }

    #[test]
    fn far_ones_are_in_steps_that_grow() {
        let far =
            times([10_000, 30_000, 30_000, 40_000, 60_000, 80_000, 150_000, 150_000, 300_000, 1_000_000]);
        assert_eq!(
            ranges(&far),
            [
                "10 us - 20 us 1",
                "20 us - 50 us 3",
                "50 us - 100 us 2",
                "100 us - 200 us 2",
                "200 us - 500 us 1",
                "500 us - 1.00 ms 1"
            ]
        );
        let farther = ranges(&times([10_000, 10_000_000_000].repeat(5)));
        assert_eq!(farther.len(), 6);
        assert_eq!((&farther[0][..], &farther[5][..]), ("10 us - 100 us 5", "1.00 s - 10.0 s 5"));
        let farthest = ranges(&times([1, u64::MAX].repeat(5)));
        assert_eq!((farthest.len(), &farthest[0][..]), (8, "0 ns - 100000 s 5"));
    }

    #[test]
    fn a_few_stragglers_are_on_one_line() {
        let times = times(
            (0..10_000).map(|number| if number == 7 { 2_000_000_000 } else { 30_000 + number % 50 * 1_000 }),
        );
        assert_eq!(ranges(&times).last().unwrap(), "over 80 us 1");
    }

    #[test]
    fn bars_are_in_proportion_and_something_is_not_nothing() {
        assert_eq!(bar(10, 10, 32, true), "#".repeat(32));
        assert_eq!(bar(5, 10, 32, false), "\u{2588}".repeat(16));
        assert_eq!(bar(1, 1_000_000, 32, false), "\u{258f}");
        assert_eq!(bar(1, 1_000_000, 32, true), "#");
        assert_eq!(bar(0, 10, 32, false), "");
        assert_eq!(bar(u64::MAX, u64::MAX, 32, false), "\u{2588}".repeat(32));
    }

    proptest! {
        #[test]
        fn all_are_counted_once_on_eight_lines_at_most(
            nanos in prop::collection::vec(prop_oneof![any::<u64>(), 0..100_000_u64, 1_000_000..2_000_000_u64], 10..300)
        ) {
            let times = times(nanos.iter().copied());
            let lines = lines(&times, Style::default());
            prop_assert!((1..=LINES).contains(&lines.len()), "{lines:#?}");
            let counts = lines.iter().map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
            prop_assert_eq!(counts.sum::<u64>(), nanos.len() as u64);
        }
    }
}
