//! The text of `-w` about a connection.

use std::borrow::Cow;
use std::path::Path;

use crate::error::Failure;
use crate::report::write_out::Template;
use crate::report::{self, Record, sanitize};

/// The text of `--write-out`, ready to be printed.
#[derive(Debug, Default)]
pub(super) struct Written {
    stdout: String,
    stderr: String,
}

impl Written {
    /// The template, filled in from a record.
    pub(super) fn of(template: Option<&Template>, record: &Record<'_>) -> Self {
        let (stdout, stderr) = template.map(|template| template.render(record)).unwrap_or_default();
        Self { stdout, stderr }
    }

    /// Prints the text. A reader of standard output that is gone is no error.
    pub(super) fn print(&self) -> Result<(), Failure> {
        self.print_by(super::print)
    }

    /// Prints the text, that of standard output by `write`.
    pub(super) fn print_by<T>(&self, write: impl FnOnce(&[u8]) -> T) -> T {
        let printed = write(shown_at(None, &self.stdout).as_bytes());
        report::text(&self.stderr);
        printed
    }
}

/// Text that is partly from the network, for the file at `path` or for standard output: escaped if that is a terminal.
pub(super) fn shown_at<'a>(path: Option<&Path>, text: &'a str) -> Cow<'a, str> {
    if sanitize::is_shown(path) { sanitize::text(&text.replace("\r\n", "\n")).into() } else { text.into() }
}
