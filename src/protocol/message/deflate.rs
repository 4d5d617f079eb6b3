//! Compresses the messages that one side sends (RFC 7692 §7.2.1). Takes a message of any size in sections.
//! Memory: about 370 KiB for the largest window and 240 KiB for the smallest, independent of the input.

use flate2::{Compress, Compression, FlushCompress};

/// The empty stored block that a flush appends. It is removed from the end of a message (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// The header of the block in [`TAIL`], written by hand when the deflater has nothing to flush (RFC 7692
/// §7.2.3.6).
const EMPTY_BLOCK: u8 = 0x00;

/// The level for short messages. It uses no Huffman trees of its own: JSON lines of 118 bytes take 0.27 µs each and
/// shrink to 28 % (level 4: 2.8 µs, 24 %; level 6: 3.4 µs, 23 %).
const SHORT_LEVEL: u32 = 1;

/// The level for long messages: the same lines in messages of 64 KiB shrink to 17 % at 207 MB/s (level 1: 26 % at
/// 604 MB/s; level 6: 16 % at 110 MB/s).
const LONG_LEVEL: u32 = 4;

/// The length in bytes from which a message is long. A message of this length shrinks to 17 % at level 4, and
/// to 26 % at level 1.
const LONG: usize = 4 * 1024;

/// The shortest message to compress when the context is kept: 99 % of JSON pieces of this length get shorter.
const MIN_WITH_CONTEXT: usize = 16;

/// The shortest message to compress without context: 72 % get shorter.
const MIN_WITHOUT_CONTEXT: usize = 128;

/// After this many short messages in a row, the level for short messages is chosen again. Each change of the level
/// loses the context once, so messages of both lengths that alternate keep the level for long ones.
const SHORT_RUN: u32 = 64;

/// The smallest window of zlib-rs. Its matches reach back at most 512 - 262 = 250 bytes, so its output also
/// fits the window of 256 bytes, the smallest in RFC 7692.
const MIN_WINDOW_BITS: u8 = 9;

/// The most bytes by which the output buffer is extended at a time; `Vec` may add more.
const MAX_RESERVE: usize = 16 * 1024;

/// The least room for a flush; with less, the deflater would write its marker twice.
const FLUSH_ROOM: usize = 64;

/// What ends at the end of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionEnd {
    /// Nothing: the compressor may keep bytes until the next section.
    Open,
    /// The fragment: the receiver can inflate all bytes so far.
    Flush,
    Message,
}

/// The compressor of one direction.
#[derive(Debug)]
pub struct Deflater {
    stream: Compress,
    keeps_context: bool,
    level: u32,
    /// Short messages in a row so far.
    short_run: u32,
    /// Whether the window is empty: zlib-rs can change the level only then.
    is_empty: bool,
    is_inside_message: bool,
}

impl Deflater {
    /// Creates a compressor for windows of 2^`window_bits` bytes (8 to 15). With `keeps_context`, a message
    /// may refer to those before it.
    pub fn new(window_bits: u8, keeps_context: bool) -> Self {
        let window_bits = window_bits.max(MIN_WINDOW_BITS);
        let stream = Compress::new_with_window_bits(Compression::new(SHORT_LEVEL), false, window_bits);
        Self {
            stream,
            keeps_context,
            level: SHORT_LEVEL,
            short_run: 0,
            is_empty: true,
            is_inside_message: false,
        }
    }

    /// Whether a whole message of this length is likely to get shorter. Any other message should be sent
    /// uncompressed.
    pub fn pays_off(&self, message_len: usize) -> bool {
        message_len >= if self.keeps_context { MIN_WITH_CONTEXT } else { MIN_WITHOUT_CONTEXT }
    }

    /// Compresses the next section of a message and appends the output, which may be empty. A message counts as
    /// short if it is short and comes in one section.
    pub fn section(&mut self, bytes: &[u8], end: SectionEnd, out: &mut Vec<u8>) {
        let ends = end == SectionEnd::Message;
        if !std::mem::replace(&mut self.is_inside_message, !ends) {
            self.choose_level(ends && bytes.len() < LONG);
        }
        match end {
            SectionEnd::Open => self.compress(bytes, FlushCompress::None, out),
            SectionEnd::Flush => self.compress(bytes, FlushCompress::Sync, out),
            SectionEnd::Message => self.end_message(bytes, out),
        }
    }

    /// Chooses the level for the next message. A change of the level empties the window, which the receiver need
    /// not know: no message refers to what it has kept.
    fn choose_level(&mut self, is_short: bool) {
        self.short_run = if is_short { self.short_run.saturating_add(1) } else { 0 };
        let level = match self.short_run {
            0 => LONG_LEVEL,
            run if run > SHORT_RUN || self.is_empty => SHORT_LEVEL,
            _ => self.level,
        };
        if level != self.level {
            if !self.is_empty {
                self.stream.reset();
            }
            self.stream.set_level(Compression::new(level)).expect("an empty window takes any level");
            self.level = level;
        }
        self.is_empty = false;
    }

    fn end_message(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        self.compress(bytes, FlushCompress::Sync, out);
        if out[start..].ends_with(&TAIL) {
            out.truncate(out.len() - TAIL.len());
        } else {
            out.push(EMPTY_BLOCK);
        }
        if !self.keeps_context {
            self.stream.reset();
            self.is_empty = true;
        }
    }

    /// Runs until the deflater has taken all of `bytes` and, for a flush, written all output to `out`.
    fn compress(&mut self, mut bytes: &[u8], flush: FlushCompress, out: &mut Vec<u8>) {
        loop {
            out.reserve(bytes.len().min(MAX_RESERVE) + FLUSH_ROOM);
            let before = self.stream.total_in();
            self.stream.compress_vec(bytes, out, flush).expect("an unfinished stream takes any bytes");
            let used = usize::try_from(self.stream.total_in() - before).unwrap_or(bytes.len());
            bytes = &bytes[used..];
            if bytes.is_empty() && out.len() < out.capacity() {
                return;
            }
        }
    }
}
