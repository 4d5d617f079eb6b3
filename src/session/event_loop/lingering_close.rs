//! A lingering close: the moment after a session in which the server's bytes are still read and dropped. Closing a socket
//! with unread bytes resets the connection, and the reset would overtake our Close.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use crate::net::Transport;

/// How long it lasts.
const MOMENT: Duration = Duration::from_millis(100);

/// See the module.
#[derive(Debug)]
pub(super) struct LingeringClose {
    transport: Transport,
    until: Instant,
}

impl LingeringClose {
    /// It begins now.
    pub(super) fn begin(transport: Transport) -> Self {
        Self { transport, until: Instant::now() + MOMENT }
    }

    /// When it is over in any case.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// Reads what has come: whether more may come in time.
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
