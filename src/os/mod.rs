//! The operating system, where platforms differ: signals, files that appear only when they are complete, time
//! limits for blocking calls, standard streams, and limits of the process. Each file handles all platforms.
//! May import the small values.

mod appending;
pub(crate) mod budget;
pub mod descriptors;
mod destination;
pub(crate) mod password;
mod raw;
pub mod raw_mode;
pub mod reading;
pub mod receive_threshold;
pub mod same_file;
pub mod send_queue;
pub mod signals;
pub mod stdio;
pub mod terminal;
pub(crate) mod within;

pub(crate) use appending::Appending;
pub use destination::{Destination, Writer};
pub(crate) use destination::{cannot_write, given_up};
