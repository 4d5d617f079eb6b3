//! The layouts of messages in standard input and standard output.
//! Pure: no I/O, no clock. May import `protocol` and the small values.
//! Invariant: what a [`FramingWriter`] writes, a [`FramingReader`] of the same format reads back as the same messages
//! (`lines` and `nul`: as long as no message holds the delimiter). Neither holds more than one message beside the
//! blocks that pass through, however the format writes it.

mod delimited;
mod digit_lines;
mod digits;
mod format;
mod item;
mod json_field;
mod json_fields;
mod json_lines;
mod layout;
mod message_decoder;
mod payload;
mod reader;
mod writer;

pub use digits::DecodeError;
pub use format::Format;
pub use item::Item;
pub use layout::{MessageLayout, SMALLEST_PIECE};
pub use message_decoder::MessageDecoder;
pub use reader::{FramingReader, not_utf8};
pub use writer::FramingWriter;

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::error::Failure;
    use crate::protocol::{CloseFrame, Kind};

    /// Reads `input` in pieces of `size` bytes, and shows what came out, up to the first error.
    pub(super) fn read_in_pieces(mut reader: FramingReader, input: &[u8], size: usize) -> Vec<String> {
        let mut seen = Vec::new();
        if let Err(err) = read(&mut reader, input, size, &mut seen) {
            seen.push(format!("{}: {err}", err.status().name()));
        }
        seen
    }

    fn read(
        reader: &mut FramingReader,
        input: &[u8],
        size: usize,
        seen: &mut Vec<String>,
    ) -> Result<(), Failure> {
        for mut piece in input.chunks(size) {
            loop {
                let (used, item) = reader.next(piece)?;
                piece = &piece[used..];
                let Some(item) = item else { break };
                seen.push(show(item));
            }
        }
        seen.extend(reader.finish()?.map(show));
        Ok(())
    }

    fn show(item: Item<'_>) -> String {
        match item {
            Item::Message(kind, payload) => format!("{kind} {}", payload.escape_ascii()),
            Item::Close(close) => format!("close {} {}", close.code, close.reason),
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same_messages() {
        let messages: [(Kind, &[u8]); 6] = [
            (Kind::Text, "h\u{e9} \"\\ \u{1F600}".as_bytes()),
            (Kind::Text, b""),
            (Kind::Binary, &[0, 1, 10, 13, 255]),
            (Kind::Binary, b""),
            (Kind::Text, b"\r\n\x00 \x7f"),
            (Kind::Binary, b"plain"),
        ];
        let mut stream = Vec::new();
        let writer = FramingWriter::new(Format::Json, false);
        for (kind, payload) in messages {
            writer.message(kind, payload, || SystemTime::UNIX_EPOCH, &mut stream);
        }
        writer.close(&CloseFrame { code: 4001, reason: "b\u{fc}y\n".to_owned() }, &mut stream);
        let mut expected: Vec<_> =
            messages.iter().map(|(kind, payload)| format!("{kind} {}", payload.escape_ascii())).collect();
        expected.push("close 4001 b\u{fc}y\n".to_owned());
        for size in [1, 2, 7, 64, 4096] {
            assert_eq!(
                read_in_pieces(FramingReader::new(Format::Json, Kind::Text, false, 100), &stream, size),
                expected
            );
        }
    }
}
