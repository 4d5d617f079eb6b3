//! The server under test, and the options of the checks.

use std::time::Duration;

use crate::error::Failure;
use crate::net::{Connection, Transport};

/// Opens connections to the server under test.
pub trait Server {
    /// Opens a WebSocket by the ordinary opening handshake.
    fn open(&mut self) -> Result<Connection, Failure>;

    /// Opens a byte stream to the server, through proxy and TLS; nothing has been sent on it yet.
    fn reach(&mut self) -> Result<Transport, Failure>;

    /// The text of an ordinary upgrade request with this key, as [`Server::open`] sends it.
    fn request(&self, key: &str) -> String;
}

pub struct Options<'a> {
    /// How long one reaction of the server is awaited. A server that has reacted to nothing three times is given an
    /// eighth of it from then on.
    pub patience: Duration,
    /// The length in bytes of a message that no server can be expected to accept; only the first bytes of it are sent.
    pub huge: u64,
    /// Whether to end before the last rule.
    pub interrupted: &'a dyn Fn() -> bool,
}
