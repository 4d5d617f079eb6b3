//! Everything that a probe has found out about one URL.

use std::time::{Duration, SystemTime};

use crate::conformance::Finding;
use crate::error::Failure;
use crate::error::Severity;
use crate::net::Facts;
use crate::protocol::CloseFrame;
use crate::report::units;
use crate::session::Side;
use crate::stats::Tally;

/// The result of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ProbeVerdict {
    /// The endpoint is up, and every assertion holds.
    Ok,
    /// Slower than `--warn`.
    Warning,
    /// The endpoint is down, or an assertion or a rule does not hold.
    Failed,
}

impl ProbeVerdict {
    pub(crate) fn of(failed: bool, slow: bool) -> Self {
        match (failed, slow) {
            (true, _) => Self::Failed,
            (false, true) => Self::Warning,
            (false, false) => Self::Ok,
        }
    }
}

/// One step of a probe, in the order in which they are taken.
#[derive(Clone, Debug)]
pub(crate) struct PhaseReport {
    /// `resolve`, `connect`, `proxy`, `tls`, `upgrade`, `ping`, `message` or `close`.
    pub name: &'static str,
    /// How long it took; `None` when it was not reached or has failed.
    pub time: Option<Duration>,
    pub failed: bool,
    /// Facts in a few words, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`.
    pub detail: String,
}

/// Something that was asked for with an option.
#[derive(Clone, Debug)]
pub(crate) struct Assertion {
    /// The option as it was given: `--min-cert-days 14`.
    pub name: String,
    pub verdict: AssertionVerdict,
    /// What was seen: `3 days left`.
    pub seen: String,
}

/// Whether an assertion holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AssertionVerdict {
    Holds,
    Broken,
    /// The probe failed before it could be judged.
    NotReached,
}

#[derive(Debug)]
pub(crate) struct ProbeReport {
    /// The URL as it was given, without its secrets.
    pub url: String,
    /// The URL after redirects, in its normal form.
    pub url_effective: String,
    pub time: SystemTime,
    /// How long the try took that is reported.
    pub elapsed: Duration,
    /// Tries that were made (`--wait-ready`, `--retry`).
    pub tries: u32,
    pub verdict: ProbeVerdict,
    pub failure: Option<Failure>,
    pub phases: Vec<PhaseReport>,
    /// What is known of the connection.
    pub facts: Facts,
    pub tally: Tally,
    /// The round trip of the ping.
    pub ping: Option<Duration>,
    /// Who closed, and with what.
    pub close: Option<(Side, CloseFrame)>,
    pub assertions: Vec<Assertion>,
    /// `--warn` and `--crit`.
    pub thresholds: [Option<Duration>; 2],
    pub min_cert_days: Option<i64>,
    /// The rules of RFC 6455, with `--conformance`.
    pub conformance: Option<Vec<Finding>>,
    /// The rules of `--security`.
    pub security: Option<Vec<Finding>>,
}

/// The severity of the worst report.
pub(crate) fn severity(reports: &[ProbeReport]) -> Severity {
    reports.iter().map(ProbeReport::severity).max().unwrap_or(Severity::Ok)
}

impl ProbeReport {
    pub(in crate::report) fn severity(&self) -> Severity {
        match (self.verdict, &self.failure) {
            (ProbeVerdict::Ok, _) => Severity::Ok,
            (ProbeVerdict::Warning, _) => Severity::Warning,
            (ProbeVerdict::Failed, Some(failure)) => failure.severity(),
            (ProbeVerdict::Failed, None) => Severity::Critical,
        }
    }

    /// Why it failed, in one line.
    pub(in crate::report) fn reason(&self) -> String {
        self.failure.as_ref().map_or_else(|| "the probe failed".to_owned(), ToString::to_string)
    }

    /// How long it took: `43.1 ms, ping 11.8 ms`.
    pub(in crate::report) fn times(&self, ascii: bool) -> String {
        let elapsed = units::duration(self.elapsed, ascii);
        let mut times = vec![match (self.verdict, self.thresholds) {
            (ProbeVerdict::Warning, [Some(warn), _]) => {
                format!("{elapsed} (--warn {})", humantime::format_duration(warn))
            }
            _ => elapsed,
        }];
        times.extend(self.ping.map(|ping| format!("ping {}", units::duration(ping, ascii))));
        if self.tries > 1 {
            times.push(format!("{} tries", self.tries));
        }
        times.join(", ")
    }

    /// The answer to the offered extensions.
    pub(in crate::report) fn extensions(&self) -> Vec<&str> {
        self.facts.response.iter().flat_map(|head| head.tokens("sec-websocket-extensions")).collect()
    }
}
