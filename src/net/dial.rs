//! The order of the dial: resolve, connect, proxy, TLS, upgrade; and again with credentials after a 401 or 407
//! challenge. Nothing else is decided here.

use std::net::{IpAddr, SocketAddr};

use super::Observer;
use super::address::{AddressOptions, Destination, Role};
use super::auth::Authorization;
#[cfg(unix)]
use super::connect::connect_unix;
use super::connect::{SocketOptions, connect};
use super::http::ResponseHead;
use super::proxy::{ProxyOptions, Tunnel, check_policy};
use super::resolve::resolve;
use super::timeline::Timeline;
use super::tls::certificate::CertificateFacts;
use super::tls::client::{TlsClient, TlsOptions};
use super::tls::error::CertificateError;
use super::transport::Transport;
use super::upgrade::{UpgradeOptions, Upgraded, upgrade};
use crate::deadline::Deadline;
use crate::endpoint::Endpoint;
use crate::error::{Failure, Status};
use crate::os::signals;
use crate::protocol::Agreement;

/// What to try when nothing answers where the proxy should be. It may be named by a variable that nobody remembers.
const NO_PROXY_THERE: &str =
    "is the proxy running, and is its port right? -v tells what named it; --noproxy '*' goes without one";

/// The options of the dial, beside the URL.
#[derive(Clone, Debug, Default)]
pub struct DialOptions {
    pub socket: SocketOptions,
    /// Which addresses to use.
    pub address: AddressOptions,
    /// The proxy, if one is used.
    pub proxy: Option<ProxyOptions>,
    /// For TLS with the server.
    pub tls: TlsOptions,
    /// For the opening handshake.
    pub upgrade: UpgradeOptions,
}

/// What is known about the connection. Filled in phase by phase, and kept when the dial fails.
#[derive(Clone, Debug)]
pub struct Facts {
    /// When each phase was done.
    pub timeline: Timeline,
    /// The addresses of the server's name, or of the proxy's.
    pub addresses: Vec<IpAddr>,
    /// The address that we are connected to: the server's or the proxy's.
    pub remote: Option<SocketAddr>,
    /// Our address.
    pub local: Option<SocketAddr>,
    /// The server's certificate, accepted or refused.
    pub certificate: Option<CertificateFacts>,
    /// The certificates as the server sent them, its own first.
    pub chain: Vec<CertificateFacts>,
    /// The errors of the certificates that were ignored.
    pub ignored_tls_errors: Vec<CertificateError>,
    /// The version of TLS, such as `TLSv1.3`.
    pub tls_version: Option<&'static str>,
    /// The cipher suite by its IANA name.
    pub tls_cipher: Option<&'static str>,
    /// The proxy's answer to the last CONNECT.
    pub proxy_response: Option<ResponseHead>,
    /// The head of the answer to the upgrade, whatever it says.
    pub response: Option<ResponseHead>,
    /// The subprotocol that was agreed on.
    pub subprotocol: Option<String>,
    /// The compression that was agreed on.
    pub agreement: Option<Agreement>,
    /// Redirects that were followed.
    pub redirects: u32,
    /// Tries that were made after the first.
    pub retries: u32,
}

impl Facts {
    /// No facts yet; the timeline starts now.
    pub fn start() -> Self {
        Self {
            timeline: Timeline::start(),
            addresses: Vec::new(),
            remote: None,
            local: None,
            certificate: None,
            chain: Vec::new(),
            ignored_tls_errors: Vec::new(),
            tls_version: None,
            tls_cipher: None,
            proxy_response: None,
            response: None,
            subprotocol: None,
            agreement: None,
            redirects: 0,
            retries: 0,
        }
    }

    /// Forgets the facts of the last try, but not the start of the timeline and the counts.
    fn begin_try(&mut self) {
        let (redirects, retries) = (self.redirects, self.retries);
        *self = Self { timeline: self.timeline.begin_again(), redirects, retries, ..Self::start() };
    }
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Connection {
    /// The byte stream to the server.
    pub transport: Transport,
    /// The compression that was agreed on.
    pub agreement: Option<Agreement>,
    /// The shortest message to compress, in bytes; `None` leaves it to the compressor.
    pub compress_min: Option<u64>,
    /// Bytes of the session that came together with the response.
    pub leftover: Vec<u8>,
}

/// Opens a WebSocket before `deadline`. The failure names its phase.
pub fn dial(
    endpoint: &Endpoint,
    options: &DialOptions,
    deadline: &Deadline,
    facts: &mut Facts,
    observer: &mut dyn Observer,
) -> Result<Connection, Failure> {
    let dialer = Dialer::new(endpoint, options, deadline, facts, observer)?;
    dialer.with_authentication_retries(|dialer, server, proxy| {
        let transport = dialer.open_stream(proxy)?;
        dialer.upgrade(transport, server)
    })
}

/// Opens a byte stream to the server before `deadline`: all that [`dial`] does before the opening handshake.
pub fn open_stream(
    endpoint: &Endpoint,
    options: &DialOptions,
    deadline: &Deadline,
    facts: &mut Facts,
    observer: &mut dyn Observer,
) -> Result<Transport, Failure> {
    let dialer = Dialer::new(endpoint, options, deadline, facts, observer)?;
    dialer.with_authentication_retries(|dialer, _, proxy| dialer.open_stream(proxy))
}

/// One dial: a try, and further ones after challenges.
pub(super) struct Dialer<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) options: &'a DialOptions,
    pub(super) tls: Option<TlsClient>,
    pub(super) deadline: Deadline,
    pub(super) facts: &'a mut Facts,
    pub(super) observer: &'a mut dyn Observer,
}

