//! The rules that a server's answer to an extension offer can break, each with its RFC section.

use std::fmt;

use super::params::ParamFault;

/// A rule that the answer broke. The client must fail the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtensionViolation {
    /// The value of a header field is not a list of extensions.
    Malformed(String),
    /// An extension that was not offered.
    NotOffered(String),
    /// More than one answer to the one offer.
    AnsweredTwice,
    /// A parameter that an answer must not have.
    Param(ParamFault),
    /// `client_max_window_bits` in the answer to an offer without it.
    ClientWindowNotOffered,
    /// A server window larger than the one offered.
    ServerWindow {
        /// Bits of the offer.
        offered: u8,
        /// Bits of the answer; `None` where the answer leaves the parameter out.
        answered: Option<u8>,
    },
    /// The offer's `server_no_context_takeover` is missing in the answer.
    ServerContext,
}

/// What was seen, then the section that forbids it.
impl fmt::Display for ExtensionViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(value) => {
                write!(f, "'{value}' is not a list of extensions (RFC 6455 §9.1)")
            }
            Self::NotOffered(name) => write!(f, "extension '{name}' was not offered (RFC 6455 §4.1)"),
            Self::AnsweredTwice => {
                f.write_str("permessage-deflate was offered once but accepted twice (RFC 7692 §5)")
            }
            Self::Param(fault) => write!(f, "{fault} (RFC 7692 {})", section(fault)),
            Self::ClientWindowNotOffered => {
                f.write_str("client_max_window_bits answered although it was not offered (RFC 7692 §7.1.2.2)")
            }
            Self::ServerWindow { offered, answered: Some(answered) } => {
                write!(
                    f,
                    "server_max_window_bits={answered} exceeds the offered {offered} (RFC 7692 §7.1.2.1)"
                )
            }
            Self::ServerWindow { offered, answered: None } => {
                write!(f, "the answer lacks the offered server_max_window_bits={offered} (RFC 7692 §7.1.2.1)")
            }
            Self::ServerContext => {
                f.write_str("the answer lacks the offered server_no_context_takeover (RFC 7692 §7.1.1.1)")
            }
        }
    }
}

impl std::error::Error for ExtensionViolation {}

fn section(fault: &ParamFault) -> &'static str {
    match fault {
        ParamFault::Unknown(_) | ParamFault::Repeated(_) => "§7",
        ParamFault::UnexpectedValue(..) => "§7.1.1",
        ParamFault::MissingValue(_) | ParamFault::WindowBits(..) => "§7.1.2",
    }
}
