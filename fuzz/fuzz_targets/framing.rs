//! The framings: the same messages at any cut, no message over the limit, and what is written is read back.
#![no_main]

use std::time::SystemTime;

use libfuzzer_sys::fuzz_target;
use wsurl::framing::{Format, FramingReader, FramingWriter, Item, MessageDecoder, SMALLEST_PIECE};
use wsurl::protocol::{CloseFrame, Kind, close_code_is_sendable};
use wsurl_fuzz::{Choices, pieces};

const LIMIT: usize = 3000;
const FORMATS: [Format; 6] =
    [Format::Lines, Format::Nul, Format::Whole, Format::Json, Format::Base64, Format::Hex];

#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Message(Kind, Vec<u8>),
    Close(CloseFrame),
    Error(String),
}

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let format = FORMATS[choices.below(FORMATS.len())];
    let kind = if choices.flag() { Kind::Text } else { Kind::Binary };
    let keep = choices.flag();
    let seed = choices.byte();
    let input = choices.rest();
    let whole = read(format, kind, keep, input, 0);
    assert_eq!(read(format, kind, keep, input, 1), whole, "byte by byte");
    assert_eq!(read(format, kind, keep, input, seed), whole, "cut with seed {seed}");
    for seen in &whole {
        if let Seen::Message(kind, payload) = seen {
            assert!(payload.len() <= LIMIT);
            assert!(format != Format::Json || *kind == Kind::Binary || std::str::from_utf8(payload).is_ok());
        }
    }
    decode(format, input, seed);
    round_trip(format, &whole, seed);
});

fn read(format: Format, kind: Kind, keep: bool, input: &[u8], seed: u8) -> Vec<Seen> {
    let mut reader = FramingReader::new(format, kind, keep, LIMIT);
    let mut seen = Vec::new();
    for mut piece in pieces(input, seed) {
        loop {
            match reader.next(piece) {
                Ok((used, item)) => {
                    piece = &piece[used..];
                    let Some(item) = item else { break };
                    seen.push(own(item));
                }
                Err(err) => {
                    seen.push(Seen::Error(err.to_string()));
                    return seen;
                }
            }
        }
        assert!(piece.is_empty(), "bytes were left although more was asked for");
    }
    match reader.finish() {
        Ok(item) => seen.extend(item.map(own)),
        Err(err) => seen.push(Seen::Error(err.to_string())),
    }
    seen
}

fn own(item: Item<'_>) -> Seen {
    match item {
        Item::Message(kind, payload) => Seen::Message(kind, payload.into_owned()),
        Item::Close(close) => Seen::Close(close),
    }
}

/// The same input as one message that an argument holds.
fn decode(format: Format, input: &[u8], seed: u8) {
    let decoded = |seed| {
        let mut decoder = MessageDecoder::new(format, LIMIT);
        pieces(input, seed).try_for_each(|piece| decoder.feed(piece)).and_then(|()| decoder.finish())
    };
    let whole = decoded(0);
    assert!(whole.as_ref().map_or(true, |bytes| bytes.len() <= LIMIT));
    assert_eq!(decoded(seed).is_ok(), whole.is_ok());
    if let (Ok(cut), Ok(whole)) = (decoded(1), whole) {
        assert_eq!(cut, whole);
    }
}

/// Writes what was read, whole and in pieces, and reads it again.
fn round_trip(format: Format, seen: &[Seen], seed: u8) {
    let writer = FramingWriter::new(format, false);
    let (mut out, mut expected) = (Vec::new(), Vec::new());
    for item in seen {
        match item {
            Seen::Message(kind, payload) => {
                let at = out.len();
                writer.message(*kind, payload, || SystemTime::UNIX_EPOCH, &mut out);
                let mut layout = writer.begin(*kind, || SystemTime::UNIX_EPOCH);
                let most = SMALLEST_PIECE + usize::from(seed);
                let mut in_pieces = Vec::new();
                loop {
                    let before = in_pieces.len();
                    let is_last = layout.next_piece(payload, most, &mut in_pieces);
                    assert!(in_pieces.len() - before <= most);
                    if is_last {
                        break;
                    }
                }
                assert_eq!(in_pieces, out[at..], "in pieces");
                expected.push(item.clone());
            }
            Seen::Close(close) => {
                assert!(close.code == 1005 || close_code_is_sendable(close.code));
                writer.close(close, &mut out);
                if format == Format::Json {
                    expected.push(item.clone());
                }
            }
            Seen::Error(_) => {}
        }
    }
    if format == Format::Whole {
        return;
    }
    // What a reader may not say of itself: the kind, which only JSON has, and delimiters inside of messages.
    let kind = expected.iter().find_map(|item| match item {
        Seen::Message(kind, _) => Some(*kind),
        Seen::Close(_) | Seen::Error(_) => None,
    });
    let holds_end = |payload: &[u8]| match format {
        Format::Lines => payload.contains(&b'\n') || payload.ends_with(b"\r"),
        Format::Nul => payload.contains(&0),
        Format::Whole | Format::Json | Format::Base64 | Format::Hex => false,
    };
    let ambiguous =
        expected.iter().any(|item| matches!(item, Seen::Message(_, payload) if holds_end(payload)));
    if !ambiguous {
        assert_eq!(read(format, kind.unwrap_or(Kind::Text), false, &out, seed), expected);
    }
}
