//! Prints errors, warnings and other lines to standard error, through the lane. Printing never waits for a
//! reader.

use std::io::IsTerminal;
use std::sync::LazyLock;

use anstyle::{AnsiColor, Style};

use super::style::wants_ascii;
use super::{lane, sanitize};
use crate::deadline::Deadline;
use crate::error::Failure;

/// How much is printed apart from received messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// `-s`: only errors.
    Silent,
    /// Errors and warnings.
    Normal,
    /// `-v`: the handshake and the events of the session.
    Verbose,
    /// `-vv`: also every frame.
    Frames,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// Whether units keep to ASCII on standard error.
pub(super) static IS_ASCII: LazyLock<bool> =
    LazyLock::new(|| wants_ascii(false, |name| std::env::var(name).ok()));

static IS_TERMINAL: LazyLock<bool> = LazyLock::new(|| std::io::stderr().is_terminal());

/// Prints the failure that the program ends with: the message on one line, then the evidence and the hint.
/// Waits until they are written, like [`finish`].
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

pub fn warning(text: &str) {
    lane::write(labelled("warning", WARNING, text));
}

/// Prints a line of a report.
pub fn line(text: &str) {
    lane::write(ended(&format!("wsurl: {}", shown(text))));
}

/// Prints a line about a reply, as it is.
pub fn reply(text: &str) {
    lane::write(ended(&shown(text)));
}

/// Prints text in the user's own format (`-w`).
pub fn text(text: &str) {
    if !text.is_empty() {
        lane::write_always(shown(text).into_bytes());
    }
}

/// Sets the limit of the whole run (`-m`), which also limits waiting for standard error.
pub fn ends_by(limit: Option<Deadline>) {
    lane::set_limit(limit);
}

/// The limit of the whole run, if there is one.
pub fn limit() -> Option<Deadline> {
    lane::limit()
}

/// Waits until all lines are written, but not beyond the limit of the run, and only briefly if nothing reads
/// standard error.
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

/// Text from the network or the command line, escaped for a terminal.
pub(super) fn shown(text: &str) -> String {
    if *IS_TERMINAL { sanitize::text(text) } else { text.to_owned() }
}

/// Prints a line without escaping it.
pub(super) fn write_line(text: &str) {
    lane::write(ended(text));
}
