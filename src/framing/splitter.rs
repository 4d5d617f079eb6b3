//! Splits standard input into messages. A message that lies within one block is not copied.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use memchr::memchr;

use super::Format;
use super::envelope::Envelope;
use crate::error::{Failure, Status};
use crate::protocol::{CloseFrame, Kind};
use crate::size::{self, KEPT_CAPACITY};

/// What the input holds next.
#[derive(Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A message to send.
    Message(Kind, &'a [u8]),
    /// The wish to close with this code and reason (`json` only).
    Close(CloseFrame),
}

/// The state between two blocks of input.
#[derive(Debug)]
pub struct Splitter {
    format: Format,
    kind: Kind,
    keep_newline: bool,
    max_message: usize,
    /// The beginning of a message whose end was not in the blocks so far.
    carry: Vec<u8>,
    /// Whether `carry` was given out as a message and is to be emptied.
    carry_is_done: bool,
    decoded: Vec<u8>,
    /// Messages begun so far, for error messages.
    number: u64,
}

impl Splitter {
    /// A splitter that makes messages of `kind` (`json` says its own) of at most `max_message` bytes.
    pub fn new(format: Format, kind: Kind, keep_newline: bool, max_message: usize) -> Self {
        Self {
            format,
            kind,
            keep_newline,
            max_message,
            carry: Vec::new(),
            carry_is_done: false,
            decoded: Vec::new(),
            number: 0,
        }
    }

    /// Takes bytes from the front of `block`: how many, and the item that they complete. Without an item, all
    /// of `block` was used and more input is needed.
    ///
    /// # Errors
    /// [`Status::ReadError`] when a line is not what the format says, [`Status::MessageTooBig`] over the limit.
    pub fn next<'a>(&'a mut self, block: &'a [u8]) -> Result<(usize, Option<Item<'a>>), Failure> {
        self.empty_carry();
        let skipped =
            if self.format == Format::Json && self.carry.is_empty() { blank_prefix(block) } else { 0 };
        let block = &block[skipped..];
        let end = self.format.delimiter().and_then(|delimiter| memchr(delimiter, block));
        let Some(end) = end else {
            self.keep(block)?;
            return Ok((skipped + block.len(), None));
        };
        let (used, line) = (skipped + end + 1, &block[..=end]);
        if self.carry.is_empty() {
            self.check_length(line.len())?;
            return Ok((used, Some(self.item(&Stored::Block(line), true)?)));
        }
        self.keep(line)?;
        self.carry_is_done = true;
        Ok((used, Some(self.item(&Stored::Carry, true)?)))
    }

    /// Ends the input: the last message, when it had no delimiter or the format has none.
    pub fn finish(&mut self) -> Result<Option<Item<'_>>, Failure> {
        self.empty_carry();
        if self.carry.is_empty() && self.format != Format::Whole {
            return Ok(None);
        }
        self.carry_is_done = true;
        self.item(&Stored::Carry, false).map(Some)
    }

    /// Whether a message was begun that is not complete.
    pub fn is_inside_message(&self) -> bool {
        !self.carry.is_empty() && !self.carry_is_done
    }

    fn empty_carry(&mut self) {
        if self.carry_is_done {
            self.carry.clear();
            self.carry.shrink_to(KEPT_CAPACITY);
            self.decoded.shrink_to(KEPT_CAPACITY);
            self.carry_is_done = false;
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.check_length(self.carry.len() + bytes.len())?;
        self.carry.extend_from_slice(bytes);
        Ok(())
    }

    /// Refuses a line that cannot be a message within the limit any more.
    fn check_length(&self, length: usize) -> Result<(), Failure> {
        // The longest line that can still decode to a message within the limit: six bytes for one in JSON
        // (\u0000), and the fields around it.
        let most = if self.format.is_plain() {
            self.max_message.saturating_add(2)
        } else {
            self.max_message.saturating_mul(6).saturating_add(64 * 1024)
        };
        if length > most { Err(self.too_big(self.number + 1)) } else { Ok(()) }
    }

    fn item<'a>(&'a mut self, stored: &Stored<'a>, delimited: bool) -> Result<Item<'a>, Failure> {
        self.number += 1;
        let line = match stored {
            Stored::Block(line) => line,
            Stored::Carry => &self.carry[..],
        };
        let bare = without_delimiter(line, self.format, delimited);
        let payload = match self.format {
            Format::Lines | Format::Nul | Format::Whole if self.keep_newline => line,
            Format::Lines | Format::Nul | Format::Whole => bare,
            Format::Base64 | Format::Hex => {
                self.decoded =
                    decode(self.format, bare).map_err(|why| not_decoded(self.number, self.format, &why))?;
                &self.decoded
            }
            Format::Json => {
                match Envelope::parse(bare).map_err(|why| not_decoded(self.number, self.format, &why))? {
                    Envelope::Message(kind, payload) => {
                        self.kind = kind;
                        self.decoded = payload;
                        &self.decoded
                    }
                    Envelope::Close(close) => return Ok(Item::Close(close)),
                }
            }
        };
        if payload.len() > self.max_message {
            return Err(self.too_big(self.number));
        }
        Ok(Item::Message(self.kind, payload))
    }

    fn too_big(&self, number: u64) -> Failure {
        let limit = size::exact(self.max_message as u64);
        Failure::new(Status::MessageTooBig, format!("message {number} of the input is larger than {limit}"))
            .hint("--max-message-size allows more; `wsurl stream` sends input of any size")
    }
}

