//! Received messages of a conversation: gathered, checked, and shown with a mark.

use super::look::{Look, MOST_PRETTY};
use crate::error::Failure;
use crate::protocol::{CloseFrame, Kind, Section};
use crate::session::{Checks, Delivery, Sink, Unmet};
use crate::size::KEPT_CAPACITY;

/// A longer message is shown piece by piece, as the terminal takes it.
const PIECE: usize = 64 * 1024;

/// Shows messages above the prompt.
#[derive(Debug)]
pub struct TalkSink {
    look: Look,
    checks: Checks,
    gathered: Vec<u8>,
    kind: Kind,
    /// How much of what is gathered is shown.
    shown: usize,
    /// Whether the beginning of the message is shown.
    has_begun: bool,
    is_whole: bool,
    /// Bytes of the message so far. Of a long one in `stream`, not all are kept, so that it meets no check.
    arrived: u64,
}

impl TalkSink {
    /// A sink that looks at messages with `checks`. [`Look::bytes`] is for `stream`, which has messages of any length.
    pub fn new(look: Look, checks: Checks) -> Self {
        Self {
            look,
            checks,
            gathered: Vec::new(),
            kind: Kind::Text,
            shown: 0,
            has_begun: false,
            is_whole: false,
            arrived: 0,
        }
    }

    /// The end of the next piece.
    fn piece_end(&self) -> usize {
        let len = self.gathered.len();
        let at_once = !self.has_begun
            && !self.look.bytes
            && (self.look.pretty && len <= MOST_PRETTY || std::str::from_utf8(&self.gathered).is_err());
        let mut end = (self.shown + PIECE).min(len);
        if at_once || end == len {
            return len;
        }
        // Not within a character, which has four bytes at most.
        for _ in 0..3 {
            if self.gathered[end] & 0xC0 == 0x80 {
                end -= 1;
            }
        }
        end
    }

    fn show_piece(&mut self, out: &mut Vec<u8>) {
        let end = self.piece_end();
        let piece = &self.gathered[self.shown..end];
        let text = if self.has_begun { Look::more(piece) } else { self.look.received(self.kind, piece) };
        out.extend_from_slice(text.as_bytes());
        (self.shown, self.has_begun) = (end, true);
    }
}

impl Sink for TalkSink {
    fn section(&mut self, section: &Section<'_>, delivery: &mut Delivery<'_>) -> Result<bool, Failure> {
        self.kind = section.kind;
        self.gathered.extend_from_slice(section.bytes);
        self.is_whole = section.last;
        if self.look.bytes {
            // A message may be of any length, so what is shown is forgotten.
            while self.gathered.len() > PIECE {
                self.show_piece(delivery.out);
                self.gathered.drain(..std::mem::take(&mut self.shown));
            }
        }
        self.arrived += section.bytes.len() as u64;
        if section.last {
            if self.has_begun {
                self.checks.pass_over(self.arrived);
            } else {
                self.checks.look_at(&self.gathered);
            }
            self.arrived = 0;
        }
        Ok(self.continue_message(delivery.out))
    }

    fn continue_message(&mut self, out: &mut Vec<u8>) -> bool {
        if !self.is_whole {
            return false;
        }
        if self.shown < self.gathered.len() || !self.has_begun {
            self.show_piece(out);
        }
        if self.shown < self.gathered.len() {
            return true;
        }
        (self.shown, self.has_begun, self.is_whole) = (0, false, false);
        self.gathered.clear();
        self.gathered.shrink_to(KEPT_CAPACITY);
        false
    }

    fn close(&mut self, _: &CloseFrame, _: &mut Vec<u8>) {}

    fn is_met(&self) -> bool {
        self.checks.are_met()
    }

    fn unmet(&self) -> Option<Unmet> {
        self.checks.unmet()
    }
}
