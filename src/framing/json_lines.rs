//! Reads the format `json`: JSON Lines. A line is decoded block by block and never held, because its escapes may take six
//! times the bytes of its payload.

use memchr::memchr;

use super::item::{Fault, Item, Items};
use super::json_fields::{Envelope, FieldError, Fields};
use super::payload::Payload;
use crate::json::Tokenizer;

/// Decodes line by line. Skips blank lines.
#[derive(Debug)]
pub(super) struct JsonLines {
    tokenizer: Tokenizer,
    fields: Fields,
    payload: Payload,
    /// Whether the current line has more than white space.
    begun: bool,
    /// Lines before the current one.
    lines: u64,
}

impl JsonLines {
    pub(super) fn new(most: usize) -> Self {
        let (tokenizer, fields) = (Tokenizer::default(), Fields::default());
        Self { tokenizer, fields, payload: Payload::new(most), begun: false, lines: 0 }
    }

    fn read(&mut self, mut part: &[u8]) -> Result<(), FieldError> {
        self.begun |= !part.trim_ascii_start().is_empty();
        while let Some(token) = self.tokenizer.next(&mut part)? {
            self.fields.take(token, &mut self.payload)?;
        }
        Ok(())
    }

    fn end_of_line(&mut self) -> Result<Item<'_>, Fault> {
        let envelope = self.envelope().map_err(|err| self.fault(err))?;
        self.begun = false;
        self.lines += 1;
        Ok(match envelope {
            Envelope::Message(kind) => Item::Message(kind, self.payload.give(0)),
            Envelope::Close(close) => Item::Close(close),
        })
    }

    fn envelope(&mut self) -> Result<Envelope, FieldError> {
        // Only a number can be pending here, and a number is no object.
        self.tokenizer.finish()?;
        self.tokenizer = Tokenizer::default();
        std::mem::take(&mut self.fields).finish()
    }

    fn fault(&self, err: FieldError) -> Fault {
        match err {
            FieldError::TooBig => Fault::TooBig,
            FieldError::Invalid(why) => Fault::Invalid { line: self.lines + 1, why },
        }
    }
}

impl Items for JsonLines {
    fn next<'a>(&'a mut self, block: &mut &'a [u8]) -> Result<Option<Item<'a>>, Fault> {
        while let Some(end) = memchr(b'\n', block) {
            let (line, rest) = block.split_at(end);
            *block = &rest[1..];
            self.read(line).map_err(|err| self.fault(err))?;
            if self.begun {
                return self.end_of_line().map(Some);
            }
            self.tokenizer = Tokenizer::default();
            self.lines += 1;
        }
        self.read(std::mem::take(block)).map_err(|err| self.fault(err))?;
        Ok(None)
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
