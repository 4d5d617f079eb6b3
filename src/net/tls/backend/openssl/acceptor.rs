//! The server's settings for OpenSSL.

use std::io::{Read, Write};

use openssl::ssl::{Ssl, SslAcceptor, SslMethod};

use super::identity::Identity;
use super::stream::Step;
use super::verifier::Findings;
use crate::net::tls::error::TlsError;

/// A server's certificate and its key, for TLS 1.2 and 1.3.
#[derive(Clone)]
pub(in crate::net) struct Acceptor(SslAcceptor);

impl Acceptor {
    /// Fails when the key does not match the certificate.
    pub(in crate::net) fn new(identity: &Identity) -> Result<Self, TlsError> {
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        identity.install(&mut builder)?;
        Ok(Self(builder.build()))
    }

    /// Begins the handshake over `stream`.
    pub(in crate::net) fn accept<S: Read + Write>(&self, stream: S) -> Step<S> {
        match Ssl::new(self.0.context()) {
            Ok(ssl) => Step::of(ssl.accept(stream), Findings::default()),
            Err(err) => Step::Failed(TlsError::from(err).into()),
        }
    }
}
