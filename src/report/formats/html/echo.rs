//! The page of an echo test: what became of the messages, and how long they took.

use std::time::Duration;

use super::chart::{self, Course};
use super::parts::{self, Mark, fact, head, said};
use crate::echo::{Connections, Interval, SizeOutcome};
use crate::report::echo::EchoReport;
use crate::report::markup::Markup;
use crate::report::{Style, units};
use crate::size;

/// With fewer round trips, a chart says nothing.
const LEAST: u64 = 10;

/// The intervals of a chart over time.
const LEAST_INTERVALS: usize = 8;
const MOST_INTERVALS: usize = 80;

pub(super) fn page(report: &EchoReport, _: Style) -> String {
    parts::page(&format!("Echo test of {}", report.url), report.time, |page| {
        page.element("section", &[("class", "card")], |page| {
            verdict(page, report);
            tiles(page, report);
            charts(page, report);
            if report.outcome.sizes.len() > 1 {
                sizes(page, &report.outcome.sizes);
            }
            settings(page, report);
        });
    })
}

fn verdict(page: &mut Markup, report: &EchoReport) {
    let server = if report.embedded { " (embedded server)" } else { "" };
    let title = format!("Echo test of {}{server}", report.url);
    match &report.outcome.result {
        Ok(()) => {
            head(page, "h1", Mark::Ok, "ok", &title);
            said(page, "said", &format!("It {}.", report.success()));
        }
        Err(failure) => {
            head(page, "h1", Mark::Fail, "failed", &title);
            said(page, "said", &failure.to_string());
            if let Some(hint) = failure.advice() {
                said(page, "said muted", hint);
            }
        }
    }
    if let Some(difference) = &report.outcome.difference {
        let (connection, message) = (difference.connection, difference.message);
        let text =
            format!("First difference: connection {connection}, message {message}: {}.", difference.what);
        said(page, "said", &text);
    }
}

fn tiles(page: &mut Markup, report: &EchoReport) {
    let counts = &report.outcome.counts;
    let times = &report.outcome.round_trips;
    let time = |time: Option<Duration>| time.map_or(String::new(), |time| units::duration(time, false));
    page.element("div", &[("class", "tiles")], |page| {
        tile(page, "tile", &counts.echoed.to_string(), &format!("of {} echoed", counts.sent));
        for (count, what) in [
            (counts.lost, "lost"),
            (counts.corrupted, "corrupted"),
            (counts.out_of_order, "out of order"),
            (counts.duplicated, "duplicated"),
            (counts.unasked, "unasked"),
        ] {
            if count > 0 {
                tile(page, "tile fail", &count.to_string(), what);
            }
        }
        for (value, what) in [
            (time(times.percentile(50.0)), "p50 round trip"),
            (time(times.percentile(90.0)), "p90"),
            (time(times.percentile(99.0)), "p99"),
            (time(times.max()), "slowest"),
        ] {
            tile(page, "tile", &value, what);
        }
        if counts.echoed > 0 && !report.outcome.elapsed.is_zero() {
            tile(page, "tile", &units::rate(report.messages_per_second()), "messages/s");
            let bytes = units::size(whole(report.bytes_per_second()));
            tile(page, "tile", &format!("{bytes}/s"), "each way");
        }
    });
}

fn tile(page: &mut Markup, class: &str, value: &str, what: &str) {
    if !value.is_empty() {
        page.element("div", &[("class", class)], |page| {
            page.text_element("b", &[], value);
            page.text_element("span", &[], what);
        });
    }
}

fn charts(page: &mut Markup, report: &EchoReport) {
    let times = &report.outcome.round_trips;
    if times.count() < LEAST {
        return;
    }
    page.element("div", &[("class", "charts")], |page| {
        titled(page, "Round trips", |page| chart::histogram(page, times));
        titled(page, "Percentiles", |page| chart::percentiles(page, times));
        over_time(page, report);
    });
}

