//! Reports as JSON Lines: one object a URL, the same on a terminal and in a file.

use super::exporter::Exporter;
use crate::report::{echo, probe};

pub(super) const EXPORTER: Exporter = Exporter::Reports {
    probes: |reports, _| reports.iter().map(probe::json::line).collect(),
    echo_test: |report, _| echo::json::line(report),
};
