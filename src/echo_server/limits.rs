//! The limits of the embedded echo server.

use std::time::Duration;

/// Connections that are served at the same time; further ones wait in the queue of the operating system.
pub const MAX_CONNECTIONS: usize = 1000;

/// The largest message that is echoed, in bytes.
pub const MAX_MESSAGE: usize = 64 << 20;

/// How long clients have to close when the server stops.
pub(super) const STOPPING: Duration = Duration::from_secs(1);

/// What one client may take from the others.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Connections at the same time.
    pub(super) connections: usize,
    /// From the connection to the response: a silent client does not hold its place for ever.
    pub(super) handshake: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: MAX_CONNECTIONS, handshake: Duration::from_secs(10) }
    }
}
