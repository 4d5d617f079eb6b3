//! URLs and redirects: what is accepted is written in a way that is accepted as the same, and fits one request line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsurl::endpoint::Endpoint;
use wsurl::net::redirect::{resolve, same_origin};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (url, location) = text.split_once('\n').unwrap_or((&text, &text));
    match Endpoint::parse(url) {
        Ok(endpoint) => check(&endpoint),
        Err(err) => assert_eq!(err.status().code(), 3, "{err}"),
    }
    for from in ["ws://me:pw@a.example:8080/x/y?q", "wss://[::1]/"] {
        let from = Endpoint::parse(from).expect("a URL");
        if let Ok(to) = resolve(&from, location) {
            check(&to);
            assert!(to.userinfo().is_none(), "a server chose a credential");
            assert!(to.is_secure() || !from.is_secure(), "a redirect left TLS");
        }
    }
});

fn check(endpoint: &Endpoint) {
    let url = endpoint.to_url();
    let again = Endpoint::parse(&url).expect(&url);
    assert!(same_origin(endpoint, &again), "{url}");
    assert_eq!((again.resource(), again.authority()), (endpoint.resource(), endpoint.authority()));
    assert!(endpoint.resource().starts_with('/') && endpoint.port() > 0 && !endpoint.host().is_empty());
    for part in [endpoint.resource(), &endpoint.authority()] {
        assert!(part.bytes().all(|byte| (0x21..0x7f).contains(&byte)), "{part:?}");
    }
    let shown = endpoint.to_string();
    assert!(!shown.chars().any(|c| c.is_control() || c.is_whitespace()), "{shown:?}");
}
