//! Bytes of a keyboard to keys. Pure: the bytes may be cut anywhere. The one file that knows anstyle-parse.

use anstyle_parse::{Params, Parser, Perform};

/// A key, or text that was typed or pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Characters without a line end, as many as came together.
    Text(String),
    /// Pasted characters. Its line ends are line feeds.
    Pasted(String),
    Enter,
    Backspace,
    Delete,
    Left,
    Right,
    WordLeft,
    WordRight,
    Up,
    Down,
    Home,
    End,
    /// A control character, as the letter of its key.
    Control(char),
    /// A letter typed with Alt.
    Alt(char),
}

/// Finds keys in what a terminal sends.
#[derive(Default)]
pub(super) struct KeyReader {
    parser: Parser,
    found: Found,
    after_escape: bool,
}

impl KeyReader {
    /// The keys that end in `bytes`.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Vec<Key> {
        for byte in bytes {
            let after_escape = std::mem::replace(&mut self.after_escape, *byte == 0x1b);
            if after_escape && *byte == 0x7f && !self.found.is_pasting {
                // Alt and Backspace: to the parser, DEL within a sequence is nothing.
                self.parser = Parser::default();
                self.found.keys.push(Key::Control('w'));
            } else {
                self.parser.advance(&mut self.found, *byte);
            }
        }
        std::mem::take(&mut self.found.keys)
    }
}

#[derive(Default)]
struct Found {
    keys: Vec<Key>,
    /// The next character belongs to a sequence that the parser does not know: ESC O, or ESC [ [.
    next: Next,
    is_pasting: bool,
    /// Whether the last pasted byte was a carriage return, so that a line feed after it is no further line end.
    after_return: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Text,
    /// A cursor key in application mode.
    Cursor,
    /// The letter of a function key.
    Skipped,
}

impl Found {
    fn text(&mut self, c: char) {
        match (self.keys.last_mut(), self.is_pasting) {
            (Some(Key::Pasted(text)), true) | (Some(Key::Text(text)), false) => text.push(c),
            (_, true) => self.keys.push(Key::Pasted(c.into())),
            (_, false) => self.keys.push(Key::Text(c.into())),
        }
    }

    fn cursor_key(&mut self, action: char, modified: bool) {
        self.keys.extend(match action {
            'A' => Some(Key::Up),
            'B' => Some(Key::Down),
            'C' if modified => Some(Key::WordRight),
            'C' => Some(Key::Right),
            'D' if modified => Some(Key::WordLeft),
            'D' => Some(Key::Left),
            'F' => Some(Key::End),
            'H' => Some(Key::Home),
            'M' => Some(Key::Enter),
            _ => None,
        });
    }

    fn pasted_control(&mut self, byte: u8) {
        let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
        match byte {
            b'\r' => self.text('\n'),
            b'\n' if !after_return => self.text('\n'),
            b'\t' => self.text('\t'),
            // Other control characters do nothing: pasted text must not act as keys.
            _ => {}
        }
    }
}

impl Perform for Found {
    fn print(&mut self, c: char) {
        self.after_return = false;
        match std::mem::take(&mut self.next) {
            Next::Skipped => {}
            Next::Cursor => self.cursor_key(c, false),
            Next::Text if c == '\u{7f}' && !self.is_pasting => self.keys.push(Key::Backspace),
            Next::Text if c == '\u{7f}' => {}
            Next::Text => self.text(c),
        }
    }

    fn execute(&mut self, byte: u8) {
        if self.is_pasting {
            return self.pasted_control(byte);
        }
        self.keys.extend(match byte {
            b'\r' | b'\n' => Some(Key::Enter),
            0x08 | 0x7f => Some(Key::Backspace),
            b'\t' => Some(Key::Text("\t".to_owned())),
            1..=26 => Some(Key::Control(char::from(byte + b'a' - 1))),
            0x1c => Some(Key::Control('\\')),
            0x1f => Some(Key::Control('_')),
            _ => None,
        });
    }

