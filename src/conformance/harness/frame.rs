//! Frames with any bits (RFC 6455 §5.2): built as a rule wants them, and read from a server without checks. Pure. Our own
//! `protocol` refuses to do either.

use crate::protocol::MAX_CONTROL_PAYLOAD;

pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xA;

/// The close code for what breaks the protocol (RFC 6455 §7.4.1).
pub(crate) const PROTOCOL_ERROR: u16 = 1002;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;

/// Values in place of a length: it follows in two, or in eight bytes.
const SIXTEEN: u8 = 0x7E;
const SIXTY_FOUR: u8 = 0x7F;

/// The longest payload that is read from a server, in bytes. The rules need no longer one.
const MAX_PAYLOAD: u64 = 16 << 20;

/// The forms in which a length can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Width {
    /// In the second byte.
    Seven,
    /// In two bytes more.
    Sixteen,
    /// In eight bytes more.
    SixtyFour,
}

impl Width {
    /// The shortest form that holds `len`.
    pub(crate) fn of(len: u64) -> Self {
        match len {
            0..=125 => Self::Seven,
            126..=0xFFFF => Self::Sixteen,
            _ => Self::SixtyFour,
        }
    }

    pub(crate) fn bits(self) -> u8 {
        match self {
            Self::Seven => 7,
            Self::Sixteen => 16,
            Self::SixtyFour => 64,
        }
    }
}

/// A frame to send: correct unless changed.
#[derive(Clone, Debug)]
pub(crate) struct RawFrame {
    first: u8,
    masked: bool,
    width: Width,
    announced: Option<u64>,
    payload: Vec<u8>,
}

impl RawFrame {
    /// A complete, masked frame.
    pub(crate) fn new(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        let payload = payload.into();
        Self { first: FIN | opcode, masked: true, width: Width::Seven, announced: None, payload }
    }

    /// A Close frame with this code.
    pub(crate) fn close(code: u16, reason: &[u8]) -> Self {
        Self::new(CLOSE, [&code.to_be_bytes(), reason].concat())
    }

    pub(crate) fn unfinished(mut self) -> Self {
        self.first &= !FIN;
        self
    }

    /// With these reserved bits, RSV1 highest.
    pub(crate) fn reserved(mut self, bits: u8) -> Self {
        self.first |= bits << 4;
        self
    }

    pub(crate) fn unmasked(mut self) -> Self {
        self.masked = false;
        self
    }

    /// With the length in this form, even if a shorter one would do.
    pub(crate) fn length_in(mut self, width: Width) -> Self {
        self.width = width;
        self
    }

    /// With this length in the header, whatever the payload.
    pub(crate) fn announcing(mut self, len: u64) -> Self {
        self.announced = Some(len);
        self
    }

    pub(crate) fn opcode(&self) -> u8 {
        self.first & 0x0F
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The frame as it is sent.
    pub(crate) fn bytes(&self, key: [u8; 4]) -> Vec<u8> {
        let len = self.announced.unwrap_or(self.payload.len() as u64);
        let mask = if self.masked { MASKED } else { 0 };
        let mut bytes = vec![self.first];
        match (self.width.max(Width::of(len)), len.to_be_bytes()) {
            (Width::Seven, [.., short]) => bytes.push(mask | short),
            (Width::Sixteen, [.., high, low]) => bytes.extend([mask | SIXTEEN, high, low]),
            (Width::SixtyFour, all) => {
                bytes.push(mask | SIXTY_FOUR);
                bytes.extend(all);
            }
        }
        if !self.masked {
            bytes.extend(&self.payload);
            return bytes;
        }
        bytes.extend(key);
        bytes.extend(self.payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        bytes
    }
}

/// A frame that a server sent, legal or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenFrame {
    pub(crate) fin: bool,
    /// The three reserved bits, RSV1 highest.
    pub(crate) reserved: u8,
    pub(crate) opcode: u8,
    pub(crate) masked: bool,
    pub(crate) width: Width,
    /// Unmasked.
    pub(crate) payload: Vec<u8>,
}

/// What the bytes at hand are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The beginning of a frame at most.
    More,
    /// A frame, and its length on the wire.
    Frame(SeenFrame, usize),
    /// The header of a frame with this many bytes of payload, which are not read.
    TooLong(u64),
}

impl SeenFrame {
    /// Reads a frame from the front of `bytes`.
    pub(crate) fn read(bytes: &[u8]) -> Reading {
        let &[first, second, ref rest @ ..] = bytes else { return Reading::More };
        let (width, len, rest) = match (second & 0x7F, rest) {
            (SIXTEEN, &[high, low, ref rest @ ..]) => {
                (Width::Sixteen, u64::from(u16::from_be_bytes([high, low])), rest)
            }
            (SIXTY_FOUR, rest) => match rest.split_first_chunk() {
                Some((len, rest)) => (Width::SixtyFour, u64::from_be_bytes(*len), rest),
                None => return Reading::More,
            },
            (SIXTEEN, _) => return Reading::More,
            (short, rest) => (Width::Seven, u64::from(short), rest),
        };
        let Some(len) = usize::try_from(len).ok().filter(|_| len <= MAX_PAYLOAD) else {
            return Reading::TooLong(len);
        };
        let masked = second & MASKED != 0;
        let (key, rest) = match rest.split_first_chunk() {
            Some((key, rest)) if masked => (*key, rest),
            None if masked => return Reading::More,
            _ => ([0; 4], rest),
        };
        let Some(payload) = rest.get(..len) else { return Reading::More };
        let payload = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        let frame = Self {
            fin: first & FIN != 0,
            reserved: first >> 4 & 0x7,
            opcode: first & 0x0F,
            masked,
            width,
            payload,
        };
        Reading::Frame(frame, bytes.len() - rest.len() + len)
    }

