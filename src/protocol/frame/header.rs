//! Frame headers (RFC 6455 §5.2): opcode, flags and length, parsed as a server sends them and
//! written as a client has to.

use super::opcode::Opcode;
use super::violation::Violation;

/// The longest payload of a control frame, in bytes (RFC 6455 §5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;

/// The longest header that a server may send: two bytes and a 64-bit length, no masking key.
pub(in crate::protocol) const MAX_SERVER_HEADER: usize = 10;

/// The part of a frame before its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Whether the frame is the last of its message.
    pub fin: bool,
    /// The first reserved bit: an extension marks the first frame of a compressed message with it (RFC 7692 §6).
    pub rsv1: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// The length of the payload in bytes, below 2^63.
    pub len: u64,
}

impl FrameHeader {
    /// Parses a header sent by a server: the header and its length, or `None` when `bytes` hold only a part of it.
    ///
    /// # Errors
    /// As soon as the bytes at hand break a rule, even when the header is not complete.
    pub(in crate::protocol) fn parse_from_server(bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let Some(&first) = bytes.first() else { return Ok(None) };
        if first & 0x70 != 0 {
            return Err(Violation::ReservedBits(first >> 4 & 0x7));
        }
        let (fin, opcode) = (first & 0x80 != 0, first & 0x0F);
        let opcode = Opcode::from_bits(opcode).ok_or(Violation::ReservedOpcode(opcode))?;
        if opcode.is_control() && !fin {
            return Err(Violation::FragmentedControl(opcode));
        }
        let Some(&second) = bytes.get(1) else { return Ok(None) };
        if second & 0x80 != 0 {
            return Err(Violation::Masked);
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
        Ok(Some((Self { fin, rsv1: false, opcode, len }, size)))
    }

    /// Appends the header of a client's frame, which ends in the masking key.
    pub(in crate::protocol) fn append_masked(&self, key: [u8; 4], out: &mut Vec<u8>) {
        out.push(u8::from(self.fin) << 7 | u8::from(self.rsv1) << 6 | self.opcode.bits());
        match (len_size(self.len), self.len.to_be_bytes()) {
            (0, [.., short]) => out.push(0x80 | short),
            (2, [.., high, low]) => out.extend([0x80 | 0x7E, high, low]),
            (_, all) => {
                out.push(0x80 | 0x7F);
                out.extend(all);
            }
        }
        out.extend(key);
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

    #[test]
    fn a_header_needs_all_its_bytes() {
        let long = [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0];
        for cut in 0..long.len() {
            assert_eq!(FrameHeader::parse_from_server(&long[..cut]), Ok(None), "{cut}");
        }
        let header = FrameHeader { fin: true, rsv1: false, opcode: Opcode::Binary, len: 65536 };
        assert_eq!(FrameHeader::parse_from_server(&long), Ok(Some((header, 10))));
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
            assert_eq!(FrameHeader::parse_from_server(bytes), Err(rule), "{bytes:02x?}");
        }
    }

    #[test]
    fn lengths_are_written_in_their_shortest_form() {
        for (len, size) in [(0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10), (u64::MAX >> 1, 10)] {
            let mut out = Vec::new();
            FrameHeader { fin: true, rsv1: false, opcode: Opcode::Text, len }.append_masked([0; 4], &mut out);
            assert_eq!(out.len(), size + 4, "{len}");
            out[1] &= 0x7F;
            let (header, used) = FrameHeader::parse_from_server(&out).unwrap().unwrap();
            assert_eq!((header.len, used), (len, size));
        }
    }
}
