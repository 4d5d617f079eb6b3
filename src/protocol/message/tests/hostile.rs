//! Frames with compressed messages, cut, flipped and inflated at random: the reader yields the same messages and the
//! same error however its input is cut, in bounded sections. `PROPTEST_CASES=100000` makes it a long run.

use proptest::prelude::*;

use super::{Random, deflated};
use crate::protocol::message::{Deflater, Event, MessageError, MessageReader};
use crate::protocol::{Agreement, DeflateContext, Kind, Role};

/// The most bytes of a section.
const SECTION: usize = 64 * 1024;

/// The limit on messages, in bytes: below the largest ones made here.
const LIMIT: u64 = 300_000;

/// What a server sends, and the messages in it.
struct Traffic {
    random: Random,
    context: DeflateContext,
    deflater: Deflater,
    wire: Vec<u8>,
    messages: Vec<Vec<u8>>,
}

impl Traffic {
    fn new(seed: u64, agreement: Agreement) -> Self {
        let context = agreement.compressing(Role::Server);
        Self {
            random: Random(seed),
            context,
            deflater: Deflater::new(context.window_bits, context.is_kept),
            wire: Vec::new(),
            messages: Vec::new(),
        }
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.random.next().is_multiple_of(count)
    }

    /// Appends a message: noise, text, a bomb, or nothing.
    fn message(&mut self) {
        let message = match self.random.next() % 5 {
            0 => Vec::new(),
            1 => vec![0; self.random.next() % 400_000],
            2 => b"again and again, ".repeat(self.random.next() % 300),
            _ => {
                let len = self.random.next() % 3000;
                self.random.bytes(len)
            }
        };
        let payload = self.payload(&message);
        self.frames(&payload);
        self.messages.push(message);
    }

    /// The message as blocks of deflate, as any sender may choose them (RFC 7692 §7.2.3).
    fn payload(&mut self, message: &[u8]) -> Vec<u8> {
        let mut payload = Vec::new();
        if message.len() < 2000 && self.one_in(4) {
            // Stored blocks of this size; with BFINAL, the last one is followed by an empty one.
            let is_final = u8::from(self.one_in(2));
            payload = stored(is_final, message);
            if is_final == 0 {
                payload.extend(stored(0, b""));
            }
            payload.push(0x00);
            // The deflater does not know of this message, so it begins anew.
            self.deflater = Deflater::new(self.context.window_bits, self.context.is_kept);
            return payload;
        }
        if self.one_in(4) {
            payload = stored(0, b"");
        }
        payload.extend(deflated(&mut self.deflater, message));
        payload
    }

    /// Appends the payload as frames, with pings and empty fragments between them.
    fn frames(&mut self, payload: &[u8]) {
        let (mut rest, mut first) = (payload, 0x42);
        loop {
            let len = if self.one_in(2) { rest.len() } else { self.random.next() % (rest.len() + 1) };
            let (here, more) = rest.split_at(len);
            let ends = more.is_empty() && !self.one_in(4);
            self.wire.push(first | if ends { 0x80 } else { 0 });
            match here.len() {
                len @ 0..=125 => self.wire.push(u8::try_from(len).unwrap()),
                len @ 126..=0xFFFF => {
                    self.wire.push(126);
                    self.wire.extend(u16::try_from(len).unwrap().to_be_bytes());
                }
                len => {
                    self.wire.push(127);
                    self.wire.extend((len as u64).to_be_bytes());
                }
            }
            self.wire.extend_from_slice(here);
            if ends {
                return;
            }
            if self.one_in(5) {
                self.wire.extend([0x89, 2, b'h', b'i']);
            }
            (rest, first) = (more, 0x00);
        }
    }

    /// Flips bits, and cuts pieces out.
    fn damage(&mut self) {
        for _ in 0..self.random.next() % 4 {
            if self.wire.is_empty() {
                return;
            }
            let at = self.random.next() % self.wire.len();
            if self.one_in(4) {
                let end = (at + 1 + self.random.next() % 20).min(self.wire.len());
                self.wire.drain(at..end);
            } else {
                self.wire[at] ^= 1 << (self.random.next() % 8);
            }
        }
    }
}

