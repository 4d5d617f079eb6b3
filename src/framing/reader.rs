//! The reader of a framing: dispatches on the format, and adds the place in the input to errors.

use super::delimited::Delimited;
use super::digit_lines::DigitLines;
use super::digits::Digits;
use super::format::Format;
use super::item::{Fault, Item, Items};
use super::json_lines::JsonLines;
use crate::error::{Failure, Status};
use crate::protocol::Kind;
use crate::size;

/// Reads messages from blocks of input of any size. It holds at most one message.
#[derive(Debug)]
pub struct FramingReader {
    items: Box<dyn Items>,
    /// Whether the last call returned an item, whose bytes are no longer needed.
    given: bool,
    place: Place,
}

/// The place in the input, for errors.
#[derive(Clone, Copy, Debug)]
struct Place {
    format: Format,
    max_message: usize,
    /// Items so far.
    items: u64,
}

impl FramingReader {
    /// A reader of messages of `kind` (`json` names its own) of at most `max_message` bytes.
    pub fn new(format: Format, kind: Kind, keep_newline: bool, max_message: usize) -> Self {
        let items: Box<dyn Items> = match format {
            Format::Lines | Format::Nul | Format::Whole => {
                Box::new(Delimited::new(kind, format.delimiter(), keep_newline, max_message))
            }
            Format::Base64 => Box::new(DigitLines::new(kind, Digits::Base64, max_message)),
            Format::Hex => Box::new(DigitLines::new(kind, Digits::Hex, max_message)),
            Format::Json => Box::new(JsonLines::new(max_message)),
        };
        Self { items, given: false, place: Place { format, max_message, items: 0 } }
    }

    /// Takes bytes from the front of `block`. Returns how many, and the item that they complete. Without an item, it has
    /// taken all of `block`, and needs more input.
    ///
    /// # Errors
    /// [`Status::ReadError`] when a line is malformed or a text is not UTF-8, [`Status::MessageTooBig`] over the limit, each as soon as it is
    /// known.
    pub fn next<'a>(&'a mut self, block: &'a [u8]) -> Result<(usize, Option<Item<'a>>), Failure> {
        self.forget();
        let mut rest = block;
        let item = self.items.next(&mut rest).map_err(|fault| self.place.failure(fault))?;
        self.given = item.is_some();
        self.place.items += u64::from(self.given);
        Ok((block.len() - rest.len(), item))
    }

    /// Ends the input. Returns the last message, if it had no delimiter or the format has none.
    ///
    /// # Errors
    /// As for [`FramingReader::next`].
    pub fn finish(&mut self) -> Result<Option<Item<'_>>, Failure> {
        self.forget();
        self.given = true;
        self.items.finish().map_err(|fault| self.place.failure(fault))
    }

    /// Whether a message is incomplete.
    pub fn is_inside_message(&self) -> bool {
        !self.given && self.items.is_inside_item()
    }

    fn forget(&mut self) {
        if std::mem::take(&mut self.given) {
            self.items.forget();
        }
    }
}

/// The failure for a text message that has invalid UTF-8 after `offset` bytes. `number` counts messages from 1.
pub fn not_utf8(number: u64, offset: usize) -> Failure {
    Failure::new(Status::ReadError, format!("message {number} is not UTF-8 at byte {offset}"))
        .hint("-b sends it as binary")
}

