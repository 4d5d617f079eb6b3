//! How a connection's messages come to their end.

use tungstenite::Error;
use tungstenite::error::ProtocolError;
use tungstenite::protocol::frame::coding::CloseCode;

/// Why nothing more can be read or written.
#[derive(Debug)]
pub(super) enum Stop {
    /// The Closes are exchanged; or the client has ended without one, and may still read.
    Ended,
    /// The client broke a rule, which a Close names with this code and reason (RFC 6455 §7.1.7).
    Broken(u16, String),
    /// Nobody is there any more.
    Lost,
}

impl From<Error> for Stop {
    fn from(err: Error) -> Self {
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
