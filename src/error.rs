//! Failures: the names of their statuses, the exit codes, and the type that carries them. Code that receives
//! a foreign error converts it to a [`Failure`] once, where it occurs.

mod exhaustion;
mod failure;
mod io;
mod phase;
mod severity;
mod status;

pub use self::exhaustion::exhaustion;
pub use self::failure::Failure;
pub use self::io::{IoCause, io_reason, without_number};
pub use self::phase::Phase;
pub use self::severity::Severity;
pub use self::status::Status;
