//! Messages (RFC 6455 §5.4, §5.6): between the frames of a connection and the sections of messages.

mod reader;
mod writer;

pub use reader::{Decoder, Event, Section};
pub use writer::{Encoder, PayloadMask, Recorded};
