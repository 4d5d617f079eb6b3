//! Errors and warnings on standard error.

use std::io::{IsTerminal, Write};

use anstyle::{AnsiColor, Style};

use super::sanitize;
use crate::error::Failure;

/// How much is printed beside the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// `-s`: errors only.
    Silent,
    /// Errors and warnings.
    Normal,
    /// `-v`: the handshake and what happens.
    Verbose,
    /// `-vv`: every frame, too.
    Frames,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// Prints a failure: one line that says what happened, the advice, and the evidence.
pub fn failure(failure: &Failure) {
    if failure.is_quiet() {
        return;
    }
    labelled("error", ERROR, &failure.to_string());
    if let Some(hint) = failure.advice() {
        labelled("hint", HINT, hint);
    }
    if let Some(evidence) = failure.evidence() {
        for text in evidence.lines() {
            write_line(&shown(text));
        }
    }
}

/// Prints a warning.
pub fn warning(text: &str) {
    labelled("warning", WARNING, text);
}

/// Prints a line of a report.
pub fn line(text: &str) {
    write_line(&format!("wsurl: {}", shown(text)));
}

fn labelled(label: &str, style: Style, text: &str) {
    let one_line = text.replace(['\r', '\n'], " ");
    write_line(&format!("wsurl: {style}{label}:{style:#} {}", shown(&one_line)));
}

/// Text from the network or the command line, safe for a terminal.
pub(super) fn shown(text: &str) -> String {
    if std::io::stderr().is_terminal() { sanitize::text(text) } else { text.to_owned() }
}

/// Writes a line to standard error. When that is gone, there is nobody to tell.
pub(super) fn write_line(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}
