//! Frame headers (RFC 6455 §5.2): opcode, flags, length and masking key.

use super::opcode::Opcode;
use super::violation::Violation;
use crate::protocol::role::Role;

/// The longest payload of a control frame, in bytes (RFC 6455 §5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;

/// The longest payload whose length needs no extended length field.
pub(super) const MAX_SHORT: usize = 125;

/// The size of an unmasked header without an extended length field.
pub(super) const SHORT_HEADER: usize = 2;

/// The longest header: two bytes, a 64-bit length and a masking key.
pub(super) const MAX_HEADER: usize = 14;

/// The part of a frame before its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Whether the frame is the last of its message.
    pub fin: bool,
    /// The first reserved bit: an extension marks the first frame of a compressed message with it (RFC 7692 §6).
    pub rsv1: bool,
    pub opcode: Opcode,
    /// The length of the payload in bytes, below 2^63.
    pub len: u64,
}

/// What the parser must know about the frames of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) struct FrameRules {
    /// The side that sends them.
    pub(in crate::protocol) sender: Role,
    /// Whether messages may be compressed.
    pub(in crate::protocol) may_compress: bool,
}

/// A parsed header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ParsedHeader {
    pub(super) header: FrameHeader,
    /// The key that masks the payload, where the sender is a client.
    pub(super) key: Option<[u8; 4]>,
    /// The length of the header in bytes.
    pub(super) size: usize,
}

impl FrameRules {
    /// Parses a header; `None` when `bytes` hold only a part of it.
    ///
    /// # Errors
    /// The bytes break a rule. The error is reported at the first byte that shows it, even when the header is
    /// incomplete.
    pub(super) fn parse(self, bytes: &[u8]) -> Result<Option<ParsedHeader>, Violation> {
        let Some(&first) = bytes.first() else { return Ok(None) };
        let reserved = first >> 4 & 0x7;
        let rsv1 = self.may_compress && reserved & 0x4 != 0;
        if reserved != u8::from(rsv1) << 2 {
            return Err(Violation::ReservedBits(reserved));
        }
        let (fin, opcode) = (first & 0x80 != 0, first & 0x0F);
        let opcode = Opcode::from_bits(opcode).ok_or(Violation::ReservedOpcode(opcode))?;
        if rsv1 && !matches!(opcode, Opcode::Text | Opcode::Binary) {
            return Err(Violation::CompressedBit(opcode));
        }
        if opcode.is_control() && !fin {
            return Err(Violation::FragmentedControl(opcode));
        }
        let Some(&second) = bytes.get(1) else { return Ok(None) };
        match (self.sender, second & 0x80 != 0) {
            (Role::Server, false) | (Role::Client, true) => {}
            (Role::Server, true) => return Err(Violation::Masked),
            (Role::Client, false) => return Err(Violation::Unmasked),
        }
        let short = second & 0x7F;
        if opcode.is_control() && usize::from(short) > MAX_CONTROL_PAYLOAD {
            return Err(Violation::LongControl(opcode));
        }
        let (len, size) = match short {
            126 => match bytes.get(2..4) {
                Some(wide) => (u64::from(u16::from_be_bytes([wide[0], wide[1]])), 4),
                None => return Ok(None),
            },
            127 => match bytes.get(2..10).and_then(|wide| wide.try_into().ok()) {
                Some(wide) => (u64::from_be_bytes(wide), 10),
                None => return Ok(None),
            },
            len => (u64::from(len), 2),
        };
        if len >> 63 != 0 {
            return Err(Violation::LengthHighBit);
        }
        if len_size(len) != size - 2 {
            return Err(Violation::LengthNotMinimal { len, bytes: size - 2 });
        }
        let header = FrameHeader { fin, rsv1, opcode, len };
        Ok(match self.sender {
            Role::Server => Some(ParsedHeader { header, key: None, size }),
            Role::Client => {
                let key = bytes.get(size..size + 4).and_then(|key| key.try_into().ok());
                key.map(|key| ParsedHeader { header, key: Some(key), size: size + 4 })
            }
        })
    }
}

