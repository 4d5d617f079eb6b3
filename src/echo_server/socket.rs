//! A client's TCP socket that never blocks. Readiness is edge-triggered: it is remembered which direction last said
//! "not now", and the socket is not asked again before the operating system reports a change.

use std::cell::Cell;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::rc::Rc;

use mio::event::Event;
use mio::net::TcpStream;

/// On these a read or write that did less than asked for has emptied or filled the kernel's buffer; elsewhere only
/// an attempt that fails re-arms the notification.
const SHORT_MEANS_BLOCKED: bool = cfg!(target_os = "linux");

/// A handle; its clones are the same socket, so that it outlives a TLS session that failed.
#[derive(Clone)]
pub(super) struct Socket(Rc<Inner>);

struct Inner {
    stream: TcpStream,
    readable: Cell<bool>,
    writable: Cell<bool>,
    /// Whether the client's end has been announced: no further event comes then.
    read_closed: Cell<bool>,
}

impl Socket {
    /// Takes over a stream whose events will be reported.
    pub(super) fn new(stream: TcpStream) -> Self {
        let [readable, writable, read_closed] = [false, true, false].map(Cell::new);
        Self(Rc::new(Inner { stream, readable, writable, read_closed }))
    }

    /// The operating system has reported a change.
    pub(super) fn on_event(&self, event: &Event) {
        let Inner { readable, writable, read_closed, .. } = &*self.0;
        readable.set(readable.get() || event.is_readable() || event.is_read_closed() || event.is_error());
        writable.set(writable.get() || event.is_writable() || event.is_write_closed() || event.is_error());
        read_closed.set(read_closed.get() || event.is_read_closed() || event.is_error());
    }

    /// Tells the client that nothing more comes. Errors do not matter any more.
    pub(super) fn shut_down_writing(&self) {
        let _ = self.0.stream.shutdown(Shutdown::Write);
    }
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Inner { stream, readable, read_closed, .. } = &*self.0;
        while readable.get() {
            match (&mut &*stream).read(buf) {
                Ok(count) => {
                    readable.set(!SHORT_MEANS_BLOCKED || read_closed.get() || count == buf.len());
                    return Ok(count);
                }
                Err(err) if err.kind() == ErrorKind::WouldBlock => readable.set(false),
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                Err(err) => return Err(err),
            }
        }
        Err(ErrorKind::WouldBlock.into())
    }
}

impl Write for Socket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let Inner { stream, writable, .. } = &*self.0;
        while writable.get() {
            match (&mut &*stream).write(buf) {
                Ok(count) => {
                    writable.set(!SHORT_MEANS_BLOCKED || count == buf.len());
                    return Ok(count);
                }
                Err(err) if err.kind() == ErrorKind::WouldBlock => writable.set(false),
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                Err(err) => return Err(err),
            }
        }
        Err(ErrorKind::WouldBlock.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
