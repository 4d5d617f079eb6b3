//! The target of a redirect (RFC 9110 §15.4, `-L`), and whether it has the same origin. Pure.
//! A server does not choose our credential: userinfo in a Location is dropped.

use url::Url;

use crate::endpoint::Endpoint;
use crate::error::{Failure, Status};

/// The target of the Location field `location` in an answer from `from`. http stands for ws, https for wss;
/// a fragment is dropped.
///
/// # Errors
/// [`Status::UnexpectedStatus`] when the target is no WebSocket URL, or would leave TLS.
pub fn resolve(from: &Endpoint, location: &str) -> Result<Endpoint, Failure> {
    let refused = |what: &str| Failure::new(Status::UnexpectedStatus, what);
    let cannot = || refused(&format!("cannot follow the redirect of {}", from.host_and_port()));
    let base = Url::parse(&from.to_url()).map_err(|err| cannot().source(err))?;
    let mut url = base.join(location).map_err(|err| cannot().source(err))?;
    let scheme = match url.scheme() {
        "ws" | "http" => "ws",
        "wss" | "https" => "wss",
        other => return Err(refused(&format!("a redirect to the scheme '{other}' is not followed"))),
    };
    if from.is_secure() && scheme == "ws" {
        return Err(refused("a redirect from wss to ws is not followed").hint(format!(
            "the server wants to leave TLS; ws://{} asks for that at once",
            from.authority()
        )));
    }
    url.set_fragment(None);
    // These fail only for URLs without a host, which ws, wss, http and https always have.
    let changed =
        url.set_scheme(scheme).is_ok() && url.set_username("").is_ok() && url.set_password(None).is_ok();
    if !changed {
        return Err(cannot());
    }
    Endpoint::parse(url.as_str()).map_err(|failure| cannot().source(failure))
}

/// Whether both are of one origin: scheme, host and port (RFC 6454 §4). Only then may it see credentials.
pub fn same_origin(a: &Endpoint, b: &Endpoint) -> bool {
    (a.is_secure(), a.host(), a.port()) == (b.is_secure(), b.host(), b.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> Endpoint {
        Endpoint::parse(text).unwrap()
    }

    #[test]
    fn targets_of_every_form() {
        let from = endpoint("ws://me:pw@a.example:8080/x/y?q&key=k");
        for (location, expected) in [
            ("/chat", "ws://a.example:8080/chat"),
            ("z", "ws://a.example:8080/x/z"),
            ("../z?b=1", "ws://a.example:8080/z?b=1"),
            ("?p", "ws://a.example:8080/x/y?p"),
            ("?token=t", "ws://a.example:8080/x/y?token=t"),
            ("", "ws://a.example:8080/x/y?q&key=k"),
            ("#frag", "ws://a.example:8080/x/y?q&key=k"),
            ("//b.example/z", "ws://b.example/z"),
            ("http://b.example", "ws://b.example/"),
            ("HTTP://b.example:80/", "ws://b.example/"),
            ("https://b.example:443/z#f", "wss://b.example/z"),
            ("http://b.example:443/", "ws://b.example:443/"),
            ("ws://[::1]:9/", "ws://[::1]:9/"),
            ("wss://b.example/a b", "wss://b.example/a%20b"),
            ("wss://b\u{fc}cher.example/", "wss://xn--bcher-kva.example/"),
        ] {
            let target = resolve(&from, location).unwrap();
            assert_eq!(target.to_url(), expected, "{location}");
            assert!(target.userinfo().is_none());
        }
        let target = resolve(&from, "ws://evil:pw@b.example/").unwrap();
        assert!(target.userinfo().is_none());
    }

    #[test]
    fn tls_is_not_left() {
        let from = endpoint("wss://a.example/");
        for location in ["ws://a.example/", "http://a.example/", "http://a.example:443/"] {
            let failure = resolve(&from, location).unwrap_err();
            assert_eq!(failure.to_string(), "a redirect from wss to ws is not followed");
            assert_eq!(failure.status(), Status::UnexpectedStatus);
        }
        assert!(resolve(&from, "//b.example/").unwrap().is_secure());
    }

    #[test]
    fn other_targets_are_refused_with_the_status_of_the_answer() {
        let from = endpoint("ws://a.example/");
        for (location, said) in [
            ("ftp://b/", "a redirect to the scheme 'ftp' is not followed"),
            ("file:///etc/passwd", "a redirect to the scheme 'file' is not followed"),
            ("javascript:x", "a redirect to the scheme 'javascript' is not followed"),
            ("http://", "cannot follow the redirect of a.example:80: empty host"),
            ("http://h:99999/", "cannot follow the redirect of a.example:80: invalid port number"),
            ("http://h:0/", "port 0 cannot be connected to"),
        ] {
            let failure = resolve(&from, location).unwrap_err();
            assert_eq!(failure.status(), Status::UnexpectedStatus);
            assert!(failure.to_string().contains(said), "{failure}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let same = |a, b| same_origin(&endpoint(a), &endpoint(b));
        assert!(same("wss://a.example/x", "wss://A.example:443/y"));
        assert!(!same("wss://a.example", "wss://b.a.example"));
        assert!(!same("wss://a.example", "wss://a.example:444"));
        assert!(!same("ws://a.example:443", "wss://a.example:443"));
    }
}
