//! The options of the server. They make it misbehave.

use std::time::Duration;

use crate::net::tls::server::TlsServer;

/// By default, the server is a good one.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Speaks TLS with this certificate.
    pub tls: Option<TlsServer>,
    /// The delay before each echo.
    pub delay: Duration,
    /// After this many echoes (at least 1), a connection is dropped without a Close, or closed with `close_with`.
    pub drop_after: Option<u64>,
    /// Connections are closed with this code: directly after the upgrade, or when `drop_after` says.
    pub close_with: Option<u16>,
    /// The first subprotocol of the client that is among these is chosen.
    pub subprotocols: Vec<String>,
}
