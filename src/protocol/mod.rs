//! The WebSocket protocol (RFC 6455) and its compression (RFC 7692), without I/O: bytes in, events out, and the reverse.
//! Both sides: a [`Role`] says which of them speaks.
//! Payloads travel in sections, so that a frame of any length passes through a buffer of fixed size.
//! Imports nothing of the crate but its own files.
//! Invariant: every MUST that the receiver has to check ends in a [`Violation`] that names its rule.

mod extension;
mod frame;
mod inflate_error;
mod message;
mod role;
mod utf8;

pub use extension::{
    Agreement, DeflateContext, ExtensionViolation, InvalidOffer, Offer, PERMESSAGE_DEFLATE, ParamFault,
};
pub use frame::{
    CloseFrame, FrameHeader, FrameWriter, Kind, MAX_CONTROL_PAYLOAD, NO_STATUS, Opcode, PayloadMask,
    RecordedFrame, Violation, close_code_is_sendable,
};
pub use inflate_error::InflateError;
pub use message::{
    Deflater, Event, Inflater, MessageError, MessageReader, MessageWriter, OutgoingSection, Progress,
    Section, SectionEnd, SendBudget, Written,
};
pub use role::Role;
pub use utf8::{InvalidUtf8, Utf8Stream};
