//! Lays received messages out for standard output.

use std::time::SystemTime;

use data_encoding::{BASE64, HEXLOWER};

use super::Format;
use super::envelope::Line;
use crate::protocol::{CloseFrame, Kind};

/// Writes messages in one format.
#[derive(Clone, Copy, Debug)]
pub struct Joiner {
    format: Format,
    keep_newline: bool,
}

impl Joiner {
    /// A joiner for `format`. With `keep_newline`, a payload that ends in the delimiter gets no second one.
    pub fn new(format: Format, keep_newline: bool) -> Self {
        Self { format, keep_newline }
    }

    /// Appends a message; `clock` is asked only where the format shows the time.
    pub fn message(&self, kind: Kind, payload: &[u8], clock: impl FnOnce() -> SystemTime, out: &mut Vec<u8>) {
        match self.format {
            Format::Lines | Format::Nul | Format::Whole => out.extend_from_slice(payload),
            Format::Base64 => append_encoded(&BASE64, payload, out),
            Format::Hex => append_encoded(&HEXLOWER, payload, out),
            Format::Json => append_json(&envelope(kind, payload, clock()), out),
        }
        let has_its_own =
            self.keep_newline && self.format.is_plain() && payload.last().copied() == self.format.delimiter();
        if !has_its_own {
            out.extend(self.format.delimiter());
        }
    }

    /// Appends how the session was closed; only `json` shows it.
    pub fn close(&self, close: &CloseFrame, out: &mut Vec<u8>) {
        if self.format == Format::Json {
            append_json(
                &Line {
                    kind: "close".into(),
                    code: Some(close.code),
                    reason: Some((&*close.reason).into()),
                    ..Line::default()
                },
                out,
            );
            out.push(b'\n');
        }
    }
}

fn envelope(kind: Kind, payload: &[u8], time: SystemTime) -> Line<'_> {
    let (name, data, base64) = match kind {
        Kind::Text => ("text", Some(String::from_utf8_lossy(payload)), None),
        Kind::Binary => ("binary", None, Some(BASE64.encode(payload).into())),
    };
    let time = humantime::format_rfc3339_micros(time).to_string();
    Line { kind: name.into(), data, base64, size: Some(payload.len()), time: Some(time), ..Line::default() }
}

fn append_json(line: &Line<'_>, out: &mut Vec<u8>) {
    // Strings, numbers and a Vec: there is nothing in it that can fail.
    serde_json::to_writer(out, line).expect("a line of plain values is always JSON");
}

fn append_encoded(encoding: &data_encoding::Encoding, payload: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + encoding.encode_len(payload.len()), 0);
    encoding.encode_mut(payload, &mut out[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(format: Format, keep: bool, kind: Kind, payload: &[u8]) -> String {
        let mut out = Vec::new();
        Joiner::new(format, keep).message(kind, payload, || SystemTime::UNIX_EPOCH, &mut out);
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
        Joiner::new(Format::Lines, false).close(&close, &mut out);
        assert!(out.is_empty());
        Joiner::new(Format::Json, false).close(&close, &mut out);
        assert_eq!(out, b"{\"type\":\"close\",\"code\":1000,\"reason\":\"\"}\n");
    }
}
