//! An echo test as JSON: one object. The comments on the fields are the descriptions in the schema.

use serde::Serialize;

use super::{CompressionReport, EchoReport};
use crate::echo::Content;
use crate::protocol::Kind;
use crate::report::units::{rfc3339, seconds};
use crate::stats::RoundTrips;

/// An example of the object, for the man page. A test checks it against the schema.
pub(crate) const EXAMPLE: &str = include_str!("example.json");

/// The JSON Schema of the object. A test derives it from the types below.
pub(crate) const SCHEMA: &str = include_str!("../../../man/wsurl-echo-test.schema.json");

/// The object on one line.
pub(crate) fn line(report: &EchoReport) -> String {
    crate::report::json::text(&EchoTest::from(report)) + "\n"
}

/// The result of `wsurl echo-test`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(title = "wsurl echo-test --report json"))]
struct EchoTest {
    /// The URL, without a password.
    url: String,
    /// Whether it is the embedded server.
    embedded: bool,
    /// When the test began.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    time: String,
    /// Whether every message came back unchanged and in order, and the session ended in order.
    verdict: VerdictName,
    /// success, or the name of the failure, as listed in the man page.
    status: &'static str,
    /// The exit code that belongs to the status.
    exit_code: u8,
    /// Why it failed.
    error: Option<String>,
    /// What to try after the failure.
    hint: Option<String>,
    /// The time from the first message sent to the last that came back, in seconds.
    elapsed: f64,
    /// What was sent.
    kind: KindName,
    /// Whether messages are compared, or all bytes as one stream.
    mode: Mode,
    /// Bytes in each message; several with --sizes.
    sizes: Vec<u64>,
    /// The number of connections, as asked for.
    connections: u64,
    /// The connections that were opened.
    connections_opened: u64,
    /// The connections on which everything that was planned was sent and came back unchanged; after an interruption those
    /// on which all came back but what was under way.
    connections_echoed: u64,
    /// Messages that may be in flight on each connection.
    in_flight: u64,
    /// Bytes in each fragment; null when each message is one frame.
    fragment: Option<u64>,
    /// Seconds between messages of a connection; null without --interval.
    interval: Option<f64>,
    /// Messages a second of all connections, sent when they are due; round trips count from then. Null without --rate.
    rate: Option<f64>,
    /// Seconds over which the connections were opened; null without --ramp.
    ramp: Option<f64>,
    /// The seed of the payloads.
    seed: u64,
    /// What the payloads consist of (--payload).
    payload: ContentName,
    /// What compression came to on all connections; null without --compress, and where the server did not agree.
    compression: Option<Compression>,
    /// Messages to send in all; null when only time limits them.
    planned: Option<u64>,
    /// Messages sent.
    sent: u64,
    /// Messages that came back as they were.
    echoed: u64,
    /// Messages that never came back.
    lost: u64,
    /// Messages that came back changed.
    corrupted: u64,
    /// Messages among those echoed that came back after a later one.
    out_of_order: u64,
    /// Messages that came back a second time.
    duplicated: u64,
    /// Unsolicited messages.
    unasked: u64,
    /// Messages skipped at the beginning (--greeting).
    skipped: u64,
    /// The first message that came back changed.
    first_difference: Option<Difference>,
    /// The round trips of all messages, in seconds; null when there was none.
    round_trip: Option<RoundTrip>,
    /// Messages echoed a second; 0 when there was no time.
    messages_per_second: f64,
    /// Bytes of payload echoed a second, which is the rate in each direction.
    bytes_per_second: f64,
    /// The messages of each size.
    by_size: Vec<BySize>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schemars(inline))]
enum VerdictName {
    Ok,
    Failed,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schemars(inline))]
enum KindName {
    Text,
    Binary,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schemars(inline))]
enum Mode {
    Message,
    Stream,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schemars(inline))]
enum ContentName {
    Text,
    Random,
    Zero,
}

/// What compression came to.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Compression {
    /// What was agreed on, as in the header field.
    agreed: String,
    /// What was sent.
    sent: Compressed,
    /// What was received.
    received: Compressed,
}

/// The bytes of one direction.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Compressed {
    /// Bytes in messages.
    bytes: u64,
    /// Bytes of payload in the frames that carried them.
    wire_bytes: u64,
    /// The second by the first; null where there is nothing.
    ratio: Option<f64>,
}

/// The first message that came back changed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Difference {
    /// Which connection, counted from 1.
    connection: u64,
    /// Which of its messages, counted from 1.
    message: u64,
    /// The offset of the first byte that differs.
    offset: u64,
    /// The difference in words.
    what: String,
}

/// Round trips, in seconds.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RoundTrip {
    /// Their number.
    count: u64,
    /// The shortest.
    min: f64,
    /// The arithmetic mean.
    mean: f64,
    /// The round trip that half of all do not exceed.
    p50: f64,
    /// The round trip that 90 percent do not exceed.
    p90: f64,
    /// The round trip that 99 percent do not exceed.
    p99: f64,
    /// The longest.
    max: f64,
}

/// The messages of one size.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct BySize {
    /// Bytes in each message.
    size: u64,
    /// Messages sent.
    sent: u64,
    /// Messages that came back as they were.
    echoed: u64,
    /// Their round trips, in seconds; null when there was none.
    round_trip: Option<RoundTrip>,
}

