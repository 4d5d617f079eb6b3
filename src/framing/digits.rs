//! Decodes base64 and hexadecimal digits block by block. Ignores white space.

use data_encoding::{BASE64, DecodeKind, Encoding, HEXLOWER_PERMISSIVE};

use super::payload::{Payload, TooBig};

/// The most digits that make up a whole number of bytes: four in base64, two in hex.
const LONGEST_GROUP: usize = 4;

/// Why digits could not be decoded.
#[derive(Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The message is too long.
    TooBig,
    /// The digits are malformed: the reason, from the `data_encoding` crate.
    Invalid(String),
}

impl From<TooBig> for DecodeError {
    fn from(_: TooBig) -> Self {
        Self::TooBig
    }
}

/// An encoding of bytes in digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digits {
    Base64,
    Hex,
}

impl Digits {
    fn encoding(self) -> Encoding {
        match self {
            Self::Base64 => BASE64,
            Self::Hex => HEXLOWER_PERMISSIVE,
        }
    }

    /// The number of digits and the number of bytes in a group.
    fn group(self) -> (usize, usize) {
        match self {
            Self::Base64 => (4, 3),
            Self::Hex => (2, 1),
        }
    }
}

/// The state between two blocks of digits.
#[derive(Debug)]
pub(super) struct DigitDecoder {
    digits: Digits,
    /// An unfinished group.
    pending: [u8; LONGEST_GROUP],
    pending_len: usize,
    /// Digits decoded so far.
    decoded: usize,
}

impl DigitDecoder {
    pub(super) fn new(digits: Digits) -> Self {
        Self { digits, pending: [0; LONGEST_GROUP], pending_len: 0, decoded: 0 }
    }

    /// Decodes the next block to the end of `payload`.
    pub(super) fn feed(&mut self, block: &[u8], payload: &mut Payload) -> Result<(), DecodeError> {
        let runs = block.split(u8::is_ascii_whitespace).filter(|run| !run.is_empty());
        for run in runs {
            self.run(run, payload)?;
        }
        Ok(())
    }

    /// Ends the digits: no group may be left unfinished. The decoder starts anew.
    pub(super) fn finish(&mut self, payload: &mut Payload) -> Result<(), DecodeError> {
        let pending = self.pending;
        let decoded = self.decode(&pending[..self.pending_len], payload);
        *self = Self::new(self.digits);
        decoded
    }

    fn run(&mut self, mut run: &[u8], payload: &mut Payload) -> Result<(), DecodeError> {
        let (group, bytes) = self.digits.group();
        if self.pending_len > 0 {
            let (head, rest) = run.split_at(run.len().min(group - self.pending_len));
            self.keep(head);
            if self.pending_len < group {
                return Ok(());
            }
            let pending = self.pending;
            self.pending_len = 0;
            self.decode(&pending[..group], payload)?;
            run = rest;
        }
        let (mut groups, rest) = run.split_at(run.len() / group * group);
        while !groups.is_empty() {
            // One group beyond the limit shows that it is exceeded, however much follows.
            let within = (payload.room() / bytes + 1).saturating_mul(group);
            let (now, later) = groups.split_at(groups.len().min(within));
            self.decode(now, payload)?;
            groups = later;
        }
        self.keep(rest);
        Ok(())
    }

    fn keep(&mut self, digits: &[u8]) {
        self.pending[self.pending_len..][..digits.len()].copy_from_slice(digits);
        self.pending_len += digits.len();
    }

    fn decode(&mut self, digits: &[u8], payload: &mut Payload) -> Result<(), DecodeError> {
        let (encoding, before) = (self.digits.encoding(), self.decoded);
        let invalid = |kind: DecodeKind, position: usize| {
            DecodeError::Invalid(format!("{kind} at {}", before + position))
        };
        let len = encoding.decode_len(digits.len()).map_err(|err| invalid(err.kind, err.position))?;
        let write = |out: &mut [u8]| encoding.decode_mut(digits, out).map_err(|partial| partial.error);
        payload.append_with(len, write).map_err(|err| invalid(err.kind, err.position))?;
        self.decoded += digits.len();
        if payload.len() > payload.most() { Err(DecodeError::TooBig) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(digits: Digits, text: &[u8], size: usize, most: usize) -> Result<Vec<u8>, DecodeError> {
        let mut payload = Payload::new(most);
        let mut decoder = DigitDecoder::new(digits);
        for block in text.chunks(size) {
            decoder.feed(block, &mut payload)?;
        }
        decoder.finish(&mut payload)?;
        Ok(payload.give(0).into_owned())
    }

    fn every_way(digits: Digits, text: &str, most: usize) -> Result<Vec<u8>, DecodeError> {
        let whole = decoded(digits, text.as_bytes(), text.len().max(1), most);
        for size in 1..text.len() {
            assert_eq!(decoded(digits, text.as_bytes(), size, most), whole, "{text} in blocks of {size}");
        }
        whole
    }

    #[test]
    fn what_the_crate_says_of_the_whole_holds_for_its_blocks() {
        for text in [
            "",
            "A",
            "AA",
            "AAA",
            "AAAA",
            "AA==",
            "AAA=",
            "AB==",
            "A===",
            "====",
            "AA==AAAA",
            "AAAAAA==",
            "AAAA AA",
            "AAAAA",
            "AAAA!AAA",
            "AAAAAAA*",
            "AP8",
            "dGV4dA==",
            "AAAAAAAAAAAAAAAAA=AA",
            "AA=A",
        ] {
            let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
            let crate_says = BASE64.decode(&digits).map_err(|err| DecodeError::Invalid(err.to_string()));
            assert_eq!(every_way(Digits::Base64, text, 100), crate_says, "{text}");
        }
    }

    #[test]
    fn white_space_does_not_count() {
        assert_eq!(every_way(Digits::Base64, " aG\r\n k\t= ", 9), Ok(b"hi".to_vec()));
        assert_eq!(every_way(Digits::Hex, "6 8\n69", 9), Ok(b"hi".to_vec()));
        let wrong = DecodeError::Invalid("invalid symbol at 1".to_owned());
        assert_eq!(every_way(Digits::Hex, " 6 x", 9), Err(wrong));
    }

    #[test]
    fn the_limit_is_met_before_what_follows_it() {
        assert_eq!(every_way(Digits::Hex, "000000", 3), Ok(vec![0; 3]));
        assert_eq!(every_way(Digits::Hex, "00000000??", 3), Err(DecodeError::TooBig));
        assert_eq!(every_way(Digits::Base64, "AAAAAA==", 4), Ok(vec![0; 4]));
        assert_eq!(every_way(Digits::Base64, "AAAAAAA=!", 4), Err(DecodeError::TooBig));
    }
}
