//! Where received messages go. A sink takes sections of messages and hands bytes to the output lane.

use super::check::Unmet;
use super::chunk::ReadBuffer;
use crate::error::Failure;
use crate::protocol::{CloseFrame, Section};

/// The two ways in which a sink hands bytes to the output lane: `out` and [`Delivery::pass_on`]. A session
/// must use only one of them, because they do not keep their relative order.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// Bytes that the sink has laid out.
    pub out: &'a mut Vec<u8>,
    /// The buffer that holds the bytes of the section.
    pub(super) input: &'a mut ReadBuffer,
}

impl Delivery<'_> {
    /// Writes the bytes of the section unchanged, without copying them if they are in the input buffer.
    pub fn pass_on(&mut self, section: &Section<'_>) {
        match section.offset {
            Some(offset) => self.input.mark(offset, section.bytes.len()),
            None => self.out.extend_from_slice(section.bytes),
        }
    }
}

/// Receives the messages that arrive.
pub trait Sink {
    /// Receives a part of a message. Returns whether [`Sink::continue_message`] has more of it to lay out.
    ///
    /// # Errors
    /// The session must end, because the sink accepts nothing more.
    fn section(&mut self, section: &Section<'_>, delivery: &mut Delivery<'_>) -> Result<bool, Failure>;

    /// Lays out the next piece of a message that was too large for one piece. Returns whether more pieces
    /// follow.
    fn continue_message(&mut self, out: &mut Vec<u8>) -> bool {
        let _ = out;
        false
    }

    /// The session was closed with this frame.
    fn close(&mut self, close: &CloseFrame, out: &mut Vec<u8>);

    /// Whether every check is met.
    fn is_met(&self) -> bool {
        true
    }

    /// The checks that no message has met, with a description of what was seen instead; `None` if all are
    /// met.
    fn unmet(&self) -> Option<Unmet> {
        None
    }
}
