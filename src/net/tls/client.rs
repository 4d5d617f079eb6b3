//! TLS with a server or a proxy: the handshake, and what its failure means.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use super::backend::{Certificates, Connector, EXPLAINS_REFUSALS, Identity, Step};
use super::buffered::Buffered;
use super::ca_file::CaFile;
use super::certificate::CertificateFacts;
use super::error::{CertificateError, HandshakeFailure, TlsError};
use super::pin::Pins;
use super::settings::Settings;
use crate::deadline::Deadline;
use crate::error::{Failure, IoCause, Phase, Status};
use crate::net::transport::{Transport, WaitError};

/// Which peers are accepted, for which name, and our own certificate.
#[derive(Clone, Default)]
pub struct TlsOptions {
    /// What the TLS library is told.
    pub settings: Settings,
    /// The name for SNI and verification, instead of the URL's host.
    pub domain: Option<String>,
    /// Our certificate and its key.
    pub identity: Option<Identity>,
    /// The only public keys that are accepted.
    pub pins: Option<Pins>,
    /// What the first connection has made of all this, for those that follow.
    pub prepared: Prepared,
}

/// The TLS library's form of the options, made once for all connections with the same options, which must not change any
/// more.
#[derive(Clone, Default)]
pub struct Prepared(Arc<OnceLock<Connector>>);

impl TlsOptions {
    /// Makes the first connection as fast as those that follow. It also tells what is wrong with the options.
    pub fn prepare(&self) {
        let _ = self.connector();
    }

    fn connector(&self) -> Result<Connector, Failure> {
        if let Some(connector) = self.prepared.0.get() {
            return Ok(connector.clone());
        }
        let trusted = self.settings.cacert.as_ref().map(certificates_in).transpose()?;
        let connector = Connector::new(&self.settings, trusted, self.identity.as_ref())?;
        // When another thread was faster, both have made the same.
        Ok(self.prepared.0.get_or_init(|| connector).clone())
    }
}

/// The key is not shown.
impl std::fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { settings, domain, identity, pins, prepared: _ } = self;
        f.debug_struct("TlsOptions")
            .field("settings", settings)
            .field("domain", domain)
            .field("identity", &identity.as_ref().map(|_| "(redacted)"))
            .field("pins", pins)
            .finish()
    }
}

/// TLS with one peer: the settings, and the name that its certificate must be for.
pub(in crate::net) struct TlsClient {
    connector: Connector,
    name: String,
    options: TlsOptions,
}

/// Why a handshake has not led to a session.
pub(in crate::net) enum Refused {
    Wait(WaitError),
    Tls(HandshakeFailure),
}

impl TlsClient {
    /// Reads the certificates. `host` is the name of the URL.
    pub(in crate::net) fn new(options: &TlsOptions, host: &str) -> Result<Self, Failure> {
        let connector = options.connector()?;
        let name = options.domain.clone().unwrap_or_else(|| host.to_owned());
        Ok(Self { connector, name, options: options.clone() })
    }

    /// Whether only a handshake without checks can tell if the certificate was what failed.
    pub(in crate::net) fn needs_diagnosis(&self) -> bool {
        !EXPLAINS_REFUSALS && !self.options.settings.insecure
    }

    /// The TLS handshake over `transport`, which leads to the peer.
    pub(in crate::net) fn handshake(
        &self,
        transport: Transport,
        deadline: &Deadline,
    ) -> Result<Transport, Refused> {
        handshake(&self.connector, &self.name, transport, deadline)
    }

    /// The failure of a wait in the handshake.
    pub(in crate::net) fn not_waited(&self, err: WaitError, target: &str, deadline: &Deadline) -> Failure {
        match err {
            WaitError::Deadline => Failure::timeout(Phase::Tls, &self.name, deadline),
            WaitError::Io(err) => handshake_failed(target).source(IoCause(err)),
        }
    }

    /// The diagnostic handshake, without checks and without our certificate. When it succeeds, the certificate was what
    /// failed: what is wrong with it. No user data is sent over that connection.
    pub(in crate::net) fn diagnose(&self, transport: Transport, deadline: &Deadline) -> Option<Failure> {
        let Settings { versions, .. } = self.options.settings;
        let unchecked = Settings { insecure: true, versions, ..Settings::default() };
        let connector = Connector::new(&unchecked, None, None).ok()?;
        let mut transport = handshake(&connector, &self.name, transport, deadline).ok()?;
        let chain = transport.tls_session().unwrap_or_default().chain;
        transport.shut_down();
        Some(self.refusal(chain.first()?, None))
    }

    /// What the failed handshake with `target` means to the user.
    pub(in crate::net) fn failed(&self, target: &str, failure: &HandshakeFailure) -> Failure {
        match failure {
            HandshakeFailure::Certificate { leaf, error } => {
                self.refusal(leaf, Some(error)).and(format_args!(" (TLS with {target}: {})", error.text))
            }
            HandshakeFailure::Other(err) => {
                handshake_failed(target).and(format_args!(": {err}")).hint(NOT_TLS)
            }
        }
    }

    /// Why the certificate in `der` was refused.
    fn refusal(&self, der: &[u8], error: Option<&CertificateError>) -> Failure {
        match CertificateFacts::from_der(der) {
            Some(facts) => {
                facts.refusal(&self.name, error, &self.options.settings.ignored, SystemTime::now())
            }
            None => Failure::new(Status::CertificateInvalid, "certificate cannot be read"),
        }
    }
}

const NOT_TLS: &str =
    "does the server speak TLS on this port (ws:// connects without), or want a client certificate (--cert)?";

fn handshake_failed(target: &str) -> Failure {
    Failure::new(Status::TlsHandshake, format!("TLS handshake with {target} failed"))
}

fn handshake(
    connector: &Connector,
    name: &str,
    transport: Transport,
    deadline: &Deadline,
) -> Result<Transport, Refused> {
    let mut step = connector.connect(name, Buffered::new(transport));
    loop {
        match step {
            Step::Done(stream) => return Ok(Transport::tls(stream)),
            Step::Failed(failure) => return Err(Refused::Tls(failure)),
            Step::Waiting(mut waiting) => {
                waiting.get_mut().wait_until(deadline).map_err(Refused::Wait)?;
                step = waiting.resume();
            }
        }
    }
}

fn certificates_in(file: &CaFile) -> Result<Certificates, Failure> {
    let CaFile { name, pem } = file;
    let unusable = |why: &str| Failure::new(Status::CaFile, format!("cannot use the CA file {name}{why}"));
    let found = Certificates::from_pem(pem, Path::new(name))
        .map_err(|err| unusable(": it is not PEM").source(err).hint(CA_EXAMPLE))?;
    if found.is_empty() { Err(unusable(": it holds no certificate").hint(CA_EXAMPLE)) } else { Ok(found) }
}

const CA_EXAMPLE: &str = "a CA file holds -----BEGIN CERTIFICATE----- blocks";

/// The peer has ended the connection with an alert after the handshake, which is how TLS 1.3 refuses our certificate.
pub(in crate::net) fn tls_alert(target: &str, alert: &TlsError) -> Failure {
    handshake_failed(target)
        .and(format_args!(": {alert}"))
        .hint("does the server want a client certificate? --cert FILE --key FILE gives one")
}
