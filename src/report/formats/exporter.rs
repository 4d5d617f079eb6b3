//! Turns reports into text.

use crate::report::Style;
use crate::report::echo::EchoReport;
use crate::report::findings::Findings;
use crate::report::probe::ProbeReport;

/// What a report is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    /// The URLs of a probe. A format that is printed URL by URL is asked for one at a time.
    Probes(&'a [ProbeReport]),
    EchoTest(&'a EchoReport),
}

impl Subject<'_> {
    pub(super) fn findings(self) -> Vec<Findings> {
        match self {
            Self::Probes(reports) => reports.iter().map(Findings::from).collect(),
            Self::EchoTest(report) => vec![Findings::from(report)],
        }
    }
}

/// What makes the text of reports in one format.
#[derive(Debug)]
pub(super) enum Exporter {
    /// Needs no more than the findings, whichever command they come from.
    Findings(fn(&[Findings]) -> String),
    /// Needs everything that is known.
    Reports { probes: fn(&[ProbeReport], Style) -> String, echo_test: fn(&EchoReport, Style) -> String },
    /// Makes nothing of a probe.
    EchoTest(fn(&EchoReport, Style) -> String),
}

impl Exporter {
    pub(super) fn text(&self, subject: Subject<'_>, style: Style) -> String {
        match (self, subject) {
            (Self::Findings(text), _) => text(&subject.findings()),
            (Self::Reports { probes, .. }, Subject::Probes(reports)) => probes(reports, style),
            (Self::Reports { echo_test, .. } | Self::EchoTest(echo_test), Subject::EchoTest(report)) => {
                echo_test(report, style)
            }
            // The arguments of a probe do not name such a format.
            (Self::EchoTest(_), Subject::Probes(_)) => String::new(),
        }
    }
}

/// A text that is appended to a file of the system that runs the command.
#[derive(Debug)]
pub(super) struct Appendix {
    /// The variable of the environment that names the file.
    pub(super) variable: &'static str,
    pub(super) text: fn(&[Findings]) -> String,
}
