//! A lingering close: the moment after a session in which the server's bytes are still read and dropped. Closing a socket
//! with unread bytes resets the connection, and the reset would overtake our Close.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use crate::net::Transport;

/// Its longest duration.
const MOMENT: Duration = Duration::from_millis(100);

/// A connection that is only read.
#[derive(Debug)]
pub(super) struct LingeringClose {
    transport: Transport,
    until: Instant,
}

impl LingeringClose {
    /// Begins now.
    pub(super) fn begin(transport: Transport) -> Self {
        Self { transport, until: Instant::now() + MOMENT }
    }

    /// When it ends at the latest.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// Reads and drops what has arrived. Returns whether to go on.
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
