//! TLS errors, independent of the TLS library.

use std::fmt;
use std::io;

/// Why the TLS library cannot continue. I/O errors of an open session contain it as well.
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

    /// The alert inside an I/O error, if there is one. With TLS 1.3, the server refuses our certificate in
    /// this way: after the handshake, at the first read.
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

/// The classes of certificate errors: each has its own exit status or flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The certificate is for another name.
    Name,
    /// The certificate is not valid yet, or has expired.
    Expired,
    /// The chain does not end at a trusted root.
    Untrusted,
    /// The issuer has revoked the certificate.
    Revoked,
    /// All other errors: a weak key, a bad signature, a wrong purpose.
    Invalid,
}

impl ErrorClass {
    /// The name of the class in `--ignore-tls-error`.
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

/// An error that the TLS library found in the peer's certificate chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateError {
    /// Its kind.
    pub class: ErrorClass,
    /// The TLS library's description.
    pub text: &'static str,
    /// The certificate's position in the chain: 0 is the peer's own, 1 is its issuer's.
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
    /// We refused the peer's certificate because the system's CA certificates cannot be opened.
    Roots(io::Error),
    /// Any other failure; if the backend does not explain refused certificates, also those.
    Other(TlsError),
}

impl From<TlsError> for HandshakeFailure {
    fn from(err: TlsError) -> Self {
        Self::Other(err)
    }
}
