//! The terminal of a conversation: received data, lines and a prompt below them, all written by the lane.

pub use super::lane::{Picture, end_picture as end, redraw, show};

/// Shows a text above the prompt, in order with received data.
pub fn write(text: &str) {
    super::lane::write_data(text.as_bytes().to_vec());
}

/// Waits until everything is written, but only for a moment when the terminal takes nothing.
pub fn finish() {
    super::lane::flush();
}
