//! The order of the dial: resolve, connect, TLS, upgrade. Nothing else is decided here.

use std::net::SocketAddr;

use super::Observer;
use super::certificate::CertificateFacts;
use super::connect::{SocketOptions, connect};
use super::http::ResponseHead;
use super::resolve::resolve;
use super::timeline::Timeline;
use super::tls::{TlsClient, TlsOptions};
use super::transport::Transport;
use super::upgrade::{UpgradeOptions, upgrade};
use crate::deadline::Deadline;
use crate::endpoint::Endpoint;
use crate::error::Failure;

/// Everything that the dial is told beside the URL.
#[derive(Clone, Debug, Default)]
pub struct DialOptions {
    /// For the TCP socket.
    pub socket: SocketOptions,
    /// For TLS.
    pub tls: TlsOptions,
    /// For the opening handshake.
    pub upgrade: UpgradeOptions,
}

/// What is known of the connection; filled in as the dial goes on, and kept when it fails.
#[derive(Clone, Debug)]
pub struct Facts {
    /// When each phase was done.
    pub timeline: Timeline,
    /// The peer's address.
    pub remote: Option<SocketAddr>,
    /// Our address.
    pub local: Option<SocketAddr>,
    /// The server's certificate.
    pub certificate: Option<CertificateFacts>,
    /// The head of the answer to the upgrade, whatever it says.
    pub response: Option<ResponseHead>,
    /// The subprotocol that was agreed on.
    pub subprotocol: Option<String>,
}

impl Facts {
    /// Nothing is known yet; the time starts now.
    pub fn start() -> Self {
        Self {
            timeline: Timeline::start(),
            remote: None,
            local: None,
            certificate: None,
            response: None,
            subprotocol: None,
        }
    }
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Connection {
    /// The byte stream to the server.
    pub transport: Transport,
    /// Bytes of the session that came together with the response.
    pub leftover: Vec<u8>,
}

/// Opens a WebSocket before `deadline`, or says in which phase and why that failed.
pub fn dial(
    endpoint: &Endpoint,
    options: &DialOptions,
    deadline: &Deadline,
    facts: &mut Facts,
    observer: &mut dyn Observer,
) -> Result<Connection, Failure> {
    let target = endpoint.host_and_port();
    // Before anything is sent: a CA file that cannot be read is no reason to bother the server.
    let tls = endpoint.is_secure().then(|| TlsClient::new(&options.tls, &endpoint.host())).transpose()?;

    let addresses = resolve(endpoint, deadline)?;
    facts.timeline.resolved = Some(facts.timeline.elapsed());

    let mut transport = connect(&addresses, &target, &options.socket, deadline, observer)?;
    facts.timeline.connected = Some(facts.timeline.elapsed());
    facts.remote = transport.peer_address().ok();
    facts.local = transport.local_address().ok();
    if let Some(remote) = facts.remote {
        observer.note(&format!("Connected to {} ({remote})", endpoint.host()));
    }

    if let Some(tls) = tls {
        transport = tls.secure(transport, &target, &options.socket, deadline, observer)?;
        facts.timeline.secured = Some(facts.timeline.elapsed());
        facts.certificate = transport.peer_certificate().and_then(|der| CertificateFacts::from_der(&der));
        describe_certificate(facts.certificate.as_ref(), options.tls.insecure, observer);
    }

    let upgraded =
        upgrade(&mut transport, endpoint, &options.upgrade, deadline, &mut facts.response, observer)?;
    facts.timeline.upgraded = Some(facts.timeline.elapsed());
    facts.subprotocol = upgraded.subprotocol;
    Ok(Connection { transport, leftover: upgraded.leftover })
}

fn describe_certificate(facts: Option<&CertificateFacts>, insecure: bool, observer: &mut dyn Observer) {
    if let Some(facts) = facts {
        observer.note(&format!("TLS is up: certificate {}, issuer {}", facts.subject, facts.issuer));
    }
    if insecure {
        observer.warn("the server's certificate is not checked (-k)");
    }
}
