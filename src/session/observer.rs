//! Receives the events of a session.

use std::time::{Duration, Instant};

use crate::protocol::FrameHeader;
use crate::stats::Tally;

/// The direction of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the server.
    Sent,
    /// From the server.
    Received,
}

/// Receives the events of a session, for traces and progress. By default, every method does nothing.
pub trait Observer {
    /// Whether [`Observer::frame`] is to be called.
    fn wants_frames(&self) -> bool {
        false
    }

    /// A frame began; `preview` holds as much of its payload as was at hand.
    fn frame(&mut self, direction: Direction, header: &FrameHeader, preview: &[u8]) {
        let _ = (direction, header, preview);
    }

    /// A pong with this payload arrived.
    fn pong(&mut self, payload: &[u8], now: Instant) {
        let _ = (payload, now);
    }

    /// The input has ended, but the session waits: for so many replies, or for the server.
    fn waits(&mut self, replies: u64) {
        let _ = replies;
    }

    /// Something happened; `text` is one line.
    fn note(&mut self, text: &str) {
        let _ = text;
    }

    /// How often [`Observer::tick`] is to be called, if at all.
    fn interval(&self) -> Option<Duration> {
        None
    }

    /// The counts so far.
    fn tick(&mut self, tally: &Tally) {
        let _ = tally;
    }
}
