//! The client's and the server's settings for native-tls.

use std::io::{Read, Write};

use native_tls::{Protocol, TlsAcceptor, TlsConnector};

use super::identity::{Certificates, Identity};
use super::stream::Step;
use crate::error::{Failure, Status};
use crate::net::tls::error::{ErrorClass, TlsError};
use crate::net::tls::settings::{ALPN, OLDEST, Settings, TlsVersion};

/// Settings that are ready for connections.
#[derive(Clone)]
pub(in crate::net) struct Connector {
    connector: TlsConnector,
    ignores_name: bool,
}

impl Connector {
    /// `trusted` replaces the system's CA certificates.
    pub(in crate::net) fn new(
        settings: &Settings,
        trusted: Option<Certificates>,
        identity: Option<&Identity>,
    ) -> Result<Self, Failure> {
        let mut builder = TlsConnector::builder();
        builder.request_alpns(&[ALPN]);
        let (oldest, newest) = settings.versions;
        let oldest = oldest.unwrap_or_else(|| newest.map_or(OLDEST, |newest| newest.min(OLDEST)));
        builder.min_protocol_version(Some(oldest.into()));
        builder.max_protocol_version(newest.map(Into::into));
        if let Some(identity) = identity {
            builder.identity(identity.0.clone());
        }
        builder.disable_built_in_roots(trusted.is_some());
        for certificate in trusted.into_iter().flat_map(|trusted| trusted.0) {
            builder.add_root_certificate(certificate);
        }
        let ignores_name = settings.insecure || settings.ignored.contains(&ErrorClass::Name);
        builder.danger_accept_invalid_certs(settings.insecure);
        builder.danger_accept_invalid_hostnames(ignores_name);
        // If we use a certificate, the reason is that its key does not match.
        let (status, what) = match identity {
            Some(_) => (Status::ClientCertificate, "cannot use the client certificate and its key"),
            None => (Status::TlsHandshake, "cannot set up TLS"),
        };
        let connector =
            builder.build().map_err(|err| Failure::new(status, what).source(TlsError::from(err)))?;
        Ok(Self { connector, ignores_name })
    }

    /// Begins the handshake with `name` over `stream`.
    pub(in crate::net) fn connect<S: Read + Write>(&self, name: &str, stream: S) -> Step<S> {
        let unchecked_name = self.ignores_name.then(|| name.to_owned());
        Step::of(self.connector.connect(name, stream), unchecked_name)
    }
}

/// A server's certificate and its key.
#[derive(Clone)]
pub(in crate::net) struct Acceptor(TlsAcceptor);

impl Acceptor {
    /// Fails when the key does not match the certificate.
    pub(in crate::net) fn new(identity: &Identity) -> Result<Self, TlsError> {
        // Not every acceptor reports a mismatch, but every connector does.
        TlsConnector::builder().disable_built_in_roots(true).identity(identity.0.clone()).build()?;
        Ok(Self(TlsAcceptor::new(identity.0.clone())?))
    }

    /// Begins the handshake over `stream`.
    pub(in crate::net) fn accept<S: Read + Write>(&self, stream: S) -> Step<S> {
        Step::of(self.0.accept(stream), None)
    }
}

impl From<TlsVersion> for Protocol {
    fn from(version: TlsVersion) -> Self {
        match version {
            TlsVersion::V1_0 => Self::Tlsv10,
            TlsVersion::V1_1 => Self::Tlsv11,
            TlsVersion::V1_2 => Self::Tlsv12,
            TlsVersion::V1_3 => Self::Tlsv13,
        }
    }
}
