//! Where received messages go. A sink takes sections of messages and hands bytes to the output lane.

use super::chunk::ReadBuffer;
use crate::error::Failure;
use crate::protocol::{CloseFrame, Section};

/// How a sink hands bytes to the output lane. In one session a sink uses one of the two ways: the order of both together
/// is not kept.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// Bytes to write: what a sink lays out itself.
    pub out: &'a mut Vec<u8>,
    /// Where the bytes of the section lie.
    pub(super) input: &'a mut ReadBuffer,
}

impl Delivery<'_> {
    /// Writes the bytes of the section as they are; without copying them where they lie in the input.
    pub fn pass_on(&mut self, section: &Section<'_>) {
        match section.offset {
            Some(offset) => self.input.mark(offset, section.bytes.len()),
            None => self.out.extend_from_slice(section.bytes),
        }
    }
}

/// See the module.
pub trait Sink {
    /// Takes a part of a message.
    ///
    /// # Errors
    /// Nothing more is to be received.
    fn section(&mut self, section: &Section<'_>, delivery: &mut Delivery<'_>) -> Result<(), Failure>;

    /// Writes more of a message that was too large to be laid out at once: whether there is still more of it.
    fn continue_message(&mut self, out: &mut Vec<u8>) -> bool {
        let _ = out;
        false
    }

    /// The session is over, closed with this frame.
    fn close(&mut self, close: &CloseFrame, out: &mut Vec<u8>);

    /// Checks that no message has met, described with what was seen instead; `None` when all are met.
    fn unmet(&self) -> Option<String>;
}
