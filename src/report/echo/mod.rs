//! What an echo test has found out, as text (`human`), as JSON (`json`) and as findings for the exporters.

mod findings;
mod histogram;
pub(super) mod human;
pub(super) mod json;
mod report;

pub(crate) use json::{EXAMPLE, SCHEMA};
pub(crate) use report::{CompressionReport, EchoReport, severity};
