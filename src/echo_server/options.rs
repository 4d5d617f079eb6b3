//! What the server does beside echoing.

use std::time::Duration;

use crate::net::tls::server::TlsServer;

/// Every default is that of a good server.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Speaks TLS with this certificate.
    pub tls: Option<TlsServer>,
    /// Is waited before each echo.
    pub delay: Duration,
    /// A connection is broken off, without a Close, after this many echoes (at least 1); or closed with `close_with`.
    pub drop_after: Option<u64>,
    /// A connection is closed with this code, at once after the upgrade unless `drop_after` says when.
    pub close_with: Option<u16>,
    /// The first of the client's subprotocols that is among these is chosen.
    pub subprotocols: Vec<String>,
}
