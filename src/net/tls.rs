//! TLS by the platform's own library, and a second look that tells why it failed.

use std::path::PathBuf;
use std::time::SystemTime;

use native_tls::{Certificate, HandshakeError, TlsConnector};

use super::Observer;
use super::buffered::Buffered;
use super::certificate::CertificateFacts;
use super::connect::{SocketOptions, connect};
use super::transport::{Transport, WaitError};
use crate::deadline::Deadline;
use crate::error::{Failure, IoCause, Phase, Status};

/// Which certificates are trusted, and for which name.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// A PEM file of CA certificates that takes the place of the system's.
    pub cacert: Option<PathBuf>,
    /// Accepts any certificate for any name.
    pub insecure: bool,
    /// The name for SNI and verification, instead of the URL's host.
    pub domain: Option<String>,
}

/// TLS as it will be spoken with one peer.
pub(super) struct TlsClient {
    connector: TlsConnector,
    name: String,
    insecure: bool,
}

/// What the handshake ended in, when not in a connection.
enum Refused {
    Wait(WaitError),
    Tls(native_tls::Error),
}

impl TlsClient {
    /// Reads the certificates. `host` is the name of the URL.
    pub(super) fn new(options: &TlsOptions, host: &str) -> Result<Self, Failure> {
        let mut builder = TlsConnector::builder();
        if let Some(path) = &options.cacert {
            builder.disable_built_in_roots(true);
            for certificate in read_cacert(path)? {
                builder.add_root_certificate(certificate);
            }
        }
        if options.insecure {
            builder.danger_accept_invalid_certs(true).danger_accept_invalid_hostnames(true);
        }
        let connector = builder
            .build()
            .map_err(|err| Failure::new(Status::TlsHandshake, "cannot set up TLS").source(err))?;
        let name = options.domain.clone().unwrap_or_else(|| host.to_owned());
        Ok(Self { connector, name, insecure: options.insecure })
    }

    /// The TLS handshake over `transport`, which is connected to the server.
    pub(super) fn secure(
        &self,
        transport: Transport,
        target: &str,
        socket: &SocketOptions,
        deadline: &Deadline,
        observer: &mut dyn Observer,
    ) -> Result<Transport, Failure> {
        let address = transport.peer_address();
        let host = &self.name;
        match handshake(&self.connector, host, transport, deadline) {
            Ok(transport) => Ok(transport),
            Err(Refused::Wait(WaitError::Deadline)) => Err(Failure::timeout(Phase::Tls, host, deadline)),
            Err(Refused::Wait(WaitError::Io(err))) => Err(failed(target).source(IoCause(err))),
            Err(Refused::Tls(err)) => {
                let blamed = match address {
                    Ok(address) if !self.insecure => {
                        observer.note("TLS failed; looking at the certificate on a second connection");
                        let again = connect(&[address], target, socket, deadline, observer);
                        again.ok().and_then(|transport| self.blame_certificate(transport, deadline))
                    }
                    _ => None,
                };
                Err(blamed.map_or_else(
                    || failed(target).and(format_args!(": {}", reason(&err))).hint(NOT_TLS),
                    |blamed| blamed.and(format_args!(" (TLS with {target})")),
                ))
            }
        }
    }

    /// When a handshake without checks works, it was the certificate that was refused: what is wrong with it.
    /// Nothing is sent over that connection.
    fn blame_certificate(&self, transport: Transport, deadline: &Deadline) -> Option<Failure> {
        let unchecked = TlsConnector::builder()
            .danger_accept_invalid_certs(true)
            .danger_accept_invalid_hostnames(true)
            .build()
            .ok()?;
        let mut transport = handshake(&unchecked, &self.name, transport, deadline).ok()?;
        let der = transport.peer_certificate();
        transport.shut_down();
        Some(match CertificateFacts::from_der(&der?) {
            Some(facts) => facts.refusal(&self.name, SystemTime::now()),
            None => Failure::new(Status::CertificateInvalid, "certificate cannot be read"),
        })
    }
}

const NOT_TLS: &str = "does the server speak TLS on this port? ws:// connects without";

fn failed(target: &str) -> Failure {
    Failure::new(Status::TlsHandshake, format!("TLS handshake with {target} failed"))
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

fn read_cacert(path: &PathBuf) -> Result<Vec<Certificate>, Failure> {
    let shown = path.display();
    let unusable = |why: &str| Failure::new(Status::CaFile, format!("cannot use the CA file {shown}{why}"));
    let bytes = std::fs::read(path).map_err(|err| unusable("").source(IoCause(err)))?;
    let found = Certificate::stack_from_pem(&bytes)
        .map_err(|err| unusable(": it is not PEM").source(err).hint(CA_EXAMPLE))?;
    if found.is_empty() { Err(unusable(": it holds no certificate").hint(CA_EXAMPLE)) } else { Ok(found) }
}

const CA_EXAMPLE: &str = "a CA file holds -----BEGIN CERTIFICATE----- blocks";

/// The text of a TLS error for a person: of OpenSSL's `error:CODE:library:function:reason:file:line` the reason.
fn reason(err: &native_tls::Error) -> String {
    let text = err.to_string();
    match text.strip_prefix("error:").and_then(|fields| fields.split(':').nth(3)) {
        Some(reason) if !reason.is_empty() => reason.to_owned(),
        _ => text,
    }
}
