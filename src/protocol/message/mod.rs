//! Messages (RFC 6455 §5.4, §5.6): between the frames of a connection and the sections of messages.

mod deflate;
mod inflate;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use deflate::{Deflater, SectionEnd};
pub use inflate::{InflateError, Inflater, Progress};
pub use reader::{Decoder, Event, Section};
pub use writer::{Encoder, PayloadMask, Recorded};