/// How many bytes of `block` are blank lines or the blank beginning of one.
fn blank_prefix(block: &[u8]) -> usize {
    block.len() - block.trim_ascii_start().len()
}

/// Where the bytes of an item lie.
enum Stored<'a> {
    Block(&'a [u8]),
    Carry,
}

fn without_delimiter(line: &[u8], format: Format, delimited: bool) -> &[u8] {
    let line = if delimited { &line[..line.len() - 1] } else { line };
    match format {
        Format::Lines if delimited => line.strip_suffix(b"\r").unwrap_or(line),
        _ => line,
    }
}

fn decode(format: Format, line: &[u8]) -> Result<Vec<u8>, String> {
    let line = line.trim_ascii();
    let encoding = if format == Format::Hex { HEXLOWER_PERMISSIVE } else { BASE64 };
    encoding.decode(line).map_err(|err| format!("{err}"))
}

fn not_decoded(number: u64, format: Format, why: &str) -> Failure {
    let (name, example) = match format {
        Format::Base64 => ("base64", "aGVsbG8="),
        Format::Hex => ("hex", "68656c6c6f"),
        _ => ("json", r#"{"type":"text","data":"hello"}"#),
    };
    Failure::new(Status::ReadError, format!("line {number} of the input is not {name}: {why}"))
        .hint(format!("a line looks like {example}"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::split;
    use super::*;

    fn every_way(format: Format, keep: bool, input: &[u8]) -> Vec<String> {
        let splitter = || Splitter::new(format, Kind::Text, keep, 20);
        let whole = split(splitter(), input, input.len().max(1));
        for size in 1..input.len() {
            assert_eq!(split(splitter(), input, size), whole, "pieces of {size}");
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
            every_way(Format::Base64, false, b"AAEC\n\n/w==\r\n"),
            [r"text \x00\x01\x02", "text ", r"text \xff"]
        );
        assert_eq!(every_way(Format::Hex, false, b"0aFF\n \n"), [r"text \n\xff", "text "]);
    }

    #[test]
    fn a_bad_line_is_named_with_an_example() {
        let failure = |format, input: &[u8]| {
            let mut splitter = Splitter::new(format, Kind::Binary, false, 99);
            let err = splitter.next(input).unwrap_err();
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
    fn blank_lines_of_json_are_passed_over() {
        let input =
            b"\n \r\n{\"type\":\"t\\u0065xt\",\"data\":\"a\"}\n\n\n{\"type\":\"text\",\"data\":\"b\"}\n \n";
        assert_eq!(every_way(Format::Json, false, input), ["text a", "text b"]);
    }

    #[test]
    fn a_message_that_is_too_big_has_its_number_wherever_the_input_is_cut() {
        for size in [1, 3, 200] {
            let splitter = Splitter::new(Format::Lines, Kind::Text, false, 20);
            let seen = split(splitter, &[&b"ab\n"[..], &[b'1'; 100]].concat(), size);
            assert_eq!(seen[1], "message-too-big: message 2 of the input is larger than 20");
        }
    }

    #[test]
    fn the_limit_counts_the_payload() {
        assert_eq!(every_way(Format::Lines, false, b"01234567890123456789\n"), ["text 01234567890123456789"]);
        assert_eq!(every_way(Format::Hex, false, b"3030303030303030303030303030303030303030\n").len(), 1);
        let mut splitter = Splitter::new(Format::Lines, Kind::Text, false, 20);
        let err = splitter.next(b"012345678901234567890\n").unwrap_err();
        assert_eq!(
            (err.status(), err.to_string().as_str()),
            (Status::MessageTooBig, "message 1 of the input is larger than 20")
        );
    }
}
