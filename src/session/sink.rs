//! Where received messages go. A sink takes sections of messages and hands bytes to the output lane.

use super::chunk::ReadBuffer;
use crate::error::Failure;
use crate::protocol::{CloseFrame, Section};

/// How a sink hands bytes to the output lane: by `out` or by [`Delivery::pass_on`]. In one session it uses only one of
/// them, because their order is not kept.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// Bytes that the sink has laid out.
    pub out: &'a mut Vec<u8>,
    /// The buffer that holds the bytes of the section.
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

/// Takes the messages that arrive.
pub trait Sink {
    /// Takes a part of a message.
    ///
    /// # Errors
    /// The session has to end: the sink takes nothing more.
    fn section(&mut self, section: &Section<'_>, delivery: &mut Delivery<'_>) -> Result<(), Failure>;

    /// Lays out the next piece of a message that was too large to be laid out at once. Returns whether more pieces follow.
    fn continue_message(&mut self, out: &mut Vec<u8>) -> bool {
        let _ = out;
        false
    }

    /// The session was closed with this frame.
    fn close(&mut self, close: &CloseFrame, out: &mut Vec<u8>);

    /// Checks that no message has met, described with what was seen instead; `None` when all are met.
    fn unmet(&self) -> Option<String>;
}
