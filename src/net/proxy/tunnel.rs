//! Opens a tunnel through a proxy, over the connection to it: CONNECT (RFC 9110 §9.3.6) or SOCKS.

use std::fmt::Write;
use std::net::SocketAddr;

use super::{ProxyScheme, ProxyUrl, Socks, SocksError, SocksStep, SocksTarget, SocksVersion};
use crate::deadline::Deadline;
use crate::endpoint::host_and_port;
use crate::error::{Failure, IoCause, Phase, Status};
use crate::net::Observer;
use crate::net::address::{AddressOptions, Destination, Role};
use crate::net::auth::Credential;
use crate::net::exchange::{NoHead, read_head, shown_refusal};
use crate::net::http::{HeadError, ResponseHead};
use crate::net::resolve::resolve;
use crate::net::tls::client::TlsOptions;
use crate::net::transport::{Transport, WaitError};
use crate::net::upgrade::Header;
use crate::secret::{Secret, shown_value};

/// A proxy and the options for it.
#[derive(Clone, Debug)]
pub struct ProxyOptions {
    /// Its scheme, host and port.
    pub url: ProxyUrl,
    /// The name and password for it.
    pub credential: Option<Credential>,
    /// Header fields for CONNECT.
    pub headers: Vec<Header>,
    /// For an https proxy.
    pub tls: TlsOptions,
}

impl ProxyOptions {
    pub(in crate::net) fn destination(&self) -> Destination {
        Destination { host: self.url.host.clone(), port: self.url.port, role: Role::Proxy }
    }
}

/// Applies `--allow-network` to a server that the proxy connects to: refuses an address that is not allowed, and a name
/// that the proxy looks up. A name that is looked up here is checked after its lookup.
pub(in crate::net) fn check_policy(
    proxy: &ProxyOptions,
    server: &Destination,
    address: &AddressOptions,
) -> Result<(), Failure> {
    let scheme = proxy.url.scheme;
    let Some(policy) = address.restriction().filter(|_| !scheme.resolves_here()) else { return Ok(()) };
    let Destination { host, port, .. } = server;
    if let Ok(ip) = host.parse() {
        return address.allowed(vec![SocketAddr::new(ip, *port)], server).map(|_| ());
    }
    let text = format!(
        "--allow-network {policy} cannot check the address of {host}, which proxy {} looks up",
        proxy.url.host_and_port()
    );
    let here = match scheme {
        ProxyScheme::Socks5h => "-x socks5://... looks names up here".to_owned(),
        ProxyScheme::Socks4a => "-x socks4://... looks names up here".to_owned(),
        ProxyScheme::Http | ProxyScheme::Https | ProxyScheme::Socks4 | ProxyScheme::Socks5 => {
            format!("--connect-to {}:ADDRESS:{port} gives the address", host_and_port(host, *port))
        }
    };
    Err(Failure::new(Status::NetworkNotAllowed, text)
        .hint(format!("{here}; --allow-network loopback,private,internet refuses nothing")))
}

/// A tunnel that is about to be opened.
pub(in crate::net) struct Tunnel<'a> {
    pub(in crate::net) options: &'a ProxyOptions,
    /// The other end.
    pub(in crate::net) server: &'a Destination,
    pub(in crate::net) address: &'a AddressOptions,
    /// The value of Proxy-Authorization.
    pub(in crate::net) authorization: Option<&'a Secret>,
    pub(in crate::net) deadline: &'a Deadline,
    /// Receives the response to CONNECT.
    pub(in crate::net) response: &'a mut Option<ResponseHead>,
    pub(in crate::net) observer: &'a mut dyn Observer,
}

