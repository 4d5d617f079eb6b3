//! Where to connect to: a validated ws or wss URL, taken apart.
//! What the `url` crate would repair silently (spaces, control characters) is refused here instead.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::error::{Failure, Status};
use crate::secret::{Secret, shown_reference, shown_url, shown_without_userinfo};

/// A WebSocket server's address as the user wrote it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    secure: bool,
    host: Host<String>,
    port: u16,
    resource: String,
    userinfo: Option<Userinfo>,
    /// What the user typed, without its secrets.
    as_typed: String,
}

/// The credential in a URL, percent-decoded.
#[derive(Clone, Debug)]
pub struct Userinfo {
    /// The user name.
    pub name: String,
    /// The password; empty when there was none.
    pub password: Secret,
}

impl Endpoint {
    /// Validates `text` as a WebSocket URI (RFC 6455 §3).
    ///
    /// # Errors
    /// [`Status::InvalidUrl`] with a hint that shows a URL that would work.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if let Some(bad) = text.chars().find(|c| c.is_whitespace() || c.is_control()) {
            return Err(refused(text, format!("it contains {bad:?}")).hint(match bad {
                ' ' => "write a space in a URL as %20",
                _ => "only printable characters are allowed in a URL",
            }));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(refused(text, "it has no scheme").hint(did_you_mean(text)));
        };
        let secure = match &scheme.to_ascii_lowercase()[..] {
            "ws" => false,
            "wss" => true,
            "http" => return Err(wrong_scheme(text, scheme, "ws", rest)),
            _ => return Err(wrong_scheme(text, scheme, "wss", rest)),
        };
        if rest.starts_with(['/', '\\']) {
            return Err(refused(text, "it has no host").hint(EXAMPLE));
        }
        let url = Url::parse(text).map_err(|err| refused(text, err.to_string()).hint(EXAMPLE))?;
        if url.fragment().is_some() {
            let without = text.split('#').next().unwrap_or_default();
            return Err(refused(text, "a WebSocket URL has no fragment (RFC 6455 §3)")
                .hint(format!("did you mean {} ? A # that is data is written %23", shown_url(without))));
        }
        let host = url.host().ok_or_else(|| refused(text, "it has no host").hint(EXAMPLE))?.to_owned();
        let port = url.port_or_known_default().unwrap_or(if secure { 443 } else { 80 });
        if port == 0 {
            return Err(refused(text, "port 0 cannot be connected to").hint(EXAMPLE));
        }
        let resource = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let as_typed = shown_without_userinfo(text);
        Ok(Self { secure, host, port, resource, userinfo: userinfo(&url), as_typed })
    }

    /// Whether the connection is protected by TLS (wss).
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// `ws` or `wss`.
    pub fn scheme(&self) -> &'static str {
        if self.secure { "wss" } else { "ws" }
    }

    /// The host without brackets, as a resolver, TLS and a person want it.
    pub fn host(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        }
    }

    /// The TCP port, the scheme's default when the URL names none.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The value of the Host header: brackets around IPv6, the port unless it is the scheme's default.
    pub fn authority(&self) -> String {
        if self.port == if self.secure { 443 } else { 80 } {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The host and port in any case: `example.com:443`, `[::1]:80`.
    pub fn host_and_port(&self) -> String {
        host_and_port(&self.host(), self.port)
    }

    /// The resource name of the request line: path and query.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The whole URL without its credential, as it is needed to go on from there. To be shown it is formatted instead.
    pub fn to_url(&self) -> String {
        format!("{}://{}{}", self.scheme(), self.authority(), self.resource)
    }

    /// The URL as the user typed it, without its credential and without the values of parameters that may be secrets.
    pub fn as_typed(&self) -> &str {
        &self.as_typed
    }

    /// The credential of the URL.
    pub fn userinfo(&self) -> Option<&Userinfo> {
        self.userinfo.as_ref()
    }
}

/// The URL without its credential and without the values of parameters that may be secrets.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resource = shown_reference(&self.resource);
        write!(f, "{}://{}{resource}", self.scheme(), self.authority())
    }
}

const EXAMPLE: &str = "a URL looks like wss://example.com/chat";

fn userinfo(url: &Url) -> Option<Userinfo> {
    let password = url.password().unwrap_or_default();
    if url.username().is_empty() && password.is_empty() {
        return None;
    }
    Some(Userinfo { name: percent_decoded(url.username()), password: Secret::new(percent_decoded(password)) })
}

