//! Lays out a message in pieces. Text may be six times as long in JSON, and is never held in that form.

use std::time::SystemTime;

use data_encoding::{BASE64, Encoding, HEXLOWER};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::format::Format;
use crate::protocol::Kind;

/// The smallest size of a piece: room for the text around a payload, and some payload.
pub const SMALLEST_PIECE: usize = 256;

/// The longest text after the payload: size and time in JSON.
const TRAILER_MOST: usize = 96;

/// The most bytes for one byte of text in JSON: `\u0000`.
const LONGEST_ESCAPE: usize = 6;

/// The state between two pieces of a message.
#[derive(Debug)]
pub struct MessageLayout {
    format: Format,
    keep_newline: bool,
    kind: Kind,
    /// When the message arrived; only JSON shows it.
    time: Option<SystemTime>,
    begun: bool,
    /// Bytes of the payload before the next piece.
    done: usize,
}

impl MessageLayout {
    pub(super) fn new(format: Format, keep_newline: bool, kind: Kind, time: Option<SystemTime>) -> Self {
        Self { format, keep_newline, kind, time, begun: false, done: 0 }
    }

    /// Appends the whole message with this `payload`.
    pub(super) fn append_all(&self, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(self.before());
        self.append(payload, out);
        self.append_after(payload, out);
    }

    /// Appends the next piece of the message with this `payload`, which is the same in each call: at most `most` bytes,
    /// which are [`SMALLEST_PIECE`] or more. True when it was the last piece. No piece ends within a character.
    pub fn next_piece(&mut self, payload: &[u8], most: usize, out: &mut Vec<u8>) -> bool {
        let limit = out.len().saturating_add(most.max(SMALLEST_PIECE));
        if !self.begun {
            self.begun = true;
            out.extend_from_slice(self.before());
        }
        let room = limit - out.len() - TRAILER_MOST;
        let rest = &payload[self.done..];
        let here = &rest[..self.fits(rest, room)];
        self.append(here, out);
        self.done += here.len();
        let is_last = self.done == payload.len();
        if is_last {
            self.append_after(payload, out);
        }
        is_last
    }

    /// The text before the payload.
    fn before(&self) -> &'static [u8] {
        match (self.format, self.kind) {
            (Format::Json, Kind::Text) => b"{\"type\":\"text\",\"data\":\"",
            (Format::Json, Kind::Binary) => b"{\"type\":\"binary\",\"base64\":\"",
            (Format::Lines | Format::Nul | Format::Whole | Format::Base64 | Format::Hex, _) => b"",
        }
    }

    /// How many bytes from the front of `rest` take at most `room` bytes when laid out, and can be laid out without those
    /// after them.
    fn fits(&self, rest: &[u8], room: usize) -> usize {
        match (self.format, self.kind) {
            (Format::Lines | Format::Nul | Format::Whole, _) => whole_characters(rest, room),
            (Format::Json, Kind::Text) => whole_characters(rest, room / LONGEST_ESCAPE),
            (Format::Json, Kind::Binary) | (Format::Base64, _) => rest.len().min(room / 4 * 3),
            (Format::Hex, _) => rest.len().min(room / 2),
        }
    }

    fn append(&self, bytes: &[u8], out: &mut Vec<u8>) {
        match (self.format, self.kind) {
            (Format::Lines | Format::Nul | Format::Whole, _) => out.extend_from_slice(bytes),
            (Format::Json, Kind::Text) => append_escaped(bytes, out),
            (Format::Json, Kind::Binary) | (Format::Base64, _) => append_digits(&BASE64, bytes, out),
            (Format::Hex, _) => append_digits(&HEXLOWER, bytes, out),
        }
    }

    /// Appends the text after the payload.
    fn append_after(&self, payload: &[u8], out: &mut Vec<u8>) {
        if self.format == Format::Json {
            let time = humantime::format_rfc3339_micros(self.time.unwrap_or(SystemTime::UNIX_EPOCH));
            let fields = format!("\",\"size\":{},\"time\":\"{time}\"}}", payload.len());
            out.extend_from_slice(fields.as_bytes());
        }
        let has_delimiter =
            self.keep_newline && self.format.is_plain() && payload.last().copied() == self.format.delimiter();
        if let Some(delimiter) = self.format.delimiter().filter(|_| !has_delimiter) {
            out.push(delimiter);
        }
    }
}

