//! Messages (RFC 6455 §5.4, §5.6): converts frames to sections of messages, and back.

mod assembler;
mod budget;
mod compressor;
mod deflate;
mod event;
mod inflate;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use budget::SendBudget;
pub use deflate::{Deflater, SectionEnd};
pub use event::{Event, MessageError, Section};
pub use inflate::{Inflater, Progress};
pub use reader::MessageReader;
pub use writer::{MessageWriter, OutgoingSection, Written};