impl FrameHeader {
    /// Appends the header, including the masking key if there is one.
    pub(super) fn append(&self, key: Option<[u8; 4]>, out: &mut Vec<u8>) {
        let masked = u8::from(key.is_some()) << 7;
        let first = u8::from(self.fin) << 7 | u8::from(self.rsv1) << 6 | self.opcode.bits();
        match (len_size(self.len), self.len.to_be_bytes()) {
            (0, [.., short]) => out.extend([first, masked | short]),
            (2, [.., high, low]) => out.extend([first, masked | 0x7E, high, low]),
            (_, all) => {
                out.extend([first, masked | 0x7F]);
                out.extend(all);
            }
        }
        if let Some(key) = key {
            out.extend(key);
        }
    }
}

/// The size of the extended length field that `len` needs.
fn len_size(len: u64) -> usize {
    match len {
        0..=125 => 0,
        126..=0xFFFF => 2,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: FrameRules = FrameRules { sender: Role::Server, may_compress: false };
    const CLIENT: FrameRules = FrameRules { sender: Role::Client, may_compress: false };
    const COMPRESSING: FrameRules = FrameRules { sender: Role::Server, may_compress: true };

    #[test]
    fn a_header_needs_all_its_bytes() {
        let long = [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0];
        let masked = [0x82, 255, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4];
        let header = FrameHeader { fin: true, rsv1: false, opcode: Opcode::Binary, len: 65536 };
        for (rules, bytes, key) in [(SERVER, &long[..], None), (CLIENT, &masked, Some([1, 2, 3, 4]))] {
            for cut in 0..bytes.len() {
                assert_eq!(rules.parse(&bytes[..cut]), Ok(None), "{cut}");
            }
            assert_eq!(rules.parse(bytes), Ok(Some(ParsedHeader { header, key, size: bytes.len() })));
        }
    }

    #[test]
    fn only_the_first_frame_of_a_message_may_say_that_it_is_compressed() {
        let parsed = COMPRESSING.parse(&[0x41, 0]).unwrap().unwrap();
        assert_eq!(parsed.header, FrameHeader { fin: false, rsv1: true, opcode: Opcode::Text, len: 0 });
        for (byte, rule) in [
            (0x60, Violation::ReservedBits(6)),
            (0xB2, Violation::ReservedBits(3)),
            (0xC0, Violation::CompressedBit(Opcode::Continuation)),
            (0xC8, Violation::CompressedBit(Opcode::Close)),
            (0xC9, Violation::CompressedBit(Opcode::Ping)),
        ] {
            assert_eq!(COMPRESSING.parse(&[byte]), Err(rule), "{byte:02x}");
        }
    }

    #[test]
    fn rules_are_checked_at_the_first_byte_that_breaks_them() {
        for (bytes, rule) in [
            (&[0xC1][..], Violation::ReservedBits(4)),
            (&[0x91], Violation::ReservedBits(1)),
            (&[0x83], Violation::ReservedOpcode(3)),
            (&[0x8B], Violation::ReservedOpcode(11)),
            (&[0x09], Violation::FragmentedControl(Opcode::Ping)),
            (&[0x81, 0x80], Violation::Masked),
            (&[0x89, 126], Violation::LongControl(Opcode::Ping)),
            (&[0x82, 126, 0, 125], Violation::LengthNotMinimal { len: 125, bytes: 2 }),
            (
                &[0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
                Violation::LengthNotMinimal { len: 65535, bytes: 8 },
            ),
            (&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], Violation::LengthHighBit),
        ] {
            assert_eq!(SERVER.parse(bytes), Err(rule), "{bytes:02x?}");
        }
        assert_eq!(CLIENT.parse(&[0x81, 0]), Err(Violation::Unmasked));
    }

    #[test]
    fn lengths_are_written_in_their_shortest_form() {
        for (len, size) in [(0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10), (u64::MAX >> 1, 10)] {
            let mut out = Vec::new();
            FrameHeader { fin: true, rsv1: false, opcode: Opcode::Text, len }.append(None, &mut out);
            let parsed = SERVER.parse(&out).unwrap().unwrap();
            assert_eq!((parsed.header.len, parsed.size, out.len()), (len, size, size));
        }
    }
}
