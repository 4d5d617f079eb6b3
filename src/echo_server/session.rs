//! An open WebSocket: messages come back, after the delay, until it is time to close or to break off.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tungstenite::Message;
use tungstenite::protocol::frame::coding::CloseCode;

use super::engine::Engine;
use super::options::ServerOptions;
use super::patience::Patience;
use super::stop::Stop;
use super::wire::Wire;
use crate::protocol::Agreement;

/// Bytes of a reason that a Close has room for (RFC 6455 §5.5).
const MOST_REASON: usize = 123;

/// What is to happen with the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// It goes on when there is more to read, room to write, or when it is time.
    Waits,
    /// Everything is said and only has to leave; TLS, if any, ends in order.
    Ended,
    /// As [`Flow::Ended`], but TLS is broken off as well.
    BrokenOff,
    /// Nobody is there any more.
    Lost,
}

/// The session with one client.
pub(super) struct Session {
    engine: Engine,
    options: Arc<ServerOptions>,
    echoed: u64,
    /// The message whose echo is delayed, and until when.
    delayed: Option<(Instant, Message)>,
    /// Since our Close: how long the answer is awaited.
    closing: Option<Patience>,
    /// Whether the client takes no more echoes for now.
    blocked: bool,
}

impl Session {
    /// `early` is what the client has sent together with its request.
    pub(super) fn new(early: Vec<u8>, agreement: Option<Agreement>, options: Arc<ServerOptions>) -> Self {
        Self {
            engine: Engine::new(early, agreement),
            options,
            echoed: 0,
            delayed: None,
            closing: None,
            blocked: false,
        }
    }

    /// Closes at once if that is what the client is to see.
    pub(super) fn begin(&mut self, wire: &mut Wire) -> Flow {
        match self.options.close_with {
            Some(code) if self.options.drop_after.is_none() => self.close(code, "", wire),
            _ => Flow::Waits,
        }
    }

    /// When it goes on without an event.
    pub(super) fn next_look(&self) -> Option<Instant> {
        let due = self.delayed.as_ref().map(|(due, _)| *due).filter(|_| !self.blocked);
        due.or(self.closing.map(|patience| patience.until()))
    }

    /// Echoes what is there. What was written is on the wire and not yet sent.
    pub(super) fn go_on(&mut self, wire: &mut Wire) -> Flow {
        loop {
            // Who takes no echoes is asked for no messages.
            match wire.has_room() {
                Ok(has_room) => self.blocked = !has_room,
                Err(_) => return Flow::Lost,
            }
            if self.blocked {
                return self.wait(wire);
            }
            let flow = match self.next_message(wire) {
                Ok(Some(message)) => self.echo(message, wire),
                Ok(None) => return self.wait(wire),
                Err(stop) => self.stopped(stop, wire),
            };
            if flow != Flow::Waits {
                return flow;
            }
        }
    }

    /// Closes with 1001: the server goes away.
    pub(super) fn go_away(&mut self, wire: &mut Wire) -> Flow {
        self.close(CloseCode::Away.into(), "", wire)
    }

    /// The message to echo now, if there is one.
    fn next_message(&mut self, wire: &mut Wire) -> Result<Option<Message>, Stop> {
        let is_delayed = self.delayed.is_some();
        if let Some((_, message)) = self.delayed.take_if(|(due, _)| *due <= Instant::now()) {
            return Ok(Some(message));
        }
        if is_delayed {
            return Ok(None);
        }
        match self.engine.read(wire)? {
            Some(message) if self.options.delay > Duration::ZERO => {
                self.delayed = Some((Instant::now() + self.options.delay, message));
                Ok(None)
            }
            message => Ok(message),
        }
    }

    fn wait(&mut self, wire: &Wire) -> Flow {
        let is_over = self.closing.as_mut().is_some_and(|patience| patience.is_over(wire.handed_over()));
        if is_over { Flow::Lost } else { Flow::Waits }
    }

    fn echo(&mut self, message: Message, wire: &mut Wire) -> Flow {
        if let Err(stop) = self.engine.write(message, wire) {
            return self.stopped(stop, wire);
        }
        self.echoed += 1;
        if Some(self.echoed) != self.options.drop_after {
            return Flow::Waits;
        }
        match self.options.close_with {
            Some(code) => self.close(code, "", wire),
            None => Flow::BrokenOff,
        }
    }

    /// Sends a Close, and goes on until it is answered. A second one is not sent.
    fn close(&mut self, code: u16, reason: &str, wire: &mut Wire) -> Flow {
        self.delayed = None;
        self.closing.get_or_insert_with(|| Patience::new(wire.handed_over()));
        match self.engine.close(code, reason, wire) {
            Ok(()) => Flow::Waits,
            Err(Stop::Ended) => Flow::Ended,
            Err(Stop::Broken(..) | Stop::Lost) => Flow::Lost,
        }
    }

    /// Nothing can be read or written any more: a rule that was broken is named in a Close (RFC 6455 §7.1.7).
    fn stopped(&mut self, stop: Stop, wire: &mut Wire) -> Flow {
        let (code, reason) = match stop {
            Stop::Ended => return Flow::Ended,
            Stop::Lost => return Flow::Lost,
            Stop::Broken(code, reason) => (code, reason),
        };
        let end = (0..=reason.len().min(MOST_REASON)).rev().find(|at| reason.is_char_boundary(*at));
        match self.close(code, &reason[..end.unwrap_or_default()], wire) {
            Flow::Lost => Flow::Lost,
            Flow::Waits | Flow::Ended | Flow::BrokenOff => Flow::Ended,
        }
    }
}
