//! TLS from the server's side, over any stream that does not block: for the embedded server.
//! With OpenSSL, TLS 1.2 and 1.3 are spoken; elsewhere what native-tls offers a server.

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

    /// TLS over `stream`, whose handshake is yet to come.
    pub fn accept<S: Read + Write>(&self, stream: S) -> TlsConnection<S> {
        TlsConnection(State::New(self.0.clone(), Buffered::new(stream)))
    }
}

/// The key stays out of sight.
impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsServer")
    }
}

/// A connection in TLS. Reading does the handshake first, as far as it goes without waiting; what is written needs
/// [`TlsConnection::drain`] to leave.
pub struct TlsConnection<S>(State<S>);

enum State<S> {
    New(Acceptor, Buffered<S>),
    Handshake(MidHandshake<Buffered<S>>),
    Open(Stream<Buffered<S>>),
    Failed,
}

impl<S: Read + Write> TlsConnection<S> {
    /// Hands what was encrypted to the stream, as far as it takes it: whether all is handed over.
    pub fn drain(&mut self) -> io::Result<bool> {
        match &mut self.0 {
            State::Handshake(handshake) => handshake.get_mut().drain(),
            State::Open(stream) => stream.get_mut().drain(),
            State::New(..) | State::Failed => Ok(true),
        }
    }

    /// Tells the client that nothing more comes (RFC 8446 §6.1), as far as that is possible without waiting.
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
