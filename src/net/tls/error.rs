//! What goes wrong in TLS, in terms that no TLS library has a part in.

use std::fmt;
use std::io;

/// Why the TLS library cannot go on. I/O errors of an open session carry it, too.
#[derive(Debug)]
pub struct TlsError {
    reason: String,
    is_alert: bool,
}

impl TlsError {
    /// `reason` in a few words, such as `wrong version number`.
    pub(in crate::net::tls) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_alert: false }
    }

    /// The peer has sent a fatal alert (RFC 8446 §6.2).
    pub(in crate::net::tls) fn alert(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_alert: true }
    }

    /// The alert behind an error of reading or writing, if one came. With TLS 1.3, the server's verdict on our
    /// certificate arrives this way: after the handshake, with the first read.
    pub(in crate::net) fn alert_in(err: &io::Error) -> Option<&Self> {
        err.get_ref()?.downcast_ref::<Self>().filter(|err| err.is_alert)
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for TlsError {}

impl From<TlsError> for io::Error {
    fn from(err: TlsError) -> Self {
        Self::other(err)
    }
}

/// What is wrong with a certificate, by the kinds that have an exit status or a flag of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// It is for another name.
    Name,
    /// It is out of its dates.
    Expired,
    /// It does not lead to a trusted root.
    Untrusted,
    /// Its issuer has withdrawn it.
    Revoked,
    /// Everything else: a weak key, a bad signature, a purpose that does not fit.
    Invalid,
}

impl ErrorClass {
    /// The name that `--ignore-tls-error` has for it.
    pub(in crate::net) fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Expired => "expired",
            Self::Untrusted => "untrusted",
            Self::Revoked => "revoked",
            Self::Invalid => "invalid",
        }
    }
}

/// One error that the TLS library has found in the peer's chain of certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateError {
    /// Its kind.
    pub class: ErrorClass,
    /// The words of the TLS library.
    pub text: &'static str,
    /// Which certificate: 0 is the peer's own, 1 its issuer's.
    pub depth: u32,
}

/// Why there is no TLS session.
#[derive(Debug)]
#[allow(dead_code)] // not every backend tells that it refused the certificate
pub(in crate::net) enum HandshakeFailure {
    /// We refused the peer's certificate.
    Certificate {
        /// The peer's own certificate in DER.
        leaf: Vec<u8>,
        /// The first error that is not ignored.
        error: CertificateError,
    },
    /// Anything else; a backend that does not explain its refusals has them here, too.
    Other(TlsError),
}

impl From<TlsError> for HandshakeFailure {
    fn from(err: TlsError) -> Self {
        Self::Other(err)
    }
}
