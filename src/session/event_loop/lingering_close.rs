//! A lingering close: after a session, the server's bytes are still read and discarded for a moment. Closing
//! a socket with unread bytes resets the connection, and the reset could discard our Close.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use crate::net::Transport;

/// The longest duration of a lingering close.
const MOMENT: Duration = Duration::from_millis(100);

/// A connection in its lingering close.
#[derive(Debug)]
pub(super) struct LingeringClose {
    transport: Transport,
    until: Instant,
}

impl LingeringClose {
    pub(super) fn begin(transport: Transport) -> Self {
        Self { transport, until: Instant::now() + MOMENT }
    }

    /// The time at which it ends at the latest.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// Reads and discards the bytes that have arrived. Returns whether to continue.
    pub(super) fn listen(&mut self) -> bool {
        let mut scrap = [0; 4096];
        while Instant::now() < self.until {
            match self.transport.read(&mut scrap) {
                Ok(1..) => {}
                Err(err) if err.kind() == ErrorKind::WouldBlock => return true,
                Ok(0) | Err(_) => return false,
            }
        }
        false
    }
}
