//! Turns reports into text.

use crate::report::Style;
use crate::report::echo::EchoReport;
use crate::report::findings::Findings;
use crate::report::probe::ProbeReport;

/// What makes the text of reports in one format.
#[derive(Debug)]
pub(super) enum Exporter {
    /// Needs no more than the findings, whichever command they come from.
    Findings(fn(&[Findings]) -> String),
    /// Needs everything that is known. `probes` is the report on the URLs of a probe; a format that is printed URL by URL is
    /// asked for one at a time.
    Reports { probes: fn(&[ProbeReport], Style) -> String, echo_test: fn(&EchoReport, Style) -> String },
}

impl Exporter {
    pub(super) fn probes(&self, reports: &[ProbeReport], style: Style) -> String {
        match self {
            Self::Findings(text) => {
                style.export(*text, &reports.iter().map(Findings::from).collect::<Vec<_>>())
            }
            Self::Reports { probes, .. } => probes(reports, style),
        }
    }

    pub(super) fn echo_test(&self, report: &EchoReport, style: Style) -> String {
        match self {
            Self::Findings(text) => style.export(*text, &[Findings::from(report)]),
            Self::Reports { echo_test, .. } => echo_test(report, style),
        }
    }
}
