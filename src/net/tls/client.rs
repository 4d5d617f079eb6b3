//! TLS by the platform's own library, and a second look that tells why it failed.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use native_tls::{Certificate, HandshakeError, Identity, Protocol, TlsConnector};

use super::buffered::Buffered;
use super::ca_file::CaFile;
use super::certificate::CertificateFacts;
use super::pin::Pins;
use crate::deadline::Deadline;
use crate::error::{Failure, IoCause, Phase, Status};
use crate::net::transport::{Transport, WaitError};

/// Which certificates are trusted, for which name, and who we are.
#[derive(Clone, Default)]
pub struct TlsOptions {
    /// CA certificates that take the place of the system's.
    pub cacert: Option<CaFile>,
    /// Accepts any certificate for any name.
    pub insecure: bool,
    /// Accepts a valid certificate for any name.
    pub any_name: bool,
    /// The name for SNI and verification, instead of the URL's host.
    pub domain: Option<String>,
    /// Our certificate and its key.
    pub identity: Option<Identity>,
    /// The only public keys that are accepted.
    pub pins: Option<Pins>,
    /// The oldest and the newest version to speak.
    pub versions: (Option<TlsVersion>, Option<TlsVersion>),
    /// What the first connection has made of all this, for those that follow.
    pub prepared: Prepared,
}

/// Reading the system's CA certificates takes longer than a handshake, so it is done once for all connections with the
/// same options, which must not change any more.
#[derive(Clone, Default)]
pub struct Prepared(Arc<OnceLock<TlsConnector>>);

impl TlsOptions {
    /// Makes the first connection as fast as those that follow. What is wrong with the options is told by that.
    pub fn prepare(&self) {
        let _ = self.connector();
    }

    fn connector(&self) -> Result<TlsConnector, Failure> {
        if let Some(connector) = self.prepared.0.get() {
            return Ok(connector.clone());
        }
        let connector = self.new_connector()?;
        // When another thread was faster, both have made the same.
        Ok(self.prepared.0.get_or_init(|| connector).clone())
    }

    /// Reads the certificates.
    fn new_connector(&self) -> Result<TlsConnector, Failure> {
        let mut builder = builder(self);
        if let Some(identity) = &self.identity {
            builder.identity(identity.clone());
        }
        if let Some(file) = &self.cacert {
            builder.disable_built_in_roots(true);
            for certificate in certificates_in(file)? {
                builder.add_root_certificate(certificate);
            }
        }
        builder.danger_accept_invalid_certs(self.insecure);
        builder.danger_accept_invalid_hostnames(self.insecure || self.any_name);
        // With a certificate of ours, it is that its key does not fit.
        let (status, what) = match self.identity {
            Some(_) => (Status::ClientCertificate, "cannot use the client certificate and its key"),
            None => (Status::TlsHandshake, "cannot set up TLS"),
        };
        builder.build().map_err(|err| Failure::new(status, what).source(err))
    }
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum TlsVersion {
    V1_0,
    V1_1,
    V1_2,
    V1_3,
}

/// The key stays out of sight.
impl std::fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cacert, insecure, any_name, domain, identity, pins, versions, prepared: _ } = self;
        f.debug_struct("TlsOptions")
            .field("cacert", cacert)
            .field("insecure", insecure)
            .field("any_name", any_name)
            .field("domain", domain)
            .field("identity", &identity.as_ref().map(|_| "(redacted)"))
            .field("pins", pins)
            .field("versions", versions)
            .finish()
    }
}

/// TLS as it will be spoken with one peer.
pub(in crate::net) struct TlsClient {
    connector: TlsConnector,
    name: String,
    options: TlsOptions,
}

/// What the handshake ended in, when not in a connection.
pub(in crate::net) enum Refused {
    Wait(WaitError),
    Tls(native_tls::Error),
}

impl TlsClient {
    /// Reads the certificates. `host` is the name of the URL.
    pub(in crate::net) fn new(options: &TlsOptions, host: &str) -> Result<Self, Failure> {
        let connector = options.connector()?;
        let name = options.domain.clone().unwrap_or_else(|| host.to_owned());
        Ok(Self { connector, name, options: options.clone() })
    }

    /// Whether the certificate can be what made the handshake fail with `err`.
    pub(in crate::net) fn may_have_refused_certificate(&self, err: &native_tls::Error) -> bool {
        !self.options.insecure && is_about_certificate(err).unwrap_or(true)
    }

    /// The TLS handshake over `transport`, which leads to the peer.
    pub(in crate::net) fn handshake(
        &self,
        transport: Transport,
        deadline: &Deadline,
    ) -> Result<Transport, Refused> {
        handshake(&self.connector, &self.name, transport, deadline)
    }

    /// A wait in the handshake has ended: why.
    pub(in crate::net) fn not_waited(&self, err: WaitError, target: &str, deadline: &Deadline) -> Failure {
        match err {
            WaitError::Deadline => Failure::timeout(Phase::Tls, &self.name, deadline),
            WaitError::Io(err) => handshake_failed(target).source(IoCause(err)),
        }
    }

    /// When a handshake without checks works, it was the certificate that was refused: what is wrong with it.
    /// Nothing is sent over that connection.
    pub(in crate::net) fn blame_certificate(
        &self,
        transport: Transport,
        deadline: &Deadline,
    ) -> Option<Failure> {
        let unchecked = builder(&self.options)
            .danger_accept_invalid_certs(true)
            .danger_accept_invalid_hostnames(true)
            .build()
            .ok()?;
        let mut transport = handshake(&unchecked, &self.name, transport, deadline).ok()?;
        let der = transport.peer_certificate();
        transport.shut_down();
        Some(match CertificateFacts::from_der(&der?) {
            Some(facts) => facts.refusal(&self.name, self.options.any_name, SystemTime::now()),
            None => Failure::new(Status::CertificateInvalid, "certificate cannot be read"),
        })
    }
}