/// How the test went over time, unless it was too short to tell.
fn over_time(page: &mut Markup, report: &EchoReport) {
    let (step, intervals) = &report.outcome.course;
    let joined = intervals.len().div_ceil(MOST_INTERVALS);
    if intervals.len() / joined.max(1) < LEAST_INTERVALS {
        return;
    }
    let step = *step * u32::try_from(joined).unwrap_or(1);
    let intervals: Vec<_> = intervals.chunks(joined).map(Interval::joined).collect();
    let whole_intervals = step * u32::try_from(intervals.len() - 1).unwrap_or_default();
    // The test ends within the last interval.
    let last = report.outcome.elapsed.saturating_sub(whole_intervals).clamp(step / 4, step);
    let lengths = std::iter::repeat_n(step, intervals.len() - 1).chain([last]);
    let rates = intervals.iter().zip(lengths);
    let rates = rates.map(|(interval, length)| f64::from(interval.echoed) / length.as_secs_f64());
    let slowest = intervals.iter().map(|interval| interval.slowest.as_secs_f64() * 1e9);
    for (heading, title, values, is_time) in [
        ("Messages a second", "Messages a second over time", rates.collect::<Vec<_>>(), false),
        ("Slowest round trip", "The slowest round trip over time", slowest.collect(), true),
    ] {
        titled(page, heading, |page| chart::course(page, &Course { title, step, values, is_time }));
    }
}

fn titled(page: &mut Markup, title: &str, content: impl FnOnce(&mut Markup)) {
    page.element("div", &[], |page| {
        page.text_element("h3", &[], title);
        content(page);
    });
}

fn sizes(page: &mut Markup, sizes: &[SizeOutcome]) {
    let time =
        |time: Option<Duration>| time.map_or("\u{2013}".to_owned(), |time| units::duration(time, false));
    page.text_element("h3", &[], "Sizes");
    page.element("div", &[("class", "scroll")], |page| {
        page.element("table", &[], |page| {
            page.element("tr", &[], |page| {
                for name in ["size", "sent", "echoed", "p50", "p99", "slowest"] {
                    page.text_element("th", &[("class", "number")], name);
                }
            });
            for of in sizes {
                let times = &of.round_trips;
                let cells = [
                    size::exact(of.size),
                    of.sent.to_string(),
                    of.echoed.to_string(),
                    time(times.percentile(50.0)),
                    time(times.percentile(99.0)),
                    time(times.max()),
                ];
                page.element("tr", &[], |page| {
                    for cell in cells {
                        page.text_element("td", &[("class", "number")], &cell);
                    }
                });
            }
        });
    });
}

fn settings(page: &mut Markup, report: &EchoReport) {
    page.text_element("h3", &[], "Test");
    page.element("dl", &[], |page| {
        fact(page, "began", &units::rfc3339(report.time));
        fact(page, "lasted", &units::duration(report.outcome.elapsed, false));
        let Connections { planned, opened, echoed } = report.outcome.connections;
        let shares = if planned > 1 && report.outcome.result.is_err() {
            format!(", {opened} opened, {echoed} echoed everything")
        } else {
            String::new()
        };
        let in_flight = match report.rate {
            Some(_) => String::new(),
            None => format!(", {} in flight on each", report.in_flight),
        };
        let ramp = report.ramp.map(|time| format!(", opened over {}", humantime::format_duration(time)));
        fact(page, "connections", &format!("{planned}{shares}{in_flight}{}", ramp.unwrap_or_default()));
        let sizes: Vec<_> = report.sizes.iter().map(|size| units::exact_size(*size)).collect();
        fact(page, "messages", &format!("{}: {}", report.kind, sizes.join(", ")));
        let fragment = report.fragment.map(|size| format!("of {}", units::exact_size(size)));
        fact(page, "fragments", &fragment.unwrap_or_default());
        let rate = report.rate.map(|rate| format!("{rate} a second, timed from when they were due"));
        fact(page, "rate", &rate.unwrap_or_default());
        let interval = report.interval.map(|time| humantime::format_duration(time).to_string());
        fact(page, "interval", &interval.unwrap_or_default());
        let agreed =
            report.compression.as_ref().map(|compression| compression.agreed.as_deref().unwrap_or("none"));
        fact(page, "compression", agreed.unwrap_or_default());
        fact(page, "seed", &report.seed.to_string());
    });
}

/// Of a rate, which is not negative.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(rate: f64) -> u64 {
    rate.round() as u64
}
