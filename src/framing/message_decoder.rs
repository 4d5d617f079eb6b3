//! Decodes one message in an argument or a file, where delimiters have no meaning.

use super::digits::{DecodeError, DigitDecoder, Digits};
use super::format::Format;
use super::payload::Payload;

/// Takes a message in blocks. Decodes the digits of `base64` and `hex`, ignoring white space; in any other format, the
/// bytes stay unchanged.
#[derive(Debug)]
pub struct MessageDecoder {
    digits: Option<DigitDecoder>,
    payload: Payload,
}

impl MessageDecoder {
    /// A decoder of a message that has at most `max_message` bytes when it is decoded.
    pub fn new(format: Format, max_message: usize) -> Self {
        let digits = match format {
            Format::Base64 => Some(Digits::Base64),
            Format::Hex => Some(Digits::Hex),
            Format::Lines | Format::Nul | Format::Whole | Format::Json => None,
        };
        Self { digits: digits.map(DigitDecoder::new), payload: Payload::new(max_message) }
    }

    /// Takes the next block.
    pub fn feed(&mut self, block: &[u8]) -> Result<(), DecodeError> {
        match &mut self.digits {
            Some(digits) => digits.feed(block, &mut self.payload),
            None => Ok(self.payload.append(block)?),
        }
    }

    /// Ends the message.
    pub fn finish(mut self) -> Result<Vec<u8>, DecodeError> {
        if let Some(digits) = &mut self.digits {
            digits.finish(&mut self.payload)?;
        }
        Ok(self.payload.give(0).into_owned())
    }
}
