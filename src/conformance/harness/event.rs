//! The events of a connection to the server, as the rules see them. Pure.

use std::io::{self, ErrorKind};
use std::time::Duration;

use super::frame::close_code;
use crate::error::io_reason;
use crate::protocol::Kind;

/// What the server does next on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServerEvent {
    Message(Kind, Vec<u8>),
    /// A pong with this payload came.
    Pong(Vec<u8>),
    /// A Close frame with this payload came.
    Close(Vec<u8>),
    Ended(ConnectionEnd),
    /// Nothing came in time.
    Silence,
}

impl ServerEvent {
    /// A text: this event came instead of the awaited one.
    pub(crate) fn instead_of(&self, awaited: &str, patience: Duration) -> String {
        match self {
            Self::Message(kind, _) => format!("a {kind} message instead of {awaited}"),
            Self::Pong(_) => format!("a pong instead of {awaited}"),
            Self::Close(payload) => match close_code(payload) {
                Some(code) => format!("closed with {code} instead of {awaited}"),
                None => format!("closed without a code instead of {awaited}"),
            },
            Self::Ended(end) => format!("{} instead of {awaited}", end.described()),
            Self::Silence => format!("no answer within {patience:?} instead of {awaited}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionEnd {
    /// By FIN, or by the end of TLS.
    Closed,
    Reset,
    /// By another error, which is named.
    Lost(String),
    /// It has not ended, but nothing that follows can be understood.
    Unreadable(String),
}

impl ConnectionEnd {
    pub(crate) fn of(err: &io::Error) -> Self {
        match err.kind() {
            // TLS without close_notify.
            ErrorKind::UnexpectedEof => Self::Closed,
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => Self::Reset,
            _ => Self::Lost(io_reason(err)),
        }
    }

    /// In words: `TCP reset`.
    pub(crate) fn described(&self) -> String {
        match self {
            Self::Closed => "TCP end".to_owned(),
            Self::Reset => "TCP reset".to_owned(),
            Self::Lost(why) => format!("connection lost ({why})"),
            Self::Unreadable(what) => format!("unreadable bytes ({what})"),
        }
    }
}
