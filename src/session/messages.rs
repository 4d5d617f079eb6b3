//! Message mode, outgoing: messages given as arguments, or split from the input.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::input::{Block, Input, InputLane, Refill};
use super::wake::Wake;
use super::{Allowance, Fill, Outgoing, Supply};
use crate::error::{Failure, Status};
use crate::framing::{FramingReader, Item};
use crate::protocol::{CloseFrame, Encoder, FrameHeader, Kind, PayloadMask};

/// Bytes asked for in one read.
const BLOCK: usize = 128 * 1024;

/// A larger message is not appended at once but as the socket takes it.
const LARGE: usize = 64 * 1024;

/// Sends whole messages.
#[derive(Debug)]
pub struct MessageSource {
    given: VecDeque<(Kind, Vec<u8>)>,
    input: Option<(Input, FramingReader)>,
    split: Option<Split>,
    large: Option<Large>,
    /// Messages begun, and how many may be.
    number: u64,
    most: u64,
}

/// The input, as far as it has been split.
#[derive(Debug)]
struct Split {
    lane: InputLane,
    reader: FramingReader,
    block: Block,
    over: bool,
}

/// What one step of splitting gave.
enum Pulled<'a> {
    Message(Kind, Cow<'a, [u8]>),
    Close(CloseFrame),
    /// Nothing yet, but the next step may give something.
    Again,
    Nothing,
    End,
}

/// A message that is being sent in sections.
#[derive(Debug)]
struct Large {
    payload: Vec<u8>,
    sent: usize,
    frame: PayloadMask,
}

impl MessageSource {
    /// Sends `messages` and nothing else.
    pub fn given(messages: Vec<(Kind, Vec<u8>)>) -> Self {
        Self::new(messages.into(), None, u64::MAX)
    }

    /// Sends what `reader` finds in `input`, at most `most` messages.
    pub fn split(input: Input, reader: FramingReader, most: u64) -> Self {
        Self::new(VecDeque::new(), Some((input, reader)), most)
    }

    fn new(given: VecDeque<(Kind, Vec<u8>)>, input: Option<(Input, FramingReader)>, most: u64) -> Self {
        Self { given, input, split: None, large: None, number: 0, most }
    }

    /// Sends the next message, or the next section of a large one.
    fn advance(
        &mut self,
        encoder: &mut Encoder,
        out: &mut Vec<u8>,
        limit: usize,
        fill: &mut Fill,
    ) -> Result<Supply, Failure> {
        if let Some(large) = &mut self.large {
            if large.advance(out, limit, fill) {
                self.large = None;
                fill.messages += 1;
            }
            return Ok(Supply::Ready);
        }
        if self.number == self.most {
            return Ok(Supply::Over(None));
        }
        let (kind, payload) = match (self.given.pop_front(), &mut self.split) {
            (Some((kind, payload)), _) => (kind, Cow::Owned(payload)),
            (None, None) => return Ok(Supply::Over(None)),
            (None, Some(split)) => match split.step()? {
                Pulled::Message(kind, payload) => (kind, payload),
                Pulled::Close(close) => {
                    // What follows it in the input is not for sending.
                    self.most = self.number;
                    return Ok(Supply::Over(Some(close)));
                }
                Pulled::Again => return Ok(Supply::Ready),
                Pulled::Nothing => return Ok(Supply::Waiting),
                Pulled::End => return Ok(Supply::Over(None)),
            },
        };
        self.number += 1;
        if kind == Kind::Text {
            std::str::from_utf8(&payload).map_err(|err| not_utf8(self.number, err.valid_up_to()))?;
        }
        if payload.len() > LARGE {
            let header = FrameHeader { fin: true, opcode: kind.into(), len: payload.len() as u64 };
            self.large =
                Some(Large { payload: payload.into_owned(), sent: 0, frame: encoder.begin(header, out) });
        } else {
            encoder.frame(kind.into(), true, &payload, out);
            fill.messages += 1;
            fill.bytes += payload.len() as u64;
        }
        Ok(Supply::Ready)
    }
}

fn not_utf8(number: u64, offset: usize) -> Failure {
    Failure::new(Status::ReadError, format!("message {number} is not UTF-8 at byte {offset}"))
        .hint("-b sends it as binary; probe does with --mode stream")
}

impl Split {
    fn step(&mut self) -> Result<Pulled<'_>, Failure> {
        if self.over {
            return Ok(Pulled::End);
        }
        match self.lane.refill(&mut self.block)? {
            Refill::Ready => {
                let (used, item) = self.reader.next(&self.block.buffer[self.block.start..self.block.end])?;
                self.block.start += used;
                Ok(pulled(item))
            }
            Refill::Nothing => Ok(Pulled::Nothing),
            Refill::End => {
                self.over = true;
                Ok(pulled(self.reader.finish()?))
            }
        }
    }
}

fn pulled(item: Option<Item<'_>>) -> Pulled<'_> {
    match item {
        Some(Item::Message(kind, payload)) => Pulled::Message(kind, payload),
        Some(Item::Close(close)) => Pulled::Close(close),
        None => Pulled::Again,
    }
}

impl Large {
    /// Appends the next section: whether it was the last.
    fn advance(&mut self, out: &mut Vec<u8>, limit: usize, fill: &mut Fill) -> bool {
        let room = limit.saturating_sub(out.len()).max(1);
        let rest = &self.payload[self.sent..];
        let here = rest.len().min(room);
        self.frame.append(&rest[..here], out);
        self.sent += here;
        fill.bytes += here as u64;
        self.sent == self.payload.len()
    }
}

impl Outgoing for MessageSource {
    fn start(&mut self, wake: &Wake) -> Result<(), Failure> {
        if let Some((input, reader)) = self.input.take() {
            let lane = InputLane::start(input, BLOCK, wake.clone())?;
            self.split = Some(Split { lane, reader, block: Block::default(), over: false });
        }
        Ok(())
    }

    fn fill(
        &mut self,
        encoder: &mut Encoder,
        out: &mut Vec<u8>,
        allowance: Allowance,
    ) -> Result<Fill, Failure> {
        let mut fill = Fill { next: Supply::Ready, ..Fill::default() };
        let limit = out.len() + allowance.bytes;
        let messages = if allowance.one_frame { 1 } else { allowance.messages };
        while out.len() < limit && fill.messages < messages && fill.next == Supply::Ready {
            fill.next = self.advance(encoder, out, limit, &mut fill)?;
        }
        Ok(fill)
    }

    fn is_inside_frame(&self) -> bool {
        self.large.is_some()
    }

    fn complete_frame(&mut self, out: &mut Vec<u8>) -> bool {
        if let Some(mut large) = self.large.take() {
            large.advance(out, usize::MAX, &mut Fill::default());
        }
        true
    }

    fn has_more(&mut self) -> bool {
        let from_input = |split: &mut Split| {
            !split.block.is_empty() || split.reader.is_inside_message() || split.lane.has_more()
        };
        self.large.is_some()
            || (self.number < self.most
                && (!self.given.is_empty() || self.split.as_mut().is_some_and(from_input)))
    }
}
