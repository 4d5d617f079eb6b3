//! The WebSocket protocol (RFC 6455), client side, without I/O: bytes in, events out, and the reverse.
//! Payloads travel in sections, so that a frame of any length passes through a buffer of fixed size.
//! Imports nothing of the crate but its own files.
//! Invariant: every MUST that a client has to check ends in a [`Violation`] that names its rule.

mod extension;
mod frame;
mod message;
mod utf8;

pub use extension::{
    Agreement, DeflateContext, ExtensionViolation, InvalidOffer, Offer, PERMESSAGE_DEFLATE, ParamFault, Role,
};
pub use frame::{
    CloseFrame, FrameHeader, FrameWriter, Kind, MAX_CONTROL_PAYLOAD, NO_STATUS, Opcode, PayloadMask,
    RecordedFrame, Violation, close_code_is_sendable,
};
pub use message::{
    Deflater, Event, InflateError, Inflater, MessageError, MessageReader, MessageWriter, OutgoingSection,
    Progress, Section, SectionEnd, SendBudget, Written,
};
pub use utf8::{InvalidUtf8, Utf8Stream};
