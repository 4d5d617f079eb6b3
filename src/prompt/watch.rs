//! What a conversation shows beside messages: pongs, and what it waits for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::keyboard::Keyboard;
use super::look::Look;
use super::queue::Queue;
use crate::protocol::FrameHeader;
use crate::report::{Trace, terminal, units};
use crate::session::{Direction, Observer};
use crate::stats::Tally;

/// Watches the session of a conversation.
pub struct Watch<'a> {
    pub(super) trace: &'a mut Trace,
    pub(super) queue: Arc<Queue>,
    pub(super) keyboard: Arc<Keyboard>,
    pub(super) look: Look,
}

impl Observer for Watch<'_> {
    fn wants_frames(&self) -> bool {
        self.trace.wants_frames()
    }

    fn frame(&mut self, direction: Direction, header: &FrameHeader, preview: &[u8]) {
        self.trace.frame(direction, header, preview);
    }

    fn pong(&mut self, payload: &[u8], now: Instant) {
        if let Some(sent) = self.queue.pinged(payload) {
            let took = units::duration(now.saturating_duration_since(sent), self.look.ascii);
            let what = if payload.is_empty() {
                "pong".to_owned()
            } else {
                format!("pong {:?}", String::from_utf8_lossy(payload))
            };
            terminal::write(&self.look.control(&format!("{what} after {took}")));
        }
    }

    fn waits(&mut self, replies: u64) {
        self.keyboard.stops();
        let what = match replies {
            0 => "waiting for the server".to_owned(),
            1 => "waiting for 1 reply".to_owned(),
            _ => format!("waiting for {replies} replies"),
        };
        terminal::write(&self.look.note(&format!("{what} (Ctrl-C ends)")));
    }

    fn note(&mut self, text: &str) {
        Observer::note(self.trace, text);
    }

    fn interval(&self) -> Option<Duration> {
        Observer::interval(self.trace)
    }

    fn tick(&mut self, tally: &Tally) {
        Observer::tick(self.trace, tally);
    }
}
