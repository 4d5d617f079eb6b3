//! Certificates in OpenSSL's types.

use std::path::{Path, PathBuf};

use memchr::memmem;
use openssl::error::ErrorStack;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslContextBuilder, SslFiletype};
use openssl::x509::X509;
use openssl::x509::store::{X509Lookup, X509StoreBuilderRef};
use openssl::x509::verify::X509VerifyFlags;

use crate::net::tls::error::TlsError;

/// CA certificates, and the file that holds them.
pub(in crate::net) struct Certificates {
    found: Vec<X509>,
    /// The file, if it also holds certificate revocation lists (CRLs).
    crl_file: Option<PathBuf>,
}

impl Certificates {
    /// All certificates in the PEM file at `path`, which holds `pem`.
    pub(in crate::net) fn from_pem(pem: &[u8], path: &Path) -> Result<Self, TlsError> {
        // The openssl crate accepts only paths in UTF-8.
        let has_crl = path.to_str().is_some() && memmem::find(pem, b"-----BEGIN X509 CRL-----").is_some();
        let crl_file = has_crl.then(|| path.to_owned());
        Ok(Self { found: X509::stack_from_pem(pem)?, crl_file })
    }

    pub(in crate::net) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Makes `store` trust these certificates, and refuse a peer's certificate that is in one of the CRLs.
    pub(super) fn install(self, store: &mut X509StoreBuilderRef) -> Result<(), ErrorStack> {
        for certificate in self.found {
            store.add_cert(certificate)?;
        }
        if let Some(path) = self.crl_file {
            store.add_lookup(X509Lookup::file())?.load_crl_file(path, SslFiletype::PEM)?;
            store.set_flags(X509VerifyFlags::CRL_CHECK)?;
        }
        Ok(())
    }
}

/// A certificate, the certificates of its issuers, and its key.
#[derive(Clone)]
pub struct Identity {
    certificate: X509,
    issuers: Vec<X509>,
    key: PKey<Private>,
}

impl Identity {
    /// Reads certificates in PEM, our own first, and a PKCS#8 key in PEM.
    pub(in crate::net) fn from_pkcs8(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let key = PKey::private_key_from_pem(key)?;
        let mut chain = X509::stack_from_pem(certificates)?.into_iter();
        let certificate = chain.next().ok_or_else(|| TlsError::new("no certificate"))?;
        Ok(Self { certificate, issuers: chain.collect(), key })
    }

    /// Reads both from a PKCS#12 file.
    pub(in crate::net) fn from_pkcs12(bytes: &[u8], password: &str) -> Result<Self, TlsError> {
        let content = Pkcs12::from_der(bytes)?.parse2(password)?;
        Ok(Self {
            certificate: content.cert.ok_or_else(|| TlsError::new("it holds no certificate"))?,
            key: content.pkey.ok_or_else(|| TlsError::new("it holds no private key"))?,
            // OpenSSL returns the certificates in the reverse of the order to send.
            issuers: content.ca.into_iter().flatten().rev().collect(),
        })
    }

    /// Makes a context use this certificate. Fails when the key does not match.
    pub(super) fn install(&self, context: &mut SslContextBuilder) -> Result<(), TlsError> {
        context.set_certificate(&self.certificate)?;
        context.set_private_key(&self.key)?;
        for issuer in &self.issuers {
            context.add_extra_chain_cert(issuer.clone())?;
        }
        Ok(context.check_private_key()?)
    }
}
