//! A connection that never blocks, plain or in TLS, and the one place where anything waits for it.
//! Readiness is edge-triggered: the socket remembers which direction last said "not now" and is not asked
//! again before the operating system reports a change.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mio::event::Event;
use mio::{Events, Poll, Registry, Token, Waker};

use super::stream::Stream;
use super::tls::backend;
use super::tls::buffered::Buffered;
use super::tls::session::TlsSession;
use crate::deadline::Deadline;

const WAKER: Token = Token(usize::MAX);

/// On these a read or write that did less than asked for has emptied or filled the kernel's buffer; elsewhere only
/// an attempt that fails re-arms the notification.
const SHORT_MEANS_BLOCKED: bool = cfg!(target_os = "linux");

/// Why a wait ended without what it waited for.
#[derive(Debug)]
pub enum WaitError {
    /// The deadline was reached.
    Deadline,
    /// The connection failed.
    Io(io::Error),
}

impl From<io::Error> for WaitError {
    fn from(err: io::Error) -> Self {
        Self::Io(err)
    }
}

/// Where it is heard that a socket may be ready.
#[derive(Debug)]
enum Waiting {
    /// Alone.
    Alone { poll: Poll, events: Events },
    /// In a [`Crowd`](super::Crowd), which tells.
    InCrowd,
}

/// The connection and its readiness.
#[derive(Debug)]
pub(super) struct Socket {
    stream: Stream,
    token: Token,
    waiting: Waiting,
    readable: bool,
    writable: bool,
    read_closed: bool,
}

impl Socket {
    /// Takes over a connected stream that is registered with `poll` under `token`.
    pub(super) fn new(stream: Stream, token: Token, poll: Poll) -> Self {
        let waiting = Waiting::Alone { poll, events: Events::with_capacity(8) };
        Self { stream, token, waiting, readable: true, writable: true, read_closed: true }
    }

    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let Waiting::Alone { poll, events } = &mut self.waiting else {
            return Err(ErrorKind::Unsupported.into());
        };
        match poll.poll(events, timeout) {
            Err(err) if err.kind() == ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        let news = events.iter().filter(|event| event.token() == self.token);
        let news = news.map(Readiness::of).fold(Readiness::default(), Readiness::or);
        self.hear(news);
        Ok(())
    }

    fn hear(&mut self, news: Readiness) {
        self.readable |= news.readable;
        self.writable |= news.writable;
        self.read_closed |= news.read_closed;
    }

    fn registry(&self) -> io::Result<&Registry> {
        match &self.waiting {
            Waiting::Alone { poll, .. } => Ok(poll.registry()),
            Waiting::InCrowd => Err(ErrorKind::Unsupported.into()),
        }
    }

    /// From now on, `registry` hears of it under `token`.
    fn join(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        if let Waiting::Alone { poll, .. } = &self.waiting {
            self.stream.deregister(poll.registry())?;
        }
        self.stream.register(registry, token)?;
        (self.token, self.waiting) = (token, Waiting::InCrowd);
        // What was announced before is not announced again.
        (self.readable, self.writable, self.read_closed) = (true, true, true);
        Ok(())
    }
}

/// What the operating system reports of a socket.
#[derive(Clone, Copy, Debug, Default)]
pub struct Readiness {
    readable: bool,
    writable: bool,
    read_closed: bool,
}

impl Readiness {
    pub(super) fn of(event: &Event) -> Self {
        Self {
            readable: event.is_readable() || event.is_read_closed() || event.is_error(),
            writable: event.is_writable() || event.is_write_closed() || event.is_error(),
            read_closed: event.is_read_closed() || event.is_error(),
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            readable: self.readable || other.readable,
            writable: self.writable || other.writable,
            read_closed: self.read_closed || other.read_closed,
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !self.readable {
            return Err(ErrorKind::WouldBlock.into());
        }
        let result = self.stream.read(buf);
        match &result {
            // After the peer's FIN no further event comes: keep asking until the end was read.
            Ok(count) if SHORT_MEANS_BLOCKED && !self.read_closed => {
                self.readable = *count == 0 || *count == buf.len();
            }
            // There is no end yet. Until this is known, one may have been announced while we connected.
            Err(err) if err.kind() == ErrorKind::WouldBlock => {
                (self.readable, self.read_closed) = (false, false);
            }
            _ => {}
        }
        result
    }
}

impl Write for Socket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if !self.writable {
            return Err(ErrorKind::WouldBlock.into());
        }
        let result = self.stream.write(buf);
        match &result {
            Ok(count) if SHORT_MEANS_BLOCKED => self.writable = *count == buf.len(),
            Err(err) if err.kind() == ErrorKind::WouldBlock => self.writable = false,
            _ => {}
        }
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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

    /// A handle with which another thread ends [`Transport::wait`].
    pub fn waker(&self) -> io::Result<Arc<Waker>> {
        Waker::new(self.socket().registry()?, WAKER).map(Arc::new)
    }

    /// The registry of what [`Transport::wait`] waits for.
    pub fn registry(&self) -> io::Result<Registry> {
        self.socket().registry()?.try_clone()
    }

    /// From now on, it is `registry` that hears of this connection, and [`Transport::hear`] has to be told.
    pub(super) fn join(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.socket_mut().join(registry, token)
    }

    /// Takes note of what a [`Crowd`](super::Crowd) has heard.
    pub fn hear(&mut self, news: Readiness) {
        self.socket_mut().hear(news);
    }

    /// Sleeps until the socket may have become ready, the waker is called, or `timeout` is over.
    ///
    /// # Errors
    /// Among others, that the connection is in a crowd, which does the waiting.
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.socket_mut().wait(timeout)
    }

    /// Hands what TLS has encrypted to the socket, as far as it takes it: whether all is handed over.
    pub fn drain(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(_) => Ok(true),
            Self::Tls(tls) => Ok(tls.0.get_mut().drain()? && tls.0.get_mut().get_mut().drain()?),
        }
    }

    /// The address of the peer, if it has one: a Unix socket has a path.
    pub fn peer_address(&self) -> Option<SocketAddr> {
        self.socket().stream.peer_address()
    }

    /// The address of this end, if it has one.
    pub fn local_address(&self) -> Option<SocketAddr> {
        self.socket().stream.local_address()
    }

    /// What the TLS handshake has agreed on; `None` without TLS.
    pub(super) fn tls_session(&self) -> Option<TlsSession> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(tls) => Some(tls.0.session()),
        }
    }

    /// Says goodbye as far as that is possible without waiting. Errors do not matter any more.
    pub fn shut_down(&mut self) {
        if let Self::Tls(tls) = self {
            tls.0.shut_down();
        }
        let _ = self.drain();
        self.socket().stream.shut_down_writing();
    }

    fn wait_until(&mut self, deadline: &Deadline) -> Result<(), WaitError> {
        let left = deadline.remaining().ok_or(WaitError::Deadline)?;
        self.wait(Some(left)).map_err(WaitError::Io)
    }

    /// Reads some bytes; 0 is the end of the stream.
    pub fn read_until(&mut self, buf: &mut [u8], deadline: &Deadline) -> Result<usize, WaitError> {
        loop {
            match self.read(buf) {
                Err(err) if err.kind() == ErrorKind::WouldBlock => {
                    // A peer that takes nothing any more may have said why; that is what reading is for.
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
