//! An open WebSocket, from the first frame to the last: messages out, messages in, and an orderly end.
//!
//! The [event loop](run_all) is the network thread. It moves bytes between sockets, the protocol and the lanes. A pure state
//! machine, without socket and clock, decides what to do next. A [source](Source) yields sections of messages, a
//! [sink](Sink) takes them; neither knows of frames.
//! May import `framing`, `net`, `protocol`, `os` and the small values.

mod check;
mod chunk;
mod chunk_source;
mod event_loop;
mod finish;
mod hints;
mod input;
mod json_check;
mod json_match;
mod keepalive;
mod lane;
mod limits;
mod machine;
mod message_sink;
mod message_source;
mod observer;
mod output;
mod pace;
mod patience;
mod screen;
mod sink;
mod source;
mod stream_sink;
mod verdict;

pub use check::{Check, Checks, Unmet};
pub use chunk_source::{ChunkSource, Shape};
pub use event_loop::{Dials, Joining, Outcome, SessionOptions, Setup, run, run_all};
pub use finish::{Count, FinishRule, Within};
pub use hints::Hints;
pub use input::Input;
pub use json_check::JsonCheck;
pub use keepalive::FirstPing;
pub use lane::LaneContext;
pub use limits::{CloseCodes, CloseOptions, Limits};
pub use machine::ServerName;
#[cfg(any(test, fuzzing))]
pub use machine::run_random_events;
pub use message_sink::{Escape, MessageSink};
pub use message_source::MessageSource;
pub use observer::{Direction, Observer};
pub use output::Output;
pub use screen::Screen;
pub use sink::{Delivery, Sink};
pub use source::{Control, Offer, Remaining, Source};
pub use stream_sink::StreamSink;
pub use verdict::Side;
