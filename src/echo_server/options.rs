//! The options of the server, most of which make it misbehave.

use std::time::Duration;

use crate::net::tls::server::TlsServer;

/// By default, the server does not misbehave.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Speaks TLS with this certificate.
    pub tls: Option<TlsServer>,
    /// The delay before each echo.
    pub delay: Duration,
    /// After this many echoes (at least 1), a connection is dropped without a Close, or closed with
    /// `close_with` if that is set.
    pub drop_after: Option<u64>,
    /// Connections are closed with this code: directly after the opening handshake, or after `drop_after`
    /// echoes.
    pub close_with: Option<u16>,
    /// The server's subprotocols. It selects the client's first one that is among them.
    pub subprotocols: Vec<String>,
}
