//! TLS with a server or a proxy: the handshake, and the meaning of its failures.

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
    /// The settings of the TLS library.
    pub settings: Settings,
    /// The name for SNI and verification, if it is not the URL's host.
    pub domain: Option<String>,
    /// Our certificate and its key.
    pub identity: Option<Identity>,
    /// The only public keys that are accepted.
    pub pins: Option<Pins>,
    /// The TLS library's form of these options, which all connections share.
    pub prepared: Prepared,
}

/// The TLS library's form of the options. It is made once and shared by all connections with these options;
/// the options must not change afterwards.
#[derive(Clone, Default)]
pub struct Prepared(Arc<OnceLock<Connector>>);

impl TlsOptions {
    /// Prepares the options in advance, so that the first connection is as fast as later ones.
    pub fn prepare(&self) {
        let _ = self.connector();
    }

    fn connector(&self) -> Result<Connector, Failure> {
        if let Some(connector) = self.prepared.0.get() {
            return Ok(connector.clone());
        }
        let trusted = self.settings.cacert.as_ref().map(certificates_in).transpose()?;
        let connector = Connector::new(&self.settings, trusted, self.identity.as_ref())?;
        // If another thread was faster, both results are equal.
        Ok(self.prepared.0.get_or_init(|| connector).clone())
    }
}

/// Does not print the key.
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

/// Why a handshake did not establish a session.
pub(in crate::net) enum Refused {
    Wait(WaitError),
    Tls(HandshakeFailure),
}

impl TlsClient {
    /// Prepares the settings. `host` is the host of the URL.
    pub(in crate::net) fn new(options: &TlsOptions, host: &str) -> Result<Self, Failure> {
        let connector = options.connector()?;
        let name = options.domain.clone().unwrap_or_else(|| host.to_owned());
        Ok(Self { connector, name, options: options.clone() })
    }

    /// Whether a diagnostic handshake is necessary to learn if the certificate caused the failure.
    pub(in crate::net) fn needs_diagnosis(&self) -> bool {
        !EXPLAINS_REFUSALS && !self.options.settings.insecure
    }

    /// Performs the TLS handshake over `transport`, which is connected to the peer.
    pub(in crate::net) fn handshake(
        &self,
        transport: Transport,
        deadline: &Deadline,
    ) -> Result<Transport, Refused> {
        handshake(&self.connector, &self.name, transport, deadline)
    }

    /// The failure when waiting in the handshake failed.
    pub(in crate::net) fn not_waited(&self, err: WaitError, target: &str, deadline: &Deadline) -> Failure {
        match err {
            WaitError::Deadline => Failure::timeout(Phase::Tls, &self.name, deadline),
            WaitError::Interrupted(signal) => signal.failure(),
            WaitError::Io(err) => handshake_failed(target).source(IoCause(err)),
        }
    }

    /// The diagnostic handshake: without verification and without our certificate. If it succeeds, the
    /// certificate caused the failure, and the result is the reason. It never sends user data.
    pub(in crate::net) fn diagnose(&self, transport: Transport, deadline: &Deadline) -> Option<Failure> {
        let Settings { versions, .. } = self.options.settings;
        let unchecked = Settings { insecure: true, versions, ..Settings::default() };
        let connector = Connector::new(&unchecked, None, None).ok()?;
        let mut transport = handshake(&connector, &self.name, transport, deadline).ok()?;
        let chain = transport.tls_session().unwrap_or_default().chain;
        transport.shut_down();
        Some(self.refusal(chain.first()?, None))
    }

    /// Explains the failed handshake with `target`.
    pub(in crate::net) fn failed(&self, target: &str, failure: HandshakeFailure) -> Failure {
        match failure {
            HandshakeFailure::Certificate { leaf, error } => {
                self.refusal(&leaf, Some(&error)).and(format_args!(" (TLS with {target}: {})", error.text))
            }
            HandshakeFailure::Roots(err) => {
                let text = format!("cannot open the system's CA certificates to verify {target}");
                Failure::new(Status::CaFile, text).source(IoCause(err))
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

/// The failure when the peer has ended the connection with an alert after the handshake. TLS 1.3 servers
/// refuse our certificate in this way.
pub(in crate::net) fn tls_alert(target: &str, alert: &TlsError) -> Failure {
    handshake_failed(target)
        .and(format_args!(": {alert}"))
        .hint("does the server want a client certificate? --cert FILE --key FILE gives one")
}
