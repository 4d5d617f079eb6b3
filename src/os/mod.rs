//! The operating system, where platforms differ: signals, files that appear when they are complete, limits for calls that
//! block, standard streams, and limits of the process. Each file distinguishes platforms in one place.
//! May import the small values.

pub mod descriptors;
mod destination;
mod raw;
pub mod reading;
pub mod same_file;
pub mod send_queue;
pub mod signals;
pub mod stdio;
pub mod terminal;
mod within;

pub(crate) use destination::cannot_write;
pub use destination::{Destination, Writer};
