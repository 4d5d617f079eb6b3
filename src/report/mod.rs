//! What a person sees beside the messages: errors, traces, progress, and the report after a session; and the reports of
//! `probe` and `echo-test`, for people and for programs.
//! Owns standard error. May import everything below `commands`.

mod backlog;
mod console;
pub mod echo;
mod findings;
mod json;
mod junit;
mod lane;
pub mod nagios;
mod page;
pub mod probe;
pub mod progress;
mod prometheus;
pub mod record;
#[cfg(test)]
mod samples;
pub mod sanitize;
mod style;
mod tap;
pub mod target;
mod trace;
pub mod units;
pub mod write_out;

pub use console::{Verbosity, ends_by, failure, finish, limit, line, text, warning};
pub use findings::Severity;
pub use record::Record;
pub use style::{Style, wants_ascii};
pub use target::{Destinations, Format, Target};
pub use trace::Trace;
