//! A byte stream to the peer that never blocks, plain or in TLS, and the waits of the dial.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use mio::Token;

use super::poller::Poller;
use super::socket::Socket;
use super::tls::backend;
use super::tls::buffered::Buffered;
use super::tls::session::TlsSession;
use crate::deadline::Deadline;
use crate::os::signals::Signal;

/// Why a wait ended without what it waited for.
#[derive(Debug)]
pub enum WaitError {
    /// The deadline was reached.
    Deadline,
    /// A signal came.
    Interrupted(Signal),
    /// The connection failed.
    Io(io::Error),
}

impl From<io::Error> for WaitError {
    fn from(err: io::Error) -> Self {
        Self::Io(err)
    }
}

/// A byte stream to the peer. Reads and writes never block.
#[derive(Debug)]
pub enum Transport {
    /// TCP as it is.
    Plain(PlainTransport),
    /// TLS over TCP.
    Tls(Box<TlsTransport>),
}

/// See [`Transport::Plain`].
#[derive(Debug)]
pub struct PlainTransport(Socket);

/// See [`Transport::Tls`].
#[derive(Debug)]
pub struct TlsTransport(backend::Stream<Buffered<Transport>>);

impl Transport {
    pub(super) fn plain(socket: Socket) -> Self {
        Self::Plain(PlainTransport(socket))
    }

    pub(super) fn tls(stream: backend::Stream<Buffered<Self>>) -> Self {
        Self::Tls(Box::new(TlsTransport(stream)))
    }

    fn socket(&self) -> &Socket {
        match self {
            Self::Plain(plain) => &plain.0,
            Self::Tls(tls) => tls.0.get_ref().get_ref().socket(),
        }
    }

    fn socket_mut(&mut self) -> &mut Socket {
        match self {
            Self::Plain(plain) => &mut plain.0,
            Self::Tls(tls) => tls.0.get_mut().get_mut().socket_mut(),
        }
    }

    /// From now on, `poller` waits for this connection.
    pub fn attach(&mut self, poller: &Poller) -> io::Result<()> {
        self.socket_mut().attach(poller)
    }

    /// The token of the connection's events.
    pub fn token(&self) -> Token {
        self.socket().token()
    }

    /// Sleeps until the socket may have become ready, or `timeout` is over.
    pub fn wait(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.socket().wait(timeout)
    }

    /// Whether the operating system may have bytes. TLS may hold some, too: only an attempt to read tells.
    pub fn is_readable(&self) -> bool {
        self.socket().is_readable()
    }

    /// Makes the next read ask the operating system, also when nothing was reported.
    pub fn assume_readable(&self) {
        self.socket().assume_readable();
    }

    /// Sets how many received bytes, below TLS, make the connection readable for the poller; at first 1. The end of the
    /// stream is reported with any number. Returns whether the system does this.
    pub fn set_receive_threshold(&self, bytes: u32) -> bool {
        self.socket().set_receive_threshold(bytes)
    }

    /// Bytes that the kernel has taken since the connection was made, those of TLS and of a proxy's handshake included.
    pub fn bytes_written(&self) -> u64 {
        self.socket().written()
    }

    /// Bytes in the kernel that the peer's TCP has not acknowledged; `None` where the system does not tell.
    pub fn unacknowledged(&self) -> Option<u64> {
        self.socket().unacknowledged()
    }

    /// Hands encrypted bytes to the socket, as far as it takes them. Returns whether all were taken.
    pub fn drain(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(_) => Ok(true),
            Self::Tls(tls) => Ok(tls.0.get_mut().drain()? && tls.0.get_mut().get_mut().drain()?),
        }
    }

    /// The address of the peer, if it has one: a Unix socket has a path.
    pub fn peer_address(&self) -> Option<SocketAddr> {
        self.socket().peer_address()
    }

    /// The address of this end, if it has one.
    pub fn local_address(&self) -> Option<SocketAddr> {
        self.socket().local_address()
    }

    /// What the TLS handshake has agreed on; `None` without TLS.
    pub(super) fn tls_session(&self) -> Option<TlsSession> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(tls) => Some(tls.0.session()),
        }
    }

    /// Ends TLS and our side of the connection, as far as that is possible without waiting. Errors do not matter any more.
    pub fn shut_down(&mut self) {
        if let Self::Tls(tls) = self {
            tls.0.shut_down();
        }
        let _ = self.drain();
        self.socket().shut_down_writing();
    }

    fn wait_until(&mut self, deadline: &Deadline) -> Result<(), WaitError> {
        let left = deadline.remaining().ok_or(WaitError::Deadline)?;
        self.socket().wait_or_signal(left)?.map_or(Ok(()), |signal| Err(WaitError::Interrupted(signal)))
    }

    /// Reads some bytes; 0 is the end of the stream.
    pub fn read_until(&mut self, buf: &mut [u8], deadline: &Deadline) -> Result<usize, WaitError> {
        loop {
            match self.read(buf) {
                Err(err) if err.kind() == ErrorKind::WouldBlock => {
                    // A failed write is no reason to stop: the peer may have sent the cause, which is read here.
                    let _ = self.drain();
                    self.wait_until(deadline)?;
                }
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                result => return Ok(result?),
            }
        }
    }

    /// Writes all of `bytes` to the socket.
    pub fn write_until(&mut self, mut bytes: &[u8], deadline: &Deadline) -> Result<(), WaitError> {
        while !bytes.is_empty() {
            match self.write(bytes) {
                Ok(0) => return Err(io::Error::from(ErrorKind::WriteZero).into()),
                Ok(written) => bytes = &bytes[written..],
                Err(err) if err.kind() == ErrorKind::WouldBlock => self.wait_until(deadline)?,
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                Err(err) => return Err(err.into()),
            }
        }
        while !self.drain()? {
            self.wait_until(deadline)?;
        }
        Ok(())
    }
}

impl Buffered<Transport> {
    /// Waits for the socket below, for a TLS handshake that cannot go on.
    pub(in crate::net) fn wait_until(&mut self, deadline: &Deadline) -> Result<(), WaitError> {
        self.drain()?;
        // There may be TLS below, with a buffer of its own.
        self.get_mut().drain()?;
        self.get_mut().wait_until(deadline)
    }
}

impl Read for Transport {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(plain) => plain.0.read(buf),
            Self::Tls(tls) => tls.0.read(buf),
        }
    }
}

impl Write for Transport {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(plain) => plain.0.write(buf),
            Self::Tls(tls) => tls.0.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain().map(|_| ())
    }
}
