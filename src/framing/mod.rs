//! How messages are laid out in standard input and standard output.
//! Pure: no I/O, no clock. May import `protocol` and the small values.
//! Invariant: what a [`Joiner`] writes, a [`Splitter`] of the same format reads back as the same messages
//! (`lines` and `nul`: as long as no message holds the delimiter).

mod envelope;
mod joiner;
mod splitter;

pub use joiner::Joiner;
pub use splitter::{Item, Splitter};

/// A layout of messages in a stream of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One message a line.
    Lines,
    /// Each message ends in a NUL byte.
    Nul,
    /// The whole input is one message; payloads are written without anything between them.
    Whole,
    /// JSON Lines: type, payload, size and time.
    Json,
    /// One message a line, in base64.
    Base64,
    /// One message a line, in hexadecimal digits.
    Hex,
}

impl Format {
    /// The byte after each message.
    fn delimiter(self) -> Option<u8> {
        match self {
            Self::Lines | Self::Json | Self::Base64 | Self::Hex => Some(b'\n'),
            Self::Nul => Some(0),
            Self::Whole => None,
        }
    }

    /// Whether the payload stands in the stream as it is.
    fn is_plain(self) -> bool {
        matches!(self, Self::Lines | Self::Nul | Self::Whole)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::protocol::{CloseFrame, Kind};

    /// Splits `input` given in pieces of `size` bytes, and shows what came out.
    pub(super) fn split(mut splitter: Splitter, input: &[u8], size: usize) -> Vec<String> {
        let mut seen = Vec::new();
        let mut show = |item: Result<Option<Item<'_>>, crate::error::Failure>| match item {
            Ok(Some(Item::Message(kind, payload))) => {
                seen.push(format!("{kind} {}", payload.escape_ascii()));
                true
            }
            Ok(Some(Item::Close(close))) => {
                seen.push(format!("close {} {}", close.code, close.reason));
                true
            }
            Ok(None) => false,
            Err(err) => {
                seen.push(format!("{}: {err}", err.status().name()));
                false
            }
        };
        for mut piece in input.chunks(size) {
            loop {
                let (used, item) = match splitter.next(piece) {
                    Ok((used, item)) => (used, Ok(item)),
                    Err(err) => (piece.len(), Err(err)),
                };
                piece = &piece[used..];
                if !show(item) {
                    break;
                }
            }
        }
        show(splitter.finish());
        seen
    }

    #[test]
    fn what_is_joined_is_split_into_the_same_messages() {
        let messages: [(Kind, &[u8]); 6] = [
            (Kind::Text, "h\u{e9} \"\\ \u{1F600}".as_bytes()),
            (Kind::Text, b""),
            (Kind::Binary, &[0, 1, 10, 13, 255]),
            (Kind::Binary, b""),
            (Kind::Text, b"\r\n\x00 \x7f"),
            (Kind::Binary, b"plain"),
        ];
        let mut stream = Vec::new();
        let joiner = Joiner::new(Format::Json, false);
        for (kind, payload) in messages {
            joiner.message(kind, payload, || SystemTime::UNIX_EPOCH, &mut stream);
        }
        joiner.close(&CloseFrame { code: 4001, reason: "b\u{fc}y\n".to_owned() }, &mut stream);
        let mut expected: Vec<_> =
            messages.iter().map(|(kind, payload)| format!("{kind} {}", payload.escape_ascii())).collect();
        expected.push("close 4001 b\u{fc}y\n".to_owned());
        for size in [1, 2, 7, 64, 4096] {
            assert_eq!(split(Splitter::new(Format::Json, Kind::Text, false, 100), &stream, size), expected);
        }
    }
}
