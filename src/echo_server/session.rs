//! An open WebSocket: messages come back, after the delay, until it is time to close or to break off.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tungstenite::error::ProtocolError;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message};

use super::limits::MAX_MESSAGE;
use super::options::ServerOptions;
use super::patience::Patience;
use super::wire::Wire;

/// Bytes that are read at once. Small: tungstenite fills all of it with zeros before each read.
const READ: usize = 16 * 1024;

/// Payloads from this size on are not copied.
const LARGE: usize = 32 * 1024;

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
    context: WebSocketContext,
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
    pub(super) fn new(early: Vec<u8>, options: Arc<ServerOptions>) -> Self {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE))
            .read_buffer_size(READ)
            // The wire collects.
            .write_buffer_size(0);
        let context = WebSocketContext::from_partially_read(early, Role::Server, Some(config));
        Self { context, options, echoed: 0, delayed: None, closing: None, blocked: false }
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
                Err(err) => self.failed(&err, wire),
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
    fn next_message(&mut self, wire: &mut Wire) -> Result<Option<Message>, Error> {
        let is_delayed = self.delayed.is_some();
        if let Some((_, message)) = self.delayed.take_if(|(due, _)| *due <= Instant::now()) {
            return Ok(Some(message));
        }
        if is_delayed {
            return Ok(None);
        }
        loop {
            match self.context.read(wire) {
                // After our Close, what still comes is passed over.
                Ok(_) if !self.context.can_write() => {}
                Ok(message) if !(message.is_text() || message.is_binary()) => {}
                Ok(message) if self.options.delay > Duration::ZERO => {
                    self.delayed = Some((Instant::now() + self.options.delay, message));
                    return Ok(None);
                }
                Ok(message) => return Ok(Some(message)),
                Err(Error::Io(err)) if err.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(err) => return Err(err),
            }
        }
    }

    fn wait(&mut self, wire: &Wire) -> Flow {
        let is_over = self.closing.as_mut().is_some_and(|patience| patience.is_over(wire.handed_over()));
        if is_over { Flow::Lost } else { Flow::Waits }
    }

    fn echo(&mut self, message: Message, wire: &mut Wire) -> Flow {
        if let Err(err) = self.write(message, wire) {
            return self.failed(&err, wire);
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

    fn write(&mut self, message: Message, wire: &mut Wire) -> Result<(), Error> {
        if message.len() < LARGE {
            return self.context.write(wire, message);
        }
        // tungstenite would copy the payload twice; of a large one, only the header is its work.
        let data = if message.is_text() { Data::Text } else { Data::Binary };
        let header = FrameHeader { opcode: OpCode::Data(data), ..FrameHeader::default() };
        header.format(message.len() as u64, wire)?;
        wire.write_large(message.into_data());
        Ok(())
    }

    /// Sends a Close, and goes on until it is answered. A second one is not sent.
    fn close(&mut self, code: u16, reason: &str, wire: &mut Wire) -> Flow {
        self.delayed = None;
        self.closing.get_or_insert_with(|| Patience::new(wire.handed_over()));
        let frame = CloseFrame { code: code.into(), reason: reason.into() };
        match self.context.close(wire, Some(frame)) {
            Ok(()) => Flow::Waits,
            Err(Error::ConnectionClosed) => Flow::Ended,
            Err(_) => Flow::Lost,
        }
    }

    /// Why nothing can be read or written any more: a rule that was broken is named in a Close (RFC 6455 §7.1.7).
    fn failed(&mut self, err: &Error, wire: &mut Wire) -> Flow {
        let code = match err {
            // The Closes are exchanged; or the client has ended without one, and may still read.
            Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return Flow::Ended,
            Error::Protocol(_) => CloseCode::Protocol,
            Error::Utf8(_) => CloseCode::Invalid,
            Error::Capacity(_) => CloseCode::Size,
            _ => return Flow::Lost,
        };
        let reason = err.to_string();
        let end = (0..=reason.len().min(MOST_REASON)).rev().find(|at| reason.is_char_boundary(*at));
        match self.close(code.into(), &reason[..end.unwrap_or_default()], wire) {
            Flow::Lost => Flow::Lost,
            Flow::Waits | Flow::Ended | Flow::BrokenOff => Flow::Ended,
        }
    }
}
