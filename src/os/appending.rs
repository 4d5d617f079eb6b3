//! A file to which a report is appended, such as the summary of a step of CI.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use super::destination::cannot_write;
use super::within::{Doing, within, writing};
use crate::deadline::Deadline;
use crate::error::Failure;

/// The file, which is opened before anything is sent.
#[derive(Debug)]
pub(crate) struct Appending {
    name: String,
    file: File,
}

impl Appending {
    /// Opens the file, before `until`.
    ///
    /// # Errors
    /// `Status::WriteError`, or `Status::Timeout` when it is a FIFO without a reader.
    pub(crate) fn open(path: PathBuf, until: Option<Deadline>) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let opened = within("file", until, move || File::options().append(true).create(true).open(path));
        match opened {
            Ok(file) => Ok(Self { name, file }),
            Err(stopped) => Err(stopped.into_failure(Doing::Opening, &name, |err| cannot_write(&name, err))),
        }
    }

    /// Appends the text, before `until` or a little later.
    ///
    /// # Errors
    /// `Status::WriteError`; `Status::Timeout` when nobody reads a FIFO, or a signal's.
    pub(crate) fn append(mut self, text: String, until: Option<Deadline>) -> Result<(), Failure> {
        let written = writing(until, move || self.file.write_all(text.as_bytes()));
        written.map_err(|stopped| {
            stopped.into_failure(Doing::Writing, &self.name, |err| cannot_write(&self.name, err))
        })
    }
}
