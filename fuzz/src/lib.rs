//! Shared by the fuzz targets: turns the fuzzer's bytes into decisions, and a stream into pieces.

use std::fmt::Write;

use wsurl::protocol::{Agreement, Event, MessageError, MessageReader};

/// Decisions from the front of the fuzzer's input. After its end, every decision is 0.
pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    pub fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// A number below `end`, which is at most 65536.
    pub fn below(&mut self, end: usize) -> usize {
        let number = usize::from(self.byte());
        let number = if end > 256 { number << 8 | usize::from(self.byte()) } else { number };
        number % end.max(1)
    }

    /// The next bytes, at most `most`.
    pub fn bytes(&mut self, most: usize) -> &'a [u8] {
        let (front, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        front
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        self.bytes(usize::MAX)
    }

    /// permessage-deflate with some parameters, or no compression.
    pub fn agreement(&mut self) -> Option<Agreement> {
        let flags = self.byte();
        (flags & 1 == 1).then(|| Agreement {
            client_no_context_takeover: flags & 2 == 2,
            server_no_context_takeover: flags & 4 == 4,
            client_max_window_bits: 8 + (flags >> 3) % 8,
            server_max_window_bits: 8 + self.byte() % 8,
        })
    }
}

/// Cuts `data` into pieces whose sizes depend on `seed`: 0 is one piece, 1 pieces of one byte.
pub fn pieces(data: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let (mut rest, mut random) = (data, u64::from(seed));
    std::iter::from_fn(move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let size = match seed {
            0 => rest.len(),
            1 => 1,
            // Mostly a few bytes, sometimes many.
            _ if random >> 60 == 0 => 1 + (random >> 40) as usize % 1000,
            _ => 1 + (random >> 40) as usize % 9,
        };
        let (piece, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// What the reader makes of a stream: complete messages and control frames, and the error that ends it.
pub fn read_messages(mut reader: MessageReader, stream: &[u8], seed: u8) -> Vec<String> {
    let (mut seen, mut message) = (Vec::new(), Vec::new());
    for piece in pieces(stream, seed) {
        match read_piece(&mut reader, piece, &mut message, &mut seen) {
            Ok(false) => {}
            Ok(true) => return seen,
            Err(err) => {
                seen.push(format!("error {err:?}"));
                return seen;
            }
        }
    }
    let between = if reader.is_between_messages() { "between" } else { "inside" };
    seen.push(format!("ends {between} messages"));
    seen
}

/// Reads one piece. Returns whether a Close was in it.
fn read_piece(
    reader: &mut MessageReader,
    mut piece: &[u8],
    message: &mut Vec<u8>,
    seen: &mut Vec<String>,
) -> Result<bool, MessageError> {
    loop {
        let (used, event) = reader.read(piece)?;
        match event {
            Some(Event::Data(section)) => {
                assert!(!section.first || message.is_empty(), "a message inside a message");
                if let Some(offset) = section.offset {
                    assert_eq!(section.bytes, &piece[offset..offset + section.bytes.len()]);
                }
                message.extend_from_slice(section.bytes);
                if section.last {
                    seen.push(format!("{} {}", section.kind, message.escape_ascii()));
                    message.clear();
                }
            }
            Some(Event::Ping(payload)) => seen.push(format!("ping {}", payload.escape_ascii())),
            Some(Event::Pong(payload)) => seen.push(format!("pong {}", payload.escape_ascii())),
            Some(Event::Close(close)) => {
                seen.push(format!("close {} {}", close.code, close.reason));
                return Ok(true);
            }
            None => {
                assert_eq!(used, piece.len(), "bytes were left although more was asked for");
                return Ok(false);
            }
        }
        piece = &piece[used..];
    }
}

/// `bytes` as hexadecimal digits, for what must not depend on an encoder of ours.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}
