//! The WebSocket protocol (RFC 6455), client side, without I/O: bytes in, events out, and the reverse.
//! Payloads travel in sections, so that a frame of any length passes through a buffer of fixed size.
//! Imports nothing of the crate but the other files of this folder.
//! Invariant: every MUST that a client has to check ends in a [`Violation`] that names its rule.

mod close;
mod decoder;
mod encoder;
mod frame;
mod mask;
mod utf8;
mod violation;

pub use close::{CloseFrame, NO_STATUS, close_code_is_sendable};
pub use decoder::{Decoder, Event, Section};
pub use encoder::{Encoder, PayloadMask, Recorded};
pub use frame::{FrameHeader, Kind, MAX_CONTROL_PAYLOAD, Opcode};
pub use utf8::{InvalidUtf8, Utf8Stream};
pub use violation::Violation;
