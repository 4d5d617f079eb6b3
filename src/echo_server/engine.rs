//! The protocol engine for one client: tungstenite, or our own engine when compression was agreed on, which
//! tungstenite does not support.

use std::io::ErrorKind;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message};

use super::MAX_MESSAGE;
use super::compressed::CompressedContext;
use super::stop::Stop;
use super::wire::Wire;
use crate::protocol::Agreement;

/// Bytes to read at once. Small, because tungstenite fills the buffer with zeros before each read.
const READ: usize = 16 * 1024;

/// Payloads of at least this size are written without copying.
const LARGE: usize = 32 * 1024;

/// The engine of one connection.
pub(super) enum Engine {
    Plain(Box<WebSocketContext>),
    Compressed(Box<CompressedContext>),
}

impl Engine {
    /// `early` holds the bytes that the client sent together with its request.
    pub(super) fn new(early: Vec<u8>, agreement: Option<Agreement>) -> Self {
        if let Some(agreement) = agreement {
            return Self::Compressed(Box::new(CompressedContext::new(early, agreement)));
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE))
            .read_buffer_size(READ)
            // The wire collects bytes itself.
            .write_buffer_size(0);
        Self::Plain(Box::new(WebSocketContext::from_partially_read(early, Role::Server, Some(config))))
    }

    /// Returns the next message, if there is one. Discards messages after our Close.
    pub(super) fn read(&mut self, wire: &mut Wire) -> Result<Option<Message>, Stop> {
        match self {
            Self::Plain(context) => read(context, wire),
            Self::Compressed(context) => context.read(wire),
        }
    }

    pub(super) fn write(&mut self, message: Message, wire: &mut Wire) -> Result<(), Stop> {
        match self {
            Self::Plain(context) => write(context, message, wire).map_err(Stop::from),
            Self::Compressed(context) => context.write(&message, wire),
        }
    }

    /// Sends a Close, unless we have sent one before.
    pub(super) fn close(&mut self, code: u16, reason: &str, wire: &mut Wire) -> Result<(), Stop> {
        match self {
            Self::Plain(context) => {
                let frame = CloseFrame { code: code.into(), reason: reason.into() };
                context.close(wire, Some(frame)).map_err(Stop::from)
            }
            Self::Compressed(context) => context.close(code, reason, wire),
        }
    }
}

fn read(context: &mut WebSocketContext, wire: &mut Wire) -> Result<Option<Message>, Stop> {
    loop {
        match context.read(wire) {
            Ok(_) if !context.can_write() => {}
            Ok(message) if !(message.is_text() || message.is_binary()) => {}
            Ok(message) => return Ok(Some(message)),
            Err(Error::Io(err)) if err.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(err) => return Err(err.into()),
        }
    }
}

fn write(context: &mut WebSocketContext, message: Message, wire: &mut Wire) -> Result<(), Error> {
    if message.len() < LARGE {
        return context.write(wire, message);
    }
    // tungstenite would copy a large payload twice, so it formats only the header.
    let data = if message.is_text() { Data::Text } else { Data::Binary };
    let header = FrameHeader { opcode: OpCode::Data(data), ..FrameHeader::default() };
    header.format(message.len() as u64, wire)?;
    wire.write_large(message.into_data());
    Ok(())
}