impl Tunnel<'_> {
    /// Opens the tunnel over `transport`, a connection to the proxy, in TLS for an https proxy. The result is a byte stream
    /// to the server.
    pub(in crate::net) fn open(mut self, transport: Transport) -> Result<Transport, Failure> {
        match self.options.url.scheme {
            ProxyScheme::Http | ProxyScheme::Https => self.connect(transport),
            ProxyScheme::Socks4 => self.socks(SocksVersion::V4, transport),
            ProxyScheme::Socks4a => self.socks(SocksVersion::V4a, transport),
            ProxyScheme::Socks5 | ProxyScheme::Socks5h => self.socks(SocksVersion::V5, transport),
        }
    }

    fn name(&self) -> String {
        self.options.url.host_and_port()
    }

    fn connect(&mut self, mut transport: Transport) -> Result<Transport, Failure> {
        let request = self.request(false);
        self.observer.request(&self.request(true).replace("\r\n", "\n"));
        transport.write_until(request.as_bytes(), self.deadline).map_err(|err| self.lost(err))?;
        let (mut head, rest) =
            read_head(&mut transport, self.deadline, self.observer).map_err(|err| self.no_head(err))?;
        let accepted = (200..300).contains(&head.status);
        if !accepted {
            let shown = shown_refusal(&mut transport, &mut head, rest, self.deadline);
            let failure = self.refusal(&head).details(shown);
            *self.response = Some(head);
            return Err(failure);
        }
        *self.response = Some(head);
        if rest.is_empty() {
            Ok(transport)
        } else {
            // A server sends nothing before the client does, in TLS and in the opening handshake alike.
            let text = format!(
                "proxy {} sent {} bytes before the server was asked for any",
                self.name(),
                rest.len()
            );
            Err(Failure::new(Status::ProxyFailed, text))
        }
    }

    fn request(&self, redact: bool) -> String {
        let target = host_and_port(&self.server.host, self.server.port);
        let agent = concat!("wsurl/", env!("CARGO_PKG_VERSION")).to_owned();
        let authorization = self.authorization.map(|value| value.expose().to_owned());
        let mut fields = vec![("Host", Some(target.clone())), ("User-Agent", Some(agent))];
        fields.push(("Proxy-Authorization", authorization));
        let given = &self.options.headers;
        fields.retain(|(name, _)| !given.iter().any(|header| header.name.eq_ignore_ascii_case(name)));
        fields.extend(given.iter().map(|header| {
            (header.name.as_str(), header.value.as_ref().map(|value| value.expose().to_owned()))
        }));
        let mut text = format!("CONNECT {target} HTTP/1.1\r\n");
        for (name, value) in fields {
            if let Some(value) = value {
                let value = if redact { shown_value(name, &value) } else { value.as_str().into() };
                // A String takes everything.
                let _ = write!(text, "{name}: {value}\r\n");
            }
        }
        text + "\r\n"
    }

    fn refusal(&self, head: &ResponseHead) -> Failure {
        let (name, status) = (self.name(), head.status_and_reason());
        match (head.status, &self.options.credential) {
            (407, None) => {
                Failure::new(Status::ProxyAuthRequired, format!("proxy {name} wants a password ({status})"))
                    .hint("-U NAME:PASSWORD, or WSURL_PROXY_USER in the environment")
            }
            (407, Some(_)) => Failure::new(
                Status::ProxyAuthRequired,
                format!("proxy {name} did not accept the credentials ({status})"),
            ),
            _ => Failure::new(Status::ProxyFailed, format!("proxy {name} answered CONNECT with {status}")),
        }
    }

    fn no_head(&self, err: NoHead) -> Failure {
        let name = self.name();
        match err {
            NoHead::Wait(err) => self.lost(err),
            NoHead::Ended(0) => self.closed().and(" without an answer"),
            NoHead::Ended(count) => self.closed().and(format_args!(" after {count} bytes of its answer")),
            NoHead::Wrong(HeadError::NotHttp(seen)) => Failure::new(
                Status::ProxyFailed,
                format!("proxy {name} did not answer CONNECT with HTTP: {seen}"),
            )
            .hint("is it another kind of proxy? -x socks5h://... or https://..."),
            NoHead::Wrong(HeadError::TooLarge) => Failure::new(
                Status::ProxyFailed,
                format!(
                    "proxy {name} did not answer CONNECT with HTTP: a head of more than 64 KiB or 200 fields"
                ),
            ),
        }
    }

    fn closed(&self) -> Failure {
        Failure::new(Status::ProxyFailed, format!("proxy {} closed the connection", self.name()))
    }

    fn lost(&self, err: WaitError) -> Failure {
        match err {
            WaitError::Deadline => Failure::timeout(Phase::Proxy, &self.options.url.host, self.deadline),
            WaitError::Interrupted(signal) => signal.failure(),
            WaitError::Io(err) => self.closed().source(IoCause(err)),
        }
    }

    fn socks(&mut self, version: SocksVersion, mut transport: Transport) -> Result<Transport, Failure> {
        let target = self.socks_target()?;
        let credential =
            self.options.credential.clone().map(|credential| (credential.name, credential.password));
        let mut socks = Socks::new(version, &target, credential).map_err(|err| self.socks_refusal(&err))?;
        transport.write_until(&socks.start(), self.deadline).map_err(|err| self.lost(err))?;
        let mut received = Vec::new();
        loop {
            let (used, step) = socks.on_bytes(&received).map_err(|err| self.socks_refusal(&err))?;
            received.drain(..used);
            match step {
                SocksStep::Done if received.is_empty() => return Ok(transport),
                SocksStep::Done => {
                    let text =
                        format!("proxy {} sent bytes before the server was asked for any", self.name());
                    return Err(Failure::new(Status::ProxyFailed, text));
                }
                SocksStep::Send(bytes) => {
                    transport.write_until(&bytes, self.deadline).map_err(|err| self.lost(err))?;
                }
                SocksStep::NeedMore => {
                    let mut buf = [0; 512];
                    match transport.read_until(&mut buf, self.deadline).map_err(|err| self.lost(err))? {
                        0 => return Err(self.closed().and(" before its reply was complete")),
                        count => received.extend_from_slice(&buf[..count]),
                    }
                }
            }
        }
    }

    /// The server's address if the scheme has names resolved here, else its name.
    fn socks_target(&self) -> Result<SocksTarget, Failure> {
        let scheme = self.options.url.scheme;
        let Destination { host, port, .. } = self.server;
        if !scheme.resolves_here() && host.parse::<std::net::IpAddr>().is_err() {
            return Ok(SocksTarget::Name(host.clone(), *port));
        }
        let addresses = resolve(self.server, self.address, self.deadline)?;
        let wanted = addresses.iter().find(|address| address.is_ipv4() || scheme != ProxyScheme::Socks4);
        match wanted.or(addresses.first()) {
            Some(address) => Ok(SocksTarget::Ip(*address)),
            None => Err(Failure::new(
                Status::HostNotResolved,
                format!("cannot resolve {host}: it has no address"),
            )),
        }
    }

    fn socks_refusal(&self, err: &SocksError) -> Failure {
        let status = if err.wants_credentials() { Status::ProxyAuthRequired } else { Status::ProxyFailed };
        let failure = Failure::new(status, format!("proxy {} {err}", self.name()));
        match (err.wants_credentials(), &self.options.credential) {
            (true, None) => failure.hint("-U NAME:PASSWORD, or WSURL_PROXY_USER in the environment"),
            _ => failure,
        }
    }
}
