//! What a person sees beside the messages: errors, traces, progress, and the report after a session; and the reports of
//! `probe` and `echo-test`, for people and for programs.
//! Owns standard error. May import everything below `commands`.

mod console;
pub(crate) mod echo;
mod exporter;
mod findings;
mod format;
mod human;
mod json;
mod json_lines;
mod junit;
pub(crate) mod nagios;
pub mod names;
mod page;
pub(crate) mod probe;
pub mod progress;
mod prometheus;
pub(crate) mod record;
#[cfg(test)]
mod samples;
pub mod sanitize;
mod style;
mod tap;
pub(crate) mod target;
mod trace;
pub mod units;
pub(crate) mod write_out;

pub use crate::error::Severity;
pub use console::{Verbosity, failure, line, warning};
pub use format::{FORMATS, Reader, ReportFormat};
pub(crate) use record::Record;
pub use style::{Style, wants_ascii};
pub(crate) use target::{Destinations, ReportTarget};
pub use trace::Trace;
