//! Reports for people, with codes for colours, which `anstream` and [`Destinations`](crate::report::Destinations) remove where
//! they have no place.

use super::exporter::Exporter;
use crate::report::Style;
use crate::report::echo;
use crate::report::probe::{ProbeReport, Table, human};

pub(super) const EXPORTER: Exporter = Exporter::Reports { probes, echo_test: echo::human::text };

fn probes(reports: &[ProbeReport], style: Style) -> String {
    if let [only] = reports {
        return human::text(only, style);
    }
    let table = Table::new(reports.iter().map(|report| &report.url[..]), style);
    let rows: String = reports.iter().map(|report| table.row(report)).collect();
    table.head() + &rows + &table.end(reports)
}
