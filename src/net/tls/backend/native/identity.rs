//! Certificates in native-tls's types.

use std::path::Path;

use native_tls::Certificate;

use crate::net::tls::error::TlsError;

/// CA certificates.
pub(in crate::net) struct Certificates(pub(super) Vec<Certificate>);

impl Certificates {
    /// All certificates in a PEM file that holds `pem`.
    pub(in crate::net) fn from_pem(pem: &[u8], _: &Path) -> Result<Self, TlsError> {
        Ok(Self(Certificate::stack_from_pem(pem)?))
    }

    pub(in crate::net) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A certificate, the certificates of its issuers, and its key.
#[derive(Clone)]
pub struct Identity(pub(super) native_tls::Identity);

impl Identity {
    /// Reads certificates in PEM, our own first, and a PKCS#8 key in PEM.
    ///
    /// Not on Windows: there native-tls takes the last certificate for ours, and all processes of a user share one place for
    /// the key.
    pub(in crate::net) fn from_pkcs8(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        if cfg!(windows) {
            return Err(TlsError::new(
                "PEM cannot be used on Windows; `openssl pkcs12 -export -in cert.pem -inkey key.pem -out cert.p12` \
                 makes a file that can",
            ));
        }
        Ok(Self(native_tls::Identity::from_pkcs8(certificates, key)?))
    }

    /// Reads both from a PKCS#12 file.
    pub(in crate::net) fn from_pkcs12(bytes: &[u8], password: &str) -> Result<Self, TlsError> {
        Ok(Self(native_tls::Identity::from_pkcs12(bytes, password)?))
    }
}
