//! An open WebSocket from the first frame to the last: messages out, messages in, and an orderly end.
//!
//! The [pump](run) is the network thread: it moves bytes between the socket, the protocol and two lanes.
//! What to do next is decided by the machine, which is pure: it knows no socket and no clock.
//! May import `framing`, `net`, `protocol` and the small values.

mod check;
mod chunks;
mod finish;
mod gather;
mod input;
mod json_check;
mod json_match;
mod keepalive;
mod limits;
mod machine;
mod message_limit;
mod messages;
mod output;
mod pace;
mod pump;
mod sections;
mod verdict;
mod wake;

use crate::error::Failure;
use crate::protocol::{CloseFrame, Encoder, FrameHeader, Section};
use crate::stats::Tally;

pub use check::{Check, Checks};
pub use chunks::{ChunkSource, Shape};
pub use finish::{Count, FinishRule};
pub use gather::{Escape, MessageSink};
pub use input::Input;
pub use json_check::JsonCheck;
pub use limits::{AcceptClose, CloseOptions, Limits};
pub use messages::MessageSource;
pub use output::Output;
pub use pump::{Outcome, Setup, run, run_all};
pub use sections::SectionSink;
pub use verdict::Side;
pub use wake::Wake;

/// Where the messages to send come from.
pub trait Outgoing {
    /// Starts what has to run beside the network thread.
    fn start(&mut self, wake: &Wake) -> Result<(), Failure>;

    /// Appends frames to `out` while there is something to send, and within `allowance`.
    ///
    /// # Errors
    /// The input cannot be read, or is not what it should be. What was appended before is still good.
    fn fill(
        &mut self,
        encoder: &mut Encoder,
        out: &mut Vec<u8>,
        allowance: Allowance,
    ) -> Result<Fill, Failure>;

    /// Whether the last frame in `out` lacks a part of its payload: no other frame may follow yet.
    fn is_inside_frame(&self) -> bool;

    /// Appends the rest of the last frame to `out` if it is at hand: whether another frame may follow now.
    fn complete_frame(&mut self, out: &mut Vec<u8>) -> bool;

    /// Whether something was given that is not in a frame yet.
    fn has_more(&mut self) -> bool;

    /// Whether an answer of the server is missing: until it is there, the session is not over, and the time to receive
    /// counts.
    fn awaits_answer(&self) -> bool {
        false
    }
}

/// How much may be sent now.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// `out` is filled up to about this many bytes.
    pub bytes: usize,
    /// Messages that may be begun.
    pub messages: u64,
    /// By how many bytes `bytes` may be exceeded to complete a frame.
    pub overshoot: usize,
    /// Whether to stop where a frame ends, because a control frame wants to follow.
    pub one_frame: bool,
}

/// What [`Outgoing::fill`] did.
#[derive(Debug, Default)]
pub struct Fill {
    /// Messages completed.
    pub messages: u64,
    /// Bytes of payload appended.
    pub bytes: u64,
    /// Whether there will be more.
    pub next: Supply,
}

/// Whether there is more to send.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Supply {
    /// There is more at once.
    Ready,
    /// There may be more later; the wake tells, or something that the server says.
    #[default]
    Waiting,
    /// There will be more at this time.
    Later(std::time::Instant),
    /// Everything was sent; the input may have asked for a Close of its own.
    Over(Option<CloseFrame>),
}

/// Where received messages go.
pub trait Incoming {
    /// Takes a part of a message; `out` is what will be written.
    ///
    /// # Errors
    /// The message is larger than it may be.
    fn section(&mut self, section: &Section<'_>, out: &mut Vec<u8>) -> Result<(), Failure>;

    /// The session is over, closed with this frame.
    fn close(&mut self, close: &CloseFrame, out: &mut Vec<u8>);

    /// Checks that no message has met, described with what was seen instead; `None` when all are met.
    fn unmet(&self) -> Option<String>;
}

/// The way of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the server.
    Sent,
    /// From the server.
    Received,
}

/// Is told what happens in a session. Every method has an empty default.
pub trait Observer {
    /// Whether [`Observer::frame`] is to be called.
    fn wants_frames(&self) -> bool {
        false
    }

    /// A frame began; `preview` holds as much of its payload as was at hand.
    fn frame(&mut self, direction: Direction, header: &FrameHeader, preview: &[u8]) {
        let _ = (direction, header, preview);
    }

    /// Something happened; `text` is one line.
    fn note(&mut self, text: &str) {
        let _ = text;
    }

    /// How often [`Observer::tick`] is to be called, if at all.
    fn interval(&self) -> Option<std::time::Duration> {
        None
    }

    /// The count so far.
    fn tick(&mut self, tally: &Tally) {
        let _ = tally;
    }
}
