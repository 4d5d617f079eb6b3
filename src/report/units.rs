//! Durations, sizes and rates as people read them, and numbers as programs do. Pure.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last second that RFC 3339 can write: the end of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

/// The calendar repeats itself after this many seconds: 400 years.
const CYCLE: i64 = 146_097 * 24 * 3600;

/// `850 ns`, `41 µs`, `1.25 ms`, `340 ms`, `75.0 s`: whole micro- and nanoseconds, three digits of what is longer.
pub fn duration(time: Duration, ascii: bool) -> String {
    const MICRO: u128 = 1_000;
    const MILLI: u128 = 1_000_000;
    const SECOND: u128 = 1_000_000_000;
    let nanos = time.as_nanos();
    // What would be rounded up to 1000 belongs to the next unit.
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..999_500 => {
            format!("{} {}", (nanos + MICRO / 2) / MICRO, if ascii { "us" } else { "\u{b5}s" })
        }
        999_500..999_500_000 => format!("{} ms", three_digits(nanos, MILLI)),
        _ => format!("{} s", three_digits(nanos, SECOND)),
    }
}

/// `64 bytes`, `1.00 MiB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        1 => return "1 byte".to_owned(),
        0..1024 => return format!("{bytes} bytes"),
        _ => {}
    }
    let bytes = u128::from(bytes);
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let (mut unit, mut name) = (1024, units[0]);
    for larger in &units[1..] {
        // Below 1023.5 it is not rounded up to 1024.
        if bytes * 2 < unit * 2047 {
            break;
        }
        (unit, name) = (unit * 1024, larger);
    }
    format!("{} {name}", three_digits(bytes, unit))
}

/// A size to the byte: `65537 bytes`, but `64.0 KiB` where that is no less exact.
pub(super) fn exact_size(bytes: u64) -> String {
    let unit = [30, 20, 10].into_iter().find(|shift| bytes >> shift > 0).unwrap_or(0);
    if bytes.is_multiple_of(1 << unit) && bytes >> unit < 1000 {
        size(bytes)
    } else {
        format!("{bytes} bytes")
    }
}

/// How often a second: `23456`, `99.5`, `0.25`.
pub fn rate(per_second: f64) -> String {
    match per_second {
        99.95.. => format!("{per_second:.0}"),
        9.995.. => format!("{per_second:.1}"),
        _ => format!("{per_second:.2}"),
    }
}

/// The number of seconds that comes nearest: no more than nine decimals.
#[allow(clippy::cast_precision_loss)]
pub(super) fn seconds(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e9
}

/// Seconds since 1970, to the millisecond.
#[allow(clippy::cast_precision_loss)]
pub(super) fn timestamp(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64 / 1e3
}

/// How often a second, to three decimals; 0 when there was no time.
#[allow(clippy::cast_precision_loss)]
pub fn per_second(count: u64, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { (count as f64 / seconds(time) * 1000.0).round() / 1000.0 }
}

/// A point in time as RFC 3339 writes it, to the millisecond.
pub(super) fn rfc3339(time: SystemTime) -> String {
    let last = UNIX_EPOCH + Duration::from_secs(LAST_SECOND.unsigned_abs());
    humantime::format_rfc3339_millis(time.clamp(UNIX_EPOCH, last)).to_string()
}

/// Seconds since or before 1970 as RFC 3339 writes them: certificates may say what they like.
pub(super) fn rfc3339_seconds(seconds: i64) -> String {
    let format = |seconds: i64| {
        let time = UNIX_EPOCH + Duration::from_secs(seconds.clamp(0, LAST_SECOND).unsigned_abs());
        humantime::format_rfc3339_seconds(time).to_string()
    };
    if seconds >= 0 {
        return format(seconds);
    }
    // Before 1970: the same day 400 years later, with the year put right.
    let later = format(seconds.saturating_add(CYCLE));
    let (year, rest) = later.split_at(4);
    let year: u32 = year.parse().unwrap_or_default();
    format!("{:04}{rest}", year.saturating_sub(400))
}

