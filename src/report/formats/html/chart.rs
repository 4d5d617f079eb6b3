//! Charts in SVG: how round trips are distributed, and how a test went over time.

use std::fmt::Write;
use std::time::Duration;

use crate::report::markup::Markup;
use crate::report::units;
use crate::stats::RoundTrips;

/// The size of a chart, and the room for labels at its left and bottom edge.
const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 22.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 28.0;

/// The bars of a histogram.
const BARS: u32 = 40;

/// The points of a percentile curve.
const POINTS: u32 = 240;

/// A label, and where it stands: from 0 to 1.
type Tick = (f64, String);

/// How many round trips took how long, on a logarithmic scale.
pub(super) fn histogram(page: &mut Markup, times: &RoundTrips) {
    let (Some(least), Some(most)) = (times.min(), times.max()) else { return };
    let (low, high) = (round_below(nanos(least)), round_above(nanos(most)));
    let span = (high / low).ln();
    let bound = |bar: u32| low * (span * f64::from(bar) / f64::from(BARS)).exp();
    let mut left = times.count();
    let mut bars = Vec::new();
    for bar in 0..BARS {
        let beyond = if bar + 1 == BARS { 0 } else { times.between(duration(bound(bar + 1)), Duration::MAX) };
        bars.push((bar, left.saturating_sub(beyond)));
        left = left.min(beyond);
    }
    let largest = bars.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let top = top(float(largest));
    let ticks: Vec<Tick> =
        series(low, high).into_iter().map(|value| ((value / low).ln() / span, time(value))).collect();
    chart(page, "How many round trips took how long", &thinned(ticks), &count_ticks(top), |page| {
        for (bar, count) in bars.iter().filter(|(_, count)| *count > 0) {
            let (from, to) = (f64::from(*bar) / f64::from(BARS), f64::from(*bar + 1) / f64::from(BARS));
            // Something is never nothing.
            let height = (float(*count) / top).max(0.006);
            let (x, width) = (across(from) + 0.5, across(to) - across(from) - 1.0);
            let attributes = [
                ("class", "bar".to_owned()),
                ("x", number(x)),
                ("y", number(up(height))),
                ("width", number(width)),
                ("height", number(up(0.0) - up(height))),
            ];
            let attributes: Vec<_> = attributes.iter().map(|(name, value)| (*name, &value[..])).collect();
            page.element("rect", &attributes, |page| {
                let range = format!("{} to {}: {count}", time(bound(*bar)), time(bound(*bar + 1)));
                page.text_element("title", &[], &range);
            });
        }
    });
}

/// The round trip that each share of the messages did not exceed. The scale shows the nines.
pub(super) fn percentiles(page: &mut Markup, times: &RoundTrips) {
    let Some(most) = times.max() else { return };
    let top = top(nanos(most));
    // One of a thousand messages is at the third nine.
    let nines = float(times.count()).log10().ceil().clamp(1.0, 6.0);
    let share = |at: f64| 100.0 * (1.0 - 10_f64.powf(-at * nines));
    let points = (0..=POINTS).filter_map(|point| {
        let at = f64::from(point) / f64::from(POINTS);
        let percent = if point == POINTS { 100.0 } else { share(at) };
        Some((at, nanos(times.percentile(percent)?) / top))
    });
    let points: Vec<_> = points.collect();
    let labels = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"];
    let mut ticks: Vec<Tick> = labels
        .iter()
        .zip(0_u32..)
        .map(|(label, nine)| (f64::from(nine) / nines, (*label).to_owned()))
        .collect();
    ticks.retain(|(at, _)| *at <= 1.0);
    if let Some(last) = ticks.last_mut() {
        "max".clone_into(&mut last.1);
    }
    chart(
        page,
        "The round trip that a share of the messages did not exceed",
        &ticks,
        &time_ticks(top),
        |page| {
            curve(page, &points);
        },
    );
}

/// A value of each interval of a test.
pub(super) struct Course<'a> {
    pub(super) title: &'a str,
    /// How long an interval is.
    pub(super) step: Duration,
    pub(super) values: Vec<f64>,
    /// Whether the values are nanoseconds.
    pub(super) is_time: bool,
}

