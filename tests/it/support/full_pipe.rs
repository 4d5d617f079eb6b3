//! Pipes of Linux in which there is no room for another byte.

use std::fs::File;
use std::io::{PipeReader, Write};
use std::os::fd::OwnedFd;

/// What a pipe holds when nobody has changed it, in bytes.
pub const PIPE: usize = 65536;

/// A full pipe: its reader, and its other end for a run.
pub fn full_pipe() -> (PipeReader, File) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let writer = File::from(OwnedFd::from(writer));
    fill(&writer);
    (reader, writer)
}

/// Fills an empty pipe or FIFO.
pub fn fill(mut pipe: &File) {
    pipe.write_all(&vec![b'.'; PIPE]).expect("room in the pipe");
}
