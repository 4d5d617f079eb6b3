//! The operating system, where platforms differ: signals, files that appear when they are complete, standard streams,
//! and limits of the process. Each file has one place where it tells platforms apart.
//! May import the small values.

pub mod descriptors;
mod new_file;
pub mod signals;
pub mod stdio;
pub mod terminal;

pub use new_file::NewFile;
pub(crate) use new_file::{Unfinished, cannot_write, write_all};
