//! The formats `lines`, `nul` and `whole`, which hold the bytes of a message unchanged. A message within one block is not
//! copied.

use std::borrow::Cow;

use memchr::memchr;

use super::item::{Fault, Item, Items};
use super::payload::{Payload, TooBig};
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
}

impl Delimited {
    /// Without a `delimiter`, all of the input is one message.
    pub(super) fn new(kind: Kind, delimiter: Option<u8>, keep: bool, most: usize) -> Self {
        Self { kind, delimiter, keep, most, begun: Payload::new(most.saturating_add(DELIMITER_MOST)) }
    }

    /// The message in `begun`, which ends with the delimiter or with the input.
    fn give(&mut self, delimited: bool) -> Result<Item<'_>, TooBig> {
        let trailing = if delimited { self.trailing(self.begun.bytes()) } else { 0 };
        if self.begun.len() - trailing > self.most {
            return Err(TooBig);
        }
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
            self.begun.append(std::mem::take(block))?;
            return Ok(None);
        };
        let (line, rest) = block.split_at(end + 1);
        *block = rest;
        if self.begun.len() > 0 {
            self.begun.append(line)?;
            return Ok(Some(self.give(true)?));
        }
        let message = &line[..line.len() - self.trailing(line)];
        if message.len() > self.most {
            return Err(Fault::TooBig);
        }
        Ok(Some(Item::Message(self.kind, Cow::Borrowed(message))))
    }

    fn finish(&mut self) -> Result<Option<Item<'_>>, Fault> {
        if self.delimiter.is_some() && !self.is_inside_item() {
            return Ok(None);
        }
        Ok(Some(self.give(false)?))
    }

    fn is_inside_item(&self) -> bool {
        self.begun.len() > 0
    }

    fn forget(&mut self) {
        self.begun.clear();
    }
}
