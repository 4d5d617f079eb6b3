//! SOCKS: the same outcome at any cut, and no byte of the tunnel is consumed.
#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use wsurl::net::proxy::{Socks, SocksStep, SocksTarget, SocksVersion};
use wsurl::secret::Secret;
use wsurl_fuzz::{Choices, pieces};

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let version = [SocksVersion::V4, SocksVersion::V4a, SocksVersion::V5][choices.below(3)];
    let target = if choices.flag() {
        SocksTarget::Name("example.com".to_owned(), 443)
    } else {
        SocksTarget::Ip(SocketAddr::from(([192, 0, 2, 1], 80)))
    };
    let has_credential = choices.flag();
    let seed = choices.byte();
    let stream = choices.rest();
    let negotiate = |seed| {
        let credential = has_credential.then(|| ("me".to_owned(), Secret::new("pw")));
        let Ok(mut socks) = Socks::new(version, &target, credential) else { return (Vec::new(), None) };
        let mut sent = vec![socks.start()];
        let (mut consumed, mut offset) = (0, 0);
        for piece in pieces(stream, seed) {
            offset += piece.len();
            let mut rest = piece;
            loop {
                match socks.on_bytes(rest) {
                    Ok((used, step)) => {
                        consumed += used;
                        rest = &rest[used..];
                        match step {
                            SocksStep::NeedMore => {
                                assert!(rest.is_empty());
                                break;
                            }
                            SocksStep::Send(bytes) => sent.push(bytes),
                            SocksStep::Done => return (sent, Some(Ok(consumed))),
                        }
                    }
                    Err(err) => {
                        assert!(!err.to_string().is_empty() && consumed <= offset);
                        return (sent, Some(Err(err)));
                    }
                }
            }
        }
        (sent, None)
    };
    let whole = negotiate(0);
    assert_eq!(negotiate(1), whole, "byte by byte");
    assert_eq!(negotiate(seed), whole, "cut with seed {seed}");
});
