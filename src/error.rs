//! What can go wrong, by name: the status names, their exit codes, and the failure that carries them.
//! A foreign error becomes a [`Failure`] once, at the border where it is met.

mod failure;
mod io;
mod phase;
mod severity;
mod status;

pub use self::failure::Failure;
pub use self::io::{IoCause, io_reason};
pub use self::phase::Phase;
pub use self::severity::Severity;
pub use self::status::Status;
