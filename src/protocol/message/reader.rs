//! Turns the bytes that a server sends into events. Holds no payload but that of a control frame, so a frame
//! of any length passes through in sections. Gives the same events wherever the bytes are cut.

use crate::protocol::frame::{
    CloseFrame, FrameHeader, Kind, MAX_CONTROL_PAYLOAD, MAX_SERVER_HEADER, Opcode, Violation,
};
use crate::protocol::utf8::Utf8Stream;

/// A part of a message, as much of it as was at hand.
#[derive(Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// The type of the message.
    pub kind: Kind,
    /// The bytes; possibly none.
    pub bytes: &'a [u8],
    /// Whether the message begins here.
    pub first: bool,
    /// Whether the message ends here.
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
    /// A pong, asked for or not.
    Pong(&'a [u8]),
    /// A Close frame; nothing that follows it counts.
    Close(CloseFrame),
}

/// A frame whose payload is not complete yet.
#[derive(Clone, Copy, Debug)]
struct OpenFrame {
    header: FrameHeader,
    remaining: u64,
}

/// The receiving half of the protocol. After an error or a Close it must not be fed any more.
#[derive(Debug, Default)]
pub struct Decoder {
    partial_header: [u8; MAX_SERVER_HEADER],
    partial_header_len: usize,
    frame: Option<OpenFrame>,
    /// The type of the message whose last frame has not come.
    message: Option<Kind>,
    utf8: Utf8Stream,
    control: Vec<u8>,
}

impl Decoder {
    /// A decoder at the start of a connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes from the front of `input`: how many were used, and what they gave. Without an event, all
    /// of `input` was used and more is needed. To be called until then.
    ///
    /// # Errors
    /// The rule that the server broke; the connection has to be failed (RFC 6455 §7.1.7).
    pub fn decode<'a>(&'a mut self, input: &'a [u8]) -> Result<(usize, Option<Event<'a>>), Violation> {
        if let Some(frame) = self.frame {
            return if input.is_empty() { Ok((0, None)) } else { self.payload(frame, None, input, 0) };
        }
        match self.header(input)? {
            (used, Some(header)) => {
                let frame = OpenFrame { header, remaining: header.len };
                self.payload(frame, Some(header), input, used)
            }
            (used, None) => Ok((used, None)),
        }
    }

    /// Whether a message or frame was begun and is not complete.
    pub fn is_inside_message(&self) -> bool {
        self.message.is_some() || self.frame.is_some() || self.partial_header_len > 0
    }

    /// Completes a header from what was kept of it and the front of `input`.
    fn header(&mut self, input: &[u8]) -> Result<(usize, Option<FrameHeader>), Violation> {
        if self.partial_header_len == 0
            && let Some((header, used)) = FrameHeader::parse_from_server(input)?
        {
            self.check_order(header)?;
            return Ok((used, Some(header)));
        }
        for (used, &byte) in input.iter().enumerate() {
            self.partial_header[self.partial_header_len] = byte;
            self.partial_header_len += 1;
            let kept = &self.partial_header[..self.partial_header_len];
            if let Some((header, _)) = FrameHeader::parse_from_server(kept)? {
                self.partial_header_len = 0;
                self.check_order(header)?;
                return Ok((used + 1, Some(header)));
            }
        }
        Ok((input.len(), None))
    }

    /// Fragments of one message come in order, without another message between them (RFC 6455 §5.4).
    fn check_order(&self, header: FrameHeader) -> Result<(), Violation> {
        match (header.opcode, self.message) {
            (Opcode::Continuation, None) => Err(Violation::ContinuationWithoutStart),
            (Opcode::Text | Opcode::Binary, Some(_)) => Err(Violation::MessageInsideMessage(header.opcode)),
            _ => Ok(()),
        }
    }

    fn payload<'a>(
        &'a mut self,
        mut frame: OpenFrame,
        header: Option<FrameHeader>,
        input: &'a [u8],
        start: usize,
    ) -> Result<(usize, Option<Event<'a>>), Violation> {
        let here = usize::try_from(frame.remaining).unwrap_or(usize::MAX).min(input.len() - start);
        let (end, bytes) = (start + here, &input[start..start + here]);
        frame.remaining -= here as u64;
        let complete = frame.remaining == 0;
        self.frame = (!complete).then_some(frame);
        if !frame.header.opcode.is_control() {
            return Ok((end, Some(Event::Data(self.section(frame, header, bytes)?))));
        }
        if header.is_some() {
            self.control.clear();
        }
        let contiguous = header.is_some() && complete;
        if !contiguous {
            debug_assert!(self.control.len() + bytes.len() <= MAX_CONTROL_PAYLOAD);
            self.control.extend_from_slice(bytes);
        }
        if !complete {
            return Ok((end, None));
        }
        let whole = if contiguous { bytes } else { &self.control[..] };
        let event = match frame.header.opcode {
            Opcode::Ping => Event::Ping(whole),
            Opcode::Pong => Event::Pong(whole),
            _ => Event::Close(CloseFrame::parse(whole)?),
        };
        Ok((end, Some(event)))
    }

    fn section<'a>(
        &mut self,
        frame: OpenFrame,
        header: Option<FrameHeader>,
        bytes: &'a [u8],
    ) -> Result<Section<'a>, Violation> {
        let (kind, first) = match frame.header.opcode {
            Opcode::Text => (Kind::Text, header.is_some()),
            Opcode::Binary => (Kind::Binary, header.is_some()),
            _ => (self.message.unwrap_or(Kind::Binary), false),
        };
        let last = frame.header.fin && frame.remaining == 0;
        self.message = (!last).then_some(kind);
        if kind == Kind::Text {
            self.utf8.feed(bytes).map_err(Violation::TextNotUtf8)?;
            if last {
                self.utf8.finish().map_err(Violation::TextNotUtf8)?;
            }
        }
        if last {
            self.utf8 = Utf8Stream::new();
        }
        Ok(Section { kind, bytes, first, last, header })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes `stream` cut into pieces of `size` bytes, and puts sections of a message together again.
    fn decode(stream: &[u8], size: usize) -> Result<Vec<String>, Violation> {
        let mut decoder = Decoder::new();
        let (mut seen, mut message) = (Vec::new(), Vec::new());
        for mut piece in stream.chunks(size) {
            loop {
                let (used, event) = decoder.decode(piece)?;
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
                assert_eq!(decode(stream, size), Err(violation), "pieces of {size}");
            }
        }
    }

    #[test]
    fn sections_of_a_huge_frame_come_before_its_end() {
        let mut decoder = Decoder::new();
        let header = [0x82, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3];
        let (used, event) = decoder.decode(&header).unwrap();
        let Some(Event::Data(section)) = event else { panic!("{event:?}") };
        assert_eq!((used, section.bytes), (13, &[1, 2, 3][..]));
        assert!(section.first && !section.last);
        assert_eq!(section.header.map(|header| header.len), Some(u64::MAX >> 1));
        let (used, event) = decoder.decode(&[4]).unwrap();
        assert!(matches!(event, Some(Event::Data(Section { bytes: [4], first: false, last: false, .. }))));
        assert_eq!(used, 1);
    }

    #[test]
    fn an_unfinished_message_is_known() {
        let mut decoder = Decoder::new();
        for (bytes, inside) in [(&b"\x01\x00"[..], true), (b"\x80", true), (b"\x00", false), (b"\x89", true)]
        {
            decoder.decode(bytes).unwrap();
            assert_eq!(decoder.is_inside_message(), inside, "{bytes:02x?}");
        }
    }
}
