//! A TLS handshake, and the session that it establishes.

use std::io::{self, ErrorKind, Read, Write};

use openssl::ssl::{HandshakeError, MidHandshakeSslStream, SslCipherRef, SslRef, SslStream, SslVersion};

use super::failure;
use super::verifier::Findings;
use crate::net::tls::error::{HandshakeFailure, TlsError};
use crate::net::tls::session::TlsSession;

/// The most user data in a record (RFC 8446 §5.1).
const RECORD: usize = 16 * 1024;

/// The state of a handshake.
pub(in crate::net) enum Step<S> {
    Done(Stream<S>),
    Waiting(MidHandshake<S>),
    Failed(HandshakeFailure),
}

impl<S> Step<S> {
    pub(super) fn of(result: Result<SslStream<S>, HandshakeError<S>>, findings: Findings) -> Self {
        match result {
            Ok(stream) => Self::Done(Stream { inner: stream, findings, failed: None }),
            Err(HandshakeError::WouldBlock(stream)) => {
                Self::Waiting(MidHandshake { inner: stream, findings })
            }
            Err(HandshakeError::SetupFailure(err)) => Self::Failed(TlsError::from(err).into()),
            Err(HandshakeError::Failure(stream)) => {
                Self::Failed(match (findings.unread(), findings.refused()) {
                    (Some(err), _) => HandshakeFailure::Roots(err),
                    (None, Some((leaf, error))) => HandshakeFailure::Certificate { leaf, error },
                    (None, None) => failure::of_handshake(stream.error()).into(),
                })
            }
        }
    }
}

/// A handshake that waits for the peer.
pub(in crate::net) struct MidHandshake<S> {
    inner: MidHandshakeSslStream<S>,
    findings: Findings,
}

impl<S> MidHandshake<S> {
    pub(in crate::net) fn get_mut(&mut self) -> &mut S {
        self.inner.get_mut()
    }
}

impl<S: Read + Write> MidHandshake<S> {
    /// Continues the handshake.
    pub(in crate::net) fn resume(self) -> Step<S> {
        Step::of(self.inner.handshake(), self.findings)
    }
}

/// An open session over a non-blocking stream.
#[derive(Debug)]
pub(in crate::net) struct Stream<S> {
    inner: SslStream<S>,
    findings: Findings,
    /// An error to return by the next read, because the last one also returned data.
    failed: Option<io::Error>,
}

impl<S> Stream<S> {
    pub(in crate::net) fn get_ref(&self) -> &S {
        self.inner.get_ref()
    }

    pub(in crate::net) fn get_mut(&mut self) -> &mut S {
        self.inner.get_mut()
    }

    /// The negotiated parameters.
    pub(in crate::net) fn session(&self) -> TlsSession {
        let ssl = self.inner.ssl();
        let chain = ssl.peer_cert_chain().into_iter().flatten();
        TlsSession {
            version: version(ssl),
            cipher: ssl.current_cipher().and_then(SslCipherRef::standard_name),
            alpn: ssl.selected_alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
            chain: chain.filter_map(|certificate| certificate.to_der().ok()).collect(),
            ignored: self.findings.ignored(),
        }
    }
}

impl<S: Read + Write> Stream<S> {
    /// Sends `close_notify` if that is possible without blocking.
    pub(in crate::net) fn shut_down(&mut self) {
        // The peer may have closed the connection already.
        let _ = self.inner.shutdown();
    }
}

fn version(ssl: &SslRef) -> Option<&'static str> {
    match ssl.version2()? {
        SslVersion::TLS1 => Some("TLSv1.0"),
        SslVersion::TLS1_1 => Some("TLSv1.1"),
        SslVersion::TLS1_2 => Some("TLSv1.2"),
        SslVersion::TLS1_3 => Some("TLSv1.3"),
        _ => None,
    }
}

/// OpenSSL returns one record at a time; this reads all available records that fit.
impl<S: Read + Write> Read for Stream<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(err) = self.failed.take() {
            return Err(err);
        }
        let mut filled = failure::io(|| self.inner.ssl_read(buf))?;
        while filled > 0 && buf.len() - filled >= RECORD {
            match failure::io(|| self.inner.ssl_read(&mut buf[filled..])) {
                // The next read reports the end of the stream again.
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(err) if err.kind() == ErrorKind::WouldBlock => break,
                Err(err) => {
                    self.failed = Some(err);
                    break;
                }
            }
        }
        Ok(filled)
    }
}

impl<S: Read + Write> Write for Stream<S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        failure::io(|| self.inner.ssl_write(buf))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
