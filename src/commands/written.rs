//! What `-w` writes about a connection.

use std::io::{IsTerminal, Write};

use crate::error::Failure;
use crate::report::write_out::Template;
use crate::report::{Record, sanitize};

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
        let printed = super::print(shown_on_stdout(&self.stdout).as_bytes());
        let text = &self.stderr;
        let safe = if std::io::stderr().is_terminal() { sanitize::text(text) } else { text.clone() };
        let _ = anstream::stderr().write_all(safe.as_bytes());
        printed
    }
}

/// Text that has come from the network in part, safe for a terminal.
pub(super) fn shown_on_stdout(text: &str) -> String {
    if std::io::stdout().is_terminal() {
        sanitize::text(&text.replace("\r\n", "\n"))
    } else {
        text.to_owned()
    }
}
