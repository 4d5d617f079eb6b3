//! The server's side of HTTP Digest authentication: a challenge, and a strict look at the answer to it.
//! Written from RFC 7616 §3.4 and nothing else, so that it can contradict the code under test.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

#[derive(Clone, Copy)]
pub struct Challenge {
    /// As it stands between the quotation marks.
    pub realm: &'static str,
    /// `MD5` and `SHA-256`, also with `-sess`; none is MD5, as in RFC 2617.
    pub algorithm: Option<&'static str>,
    /// None is RFC 2069's way: no counter, no nonce of the client.
    pub qop: Option<&'static str>,
    pub nonce: &'static str,
    pub opaque: Option<&'static str>,
    pub stale: bool,
}

pub const SHA_256: Challenge = Challenge {
    realm: "den",
    algorithm: Some("SHA-256"),
    qop: Some("auth"),
    nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    opaque: Some("5ccc069c403ebaf9f0171e9517f40e41"),
    stale: false,
};

impl Challenge {
    /// The value of `WWW-Authenticate` or `Proxy-Authenticate`.
    pub fn value(&self) -> String {
        let optional = |name: &str, value: Option<&str>| {
            value.map_or_else(String::new, |value| format!(", {name}=\"{value}\""))
        };
        let algorithm = self.algorithm.map_or_else(String::new, |name| format!(", algorithm={name}"));
        let stale = if self.stale { ", stale=true" } else { "" };
        let (qop, opaque) = (optional("qop", self.qop), optional("opaque", self.opaque));
        format!("Digest realm=\"{}\", nonce=\"{}\"{qop}{algorithm}{opaque}{stale}", self.realm, self.nonce)
    }

    /// Panics unless `answer`, the value of `Authorization` or `Proxy-Authorization`, is right in every part.
    #[track_caller]
    pub fn verify(&self, answer: &str, method: &str, uri: &str, user: &str, password: &str) {
        let fields = parse(answer.strip_prefix("Digest ").expect("the Digest scheme"));
        let field =
            |name: &str| fields.get(name).unwrap_or_else(|| panic!("no {name} in {answer}")).value.as_str();
        for name in ["username", "realm", "nonce", "uri", "response", "cnonce", "opaque"] {
            assert!(fields.get(name).is_none_or(|field| field.quoted), "{name} not quoted in {answer}");
        }
        for name in ["algorithm", "qop", "nc"] {
            assert!(fields.get(name).is_none_or(|field| !field.quoted), "{name} quoted in {answer}");
        }
        assert_eq!((field("username"), field("realm"), field("uri")), (user, self.realm, uri), "{answer}");
        assert_eq!(field("nonce"), self.nonce, "{answer}");
        assert_eq!(fields.get("opaque").map(|field| &*field.value), self.opaque, "{answer}");
        assert_eq!(fields.get("algorithm").map(|field| &*field.value), self.algorithm, "{answer}");

        let realm = unquoted(self.realm);
        let mut a1 = self.hash(&format!("{user}:{realm}:{password}"));
        if self.algorithm.is_some_and(|name| name.ends_with("-sess")) {
            a1 = self.hash(&format!("{a1}:{}:{}", self.nonce, field("cnonce")));
        }
        let a2 = self.hash(&format!("{method}:{uri}"));
        let counted = if self.qop.is_some() {
            assert_eq!((field("qop"), field("nc")), ("auth", "00000001"), "{answer}");
            assert!(field("cnonce").len() >= 8, "a short cnonce in {answer}");
            format!(":{}:{}:auth", field("nc"), field("cnonce"))
        } else {
            assert!(!fields.contains_key("qop"), "{answer}");
            String::new()
        };
        let right = self.hash(&format!("{a1}:{}{counted}:{a2}", self.nonce));
        assert_eq!(field("response"), right, "{answer}");
    }

    fn hash(&self, text: &str) -> String {
        if self.algorithm.is_some_and(|name| name.starts_with("SHA-256")) {
            HEXLOWER.encode(&Sha256::digest(text))
        } else {
            md5(text)
        }
    }
}

#[cfg(target_os = "linux")]
fn md5(text: &str) -> String {
    use openssl::hash::{MessageDigest, hash};

    HEXLOWER.encode(&hash(MessageDigest::md5(), text.as_bytes()).expect("MD5"))
}

#[cfg(not(target_os = "linux"))]
fn md5(_: &str) -> String {
    unreachable!("MD5 is verified where openssl is at hand")
}

struct Field {
    value: String,
    quoted: bool,
}

/// `name=token, name="quoted"`; the value of a quoted string with its backslashes, so that they are compared as well.
#[track_caller]
fn parse(mut rest: &str) -> HashMap<String, Field> {
    let mut fields = HashMap::new();
    while let Some((name, tail)) = rest.split_once('=') {
        let (quoted, length) = match tail.strip_prefix('"') {
            Some(inner) => (true, quoted_length(inner)),
            None => (false, tail.find(',').unwrap_or(tail.len())),
        };
        let tail = if quoted { &tail[1..] } else { tail };
        let field = Field { value: tail[..length].trim().to_owned(), quoted };
        let name = name.trim().to_ascii_lowercase();
        assert!(fields.insert(name.clone(), field).is_none(), "{name} twice");
        rest = tail[length..].trim_start_matches('"').trim_start().trim_start_matches(',');
    }
    fields
}

/// What is quoted, without its backslashes (RFC 9110 §5.6.4).
fn unquoted(text: &str) -> String {
    let mut escaped = false;
    let kept = text.chars().filter(|&c| {
        escaped = c == '\\' && !escaped;
        !escaped
    });
    kept.collect()
}

fn quoted_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().find(|&(_, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.expect("the end of a quoted string").0
}

#[cfg(target_os = "linux")]
#[test]
fn md5_is_the_one_of_the_example_in_rfc_2617() {
    assert_eq!(md5("Mufasa:testrealm@host.com:Circle Of Life"), "939e7578ed9e3c518a452acee763bce9");
    assert_eq!(md5("GET:/dir/index.html"), "39aff3a2bab6126f332b942af96d3366");
}

#[test]
fn a_backslash_makes_what_follows_it_plain() {
    assert_eq!(unquoted(r#"a \"b\" \\ c"#), r#"a "b" \ c"#);
}

#[test]
fn a_right_answer_is_told_from_a_wrong_one() {
    let challenge = Challenge { qop: None, opaque: None, ..SHA_256 };
    let (a1, a2) = (challenge.hash("me:den:pw"), challenge.hash("GET:/"));
    let response = challenge.hash(&format!("{a1}:{}:{a2}", challenge.nonce));
    let answer = format!(
        "Digest username=\"me\", realm=\"den\", nonce=\"{}\", uri=\"/\", algorithm=SHA-256, response=\"{response}\"",
        challenge.nonce
    );
    challenge.verify(&answer, "GET", "/", "me", "pw");
    let wrong = std::panic::catch_unwind(|| challenge.verify(&answer, "GET", "/", "me", "other"));
    assert!(wrong.is_err());
}
