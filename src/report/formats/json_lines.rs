//! Reports as JSON Lines: one object a URL, the same on a terminal and in a file.

use super::exporter::Exporter;
use crate::report::Style;
use crate::report::echo::{self, EchoReport};
use crate::report::probe::{self, ProbeReport};

#[derive(Debug)]
pub(super) struct JsonLines;

impl Exporter for JsonLines {
    fn probes(&self, reports: &[ProbeReport], _: Style) -> String {
        reports.iter().map(probe::json::line).collect()
    }

    fn echo_test(&self, report: &EchoReport, _: Style) -> String {
        echo::json::line(report)
    }
}
