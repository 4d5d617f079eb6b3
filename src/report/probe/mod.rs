//! What a probe has found out, as text (`human`), as JSON (`json`) and as findings for the exporters.

mod findings;
pub(super) mod human;
pub(super) mod json;
mod report;
mod table;

pub(crate) use json::{EXAMPLE, SCHEMA};
pub(crate) use report::{Assertion, AssertionVerdict, PhaseReport, ProbeReport, ProbeVerdict, severity};
pub(crate) use table::Table;
