//! A client's non-blocking TCP socket.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::rc::Rc;

use mio::event::Event;
use mio::net::TcpStream;

use crate::net::Readiness;

/// A handle to the socket. Clones share it, so that the socket remains usable after a failed TLS session.
#[derive(Clone)]
pub(super) struct Socket(Rc<Inner>);

struct Inner {
    stream: TcpStream,
    readiness: Readiness,
}

impl Socket {
    /// Wraps a stream. The caller must report its events.
    pub(super) fn new(stream: TcpStream) -> Self {
        Self(Rc::new(Inner { stream, readiness: Readiness::unknown() }))
    }

    /// Updates the readiness.
    pub(super) fn on_event(&self, event: &Event) {
        self.0.readiness.hear(event);
    }

    /// Shuts down our side of the connection. Ignores errors, because the connection ends anyway.
    pub(super) fn shut_down_writing(&self) {
        let _ = self.0.stream.shutdown(Shutdown::Write);
    }
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Inner { stream, readiness } = &*self.0;
        readiness.read(|| (&mut &*stream).read(buf))
    }
}

impl Write for Socket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let Inner { stream, readiness } = &*self.0;
        readiness.write(|| (&mut &*stream).write(buf))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
