//! Message mode, outbound: messages from arguments, or read from the input.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::input::{Block, Input, InputLane, Refill};
use super::lane::LaneContext;
use super::source::{Offer, Remaining, Source};
use crate::error::Failure;
use crate::framing::{self, FramingReader, Item};
use crate::protocol::{CloseFrame, Kind, OutgoingSection};

/// Bytes asked for in one read.
const BLOCK: usize = 128 * 1024;

/// A larger message is offered in sections, as the socket takes it.
const LARGE: usize = 64 * 1024;

/// Sends whole messages.
#[derive(Debug)]
pub struct MessageSource {
    given: VecDeque<(Kind, Vec<u8>)>,
    input: Option<(Input, FramingReader)>,
    framed: Option<FramedInput>,
    /// A message of which not everything was accepted.
    held: Option<Held>,
    /// Messages begun, and how many may be.
    number: u64,
    most: u64,
}

#[derive(Debug)]
struct Held {
    kind: Kind,
    payload: Vec<u8>,
    accepted: usize,
}

/// The input, and the reader that finds messages in it.
#[derive(Debug)]
struct FramedInput {
    lane: InputLane,
    reader: FramingReader,
    block: Block,
    over: bool,
}

/// What the input holds next.
enum Next<'a> {
    Message(Kind, Cow<'a, [u8]>),
    Close(CloseFrame),
    /// No whole message yet, but more input may be at hand.
    Again,
    /// Nothing yet.
    Pending,
    End,
}

impl MessageSource {
    /// Sends these messages and nothing else.
    pub fn given(messages: Vec<(Kind, Vec<u8>)>) -> Self {
        Self::new(messages.into(), None, u64::MAX)
    }

    /// Sends the messages that `reader` finds in `input`, at most `most`.
    pub fn split(input: Input, reader: FramingReader, most: u64) -> Self {
        Self::new(VecDeque::new(), Some((input, reader)), most)
    }

    fn new(given: VecDeque<(Kind, Vec<u8>)>, input: Option<(Input, FramingReader)>, most: u64) -> Self {
        Self { given, input, framed: None, held: None, number: 0, most }
    }
}

impl FramedInput {
    fn next(&mut self) -> Result<Next<'_>, Failure> {
        if self.over {
            return Ok(Next::End);
        }
        match self.lane.refill(&mut self.block)? {
            Refill::Ready => {
                let Self { reader, block, .. } = self;
                let (used, item) = reader.next(&block.buffer[block.start..block.end])?;
                block.start += used;
                Ok(item.map_or(Next::Again, Next::from))
            }
            Refill::Nothing => Ok(Next::Pending),
            Refill::End => {
                self.over = true;
                Ok(self.reader.finish()?.map_or(Next::End, Next::from))
            }
        }
    }
}

impl<'a> From<Item<'a>> for Next<'a> {
    fn from(item: Item<'a>) -> Self {
        match item {
            Item::Message(kind, payload) => Self::Message(kind, payload),
            Item::Close(close) => Self::Close(close),
        }
    }
}

impl Held {
    fn section(&self) -> OutgoingSection<'_> {
        let whole_len = Some(self.payload.len() as u64);
        OutgoingSection { kind: self.kind, bytes: &self.payload[self.accepted..], last: true, whole_len }
    }
}

impl Source for MessageSource {
    fn start(&mut self, context: &LaneContext) -> Result<(), Failure> {
        if let Some((input, reader)) = self.input.take() {
            let lane = InputLane::start(input, BLOCK, context.clone())?;
            self.framed = Some(FramedInput { lane, reader, block: Block::default(), over: false });
        }
        Ok(())
    }

    fn offer(&mut self, room: usize) -> Result<Offer<'_>, Failure> {
        if self.held.is_some() {
            return Ok(self.held.as_ref().map_or(Offer::Pending, |held| Offer::Section(held.section())));
        }
        if self.number == self.most {
            return Ok(Offer::End(None));
        }
        if let Some((kind, payload)) = self.given.pop_front() {
            self.number += 1;
            check_text(kind, &payload, self.number)?;
            let held = self.held.insert(Held { kind, payload, accepted: 0 });
            return Ok(Offer::Section(held.section()));
        }
        let Some(framed) = &mut self.framed else { return Ok(Offer::End(None)) };
        match framed.next()? {
            Next::Message(kind, payload) => {
                self.number += 1;
                match payload {
                    Cow::Borrowed(bytes) if bytes.len() <= LARGE.min(room) => {
                        let whole_len = Some(bytes.len() as u64);
                        Ok(Offer::Section(OutgoingSection { kind, bytes, last: true, whole_len }))
                    }
                    payload => {
                        let payload = payload.into_owned();
                        let held = self.held.insert(Held { kind, payload, accepted: 0 });
                        Ok(Offer::Section(held.section()))
                    }
                }
            }
            Next::Close(close) => {
                // Messages behind it in the input are not sent.
                self.most = self.number;
                Ok(Offer::End(Some(close)))
            }
            Next::Again => Ok(Offer::Again),
            Next::Pending => Ok(Offer::Pending),
            Next::End => Ok(Offer::End(None)),
        }
    }

    fn accept(&mut self, bytes: usize) {
        if let Some(held) = &mut self.held {
            held.accepted += bytes;
            if held.accepted == held.payload.len() {
                self.held = None;
            }
        }
    }

    fn remaining(&mut self) -> Remaining {
        if self.held.is_some() || (self.number < self.most && !self.given.is_empty()) {
            return Remaining::Something;
        }
        match &mut self.framed {
            Some(framed) if self.number < self.most && !framed.over => {
                if !framed.block.is_empty() || framed.reader.is_inside_message() {
                    return Remaining::Something;
                }
                framed.lane.remaining()
            }
            _ => Remaining::Nothing,
        }
    }
}

fn check_text(kind: Kind, payload: &[u8], number: u64) -> Result<(), Failure> {
    match kind {
        Kind::Text => {
            std::str::from_utf8(payload).map(drop).map_err(|err| framing::not_utf8(number, err.valid_up_to()))
        }
        Kind::Binary => Ok(()),
    }
}
