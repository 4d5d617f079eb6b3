//! Why a session ends.

use tungstenite::Error;
use tungstenite::error::{CapacityError, ProtocolError};
use tungstenite::protocol::frame::coding::CloseCode;

use crate::protocol::Violation;

/// Why nothing more can be read or written.
#[derive(Debug)]
pub(super) enum Stop {
    /// Both Close frames were exchanged, or the client has shut down its side without one and may still read.
    Ended,
    /// The client broke a rule; the Close that answers it has this code and reason (RFC 6455 §7.1.7).
    Broken(u16, String),
    /// The connection is lost.
    Lost,
}

impl From<Error> for Stop {
    fn from(err: Error) -> Self {
        if has_length_beyond_63_bits(&err) {
            let violation = Violation::LengthHighBit;
            return Self::Broken(violation.close_code(), violation.to_string());
        }
        let code = match &err {
            Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return Self::Ended,
            Error::Protocol(_) => CloseCode::Protocol,
            Error::Utf8(_) => CloseCode::Invalid,
            Error::Capacity(_) => CloseCode::Size,
            _ => return Self::Lost,
        };
        Self::Broken(code.into(), err.to_string())
    }
}

/// Whether the frame has a length that no frame may have (RFC 6455 §5.2), which tungstenite takes for a long one.
fn has_length_beyond_63_bits(err: &Error) -> bool {
    matches!(err, Error::Capacity(CapacityError::MessageTooLong { size, .. }) if *size as u64 >> 63 != 0)
}
