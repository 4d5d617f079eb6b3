//! The parameters that a TLS handshake negotiated, and the peer's certificates.

use super::error::CertificateError;

/// The facts of an open TLS session.
#[derive(Debug, Default)]
pub(in crate::net) struct TlsSession {
    /// The version, such as `TLSv1.3`; `None` if the library does not report it.
    pub(in crate::net) version: Option<&'static str>,
    /// The cipher suite by its IANA name; `None` if the library does not report it.
    pub(in crate::net) cipher: Option<&'static str>,
    /// The application protocol that was negotiated (ALPN).
    pub(in crate::net) alpn: Option<String>,
    /// The certificates that the peer sent, in DER, its own first.
    pub(in crate::net) chain: Vec<Vec<u8>>,
    /// The certificate errors that were ignored.
    pub(in crate::net) ignored: Vec<CertificateError>,
}