/// `example.com:80`, `[::1]:80`; the host has no brackets of its own.
pub fn host_and_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// A part of a URL without its percent-encoding.
pub(crate) fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn refused(text: &str, why: impl fmt::Display) -> Failure {
    Failure::new(Status::InvalidUrl, format!("invalid URL '{}': {why}", shown_url(text)))
}

fn wrong_scheme(text: &str, scheme: &str, better: &str, rest: &str) -> Failure {
    let is_name = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let why = if is_name {
        format!("the scheme is '{scheme}', not ws or wss")
    } else {
        "it does not begin with ws:// or wss://".to_owned()
    };
    refused(text, why).hint(format!("did you mean {} ?", shown_url(&format!("{better}://{rest}"))))
}

fn did_you_mean(text: &str) -> String {
    // One slash too few is no other host.
    let typed = ["wss:", "ws:"].into_iter().find(|scheme| text.starts_with(scheme));
    let rest = text[typed.map_or(0, str::len)..].trim_start_matches('/');
    let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
    if host.is_empty() {
        return EXAMPLE.to_owned();
    }
    let local = host == "localhost" || host.starts_with("127.");
    let scheme = typed.map_or(if local { "ws" } else { "wss" }, |typed| typed.trim_end_matches(':'));
    format!("did you mean {} ?", shown_url(&format!("{scheme}://{rest}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(text: &str) -> String {
        Endpoint::parse(text).unwrap_err().advice().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_url_is_taken_apart() {
        let endpoint = Endpoint::parse("wss://al%40ice:s%3Acret@b\u{fc}cher.example/chat?room=1").unwrap();
        assert!(endpoint.is_secure());
        assert_eq!(endpoint.host(), "xn--bcher-kva.example");
        assert_eq!((endpoint.port(), endpoint.authority().as_str()), (443, "xn--bcher-kva.example"));
        assert_eq!(endpoint.resource(), "/chat?room=1");
        let userinfo = endpoint.userinfo().unwrap();
        assert_eq!((userinfo.name.as_str(), userinfo.password.expose()), ("al@ice", "s:cret"));
        assert_eq!(endpoint.to_string(), "wss://xn--bcher-kva.example/chat?room=1");
    }

    #[test]
    fn ipv6_has_brackets_in_headers_only() {
        let endpoint = Endpoint::parse("ws://[::1]:9001").unwrap();
        assert_eq!(endpoint.host(), "::1");
        assert_eq!(endpoint.authority(), "[::1]:9001");
        assert_eq!(endpoint.resource(), "/");
    }

    #[test]
    fn refusals_show_a_url_that_works() {
        assert_eq!(hint("example.com/chat"), "did you mean wss://example.com/chat ?");
        assert_eq!(hint("localhost:9001"), "did you mean ws://localhost:9001 ?");
        assert_eq!(hint("ws:/example.com/a"), "did you mean ws://example.com/a ?");
        assert_eq!(hint("http://example.com/"), "did you mean ws://example.com/ ?");
        assert_eq!(hint("https://example.com/"), "did you mean wss://example.com/ ?");
        assert_eq!(hint("ftp://example.com/"), "did you mean wss://example.com/ ?");
        assert_eq!(hint("ws://h/a b"), "write a space in a URL as %20");
        assert_eq!(hint("ws://h/a#b"), "did you mean ws://h/a ? A # that is data is written %23");
        for bad in [
            "",
            "/",
            "ws://",
            "ws:///chat",
            "ws://h:99999/",
            "ws://h:0/",
            "wss://[::1",
            "ws://h/\u{7}",
            "ws://a..b^/",
        ] {
            assert!(!hint(bad).is_empty(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_not_shown_in_a_refusal() {
        for text in [
            "http://me:pw@h/",
            "me:pw@h/x",
            "ws://me:pw@h/#f",
            "ws://me:pw@h:99999/",
            "wss://me:a#pw@h/",
            "wss://me:a/pw?@h/",
            "wss//me:pw@h",
            "me:://pw@h",
            "me:pw@wss://h/",
            "me:pw://h/",
            "ws://me:pw",
            "ws://h/?token=pw#f",
            "http://h/?token=pw",
        ] {
            let failure = Endpoint::parse(text).unwrap_err();
            let shown = format!("{failure} {}", failure.advice().unwrap_or_default());
            assert!(!shown.contains("pw"), "{shown}");
        }
    }
}
