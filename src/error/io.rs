//! The text of I/O errors in messages.

use std::fmt;

/// The text of an I/O error without the number that Rust appends, and without the full stop that Windows puts before it.
pub fn io_reason(err: &std::io::Error) -> String {
    without_number(&err.to_string()).to_owned()
}

/// The same of the text of another library's error that an I/O error stands behind.
pub fn without_number(text: &str) -> &str {
    match text.rfind(" (os error ") {
        Some(at) => text[..at].trim_end_matches('.'),
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

#[cfg(test)]
mod tests {
    use super::without_number;

    #[test]
    fn numbers_and_full_stops_of_the_system_are_left_out() {
        assert_eq!(without_number("Connection refused (os error 111)"), "Connection refused");
        assert_eq!(without_number("No such host is known. (os error 11001)"), "No such host is known");
        assert_eq!(without_number("of our own..."), "of our own...");
    }
}
