//! Stream mode, outbound: the bytes of each read become a binary message, or all bytes become one message.

use sha2::{Digest, Sha256};

use super::input::{Block, Input, InputLane, Refill};
use super::lane::LaneContext;
use super::source::{Offer, Remaining, Source};
use crate::error::{Failure, Status};
use crate::protocol::{Kind, OutgoingSection};

/// The least that is asked for in one read: small chunks are cut from larger blocks.
const MIN_BLOCK: usize = 64 * 1024;

/// The most that is asked for in one read of a file.
const FILE_BLOCK: usize = 256 * 1024;

/// How the bytes become messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The bytes of one read, at most this many, are one message.
    Chunks(usize),
    /// All bytes are one message of this length.
    Whole(u64),
    /// All bytes are one message of unknown length.
    Unknown,
}

/// Sends the bytes of an input.
#[derive(Debug)]
pub struct ChunkSource {
    shape: Shape,
    input: Option<Input>,
    name: String,
    size: Option<u64>,
    lane: Option<InputLane>,
    block: Block,
    /// Bytes of the current message that were not accepted; `None` between messages, and where the length is unknown.
    left: Option<u64>,
    begun: bool,
    over: bool,
    digest: Option<Sha256>,
}

impl ChunkSource {
    /// A source that is not started yet. With `digest` it computes the SHA-256 of what is sent.
    pub fn new(input: Input, shape: Shape, digest: bool) -> Self {
        Self {
            shape,
            name: input.name.clone(),
            size: input.size,
            input: Some(input),
            lane: None,
            block: Block::default(),
            left: None,
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
            Shape::Whole(_) => FILE_BLOCK,
            Shape::Unknown => MIN_BLOCK,
        }
    }

    /// Makes sure that the block has bytes, or says why it has none.
    fn refill(&mut self) -> Result<Refill, Failure> {
        self.lane.as_mut().map_or(Ok(Refill::End), |lane| lane.refill(&mut self.block))
    }

    /// The part of the current message that is in the block.
    fn section(&mut self) -> OutgoingSection<'_> {
        let at_hand = self.block.bytes().len() as u64;
        let whole_len = match self.shape {
            Shape::Chunks(size) => Some(self.left.unwrap_or(at_hand.min(size as u64))),
            Shape::Whole(len) => Some(self.left.unwrap_or(len)),
            Shape::Unknown => None,
        };
        self.left = whole_len;
        let here = whole_len.map_or(at_hand, |left| left.min(at_hand));
        let bytes = &self.block.bytes()[..usize::try_from(here).unwrap_or(usize::MAX)];
        OutgoingSection { kind: Kind::Binary, bytes, last: whole_len == Some(here), whole_len }
    }

    /// The offer at the end of the input: the end of the message, if it is open, or the end.
    fn end(&mut self) -> Result<Offer<'_>, Failure> {
        let missing = match (self.left, self.shape) {
            (Some(left), _) => left,
            (None, Shape::Whole(size)) if !self.begun => size,
            (None, _) => 0,
        };
        if missing > 0 {
            let text =
                format!("cannot read {}: it became {missing} bytes shorter while it was sent", self.name);
            return Err(Failure::new(Status::ReadError, text));
        }
        let ends_message = self.shape == Shape::Unknown || !self.begun;
        self.over = true;
        if matches!(self.shape, Shape::Chunks(_)) || !ends_message {
            return Ok(Offer::End(None));
        }
        let whole_len = (!self.begun).then_some(0);
        Ok(Offer::Section(OutgoingSection { kind: Kind::Binary, bytes: b"", last: true, whole_len }))
    }
}

impl Source for ChunkSource {
    fn start(&mut self, context: &LaneContext) -> Result<(), Failure> {
        if let Some(input) = self.input.take() {
            let size = self.block_size(input.size.is_some());
            self.lane = Some(InputLane::start(input, size, context.clone())?);
        }
        Ok(())
    }

    fn offer(&mut self, _: usize) -> Result<Offer<'_>, Failure> {
        if self.over {
            return Ok(Offer::End(None));
        }
        match self.refill()? {
            Refill::Ready => Ok(Offer::Section(self.section())),
            Refill::Nothing => Ok(Offer::Pending),
            Refill::End => self.end(),
        }
    }

    fn accept(&mut self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        if let Some(digest) = &mut self.digest {
            digest.update(&self.block.bytes()[..bytes]);
        }
        self.block.consume(bytes);
        self.begun = true;
        self.left = self.left.map(|left| left - bytes as u64).filter(|left| *left > 0);
        // A file that has grown is sent at its former length.
        self.over |= self.left.is_none() && matches!(self.shape, Shape::Whole(_));
    }

    fn size(&self) -> Option<u64> {
        self.size
    }

    fn remaining(&mut self) -> Remaining {
        let unfinished = self.left.is_some() || (self.shape == Shape::Unknown && self.begun);
        match &mut self.lane {
            _ if self.over => Remaining::Nothing,
            _ if !self.block.is_empty() || unfinished => Remaining::Something,
            Some(lane) => lane.remaining(),
            None => Remaining::Nothing,
        }
    }
}
