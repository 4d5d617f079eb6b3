//! What `-w` writes about a connection.

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
    /// What the template makes of a record.
    pub(super) fn of(template: Option<&Template>, record: &Record<'_>) -> Self {
        let (stdout, stderr) = template.map(|template| template.render(record)).unwrap_or_default();
        Self { stdout, stderr }
    }

    /// Prints it; when the reader of standard output is gone, that is no error.
    pub(super) fn print(&self) -> Result<(), Failure> {
        let printed = super::print(shown_at(None, &self.stdout).as_bytes());
        report::text(&self.stderr);
        printed
    }
}

/// Text that comes from the network in part, for the file at `path` or for standard output: escaped where a terminal shows
/// it.
pub(super) fn shown_at<'a>(path: Option<&Path>, text: &'a str) -> Cow<'a, str> {
    if sanitize::is_shown(path) { sanitize::text(&text.replace("\r\n", "\n")).into() } else { text.into() }
}
