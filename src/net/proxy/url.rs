//! A proxy as the user writes it: `[SCHEME://][NAME[:PASSWORD]@]HOST[:PORT]`. Pure.
//! No error shows the credential in it.

use std::fmt;

use url::Host;

use crate::endpoint::{host_and_port, percent_decoded};
use crate::error::{Failure, Status};
use crate::secret::{Secret, shown_url};

/// The protocol that a proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyScheme {
    /// HTTP CONNECT over TCP.
    Http,
    /// HTTP CONNECT over TLS.
    Https,
    /// SOCKS4: names are resolved here, IPv4 only.
    Socks4,
    /// `SOCKS4a`: the proxy resolves names.
    Socks4a,
    /// SOCKS5: names are resolved here.
    Socks5,
    /// SOCKS5: the proxy resolves names.
    Socks5h,
}

impl ProxyScheme {
    const ALL: [Self; 6] =
        [Self::Http, Self::Https, Self::Socks4, Self::Socks4a, Self::Socks5, Self::Socks5h];

    /// The scheme as it is written in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks4 => "socks4",
            Self::Socks4a => "socks4a",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    /// The port when the URL names none: those of curl.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http | Self::Socks4 | Self::Socks4a | Self::Socks5 | Self::Socks5h => 1080,
        }
    }

    /// Whether TLS is spoken with the proxy itself.
    pub fn is_tls(self) -> bool {
        match self {
            Self::Https => true,
            Self::Http | Self::Socks4 | Self::Socks4a | Self::Socks5 | Self::Socks5h => false,
        }
    }

    /// Whether the server's name is resolved here, not by the proxy.
    pub fn resolves_here(self) -> bool {
        match self {
            Self::Socks4 | Self::Socks5 => true,
            Self::Http | Self::Https | Self::Socks4a | Self::Socks5h => false,
        }
    }
}

/// A proxy and the credential for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyUrl {
    /// The protocol that it speaks.
    pub scheme: ProxyScheme,
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Name and password from the URL, percent-decoded; the password is empty when there was none.
    pub credential: Option<(String, Secret)>,
}

impl ProxyUrl {
    /// Reads a proxy. Without a scheme it is `http`; a path is ignored, as curl does.
    ///
    /// # Errors
    /// [`Status::Usage`] with a hint that shows a proxy that would be accepted.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let bad = |why: String| {
            Failure::new(Status::Usage, format!("invalid proxy URL '{}': {why}", shown_url(text)))
        };
        if let Some(c) = stranger(text) {
            // wscat's -x takes a message.
            return Err(bad(format!("it contains {c:?}"))
                .hint(format!("`wsurl send URL MESSAGE` sends a message; {EXAMPLE}")));
        }
        let (scheme, rest) = match text.split_once("://") {
            None => (ProxyScheme::Http, text),
            Some((scheme, rest)) => {
                let known =
                    ProxyScheme::ALL.into_iter().find(|known| scheme.eq_ignore_ascii_case(known.as_str()));
                (known.ok_or_else(|| bad("it has another scheme".to_owned()).hint(SCHEMES))?, rest)
            }
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (userinfo, address) = match authority.rsplit_once('@') {
            Some((userinfo, address)) => (Some(userinfo), address),
            None => (None, authority),
        };
        // What looks like a host may be the beginning of a password with a slash in it.
        if userinfo.is_none() && rest.contains('@') {
            return Err(bad("it has a / ? or # before the @".to_owned()).hint(format!(
                "in a name or a password they are written %2F, %3F, %23; or use -U; {EXAMPLE}"
            )));
        }
        let (host, port) = split_port(address).map_err(|why| bad(why).hint(EXAMPLE))?;
        let host = match Host::parse(host) {
            // A full-width quote is mapped to the quote that is refused above.
            Ok(Host::Domain(name)) => match stranger(&name) {
                Some(c) => return Err(bad(format!("its host contains {c:?}")).hint(EXAMPLE)),
                None => name,
            },
            Ok(Host::Ipv4(ip)) => ip.to_string(),
            Ok(Host::Ipv6(ip)) => ip.to_string(),
            Err(_) if host.is_empty() => return Err(bad("it has no host".to_owned()).hint(EXAMPLE)),
            Err(err) => return Err(bad(err.to_string()).hint(EXAMPLE)),
        };
        let port = match port {
            None | Some("") => scheme.default_port(),
            Some(port) => match port.parse() {
                Ok(number @ 1..) if port.bytes().all(|byte| byte.is_ascii_digit()) => number,
                _ => return Err(bad("its port is not a number from 1 to 65535".to_owned()).hint(EXAMPLE)),
            },
        };
        Ok(Self { scheme, host, port, credential: userinfo.filter(|text| !text.is_empty()).map(credential) })
    }

    /// Host and port: `proxy.example:3128`, `[::1]:1080`.
    pub fn host_and_port(&self) -> String {
        host_and_port(&self.host, self.port)
    }
}

