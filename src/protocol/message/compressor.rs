//! Compresses messages, and collects the output until there is enough for a frame.

use super::deflate::{Deflater, SectionEnd};
use crate::protocol::extension::DeflateContext;

/// The most bytes that are collected before they are sent as a fragment.
const FRAGMENT: u64 = 64 * 1024;

/// A deflater and its collected output; see the module.
#[derive(Debug)]
pub(super) struct Compressor {
    deflater: Deflater,
    /// The shortest message to compress, in bytes; `None` leaves it to the deflater.
    min: Option<u64>,
    held: Vec<u8>,
    /// Whether the deflater may hold bytes of the message that the receiver cannot inflate yet.
    keeps_bytes: bool,
}

impl Compressor {
    pub(super) fn new(context: DeflateContext) -> Self {
        let deflater = Deflater::new(context.window_bits, context.is_kept);
        Self { deflater, min: None, held: Vec::new(), keeps_bytes: false }
    }

    pub(super) fn compress_from(&mut self, min: u64) {
        self.min = Some(min);
    }

    /// Whether to compress a message of this length, or of an unknown one.
    pub(super) fn takes(&self, len: Option<u64>) -> bool {
        let Some(len) = len else { return true };
        match self.min {
            Some(min) => len >= min,
            None => usize::try_from(len).is_ok_and(|len| self.deflater.pays_off(len)),
        }
    }

    /// Compresses the next bytes of a message. `last` says whether the message ends with them.
    pub(super) fn push(&mut self, bytes: &[u8], last: bool) {
        let end = if last { SectionEnd::Message } else { SectionEnd::Open };
        self.deflater.section(bytes, end, &mut self.held);
        self.keeps_bytes = !last && (self.keeps_bytes || !bytes.is_empty());
    }

    /// Flushes the deflater, so that the receiver can inflate all bytes so far. Returns whether there is
    /// output to send.
    pub(super) fn flush(&mut self) -> bool {
        let keeps_bytes = std::mem::take(&mut self.keeps_bytes);
        if keeps_bytes {
            self.deflater.section(&[], SectionEnd::Flush, &mut self.held);
        }
        keeps_bytes || !self.held.is_empty()
    }

    /// Whether the collected output is enough for a frame of an unfinished message. Frames have at most
    /// `max_frame` bytes.
    pub(super) fn fills_frame(&self, max_frame: u64) -> bool {
        self.held.len() as u64 >= FRAGMENT.min(max_frame)
    }

    /// Takes the output that is in no frame yet. The caller returns the buffer with [`Compressor::put_back`].
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    pub(super) fn put_back(&mut self, mut held: Vec<u8>) {
        held.clear();
        self.held = held;
    }
}
