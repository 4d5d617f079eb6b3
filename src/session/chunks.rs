//! Stream mode, outgoing: bytes as they are read become binary messages, or sections of one.

use sha2::{Digest, Sha256};

use super::input::{Block, Input, InputLane, Refill};
use super::wake::Wake;
use super::{Allowance, Fill, Outgoing, Supply};
use crate::error::{Failure, Status};
use crate::protocol::{Encoder, FrameHeader, Opcode, PayloadMask};

/// The least that is asked for in one read: small chunks are cut from larger blocks.
const MIN_BLOCK: usize = 64 * 1024;

/// The most that is asked for in one read of a file.
const FILE_BLOCK: usize = 256 * 1024;

/// How the bytes become messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// What is read at once, at most this many bytes, is one message.
    Chunks(usize),
    /// Everything is one message of one frame with this many bytes.
    OneFrame(u64),
    /// Everything is one message, in a fragment for every read.
    Fragments,
}

/// Sends a file, a pipe or what is typed.
#[derive(Debug)]
pub struct ChunkSource {
    shape: Shape,
    input: Option<Input>,
    name: String,
    lane: Option<InputLane>,
    block: Block,
    /// The frame that is being written.
    frame: Option<PayloadMask>,
    begun: bool,
    over: bool,
    digest: Option<Sha256>,
}

impl ChunkSource {
    /// A source that has not been started; with `digest` it computes the SHA-256 of what is sent.
    pub fn new(input: Input, shape: Shape, digest: bool) -> Self {
        Self {
            shape,
            name: input.name.clone(),
            input: Some(input),
            lane: None,
            block: Block::default(),
            frame: None,
            begun: false,
            over: false,
            digest: digest.then(Sha256::new),
        }
    }

    /// The SHA-256 of what was sent, if it was asked for.
    pub fn digest(&self) -> Option<[u8; 32]> {
        self.digest.clone().map(|digest| digest.finalize().into())
    }

    fn block_size(&self, from_file: bool) -> usize {
        match self.shape {
            Shape::Chunks(size) if from_file => size.max(FILE_BLOCK / size.max(1) * size),
            Shape::Chunks(size) => size.max(MIN_BLOCK),
            Shape::OneFrame(_) => FILE_BLOCK,
            Shape::Fragments => MIN_BLOCK,
        }
    }

    /// Makes sure that the block has bytes: whether it has.
    fn refill(&mut self) -> Result<Refill, Failure> {
        self.lane.as_mut().map_or(Ok(Refill::End), |lane| lane.refill(&mut self.block))
    }

    /// The header of the frame that the bytes at hand begin.
    fn next_header(&self) -> FrameHeader {
        let here = self.block.bytes().len();
        let opcode = if self.begun { Opcode::Continuation } else { Opcode::Binary };
        match self.shape {
            Shape::Chunks(size) => {
                FrameHeader { fin: true, opcode: Opcode::Binary, len: here.min(size) as u64 }
            }
            Shape::OneFrame(len) => FrameHeader { fin: true, opcode: Opcode::Binary, len },
            Shape::Fragments => FrameHeader { fin: false, opcode, len: here as u64 },
        }
    }

    /// Whether the rest of the frame is at hand and at most `room` bytes long.
    fn frame_fits(&self, room: usize) -> bool {
        let rest = self.frame.as_ref().map_or(0, PayloadMask::remaining);
        rest <= room.min(self.block.bytes().len()) as u64
    }

    /// Appends at most `room` bytes to the frame that is being written: how many.
    fn append(&mut self, room: usize, out: &mut Vec<u8>) -> u64 {
        let Some(frame) = &mut self.frame else { return 0 };
        let bytes = self.block.bytes();
        let here = bytes.len().min(room).min(usize::try_from(frame.remaining()).unwrap_or(usize::MAX));
        if let Some(digest) = &mut self.digest {
            digest.update(&bytes[..here]);
        }
        frame.append(&bytes[..here], out);
        if frame.remaining() == 0 {
            self.frame = None;
            // A file that has grown since is sent as long as it was.
            self.over = matches!(self.shape, Shape::OneFrame(_));
        }
        self.block.consume(here);
        here as u64
    }

    /// What the end of the input asks for.
    fn end(&mut self, encoder: &mut Encoder, out: &mut Vec<u8>, fill: &mut Fill) -> Result<(), Failure> {
        self.over = true;
        fill.next = Supply::Over(None);
        let missing = match (&self.frame, self.shape) {
            (Some(frame), _) => frame.remaining(),
            (None, Shape::OneFrame(size)) if !self.begun => size,
            (None, _) => 0,
        };
        if missing > 0 {
            let text =
                format!("cannot read {}: it became {missing} bytes shorter while it was sent", self.name);
            return Err(Failure::new(Status::ReadError, text));
        }
        let empty_message = FrameHeader { fin: true, opcode: Opcode::Binary, len: 0 };
        match self.shape {
            Shape::Fragments if self.begun => {
                encoder.frame(Opcode::Continuation, true, b"", out);
                fill.messages += 1;
            }
            Shape::Fragments | Shape::OneFrame(_) if !self.begun => {
                drop(encoder.begin(empty_message, out));
                fill.messages += 1;
            }
            _ => {}
        }
        Ok(())
    }
}

impl Outgoing for ChunkSource {
    fn start(&mut self, wake: &Wake) -> Result<(), Failure> {
        if let Some(input) = self.input.take() {
            let size = self.block_size(input.size.is_some());
            self.lane = Some(InputLane::start(input, size, wake.clone())?);
        }
        Ok(())
    }

    fn fill(
        &mut self,
        encoder: &mut Encoder,
        out: &mut Vec<u8>,
        allowance: Allowance,
    ) -> Result<Fill, Failure> {
        let mut fill = Fill::default();
        let limit = out.len() + allowance.bytes;
        while out.len() < limit {
            if allowance.one_frame && self.frame.is_none() && fill.bytes > 0 {
                break;
            }
            if self.over {
                fill.next = Supply::Over(None);
                return Ok(fill);
            }
            match self.refill()? {
                Refill::Ready => {}
                Refill::Nothing => return Ok(fill),
                Refill::End => {
                    self.end(encoder, out, &mut fill)?;
                    return Ok(fill);
                }
            }
            if self.frame.is_none() {
                self.frame = Some(encoder.begin(self.next_header(), out));
                self.begun = true;
            }
            let room = limit.saturating_sub(out.len()).max(1);
            let room = if self.frame_fits(room + allowance.overshoot) { usize::MAX } else { room };
            fill.bytes += self.append(room, out);
            if self.frame.is_none() {
                fill.messages += u64::from(self.shape != Shape::Fragments);
            }
        }
        fill.next = Supply::Ready;
        Ok(fill)
    }

    fn is_inside_frame(&self) -> bool {
        self.frame.is_some()
    }

    fn complete_frame(&mut self, out: &mut Vec<u8>) -> bool {
        self.append(usize::MAX, out);
        self.frame.is_none()
    }

    fn has_more(&mut self) -> bool {
        let unfinished = self.frame.is_some() || (self.shape == Shape::Fragments && self.begun);
        !self.over
            && (!self.block.is_empty() || unfinished || self.lane.as_mut().is_some_and(InputLane::has_more))
    }
}