/// A character that no proxy URL has.
fn stranger(text: &str) -> Option<char> {
    text.chars().find(|c| c.is_whitespace() || c.is_control() || "{}\"<>".contains(*c))
}

/// The URL without its credential.
impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host_and_port())
    }
}

const EXAMPLE: &str = "a proxy looks like http://proxy.example:3128 or socks5h://127.0.0.1:1080";
const SCHEMES: &str = "a proxy is http, https, socks4, socks4a, socks5 or socks5h, \
                       such as http://proxy.example:3128";

/// The host, in brackets if it is IPv6, and what follows its colon.
fn split_port(address: &str) -> Result<(&str, Option<&str>), String> {
    if address.starts_with('[') {
        let end = address.find(']').ok_or("the ] is missing")? + 1;
        return match address[end..].strip_prefix(':') {
            Some(port) => Ok((&address[..end], Some(port))),
            None if address.len() == end => Ok((address, None)),
            None => Err(format!("'{}' follows the ]", &address[end..])),
        };
    }
    match address.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Err("an IPv6 address is written in brackets".to_owned()),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((address, None)),
    }
}

fn credential(userinfo: &str) -> (String, Secret) {
    let (name, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    (percent_decoded(name), Secret::new(percent_decoded(password)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        ProxyUrl::parse(text).unwrap().to_string()
    }

    #[test]
    fn schemes_and_default_ports() {
        for (text, expected) in [
            ("proxy.example", "http://proxy.example:1080"),
            ("PROXY.example:3128/", "http://proxy.example:3128"),
            ("http://127.0.0.1:80", "http://127.0.0.1:80"),
            ("HTTPS://proxy.example", "https://proxy.example:443"),
            ("https://proxy.example:", "https://proxy.example:443"),
            ("socks4://10.0.0.1", "socks4://10.0.0.1:1080"),
            ("socks4a://h/path?x", "socks4a://h:1080"),
            ("socks5://[::1]", "socks5://[::1]:1080"),
            ("socks5h://[::1]:9050", "socks5h://[::1]:9050"),
            ("http://b\u{fc}cher.example:1", "http://xn--bcher-kva.example:1"),
        ] {
            assert_eq!(shown(text), expected);
        }
        assert_eq!(ProxyUrl::parse("socks5://[::1]").unwrap().host, "::1");
    }

    #[test]
    fn a_credential_is_decoded_and_not_shown() {
        let proxy = ProxyUrl::parse("http://al%40ice:s%2Fc:r@t@proxy.example:3128").unwrap();
        let (name, password) = proxy.credential.clone().unwrap();
        assert_eq!((name.as_str(), password.expose()), ("al@ice", "s/c:r@t"));
        assert_eq!(proxy.to_string(), "http://proxy.example:3128");
        assert!(!format!("{proxy:?}").contains("s/c"));
        let (name, password) = ProxyUrl::parse("me@h:1").unwrap().credential.unwrap();
        assert_eq!((name.as_str(), password.expose()), ("me", ""));
        assert_eq!(ProxyUrl::parse("http://@h:1").unwrap().credential, None);
    }

    #[test]
    fn refusals_show_a_proxy_that_works() {
        for text in [
            "",
            "http://",
            "ftp://h",
            "h:0",
            "h:99999",
            "h:+1",
            "h:x",
            "::1",
            "[::1",
            "[::1]x",
            "http://:1",
            "a^b:1",
            "a\u{ff02}b:1",
        ] {
            let failure = ProxyUrl::parse(text).unwrap_err();
            assert_eq!(failure.status(), Status::Usage);
            assert!(failure.advice().unwrap().contains("http://proxy.example:3128"), "{text}");
        }
        let failure = ProxyUrl::parse("h:x").unwrap_err();
        assert_eq!(
            failure.to_string(),
            "invalid proxy URL 'h:(redacted)': its port is not a number from 1 to 65535"
        );
    }

    #[test]
    fn a_message_is_told_from_a_proxy() {
        for text in ["hello world", "{}", "{\"a\":1}", "a\n"] {
            let failure = ProxyUrl::parse(text).unwrap_err();
            assert!(
                failure.advice().unwrap().starts_with("`wsurl send URL MESSAGE` sends a message"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_password_is_not_shown_in_a_refusal() {
        for text in [
            "me:pw@h:x",
            "me:pw://x@h",
            "ftp://me:pw@h",
            "http://me:pw@h:99999",
            "http://me:pw/x@h",
            "http://me:p w@h",
            "me:pw",
            "me:pw://h",
        ] {
            let failure = ProxyUrl::parse(text).unwrap_err();
            let shown = format!("{failure} {}", failure.advice().unwrap_or_default());
            assert!(!shown.contains("pw") && !shown.contains("p w"), "{shown}");
        }
    }
}