impl From<&EchoReport> for EchoTest {
    fn from(report: &EchoReport) -> Self {
        let outcome = &report.outcome;
        let counts = &outcome.counts;
        let failure = outcome.result.as_ref().err();
        Self {
            url: report.url.clone(),
            embedded: report.embedded,
            time: rfc3339(report.time),
            verdict: if failure.is_none() { VerdictName::Ok } else { VerdictName::Failed },
            status: failure.map_or("success", |failure| failure.status().name()),
            exit_code: failure.map_or(0, |failure| failure.status().code()),
            error: failure.map(ToString::to_string),
            hint: failure.and_then(|failure| failure.advice()).map(ToOwned::to_owned),
            elapsed: seconds(outcome.elapsed),
            kind: match report.kind {
                Kind::Text => KindName::Text,
                Kind::Binary => KindName::Binary,
            },
            mode: if report.stream { Mode::Stream } else { Mode::Message },
            sizes: report.sizes.clone(),
            connections: outcome.connections.planned,
            connections_opened: outcome.connections.opened,
            connections_echoed: outcome.connections.echoed,
            in_flight: report.in_flight,
            fragment: report.fragment,
            interval: report.interval.map(seconds),
            rate: report.rate,
            ramp: report.ramp.map(seconds),
            seed: report.seed,
            payload: match report.content {
                Content::Text => ContentName::Text,
                Content::Random => ContentName::Random,
                Content::Zero => ContentName::Zero,
            },
            compression: report.compression.as_ref().and_then(compression),
            planned: report.planned,
            sent: counts.sent,
            echoed: counts.echoed,
            lost: counts.lost,
            corrupted: counts.corrupted,
            out_of_order: counts.out_of_order,
            duplicated: counts.duplicated,
            unasked: counts.unasked,
            skipped: counts.skipped,
            first_difference: outcome.difference.as_ref().map(|difference| Difference {
                connection: difference.connection,
                message: difference.message,
                offset: difference.offset,
                what: difference.what.clone(),
            }),
            round_trip: round_trip(&outcome.round_trips),
            messages_per_second: report.messages_per_second(),
            bytes_per_second: report.bytes_per_second(),
            by_size: outcome
                .sizes
                .iter()
                .map(|of| BySize {
                    size: of.size,
                    sent: of.sent,
                    echoed: of.echoed,
                    round_trip: round_trip(&of.round_trips),
                })
                .collect(),
        }
    }
}

fn compression(report: &CompressionReport) -> Option<Compression> {
    let tally = &report.tally;
    Some(Compression {
        agreed: report.agreed.clone()?,
        sent: compressed(tally.bytes_sent, tally.wire_sent),
        received: compressed(tally.bytes_received, tally.wire_received),
    })
}

#[allow(clippy::cast_precision_loss)]
fn compressed(bytes: u64, wire_bytes: u64) -> Compressed {
    let ratio = (bytes > 0).then(|| (wire_bytes as f64 / bytes as f64 * 1000.0).round() / 1000.0);
    Compressed { bytes, wire_bytes, ratio }
}

fn round_trip(times: &RoundTrips) -> Option<RoundTrip> {
    Some(RoundTrip {
        count: times.count(),
        min: seconds(times.min()?),
        mean: seconds(times.mean()?),
        p50: seconds(times.percentile(50.0)?),
        p90: seconds(times.percentile(90.0)?),
        p99: seconds(times.percentile(99.0)?),
        max: seconds(times.max()?),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::report::json::contract;
    use crate::report::samples;

    fn object(report: &EchoReport) -> Value {
        contract::object(&line(report))
    }

    #[test]
    fn the_schema_is_generated_from_the_types() {
        contract::schema_is_fresh::<EchoTest>("wsurl-echo-test.schema.json");
    }

    #[test]
    fn every_report_is_as_the_schema_says() {
        let validator = contract::validator(SCHEMA);
        for report in samples::echo_tests() {
            contract::accepts(&validator, &object(&report));
        }
    }

    #[test]
    fn the_example_is_a_report() {
        let example: Value = serde_json::from_str(EXAMPLE).unwrap();
        contract::accepts(&contract::validator(SCHEMA), &example);
        assert_eq!(example, object(&samples::echoed()));
    }

    #[test]
    fn the_schema_refuses_what_is_not_a_report() {
        let validator = contract::validator(SCHEMA);
        let good = object(&samples::mangled());
        let values = [
            ("/embedded", json!("no")),
            ("/verdict", json!("warning")),
            ("/sizes", json!(64)),
            ("/sent", json!(-1)),
            ("/planned", json!("10")),
            ("/kind", json!(null)),
            ("/payload", json!("noise")),
            ("/compression/sent/ratio", json!("1 %")),
            ("/first_difference/offset", json!("12")),
            ("/round_trip/p50", json!("35 us")),
            ("/by_size/0/size", json!(null)),
        ];
        let objects =
            ["", "/compression", "/compression/sent", "/first_difference", "/round_trip", "/by_size/0"];
        contract::refuses(&validator, &good, &values, &objects);
    }

    #[test]
    fn failures_and_nothing_at_all() {
        let mangled = object(&samples::mangled());
        assert_eq!((&mangled["status"], &mangled["exit_code"]), (&json!("expectation-failed"), &json!(1)));
        assert_eq!(mangled["seed"], json!(u64::MAX));
        assert_eq!(mangled["interval"], json!(0.1));
        assert_eq!(mangled["by_size"][2]["round_trip"], Value::Null);
        let silent = object(&samples::silent());
        assert_eq!((&silent["round_trip"], &silent["planned"]), (&Value::Null, &Value::Null));
        assert_eq!((&silent["messages_per_second"], &silent["verdict"]), (&json!(0.0), &json!("failed")));
    }
}