    /// Whether this is a control frame, by its opcode.
    pub(crate) fn is_control(&self) -> bool {
        self.opcode & 0x8 != 0
    }

    /// Whether the payload is longer than that of a control frame may be.
    pub(crate) fn is_long(&self) -> bool {
        self.payload.len() > MAX_CONTROL_PAYLOAD
    }
}

/// The code in the payload of a Close frame.
pub(crate) fn close_code(payload: &[u8]) -> Option<u16> {
    payload.first_chunk().map(|code| u16::from_be_bytes(*code))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    #[test]
    fn correct_frames_are_those_of_the_rfc() {
        // RFC 6455 §5.7.
        let hello = RawFrame::new(TEXT, "Hello");
        assert_eq!(hello.bytes(KEY), [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
        assert_eq!(hello.clone().unmasked().bytes(KEY), b"\x81\x05Hello");
        assert_eq!(hello.unmasked().unfinished().bytes(KEY), b"\x01\x05Hello");
        let pong = RawFrame::new(PONG, "Hello").bytes(KEY);
        assert_eq!(pong, [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
        assert_eq!(RawFrame::close(1000, b"ok").unmasked().bytes(KEY), b"\x88\x04\x03\xe8ok");
    }

    #[test]
    fn any_bit_can_be_set() {
        let frame = |opcode: u8| RawFrame::new(opcode, "").unmasked();
        assert_eq!(frame(TEXT).reserved(0b100).bytes(KEY), [0xC1, 0]);
        assert_eq!(frame(TEXT).reserved(0b010).bytes(KEY), [0xA1, 0]);
        assert_eq!(frame(TEXT).reserved(0b001).bytes(KEY), [0x91, 0]);
        assert_eq!(frame(0xF).bytes(KEY), [0x8F, 0]);
        assert_eq!(frame(PING).unfinished().bytes(KEY), [0x09, 0]);
    }

    #[test]
    fn lengths_are_minimal_unless_told_otherwise() {
        let header = |frame: RawFrame| frame.unmasked().bytes(KEY)[1..].to_vec();
        for (len, expected) in [
            (125, &[125][..]),
            (126, &[126, 0, 126]),
            (65535, &[126, 0xFF, 0xFF]),
            (65536, &[127, 0, 0, 0, 0, 0, 1, 0, 0]),
            (1 << 63, &[127, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        ] {
            assert_eq!(header(RawFrame::new(BINARY, "").announcing(len)), expected);
        }
        assert_eq!(header(RawFrame::new(TEXT, "a").length_in(Width::Sixteen)), b"\x7e\x00\x01a");
        assert_eq!(
            header(RawFrame::new(TEXT, "a").length_in(Width::SixtyFour)),
            b"\x7f\x00\x00\x00\x00\x00\x00\x00\x01a"
        );
    }

    #[test]
    fn frames_are_read_as_they_were_built_at_every_cut() {
        for frame in [
            RawFrame::new(TEXT, "Hello"),
            RawFrame::new(0xB, "x").reserved(0b101).unfinished().unmasked(),
            RawFrame::new(PING, vec![7; 126]),
            RawFrame::new(BINARY, "a").length_in(Width::SixtyFour).unmasked(),
            RawFrame::new(BINARY, vec![9; 70_000]),
        ] {
            let bytes = frame.bytes(KEY);
            for cut in (0..bytes.len()).take(20) {
                assert_eq!(SeenFrame::read(&bytes[..cut]), Reading::More, "{cut}");
            }
            let more = [&bytes[..], b"more"].concat();
            let Reading::Frame(seen, used) = SeenFrame::read(&more) else { panic!("{frame:?}") };
            assert_eq!((used, &seen.payload), (bytes.len(), &frame.payload));
            assert_eq!((seen.opcode, seen.masked), (frame.opcode(), frame.masked));
            assert_eq!(seen.reserved, frame.first >> 4 & 7);
            assert_eq!(seen.width, frame.width.max(Width::of(frame.payload.len() as u64)));
        }
    }

    #[test]
    fn what_is_too_long_is_known_from_its_header() {
        let bytes = RawFrame::new(BINARY, "").announcing(1 << 40).unmasked().bytes(KEY);
        assert_eq!(SeenFrame::read(&bytes), Reading::TooLong(1 << 40));
    }

    #[test]
    fn close_codes_are_read() {
        assert_eq!(close_code(b"\x03\xeabye"), Some(1002));
        assert_eq!(close_code(b"\x03"), None);
    }
}
