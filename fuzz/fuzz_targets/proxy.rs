//! Proxy URLs and no_proxy: what is accepted has a host and a port, and a password is never in what is shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsurl::net::proxy::{Choice, NoProxy, ProxyEnv, ProxyUrl, choose};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (first, second) = text.split_once('\n').unwrap_or((&text, ""));
    match ProxyUrl::parse(first) {
        Ok(proxy) => {
            assert!(proxy.port > 0 && !proxy.host.is_empty());
            let shown = proxy.to_string();
            assert!(proxy.credential.is_none() || !shown.contains('@'), "{shown}");
            let again = ProxyUrl::parse(&shown).expect("what is shown is a proxy");
            assert_eq!((again.scheme, again.host, again.port), (proxy.scheme, proxy.host, proxy.port));
        }
        Err(err) => assert!(err.advice().is_some(), "{err}"),
    }
    let list = NoProxy::parse(second);
    for host in ["example.com", "a.example.com", "192.0.2.1", "::1"] {
        let env = ProxyEnv::from_vars([("no_proxy".to_owned(), second.to_owned())]);
        match choose(true, host, 443, Some("http://proxy.example:3128"), None, &env) {
            Ok(Choice::Direct(_)) => assert!(list.matches(host, 443), "{second:?}"),
            Ok(Choice::Proxy(..)) => assert!(!list.matches(host, 443), "{second:?}"),
            Err(err) => panic!("{err}"),
        }
    }
});
