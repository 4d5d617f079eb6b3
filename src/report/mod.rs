//! What a person sees beside the messages: errors, traces, progress, and the report after a session.
//! Owns standard error. May import everything below `commands`.

mod console;
pub mod progress;
pub mod record;
pub mod sanitize;
mod trace;
pub mod write_out;

pub use console::{Verbosity, failure, line, warning};
pub use record::Record;
pub use trace::Trace;
