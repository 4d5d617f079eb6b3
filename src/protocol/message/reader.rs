//! Turns the bytes that the peer sends into sections of messages and control frames. Buffers only the payload
//! of one control frame and one unmasked or inflated section, so a message may have any length. Yields the
//! same messages and the same error however the input is split.

use super::assembler::Assembler;
use super::event::{Event, MessageError};
use crate::protocol::extension::Agreement;
use crate::protocol::frame::{FrameReader, FrameRules, apply_mask};
use crate::protocol::role::Role;

/// The receiving half of the protocol. It must not be given input after an error or a Close.
#[derive(Debug)]
pub struct MessageReader {
    frames: FrameReader,
    messages: Assembler,
    /// The unmasked payload of a client's frame.
    unmasked: Vec<u8>,
    wire_bytes: u64,
}

/// Creates a client's reader without compression and without limits.
impl Default for MessageReader {
    fn default() -> Self {
        Self::new(Role::Client, None, None)
    }
}

impl MessageReader {
    /// Creates a reader for `role` at the start of a connection. It inflates as agreed, and refuses messages
    /// of more than `max_message` bytes.
    pub fn new(role: Role, agreement: Option<Agreement>, max_message: Option<u64>) -> Self {
        let rules = FrameRules { sender: role.peer(), may_compress: agreement.is_some() };
        let context = agreement.map(|agreement| agreement.inflating(role));
        Self {
            frames: FrameReader::new(rules),
            messages: Assembler::new(context, max_message),
            unmasked: Vec::new(),
            wire_bytes: 0,
        }
    }

    /// Whether the input so far ends at the end of a message, or of a control frame between messages.
    pub fn is_between_messages(&self) -> bool {
        self.messages.is_between_messages() && self.frames.is_between_frames()
    }

    /// Bytes of payload in all data frames so far.
    pub fn wire_bytes(&self) -> u64 {
        self.wire_bytes
    }

    /// Whether [`MessageReader::read`] returns an event even without input.
    pub fn has_pending(&self) -> bool {
        self.messages.has_pending()
    }

    /// Takes bytes from the front of `input`. Returns how many it used, and the event they make up. Without
    /// an event, it has used all of `input` and needs more; call it until then.
    ///
    /// # Errors
    /// The peer broke a rule, or its message exceeds the limit. The error is reported at the first byte that
    /// shows it.
    pub fn read<'a>(&'a mut self, input: &'a [u8]) -> Result<(usize, Option<Event<'a>>), MessageError> {
        let Self { frames, messages, unmasked, wire_bytes } = self;
        if messages.has_pending() {
            return Ok((0, Some(Event::Data(messages.pending()?))));
        }
        if let Some((header, payload)) = frames.short_message(input) {
            let used = payload.end;
            if let Some(section) = messages.short_message(header, payload, input) {
                *wire_bytes += section.wire_len as u64;
                return Ok((used, Some(Event::Data(section))));
            }
        }
        let (used, section) = frames.read(input)?;
        let Some(frame) = section else { return Ok((used, None)) };
        let mut payload = &input[frame.payload.clone()];
        if let Some(key) = frame.key {
            unmasked.clear();
            unmasked.extend_from_slice(payload);
            apply_mask(key, unmasked);
            payload = unmasked;
        }
        if frame.header.opcode.is_control() {
            return Ok((used, messages.control(&frame, payload)?));
        }
        let (section, unused) = messages.data(&frame, payload)?;
        frames.unread(&frame, unused);
        *wire_bytes += section.wire_len as u64;
        Ok((used - unused, Some(Event::Data(section))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Section;
    use super::*;
    use crate::protocol::frame::{Opcode, Violation};

    /// Decodes `stream` in pieces of `size` bytes, and joins the sections of each message.
    fn decode(stream: &[u8], size: usize) -> Result<Vec<String>, MessageError> {
        let mut reader = MessageReader::default();
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
        let mut reader = MessageReader::default();
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
        let mut reader = MessageReader::default();
        for (bytes, inside) in [(&b"\x01\x00"[..], true), (b"\x80", true), (b"\x00", false), (b"\x89", true)]
        {
            reader.read(bytes).unwrap();
            assert_eq!(!reader.is_between_messages(), inside, "{bytes:02x?}");
        }
    }
}
