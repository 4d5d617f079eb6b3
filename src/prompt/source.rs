//! The source of a conversation: messages that were typed.

use std::sync::Arc;

use super::queue::Queue;
use crate::error::Failure;
use crate::protocol::{Kind, OutgoingSection};
use crate::session::{Control, LaneContext, Offer, Remaining, Source};

/// A larger message is offered in sections, as the socket takes it.
#[derive(Debug)]
pub struct TypedSource {
    queue: Arc<Queue>,
    held: Option<Held>,
    /// Messages that may still be begun.
    left: u64,
}

#[derive(Debug)]
struct Held {
    kind: Kind,
    payload: Vec<u8>,
    accepted: usize,
}

impl TypedSource {
    /// Sends what comes into `queue`, at most `most` messages.
    pub(super) fn new(queue: Arc<Queue>, most: u64) -> Self {
        Self { queue, held: None, left: most }
    }
}

impl Source for TypedSource {
    fn start(&mut self, context: &LaneContext) -> Result<(), Failure> {
        self.queue.wakes(context.waker());
        Ok(())
    }

    fn offer(&mut self, _: usize) -> Result<Offer<'_>, Failure> {
        if self.held.is_none() {
            if self.left == 0 || self.queue.is_over() {
                return Ok(Offer::End(None));
            }
            self.held = self.queue.next().map(|(kind, payload)| Held { kind, payload, accepted: 0 });
            self.left -= u64::from(self.held.is_some());
        }
        let Some(Held { kind, payload, accepted }) = &self.held else { return Ok(Offer::Pending) };
        let whole_len = Some(payload.len() as u64);
        Ok(Offer::Section(OutgoingSection {
            kind: *kind,
            bytes: &payload[*accepted..],
            last: true,
            whole_len,
        }))
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
        if self.held.is_some() || (self.left > 0 && self.queue.has_messages()) {
            Remaining::Something
        } else {
            // What a person does not type is not lost.
            Remaining::Nothing
        }
    }

    fn control(&mut self) -> Option<Control> {
        let waits = self.remaining() != Remaining::Nothing;
        self.queue.next_control(waits)
    }
}
