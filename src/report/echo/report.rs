//! Everything that an echo test has found out, with what was asked for.

use std::time::{Duration, SystemTime};

use crate::echo::{Content, Outcome};
use crate::error::{Failure, Severity};
use crate::protocol::Kind;
use crate::report::units;
use crate::stats::Tally;

/// What the compression of all connections came to.
#[derive(Clone, Debug)]
pub(crate) struct CompressionReport {
    /// What was agreed on, as in the header field; `None` where the server did not agree.
    pub agreed: Option<String>,
    /// Bytes of messages and of frames in all connections.
    pub tally: Tally,
}

#[derive(Debug)]
pub(crate) struct EchoReport {
    /// The URL, without a password.
    pub url: String,
    /// Whether it is the embedded server.
    pub embedded: bool,
    pub time: SystemTime,
    /// Bytes in each message; several with `--sizes`.
    pub sizes: Vec<u64>,
    pub kind: Kind,
    /// Whether bytes are compared instead of messages (`--mode stream`).
    pub stream: bool,
    /// Messages to send in all, of all connections; `None` when only time limits them.
    pub planned: Option<u64>,
    /// Messages under way on each connection.
    pub in_flight: u64,
    /// Bytes in a fragment; `None` where each message is one frame.
    pub fragment: Option<u64>,
    /// Between messages of a connection.
    pub interval: Option<Duration>,
    /// Messages a second of all connections, sent when they are due.
    pub rate: Option<f64>,
    /// The time over which the connections are opened.
    pub ramp: Option<Duration>,
    pub seed: u64,
    pub content: Content,
    /// What compression came to; `None` where it was not asked for.
    pub compression: Option<CompressionReport>,
    pub outcome: Outcome,
}

pub(crate) fn severity(report: &EchoReport) -> Severity {
    report.outcome.result.as_ref().map_or_else(Failure::severity, |()| Severity::Ok)
}

impl EchoReport {
    /// `echoed all 10 messages`.
    pub(in crate::report) fn success(&self) -> String {
        match self.outcome.counts.echoed {
            0 => "was sent no message".to_owned(),
            1 => "echoed the one message".to_owned(),
            count => format!("echoed all {count} messages"),
        }
    }

    pub(in crate::report) fn messages_per_second(&self) -> f64 {
        units::per_second(self.outcome.counts.echoed, self.outcome.elapsed)
    }

    pub(in crate::report) fn bytes_per_second(&self) -> f64 {
        units::per_second(self.outcome.bytes_echoed, self.outcome.elapsed)
    }
}
