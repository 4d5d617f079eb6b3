//! The formats `lines`, `nul` and `whole`, which hold the bytes of a message unchanged. A message within one block is not
//! copied.

use std::borrow::Cow;

use memchr::memchr;

use super::item::{self, Fault, Item, Items};
use super::payload::Payload;
use crate::protocol::Kind;

/// The longest delimiter, `\r\n`.
const DELIMITER_MOST: usize = 2;

/// Splits at a delimiter.
#[derive(Debug)]
pub(super) struct Delimited {
    kind: Kind,
    delimiter: Option<u8>,
    /// Whether the delimiter stays in the message.
    keep: bool,
    most: usize,
    /// The beginning of a message whose end was not in the blocks so far, with room for the delimiter.
    begun: Payload,
    text: Text,
}

/// Checks texts many at a time, because one check of a block takes a tenth of the time of a check of each of its lines.
#[derive(Debug, Default)]
struct Text {
    /// How many of the next bytes of the input are known to be whole characters.
    known: usize,
}

impl Text {
    /// Checks the next `len` bytes of the input, which are the front of `ahead` and end with a delimiter.
    fn check(&mut self, len: usize, ahead: &[u8]) -> Result<(), Fault> {
        if self.known < len {
            self.known = std::str::from_utf8(ahead).map_or_else(|err| err.valid_up_to(), str::len);
        }
        self.known = self.known.checked_sub(len).ok_or(Fault::NotUtf8 { offset: self.known })?;
        Ok(())
    }
}

impl Delimited {
    /// Without a `delimiter`, all of the input is one message.
    pub(super) fn new(kind: Kind, delimiter: Option<u8>, keep: bool, most: usize) -> Self {
        let begun = Payload::new(most.saturating_add(DELIMITER_MOST));
        Self { kind, delimiter, keep, most, begun, text: Text::default() }
    }

    /// The message in `begun`, which ends with the delimiter or with the input.
    fn give(&mut self, delimited: bool) -> Result<Item<'_>, Fault> {
        let trailing = if delimited { self.trailing(self.begun.bytes()) } else { 0 };
        if self.begun.len() - trailing > self.most {
            return Err(Fault::TooBig);
        }
        item::check_text(self.kind, self.begun.bytes())?;
        Ok(Item::Message(self.kind, self.begun.give(trailing)))
    }

    /// The length of the delimiter at the end of `line` that is no part of the message.
    fn trailing(&self, line: &[u8]) -> usize {
        match self.delimiter {
            _ if self.keep => 0,
            Some(b'\n') if line.ends_with(b"\r\n") => 2,
            _ => 1,
        }
    }
}

impl Items for Delimited {
    fn next<'a>(&'a mut self, block: &mut &'a [u8]) -> Result<Option<Item<'a>>, Fault> {
        let Some(end) = self.delimiter.and_then(|delimiter| memchr(delimiter, block)) else {
            self.text = Text::default();
            self.begun.append(std::mem::take(block))?;
            return Ok(None);
        };
        let ahead = *block;
        let (line, rest) = block.split_at(end + 1);
        *block = rest;
        if self.begun.len() > 0 {
            self.begun.append(line)?;
            return self.give(true).map(Some);
        }
        let message = &line[..line.len() - self.trailing(line)];
        if message.len() > self.most {
            return Err(Fault::TooBig);
        }
        if self.kind == Kind::Text {
            self.text.check(line.len(), ahead)?;
        }
        Ok(Some(Item::Message(self.kind, Cow::Borrowed(message))))
    }

    fn finish(&mut self) -> Result<Option<Item<'_>>, Fault> {
        if self.delimiter.is_some() && !self.is_inside_item() {
            return Ok(None);
        }
        self.give(false).map(Some)
    }

    fn is_inside_item(&self) -> bool {
        self.begun.len() > 0
    }

    fn forget(&mut self) {
        self.begun.clear();
    }
}
