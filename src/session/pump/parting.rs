//! The moment after a session in which a peer is still listened to that we have no more to say to. Closing a socket with
//! unread bytes resets the connection, and the reset would overtake our Close.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use crate::net::Transport;

/// How long it lasts.
const MOMENT: Duration = Duration::from_millis(100);

/// See the module.
#[derive(Debug)]
pub(super) struct Parting {
    transport: Transport,
    end: Instant,
}

impl Parting {
    /// It begins now.
    pub(super) fn from(transport: Transport) -> Self {
        Self { transport, end: Instant::now() + MOMENT }
    }

    /// When it is over in any case.
    pub(super) fn end(&self) -> Instant {
        self.end
    }

    pub(super) fn transport(&mut self) -> &mut Transport {
        &mut self.transport
    }

    /// Reads what has come: whether more may come in time.
    pub(super) fn listen(&mut self) -> bool {
        let mut scrap = [0; 4096];
        while Instant::now() < self.end {
            match self.transport.read(&mut scrap) {
                Ok(1..) => {}
                Err(err) if err.kind() == ErrorKind::WouldBlock => return true,
                Ok(0) | Err(_) => return false,
            }
        }
        false
    }

    /// Waits for it to pass.
    pub(super) fn pass(mut self) {
        while self.listen() {
            let left = self.end.saturating_duration_since(Instant::now());
            if self.transport.wait(Some(left)).is_err() {
                return;
            }
        }
    }
}
