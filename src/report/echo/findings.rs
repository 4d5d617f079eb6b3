//! An echo test as cases, numbers and one line, for the exporters.

use super::EchoReport;
use crate::error::{Failure, Status};
use crate::report::findings::{Case, CaseOutcome, Findings, MetricFamily, Perfdata, Sample};
use crate::report::units::{self, seconds};

const SUCCESS: MetricFamily =
    MetricFamily { name: "wsurl_echo_success", help: "Whether every message came back as it was." };
const DURATION: MetricFamily = MetricFamily {
    name: "wsurl_echo_duration_seconds",
    help: "From the first message sent to the last that came back.",
};
const MESSAGES: MetricFamily =
    MetricFamily { name: "wsurl_echo_messages", help: "Messages of the test by what became of them." };
const ROUND_TRIP: MetricFamily =
    MetricFamily { name: "wsurl_echo_round_trip_seconds", help: "Quantiles of the round trips of the test." };
const MESSAGE_RATE: MetricFamily =
    MetricFamily { name: "wsurl_echo_messages_per_second", help: "Messages echoed a second." };
const BYTE_RATE: MetricFamily =
    MetricFamily { name: "wsurl_echo_bytes_per_second", help: "Bytes of payload echoed a second." };

impl From<&EchoReport> for Findings {
    fn from(report: &EchoReport) -> Self {
        let url = &report.url;
        Self {
            url: url.clone(),
            time: report.time,
            elapsed: report.outcome.elapsed,
            severity: super::severity(report),
            summary: match (&report.outcome.result, report.outcome.round_trips.percentile(50.0)) {
                (Err(failure), _) => format!("{url}: {failure}"),
                (Ok(()), None) => format!("{url} {}", report.success()),
                (Ok(()), Some(median)) => {
                    format!("{url} {}, p50 {}", report.success(), units::duration(median, true))
                }
            },
            cases: cases(report),
            perfdata: perfdata(report),
            samples: samples(report),
        }
    }
}

fn cases(report: &EchoReport) -> Vec<Case> {
    let counts = &report.outcome.counts;
    let sent = counts.sent;
    let differs = report.outcome.difference.as_ref().map_or_else(String::new, |difference| {
        let (connection, message) = (difference.connection, difference.message);
        format!(": connection {connection}, message {message}: {}", difference.what)
    });
    let [late, twice, unasked] = counts.strays();
    let lost = format!("{} of {sent} messages did not come back", counts.lost);
    let changed = format!("{} of {sent} messages came back changed{differs}", counts.corrupted);
    let faults = [
        ("no message lost", (counts.lost, lost)),
        ("no message corrupted", (counts.corrupted, changed)),
        ("order kept", late),
        ("no duplicates", twice),
        ("nothing unasked", unasked),
    ];
    let any = faults.iter().any(|(_, (count, _))| *count > 0);
    let case = |name: &str, outcome| Case { group: "echo", name: name.to_owned(), time: None, outcome };
    let nothing = sent == 0 && !any;
    let mut all = Vec::new();
    for (name, (count, message)) in faults {
        let outcome = if nothing {
            CaseOutcome::Skipped("nothing was sent".to_owned())
        } else {
            CaseOutcome::holds(count == 0, || message)
        };
        all.push(case(name, outcome));
    }
    let session = match &report.outcome.result {
        Err(failure) if !(any && is_about_messages(failure)) => CaseOutcome::failed(failure),
        _ => CaseOutcome::Passed,
    };
    all.push(Case { time: Some(report.outcome.elapsed), ..case("session ended in order", session) });
    all
}

/// Whether the cases before have said it already.
fn is_about_messages(failure: &Failure) -> bool {
    failure.status() == Status::ExpectationFailed
}

fn perfdata(report: &EchoReport) -> Vec<Perfdata> {
    let outcome = &report.outcome;
    let counts = &outcome.counts;
    let faults = [
        ("lost", counts.lost),
        ("corrupted", counts.corrupted),
        ("out_of_order", counts.out_of_order),
        ("duplicated", counts.duplicated),
    ];
    let faults = faults.map(|(label, count)| Perfdata {
        critical: "0".to_owned(),
        ..Perfdata::new(label, count.to_string())
    });
    let times = [("p50", 50.0), ("p99", 99.0)].into_iter().filter_map(|(label, percent)| {
        let time = outcome.round_trips.percentile(percent)?;
        Some(Perfdata::new(label, format!("{}s", seconds(time))))
    });
    let rate = Perfdata::new("rate", report.messages_per_second().to_string());
    faults.into_iter().chain(times).chain([rate]).collect()
}

#[allow(clippy::cast_precision_loss)]
fn samples(report: &EchoReport) -> Vec<Sample> {
    let outcome = &report.outcome;
    let counts = &outcome.counts;
    let mut all = vec![
        Sample::new(&SUCCESS, if outcome.result.is_ok() { 1.0 } else { 0.0 }),
        Sample::new(&DURATION, seconds(outcome.elapsed)),
        Sample::new(&MESSAGE_RATE, report.messages_per_second()),
        Sample::new(&BYTE_RATE, report.bytes_per_second()),
    ];
    let messages = [
        ("sent", counts.sent),
        ("echoed", counts.echoed),
        ("lost", counts.lost),
        ("corrupted", counts.corrupted),
        ("out_of_order", counts.out_of_order),
        ("duplicated", counts.duplicated),
        ("unasked", counts.unasked),
    ];
    all.extend(messages.map(|(outcome, count)| Sample::of(&MESSAGES, "outcome", outcome, count as f64)));
    let times = &outcome.round_trips;
    let quantiles = [
        ("0", times.min()),
        ("0.5", times.percentile(50.0)),
        ("0.9", times.percentile(90.0)),
        ("0.99", times.percentile(99.0)),
        ("1", times.max()),
    ];
    for (quantile, time) in quantiles {
        all.extend(time.map(|time| Sample::of(&ROUND_TRIP, "quantile", quantile, seconds(time))));
    }
    all
}
