//! Everything that an echo test has found out, with what was asked for.

use std::time::{Duration, SystemTime};

use crate::echo::Outcome;
use crate::error::{Failure, Severity};
use crate::protocol::Kind;
use crate::report::units;

#[derive(Debug)]
pub struct EchoReport {
    /// The URL, without a password.
    pub url: String,
    /// Whether it is the embedded server.
    pub embedded: bool,
    /// When the test began.
    pub time: SystemTime,
    /// Bytes in each message; several with `--sizes`.
    pub sizes: Vec<u64>,
    /// Text or binary.
    pub kind: Kind,
    /// Whether bytes are compared instead of messages (`--mode stream`).
    pub stream: bool,
    /// Messages to send in all, of all connections; `None` when only time limits them.
    pub planned: Option<u64>,
    /// Connections side by side.
    pub connections: u64,
    /// Messages under way on each.
    pub in_flight: u64,
    /// Bytes in a fragment.
    pub fragment: Option<u64>,
    /// Between messages of a connection.
    pub interval: Option<Duration>,
    /// From which the payloads come.
    pub seed: u64,
    /// What was found out.
    pub outcome: Outcome,
}

/// How bad it is.
pub(crate) fn severity(report: &EchoReport) -> Severity {
    report.outcome.result.as_ref().map_or_else(Failure::severity, |()| Severity::Ok)
}

impl EchoReport {
    /// `echoed all 10 messages`.
    pub(super) fn success(&self) -> String {
        match self.outcome.counts.echoed {
            0 => "was sent no message".to_owned(),
            1 => "echoed the one message".to_owned(),
            count => format!("echoed all {count} messages"),
        }
    }

    /// Messages echoed a second.
    pub(super) fn messages_per_second(&self) -> f64 {
        units::per_second(self.outcome.counts.echoed, self.outcome.elapsed)
    }

    /// Bytes of payload echoed a second.
    pub(super) fn bytes_per_second(&self) -> f64 {
        units::per_second(self.outcome.bytes_echoed, self.outcome.elapsed)
    }
}
