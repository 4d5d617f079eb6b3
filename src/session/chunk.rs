//! A buffer on its way from the socket to the output: filled by reading, searched for payload, and written
//! without copying.

use std::io::IoSlice;
use std::ops::Range;

/// The most bytes that one read takes from the socket. Twice as many take a fifth more time, because the buffers then leave
/// the processor's cache between the socket and the output.
pub(super) const READ: usize = 128 * 1024;

/// The most bytes that the first read takes. Whenever a read fills the buffer, the next one may take
/// [`GROWTH`] times as many, so that a thousand sessions with small messages need little memory.
const FIRST_READ: usize = 4 * 1024;

const GROWTH: usize = 4;

/// Pieces of payload smaller than this are moved next to each other: a write of many small slices costs more
/// than moving them.
const SMALL_PIECE: usize = 8 * 1024;

/// Bytes from the socket, and the ranges that are payload.
#[derive(Debug)]
pub(super) struct ReadBuffer {
    bytes: Vec<u8>,
    /// The most bytes that the next read takes.
    size: usize,
    /// The bytes that were read and are not consumed yet.
    unread: Range<usize>,
    /// The start of the range that [`ReadBuffer::unread`] returned last. Offsets of sections count from it.
    base: usize,
    payload: Vec<Range<usize>>,
}

impl ReadBuffer {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), size: FIRST_READ, unread: 0..0, base: 0, payload: Vec::new() }
    }

    /// The space for the next read. All earlier bytes must be consumed before.
    pub(super) fn space(&mut self) -> &mut [u8] {
        debug_assert!(self.is_consumed());
        if self.bytes.len() != self.size {
            self.bytes = vec![0; self.size];
        }
        &mut self.bytes
    }

    /// Records that `count` bytes were read into [`ReadBuffer::space`].
    pub(super) fn filled(&mut self, count: usize) {
        self.unread = 0..count;
        if count == self.size {
            self.size = (self.size * GROWTH).min(READ);
        }
    }

    /// Starts with `bytes`, which arrived together with the response of the opening handshake.
    pub(super) fn preload(&mut self, bytes: &[u8]) {
        self.bytes = bytes.to_vec();
        self.unread = 0..bytes.len();
    }

    pub(super) fn is_consumed(&self) -> bool {
        self.unread.is_empty()
    }

    /// Takes the bytes out, so that they can be borrowed while payload is marked. [`ReadBuffer::put_back`]
    /// returns them, or others, to the buffer.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    pub(super) fn put_back(&mut self, bytes: Vec<u8>) {
        self.bytes = bytes;
    }

    /// The range of the bytes that are not consumed yet.
    pub(super) fn unread(&mut self) -> Range<usize> {
        self.base = self.unread.start;
        self.unread.clone()
    }

    /// Drops the bytes that are not consumed.
    pub(super) fn discard(&mut self) {
        self.unread = 0..0;
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.unread.start += count;
    }

    /// Marks `len` bytes as payload, starting `offset` bytes into the range that [`ReadBuffer::unread`]
    /// returned last.
    pub(super) fn mark(&mut self, offset: usize, len: usize) {
        let start = self.base + offset;
        match self.payload.last_mut() {
            _ if len == 0 => {}
            Some(last) if last.end == start => last.end += len,
            _ => self.payload.push(start..start + len),
        }
    }

    /// The number of bytes that are marked as payload.
    pub(super) fn payload_len(&self) -> usize {
        self.payload.iter().map(ExactSizeIterator::len).sum()
    }

    /// Moves the payload to the end of `out`.
    pub(super) fn move_payload_to(&mut self, out: &mut Vec<u8>) {
        for range in self.payload.drain(..) {
            out.extend_from_slice(&self.bytes[range]);
        }
    }

    /// Turns the buffer and its marks into a chunk.
    pub(super) fn take_chunk(&mut self) -> Chunk {
        debug_assert!(self.is_consumed());
        Chunk::new(self.take(), std::mem::take(&mut self.payload))
    }
}

/// A buffer, and the ranges of it to write, in order.
#[derive(Debug)]
pub(super) struct Chunk {
    bytes: Vec<u8>,
    ranges: Vec<Range<usize>>,
    is_from_socket: bool,
}

/// A buffer whose bytes were written, for another use.
#[derive(Debug)]
pub(super) enum Spent {
    /// It was filled by reading from the socket.
    Read(Vec<u8>),
    /// Bytes were appended to it.
    Appended(Vec<u8>),
}

