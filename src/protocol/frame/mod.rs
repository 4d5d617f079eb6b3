//! Frames (RFC 6455 §5.2, §5.5): header, masking, the payload of a Close, and the rules that a frame can break.
//! Knows nothing of messages.

mod close;
mod header;
pub(super) mod mask;
mod opcode;
mod violation;

pub use close::{CloseFrame, NO_STATUS, close_code_is_sendable};
pub(super) use header::MAX_SERVER_HEADER;
pub use header::{FrameHeader, MAX_CONTROL_PAYLOAD};
pub use opcode::{Kind, Opcode};
pub use violation::Violation;