/// How many bytes from the front of `bytes`, at most `most`, do not end within a character. Bytes that are not UTF-8 may
/// end anywhere.
fn whole_characters(bytes: &[u8], most: usize) -> usize {
    if bytes.len() <= most {
        return bytes.len();
    }
    let continues = |at: &usize| bytes[*at] & 0xC0 == 0x80;
    (most.saturating_sub(3)..=most).rev().find(|at| !continues(at)).unwrap_or(most)
}

fn append_digits(encoding: &Encoding, bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + encoding.encode_len(bytes.len()), 0);
    encoding.encode_mut(bytes, &mut out[start..]);
}

/// Appends text, escaped for a JSON string.
fn append_escaped(text: &[u8], out: &mut Vec<u8>) {
    for chunk in text.utf8_chunks() {
        append_json(chunk.valid(), Inside, out);
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{FFFD}".as_bytes());
        }
    }
}

fn append_json(text: &str, formatter: impl Formatter, out: &mut Vec<u8>) {
    // Cannot fail: every string can be written as JSON, and a Vec takes all bytes.
    text.serialize(&mut Serializer::with_formatter(out, formatter)).expect("a string is always JSON");
}

/// Drops the quotation marks around a string.
struct Inside;

impl Formatter for Inside {
    fn begin_string<W: ?Sized + std::io::Write>(&mut self, _: &mut W) -> std::io::Result<()> {
        Ok(())
    }

    fn end_string<W: ?Sized + std::io::Write>(&mut self, _: &mut W) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMATS: [Format; 6] =
        [Format::Lines, Format::Nul, Format::Whole, Format::Json, Format::Base64, Format::Hex];

    fn pieces(format: Format, kind: Kind, payload: &[u8], most: usize) -> Vec<Vec<u8>> {
        let mut layout = MessageLayout::new(format, false, kind, Some(SystemTime::UNIX_EPOCH));
        let mut pieces = Vec::new();
        loop {
            let mut piece = Vec::new();
            let is_last = layout.next_piece(payload, most, &mut piece);
            pieces.push(piece);
            if is_last {
                return pieces;
            }
        }
    }

    #[test]
    fn pieces_add_up_to_the_message_and_have_a_limit() {
        let text = "h\u{e9}\"\\\0\u{20ac}\u{1F600}\n".repeat(300);
        let escapes = [0; 5000];
        let binary: Vec<u8> = (0..=255).cycle().take(5000).collect();
        for format in FORMATS {
            for (kind, payload) in
                [(Kind::Text, text.as_bytes()), (Kind::Text, &escapes), (Kind::Binary, &binary)]
            {
                let whole = pieces(format, kind, payload, usize::MAX);
                assert_eq!(whole.len(), 1);
                for most in (SMALLEST_PIECE..SMALLEST_PIECE + 20).chain([4096]) {
                    let pieces = pieces(format, kind, payload, most);
                    assert!(pieces.iter().all(|piece| !piece.is_empty() && piece.len() <= most));
                    assert!(
                        kind == Kind::Binary || pieces.iter().all(|piece| std::str::from_utf8(piece).is_ok())
                    );
                    assert_eq!(pieces.concat(), whole[0], "{format:?} {kind}");
                }
            }
        }
    }

    #[test]
    fn json_is_what_serde_json_writes() {
        let text: String = (0..0x300).filter_map(char::from_u32).chain("\u{2028}\u{1F600}".chars()).collect();
        let json = pieces(Format::Json, Kind::Text, text.as_bytes(), SMALLEST_PIECE).concat();
        let data = serde_json::to_string(&text).unwrap();
        let expected = format!(
            "{{\"type\":\"text\",\"data\":{data},\"size\":{},\"time\":\"1970-01-01T00:00:00.000000Z\"}}\n",
            text.len()
        );
        assert_eq!(String::from_utf8(json).unwrap(), expected);
    }

    #[test]
    fn the_longest_trailer_is_within_its_limit() {
        let mut out = Vec::new();
        let year_9999 = std::time::Duration::from_secs(253_402_300_799);
        let time = Some(SystemTime::UNIX_EPOCH + year_9999);
        MessageLayout::new(Format::Json, false, Kind::Text, time).append_after(b"", &mut out);
        assert!(out.len() + usize::MAX.to_string().len() <= TRAILER_MOST, "{}", out.len());
    }
}
