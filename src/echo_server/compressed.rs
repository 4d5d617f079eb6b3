//! The server's side of a connection with compression. Uses the client's protocol engine in the server role.

use std::io::{ErrorKind, Read, Write};
use std::mem;
use std::ops::Range;

use tungstenite::Message;

use super::MAX_MESSAGE;
use super::stop::Stop;
use super::wire::Wire;
use crate::protocol::{
    Agreement, CloseFrame, Event, Kind, MessageError, MessageReader, MessageWriter, OutgoingSection, Role,
    SendBudget,
};

/// Bytes to read at once.
const READ: usize = 16 * 1024;

/// The close code for a message that is too big (RFC 6455 §7.4.1).
const TOO_BIG: u16 = 1009;

/// The budget for one whole message.
const EVERYTHING: SendBudget =
    SendBudget { bytes: usize::MAX, overshoot: 0, messages: 1, control_waits: false };

/// What to do about the next part of the input.
enum Step {
    Message(Message),
    /// Send this pong.
    Answer(Vec<u8>),
    Close(CloseFrame),
    /// Send nothing.
    Nothing,
}

/// The protocol state of a connection with compression.
pub(super) struct CompressedContext {
    reader: MessageReader,
    writer: MessageWriter,
    /// The bytes read; `unread` is the range that is not used yet.
    input: Vec<u8>,
    unread: Range<usize>,
    /// The part of the current message received so far.
    message: Vec<u8>,
    /// Whether we have sent a Close.
    closes: bool,
}

impl CompressedContext {
    /// `early` holds the bytes that the client sent together with its request.
    pub(super) fn new(early: Vec<u8>, agreement: Agreement) -> Self {
        Self {
            reader: MessageReader::new(Role::Server, Some(agreement), Some(MAX_MESSAGE as u64)),
            writer: MessageWriter::new(Role::Server, Some(agreement), None),
            unread: 0..early.len(),
            input: early,
            message: Vec::new(),
            closes: false,
        }
    }

    /// Returns the next message, if there is one. Discards messages after our Close.
    pub(super) fn read(&mut self, wire: &mut Wire) -> Result<Option<Message>, Stop> {
        loop {
            while let Some(step) = self.next_step()? {
                match step {
                    Step::Message(_) | Step::Answer(_) if self.closes => {}
                    Step::Message(message) => return Ok(Some(message)),
                    Step::Answer(pong) => put(wire, &pong)?,
                    Step::Nothing => {}
                    Step::Close(frame) => {
                        self.send_close(&frame, wire)?;
                        return Err(Stop::Ended);
                    }
                }
            }
            self.input.resize(READ, 0);
            match wire.read(&mut self.input) {
                Ok(0) => return Err(Stop::Ended),
                Ok(count) => self.unread = 0..count,
                Err(err) if err.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(_) => return Err(Stop::Lost),
            }
        }
    }

    /// The next step that the input demands; `None` when more input is needed.
    fn next_step(&mut self) -> Result<Option<Step>, Stop> {
        let (used, event) = self.reader.read(&self.input[self.unread.clone()]).map_err(broken)?;
        self.unread.start += used;
        let Some(event) = event else { return Ok(None) };
        Ok(Some(match event {
            Event::Data(section) => {
                self.message.extend_from_slice(section.bytes);
                if section.last {
                    Step::Message(whole(section.kind, mem::take(&mut self.message))?)
                } else {
                    Step::Nothing
                }
            }
            Event::Ping(payload) => {
                let mut out = Vec::new();
                self.writer.pong(payload, &mut out);
                Step::Answer(out)
            }
            Event::Pong(_) => Step::Nothing,
            Event::Close(frame) => Step::Close(frame),
        }))
    }

    pub(super) fn write(&mut self, message: &Message, wire: &mut Wire) -> Result<(), Stop> {
        let (kind, whole_len) =
            (if message.is_text() { Kind::Text } else { Kind::Binary }, Some(message.len() as u64));
        let bytes = match message {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => return Ok(()),
        };
        let (section, mut out) = (OutgoingSection { kind, bytes, last: true, whole_len }, Vec::new());
        self.writer.write(&section, &mut EVERYTHING.clone(), &mut out);
        put(wire, &out)
    }

    /// Sends a Close, unless we have sent one before.
    pub(super) fn close(&mut self, code: u16, reason: &str, wire: &mut Wire) -> Result<(), Stop> {
        self.send_close(&CloseFrame { code, reason: reason.to_owned() }, wire)
    }

    fn send_close(&mut self, frame: &CloseFrame, wire: &mut Wire) -> Result<(), Stop> {
        if mem::replace(&mut self.closes, true) {
            return Ok(());
        }
        let mut out = Vec::new();
        self.writer.close(frame, &mut out);
        put(wire, &out)
    }
}

/// Builds a message that has arrived completely.
fn whole(kind: Kind, bytes: Vec<u8>) -> Result<Message, Stop> {
    match kind {
        Kind::Binary => Ok(Message::binary(bytes)),
        // The reader has already refused text that is not UTF-8.
        Kind::Text => String::from_utf8(bytes).map(Message::text).map_err(|_| Stop::Lost),
    }
}

fn broken(err: MessageError) -> Stop {
    match err {
        MessageError::Violation(violation) => Stop::Broken(violation.close_code(), violation.to_string()),
        MessageError::TooBig { limit, .. } => {
            Stop::Broken(TOO_BIG, format!("a message of more than {limit} bytes"))
        }
    }
}

fn put(wire: &mut Wire, out: &[u8]) -> Result<(), Stop> {
    wire.write_all(out).map_err(|_| Stop::Lost)
}
