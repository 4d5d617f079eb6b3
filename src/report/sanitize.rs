//! Makes text from the network harmless for a terminal: control characters, escape sequences and
//! characters that change the direction of writing are shown instead of obeyed.

use std::fmt::Write;
use std::io::IsTerminal;

use crate::session::Escape;

/// What received messages go through: `bytes` when they are shown by a terminal, else nothing.
pub fn for_output(to_file: bool) -> Option<Escape> {
    if !to_file && std::io::stdout().is_terminal() { Some(bytes) } else { None }
}

/// Escapes `text`; line feeds and tabs stay.
pub fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmless(c) {
            safe.push(c);
        } else {
            // A String takes everything.
            let _ = write!(safe, "{}", c.escape_default());
        }
    }
    safe
}

/// Appends `bytes` to `out`, escaped; what is not UTF-8 is shown as `\x..`.
pub fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.utf8_chunks() {
        out.extend_from_slice(text(chunk.valid()).as_bytes());
        out.extend_from_slice(chunk.invalid().escape_ascii().to_string().as_bytes());
    }
}

/// Whether a terminal only shows it.
pub(super) fn is_harmless(c: char) -> bool {
    match c {
        '\n' | '\t' => true,
        // Bidirectional controls, and marks that hide.
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

    #[test]
    fn a_terminal_is_not_commanded() {
        assert_eq!(
            text("a\tb\u{1b}[31m\u{9b}\r\u{202e}\u{e9}\n"),
            "a\tb\\u{1b}[31m\\u{9b}\\r\\u{202e}\u{e9}\n"
        );
        let mut out = Vec::new();
        bytes(b"ok\xff\x00\xc3\xa9", &mut out);
        assert_eq!(out, "ok\\xff\\u{0}\u{e9}".as_bytes());
    }
}
