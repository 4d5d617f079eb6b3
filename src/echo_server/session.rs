//! An open WebSocket: echoes messages, after the delay, until the connection is to be closed or dropped.

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

/// The longest reason in a Close frame, in bytes (RFC 6455 §5.5).
const MOST_REASON: usize = 123;

/// What the connection does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// It waits for input, for room to write, or for a timer.
    Waits,
    /// Everything is written and must only be sent; then TLS, if any, ends with `close_notify`.
    Ended,
    /// As [`Flow::Ended`], but TLS ends without `close_notify`.
    BrokenOff,
    /// The connection is lost.
    Lost,
}

/// The session with one client.
pub(super) struct Session {
    engine: Engine,
    options: Arc<ServerOptions>,
    echoed: u64,
    /// The message whose echo is delayed, and when to send it.
    delayed: Option<(Instant, Message)>,
    /// The time limit for the client's answer to our Close, once we have sent one.
    closing: Option<Patience>,
    /// Whether the client takes no more bytes for now.
    blocked: bool,
}

impl Session {
    /// `early` holds the bytes that the client sent together with its request.
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

    /// Sends a Close at once if the options say so.
    pub(super) fn begin(&mut self, wire: &mut Wire) -> Flow {
        match self.options.close_with {
            Some(code) if self.options.drop_after.is_none() => self.close(code, "", wire),
            _ => Flow::Waits,
        }
    }

    /// When the session continues without an event.
    pub(super) fn next_look(&self) -> Option<Instant> {
        let due = self.delayed.as_ref().map(|(due, _)| *due).filter(|_| !self.blocked);
        due.or(self.closing.map(|patience| patience.until()))
    }

    /// Echoes the messages that have arrived. The echoes are written to the wire, which sends them later.
    pub(super) fn go_on(&mut self, wire: &mut Wire) -> Flow {
        loop {
            // While the client takes no echoes, read no messages from it.
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

    /// Closes with 1001 (going away).
    pub(super) fn go_away(&mut self, wire: &mut Wire) -> Flow {
        self.close(CloseCode::Away.into(), "", wire)
    }

    /// Returns the message to echo now, if there is one.
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

    /// Sends a Close, unless we have sent one, and waits for the answer.
    fn close(&mut self, code: u16, reason: &str, wire: &mut Wire) -> Flow {
        self.delayed = None;
        self.closing.get_or_insert_with(|| Patience::new(wire.handed_over()));
        match self.engine.close(code, reason, wire) {
            Ok(()) => Flow::Waits,
            Err(Stop::Ended) => Flow::Ended,
            Err(Stop::Broken(..) | Stop::Lost) => Flow::Lost,
        }
    }

    /// Ends the session. If the client broke a rule, sends a Close that names it (RFC 6455 §7.1.7).
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
