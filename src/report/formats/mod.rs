//! The formats of `--report`: one row of the table each, and one file that makes its text.

mod exporter;
mod github;
mod hlog;
mod html;
mod human;
mod json_lines;
mod junit;
pub(crate) mod nagios;
mod prometheus;
mod tap;

pub(crate) use self::exporter::Subject;
use self::exporter::{Appendix, Exporter};
use super::Style;

/// A row of the table.
#[derive(Debug)]
pub struct ReportFormat {
    pub name: &'static str,
    /// For the man pages.
    pub meaning: &'static str,
    pub printing: Printing,
    pub reader: Reader,
    exporter: Exporter,
    appendix: Option<Appendix>,
}

/// When the report on several URLs is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Printing {
    /// When all are probed.
    Whole,
    /// The report is the sequence of the reports on each. They are printed in the order given, as soon as those before are.
    InOrder,
    /// A table, to which a line is added as soon as a probe finishes.
    Table,
}

/// The reader of a format on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Sees standard error beside it. The text has colours.
    Person,
    Program,
    /// A monitoring system: it wants the exit codes of a plugin, and nothing on standard error.
    Monitor,
}

/// The table, in the order of the help. The first row is the report when none is asked for.
pub static FORMATS: [ReportFormat; 9] = [
    ReportFormat {
        name: "human",
        meaning: "text as wide as the terminal, in ASCII where the locale is not UTF-8; of several URLs a line each",
        printing: Printing::Table,
        reader: Reader::Person,
        exporter: human::EXPORTER,
        appendix: None,
    },
    ReportFormat {
        name: "json",
        meaning: "JSON Lines: one object a URL; no field is ever left out",
        printing: Printing::InOrder,
        reader: Reader::Program,
        exporter: json_lines::EXPORTER,
        appendix: None,
    },
    ReportFormat {
        name: "junit",
        meaning: "JUnit XML, as CI servers show it: a test suite a URL",
        printing: Printing::Whole,
        reader: Reader::Program,
        exporter: Exporter::Findings(junit::text),
        appendix: None,
    },
    ReportFormat {
        name: "tap",
        meaning: "the Test Anything Protocol, version 14",
        printing: Printing::Whole,
        reader: Reader::Program,
        exporter: Exporter::Findings(tap::text),
        appendix: None,
    },
    ReportFormat {
        name: "nagios",
        meaning: "the output of a monitoring plugin: a line with performance data, a line for each of several URLs, exit codes 0, 1, 2 and 3",
        printing: Printing::Whole,
        reader: Reader::Monitor,
        exporter: Exporter::Findings(nagios::text),
        appendix: None,
    },
    ReportFormat {
        name: "prometheus",
        meaning: "metrics in the text format, also for the textfile collector of node_exporter",
        printing: Printing::Whole,
        reader: Reader::Program,
        exporter: Exporter::Findings(prometheus::text),
        appendix: None,
    },
    ReportFormat {
        name: "github",
        meaning: "annotations of GitHub Actions; a summary in Markdown is appended to the file in GITHUB_STEP_SUMMARY",
        printing: Printing::Whole,
        reader: Reader::Program,
        exporter: Exporter::Findings(github::text),
        appendix: Some(Appendix { variable: github::SUMMARY, text: github::summary }),
    },
    ReportFormat {
        name: "html",
        meaning: "a page for a browser, in one file without scripts: phases, rules with what was sent and seen, charts of round trips",
        printing: Printing::Whole,
        reader: Reader::Program,
        exporter: html::EXPORTER,
        appendix: None,
    },
    ReportFormat {
        name: "hlog",
        meaning: "an HdrHistogram log, version 2, of the round trips in nanoseconds; of echo-test only",
        printing: Printing::Whole,
        reader: Reader::Program,
        exporter: Exporter::EchoTest(hlog::text),
        appendix: None,
    },
];

impl ReportFormat {
    /// The format of a report on standard output when none is asked for.
    pub fn human() -> &'static Self {
        &FORMATS[0]
    }

    pub fn by_name(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// Whether it can report on probes.
    pub fn is_of_probes(&self) -> bool {
        !matches!(self.exporter, Exporter::EchoTest(_))
    }

    pub(crate) fn text(&self, subject: Subject<'_>, style: Style) -> String {
        let text = self.exporter.text(subject, style);
        match self.reader {
            // Has colours, and escapes text from the network by itself.
            Reader::Person => text,
            Reader::Program | Reader::Monitor => style.shown(text),
        }
    }

    /// The variable of the environment that names the file to which [`ReportFormat::appended`] goes.
    pub(crate) fn appends_to(&self) -> Option<&'static str> {
        self.appendix.as_ref().map(|appendix| appendix.variable)
    }

    /// The text that is appended to a file of the system that runs the command.
    pub(crate) fn appended(&self, subject: Subject<'_>) -> String {
        self.appendix.as_ref().map_or(String::new(), |appendix| (appendix.text)(&subject.findings()))
    }
}

/// Rows are the same when their names are.
impl PartialEq for ReportFormat {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ReportFormat {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::report::{samples, sanitize};

    #[test]
    fn every_row_has_a_name_of_its_own_and_makes_text_of_every_report() {
        let names: HashSet<_> = FORMATS.iter().map(|format| format.name).collect();
        assert_eq!(names.len(), FORMATS.len());
        for format in &FORMATS {
            assert_eq!(ReportFormat::by_name(format.name), Some(format));
            let (probes, style) = (samples::probes(), Style::default());
            for report in &probes {
                let text = format.text(Subject::Probes(std::slice::from_ref(report)), style);
                // GitHub is told of nothing that is well.
                let is_silent =
                    !format.is_of_probes() || (format.name == "github" && report.failure.is_none());
                assert!(!text.is_empty() || is_silent, "{}", format.name);
            }
            for report in samples::echo_tests() {
                let text = format.text(Subject::EchoTest(&report), style);
                assert!(
                    !text.is_empty() || (format.name == "github" && report.outcome.result.is_ok()),
                    "{}",
                    format.name
                );
            }
        }
    }

    #[test]
    fn a_terminal_obeys_nothing_in_any_report() {
        let style = Style::default().on_terminal(Some(80));
        for format in &FORMATS {
            let probes = format.text(Subject::Probes(&samples::probes()), style);
            let echo_tests = samples::echo_tests()
                .iter()
                .map(|report| format.text(Subject::EchoTest(report), style))
                .collect::<String>();
            let text = probes + &echo_tests;
            let text = match format.reader {
                Reader::Person => anstream::adapter::strip_str(&text).to_string(),
                Reader::Program | Reader::Monitor => text,
            };
            let obeyed = text.chars().find(|c| !sanitize::is_harmless(*c));
            assert_eq!(obeyed, None, "{}", format.name);
        }
    }

    #[test]
    fn only_a_format_printed_in_order_is_the_sum_of_its_parts() {
        let (reports, style) = (samples::probes(), Style::default());
        for format in FORMATS.iter().filter(|format| format.is_of_probes() && format.name != "github") {
            let text = |reports| format.text(Subject::Probes(reports), style);
            let parts: String = reports.iter().map(|report| text(std::slice::from_ref(report))).collect();
            assert_eq!(parts == text(&reports), format.printing == Printing::InOrder, "{}", format.name);
        }
    }

    #[test]
    fn a_person_reads_the_report_that_nobody_asked_for() {
        assert_eq!((ReportFormat::human().name, ReportFormat::human().reader), ("human", Reader::Person));
    }
}
