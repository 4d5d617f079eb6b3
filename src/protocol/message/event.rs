//! What a peer sent, as a [`MessageReader`](super::MessageReader) gives it.

use crate::protocol::frame::{CloseFrame, FrameHeader, Kind, Violation};

/// A part of a message, as much of it as was at hand.
#[derive(Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// The type of the message.
    pub kind: Kind,
    /// The bytes of the message, inflated and unmasked; possibly none.
    pub bytes: &'a [u8],
    /// Where `bytes` begin in the input of [`MessageReader::read`](super::MessageReader::read). `None` on every section of
    /// a connection where they need not lie there: with compression, and from a client, whose frames are masked.
    pub offset: Option<usize>,
    /// Bytes of payload on the wire that this section was made of.
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
    /// A ping; it wants a pong with the same payload (RFC 6455 §5.5.2).
    Ping(&'a [u8]),
    /// A pong, solicited or not.
    Pong(&'a [u8]),
    /// A Close frame; nothing that follows it counts.
    Close(CloseFrame),
}

/// Why a peer's bytes are not read any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// The peer broke a rule; the connection has to be failed (RFC 6455 §7.1.7).
    Violation(Violation),
    /// The message has more bytes than the limit allows: its frame headers say so, or it inflates to more.
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
