//! The formats `base64` and `hex`: a message a line.

use memchr::memchr;

use super::digits::{DecodeError, DigitDecoder, Digits};
use super::item::{self, Fault, Item, Items};
use super::payload::Payload;
use crate::protocol::Kind;

/// Decodes line by line.
#[derive(Debug)]
pub(super) struct DigitLines {
    kind: Kind,
    decoder: DigitDecoder,
    payload: Payload,
    /// Whether the current line has a byte.
    begun: bool,
    /// Lines before the current one.
    lines: u64,
}

impl DigitLines {
    pub(super) fn new(kind: Kind, digits: Digits, most: usize) -> Self {
        Self { kind, decoder: DigitDecoder::new(digits), payload: Payload::new(most), begun: false, lines: 0 }
    }

    fn end_of_line(&mut self) -> Result<Item<'_>, Fault> {
        let finished = self.decoder.finish(&mut self.payload);
        self.decoded(finished)?;
        self.begun = false;
        self.lines += 1;
        item::check_text(self.kind, self.payload.bytes())?;
        Ok(Item::Message(self.kind, self.payload.give(0)))
    }

    fn decoded(&self, result: Result<(), DecodeError>) -> Result<(), Fault> {
        result.map_err(|err| match err {
            DecodeError::TooBig => Fault::TooBig,
            DecodeError::Invalid(why) => Fault::Invalid { line: self.lines + 1, why },
        })
    }
}

impl Items for DigitLines {
    fn next<'a>(&'a mut self, block: &mut &'a [u8]) -> Result<Option<Item<'a>>, Fault> {
        let end = memchr(b'\n', block);
        let (line, rest) = block.split_at(end.unwrap_or(block.len()));
        self.begun |= !line.is_empty();
        let fed = self.decoder.feed(line, &mut self.payload);
        self.decoded(fed)?;
        if end.is_none() {
            *block = rest;
            return Ok(None);
        }
        *block = &rest[1..];
        self.end_of_line().map(Some)
    }

    fn finish(&mut self) -> Result<Option<Item<'_>>, Fault> {
        if self.begun { self.end_of_line().map(Some) } else { Ok(None) }
    }

    fn is_inside_item(&self) -> bool {
        self.begun
    }

    fn forget(&mut self) {
        self.payload.clear();
    }
}
