//! Inflates the messages that one side receives (RFC 7692 §7.2.2). Yields a message of any size in sections.
//! Memory: about 60 KiB, independent of the input.
//!
//! Uses zlib-rs itself instead of flate2, because only `InflateFlush::Block` tells whether a message ends with a block.

use std::fmt;

use zlib_rs::{Inflate, InflateFlush, Status};

use crate::protocol::inflate_error::InflateError;

/// The bytes that the sender removed from the end of a message, and one more. A message that ends correctly
/// ends with the header of an empty stored block, so inflating stops before the additional byte.
const TAIL_AND_STOP: [u8; 5] = [0x00, 0x00, 0xFF, 0xFF, 0x00];

/// The largest window of deflate. zlib-rs inflates only with this one; it also suits data made with smaller
/// windows.
const WINDOW_BITS: u8 = 15;

/// The most bytes that are inflated at a time: few enough to still be in a fast cache when they are copied.
const BLOCK: usize = 16 * 1024;

/// The reason for any invalid code, so that it does not depend on how the input was split.
const INVALID_CODE: &str = "a code is invalid, or a distance too far back";

/// The inflater of one direction. It must not be used after an error.
pub struct Inflater {
    stream: Inflate,
    keeps_context: bool,
    /// Compressed bytes of the current message so far.
    offset: u64,
    block: Box<[u8; BLOCK]>,
}

/// The result of [`Inflater::section`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of compressed bytes used.
    pub used: usize,
    /// Whether the room is used up, so that there may be more output. The next call must pass the unused
    /// compressed bytes, possibly none, and the same `last`.
    pub is_pending: bool,
}

impl Inflater {
    /// Creates an inflater for windows of any size. With `keeps_context`, a message may refer to those before
    /// it.
    pub fn new(keeps_context: bool) -> Self {
        let stream = Inflate::new(false, WINDOW_BITS);
        Self { stream, keeps_context, offset: 0, block: Box::new([0; BLOCK]) }
    }

    /// Inflates the next compressed bytes of a message and appends at most `room` bytes to `out`; `room` must
    /// not be zero. `last` says whether the message ends after `compressed`.
    ///
    /// # Errors
    /// The message is not valid deflate data, or is truncated. What it held before the fault was appended.
    pub fn section(
        &mut self,
        compressed: &[u8],
        last: bool,
        out: &mut Vec<u8>,
        room: usize,
    ) -> Result<Progress, InflateError> {
        let (mut rest, mut room) = (compressed, room);
        while room > 0 {
            let limit = room.min(BLOCK);
            let step = self.step(rest, limit, InflateFlush::NoFlush);
            out.extend_from_slice(&self.block[..step.written]);
            rest = &rest[step.used..];
            room -= step.written;
            match step.status? {
                // A block with BFINAL ends the deflate stream, but not the message (RFC 7692 §7.2.3.4).
                Status::StreamEnd => self.stream.reset(false),
                Status::Ok | Status::BufError if rest.is_empty() && step.written < limit => {
                    if last {
                        self.end_message()?;
                    }
                    return Ok(Progress { used: compressed.len(), is_pending: false });
                }
                Status::Ok | Status::BufError => {}
            }
        }
        Ok(Progress { used: compressed.len() - rest.len(), is_pending: true })
    }

    /// Inflates the tail that the sender removed, and prepares for the next message.
    fn end_message(&mut self) -> Result<(), InflateError> {
        let unended =
            InflateError { offset: self.offset, reason: "it does not end with an empty stored block" };
        let step = self.step(&TAIL_AND_STOP, BLOCK, InflateFlush::Block);
        if step.status.is_err() || step.used != TAIL_AND_STOP.len() - 1 || step.written > 0 {
            return Err(unended);
        }
        self.offset = 0;
        if !self.keeps_context {
            self.stream.reset(false);
        }
        Ok(())
    }

    /// Inflates into the first `limit` bytes of the block.
    fn step(&mut self, input: &[u8], limit: usize, flush: InflateFlush) -> Step {
        let (total_in, total_out) = (self.stream.total_in(), self.stream.total_out());
        let result = self.stream.decompress(input, &mut self.block[..limit], flush);
        let used = self.stream.total_in() - total_in;
        let written = self.stream.total_out() - total_out;
        self.offset += used;
        let status = result.map_err(|err| {
            let reason = self.stream.error_message().unwrap_or(err.as_str());
            InflateError {
                offset: self.offset,
                reason: if is_of_a_code(reason) { INVALID_CODE } else { reason },
            }
        });
        // Neither count exceeds the length of its buffer.
        let size = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
        Step { used: size(used), written: size(written), status }
    }
}

/// Whether zlib-rs has found a code that is invalid. Its faster loop, which takes the longer inputs, tells that by a
/// message of its own instead of one of the three others.
fn is_of_a_code(reason: &str) -> bool {
    matches!(
        reason,
        "invalid literal/length code"
            | "invalid distance code"
            | "invalid distance too far back"
            | "repeated call with bad state"
    )
}

/// The result of one call of zlib-rs.
struct Step {
    used: usize,
    written: usize,
    status: Result<Status, InflateError>,
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater")
            .field("keeps_context", &self.keeps_context)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}
