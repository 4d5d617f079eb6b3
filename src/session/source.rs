//! The source of the messages to send. A source yields sections of messages and does not handle frames.

use std::time::Instant;

use super::lane::LaneContext;
use crate::error::Failure;
use crate::protocol::{CloseFrame, OutgoingSection};

/// What a source offers to send.
#[derive(Debug)]
pub enum Offer<'a> {
    /// A part of a message.
    Section(OutgoingSection<'a>),
    /// No section yet, but the next call may return one at once.
    Again,
    /// No section yet. A waker, or a message from the server, announces the next one.
    Pending,
    /// No section before this time.
    Later(Instant),
    /// The end of the input: all of it was accepted. The input may specify the Close to send.
    End(Option<CloseFrame>),
}

/// Whether a source has input that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remaining {
    /// Nothing: the source has seen the end of its input, or the end does not matter (a terminal).
    Nothing,
    /// At least one more byte or message.
    Something,
    /// No input is available, but the source has not seen its end.
    Unknown,
}

/// A control frame that the user wants to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// A ping with this payload.
    Ping(Vec<u8>),
    /// The end of the session, now: nothing more is sent, and no reply is awaited. `None` stands for the usual Close.
    Close(Option<CloseFrame>),
}

/// Yields the messages to send.
pub trait Source {
    /// Starts the source's threads.
    fn start(&mut self, context: &LaneContext) -> Result<(), Failure>;

    /// Returns the next section. The caller accepts a section of at most `room` bytes completely; the rest of
    /// a longer one must be offered again. Never blocks.
    ///
    /// # Errors
    /// The input cannot be read, or is malformed. Sections accepted before are still sent.
    fn offer(&mut self, room: usize) -> Result<Offer<'_>, Failure>;

    /// The first `bytes` of the last offered section are now in frames.
    fn accept(&mut self, bytes: usize);

    /// Everything accepted since the last call is about to be written to the socket.
    fn leaves(&mut self) {}

    /// The next control frame to send, which does not wait for messages before it. A waker announces it.
    fn control(&mut self) -> Option<Control> {
        None
    }

    /// Whether input remains. Never blocks.
    fn remaining(&mut self) -> Remaining;

    /// The number of payload bytes in total, if known before reading.
    fn size(&self) -> Option<u64> {
        None
    }

    /// Whether a reply of the server is missing. Until it arrives, the session is not over, and the receive
    /// timeout runs.
    fn awaits_reply(&self) -> bool {
        false
    }
}
