//! What a TLS handshake has agreed on and shown.

use super::error::CertificateError;

/// The facts of an open TLS session.
#[derive(Debug, Default)]
pub(in crate::net) struct TlsSession {
    /// `TLSv1.3` and the like; `None` where the library does not tell.
    pub(in crate::net) version: Option<&'static str>,
    /// The cipher suite by its IANA name; `None` where the library does not tell.
    pub(in crate::net) cipher: Option<&'static str>,
    /// The application protocol that was negotiated (ALPN).
    pub(in crate::net) alpn: Option<String>,
    /// The certificates as the peer sent them, in DER, its own first.
    pub(in crate::net) chain: Vec<Vec<u8>>,
    /// The errors that were ignored.
    pub(in crate::net) ignored: Vec<CertificateError>,
}
