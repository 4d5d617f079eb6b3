//! The text of I/O errors in messages.

use std::fmt;

/// The text of an I/O error without the number that Rust appends.
pub fn io_reason(err: &std::io::Error) -> String {
    let text = err.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// An I/O error that is displayed by [`io_reason`], for use as a [`Failure::source`](super::Failure::source).
#[derive(Debug)]
pub struct IoCause(pub std::io::Error);

impl fmt::Display for IoCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&io_reason(&self.0))
    }
}

impl std::error::Error for IoCause {}