/// What a connection with checks and one without have in common. Not our certificate: who is not trusted is not told
/// who we are.
fn builder(options: &TlsOptions) -> native_tls::TlsConnectorBuilder {
    let mut builder = TlsConnector::builder();
    // The only protocol that the upgrade is defined for here; a server that prefers HTTP/2 has to know.
    builder.request_alpns(&["http/1.1"]);
    let (oldest, newest) = options.versions;
    if let Some(oldest) = oldest {
        builder.min_protocol_version(Some(oldest.into()));
    }
    builder.max_protocol_version(newest.map(Into::into));
    builder
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

const NOT_TLS: &str =
    "does the server speak TLS on this port (ws:// connects without), or want a client certificate (--cert)?";

fn handshake_failed(target: &str) -> Failure {
    Failure::new(Status::TlsHandshake, format!("TLS handshake with {target} failed"))
}

/// The handshake with `target` was refused, and no second look told why.
pub(in crate::net) fn failed(target: &str, err: &native_tls::Error) -> Failure {
    let reason = reason(&err.to_string());
    if is_about_certificate(err) == Some(true) {
        let text = format!("certificate was not accepted: {reason} (TLS with {target})");
        return Failure::new(Status::CertificateInvalid, text)
            .hint("--cacert FILE trusts the issuer's certificate; -k accepts any certificate");
    }
    handshake_failed(target).and(format_args!(": {reason}")).hint(NOT_TLS)
}

/// Whether the TLS library says by a code of its own that it refused the peer's certificate; `None` when it has no such
/// code.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[allow(clippy::unnecessary_wraps)] // the other platforms have no answer
fn is_about_certificate(err: &native_tls::Error) -> Option<bool> {
    /// `ERR_LIB_SSL` and `SSL_R_CERTIFICATE_VERIFY_FAILED` of OpenSSL.
    const VERIFY_FAILED: (i32, i32) = (20, 134);
    let stack =
        std::error::Error::source(err).and_then(|cause| cause.downcast_ref::<openssl::error::ErrorStack>());
    let refused = |err: &openssl::error::Error| (err.library_code(), err.reason_code()) == VERIFY_FAILED;
    Some(stack.is_some_and(|stack| stack.errors().iter().any(refused)))
}

/// The other libraries have none.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
fn is_about_certificate(_: &native_tls::Error) -> Option<bool> {
    None
}

fn handshake(
    connector: &TlsConnector,
    name: &str,
    transport: Transport,
    deadline: &Deadline,
) -> Result<Transport, Refused> {
    let mut step = connector.connect(name, Buffered::new(transport));
    loop {
        match step {
            Ok(stream) => return Ok(Transport::tls(stream)),
            Err(HandshakeError::Failure(err)) => return Err(Refused::Tls(err)),
            Err(HandshakeError::WouldBlock(mut waiting)) => {
                waiting.get_mut().wait_until(deadline).map_err(Refused::Wait)?;
                step = waiting.handshake();
            }
        }
    }
}

fn certificates_in(file: &CaFile) -> Result<Vec<Certificate>, Failure> {
    let CaFile { name, pem } = file;
    let unusable = |why: &str| Failure::new(Status::CaFile, format!("cannot use the CA file {name}{why}"));
    let found = Certificate::stack_from_pem(pem)
        .map_err(|err| unusable(": it is not PEM").source(err).hint(CA_EXAMPLE))?;
    if found.is_empty() { Err(unusable(": it holds no certificate").hint(CA_EXAMPLE)) } else { Ok(found) }
}

const CA_EXAMPLE: &str = "a CA file holds -----BEGIN CERTIFICATE----- blocks";

/// The peer has ended the connection with an alert after the handshake, which is how TLS 1.3 refuses our certificate.
pub(in crate::net) fn tls_alert(target: &str, err: &std::io::Error) -> Failure {
    handshake_failed(target)
        .and(format_args!(": {}", reason(&err.to_string())))
        .hint("does the server want a client certificate? --cert FILE --key FILE gives one")
}

/// What OpenSSL has found wrong with the certificate, in its words.
pub(in crate::net) fn verify_result(err: &native_tls::Error) -> Option<String> {
    let text = err.to_string();
    let (_, result) = text.strip_prefix("error:")?.strip_suffix(')')?.rsplit_once(" (")?;
    Some(result.to_owned())
}

/// The text of a TLS error for a person: of OpenSSL's `error:CODE:library:function:reason:file:line (verify result)`
/// the reason and the result.
fn reason(text: &str) -> String {
    let fields = text.strip_prefix("error:").and_then(|fields| fields.split(':').nth(3));
    let Some(reason) = fields.filter(|reason| !reason.is_empty()) else { return text.to_owned() };
    let result = text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")).map(|(_, result)| result);
    result.map_or_else(|| reason.to_owned(), |result| format!("{reason} ({result})"))
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn the_reason_is_taken_out_of_openssls_text() {
        let text = "error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify failed:\
                    ../ssl/statem/statem_clnt.c:1889: (unsuitable certificate purpose)";
        assert_eq!(reason(text), "certificate verify failed (unsuitable certificate purpose)");
        assert_eq!(
            reason("error:0A00010B:SSL routines:ssl3_get_record:wrong version number:a.c:1:"),
            "wrong version number"
        );
        assert_eq!(reason("bad protocol version (-9836)"), "bad protocol version (-9836)");
    }
}
