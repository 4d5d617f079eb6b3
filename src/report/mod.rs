//! The output beside the messages: errors, traces, progress, `-w`, and the reports of `probe` and `echo-test`, for people and
//! for programs.
//! Owns standard error. May import everything below `commands`.

mod announcement;
mod backlog;
mod console;
pub(crate) mod echo;
mod findings;
mod formats;
mod json;
mod lane;
mod markup;
pub mod names;
mod page;
pub(crate) mod probe;
pub mod progress;
pub(crate) mod record;
#[cfg(test)]
mod samples;
pub mod sanitize;
mod shared;
mod style;
pub(crate) mod target;
pub mod terminal;
mod trace;
pub mod units;
pub mod write_out;

#[cfg(test)]
pub(crate) use self::samples::up as sample_of_probe;
pub use crate::error::Severity;
pub use console::{Verbosity, ends_by, failure, finish, limit, line, reply, text, warning};
pub use formats::{FORMATS, Printing, Reader, ReportFormat};
pub(crate) use formats::{Subject, nagios};
pub use record::Record;
pub use shared::SharedOutput;
pub use style::{Style, wants_ascii};
pub(crate) use target::{Destinations, ReportTarget};
pub use trace::Trace;
