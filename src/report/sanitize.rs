//! Makes text from the network safe for a terminal: escapes control characters and characters that change the
//! text direction.

use std::fmt::Write;
use std::io::IsTerminal;
use std::path::Path;

use crate::os::terminal;
use crate::session::Escape;

/// The escaping for received messages that are written to the file `path`, or to standard output if there is
/// no path. `None` if that is not a terminal.
pub fn for_output(path: Option<&Path>) -> Option<Escape> {
    is_shown(path).then(|| Box::new(for_terminal()) as Escape)
}

/// Whether the file `path`, or standard output if there is no path, is a terminal.
pub fn is_shown(path: Option<&Path>) -> bool {
    path.map_or_else(|| std::io::stdout().is_terminal(), terminal::is_at)
}

/// Returns a function that escapes a text in pieces, which may be split anywhere. An empty piece ends the
/// text.
pub fn for_terminal() -> impl FnMut(&[u8], &mut Vec<u8>) + Send + 'static {
    let mut sanitizer = Sanitizer::default();
    move |bytes, out| match bytes {
        [] => sanitizer.finish(out),
        _ => sanitizer.push(bytes, out),
    }
}

/// Escapes `text`, except line feeds and tabs.
pub fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmless(c) {
            safe.push(c);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(safe, "{}", c.escape_default());
        }
    }
    safe
}

/// Escapes a text in pieces. Writes bytes that are not UTF-8 as `\x..`, and keeps an incomplete character
/// until its rest arrives.
#[derive(Debug, Default)]
pub struct Sanitizer {
    /// The bytes of an incomplete character, at most three.
    held: Vec<u8>,
}

impl Sanitizer {
    /// Appends `bytes` to `out`, escaped. Keeps an incomplete character at the end.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.held.is_empty() {
            self.escape(bytes, out);
        } else {
            let mut whole = std::mem::take(&mut self.held);
            whole.extend_from_slice(bytes);
            self.escape(&whole, out);
        }
    }

    /// Appends an incomplete character whose rest did not arrive.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        out.extend(self.held.escape_ascii());
        self.held.clear();
    }

    fn escape(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            out.extend_from_slice(text(chunk.valid()).as_bytes());
            if chunks.peek().is_none() && is_beginning(chunk.invalid()) {
                self.held.extend_from_slice(chunk.invalid());
            } else {
                out.extend(chunk.invalid().escape_ascii());
            }
        }
    }
}

/// Whether `bytes` are the beginning of a character.
fn is_beginning(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|err| err.error_len().is_none())
}

/// Whether a terminal displays the character without side effects.
pub(super) fn is_harmless(c: char) -> bool {
    match c {
        '\n' | '\t' => true,
        // Controls of the text direction, and invisible marks.
        '\u{061c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => false,
        _ => !c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The escaped form of `pieces`.
    fn escaped<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
        let (mut sanitizer, mut out) = (Sanitizer::default(), Vec::new());
        for piece in pieces {
            sanitizer.push(piece, &mut out);
        }
        sanitizer.finish(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_terminal_is_not_commanded() {
        assert_eq!(
            text("a\tb\u{1b}[31m\u{9b}\r\u{202e}\u{e9}\n"),
            "a\tb\\u{1b}[31m\\u{9b}\\r\\u{202e}\u{e9}\n"
        );
        assert_eq!(escaped([&b"ok\xff\x00\xc3\xa9"[..]]), "ok\\xff\\u{0}\u{e9}");
    }

    #[test]
    fn cuts_change_nothing() {
        let bytes = b"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xe2\x80\xae\xf0\x9f\xffz\xe2\x82";
        let whole = escaped([&bytes[..]]);
        assert_eq!(whole, "a\u{e9}\u{20ac}\u{1f600}\\u{202e}\\xf0\\x9f\\xffz\\xe2\\x82");
        assert_eq!(escaped(bytes.chunks(1)), whole);
        for at in 0..bytes.len() {
            assert_eq!(escaped([&bytes[..at], &bytes[at..]]), whole, "cut at {at}");
        }
    }

    #[test]
    fn an_empty_piece_ends_the_text() {
        let (mut escape, mut out) = (for_terminal(), Vec::new());
        escape(b"\xe2\x82", &mut out);
        assert!(out.is_empty());
        escape(b"", &mut out);
        escape(b"\xac", &mut out);
        assert_eq!(out, b"\\xe2\\x82\\xac");
    }
}
