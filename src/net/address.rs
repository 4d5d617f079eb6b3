//! Options about addresses: those that replace a lookup (`--resolve`, `--connect-to`, `--unix-socket`), and those that
//! refuse some addresses (`-4`, `-6`, `--allow-network`).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
#[cfg(unix)]
use std::path::PathBuf;

use url::Host;

#[cfg(unix)]
use super::policy::NetworkClass;
use super::policy::NetworkPolicy;
use crate::endpoint::host_and_port;
use crate::error::{Failure, Status};

/// A host and a port to connect to: those of the URL, of a proxy, or of `--connect-to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    /// A name, or an address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) role: Role,
}

/// The role of a destination, which errors and statuses depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Server,
    Proxy,
}

impl fmt::Display for Role {
    /// The word before the name in messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "",
            Self::Proxy => "proxy ",
        })
    }
}

impl fmt::Display for Destination {
    /// Host and port, with brackets around IPv6.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.role, host_and_port(&self.host, self.port))
    }
}

/// The options about addresses.
#[derive(Clone, Debug, Default)]
pub struct AddressOptions {
    /// Only addresses of this family.
    pub family: Option<Family>,
    /// `--resolve`: addresses of a name.
    pub resolve: Vec<Resolve>,
    /// `--connect-to`: another host and port to connect to.
    pub connect_to: Vec<ConnectTo>,
    /// A Unix socket in place of TCP.
    #[cfg(unix)]
    pub unix_socket: Option<PathBuf>,
    /// Which networks may be reached.
    pub policy: Option<NetworkPolicy>,
}

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4
    V4,
    /// IPv6
    V6,
}

/// `--resolve HOST:PORT:ADDR[,ADDR]`; the host `*` matches any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    host: String,
    port: u16,
    addresses: Vec<IpAddr>,
}

/// `--connect-to HOST:PORT:HOST:PORT`. An empty part of the first pair matches anything; one of the second changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectTo {
    from: (Option<String>, Option<u16>),
    to: (Option<String>, Option<u16>),
}

impl Resolve {
    /// Reads `HOST:PORT:ADDR[,ADDR]`.
    ///
    /// # Errors
    /// Shows a value that would be accepted.
    pub fn parse(text: &str) -> Result<Self, String> {
        const EXAMPLE: &str = "write HOST:PORT:ADDRESS, such as example.com:443:127.0.0.1";
        let (host, rest) = split_host(text).ok_or(EXAMPLE)?;
        let (port, addresses) = rest.split_once(':').ok_or(EXAMPLE)?;
        let port = port.parse().map_err(|_| EXAMPLE)?;
        let addresses = addresses.split(',').map(|address| without_brackets(address.trim()).parse());
        let addresses = addresses.collect::<Result<Vec<_>, _>>().map_err(|_| EXAMPLE)?;
        // curl's mark for an entry that expires: entries live as long as the program here.
        let host = host.strip_prefix('+').map_or_else(|| host.clone(), ToOwned::to_owned);
        if host.is_empty() { Err(EXAMPLE.to_owned()) } else { Ok(Self { host, port, addresses }) }
    }
}

impl ConnectTo {
    /// Reads `HOST:PORT:HOST:PORT`.
    ///
    /// # Errors
    /// Shows a value that would be accepted.
    pub fn parse(text: &str) -> Result<Self, String> {
        const EXAMPLE: &str =
            "write HOST:PORT:HOST:PORT, such as example.com:443:127.0.0.1:8443 or ::127.0.0.1:8443";
        let (from_host, rest) = split_host(text).ok_or(EXAMPLE)?;
        let (from_port, rest) = rest.split_once(':').ok_or(EXAMPLE)?;
        let (to_host, to_port) = split_host(rest).ok_or(EXAMPLE)?;
        let name = |text: String| (!text.is_empty()).then_some(text);
        let port = |text: &str| match text {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| EXAMPLE),
        };
        Ok(Self { from: (name(from_host), port(from_port)?), to: (name(to_host), port(to_port)?) })
    }

    fn matches(&self, destination: &Destination) -> bool {
        self.from.0.as_ref().is_none_or(|host| host.eq_ignore_ascii_case(&destination.host))
            && self.from.1.is_none_or(|port| port == destination.port)
    }
}