impl Chunk {
    fn new(mut bytes: Vec<u8>, ranges: Vec<Range<usize>>) -> Self {
        let mut joined: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            match joined.last_mut() {
                Some(last) if range.len() < SMALL_PIECE => {
                    bytes.copy_within(range.clone(), last.end);
                    last.end += range.len();
                }
                _ => joined.push(range),
            }
        }
        Self { bytes, ranges: joined, is_from_socket: true }
    }

    /// A chunk that consists of all `bytes`.
    pub(super) fn whole(bytes: Vec<u8>) -> Self {
        let all = 0..bytes.len();
        Self { bytes, ranges: vec![all], is_from_socket: false }
    }

    /// The number of bytes to write.
    pub(super) fn len(&self) -> usize {
        self.ranges.iter().map(ExactSizeIterator::len).sum()
    }

    /// The bytes to write, without the first `skipped`.
    pub(super) fn slices(&self, mut skipped: usize) -> Vec<IoSlice<'_>> {
        let mut slices = Vec::with_capacity(self.ranges.len());
        for range in &self.ranges {
            let here = skipped.min(range.len());
            skipped -= here;
            if here < range.len() {
                slices.push(IoSlice::new(&self.bytes[range.start + here..range.end]));
            }
        }
        slices
    }

    /// Appends the bytes to write to `out`.
    pub(super) fn append_to(&self, out: &mut Vec<u8>) {
        for range in &self.ranges {
            out.extend_from_slice(&self.bytes[range.clone()]);
        }
    }

    /// The buffer, for reuse.
    pub(super) fn into_spent(self) -> Spent {
        if self.is_from_socket { Spent::Read(self.bytes) } else { Spent::Appended(self.bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(chunk: &Chunk, skipped: usize) -> Vec<u8> {
        chunk.slices(skipped).iter().flat_map(|slice| slice.to_vec()).collect()
    }

    #[test]
    fn small_pieces_are_moved_together_and_large_ones_stay() {
        let bytes: Vec<u8> = (0..=250).cycle().take(4 * SMALL_PIECE).collect();
        let (small, large) = (10..20, 30..30 + SMALL_PIECE);
        let (behind, end) = (large.end + 4..large.end + 9, large.end + 11..large.end + 12);
        let ranges = vec![small, large, behind, end];
        let expected: Vec<u8> = ranges.iter().flat_map(|range| bytes[range.clone()].to_vec()).collect();
        let chunk = Chunk::new(bytes, ranges);
        assert_eq!(chunk.slices(0).len(), 2);
        assert_eq!(chunk.len(), expected.len());
        for skipped in 0..=expected.len() {
            assert_eq!(written(&chunk, skipped), expected[skipped..], "{skipped}");
        }
    }

    #[test]
    fn a_read_that_fills_the_buffer_makes_the_next_one_larger() {
        let mut buffer = ReadBuffer::new();
        let mut read = |count| {
            let size = buffer.space().len();
            buffer.filled(count);
            buffer.consume(count);
            size
        };
        assert_eq!(read(FIRST_READ - 1), FIRST_READ);
        assert_eq!(read(FIRST_READ), FIRST_READ);
        assert_eq!(read(GROWTH * FIRST_READ), GROWTH * FIRST_READ);
        let mut size = 0;
        for _ in 0..10 {
            size = read(size);
        }
        assert_eq!(size, READ);
    }

    #[test]
    fn marks_count_from_where_reading_went_on() {
        let mut buffer = ReadBuffer::new();
        buffer.preload(b"hhabhhhcdt");
        let bytes = buffer.take();
        assert_eq!(buffer.unread(), 0..10);
        buffer.mark(2, 2);
        buffer.consume(4);
        assert_eq!(buffer.unread(), 4..10);
        buffer.mark(3, 2);
        buffer.mark(5, 0);
        buffer.mark(5, 1);
        buffer.consume(6);
        buffer.put_back(bytes);
        let chunk = buffer.take_chunk();
        assert_eq!(written(&chunk, 0), b"abcdt");
        buffer.preload(b"xyz");
        buffer.consume(3);
        buffer.unread();
        buffer.base = 0;
        buffer.mark(1, 2);
        let mut out = b"before ".to_vec();
        buffer.move_payload_to(&mut out);
        assert_eq!((&out[..], buffer.payload_len()), (&b"before yz"[..], 0));
    }
}
