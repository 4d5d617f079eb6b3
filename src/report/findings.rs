//! The reports of both commands in the form that exporters need: cases that passed or failed, numbers, and one line.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use crate::error::{Failure, Severity};

impl Severity {
    /// The worst of all; all is well when there is none.
    pub(super) fn worst(all: &[Findings]) -> Self {
        all.iter().map(|findings| findings.severity).max().unwrap_or(Self::Ok)
    }
}

#[derive(Debug)]
pub(super) struct Findings {
    pub(super) url: String,
    pub(super) time: SystemTime,
    pub(super) elapsed: Duration,
    pub(super) severity: Severity,
    /// A summary in one line, which begins with the URL.
    pub(super) summary: String,
    pub(super) cases: Vec<Case>,
    pub(super) perfdata: Vec<Perfdata>,
    pub(super) samples: Vec<Sample>,
}

/// The number of each URL among equal ones, so that a URL that is given twice can be told apart.
pub(super) fn nth(all: &[Findings]) -> Vec<usize> {
    let mut seen = HashMap::new();
    let mut nth = |url| {
        let count = seen.entry(url).or_insert(0);
        *count += 1;
        *count
    };
    all.iter().map(|findings| nth(&findings.url)).collect()
}

/// A case that can pass or fail.
#[derive(Debug)]
pub(super) struct Case {
    /// The group of the case: `phase`, `assertion`.
    pub(super) group: &'static str,
    pub(super) name: String,
    pub(super) time: Option<Duration>,
    pub(super) outcome: CaseOutcome,
}

impl Case {
    /// Group and name: `phase tls`.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.group, self.name)
    }
}

#[derive(Debug)]
pub(super) enum CaseOutcome {
    Passed,
    Failed {
        /// The name of a status, where there is one.
        kind: Option<&'static str>,
        message: String,
        evidence: Option<String>,
    },
    /// With the reason.
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
pub(super) struct MetricFamily {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
}

/// A value of a metric, for one URL.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) family: &'static MetricFamily,
    /// Labels beside that of the URL, with their values.
    pub(super) labels: Vec<(&'static str, String)>,
    pub(super) value: f64,
}

impl Sample {
    /// A value of the URL as a whole.
    pub(super) fn new(family: &'static MetricFamily, value: f64) -> Self {
        Self { family, labels: Vec::new(), value }
    }

    /// A value of a part.
    pub(super) fn of(
        family: &'static MetricFamily,
        label: &'static str,
        part: impl Into<String>,
        value: f64,
    ) -> Self {
        Self { family, labels: vec![(label, part.into())], value }
    }
}
