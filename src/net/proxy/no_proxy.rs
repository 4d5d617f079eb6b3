//! The list of hosts that are reached without a proxy: `no_proxy`, `NO_PROXY`, `--noproxy`. Pure.
//! The forms are those of curl, and `HOST:PORT`. An element of another form matches nothing.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Host;

/// Hosts that are reached without a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoProxy(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    All,
    /// A domain and everything below it.
    Domain(String),
    Network(IpNet),
}

impl NoProxy {
    /// Reads a list whose elements are separated by commas or spaces.
    pub fn parse(text: &str) -> Self {
        let elements = text.split([',', ' ', '\t']).map(str::trim).filter(|element| !element.is_empty());
        Self(elements.map(Entry::parse).collect())
    }

    /// Whether `host`, a name or an address without brackets, is in the list.
    pub fn matches(&self, host: &str, port: u16) -> bool {
        let ip = host.parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
        let name = host.trim_end_matches('.');
        self.0.iter().filter(|entry| entry.port.is_none_or(|only| only == port)).any(|entry| {
            match (&entry.hosts, ip) {
                (Hosts::All, _) => true,
                (Hosts::Network(network), Some(ip)) => network.contains(&ip),
                (Hosts::Domain(domain), None) => is_or_is_below(name, domain),
                (Hosts::Network(_), None) | (Hosts::Domain(_), Some(_)) => false,
            }
        })
    }
}

impl Entry {
    fn parse(text: &str) -> Self {
        if let Some(network) = network(text) {
            return Self { hosts: Hosts::Network(network), port: None };
        }
        let (host, port) = match text.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
            Some((host, Ok(port))) => (host, Some(port)),
            _ => (text, None),
        };
        let hosts = match network(host) {
            Some(network) => Hosts::Network(network),
            None if host == "*" => Hosts::All,
            None => Hosts::Domain(domain(host)),
        };
        Self { hosts, port }
    }
}

/// An address, in brackets or not, or a network in CIDR notation.
fn network(text: &str) -> Option<IpNet> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    match bare.parse::<IpAddr>() {
        Ok(ip) => Some(IpNet::from(ip.to_canonical())),
        Err(_) => text.replace(['[', ']'], "").parse().ok(),
    }
}

/// The domain in the form of a URL's host; `.example.com` and `*.example.com` are `example.com`.
fn domain(text: &str) -> String {
    let text = text.strip_prefix('*').unwrap_or(text).trim_matches('.');
    match Host::parse(text) {
        Ok(Host::Domain(domain)) => domain,
        _ => text.to_ascii_lowercase(),
    }
}

fn is_or_is_below(name: &str, domain: &str) -> bool {
    let Some(start) = name.len().checked_sub(domain.len()) else {
        return false;
    };
    let (above, end) = (&name.as_bytes()[..start], &name.as_bytes()[start..]);
    !domain.is_empty()
        && end.eq_ignore_ascii_case(domain.as_bytes())
        && (above.is_empty() || above.ends_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(list: &str, host: &str) -> bool {
        NoProxy::parse(list).matches(host, 443)
    }

    #[test]
    fn names_match_themselves_and_what_is_below_them() {
        for list in ["example.com", ".example.com", "*.example.com", "EXAMPLE.com.", "a.b, example.com x"] {
            for host in ["example.com", "a.b.example.com", "Example.Com", "example.com."] {
                assert!(matches(list, host), "{list} {host}");
            }
            for host in ["myexample.com", "example.com.evil", "com", "ample.com", ""] {
                assert!(!matches(list, host), "{list} {host}");
            }
        }
        assert!(matches("b\u{fc}cher.example", "xn--bcher-kva.example"));
    }

    #[test]
    fn addresses_and_networks() {
        for (list, host) in [
            ("127.0.0.1", "127.0.0.1"),
            ("10.0.0.0/8", "10.255.0.1"),
            ("10.1.2.3/8", "10.9.9.9"),
            ("::1", "::1"),
            ("[::1]", "::1"),
            ("[0:0::1]", "::1"),
            ("fd00::/8", "fd12::1"),
            ("[fd00::]/8", "fd12::1"),
            ("192.0.2.1", "::ffff:192.0.2.1"),
            ("0.0.0.0/0", "8.8.8.8"),
        ] {
            assert!(matches(list, host), "{list} {host}");
        }
        for (list, host) in [
            ("127.0.0.1", "127.0.0.2"),
            ("10.0.0.0/8", "11.0.0.1"),
            ("10.0.0.0/99", "10.0.0.1"),
            ("::1", "::2"),
            ("0.0.1", "127.0.0.1"),
            ("10.0.0.0/8", "10.example"),
            ("0.0.0.0/0", "::1"),
        ] {
            assert!(!matches(list, host), "{list} {host}");
        }
    }

    #[test]
    fn a_port_limits_an_element() {
        for list in ["example.com:443", "*:443", ".com:443"] {
            assert!(NoProxy::parse(list).matches("example.com", 443), "{list}");
            assert!(!NoProxy::parse(list).matches("example.com", 80), "{list}");
        }
        assert!(NoProxy::parse("[::1]:80").matches("::1", 80));
        assert!(!NoProxy::parse("[::1]:80").matches("::1", 81));
        assert!(NoProxy::parse("127.0.0.1:80").matches("127.0.0.1", 80));
        assert!(!NoProxy::parse("127.0.0.1:80").matches("127.0.0.1", 81));
    }

    #[test]
    fn a_star_is_everything_and_nothing_is_nothing() {
        for host in ["example.com", "127.0.0.1", "::1"] {
            assert!(matches("*", host));
            assert!(matches("x, *", host));
            for list in ["", ",", " , ", ".", "*.", "[", ":", "/8"] {
                assert!(!matches(list, host), "{list}");
            }
        }
    }
}
