//! Payloads that come from a seed: the same in every run, and different from message to message. Pure.
//! Each begins with a stamp of its own. The rest of a text is a piece of one long random text that is made once. A payload
//! can be made again when it is needed for comparison, and need not be kept.

use super::plan::{Content, Plan};
use crate::protocol::Kind;

/// Bytes of random text that payloads are cut from.
const POOL: usize = 64 * 1024;

/// The length of the stamp, in bytes.
const STAMP: usize = 8;

/// Characters of one to four bytes, a third of them longer than one.
const LETTERS: &[char] = &[
    'a',
    'b',
    'c',
    'd',
    'e',
    'f',
    'g',
    'h',
    'i',
    'j',
    'k',
    'l',
    ' ',
    '0',
    '1',
    '2',
    '\u{e9}',
    '\u{df}',
    '\u{3b1}',
    '\u{20ac}',
    '\u{65e5}',
    '\u{672c}',
    '\u{1f600}',
    '\u{1f980}',
];

/// Makes the payloads of a test.
#[derive(Debug)]
pub(super) struct Payloads {
    kind: Kind,
    content: Content,
    seed: u64,
    /// Empty without text.
    pool: Vec<u8>,
}

impl Payloads {
    pub(super) fn new(plan: &Plan) -> Self {
        let Plan { kind, content, seed, .. } = *plan;
        let mut random = Random(seed);
        let mut pool = Vec::new();
        while content == Content::Text && pool.len() < POOL {
            let letter = LETTERS[random.below(LETTERS.len())];
            pool.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Self { kind, content, seed, pool }
    }

    /// Makes `out` the payload of message `number` of a connection: `size` bytes.
    pub(super) fn write(&self, connection: u64, number: u64, size: usize, out: &mut Vec<u8>) {
        let mut random = self.random(connection, number);
        let stamp = self.stamp(random.next());
        out.clear();
        out.reserve(size);
        out.extend_from_slice(&stamp[..size.min(STAMP)]);
        match self.content {
            Content::Text => self.write_text(&mut random, size, out),
            Content::Random => {
                while out.len() < size {
                    out.extend_from_slice(&self.stamp(random.next()));
                }
                out.truncate(size);
            }
            Content::Zero => out.resize(size, 0),
        }
    }

    /// Fills `out` with a piece of the text.
    fn write_text(&self, random: &mut Random, size: usize, out: &mut Vec<u8>) {
        let mut start = self.boundary(random.below(self.pool.len()));
        while out.len() < size {
            let wanted = (size - out.len()).min(self.pool.len() - start);
            let end = self.boundary(start + wanted);
            if end == start {
                // The next character needs more room.
                out.resize(size, b'.');
            }
            out.extend_from_slice(&self.pool[start..end]);
            start = if end == self.pool.len() { 0 } else { end };
        }
    }

    /// Whether `payload` begins with the stamp of message `number`. This tells most payloads apart without making them.
    pub(super) fn begins(&self, connection: u64, number: u64, payload: &[u8]) -> bool {
        let stamp = self.stamp(self.random(connection, number).next());
        payload.starts_with(&stamp[..payload.len().min(STAMP)])
    }

    fn random(&self, connection: u64, number: u64) -> Random {
        Random(self.seed ^ connection.rotate_left(40) ^ number.rotate_left(8))
    }

    fn stamp(&self, random: u64) -> [u8; STAMP] {
        random.to_le_bytes().map(|byte| match (self.kind, self.content) {
            (Kind::Binary, Content::Random | Content::Zero) => byte,
            // Visible ASCII.
            (Kind::Text, _) | (_, Content::Text) => b'!' + byte % 94,
        })
    }

    /// The nearest place at or before `at` where a character begins.
    fn boundary(&self, mut at: usize) -> usize {
        let is_inside = |at: usize| self.pool.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
        while is_inside(at) {
            at -= 1;
        }
        at
    }
}

/// `SplitMix64` (Steele, Lea, Flood 2014): every seed is a good one.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        // Smaller than the limit, which is a usize.
        usize::try_from(self.next() % limit as u64).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn payload(payloads: &Payloads, connection: u64, number: u64, size: usize) -> Vec<u8> {
        let mut out = vec![1, 2, 3];
        payloads.write(connection, number, size, &mut out);
        out
    }

    fn payloads(kind: Kind, content: Content, seed: u64) -> Payloads {
        let plan = Plan {
            sizes: Vec::new(),
            rounds: None,
            kind,
            content,
            stream: false,
            fragment: None,
            max_message: None,
            interval: None,
            rate: None,
            in_flight: 1,
            duration: None,
            greeting: 0,
            seed,
        };
        Payloads::new(&plan)
    }

    #[test]
    fn text_has_the_right_size_and_is_text() {
        let payloads = payloads(Kind::Text, Content::Text, 1);
        for size in (0..300).chain([POOL - 1, POOL, POOL + 1, 3 * POOL + 7, 1 << 20]) {
            let text = payload(&payloads, 0, size as u64, size);
            assert_eq!(text.len(), size);
            let text = std::str::from_utf8(&text).expect("UTF-8");
            assert!(size < 64 || !text.is_ascii(), "{text}");
        }
    }

    #[test]
    fn binary_has_the_right_size_and_is_not_text() {
        let payloads = payloads(Kind::Binary, Content::Random, 1);
        for size in [0, 1, 7, 8, 9, 64, POOL + 9] {
            assert_eq!(payload(&payloads, 0, 5, size).len(), size);
        }
        assert!(std::str::from_utf8(&payload(&payloads, 0, 0, 1000)).is_err());
    }

    #[test]
    fn messages_connections_and_seeds_differ_and_repeat_in_the_next_run() {
        let of = |seed| payloads(Kind::Text, Content::Text, seed);
        let payloads = of(1);
        let many: HashSet<_> = (0..1000).map(|number| payload(&payloads, number % 10, number, 16)).collect();
        assert_eq!(many.len(), 1000);
        assert_ne!(payload(&payloads, 0, 0, 16), payload(&of(2), 0, 0, 16));
        assert_eq!(payload(&payloads, 3, 4, 500), payload(&of(1), 3, 4, 500));
    }

    #[test]
    fn random_does_not_repeat_and_zeros_do() {
        for kind in [Kind::Text, Kind::Binary] {
            let random = payload(&payloads(kind, Content::Random, 1), 0, 0, 3001);
            let words: HashSet<_> = random.chunks(4).collect();
            assert!(random.len() == 3001 && words.len() > 740, "{kind}: {}", words.len());
            assert_eq!(kind == Kind::Text, random.iter().all(u8::is_ascii_graphic));
            let zeros = payload(&payloads(kind, Content::Zero, 1), 0, 0, 3001);
            assert!(zeros.len() == 3001 && zeros[STAMP..].iter().all(|byte| *byte == 0));
        }
        let text = payload(&payloads(Kind::Binary, Content::Text, 1), 0, 0, 300);
        assert!(std::str::from_utf8(&text).is_ok());
    }
}
