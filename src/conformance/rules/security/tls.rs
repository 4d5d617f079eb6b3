//! Versions of TLS that must not be used any more (RFC 8996). The hello is laid out here, because TLS libraries refuse to send it.

use super::super::check::RuleCheck;
use crate::conformance::harness::Harness;
use crate::conformance::harness::judgement::{Judged, Judgement};

/// The rules of this file, in the order in which they are checked.
pub(crate) const CHECKS: &[RuleCheck] =
    &[RuleCheck::new("tls-old", "5", "TLS 1.0 and 1.1 are refused", old_versions).of(8996)];

/// Types of records (RFC 5246 §6.2.1).
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// Types of handshake messages (RFC 5246 §7.4).
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;

/// TLS 1.1 as a version on the wire.
const TLS_1_1: [u8; 2] = [3, 2];

/// Cipher suites of TLS 1.0 and 1.1 that servers have: ECDHE, DHE and RSA with AES or 3DES, all with CBC and SHA-1.
const CIPHERS: [u16; 12] =
    [0xC00A, 0xC014, 0xC009, 0xC013, 0x0039, 0x0033, 0x0035, 0x002F, 0xC008, 0xC012, 0x000A, 0x00FF];

/// A server that agrees to an old version answers with a `ServerHello` of that version.
fn old_versions(harness: &mut Harness<'_>) -> Judged {
    if harness.tls_port().is_none() {
        return Ok(Judgement::not_applicable("the URL is ws://"));
    }
    let hello = client_hello(&harness.host());
    let answer = harness.answer_to_bytes(&hello)?;
    Ok(judge(&answer))
}

fn judge(answer: &[u8]) -> Judgement {
    match *answer {
        [HANDSHAKE, _, _, _, _, SERVER_HELLO, _, _, _, 3, minor @ 1..=2, ..] => {
            Judgement::fail(format!("agreed to TLS 1.{}", minor - 1))
        }
        [HANDSHAKE, ..] => Judgement::inconclusive("answered with another version than was offered"),
        [ALERT, _, _, _, _, _, 70, ..] => Judgement::pass("refused with the alert protocol_version"),
        [ALERT, _, _, _, _, _, alert, ..] => Judgement::pass(format!("refused with the alert {alert}")),
        [] => Judgement::pass("refused: no answer"),
        _ => Judgement::inconclusive("answered with something other than TLS"),
    }
}

/// A `ClientHello` that offers TLS 1.1 and, by that, 1.0 (RFC 4346 §7.4.1.2), with the extensions that servers of today want.
fn client_hello(host: &str) -> Vec<u8> {
    let mut random = [0; 32];
    // Nothing is encrypted with it: zeros do, too.
    let _ = getrandom::fill(&mut random);
    let ciphers: Vec<u8> = CIPHERS.iter().flat_map(|cipher| cipher.to_be_bytes()).collect();
    // Curves P-256, P-384, X25519 and uncompressed points (RFC 8422 §5.1).
    let mut extensions = [extension(10, &with_len(&[0, 23, 0, 24, 0, 29])), extension(11, &[1, 0])].concat();
    let is_name = host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('[');
    if is_name {
        // RFC 6066 §3.
        extensions.extend(extension(0, &with_len(&[&[0][..], &with_len(host.as_bytes())].concat())));
    }
    let body = [&TLS_1_1[..], &random, &[0], &with_len(&ciphers), &[1, 0], &with_len(&extensions)].concat();
    let len = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    let message = [&[CLIENT_HELLO][..], &len[1..], &body].concat();
    [&[HANDSHAKE, 3, 1][..], &with_len(&message)].concat()
}

fn extension(number: u16, content: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &with_len(content)].concat()
}

/// These bytes after their length in two bytes.
fn with_len(bytes: &[u8]) -> Vec<u8> {
    let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&len.to_be_bytes()[..], bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::finding::Verdict;

    #[test]
    fn the_answer_tells_the_version() {
        let hello = |minor| [22, 3, minor, 0, 60, 2, 0, 0, 56, 3, minor, 9, 9];
        for (answer, verdict, seen) in [
            (&hello(1)[..], Verdict::Fail, "agreed to TLS 1.0"),
            (&hello(2), Verdict::Fail, "agreed to TLS 1.1"),
            (&hello(3), Verdict::Inconclusive, "answered with another version than was offered"),
            (&[21, 3, 1, 0, 2, 2, 70], Verdict::Pass, "refused with the alert protocol_version"),
            (&[21, 3, 1, 0, 2, 2, 40], Verdict::Pass, "refused with the alert 40"),
            (&[], Verdict::Pass, "refused: no answer"),
            (b"HTTP/1.1 400", Verdict::Inconclusive, "answered with something other than TLS"),
        ] {
            let judgement = judge(answer);
            assert_eq!((judgement.verdict, &*judgement.seen), (verdict, seen));
        }
    }

    #[test]
    fn the_lengths_of_the_hello_fit() {
        for host in ["localhost", "127.0.0.1"] {
            let hello = client_hello(host);
            let len = |at: usize| usize::from(u16::from_be_bytes([hello[at], hello[at + 1]]));
            assert_eq!((len(3), len(7)), (hello.len() - 5, hello.len() - 9));
            let has_name = hello.windows(host.len()).any(|window| window == host.as_bytes());
            assert_eq!(has_name, host == "localhost");
        }
    }
}
