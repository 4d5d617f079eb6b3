//! Reports for people.

use super::exporter::Exporter;
use crate::report::Style;
use crate::report::echo::{self, EchoReport};
use crate::report::probe::{self, ProbeReport};

/// With codes for colours, which `anstream` and [`Destinations`](crate::report::Destinations) remove where they have no place.
#[derive(Debug)]
pub(super) struct Human;

impl Exporter for Human {
    fn probes(&self, reports: &[ProbeReport], style: Style) -> String {
        reports.iter().map(|report| probe::human::text(report, style)).collect()
    }

    fn echo_test(&self, report: &EchoReport, style: Style) -> String {
        echo::human::text(report, style)
    }
}
