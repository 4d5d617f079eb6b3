//! Frames (RFC 6455 §5.2, §5.5): headers, masking, the payload of a Close, and the rules that a frame can
//! break. Messages are the concern of `message`.

mod close;
mod header;
mod mask;
mod opcode;
mod reader;
mod violation;
mod writer;

pub use close::{CloseFrame, NO_STATUS, close_code_is_sendable};
pub(super) use header::FrameRules;
pub use header::{FrameHeader, MAX_CONTROL_PAYLOAD};
pub(super) use mask::apply as apply_mask;
pub use opcode::{Kind, Opcode};
pub(super) use reader::{FrameReader, FrameSection};
pub use violation::Violation;
pub use writer::{FrameWriter, PayloadMask, RecordedFrame};