    fn csi_dispatch(&mut self, params: &Params, _: &[u8], _: bool, action: u8) {
        let numbers: Vec<u16> =
            params.iter().map(|group| group.first().copied().unwrap_or_default()).collect();
        let first = numbers.first().copied().unwrap_or_default();
        match (action, first) {
            (b'~', 200) => (self.is_pasting, self.after_return) = (true, false),
            (b'~', 201) => self.is_pasting = false,
            _ if self.is_pasting => {}
            (b'~', 1 | 7) => self.keys.push(Key::Home),
            (b'~', 4 | 8) => self.keys.push(Key::End),
            (b'~', 3) => self.keys.push(Key::Delete),
            (b'[', _) => self.next = Next::Skipped,
            // The second number is 1 and the sum of the modifiers.
            _ => self.cursor_key(char::from(action), numbers.get(1).is_some_and(|modifiers| *modifiers > 1)),
        }
    }

    fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
        match byte {
            _ if self.is_pasting => {}
            b'O' => self.next = Next::Cursor,
            _ => self.keys.push(Key::Alt(char::from(byte).to_ascii_lowercase())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &str) -> Vec<Key> {
        let mut one_by_one = KeyReader::default();
        let mut apart = Vec::new();
        for byte in bytes.as_bytes() {
            for key in one_by_one.read(&[*byte]) {
                match (apart.last_mut(), key) {
                    (Some(Key::Text(text)), Key::Text(more))
                    | (Some(Key::Pasted(text)), Key::Pasted(more)) => {
                        text.push_str(&more);
                    }
                    (_, key) => apart.push(key),
                }
            }
        }
        let at_once = KeyReader::default().read(bytes.as_bytes());
        assert_eq!(apart, at_once, "the bytes of {bytes:?} one by one");
        at_once
    }

    fn text(text: &str) -> Key {
        Key::Text(text.to_owned())
    }

    #[test]
    fn text_and_the_keys_between() {
        assert_eq!(keys("h\u{e9}\u{6f22}\r"), [text("h\u{e9}\u{6f22}"), Key::Enter]);
        assert_eq!(keys("a\u{7f}\u{8}"), [text("a"), Key::Backspace, Key::Backspace]);
        assert_eq!(keys("\u{1}\u{4}\u{1f}"), [Key::Control('a'), Key::Control('d'), Key::Control('_')]);
    }

    #[test]
    fn cursor_keys_in_both_modes_and_with_modifiers() {
        for prefix in ["\u{1b}[", "\u{1b}O"] {
            let typed: String = "ABCDHF".chars().flat_map(|c| [prefix.to_owned(), c.to_string()]).collect();
            let expected = [Key::Up, Key::Down, Key::Right, Key::Left, Key::Home, Key::End];
            assert_eq!(keys(&typed), expected);
        }
        assert_eq!(keys("\u{1b}[1;5D\u{1b}[1;3C\u{1b}[1D"), [Key::WordLeft, Key::WordRight, Key::Left]);
        assert_eq!(keys("\u{1b}[3~\u{1b}[1~\u{1b}[4~"), [Key::Delete, Key::Home, Key::End]);
        assert_eq!(keys("\u{1b}b\u{1b}\u{7f}x"), [Key::Alt('b'), Key::Control('w'), text("x")]);
    }

    #[test]
    fn keys_without_a_meaning_leave_no_text_behind() {
        for sequence in ["\u{1b}[[A", "\u{1b}OP", "\u{1b}[15~", "\u{1b}[?1;2c", "\u{1b}]0;title\u{7}"] {
            assert_eq!(keys(&format!("{sequence}x")), [text("x")], "{sequence:?}");
        }
    }

    #[test]
    fn pasted_text_is_taken_as_it_is() {
        let pasted = keys("\u{1b}[200~a\r\nb\rc\n\n\td\u{3}\u{1b}[A\u{1b}[201~\r");
        assert_eq!(pasted, [Key::Pasted("a\nb\nc\n\n\td".to_owned()), Key::Enter]);
    }
}
