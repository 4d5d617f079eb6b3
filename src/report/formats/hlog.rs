//! The log format of `HdrHistogram`, version 2: the round trips of an echo test as a histogram that other programs read, and that
//! can be merged with those of other machines without loss.

use std::time::{Duration, UNIX_EPOCH};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::IntervalLogWriterBuilder;

use crate::report::Style;
use crate::report::echo::EchoReport;
use crate::report::page::one_line;

/// The values are nanoseconds. The log shows the largest in milliseconds, as is the custom.
const NANOS_PER_MILLI: f64 = 1e6;

/// The log, with one interval: the whole test.
pub(super) fn text(report: &EchoReport, _: Style) -> String {
    let mut log = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    // A vector takes everything, and a histogram that grows by itself is within the bounds of the format.
    let _ = write(&mut log, &mut serializer, report);
    String::from_utf8(log).unwrap_or_default()
}

fn write(log: &mut Vec<u8>, serializer: &mut V2DeflateSerializer, report: &EchoReport) -> Result<(), ()> {
    let what = format!(
        "[round trips of {} in nanoseconds, by wsurl {}]",
        one_line(&report.url),
        env!("CARGO_PKG_VERSION")
    );
    let time = report.time.max(UNIX_EPOCH);
    let mut writer = IntervalLogWriterBuilder::new()
        .add_comment(&what)
        .add_comment("[Histogram log format version 1.3]")
        .with_start_time(time)
        .with_base_time(time)
        .with_max_value_divisor(NANOS_PER_MILLI)
        .begin_log_with(log, serializer)
        .map_err(drop)?;
    let outcome = &report.outcome;
    writer
        .write_histogram(outcome.round_trips.histogram(), Duration::ZERO, outcome.elapsed, None)
        .map_err(drop)
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;
    use crate::report::samples;

    fn read(log: &str) -> (Duration, Histogram<u64>) {
        let entries: Result<Vec<_>, _> = IntervalLogIterator::new(log.as_bytes()).collect();
        let mut intervals = entries.unwrap().into_iter().filter_map(|entry| match entry {
            LogEntry::Interval(interval) => Some(interval),
            LogEntry::StartTime(_) | LogEntry::BaseTime(_) => None,
        });
        let interval = intervals.next().unwrap();
        assert!(intervals.next().is_none());
        let encoded = data_encoding::BASE64.decode(interval.encoded_histogram().as_bytes()).unwrap();
        (interval.duration(), Deserializer::new().deserialize(&mut &encoded[..]).unwrap())
    }

    #[test]
    fn the_round_trips_are_read_back() {
        let log = text(&samples::echoed(), Style::default());
        let begin = format!(
            "#[round trips of ws://127.0.0.1:33183/ in nanoseconds, by wsurl {}]\n\
             #[Histogram log format version 1.3]\n#[StartTime: 1760000000.250 (seconds since epoch)]\n",
            env!("CARGO_PKG_VERSION")
        );
        assert!(log.starts_with(&begin), "{log}");
        let (_, times) = read(&log);
        assert_eq!(&times, samples::echoed().outcome.round_trips.histogram());
        assert_eq!(times.value_at_quantile(0.5), 35_007);
    }

    #[test]
    fn every_report_is_a_log() {
        for report in samples::echo_tests() {
            let (_, times) = read(&text(&report, Style::default()));
            assert_eq!(times.len(), report.outcome.round_trips.count());
        }
    }
}
