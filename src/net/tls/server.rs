//! The server's side of TLS over any non-blocking stream, for the embedded server. OpenSSL serves TLS 1.2 and
//! 1.3; native-tls serves the versions that the platform offers.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};

use super::backend::{Acceptor, MidHandshake, Step, Stream};
use super::buffered::Buffered;
use super::error::{HandshakeFailure, TlsError};

/// A certificate and its key, ready for connections.
#[derive(Clone)]
pub struct TlsServer(Acceptor);

impl TlsServer {
    pub(in crate::net) fn new(acceptor: Acceptor) -> Self {
        Self(acceptor)
    }

    /// Starts TLS over `stream`; the handshake follows when the connection is read.
    pub fn accept<S: Read + Write>(&self, stream: S) -> TlsConnection<S> {
        TlsConnection(State::New(self.0.clone(), Buffered::new(stream)))
    }
}

/// Does not print the key.
impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsServer")
    }
}

/// A TLS connection. Reading first performs as much of the handshake as is possible without blocking. Written
/// bytes are sent by [`TlsConnection::drain`].
pub struct TlsConnection<S>(State<S>);

#[allow(clippy::large_enum_variant)] // a stream of native-tls is large, and there is one a connection
enum State<S> {
    New(Acceptor, Buffered<S>),
    Handshake(MidHandshake<Buffered<S>>),
    Open(Stream<Buffered<S>>),
    Failed,
}

impl<S: Read + Write> TlsConnection<S> {
    /// Writes encrypted bytes to the stream, as far as it takes them. Returns whether it took all.
    pub fn drain(&mut self) -> io::Result<bool> {
        match &mut self.0 {
            State::Handshake(handshake) => handshake.get_mut().drain(),
            State::Open(stream) => stream.get_mut().drain(),
            State::New(..) | State::Failed => Ok(true),
        }
    }

    /// Sends `close_notify` (RFC 8446 §6.1) if that is possible without blocking.
    pub fn shut_down(&mut self) {
        if let State::Open(stream) = &mut self.0 {
            stream.shut_down();
        }
    }

    fn open(&mut self) -> io::Result<&mut Stream<Buffered<S>>> {
        if !matches!(self.0, State::Open(_)) {
            self.0 = handshake(std::mem::replace(&mut self.0, State::Failed))?;
            self.drain()?;
        }
        match &mut self.0 {
            State::Open(stream) => Ok(stream),
            State::New(..) | State::Handshake(_) | State::Failed => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

fn handshake<S: Read + Write>(state: State<S>) -> io::Result<State<S>> {
    let step = match state {
        State::New(acceptor, stream) => acceptor.accept(stream),
        State::Handshake(handshake) => handshake.resume(),
        State::Open(stream) => Step::Done(stream),
        State::Failed => return Err(ErrorKind::ConnectionAborted.into()),
    };
    match step {
        Step::Done(stream) => Ok(State::Open(stream)),
        Step::Waiting(handshake) => Ok(State::Handshake(handshake)),
        Step::Failed(HandshakeFailure::Other(err)) => Err(err.into()),
        Step::Failed(HandshakeFailure::Roots(err)) => Err(err),
        Step::Failed(HandshakeFailure::Certificate { error, .. }) => Err(TlsError::new(error.text).into()),
    }
}

impl<S: Read + Write> Read for TlsConnection<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.open()?.read(buf)
    }
}

impl<S: Read + Write> Write for TlsConnection<S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.open()?.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain().map(|_| ())
    }
}