impl<'a> Dialer<'a> {
    fn new(
        endpoint: &'a Endpoint,
        options: &'a DialOptions,
        deadline: &Deadline,
        facts: &'a mut Facts,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, Failure> {
        // Before the first packet, so that unusable TLS options are reported without any.
        let tls = endpoint.is_secure().then(|| TlsClient::new(&options.tls, &endpoint.host())).transpose()?;
        Ok(Self { endpoint, options, tls, deadline: *deadline, facts, observer })
    }

    /// Runs `attempt`, and again after each challenge that has an answer. `attempt` gets the authorization for the server
    /// and that for the proxy.
    fn with_authentication_retries<T>(
        mut self,
        attempt: impl Fn(&mut Self, &Authorization, &Authorization) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let target = self.endpoint.host_and_port();
        let credential = self.options.upgrade.credential.clone();
        let mut server = Authorization::new(credential, Role::Server);
        let via = self.options.proxy.as_ref();
        let proxy_authorization =
            || Authorization::new(via.and_then(|proxy| proxy.credential.clone()), Role::Proxy);
        let mut proxy = proxy_authorization();
        loop {
            self.facts.begin_try();
            if let Some(signal) = signals::received() {
                return Err(signal.failure());
            }
            let failure = match attempt(&mut self, &server, &proxy) {
                Ok(reached) => return Ok(reached),
                Err(failure) => failure,
            };
            let answered = match (failure.status(), &self.facts.response, &self.facts.proxy_response) {
                (Status::Unauthorized | Status::UnexpectedStatus, Some(head), _) => {
                    // A Digest nonce with the same count must not be sent twice: the proxy has to send a new one.
                    proxy = proxy_authorization();
                    server.answer(head, self.endpoint.resource(), failure)
                }
                (Status::ProxyAuthRequired, _, Some(head)) => proxy.answer(head, &target, failure),
                _ => Err(failure),
            };
            answered?;
            self.observer.note("asked for credentials; trying again with them");
        }
    }

    /// A byte stream to the server; TLS for wss.
    fn open_stream(&mut self, proxy: &Authorization) -> Result<Transport, Failure> {
        let transport = self.route(proxy)?;
        self.facts.remote = transport.peer_address();
        self.facts.local = transport.local_address();
        if self.tls.is_some() { self.secure(transport, proxy) } else { Ok(transport) }
    }

    /// The opening handshake.
    fn upgrade(&mut self, mut transport: Transport, server: &Authorization) -> Result<Connection, Failure> {
        let upgraded = upgrade(
            &mut transport,
            self.endpoint,
            &self.options.upgrade,
            server.header(),
            &self.deadline,
            &mut self.facts.response,
            self.observer,
        );
        let now = self.facts.timeline.elapsed();
        self.facts.timeline.answered = self.facts.response.as_ref().map(|_| now);
        let Upgraded { subprotocol, agreement, leftover } = upgraded?;
        self.facts.timeline.upgraded = Some(now);
        if subprotocol.is_none() && !self.options.upgrade.subprotocols.is_empty() {
            self.observer.warn("the server chose none of the subprotocols");
        }
        self.facts.subprotocol = subprotocol;
        self.facts.agreement = agreement;
        self.note_compression(agreement);
        let compress_min = self.options.upgrade.compress_min;
        Ok(Connection { transport, agreement, compress_min, leftover })
    }

    /// Whether messages are compressed, if that was offered.
    fn note_compression(&mut self, agreement: Option<Agreement>) {
        match agreement {
            Some(agreement) => self.observer.note(&format!("messages are compressed: {agreement}")),
            None if self.options.upgrade.compression.is_some() => {
                self.observer.note("the server does not compress: messages are sent as they are");
            }
            None => {}
        }
    }

    /// A connection that leads to the server: direct, through a proxy, or over a Unix socket.
    pub(super) fn route(&mut self, proxy: &Authorization) -> Result<Transport, Failure> {
        #[cfg(unix)]
        if let Some(path) = &self.options.address.unix_socket {
            self.options.address.check_unix_socket(path)?;
            let transport = connect_unix(path, self.observer)?;
            self.facts.timeline.connected = Some(self.facts.timeline.elapsed());
            return Ok(transport);
        }
        let server =
            Destination { host: self.endpoint.host(), port: self.endpoint.port(), role: Role::Server };
        let server = self.options.address.redirect(server);
        let Some(options) = &self.options.proxy else { return self.connect(&server) };
        check_policy(options, &server, &self.options.address)?;
        let mut transport = self.connect(&options.destination()).map_err(|failure| {
            let is_mute = failure.status() == Status::CannotConnect;
            failure.hints(is_mute.then_some(NO_PROXY_THERE))
        })?;
        if options.url.scheme.is_tls() {
            transport = self.secure_proxy(options, transport)?;
        }
        let tunnel = Tunnel {
            options,
            server: &server,
            address: &self.options.address,
            authorization: proxy.header(),
            deadline: &self.deadline,
            response: &mut self.facts.proxy_response,
            observer: self.observer,
        };
        let transport = tunnel.open(transport)?;
        self.facts.timeline.proxied = Some(self.facts.timeline.elapsed());
        Ok(transport)
    }

    pub(super) fn connect(&mut self, destination: &Destination) -> Result<Transport, Failure> {
        let addresses = resolve(destination, &self.options.address, &self.deadline)?;
        self.facts.timeline.resolved = Some(self.facts.timeline.elapsed());
        self.facts.addresses = addresses.iter().map(SocketAddr::ip).collect();
        let transport =
            connect(&addresses, destination, &self.options.socket, &self.deadline, self.observer)?;
        self.facts.timeline.connected = Some(self.facts.timeline.elapsed());
        if let Some(remote) = transport.peer_address() {
            self.observer.note(&format!("Connected to {}{} ({remote})", destination.role, destination.host));
        }
        Ok(transport)
    }
}
