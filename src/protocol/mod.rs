//! The WebSocket protocol (RFC 6455) and its compression (RFC 7692), without I/O: converts bytes to events,
//! and messages to bytes. Implements both sides; a [`Role`] selects one.
//! Yields payloads in sections, so that a frame of any length passes through a buffer of fixed size.
//! Imports nothing else of the crate.
//! Invariant: every MUST that a receiver has to check is a [`Violation`] that names its rule.

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
