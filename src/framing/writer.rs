//! The writer of a framing: lays received messages out for standard output.

use std::time::SystemTime;

use serde::Serialize;

use super::format::Format;
use super::layout::MessageLayout;
use crate::protocol::{CloseFrame, Kind};

/// Writes messages in one format.
#[derive(Clone, Copy, Debug)]
pub struct FramingWriter {
    format: Format,
    keep_newline: bool,
}

impl FramingWriter {
    /// A writer of `format`. With `keep_newline`, a payload that ends in the delimiter gets no second one.
    pub fn new(format: Format, keep_newline: bool) -> Self {
        Self { format, keep_newline }
    }

    /// Begins a message, which is then appended in pieces. Calls `clock` only if the format shows the time.
    pub fn begin(&self, kind: Kind, clock: impl FnOnce() -> SystemTime) -> MessageLayout {
        let time = (self.format == Format::Json).then(clock);
        MessageLayout::new(self.format, self.keep_newline, kind, time)
    }

    /// Appends a whole message.
    pub fn message(&self, kind: Kind, payload: &[u8], clock: impl FnOnce() -> SystemTime, out: &mut Vec<u8>) {
        match self.format.delimiter() {
            // Much faster than the general way, and most messages are written so.
            Some(delimiter) if self.format.is_plain() && !self.keep_newline => {
                out.reserve(payload.len() + 1);
                out.extend_from_slice(payload);
                out.push(delimiter);
            }
            _ => self.begin(kind, clock).append_all(payload, out),
        }
    }

    /// Appends the Close of the session, in `json` only.
    pub fn close(&self, close: &CloseFrame, out: &mut Vec<u8>) {
        if self.format == Format::Json {
            CloseLine { kind: "close", code: close.code, reason: &close.reason }.append_to(out);
            out.push(b'\n');
        }
    }
}

/// The last line.
#[derive(Serialize)]
struct CloseLine<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    code: u16,
    reason: &'a str,
}

impl CloseLine<'_> {
    fn append_to(&self, out: &mut Vec<u8>) {
        // Cannot fail: strings and numbers can be written as JSON, and a Vec takes all bytes.
        serde_json::to_writer(out, self).expect("a line of plain values is always JSON");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(format: Format, keep: bool, kind: Kind, payload: &[u8]) -> String {
        let mut out = Vec::new();
        FramingWriter::new(format, keep).message(kind, payload, || SystemTime::UNIX_EPOCH, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_format_in_one_line() {
        for (format, expected) in [
            (Format::Lines, "hi\n"),
            (Format::Nul, "hi\0"),
            (Format::Whole, "hi"),
            (Format::Base64, "aGk=\n"),
            (Format::Hex, "6869\n"),
            (
                Format::Json,
                "{\"type\":\"text\",\"data\":\"hi\",\"size\":2,\"time\":\"1970-01-01T00:00:00.000000Z\"}\n",
            ),
        ] {
            assert_eq!(joined(format, false, Kind::Text, b"hi"), expected);
        }
        let binary = joined(Format::Json, false, Kind::Binary, &[0, 255]);
        assert!(binary.starts_with(r#"{"type":"binary","base64":"AP8=","size":2,"#), "{binary}");
    }

    #[test]
    fn a_kept_newline_is_not_doubled() {
        assert_eq!(joined(Format::Lines, true, Kind::Text, b"hi\n"), "hi\n");
        assert_eq!(joined(Format::Lines, true, Kind::Text, b"hi"), "hi\n");
        assert_eq!(joined(Format::Lines, false, Kind::Text, b"hi\n"), "hi\n\n");
        assert_eq!(joined(Format::Hex, true, Kind::Text, b"hi\n"), "68690a\n");
    }

    #[test]
    fn only_json_shows_the_close() {
        let close = CloseFrame { code: 1000, reason: String::new() };
        let mut out = Vec::new();
        FramingWriter::new(Format::Lines, false).close(&close, &mut out);
        assert!(out.is_empty());
        FramingWriter::new(Format::Json, false).close(&close, &mut out);
        assert_eq!(out, b"{\"type\":\"close\",\"code\":1000,\"reason\":\"\"}\n");
    }
}
