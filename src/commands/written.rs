//! What `-w` and `-D` write about a connection.

use std::path::Path;

use crate::error::{Failure, IoCause, Status};
use crate::net::Facts;
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
        let printed = if sanitize::is_shown(None) {
            super::print(shown(&self.stdout).as_bytes())
        } else {
            super::print(self.stdout.as_bytes())
        };
        report::text(&self.stderr);
        printed
    }
}

/// Writes the head of the answer to the upgrade to the file of `--dump-header`; `-` is standard output.
pub(super) fn dump_header(path: Option<&Path>, facts: &Facts) -> Result<(), Failure> {
    let (Some(path), Some(head)) = (path, &facts.response) else { return Ok(()) };
    let text = head.verbatim().replace('\n', "\r\n") + "\r\n";
    let text = if sanitize::is_shown(Some(path)) { shown(&text) } else { text };
    if path == Path::new("-") {
        return super::print(text.as_bytes());
    }
    std::fs::write(path, text).map_err(|err| {
        Failure::new(Status::WriteError, format!("cannot write {}", path.display())).source(IoCause(err))
    })
}

/// Text that has come from the network in part, safe for a terminal.
fn shown(text: &str) -> String {
    sanitize::text(&text.replace("\r\n", "\n"))
}
