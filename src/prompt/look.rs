//! How a conversation looks: a mark in front of every line says who speaks, in colour where the terminal has it. Pure.
//! Invariant: no text of the server can look like another line of ours, because its own lines are indented.

use anstyle::{AnsiColor, Style};
use data_encoding::HEXLOWER;

use super::pretty;
use crate::protocol::Kind;
use crate::report::sanitize;
use crate::report::terminal::filled;

/// The style of the prompt, and of what was sent.
pub(super) const SENT: Style = AnsiColor::Green.on_default().bold();
const RECEIVED: Style = AnsiColor::Cyan.on_default().bold();
const NOTE: Style = Style::new().dimmed();

/// The width of a mark, which further lines leave free.
const INDENT: usize = 2;

/// The most bytes of a binary message that are shown.
const SHOWN_BINARY: usize = 64;

/// The longest message that is laid out as JSON, in bytes.
pub(super) const MOST_PRETTY: usize = 1 << 20;

/// How messages are shown.
#[allow(clippy::struct_excessive_bools)] // each is an option of its own
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    pub colour: bool,
    /// JSON is indented (`--pretty`).
    pub pretty: bool,
    /// Units keep to ASCII.
    pub ascii: bool,
    /// Binary messages are text, too: in `stream`, all messages are binary.
    pub bytes: bool,
}

impl Look {
    pub(super) fn style(self, style: Style) -> Style {
        if self.colour { style } else { Style::new() }
    }

    fn marked(self, style: Style, mark: char, text: &str) -> String {
        let style = self.style(style);
        format!("{style}{mark}{style:#} {}\n", text.replace('\n', "\n  "))
    }

    /// A line that was typed, and is sent.
    pub(super) fn sent(self, line: &str) -> String {
        self.marked(SENT, '>', &sanitize::text(line))
    }

    /// A line of ours, which is broken between words where a terminal of so many columns needs it.
    pub(super) fn note(self, text: &str, columns: usize) -> String {
        self.note_at(text, INDENT, columns)
    }

    /// The same, with continuation lines that begin after `indent` columns.
    pub(super) fn note_at(self, text: &str, indent: usize, columns: usize) -> String {
        let style = self.style(NOTE);
        let text = sanitize::text(&text.replace(['\r', '\n'], " "));
        format!("{style}{}{style:#}\n", filled(&format!("* {text}"), indent, columns))
    }

    /// A control frame of the server.
    pub(super) fn control(self, text: &str) -> String {
        self.marked(NOTE, '<', &sanitize::text(text))
    }

    /// The beginning of a received message: as much as stands on a screen at once.
    pub(super) fn received(self, kind: Kind, payload: &[u8]) -> String {
        let text = std::str::from_utf8(payload).ok().filter(|_| kind == Kind::Text || self.bytes);
        let shown = match text.or_else(|| readable(payload)) {
            Some(text) if self.pretty && payload.len() <= MOST_PRETTY => {
                pretty::json(text, self.colour).unwrap_or_else(|| sanitize::text(without_end(text)))
            }
            Some(text) => sanitize::text(without_end(text)),
            None if self.bytes => payload.escape_ascii().to_string(),
            None => hex(payload),
        };
        let binary = if kind == Kind::Binary && !self.bytes && text.is_none() && readable(payload).is_some() {
            "(binary) "
        } else {
            ""
        };
        self.marked(RECEIVED, '<', &format!("{binary}{shown}"))
    }

    /// More of a message that is too long for one piece.
    pub(super) fn more(text: &[u8]) -> String {
        let mut escaped = Vec::new();
        let mut sanitizer = sanitize::Sanitizer::default();
        sanitizer.push(text, &mut escaped);
        sanitizer.finish(&mut escaped);
        format!("  {}\n", String::from_utf8_lossy(&escaped).replace('\n', "\n  "))
    }
}

/// Without the line end that the next line of ours brings anyway.
fn without_end(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// The payload of a binary message, if it is text that a person can read.
fn readable(payload: &[u8]) -> Option<&str> {
    let is_plain = |c: char| !c.is_control() || matches!(c, '\n' | '\t' | '\r');
    std::str::from_utf8(payload).ok().filter(|text| !text.is_empty() && text.chars().all(is_plain))
}

/// `binary, 3 bytes: 00 ff 1a`
fn hex(payload: &[u8]) -> String {
    let shown = &payload[..payload.len().min(SHOWN_BINARY)];
    let digits: String = shown.iter().flat_map(|byte| [" ".to_owned(), HEXLOWER.encode(&[*byte])]).collect();
    let more = if shown.len() < payload.len() { " ..." } else { "" };
    let plural = if payload.len() == 1 { "" } else { "s" };
    let colon = if payload.is_empty() { "" } else { ":" };
    format!("binary, {} byte{plural}{colon}{digits}{more}", payload.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Look = Look { colour: false, pretty: false, ascii: false, bytes: false };

    #[test]
    fn marks_say_who_speaks() {
        assert_eq!(PLAIN.sent("hi"), "> hi\n");
        assert_eq!(PLAIN.received(Kind::Text, b"hi"), "< hi\n");
        assert_eq!(PLAIN.note("closed\nby", 80), "* closed by\n");
        let coloured = Look { colour: true, ..PLAIN };
        assert_eq!(coloured.received(Kind::Text, b"hi"), "\u{1b}[1m\u{1b}[36m<\u{1b}[0m hi\n");
        assert_eq!(coloured.note("x", 80), "\u{1b}[2m* x\u{1b}[0m\n");
    }

    #[test]
    fn our_lines_end_between_words() {
        assert_eq!(
            PLAIN.note("Enter sends a line, /help shows", 20),
            "* Enter sends a\n  line, /help shows\n"
        );
        assert_eq!(
            PLAIN.note_at("/quit    end, like that", 11, 18),
            "* /quit    end,\n           like\n           that\n"
        );
    }

    #[test]
    fn lines_of_a_message_cannot_look_like_ours() {
        assert_eq!(PLAIN.received(Kind::Text, b"a\n* closed\n> no\n"), "< a\n  * closed\n  > no\n");
        assert_eq!(PLAIN.received(Kind::Text, b"\x1b[2Jb\r"), "< \\u{1b}[2Jb\\r\n");
        assert_eq!(PLAIN.sent("a\nb"), "> a\n  b\n");
    }

    #[test]
    fn binary_messages_are_digits_or_named_text() {
        assert_eq!(PLAIN.received(Kind::Binary, b"\x00\xff"), "< binary, 2 bytes: 00 ff\n");
        assert_eq!(PLAIN.received(Kind::Binary, b""), "< binary, 0 bytes\n");
        assert_eq!(PLAIN.received(Kind::Binary, b"hi"), "< (binary) hi\n");
        let long = PLAIN.received(Kind::Binary, &[7; 65]);
        assert!(long.starts_with("< binary, 65 bytes: 07 07") && long.ends_with(" 07 ...\n"), "{long}");
        let bytes = Look { bytes: true, ..PLAIN };
        assert_eq!(bytes.received(Kind::Binary, b"hi\n"), "< hi\n");
        assert_eq!(bytes.received(Kind::Binary, b"a\xff"), "< a\\xff\n");
    }
}
