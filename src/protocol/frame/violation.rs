//! The rules of RFC 6455 and RFC 7692 that a peer can break, each with its section and the close code to
//! answer with.

use std::fmt;

use super::opcode::Opcode;
use crate::protocol::inflate_error::InflateError;
use crate::protocol::utf8::InvalidUtf8;

/// A rule that the peer broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A reserved bit is set. Holds the three bits; RSV1 is the highest.
    ReservedBits(u8),
    /// RSV1, which marks a compressed message, on a frame that does not begin a message.
    CompressedBit(Opcode),
    /// An opcode that no RFC defines.
    ReservedOpcode(u8),
    /// A control frame without FIN.
    FragmentedControl(Opcode),
    /// A control frame of more than 125 bytes.
    LongControl(Opcode),
    /// A masked frame from a server.
    Masked,
    /// An unmasked frame from a client.
    Unmasked,
    /// A length of 2^63 or more.
    LengthHighBit,
    /// A length written in more bytes than it needs.
    LengthNotMinimal {
        len: u64,
        /// The size of the extended length field in bytes.
        bytes: usize,
    },
    /// A continuation frame when no message has begun.
    ContinuationWithoutStart,
    /// A new message before the previous one is complete.
    MessageInsideMessage(Opcode),
    /// A compressed message that cannot be inflated.
    BrokenDeflate(InflateError),
    /// A text message that is not UTF-8.
    TextNotUtf8(InvalidUtf8),
    /// A Close frame with a payload of one byte.
    CloseTooShort,
    /// A close code that must not be sent on the wire.
    CloseCode(u16),
    CloseReasonNotUtf8(InvalidUtf8),
}

impl Violation {
    /// The code of the Close frame that answers this violation (RFC 6455 §7.4.1).
    pub fn close_code(&self) -> u16 {
        match self {
            Self::TextNotUtf8(_) | Self::CloseReasonNotUtf8(_) | Self::BrokenDeflate(_) => 1007,
            Self::ReservedBits(_)
            | Self::CompressedBit(_)
            | Self::ReservedOpcode(_)
            | Self::FragmentedControl(_)
            | Self::LongControl(_)
            | Self::Masked
            | Self::Unmasked
            | Self::LengthHighBit
            | Self::LengthNotMinimal { .. }
            | Self::ContinuationWithoutStart
            | Self::MessageInsideMessage(_)
            | Self::CloseTooShort
            | Self::CloseCode(_) => 1002,
        }
    }
}

/// What was seen, then the section that forbids it.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedBits(bits) => {
                write!(
                    f,
                    "reserved bits {bits:03b} set, which no negotiated extension defines (RFC 6455 §5.2)"
                )
            }
            Self::CompressedBit(opcode) => {
                write!(f, "{opcode} frame with the bit of a compressed message set (RFC 7692 §6)")
            }
            Self::ReservedOpcode(opcode) => write!(f, "reserved opcode {opcode:#x} (RFC 6455 §5.2)"),
            Self::FragmentedControl(opcode) => write!(f, "fragmented {opcode} frame (RFC 6455 §5.5)"),
            Self::LongControl(opcode) => write!(f, "{opcode} frame of more than 125 bytes (RFC 6455 §5.5)"),
            Self::Masked => f.write_str("masked frame from a server (RFC 6455 §5.1)"),
            Self::Unmasked => f.write_str("unmasked frame from a client (RFC 6455 §5.1)"),
            Self::LengthHighBit => f.write_str("frame length with the highest bit set (RFC 6455 §5.2)"),
            Self::LengthNotMinimal { len, bytes } => {
                write!(
                    f,
                    "frame length {len} written in {bytes} bytes, not in its shortest form (RFC 6455 §5.2)"
                )
            }
            Self::ContinuationWithoutStart => {
                f.write_str("continuation frame without a message to continue (RFC 6455 §5.4)")
            }
            Self::MessageInsideMessage(opcode) => {
                write!(f, "{opcode} frame before the last message was complete (RFC 6455 §5.4)")
            }
            Self::BrokenDeflate(err) => err.fmt(f),
            Self::TextNotUtf8(at) => {
                write!(f, "text message is not UTF-8 at byte {} (RFC 6455 §8.1)", at.offset)
            }
            Self::CloseTooShort => f.write_str("close frame with a payload of one byte (RFC 6455 §5.5.1)"),
            Self::CloseCode(code) => write!(f, "close code {code} must not be sent (RFC 6455 §7.4)"),
            Self::CloseReasonNotUtf8(at) => {
                write!(f, "close reason is not UTF-8 at byte {} (RFC 6455 §5.5.1)", at.offset)
            }
        }
    }
}

impl std::error::Error for Violation {}