/// The host before the first colon, and what follows the colon. An IPv6 address stands in brackets.
fn split_host(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once("]:")?;
        return Some((host.to_owned(), rest));
    }
    let (host, rest) = text.split_once(':')?;
    Some((in_ascii(host), rest))
}

/// The host as URLs have it: an internationalized name in its ASCII form.
fn in_ascii(host: &str) -> String {
    match Host::parse(host) {
        Ok(name @ Host::Domain(_)) if !host.is_ascii() => name.to_string(),
        Ok(_) | Err(_) => host.to_owned(),
    }
}

fn without_brackets(text: &str) -> &str {
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text)
}

impl AddressOptions {
    /// The Unix socket to connect to in place of TCP; none on systems without them.
    pub fn unix_socket(&self) -> Option<&Path> {
        #[cfg(unix)]
        let path = self.unix_socket.as_deref();
        #[cfg(not(unix))]
        let path = None;
        path
    }

    /// Applies `--connect-to`: where to connect for `destination`.
    pub(super) fn redirect(&self, destination: Destination) -> Destination {
        match self.connect_to.iter().find(|rule| rule.matches(&destination)) {
            Some(rule) => Destination {
                host: rule.to.0.clone().unwrap_or(destination.host),
                port: rule.to.1.unwrap_or(destination.port),
                role: destination.role,
            },
            None => destination,
        }
    }

    /// Applies `--resolve`: the addresses of `destination`, if the user gave any.
    pub(super) fn given(&self, destination: &Destination) -> Option<Vec<SocketAddr>> {
        let same = |rule: &&Resolve| {
            rule.port == destination.port
                && (rule.host == "*" || rule.host.eq_ignore_ascii_case(&destination.host))
        };
        let rule = self.resolve.iter().find(same)?;
        Some(rule.addresses.iter().map(|ip| SocketAddr::new(*ip, destination.port)).collect())
    }

    /// The addresses among `addresses` that may be connected to.
    pub(super) fn allowed(
        &self,
        addresses: Vec<SocketAddr>,
        destination: &Destination,
    ) -> Result<Vec<SocketAddr>, Failure> {
        let (host, role) = (&destination.host, destination.role);
        let of_family: Vec<_> = addresses.into_iter().filter(|address| self.is_of_family(address)).collect();
        if of_family.is_empty() {
            let (name, flag) = if self.family == Some(Family::V6) { ("IPv6", "-6") } else { ("IPv4", "-4") };
            let text = format!("{role}{host} has no {name} address ({flag})");
            return Err(Failure::new(destination.unresolved_status(), text));
        }
        let Some(policy) = self.restriction() else { return Ok(of_family) };
        let (allowed, refused): (Vec<_>, Vec<_>) =
            of_family.into_iter().partition(|address| policy.allows(address.ip()));
        match (allowed.is_empty(), refused.first()) {
            (true, Some(address)) => Err(not_allowed(&format!("{role}{host}"), address.ip(), policy)),
            _ => Ok(allowed),
        }
    }

    /// The policy, if it refuses anything.
    pub(super) fn restriction(&self) -> Option<&NetworkPolicy> {
        self.policy.as_ref().filter(|policy| policy.refuses_any())
    }

    /// Refuses the Unix socket at `path` unless loopback is allowed: its server runs on this machine.
    #[cfg(unix)]
    pub(super) fn check_unix_socket(&self, path: &Path) -> Result<(), Failure> {
        let class = NetworkClass::Loopback;
        let Some(policy) = self.restriction().filter(|policy| !policy.allows_class(class)) else {
            return Ok(());
        };
        let text = format!(
            "{} is a Unix socket ({class}), which --allow-network {policy} does not allow",
            path.display()
        );
        Err(Failure::new(Status::NetworkNotAllowed, text)
            .hint(format!("--allow-network {policy},{class} allows it")))
    }

    fn is_of_family(&self, address: &SocketAddr) -> bool {
        match self.family {
            None => true,
            Some(Family::V4) => address.is_ipv4(),
            Some(Family::V6) => address.is_ipv6(),
        }
    }
}

