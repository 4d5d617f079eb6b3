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
    CloseFrame, FrameHeader, Kind, MAX_CONTROL_PAYLOAD, NO_STATUS, Opcode, Violation, close_code_is_sendable,
};
pub use message::{
    Decoder, Deflater, Encoder, Event, InflateError, Inflater, PayloadMask, Progress, Recorded, Section,
    SectionEnd,
};
pub use utf8::{InvalidUtf8, Utf8Stream};
