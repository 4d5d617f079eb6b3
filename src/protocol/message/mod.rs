//! Messages (RFC 6455 §5.4, §5.6): between sections of messages and the frames of a connection.

mod budget;
mod deflate;
mod inflate;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use budget::SendBudget;
pub use deflate::{Deflater, SectionEnd};
pub use inflate::{InflateError, Inflater, Progress};
pub use reader::{Event, MessageError, MessageReader, Section};
pub use writer::{MessageWriter, OutgoingSection, Written};
