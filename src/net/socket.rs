//! A connected socket that never blocks, registered with the poller that waits for it.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use mio::{Interest, Token};

use super::poller::{Poller, Registration};
use super::stream::Stream;
use crate::os::signals::Signal;

/// The stream, its readiness, and how many bytes the kernel has taken.
#[derive(Debug)]
pub(super) struct Socket {
    // Dropped before `registration`, so that it is closed before its token is reused.
    stream: Stream,
    registration: Registration,
    written: u64,
}

impl Socket {
    /// Takes over a connected stream and registers it with `poller`.
    #[cfg(unix)]
    pub(super) fn new(mut stream: Stream, poller: &Poller) -> io::Result<Self> {
        let registration = poller.register(&mut stream, both())?;
        Ok(Self::registered(stream, registration))
    }

    /// Takes over a connected stream that is registered for both directions.
    pub(super) fn registered(stream: Stream, registration: Registration) -> Self {
        Self { stream, registration, written: 0 }
    }

    /// From now on, `poller` waits for the socket. Events that the former poller has reported are not reported again, so both
    /// directions count as ready.
    pub(super) fn attach(&mut self, poller: &Poller) -> io::Result<()> {
        self.registration.deregister(&mut self.stream)?;
        self.registration = poller.register(&mut self.stream, both())?;
        Ok(())
    }

    /// The token of the socket's events.
    pub(super) fn token(&self) -> Token {
        self.registration.token()
    }

    /// Sleeps until the socket may have become ready, or `timeout` is over.
    pub(super) fn wait(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.registration.poller().wait(timeout, |_| {})
    }

    /// As [`Socket::wait`], for a caller that ends with the first signal, which is returned if it was received.
    pub(super) fn wait_or_signal(&self, timeout: Duration) -> io::Result<Option<Signal>> {
        self.registration.poller().wait_or_signal(Some(timeout), |_| {})
    }

    /// Whether reading is worth an attempt.
    pub(super) fn is_readable(&self) -> bool {
        self.registration.readiness().is_readable()
    }

    /// From now on, reading is worth an attempt.
    pub(super) fn assume_readable(&self) {
        self.registration.readiness().assume_readable();
    }

    /// Sets how many received bytes make the socket readable for the poller. Returns whether the system does this.
    pub(super) fn set_receive_threshold(&self, bytes: u32) -> bool {
        self.stream.set_receive_threshold(bytes)
    }

    /// Bytes that the kernel has taken since the connection was made.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Bytes in the kernel that the peer's TCP has not acknowledged; `None` where the system does not tell, and for Unix
    /// sockets, which do not count bytes.
    pub(super) fn unacknowledged(&self) -> Option<u64> {
        self.stream.unacknowledged()
    }

    pub(super) fn peer_address(&self) -> Option<SocketAddr> {
        self.stream.peer_address()
    }

    pub(super) fn local_address(&self) -> Option<SocketAddr> {
        self.stream.local_address()
    }

    pub(super) fn shut_down_writing(&self) {
        self.stream.shut_down_writing();
    }
}

fn both() -> Interest {
    Interest::READABLE | Interest::WRITABLE
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Self { stream, registration, .. } = self;
        registration.readiness().read(|| stream.read(buf))
    }
}

impl Write for Socket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let Self { stream, registration, written } = self;
        let count = registration.readiness().write(|| stream.write(buf))?;
        *written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use std::io::ErrorKind;
    use std::net::{TcpListener, TcpStream};
    use std::time::Instant;

    use super::*;

    #[test]
    fn as_many_bytes_as_the_threshold_are_reported() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let poller = Poller::new().unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        ours.set_nonblocking(true).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        let mut socket = Socket::new(Stream::Tcp(mio::net::TcpStream::from_std(ours)), &poller).unwrap();
        socket.set_receive_threshold(1000);
        let mut buffer = [0; 2000];
        assert_eq!(socket.read(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(!socket.is_readable());
        peer.write_all(&[1; 1000]).unwrap();
        // A wait may also report that the socket is writable.
        let end = Instant::now() + Duration::from_secs(30);
        while !socket.is_readable() && Instant::now() < end {
            socket.wait(Some(Duration::from_secs(10))).unwrap();
        }
        assert_eq!(socket.read(&mut buffer).unwrap(), 1000);
    }
}
