//! The server under test, and the options of the checks.

use std::time::Duration;

use crate::deadline::Deadline;
use crate::error::Failure;
use crate::net::{Connection, Transport};
use crate::protocol::Kind;

/// Opens connections to the server under test.
pub trait Server {
    /// Opens a WebSocket by the ordinary opening handshake, before `limit`.
    fn open(&mut self, limit: &Deadline) -> Result<Connection, Failure>;

    /// Opens a byte stream to the server, through proxy and TLS, before `limit`; nothing has been sent on it yet.
    fn reach(&mut self, limit: &Deadline) -> Result<Transport, Failure>;

    /// The same without a client certificate, for TLS.
    fn reach_anonymously(&mut self, limit: &Deadline) -> Result<Transport, Failure> {
        self.reach(limit)
    }

    /// A byte stream to this port of the server, without TLS. Only servers with TLS are asked.
    fn reach_in_plain(&mut self, port: u16, limit: &Deadline) -> Result<Transport, Failure> {
        let _ = port;
        self.reach(limit)
    }

    /// What is known of the server beside its upgrade request: no TLS by default.
    fn identity(&self) -> ServerIdentity {
        ServerIdentity::default()
    }

    /// The text of an ordinary upgrade request with this key, as [`Server::open`] sends it.
    fn request(&self, key: &str) -> String;
}

/// What is known of a server beside its upgrade request.
#[derive(Clone, Debug, Default)]
pub struct ServerIdentity {
    /// The name for TLS.
    pub host: String,
    /// Where the URL is wss.
    pub tls_port: Option<u16>,
    /// Whether connections show a client certificate.
    pub has_client_certificate: bool,
}

pub struct Options<'a> {
    /// How long one reaction of the server is awaited. A server that has reacted to nothing three times is given an
    /// eighth of it from then on.
    pub patience: Duration,
    /// How long one rule may take. What is not decided by then is inconclusive.
    pub limit: Duration,
    /// How long a server that was lost is awaited.
    pub comeback: Duration,
    /// The length in bytes of a message that no server can be expected to accept; only the first bytes of it are sent.
    pub huge: u64,
    /// Messages that the server understands: rules of framing vary the last one, where the server does not echo. Those before
    /// it are sent first on each connection.
    pub messages: &'a [(Kind, Vec<u8>)],
    /// Whether to end before the last rule.
    pub interrupted: &'a dyn Fn() -> bool,
}