impl Destination {
    /// The status of a failure to find its address.
    pub(super) fn unresolved_status(&self) -> Status {
        match self.role {
            Role::Server => Status::HostNotResolved,
            Role::Proxy => Status::ProxyNotResolved,
        }
    }
}

fn not_allowed(host: &str, ip: IpAddr, policy: &NetworkPolicy) -> Failure {
    let class = NetworkPolicy::class_of(ip);
    let verb = if host.ends_with(&ip.to_string()) { "is" } else { "resolves to" };
    let text = format!("{host} {verb} {ip} ({class}), which --allow-network {policy} does not allow");
    Failure::new(Status::NetworkNotAllowed, text).hint(format!("--allow-network {policy},{class} allows it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str, port: u16) -> Destination {
        Destination { host: host.to_owned(), port, role: Role::Server }
    }

    #[test]
    fn resolve_gives_addresses_of_one_host_and_port() {
        let options = AddressOptions {
            resolve: vec![Resolve::parse("example.com:443:127.0.0.1,[::1]").unwrap()],
            ..AddressOptions::default()
        };
        let given = options.given(&server("EXAMPLE.com", 443)).unwrap();
        assert_eq!(given.iter().map(ToString::to_string).collect::<Vec<_>>(), ["127.0.0.1:443", "[::1]:443"]);
        assert_eq!(options.given(&server("example.com", 80)), None);
        for (rule, host) in [("*:1:127.0.0.1", "anything"), ("+h:1:127.0.0.1", "h")] {
            let options =
                AddressOptions { resolve: vec![Resolve::parse(rule).unwrap()], ..AddressOptions::default() };
            assert!(options.given(&server(host, 1)).is_some(), "{rule}");
        }
        for bad in ["", "a", "a:1", "a:b:1.1.1.1", "a:1:b", ":1:1.1.1.1"] {
            assert!(Resolve::parse(bad).unwrap_err().contains("example.com:443:127.0.0.1"), "{bad}");
        }
    }

    #[test]
    fn connect_to_replaces_what_it_names() {
        let redirected = |rule: &str, host: &str, port| {
            let connect_to = vec![ConnectTo::parse(rule).unwrap()];
            AddressOptions { connect_to, ..AddressOptions::default() }
                .redirect(server(host, port))
                .to_string()
        };
        assert_eq!(redirected("a:1:b:2", "a", 1), "b:2");
        assert_eq!(redirected("a:1:b:2", "a", 3), "a:3");
        assert_eq!(redirected("::b:", "a", 3), "b:3");
        assert_eq!(redirected(":::4", "a", 3), "a:4");
        assert_eq!(redirected("[::1]:1:[::2]:2", "::1", 1), "[::2]:2");
        assert!(ConnectTo::parse("a:1").is_err());
    }

    #[test]
    fn what_is_not_allowed_is_named() {
        let policy = Some(NetworkPolicy::parse("internet").unwrap());
        let options = AddressOptions { policy, ..AddressOptions::default() };
        let loopback = vec!["127.0.0.1:80".parse().unwrap()];
        let failure = options.allowed(loopback, &server("localhost", 80)).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "localhost resolves to 127.0.0.1 (loopback), which --allow-network internet does not allow"
        );
        assert_eq!(failure.status(), Status::NetworkNotAllowed);
    }

    #[test]
    fn all_classes_together_refuse_nothing() {
        let policy = Some(NetworkPolicy::parse("internet,private,loopback").unwrap());
        let options = AddressOptions { policy, ..AddressOptions::default() };
        let addresses = vec!["127.0.0.1:80".parse().unwrap(), "10.0.0.1:80".parse().unwrap()];
        assert_eq!(options.allowed(addresses.clone(), &server("h", 80)).unwrap(), addresses);
        assert!(options.restriction().is_none());
        #[cfg(unix)]
        options.check_unix_socket(Path::new("/run/x")).unwrap();
    }

    #[test]
    fn a_family_that_the_host_does_not_have_is_said() {
        let options = AddressOptions { family: Some(Family::V6), ..AddressOptions::default() };
        let failure = options.allowed(vec!["127.0.0.1:80".parse().unwrap()], &server("h", 80)).unwrap_err();
        assert_eq!(failure.to_string(), "h has no IPv6 address (-6)");
    }
}