/// How a value changed over the time of a test.
pub(super) fn course(page: &mut Markup, course: &Course<'_>) {
    let most = course.values.iter().copied().fold(0.0, f64::max);
    let top = top(most);
    let whole = nanos(course.step) * float(course.values.len() as u64);
    let mut points = Vec::new();
    for (value, index) in course.values.iter().zip(0_u64..) {
        let at = |index: u64| nanos(course.step) * float(index) / whole;
        points.push((at(index), value / top));
        points.push((at(index + 1), value / top));
    }
    let ticks: Vec<Tick> = linear(whole).into_iter().map(|value| (value / whole, time(value))).collect();
    let up = if course.is_time { time_ticks(top) } else { count_ticks(top) };
    chart(page, course.title, &ticks, &up, |page| curve(page, &points));
}

fn chart(page: &mut Markup, title: &str, x: &[Tick], y: &[Tick], content: impl FnOnce(&mut Markup)) {
    let view = format!("0 0 {WIDTH} {HEIGHT}");
    let attributes = [
        ("viewBox", &view[..]),
        ("role", "img"),
        ("aria-label", title),
        ("xmlns", "http://www.w3.org/2000/svg"),
    ];
    page.element("figure", &[], |page| {
        page.element("svg", &attributes, |page| {
            for (at, label) in y {
                let (left, right, at) = (number(LEFT), number(WIDTH - RIGHT), up(*at));
                let line = number(at);
                page.empty(
                    "line",
                    &[("class", "grid"), ("x1", &left), ("x2", &right), ("y1", &line), ("y2", &line)],
                );
                let place = [("x", number(LEFT - 8.0)), ("y", number(at + 4.5))];
                label_at(page, &place, "end", label);
            }
            content(page);
            for (at, label) in x {
                let anchor = if *at > 0.93 { "end" } else { "middle" };
                let place = [("x", number(across(*at).min(WIDTH - 2.0))), ("y", number(HEIGHT - 8.0))];
                label_at(page, &place, anchor, label);
            }
        });
    });
}

fn label_at(page: &mut Markup, place: &[(&str, String); 2], anchor: &str, text: &str) {
    let [(x, at), (y, down)] = place;
    page.text_element("text", &[(x, at), (y, down), ("text-anchor", anchor)], text);
}

/// A line with the area below it.
fn curve(page: &mut Markup, points: &[(f64, f64)]) {
    let mut path = String::new();
    for (at, value) in points {
        let command = if path.is_empty() { 'M' } else { 'L' };
        // A String takes everything.
        let _ = write!(path, "{command}{} {}", number(across(*at)), number(up(*value)));
    }
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
    let ground = number(up(0.0));
    let area = format!("{path}L{} {ground}L{} {ground}Z", number(across(last.0)), number(across(first.0)));
    page.empty("path", &[("class", "area"), ("d", &area)]);
    page.empty("path", &[("class", "curve"), ("d", &path)]);
}

fn across(share: f64) -> f64 {
    LEFT + share * (WIDTH - LEFT - RIGHT)
}

fn up(share: f64) -> f64 {
    HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
}

fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), ToOwned::to_owned)
}

/// Labels that do not touch: some are left out where they are many.
fn thinned(ticks: Vec<Tick>) -> Vec<Tick> {
    const MOST: usize = 5;
    let every = ticks.len().div_ceil(MOST).max(1);
    ticks.into_iter().step_by(every).collect()
}

fn time_ticks(top: f64) -> Vec<Tick> {
    linear(top).into_iter().map(|value| (value / top, time(value))).collect()
}

fn count_ticks(top: f64) -> Vec<Tick> {
    linear(top).into_iter().map(|value| (value / top, short(value))).collect()
}

/// `950`, `12k`, `1.5M`.
fn short(value: f64) -> String {
    match value {
        1e6.. => number(value / 1e6) + "M",
        1e3.. => number(value / 1e3) + "k",
        1.0.. => number(value),
        0.0 => "0".to_owned(),
        _ => format!("{value:.2}"),
    }
}

