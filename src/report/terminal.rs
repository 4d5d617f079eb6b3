//! The terminal of a conversation: received data, lines and a prompt below them, all written by the lane.

pub use super::lane::{Picture, end_picture as end, redraw, show};

/// Shows a text above the prompt, in order with received data.
pub fn write(text: &str) {
    super::lane::write_data(text.as_bytes().to_vec());
}

/// Columns of a terminal that does not tell its size.
const USUAL: u16 = 80;

/// The columns of the terminal.
pub fn columns() -> usize {
    crate::os::terminal::size().map_or(USUAL, |(columns, _)| columns).into()
}

/// `text` in lines of at most so many columns, which end between words. Continuation lines begin after `indent` columns.
pub fn filled(text: &str, indent: usize, columns: usize) -> String {
    super::page::fill(text.split(' '), " ", indent, columns)
}

/// Waits until everything is written, but only for a moment when the terminal takes nothing.
pub fn finish() {
    super::lane::flush();
}
