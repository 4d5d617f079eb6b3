//! The formats of `--report`: one row of the table each, and one file that makes its text.

mod exporter;
mod human;
mod json_lines;
mod junit;
pub(crate) mod nagios;
mod prometheus;
mod tap;

use self::exporter::Exporter;
use super::Style;
use super::echo::EchoReport;
use super::probe::ProbeReport;

/// A row of the table.
#[derive(Debug)]
pub struct ReportFormat {
    pub name: &'static str,
    /// For the man pages.
    pub meaning: &'static str,
    pub printing: Printing,
    pub reader: Reader,
    exporter: Exporter,
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
pub static FORMATS: [ReportFormat; 6] = [
    ReportFormat {
        name: "human",
        meaning: "text as wide as the terminal, in ASCII where the locale is not UTF-8; of several URLs a line each",
        printing: Printing::Table,
        reader: Reader::Person,
        exporter: human::EXPORTER,
    },
    ReportFormat {
        name: "json",
        meaning: "JSON Lines: one object a URL; no field is ever left out",
        printing: Printing::InOrder,
        reader: Reader::Program,
        exporter: json_lines::EXPORTER,
    },
    ReportFormat {
        name: "junit",
        meaning: "JUnit XML, as CI servers show it: a test suite a URL",
        printing: Printing::Whole,
        reader: Reader::Program,
        exporter: Exporter::Findings(junit::text),
    },
    ReportFormat {
        name: "tap",
        meaning: "the Test Anything Protocol, version 14",
        printing: Printing::Whole,
        reader: Reader::Program,
        exporter: Exporter::Findings(tap::text),
    },
    ReportFormat {
        name: "nagios",
        meaning: "the output of a monitoring plugin: a line with performance data, a line for each of several URLs, exit codes 0, 1, 2 and 3",
        printing: Printing::Whole,
        reader: Reader::Monitor,
        exporter: Exporter::Findings(nagios::text),
    },
    ReportFormat {
        name: "prometheus",
        meaning: "metrics in the text format, also for the textfile collector of node_exporter",
        printing: Printing::Whole,
        reader: Reader::Program,
        exporter: Exporter::Findings(prometheus::text),
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

    /// `human, json, junit and so on`, for help and hints.
    pub fn names() -> String {
        FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ")
    }

    pub fn probes(&self, reports: &[ProbeReport], style: Style) -> String {
        self.exporter.probes(reports, style)
    }

    pub fn echo_test(&self, report: &EchoReport, style: Style) -> String {
        self.exporter.echo_test(report, style)
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
    use crate::report::samples;

    #[test]
    fn every_row_has_a_name_of_its_own_and_makes_text_of_every_report() {
        let names: HashSet<_> = FORMATS.iter().map(|format| format.name).collect();
        assert_eq!(names.len(), FORMATS.len());
        for format in &FORMATS {
            assert_eq!(ReportFormat::by_name(format.name), Some(format));
            let (probes, style) = (samples::probes(), Style::default());
            for report in &probes {
                assert!(!format.probes(std::slice::from_ref(report), style).is_empty(), "{}", format.name);
            }
            for report in samples::echo_tests() {
                assert!(!format.echo_test(&report, style).is_empty(), "{}", format.name);
            }
        }
    }

    #[test]
    fn only_a_format_printed_in_order_is_the_sum_of_its_parts() {
        let (reports, style) = (samples::probes(), Style::default());
        for format in &FORMATS {
            let parts: String =
                reports.iter().map(|report| format.probes(std::slice::from_ref(report), style)).collect();
            assert_eq!(
                parts == format.probes(&reports, style),
                format.printing == Printing::InOrder,
                "{}",
                format.name
            );
        }
    }

    #[test]
    fn a_person_reads_the_report_that_nobody_asked_for() {
        assert_eq!((ReportFormat::human().name, ReportFormat::human().reader), ("human", Reader::Person));
    }
}
