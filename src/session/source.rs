//! Where the messages to send come from. A source yields sections of messages and knows nothing of frames.

use std::time::Instant;

use super::lane::LaneContext;
use crate::error::Failure;
use crate::protocol::{CloseFrame, OutgoingSection};

/// What a source has to send.
#[derive(Debug)]
pub enum Offer<'a> {
    /// A part of a message.
    Section(OutgoingSection<'a>),
    /// Not a section yet, but asking again at once may give one.
    Again,
    /// Nothing yet. A waker, or a message from the server, announces more.
    Pending,
    /// Nothing before this time.
    Later(Instant),
    /// The end: everything was accepted. The input may name the Close to send.
    End(Option<CloseFrame>),
}

/// What a source has that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remaining {
    /// Nothing: its end was seen, or its end does not matter, as that of a terminal.
    Nothing,
    /// At least one more byte or message.
    Something,
    /// Nothing at hand, and its end was not seen.
    Unknown,
}

/// Yields the messages to send.
pub trait Source {
    /// Starts the threads that it needs.
    fn start(&mut self, context: &LaneContext) -> Result<(), Failure>;

    /// The next section. One of at most `room` bytes is accepted whole; of a longer one, the rest has to be offered again.
    /// Never blocks.
    ///
    /// # Errors
    /// The input cannot be read, or is malformed. What was accepted before is still sent.
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
