//! The head of a response: the same at any length of what is there, and the check of a 101 never lets a wrong key pass.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tungstenite::handshake::derive_accept_key;
use wsurl::net::http::{MAX_HEAD, ResponseHead, SHOWN_BODY};
use wsurl::net::upgrade::{UpgradeOptions, check};
use wsurl::protocol::{Agreement, Offer};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        extensions(text);
    }
    let Ok(Some((head, len))) = ResponseHead::parse(data) else { return };
    assert!(len <= data.len() && len <= MAX_HEAD + 2);
    // Fewer bytes are no other head: more is asked for, or the same is refused.
    for part in [len / 2, len - 1] {
        assert!(
            !matches!(ResponseHead::parse(&data[..part]), Ok(Some(_))),
            "a head in {part} of {len} bytes"
        );
    }
    assert_eq!(ResponseHead::parse(&data[..len]), Ok(Some((head.clone(), len))));
    assert!(head.shown_body(&data[len..]).len() <= 3 * SHOWN_BODY);
    assert!(head.content_length().is_none_or(|_| true));
    assert!(head.to_lines().starts_with("HTTP/1."));
    assert_eq!(head.verbatim().lines().next(), head.to_lines().lines().next());
    let options = UpgradeOptions {
        subprotocols: vec!["chat".to_owned(), "v2".to_owned()],
        compression: Some(Offer::default()),
        ..UpgradeOptions::default()
    };
    if let Ok((subprotocol, _)) = check(&head, KEY, &options) {
        let accept: Vec<_> = head.values("sec-websocket-accept").collect();
        assert_eq!(accept, [derive_accept_key(KEY.as_bytes())]);
        assert!(head.values("upgrade").all(|value| value.eq_ignore_ascii_case("websocket")));
        assert!(subprotocol.is_none_or(|name| options.subprotocols.contains(&name)));
    }
});

/// An answer that was agreed on is one that a server may give; an offer that is written is one that is read.
fn extensions(text: &str) {
    if let Ok(offer) = text.parse::<Offer>() {
        let value = offer.header_value();
        assert_eq!(value.parse::<Offer>().ok(), Some(offer), "{value}");
        if let Some((agreed, answer)) = Agreement::accept(&value) {
            let seen = Agreement::from_answer([&answer[..]], Some(&offer));
            assert_eq!(seen.ok().flatten(), Some(agreed), "{value} / {answer}");
        }
    }
    let _ = Agreement::accept(text);
    if let Ok(Some(agreement)) = Agreement::from_answer([text], Some(&Offer::default())) {
        for bits in [agreement.client_max_window_bits, agreement.server_max_window_bits] {
            assert!((8..=15).contains(&bits));
        }
    }
}
