//! The limits of the embedded echo server.

use std::time::Duration;

/// The most connections served at the same time. Further ones wait in the backlog of the operating system.
pub const MAX_CONNECTIONS: usize = 10_000;

/// The largest message that is echoed, in bytes.
pub const MAX_MESSAGE: usize = 64 << 20;

/// How long clients may take to close when the server stops.
pub(super) const STOPPING: Duration = Duration::from_secs(1);

/// Limits that keep clients from blocking each other.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// The most connections at the same time.
    pub(super) connections: usize,
    /// The time from accepting a connection to the response, so that a silent client does not keep its slot
    /// forever.
    pub(super) handshake: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: MAX_CONNECTIONS, handshake: Duration::from_secs(10) }
    }
}