fn time(nanos: f64) -> String {
    if nanos < 1.0 {
        return "0".to_owned();
    }
    // 20.0 ms is 20 ms.
    let text = units::duration(duration(nanos), false);
    let (value, unit) = text.split_once(' ').unwrap_or((&text, ""));
    let value = if value.contains('.') { value.trim_end_matches('0').trim_end_matches('.') } else { value };
    format!("{value} {unit}")
}

/// Round values from 0 to `most`, about five.
fn linear(most: f64) -> Vec<f64> {
    let step = step(most);
    let count = (0_u64..).take_while(|index| float(*index) * step <= most * 1.001);
    count.map(|index| float(index) * step).collect()
}

/// The length of about five round steps to `most`.
fn step(most: f64) -> f64 {
    round_above(most / 5.0)
}

/// The top of a scale that reaches `most`.
fn top(most: f64) -> f64 {
    let step = step(most);
    (most / step - 0.001).ceil().max(1.0) * step
}

/// All of 1, 2, 5, 10, 20 and so on from `low` to `high`.
fn series(low: f64, high: f64) -> Vec<f64> {
    let mut values = vec![low];
    while let Some(last) = values.last().copied().filter(|last| *last < high * 0.999) {
        values.push(round_above(last * 1.01));
    }
    values
}

/// The smallest of 1, 2, 5, 10 and so on that is not below `value`.
fn round_above(value: f64) -> f64 {
    let tens = 10_f64.powf(value.max(1e-3).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|part| part * tens)
        .into_iter()
        .find(|round| *round >= value * 0.9999)
        .unwrap_or(value)
}

/// The largest of them that is below `value`.
fn round_below(value: f64) -> f64 {
    let tens = 10_f64.powf(value.max(1.0).log10().floor());
    [5.0, 2.0, 1.0, 0.5]
        .map(|part| part * tens)
        .into_iter()
        .find(|round| *round < value)
        .unwrap_or(tens / 2.0)
}

#[allow(clippy::cast_precision_loss)]
fn float(count: u64) -> f64 {
    count as f64
}

#[allow(clippy::cast_precision_loss)]
fn nanos(time: Duration) -> f64 {
    time.as_nanos() as f64
}

/// Of nanoseconds, which are not negative.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn duration(nanos: f64) -> Duration {
    Duration::from_nanos(nanos.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_reach_what_they_show() {
        for (most, expected) in [(580.0, 600.0), (1.0, 1.0), (3620.0, 4000.0), (18.5, 20.0), (1000.0, 1000.0)]
        {
            assert!((top(most) / expected - 1.0).abs() < 1e-9, "{most}: {}", top(most));
            let ticks = linear(top(most));
            assert!((3..=7).contains(&ticks.len()), "{most}: {ticks:?}");
            assert!((ticks.last().unwrap() / top(most) - 1.0).abs() < 1e-9, "{most}: {ticks:?}");
        }
        assert_eq!(series(10.0, 100.0).len(), 4);
        assert_eq!(time_ticks(2e7).last().unwrap().1, "20 ms");
        assert_eq!(short(1500.0), "1.5k");
    }

    #[test]
    fn every_round_trip_is_in_a_bar() {
        for nanos in [&[1_u64][..], &[0, 1, 2, 3], &[5_000, 5_000, 4_999_999_999], &[u64::MAX, 1]] {
            let mut times = RoundTrips::new();
            for nanos in nanos {
                times.record(Duration::from_nanos(*nanos));
            }
            let mut page = Markup::html();
            histogram(&mut page, &times);
            let text = page.finish();
            let titles = text.split("<title>").skip(1).map(|rest| rest.split_once("</title>").unwrap().0);
            let counts = titles.map(|title| title.rsplit_once(": ").unwrap().1.parse::<usize>().unwrap());
            assert_eq!(counts.sum::<usize>(), nanos.len(), "{text}");
        }
    }
}
