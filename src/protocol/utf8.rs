//! Checks UTF-8 that arrives in pieces. Fails at the first byte that cannot be part of valid UTF-8.

use std::str::from_utf8;

/// The position of the first invalid byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidUtf8 {
    /// Bytes of the message before the first invalid one.
    pub offset: u64,
}

/// The state between two pieces of a text: at most three bytes of an incomplete character.
#[derive(Clone, Debug, Default)]
pub struct Utf8Stream {
    pending: [u8; 4],
    pending_len: usize,
    /// Bytes known to be complete characters.
    valid: u64,
}

impl Utf8Stream {
    /// A checker at the start of a text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks the next piece.
    pub fn feed(&mut self, mut piece: &[u8]) -> Result<(), InvalidUtf8> {
        while self.pending_len > 0 {
            let Some((&next, rest)) = piece.split_first() else { return Ok(()) };
            self.pending[self.pending_len] = next;
            self.pending_len += 1;
            piece = rest;
            match from_utf8(&self.pending[..self.pending_len]) {
                Ok(_) => {
                    self.valid += self.pending_len as u64;
                    self.pending_len = 0;
                }
                Err(err) if err.error_len().is_none() => {}
                Err(_) => return Err(InvalidUtf8 { offset: self.valid }),
            }
        }
        match from_utf8(piece) {
            Ok(_) => self.valid += piece.len() as u64,
            Err(err) => {
                let (valid, rest) = piece.split_at(err.valid_up_to());
                self.valid += valid.len() as u64;
                if err.error_len().is_some() {
                    return Err(InvalidUtf8 { offset: self.valid });
                }
                self.pending[..rest.len()].copy_from_slice(rest);
                self.pending_len = rest.len();
            }
        }
        Ok(())
    }

    /// Ends the text; fails when its last character is incomplete. Resets the checker.
    pub fn finish(&mut self) -> Result<(), InvalidUtf8> {
        let Self { pending_len, valid, .. } = std::mem::take(self);
        if pending_len == 0 { Ok(()) } else { Err(InvalidUtf8 { offset: valid }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_pieces(text: &[u8], size: usize) -> Result<(), InvalidUtf8> {
        let mut stream = Utf8Stream::new();
        for piece in text.chunks(size) {
            stream.feed(piece)?;
        }
        stream.finish()
    }

    #[test]
    fn pieces_of_any_size_give_the_verdict_of_the_whole() {
        let texts: [&[u8]; 9] = [
            b"",
            "\u{10FFFF}a\u{e9}\u{20ac}\u{1F600}".as_bytes(),
            b"abc\xff",
            b"ab\xc3\x28",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            b"\xc0\xaf",
            b"\xe2\x82",
            b"ok\xf0\x9f\x98",
        ];
        for text in texts {
            let whole = from_utf8(text).map_err(|err| InvalidUtf8 { offset: err.valid_up_to() as u64 });
            for size in 1..=text.len().max(1) {
                assert_eq!(in_pieces(text, size), whole.map(|_| ()), "{text:02x?} by {size}");
            }
        }
    }

    #[test]
    fn a_hopeless_byte_is_refused_before_the_text_ends() {
        let mut stream = Utf8Stream::new();
        assert_eq!(stream.feed(b"ab\xe2"), Ok(()));
        assert_eq!(stream.feed(b"\x28"), Err(InvalidUtf8 { offset: 2 }));
    }
}
