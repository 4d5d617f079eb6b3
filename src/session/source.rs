//! Where the messages to send come from. A source yields sections of messages and knows nothing of frames.

use std::time::Instant;

use super::lane::LaneContext;
use crate::error::Failure;
use crate::protocol::{CloseFrame, OutgoingSection};

/// What a source has to send now.
#[derive(Debug)]
pub enum Offer<'a> {
    /// A part of a message.
    Section(OutgoingSection<'a>),
    /// Not a section yet, but asking again at once may give one.
    Again,
    /// Nothing yet: a waker or something that the server sends announces more.
    Pending,
    /// There will be more at this time.
    Later(Instant),
    /// Everything was offered and accepted; the input may ask for a Close of its own.
    End(Option<CloseFrame>),
}

/// What a source has beyond what was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remaining {
    /// Nothing: its end was seen, or it has none of its own.
    Nothing,
    /// At least one more byte or message.
    Something,
    /// Nothing at hand, but its end was not seen.
    Unknown,
}

/// See the module.
pub trait Source {
    /// Starts what has to run beside the network thread.
    fn start(&mut self, context: &LaneContext) -> Result<(), Failure>;

    /// What there is to send now. A section of at most `room` bytes is accepted whole; of a longer one, the rest is asked
    /// for again. Never blocks.
    ///
    /// # Errors
    /// The input cannot be read, or is not what it should be. What was accepted before is still good.
    fn offer(&mut self, room: usize) -> Result<Offer<'_>, Failure>;

    /// The first `bytes` of the section offered last are in frames.
    fn accept(&mut self, bytes: usize);

    /// What has been accepted since the last call is about to be written to the socket.
    fn leaves(&mut self) {}

    /// What is left. Never blocks.
    fn remaining(&mut self) -> Remaining;

    /// Bytes of payload in all, where that is known before reading.
    fn size(&self) -> Option<u64> {
        None
    }

    /// Whether a reply of the server is missing: until it is there, the session is not over, and the time to receive
    /// counts.
    fn awaits_reply(&self) -> bool {
        false
    }
}