/// `value / unit` with three significant digits; more in front of the point when it has more.
fn three_digits(value: u128, unit: u128) -> String {
    let tenths = |scale: u128| (value * scale + unit / 2) / unit;
    if tenths(100) < 1000 {
        format!("{}.{:02}", tenths(100) / 100, tenths(100) % 100)
    } else if tenths(10) < 1000 {
        format!("{}.{}", tenths(10) / 10, tenths(10) % 10)
    } else {
        tenths(1).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_change_their_unit_where_rounding_would_make_it_a_thousand() {
        for (nanos, shown) in [
            (0, "0 ns"),
            (850, "850 ns"),
            (999, "999 ns"),
            (1_000, "1 µs"),
            (1_499, "1 µs"),
            (41_000, "41 µs"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (1_250_000, "1.25 ms"),
            (9_994_999, "9.99 ms"),
            (9_995_000, "10.0 ms"),
            (99_949_999, "99.9 ms"),
            (99_950_000, "100 ms"),
            (340_000_000, "340 ms"),
            (999_499_999, "999 ms"),
            (999_500_000, "1.00 s"),
            (1_340_000_000, "1.34 s"),
            (75_000_000_000, "75.0 s"),
            (3_600_000_000_000, "3600 s"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanos), false), shown, "{nanos}");
        }
        assert_eq!(duration(Duration::from_micros(41), true), "41 us");
        assert!(duration(Duration::MAX, true).ends_with(" s"));
    }

    #[test]
    fn sizes_change_their_unit_where_rounding_would_make_it_1024() {
        for (bytes, shown) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (64, "64 bytes"),
            (1023, "1023 bytes"),
            (1024, "1.00 KiB"),
            (1500, "1.46 KiB"),
            (1023 * 1024, "1023 KiB"),
            (1024 * 1024 - 513, "1023 KiB"),
            (1024 * 1024 - 512, "1.00 MiB"),
            (64 << 20, "64.0 MiB"),
            (3 << 30, "3.00 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(size(bytes), shown, "{bytes}");
        }
        for (bytes, shown) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (64, "64 bytes"),
            (1024, "1.00 KiB"),
            (1025, "1025 bytes"),
            (65_537, "65537 bytes"),
            (1 << 20, "1.00 MiB"),
            ((1 << 20) + 1024, "1049600 bytes"),
        ] {
            assert_eq!(exact_size(bytes), shown, "{bytes}");
        }
    }

    #[test]
    fn rates_have_three_digits_at_least() {
        for (per_second, shown) in [
            (0.0, "0.00"),
            (0.254, "0.25"),
            (9.994, "9.99"),
            (9.996, "10.0"),
            (99.96, "100"),
            (23456.7, "23457"),
        ] {
            assert_eq!(rate(per_second), shown);
        }
        assert!((per_second(10, Duration::from_millis(3)) - 3333.333).abs() < 1e-9);
        assert!(per_second(10, Duration::ZERO).abs() < f64::EPSILON);
    }

    #[test]
    fn seconds_have_nine_decimals_at_most() {
        assert_eq!(seconds(Duration::from_nanos(43_118_234)).to_string(), "0.043118234");
        assert_eq!(seconds(Duration::new(1_700_000, 100_000_001)).to_string(), "1700000.100000001");
        assert_eq!(seconds(Duration::from_nanos(1)).to_string(), "0.000000001");
    }

    #[test]
    fn dates_may_be_any() {
        assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_millis(1_500)), "1970-01-01T00:00:01.500Z");
        assert_eq!(rfc3339(UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01T00:00:00.000Z");
        for (seconds, shown) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (-631_152_000, "1950-01-01T00:00:00Z"),
            (1_767_398_399, "2026-01-02T23:59:59Z"),
            (LAST_SECOND, "9999-12-31T23:59:59Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
            (i64::MIN, "1570-01-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339_seconds(seconds), shown);
        }
    }
}
