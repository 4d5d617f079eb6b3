//! Errors, warnings and other lines on standard error. They go through the lane, and never wait for a reader.

use std::io::IsTerminal;
use std::sync::LazyLock;

use anstyle::{AnsiColor, Style};

use super::{lane, sanitize};
use crate::deadline::Deadline;
use crate::error::Failure;

/// How much is printed beside the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// `-s`: errors only.
    Silent,
    /// Errors and warnings.
    Normal,
    /// `-v`: the handshake and the events of the session.
    Verbose,
    /// `-vv`: every frame, too.
    Frames,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

static IS_TERMINAL: LazyLock<bool> = LazyLock::new(|| std::io::stderr().is_terminal());

/// Prints the failure that the program ends with: the message on one line, the evidence, and the hint. Waits until they are
/// written, as [`finish`] does.
pub fn failure(failure: &Failure) {
    if !failure.is_quiet() {
        lane::write_always(labelled("error", ERROR, &failure.to_string()));
        if let Some(hint) = failure.advice() {
            lane::write_always(labelled("hint", HINT, hint));
        }
        for text in failure.evidence().into_iter().flat_map(str::lines) {
            lane::write_always(ended(&shown(text)));
        }
    }
    finish();
}

/// Prints a warning.
pub fn warning(text: &str) {
    lane::write(labelled("warning", WARNING, text));
}

/// Prints a line of a report.
pub fn line(text: &str) {
    lane::write(ended(&format!("wsurl: {}", shown(text))));
}

/// Prints text as the user laid it out (`-w`).
pub fn text(text: &str) {
    if !text.is_empty() {
        lane::write_always(shown(text).into_bytes());
    }
}

/// Sets the limit of the whole run (`-m`), which holds for standard error, too.
pub fn ends_by(limit: Option<Deadline>) {
    lane::set_limit(limit);
}

/// The limit of the whole run, if there is one.
pub fn limit() -> Option<Deadline> {
    lane::limit()
}

/// Waits until all lines are written, at most until the limit of the run, and not long for a standard error that is not
/// read.
pub fn finish() {
    lane::flush();
}

fn labelled(label: &str, style: Style, text: &str) -> Vec<u8> {
    let style = if is_coloured() { style } else { Style::new() };
    let one_line = text.replace(['\r', '\n'], " ");
    ended(&format!("wsurl: {style}{label}:{style:#} {}", shown(&one_line)))
}

fn is_coloured() -> bool {
    anstream::stderr().current_choice() == anstream::ColorChoice::AlwaysAnsi
}

fn ended(line: &str) -> Vec<u8> {
    format!("{line}\n").into_bytes()
}

/// Text from the network or the command line, safe for a terminal.
pub(super) fn shown(text: &str) -> String {
    if *IS_TERMINAL { sanitize::text(text) } else { text.to_owned() }
}

/// Prints a line as it is.
pub(super) fn write_line(text: &str) {
    lane::write(ended(text));
}
