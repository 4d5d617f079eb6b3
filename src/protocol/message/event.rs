//! The events that a [`MessageReader`](super::MessageReader) yields.

use crate::protocol::frame::{CloseFrame, FrameHeader, Kind, Violation};

/// A part of a message: the bytes that have arrived and were not yielded before.
#[derive(Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// The type of the message.
    pub kind: Kind,
    /// The bytes of the message, inflated and unmasked; possibly none.
    pub bytes: &'a [u8],
    /// Where `bytes` begin in the input of [`MessageReader::read`](super::MessageReader::read). Always `None`
    /// on a connection with compression, and for frames from a client: their bytes are inflated or unmasked
    /// elsewhere.
    pub offset: Option<usize>,
    /// The number of payload bytes on the wire that produced this section.
    pub wire_len: usize,
    /// Whether the message begins here.
    pub first: bool,
    /// Whether the message ends here (RFC 6455 §5.4, FIN).
    pub last: bool,
    /// The header of the frame, in the frame's first section.
    pub header: Option<FrameHeader>,
}

/// What a peer sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A part of a message.
    Data(Section<'a>),
    /// A ping, which requires a pong with the same payload (RFC 6455 §5.5.2).
    Ping(&'a [u8]),
    /// A pong, solicited or not.
    Pong(&'a [u8]),
    /// A Close frame. The reader ignores everything after it.
    Close(CloseFrame),
}

/// Why the reader stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// The peer broke a rule. The connection must be failed (RFC 6455 §7.1.7).
    Violation(Violation),
    /// The message is larger than the limit, according to its frame headers or after inflating.
    TooBig {
        /// Bytes announced or inflated so far.
        at_least: u64,
        /// Bytes that a message may have.
        limit: u64,
    },
}

impl From<Violation> for MessageError {
    fn from(violation: Violation) -> Self {
        Self::Violation(violation)
    }
}
