//! Frames as bytes: what a server sends, well-formed or not, and a strict reader of what a client sends.
//! Written from RFC 6455 §5.2 and nothing else, so that it can contradict the code under test.

use std::io::{self, ErrorKind, Read};

pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xA;

const FIN: u8 = 0x80;

/// One frame of the client, unmasked.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    pub fin: bool,
    /// RSV1, which marks a compressed message.
    pub rsv1: bool,
    pub opcode: u8,
    pub payload: Vec<u8>,
    pub key: [u8; 4],
}

impl Frame {
    /// Reads one frame, and refuses all that a client must not send: unmasked, reserved bits, a length that is not
    /// in its shortest form, a control frame that is long or in fragments.
    pub fn read(source: &mut impl Read) -> io::Result<Self> {
        Self::read_compressed(source, false)
    }

    /// As [`Frame::read`]; where compression was agreed on, the first frame of a message may have RSV1 set.
    pub fn read_compressed(source: &mut impl Read, agreed: bool) -> io::Result<Self> {
        let [first, second] = read_array(source)?;
        let rsv1 = agreed && first & 0x40 != 0 && matches!(first & 0x0F, TEXT | BINARY);
        demand(first & 0x70 == u8::from(rsv1) << 6, "reserved bits are set")?;
        demand(second & 0x80 != 0, "not masked")?;
        let length = match second & 0x7F {
            126 => {
                let length = u64::from(u16::from_be_bytes(read_array(source)?));
                demand(length > 125, "length not in its shortest form")?;
                length
            }
            127 => {
                let length = u64::from_be_bytes(read_array(source)?);
                demand(length > 0xFFFF, "length not in its shortest form")?;
                length
            }
            short => u64::from(short),
        };
        let frame_is_control = first & 0x08 != 0;
        demand(!frame_is_control || length <= 125, "long control frame")?;
        demand(!frame_is_control || first & FIN != 0, "fragmented control frame")?;
        let key = read_array(source)?;
        let mut payload = Vec::new();
        source.take(length).read_to_end(&mut payload)?;
        demand(payload.len() as u64 == length, "the connection ended within a frame")?;
        mask(&mut payload, key);
        Ok(Self { fin: first & FIN != 0, rsv1, opcode: first & 0x0F, payload, key })
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.payload).expect("a payload in UTF-8")
    }

    /// The code of a Close frame; `None` if this is another frame or has no code.
    pub fn close_code(&self) -> Option<u16> {
        let code = self.payload.first_chunk().map(|code| u16::from_be_bytes(*code));
        code.filter(|_| self.opcode == CLOSE)
    }
}

/// Short: payloads can be large.
impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start = &self.payload[..self.payload.len().min(40)];
        let Self { fin, opcode, .. } = self;
        write!(
            f,
            "[fin {fin}, opcode {opcode:#x}, {} bytes \"{}\"]",
            self.payload.len(),
            start.escape_ascii()
        )
    }
}

fn read_array<const N: usize>(source: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn demand(holds: bool, otherwise: &str) -> io::Result<()> {
    if holds { Ok(()) } else { Err(io::Error::new(ErrorKind::InvalidData, otherwise)) }
}

fn mask(bytes: &mut [u8], key: [u8; 4]) {
    for (byte, key) in bytes.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

/// A frame as a server sends it: not masked, complete.
pub fn frame(opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    raw(FIN | opcode, payload)
}

/// A frame that is not the last of its message.
pub fn fragment(opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    raw(opcode, payload)
}

/// A frame with any first byte: FIN, reserved bits and opcode as wanted.
pub fn raw(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut bytes = header(first, payload.len() as u64);
    bytes.extend_from_slice(payload);
    bytes
}

/// Only the header of a frame that claims this length.
pub fn header(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => bytes.push(short),
        (_, Ok(medium)) => {
            bytes.push(126);
            bytes.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            bytes.push(127);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
    }
    bytes
}

/// A frame as only a client may send it.
pub fn masked(opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let key = [0x12, 0x34, 0x56, 0x78];
    let mut payload = payload.as_ref().to_owned();
    let mut bytes = header(FIN | opcode, payload.len() as u64);
    bytes[1] |= 0x80;
    bytes.extend_from_slice(&key);
    mask(&mut payload, key);
    bytes.append(&mut payload);
    bytes
}

pub fn text(text: &str) -> Vec<u8> {
    frame(TEXT, text)
}

pub fn binary(payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(BINARY, payload)
}

pub fn ping(payload: &str) -> Vec<u8> {
    frame(PING, payload)
}

pub fn close(code: u16, reason: &str) -> Vec<u8> {
    frame(CLOSE, [&code.to_be_bytes(), reason.as_bytes()].concat())
}

pub fn close_without_code() -> Vec<u8> {
    frame(CLOSE, "")
}

#[test]
fn the_reader_gives_back_what_was_masked_at_every_length_form() {
    for length in [0, 1, 125, 126, 65535, 65536] {
        let payload = super::noise(length);
        let bytes = masked(BINARY, &payload);
        let read = Frame::read(&mut bytes.as_slice()).expect("a frame");
        assert!(read.fin && read.opcode == BINARY && read.payload == payload, "{length}: {read:?}");
    }
}

#[test]
fn the_reader_knows_the_example_of_the_rfc() {
    // RFC 6455 §5.7: a single-frame masked text message.
    let bytes = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    let read = Frame::read(&mut bytes.as_slice()).expect("a frame");
    assert_eq!((read.opcode, read.text(), read.key), (TEXT, "Hello", [0x37, 0xfa, 0x21, 0x3d]));
}

#[test]
fn the_reader_refuses_what_a_client_must_not_send() {
    let refusal = |bytes: &[u8]| Frame::read(&mut &*bytes).expect_err("a refusal").to_string();
    assert_eq!(refusal(&text("unmasked")), "not masked");
    assert_eq!(refusal(&[0xC1, 0x80]), "reserved bits are set");
    assert_eq!(refusal(&[0x81, 0xFE, 0, 125]), "length not in its shortest form");
    assert_eq!(refusal(&[0x89, 0xFE, 0, 126]), "long control frame");
    assert_eq!(refusal(&[0x09, 0x80]), "fragmented control frame");
    assert_eq!(refusal(&masked(TEXT, "cut")[..8]), "the connection ended within a frame");
}
