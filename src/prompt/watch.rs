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

/// How often the session is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// So many looks after it was to end, a session that goes on says what it waits for.
const PATIENCE: u32 = 5;

/// Watches the session of a conversation.
pub struct Watch<'a> {
    pub(super) trace: &'a mut Trace,
    pub(super) queue: Arc<Queue>,
    pub(super) keyboard: Arc<Keyboard>,
    pub(super) look: Look,
    /// How often the session was about to end when it was looked at.
    pub(super) leaves_for: u32,
}

impl Watch<'_> {
    fn say(&self, text: &str) {
        terminal::write(&self.look.note(text, terminal::columns()));
    }
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
        self.say(&format!("{what} (Ctrl-C ends)"));
    }

    fn note(&mut self, text: &str) {
        Observer::note(self.trace, text);
    }

    fn interval(&self) -> Option<Duration> {
        Some(LOOK)
    }

    fn tick(&mut self, _: &Tally) {
        if !self.keyboard.is_leaving() {
            return;
        }
        self.leaves_for += 1;
        if self.leaves_for == PATIENCE {
            self.say("waiting for the server to answer the Close (Ctrl-C ends)");
        }
    }
}
