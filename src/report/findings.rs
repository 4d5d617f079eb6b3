//! What every report comes down to, whichever command made it: cases that passed or did not, numbers, and one line. The
//! exporters beside this file know nothing else.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use crate::error::{Failure, Status};

/// How bad it is, as a monitoring system puts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// All is well.
    Ok,
    /// Slower than it should be.
    Warning,
    /// Nothing could be found out: the fault is on our side.
    Unknown,
    /// It does not work.
    Critical,
}

impl Severity {
    /// How bad this failure is.
    pub fn of(failure: &Failure) -> Self {
        match failure.status() {
            Status::Usage
            | Status::InvalidUrl
            | Status::CaFile
            | Status::ClientCertificate
            | Status::ReadError
            | Status::WriteError => Self::Unknown,
            Status::ExpectationFailed
            | Status::ProxyNotResolved
            | Status::HostNotResolved
            | Status::CannotConnect
            | Status::NetworkNotAllowed
            | Status::UnexpectedStatus
            | Status::Timeout
            | Status::TlsHandshake
            | Status::TooManyRedirects
            | Status::EmptyReply
            | Status::SendFailed
            | Status::ReceiveFailed
            | Status::CertificateExpired
            | Status::CertificateNameMismatch
            | Status::CertificateUntrusted
            | Status::CertificateRevoked
            | Status::CertificateInvalid
            | Status::MessageTooBig
            | Status::Unauthorized
            | Status::PinMismatch
            | Status::ProxyFailed
            | Status::ProxyAuthRequired
            | Status::ClosedByServer
            | Status::ProtocolViolation
            | Status::Interrupted
            | Status::Terminated => Self::Critical,
        }
    }

    /// The worst of all; all is well when there is none.
    pub(super) fn worst(all: &[Findings]) -> Self {
        all.iter().map(|findings| findings.severity).max().unwrap_or(Self::Ok)
    }
}

/// Everything about one URL.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) url: String,
    pub(super) time: SystemTime,
    pub(super) elapsed: Duration,
    pub(super) severity: Severity,
    /// It all in one line, which begins with the URL.
    pub(super) summary: String,
    pub(super) cases: Vec<Case>,
    pub(super) perfdata: Vec<Perfdata>,
    pub(super) samples: Vec<Sample>,
}

/// How often each URL has come, itself included: what is given twice is to be told apart.
pub(super) fn nth(all: &[Findings]) -> Vec<usize> {
    let mut seen = HashMap::new();
    let mut nth = |url| {
        let count = seen.entry(url).or_insert(0);
        *count += 1;
        *count
    };
    all.iter().map(|findings| nth(&findings.url)).collect()
}

/// Something that can pass or fail.
#[derive(Debug)]
pub(super) struct Case {
    /// What kind of thing it is: `phase`, `assertion`.
    pub(super) group: &'static str,
    pub(super) name: String,
    pub(super) time: Option<Duration>,
    pub(super) outcome: CaseOutcome,
}

/// What became of a case.
#[derive(Debug)]
pub(super) enum CaseOutcome {
    Passed,
    Failed {
        /// The name of a status, where there is one.
        kind: Option<&'static str>,
        message: String,
        /// Lines that show it.
        evidence: Option<String>,
    },
    /// Why it does not count.
    Skipped(String),
}

impl CaseOutcome {
    /// Passed, or failed with this message.
    pub(super) fn holds(holds: bool, message: impl FnOnce() -> String) -> Self {
        if holds { Self::Passed } else { Self::Failed { kind: None, message: message(), evidence: None } }
    }

    /// What a failure says.
    pub(super) fn failed(failure: &Failure) -> Self {
        Self::Failed {
            kind: Some(failure.status().name()),
            message: failure.to_string(),
            evidence: failure.evidence().map(ToOwned::to_owned),
        }
    }
}

/// A number with its limits, as monitoring plugins give it.
#[derive(Debug)]
pub(super) struct Perfdata {
    pub(super) label: &'static str,
    /// With its unit.
    pub(super) value: String,
    pub(super) warning: String,
    pub(super) critical: String,
    /// The least that it can be.
    pub(super) least: &'static str,
}

impl Perfdata {
    /// A number without limits that is never below 0.
    pub(super) fn new(label: &'static str, value: String) -> Self {
        Self { label, value, warning: String::new(), critical: String::new(), least: "0" }
    }
}

/// A metric by its name, with what it means.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
}

/// A value of a metric. That it is about the URL goes without saying.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) family: &'static Family,
    pub(super) label: Option<(&'static str, String)>,
    pub(super) value: f64,
}

impl Sample {
    /// A value of the URL as a whole.
    pub(super) fn new(family: &'static Family, value: f64) -> Self {
        Self { family, label: None, value }
    }

    /// A value of a part.
    pub(super) fn of(
        family: &'static Family,
        label: &'static str,
        part: impl Into<String>,
        value: f64,
    ) -> Self {
        Self { family, label: Some((label, part.into())), value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_our_own_fault_is_unknown() {
        let unknown: Vec<_> = Status::ALL
            .into_iter()
            .filter(|status| Severity::of(&Failure::new(*status, "")) == Severity::Unknown)
            .map(Status::name)
            .collect();
        assert_eq!(
            unknown,
            ["usage", "invalid-url", "write-error", "read-error", "client-certificate", "ca-file"]
        );
    }
}
