//! A TLS handshake, and the session that it establishes.

use std::io::{self, Read, Write};

use native_tls::{HandshakeError, MidHandshakeTlsStream, TlsStream};

use crate::error::without_number;
use crate::net::tls::certificate::CertificateFacts;
use crate::net::tls::error::{CertificateError, ErrorClass, HandshakeFailure, TlsError};
use crate::net::tls::session::TlsSession;

/// The state of a handshake.
#[allow(clippy::large_enum_variant)] // a stream of native-tls is large, and there is one a connection
pub(in crate::net) enum Step<S> {
    Done(Stream<S>),
    Waiting(MidHandshake<S>),
    Failed(HandshakeFailure),
}

impl<S> Step<S> {
    pub(super) fn of(
        result: Result<TlsStream<S>, HandshakeError<S>>,
        unchecked_name: Option<String>,
    ) -> Self {
        match result {
            Ok(stream) => Self::Done(Stream { inner: stream, unchecked_name }),
            Err(HandshakeError::WouldBlock(stream)) => {
                Self::Waiting(MidHandshake { inner: stream, unchecked_name })
            }
            Err(HandshakeError::Failure(err)) => Self::Failed(TlsError::from(err).into()),
        }
    }
}

/// A handshake that waits for the peer.
pub(in crate::net) struct MidHandshake<S> {
    inner: MidHandshakeTlsStream<S>,
    unchecked_name: Option<String>,
}

impl<S> MidHandshake<S> {
    pub(in crate::net) fn get_mut(&mut self) -> &mut S {
        self.inner.get_mut()
    }
}

impl<S: Read + Write> MidHandshake<S> {
    /// Continues the handshake.
    pub(in crate::net) fn resume(self) -> Step<S> {
        Step::of(self.inner.handshake(), self.unchecked_name)
    }
}

/// An open session over a non-blocking stream.
#[derive(Debug)]
pub(in crate::net) struct Stream<S> {
    inner: TlsStream<S>,
    /// The host name, if the peer's certificate was not verified for it.
    unchecked_name: Option<String>,
}

impl<S> Stream<S> {
    pub(in crate::net) fn get_ref(&self) -> &S {
        self.inner.get_ref()
    }

    pub(in crate::net) fn get_mut(&mut self) -> &mut S {
        self.inner.get_mut()
    }
}

impl<S: Read + Write> Stream<S> {
    /// The negotiated parameters. The library reports neither version nor cipher suite, and only the first
    /// certificate of the chain.
    pub(in crate::net) fn session(&self) -> TlsSession {
        let alpn = self.inner.negotiated_alpn().ok().flatten();
        let leaf = self.inner.peer_certificate().ok().flatten().and_then(|leaf| leaf.to_der().ok());
        let ignored = leaf.as_deref().and_then(|der| self.wrong_name(der));
        TlsSession {
            alpn: alpn.map(|name| String::from_utf8_lossy(&name).into_owned()),
            ignored: ignored.into_iter().collect(),
            chain: leaf.into_iter().collect(),
            ..TlsSession::default()
        }
    }

    fn wrong_name(&self, der: &[u8]) -> Option<CertificateError> {
        let name = self.unchecked_name.as_deref()?;
        let wrong = !CertificateFacts::from_der(der)?.is_for(name);
        wrong.then_some(CertificateError { class: ErrorClass::Name, text: "hostname mismatch", depth: 0 })
    }

    /// Sends `close_notify` if that is possible without blocking.
    pub(in crate::net) fn shut_down(&mut self) {
        // The peer may have closed the connection already.
        let _ = self.inner.shutdown();
    }
}

impl<S: Read + Write> Read for Stream<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buf).map_err(alert_or_io)
    }
}

impl<S: Read + Write> Write for Stream<S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.inner.write(buf).map_err(alert_or_io)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Converts an error of the library, which is how it reports an alert, to a TLS error; an error of the system
/// stays as it is.
fn alert_or_io(err: io::Error) -> io::Error {
    if err.raw_os_error().is_none() && err.get_ref().is_some() {
        TlsError::alert(err.to_string()).into()
    } else {
        err
    }
}

impl From<native_tls::Error> for TlsError {
    fn from(err: native_tls::Error) -> Self {
        Self::new(without_number(&err.to_string()))
    }
}