/// A stored block (RFC 1951 §3.2.4).
fn stored(is_final: u8, bytes: &[u8]) -> Vec<u8> {
    let len = u16::try_from(bytes.len()).unwrap();
    let mut block = vec![is_final];
    block.extend(len.to_le_bytes());
    block.extend((!len).to_le_bytes());
    block.extend_from_slice(bytes);
    block
}

/// What a reader makes of its input.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    messages: Vec<(Kind, Vec<u8>)>,
    /// What has come of the last message, with the error that ended it or nothing.
    rest: Vec<u8>,
    error: Option<MessageError>,
    is_between_messages: bool,
}

/// Reads `wire` in pieces whose sizes `cut` chooses.
fn read(wire: &[u8], agreement: Agreement, mut cut: impl FnMut() -> usize) -> Outcome {
    let mut reader = MessageReader::new(Role::Client, Some(agreement), Some(LIMIT));
    let (mut outcome, mut rest) = (Outcome::default(), wire);
    while !rest.is_empty() {
        let (mut piece, more) = rest.split_at(cut().clamp(1, rest.len()));
        rest = more;
        loop {
            let (used, event) = match reader.read(piece) {
                Ok(step) => step,
                Err(error) => {
                    // How much of a broken message is shown before its error depends on the cuts.
                    outcome.rest.clear();
                    outcome.error = Some(error);
                    return outcome;
                }
            };
            piece = &piece[used..];
            match event {
                Some(Event::Data(section)) => {
                    assert!(section.bytes.len() <= SECTION.max(piece.len() + used));
                    outcome.rest.extend_from_slice(section.bytes);
                    assert!(outcome.rest.len() as u64 <= LIMIT);
                    if section.last {
                        outcome.messages.push((section.kind, std::mem::take(&mut outcome.rest)));
                    }
                }
                Some(Event::Close(_)) => return outcome,
                Some(Event::Ping(_) | Event::Pong(_)) => {}
                None => break,
            }
        }
        assert!(piece.is_empty() && !reader.has_pending());
    }
    outcome.is_between_messages = reader.is_between_messages();
    outcome
}

fn agreement() -> impl Strategy<Value = Agreement> {
    (8..=15_u8, any::<bool>()).prop_map(|(bits, keeps_context)| {
        let context = if keeps_context { "" } else { "; server_no_context_takeover" };
        let offer = format!("permessage-deflate; server_max_window_bits={bits}{context}");
        Agreement::accept(&offer).unwrap().0
    })
}

proptest! {
    #[test]
    fn any_blocks_in_any_frames_are_the_message(seed: u64, agreement in agreement()) {
        let mut traffic = Traffic::new(seed, agreement);
        for _ in 0..=traffic.random.next() % 5 {
            traffic.message();
        }
        let outcome = read(&traffic.wire, agreement, || traffic.random.next() % 5000);
        let too_big = traffic.messages.iter().position(|message| message.len() as u64 > LIMIT);
        let expected = &traffic.messages[..too_big.unwrap_or(traffic.messages.len())];
        prop_assert!(outcome.messages.iter().map(|(_, message)| message).eq(expected));
        prop_assert_eq!(outcome.error.is_some(), too_big.is_some(), "{:?}", outcome.error);
        prop_assert!(too_big.is_some() || outcome.is_between_messages);
    }

    #[test]
    fn damaged_frames_are_the_same_at_any_cut(seed: u64, agreement in agreement()) {
        let mut traffic = Traffic::new(seed, agreement);
        for _ in 0..=traffic.random.next() % 3 {
            traffic.message();
        }
        traffic.damage();
        let wire = std::mem::take(&mut traffic.wire);
        let whole = read(&wire, agreement, || wire.len());
        for most in [1, 10, 1000] {
            let random = &mut traffic.random;
            let cut = read(&wire, agreement, || random.next() % most);
            prop_assert!(cut == whole, "{:?} and {:?}", cut.error, whole.error);
        }
    }
}
