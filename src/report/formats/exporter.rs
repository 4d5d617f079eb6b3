//! Turns reports into text.

use crate::report::Style;
use crate::report::echo::EchoReport;
use crate::report::findings::Findings;
use crate::report::probe::ProbeReport;

/// Makes the text of reports in one format.
pub(super) trait Exporter: std::fmt::Debug + Sync {
    /// The report on the URLs of a probe. A format that is printed URL by URL is asked for one at a time.
    fn probes(&self, reports: &[ProbeReport], style: Style) -> String;

    fn echo_test(&self, report: &EchoReport, style: Style) -> String;
}

/// A format that needs no more than the findings, whichever command they come from.
#[derive(Debug)]
pub(super) struct OfFindings(pub(super) fn(&[Findings]) -> String);

impl Exporter for OfFindings {
    fn probes(&self, reports: &[ProbeReport], style: Style) -> String {
        style.export(self.0, &reports.iter().map(Findings::from).collect::<Vec<_>>())
    }

    fn echo_test(&self, report: &EchoReport, style: Style) -> String {
        style.export(self.0, &[Findings::from(report)])
    }
}
