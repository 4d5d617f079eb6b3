//! Turns the bytes that a server sends into sections of messages and control frames. Holds no payload but that of a control
//! frame, so a message of any length passes through. Gives the same messages, and the same error, wherever the bytes are
//! cut.

use crate::protocol::frame::{
    CloseFrame, FrameHeader, FrameReader, FrameSection, Kind, MAX_CONTROL_PAYLOAD, Opcode, Violation,
};
use crate::protocol::utf8::Utf8Stream;

/// A part of a message, as much of it as was at hand.
#[derive(Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// The type of the message.
    pub kind: Kind,
    /// The bytes; possibly none.
    pub bytes: &'a [u8],
    /// Where `bytes` begin in the input of [`MessageReader::read`].
    pub offset: usize,
    /// Bytes of payload on the wire that this section was made of.
    pub wire_len: usize,
    /// Whether the message begins here.
    pub first: bool,
    /// Whether the message ends here (RFC 6455 §5.4, FIN).
    pub last: bool,
    /// The header of the frame, in the frame's first section.
    pub header: Option<FrameHeader>,
}

/// What a server sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A part of a message.
    Data(Section<'a>),
    /// A ping; it wants a pong with the same payload (RFC 6455 §5.5.2).
    Ping(&'a [u8]),
    /// A pong, solicited or not.
    Pong(&'a [u8]),
    /// A Close frame; nothing that follows it counts.
    Close(CloseFrame),
}

/// Why a server's bytes are not read any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// The server broke a rule; the connection has to be failed (RFC 6455 §7.1.7).
    Violation(Violation),
    /// The frame headers announce a message of at least this many bytes, which is over the limit.
    TooBig {
        /// Bytes announced so far.
        at_least: u64,
        /// Bytes that a message may have.
        limit: u64,
    },
}

impl From<Violation> for MessageError {
    fn from(violation: Violation) -> Self {
        Self::Violation(violation)
    }
}

/// A message whose last frame has not come.
#[derive(Clone, Copy, Debug)]
struct OpenMessage {
    kind: Kind,
    /// Bytes that the headers of its frames announce so far.
    announced: u64,
}

/// The receiving half of the protocol. After an error or a Close it must not be fed any more.
#[derive(Debug)]
pub struct MessageReader {
    frames: FrameReader,
    message: Option<OpenMessage>,
    max_message: u64,
    utf8: Utf8Stream,
    control: Vec<u8>,
}

impl Default for MessageReader {
    fn default() -> Self {
        Self::new(None)
    }
}

impl MessageReader {
    /// A reader at the start of a connection, which refuses messages of more than `max_message` bytes.
    pub fn new(max_message: Option<u64>) -> Self {
        Self {
            frames: FrameReader::default(),
            message: None,
            max_message: max_message.unwrap_or(u64::MAX),
            utf8: Utf8Stream::new(),
            control: Vec::new(),
        }
    }

    /// Whether the input so far ends where a message, or a control frame between messages, ends.
    pub fn is_between_messages(&self) -> bool {
        self.message.is_none() && self.frames.is_between_frames()
    }

    /// Takes bytes from the front of `input`: how many were used, and what they gave. Without an event, all of `input` was
    /// used and more is needed; to be called until then.
    ///
    /// # Errors
    /// The rule that the server broke, or the limit that its message exceeds, at the first byte that tells.
    pub fn read<'a>(&'a mut self, input: &'a [u8]) -> Result<(usize, Option<Event<'a>>), MessageError> {
        let (used, section) = self.frames.read(input)?;
        let Some(frame) = section else { return Ok((used, None)) };
        if frame.header.opcode.is_control() {
            return Ok((used, self.control(&frame, &input[frame.payload.clone()])?));
        }
        if frame.starts {
            self.begin_frame(frame.header)?;
        }
        let bytes = &input[frame.payload.clone()];
        Ok((used, Some(Event::Data(self.section(&frame, bytes)?))))
    }

    /// Fragments of one message come in order, without another message between them (RFC 6455 §5.4).
    fn begin_frame(&mut self, header: FrameHeader) -> Result<(), MessageError> {
        let (kind, before) = match (header.opcode, self.message) {
            (Opcode::Continuation, Some(message)) => (message.kind, message.announced),
            (Opcode::Continuation, None) => return Err(Violation::ContinuationWithoutStart.into()),
            (opcode, Some(_)) => return Err(Violation::MessageInsideMessage(opcode).into()),
            (Opcode::Text, None) => (Kind::Text, 0),
            (_, None) => (Kind::Binary, 0),
        };
        let announced = before.saturating_add(header.len);
        if announced > self.max_message {
            return Err(MessageError::TooBig { at_least: announced, limit: self.max_message });
        }
        self.message = Some(OpenMessage { kind, announced });
        Ok(())
    }

    fn section<'a>(&mut self, frame: &FrameSection, bytes: &'a [u8]) -> Result<Section<'a>, Violation> {
        let kind = self.message.map_or(Kind::Binary, |message| message.kind);
        let last = frame.header.fin && frame.ends;
        if kind == Kind::Text {
            self.utf8.feed(bytes).map_err(Violation::TextNotUtf8)?;
            if last {
                self.utf8.finish().map_err(Violation::TextNotUtf8)?;
            }
        }
        if last {
            self.message = None;
        }
        Ok(Section {
            kind,
            bytes,
            offset: frame.payload.start,
            wire_len: bytes.len(),
            first: frame.starts && frame.header.opcode != Opcode::Continuation,
            last,
            header: frame.starts.then_some(frame.header),
        })
    }

    /// A control frame is at most 125 bytes long, so its payload is gathered where it comes in pieces.
    fn control<'a>(
        &'a mut self,
        frame: &FrameSection,
        bytes: &'a [u8],
    ) -> Result<Option<Event<'a>>, Violation> {
        if frame.starts {
            self.control.clear();
        }
        let contiguous = frame.starts && frame.ends;
        if !contiguous {
            debug_assert!(self.control.len() + bytes.len() <= MAX_CONTROL_PAYLOAD);
            self.control.extend_from_slice(bytes);
        }
        if !frame.ends {
            return Ok(None);
        }
        let whole = if contiguous { bytes } else { &self.control[..] };
        Ok(Some(match frame.header.opcode {
            Opcode::Ping => Event::Ping(whole),
            Opcode::Pong => Event::Pong(whole),
            _ => Event::Close(CloseFrame::parse(whole)?),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes `stream` cut into pieces of `size` bytes, and puts sections of a message together again.
    fn decode(stream: &[u8], size: usize) -> Result<Vec<String>, MessageError> {
        let mut reader = MessageReader::new(None);
        let (mut seen, mut message) = (Vec::new(), Vec::new());
        for mut piece in stream.chunks(size) {
            loop {
                let (used, event) = reader.read(piece)?;
                piece = &piece[used..];
                let Some(event) = event else { break };
                match event {
                    Event::Data(section) => {
                        assert!(!section.first || message.is_empty());
                        message.extend_from_slice(section.bytes);
                        if section.last {
                            let payload = String::from_utf8_lossy(&message).into_owned();
                            seen.push(format!("{} {payload}", section.kind));
                            message.clear();
                        }
                    }
                    Event::Ping(payload) => seen.push(format!("ping {}", String::from_utf8_lossy(payload))),
                    Event::Pong(payload) => seen.push(format!("pong {}", String::from_utf8_lossy(payload))),
                    Event::Close(close) => seen.push(format!("close {} {}", close.code, close.reason)),
                }
            }
            assert!(piece.is_empty(), "bytes were left although more was asked for");
        }
        Ok(seen)
    }

    #[test]
    fn control_frames_between_fragments_at_every_cut() {
        let stream = b"\x01\x03Hel\x89\x04ping\x80\x02lo\x8a\x00\x82\x00\x02\x00\x89\x01x\x89\x01y\x80\x01z\x88\x05\x03\xe8bye";
        let expected =
            ["ping ping", "text Hello", "pong ", "binary ", "ping x", "ping y", "binary z", "close 1000 bye"];
        for size in 1..=stream.len() {
            assert_eq!(decode(stream, size).unwrap(), expected, "pieces of {size}");
        }
    }

    #[test]
    fn a_broken_rule_is_named_at_every_cut() {
        for (stream, violation) in [
            (&b"\x80\x01a"[..], Violation::ContinuationWithoutStart),
            (b"\x01\x01a\x81\x01b", Violation::MessageInsideMessage(Opcode::Text)),
            (b"\x01\x01\xe2\x80\x01a", Violation::TextNotUtf8(crate::protocol::InvalidUtf8 { offset: 0 })),
            (b"\x81\x02a\xe2", Violation::TextNotUtf8(crate::protocol::InvalidUtf8 { offset: 1 })),
            (b"\x88\x01a", Violation::CloseTooShort),
            (b"\x88\x02\x03\xed", Violation::CloseCode(1005)),
            (b"\x82\xfe", Violation::Masked),
        ] {
            for size in 1..=stream.len() {
                assert_eq!(decode(stream, size), Err(violation.into()), "pieces of {size}");
            }
        }
    }

    #[test]
    fn sections_of_a_huge_frame_come_before_its_end() {
        let mut reader = MessageReader::new(None);
        let header = [0x82, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3];
        let (used, event) = reader.read(&header).unwrap();
        let Some(Event::Data(section)) = event else { panic!("{event:?}") };
        assert_eq!((used, section.bytes), (13, &[1, 2, 3][..]));
        assert!(section.first && !section.last);
        assert_eq!(section.header.map(|header| header.len), Some(u64::MAX >> 1));
        let (used, event) = reader.read(&[4]).unwrap();
        assert!(matches!(event, Some(Event::Data(Section { bytes: [4], first: false, last: false, .. }))));
        assert_eq!(used, 1);
    }

    #[test]
    fn an_unfinished_message_is_known() {
        let mut reader = MessageReader::new(None);
        for (bytes, inside) in [(&b"\x01\x00"[..], true), (b"\x80", true), (b"\x00", false), (b"\x89", true)]
        {
            reader.read(bytes).unwrap();
            assert_eq!(!reader.is_between_messages(), inside, "{bytes:02x?}");
        }
    }
}