impl Place {
    fn failure(self, fault: Fault) -> Failure {
        match fault {
            Fault::TooBig => {
                let (number, limit) = (self.items + 1, size::exact(self.max_message as u64));
                let text = format!("message {number} of the input is larger than {limit}");
                Failure::new(Status::MessageTooBig, text)
                    .hint("--max-message-size allows more; `wsurl stream` sends input of any size")
            }
            Fault::NotUtf8 { offset } => not_utf8(self.items + 1, offset),
            Fault::Invalid { line, why } => {
                let text = format!("line {line} of the input is not {}: {why}", self.format.name());
                Failure::new(Status::ReadError, text)
                    .hint(format!("a line looks like {}", self.format.example()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::tests::read_in_pieces;
    use super::*;

    fn every_way(format: Format, keep: bool, input: &[u8]) -> Vec<String> {
        let reader = || FramingReader::new(format, Kind::Text, keep, 20);
        let whole = read_in_pieces(reader(), input, input.len().max(1));
        for size in 1..input.len() {
            assert_eq!(read_in_pieces(reader(), input, size), whole, "pieces of {size}");
        }
        whole
    }

    #[test]
    fn lines_lose_their_ends_and_nothing_else() {
        let seen = every_way(Format::Lines, false, b"a\r\n\nb\rc\n\r\n last");
        assert_eq!(seen, ["text a", "text ", r"text b\rc", "text ", "text  last"]);
    }

    #[test]
    fn keep_newline_keeps_it() {
        assert_eq!(every_way(Format::Lines, true, b"a\r\n\nb"), [r"text a\r\n", r"text \n", "text b"]);
    }

    #[test]
    fn a_last_line_without_end_keeps_its_carriage_return() {
        assert_eq!(every_way(Format::Lines, false, b"a\r"), [r"text a\r"]);
    }

    #[test]
    fn nul_keeps_newlines() {
        assert_eq!(every_way(Format::Nul, false, b"a\nb\0\0c"), [r"text a\nb", "text ", "text c"]);
    }

    #[test]
    fn whole_is_one_message_even_when_empty() {
        assert_eq!(every_way(Format::Whole, false, b"a\nb\n"), [r"text a\nb\n"]);
        assert_eq!(every_way(Format::Whole, false, b""), ["text "]);
        assert_eq!(every_way(Format::Lines, false, b""), Vec::<String>::new());
    }

    #[test]
    fn encoded_lines_are_decoded() {
        assert_eq!(
            every_way(Format::Base64, false, b"AAEC\n\nfw==\r\n"),
            [r"text \x00\x01\x02", "text ", r"text \x7f"]
        );
        assert_eq!(every_way(Format::Hex, false, b"0a7F\n \n"), [r"text \n\x7f", "text "]);
    }

    #[test]
    fn a_bad_line_is_named_with_an_example() {
        let failure = |format, input: &[u8]| {
            let mut reader = FramingReader::new(format, Kind::Binary, false, 99);
            let err = reader.next(input).unwrap_err();
            format!("{err} / {}", err.advice().unwrap_or_default())
        };
        assert_eq!(
            failure(Format::Hex, b"0g\n"),
            "line 1 of the input is not hex: invalid symbol at 1 / a line looks like 68656c6c6f"
        );
        assert!(failure(Format::Base64, b"a\n").contains("not base64: invalid length"));
        for line in [
            &b"[]\n"[..],
            b"{\"type\":\"text\"}\n",
            b"{\"type\":\"pong\",\"data\":\"\"}\n",
            b"{\"type\":\"close\",\"code\":1006}\n",
            b"{\"type\":\"close\",\"reason\":\"bye\"}\n",
        ] {
            assert!(failure(Format::Json, line).contains("line 1 of the input is not json"));
        }
    }

    #[test]
    fn blank_lines_of_json_are_passed_over_and_counted() {
        let input =
            b"\n \r\n{\"type\":\"t\\u0065xt\",\"data\":\"a\"}\n\n\n{\"type\":\"text\",\"data\":\"b\"}\n \n!";
        let seen = every_way(Format::Json, false, input);
        let error = "read-error: line 8 of the input is not json: expected a value at byte 0";
        assert_eq!(seen, ["text a", "text b", error]);
    }

    #[test]
    fn fields_of_json_stand_in_any_order_among_others() {
        for (line, item) in [
            (r#"{"data":"a","type":"text"}"#, "text a"),
            (
                r#"{ "x": [1, {"data": [0]}, "]"], "base64" : "AP\u0038=" , "type" : "binary" , "y":-1.5e3 }"#,
                r"binary \x00\xff",
            ),
            (r#"{"type":"text","data":"","base64":null,"code":null,"reason":null}"#, "text "),
            (r#"{"type":"binary","base64":"QUJD\nREVG"}"#, "binary ABCDEF"),
            (r#"{"type":"text","data":"\ud83d\ude00"}"#, r"text \xf0\x9f\x98\x80"),
            (r#"{"type":"text","data":"a","code":7,"reason":"b"}"#, "text a"),
            (r#"{"reason":"x","code":4000,"type":"close"}"#, "close 4000 x"),
            (r#"{"type":"close"}"#, "close 1005 "),
            (r#"{"type":"close","code":null,"reason":""}"#, "close 1005 "),
        ] {
            assert_eq!(every_way(Format::Json, false, line.as_bytes()), [item], "{line}");
        }
    }

    #[test]
    fn a_line_of_json_that_asks_for_nothing_is_told_why() {
        let long = format!(r#"{{"type":"close","code":1000,"reason":"{}"}}"#, "x".repeat(124));
        for (line, why) in [
            ("[]", "not an object"),
            ("5", "not an object"),
            ("{}", "\"type\" is missing"),
            (r#"{"type":null}"#, "\"type\" is a string"),
            (r#"{"type":"text"}"#, "a text message has \"data\""),
            (r#"{"type":"text","data":null}"#, "a text message has \"data\""),
            (r#"{"type":"text","base64":""}"#, "a text message has \"data\""),
            (r#"{"type":"binary","data":""}"#, "a binary message has \"base64\""),
            (r#"{"data":"","base64":""}"#, "a message has \"data\" or \"base64\", not both"),
            (r#"{"data":"","data":""}"#, "\"data\" stands twice"),
            (r#"{"data":5}"#, "\"data\" is a string"),
            (r#"{"base64":"A*=="}"#, "base64: invalid symbol at 1"),
            (r#"{"base64":"AAA"}"#, "base64: invalid length at 0"),
            (r#"{"type":"pong"}"#, "type \"pong\" is not text, binary or close"),
            (r#"{"type":"close","data":""}"#, "a close has \"code\" and \"reason\""),
            (r#"{"type":"close","code":1006}"#, "close code 1006 must not be sent"),
            (r#"{"type":"close","code":1e3}"#, "\"code\" is a number from 0 to 65535"),
            (r#"{"type":"text","data":"","code":65536}"#, "\"code\" is a number from 0 to 65535"),
            (r#"{"type":"close","reason":"bye"}"#, "a close with a reason has a code"),
            (&long, "a close reason has at most 123 bytes"),
            (r#"{"type":"text","data":"a"} {}"#, "more than one value at byte 27"),
            (r#"{"type":"text","data":"a""#, "an object without an end at byte 25"),
            (r#"{"type":"text","data":"\ud83d"}"#, "half of a surrogate pair at byte 29"),
        ] {
            let seen = every_way(Format::Json, false, line.as_bytes());
            assert_eq!(seen, [format!("read-error: line 1 of the input is not json: {why}")], "{line}");
        }
        let seen = every_way(Format::Json, false, b"{\"data\":\"ab\xffc\"}\n");
        assert_eq!(seen, ["read-error: line 1 of the input is not json: \"data\" is not UTF-8 at byte 2"]);
    }

    #[test]
    fn a_message_that_is_too_big_has_its_number_wherever_the_input_is_cut() {
        for size in [1, 3, 200] {
            let reader = FramingReader::new(Format::Lines, Kind::Text, false, 20);
            let seen = read_in_pieces(reader, &[&b"ab\n"[..], &[b'1'; 100]].concat(), size);
            assert_eq!(seen[1], "message-too-big: message 2 of the input is larger than 20");
        }
    }

    #[test]
    fn a_decoded_message_is_too_big_at_the_byte_that_shows_it() {
        let error = "message-too-big: message 1 of the input is larger than 20";
        let escapes = r"\u0000".repeat(20);
        let line = format!(r#"{{"data":"{escapes}","type":"text"}}"#);
        assert_eq!(every_way(Format::Json, false, line.as_bytes()), [format!("text {}", r"\x00".repeat(20))]);
        let line = format!(r#"{{"data":"{escapes}x not JSON \?"#);
        assert_eq!(every_way(Format::Json, false, line.as_bytes()), [error]);
        let line = format!(r#"{{"base64":"{} not JSON \?"#, "AAAA".repeat(7));
        assert_eq!(every_way(Format::Json, false, line.as_bytes()), [error]);
        assert_eq!(every_way(Format::Hex, false, format!("{} not hex", "00".repeat(21)).as_bytes()), [error]);
    }

    #[test]
    fn a_large_message_is_owned_and_leaves_nothing_behind() {
        let zeros = vec![b'0'; 200_000];
        for format in [Format::Lines, Format::Hex] {
            let mut reader = FramingReader::new(format, Kind::Text, false, 1 << 20);
            let (used, item) = reader.next(&zeros).unwrap();
            assert_eq!((used, item), (200_000, None));
            assert!(reader.is_inside_message());
            let (_, item) = reader.next(b"\n00").unwrap();
            assert!(matches!(item, Some(Item::Message(_, Cow::Owned(_)))), "{format:?}");
            assert!(!reader.is_inside_message());
            let (_, item) = reader.next(b"00\n").unwrap();
            assert!(matches!(item, Some(Item::Message(_, Cow::Borrowed(payload))) if payload.len() <= 4));
        }
    }

    #[test]
    fn the_limit_counts_the_payload() {
        assert_eq!(every_way(Format::Lines, false, b"01234567890123456789\n"), ["text 01234567890123456789"]);
        assert_eq!(every_way(Format::Hex, false, b"3030303030303030303030303030303030303030\n").len(), 1);
        let mut reader = FramingReader::new(Format::Lines, Kind::Text, false, 20);
        let err = reader.next(b"012345678901234567890\n").unwrap_err();
        assert_eq!(
            (err.status(), err.to_string().as_str()),
            (Status::MessageTooBig, "message 1 of the input is larger than 20")
        );
    }
}
