//! The response to a Digest challenge (RFC 7616 §3.4). Pure.
//! The hashes are those of the `md-5` and `sha2` crates.

use std::fmt::Write;

use data_encoding::HEXLOWER;
use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512_256};

use super::challenge::Challenge;
use super::credential::Credential;
use crate::secret::Secret;

/// Why a Digest challenge is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It asks for something that is not supported, which this names.
    Unsupported(String),
    /// It is malformed, or the credential cannot be written.
    Malformed(String),
}

/// The function H of RFC 7616 §3.4: a hash as lower-case hexadecimal digits.
type Hash = fn(&str) -> String;

/// A value of the parameter `algorithm`.
struct Algorithm {
    /// Its name in the registry of RFC 7616 §6.1.
    name: &'static str,
    hash: Hash,
    /// Whether A1 holds both nonces (`-sess`).
    session: bool,
}

const ALGORITHMS: [Algorithm; 6] = [
    Algorithm { name: "MD5", hash: md5, session: false },
    Algorithm { name: "MD5-sess", hash: md5, session: true },
    Algorithm { name: "SHA-256", hash: sha256, session: false },
    Algorithm { name: "SHA-256-sess", hash: sha256, session: true },
    Algorithm { name: "SHA-512-256", hash: sha512_256, session: false },
    Algorithm { name: "SHA-512-256-sess", hash: sha512_256, session: true },
];

fn md5(text: &str) -> String {
    HEXLOWER.encode(&Md5::digest(text))
}

fn sha256(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}

fn sha512_256(text: &str) -> String {
    HEXLOWER.encode(&Sha512_256::digest(text))
}

/// The quality of protection that is answered with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Qop {
    Auth,
    AuthInt,
}

impl Qop {
    fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }
}

/// How often the nonce was used: every challenge is answered once.
const COUNT: &str = "00000001";

/// What the response protects.
struct Request<'a> {
    method: &'a str,
    uri: &'a str,
    nonce: &'a str,
    cnonce: &'a str,
    qop: Option<Qop>,
}

impl Request<'_> {
    /// The parameter `response` (RFC 7616 §3.4.1); without qop that of RFC 2069 §2.1.2.
    fn response(&self, algorithm: &Algorithm, realm: &str, credential: &Credential) -> String {
        let Self { method, uri, nonce, cnonce, qop } = self;
        let hash = algorithm.hash;
        // A1, §3.4.2.
        let mut secret = hash(&format!("{}:{realm}:{}", credential.name, credential.password.expose()));
        if algorithm.session {
            secret = hash(&format!("{secret}:{nonce}:{cnonce}"));
        }
        // A2, §3.4.3. No request of ours has a body; for auth-int it counts as empty.
        let request = match qop {
            Some(Qop::AuthInt) => hash(&format!("{method}:{uri}:{}", hash(""))),
            Some(Qop::Auth) | None => hash(&format!("{method}:{uri}")),
        };
        match qop {
            Some(qop) => hash(&format!("{secret}:{nonce}:{COUNT}:{cnonce}:{}:{request}", qop.name())),
            None => hash(&format!("{secret}:{nonce}:{request}")),
        }
    }
}

/// Whether the hash is stronger than MD5, which is also the one of a challenge that names none.
pub(super) fn is_strong(challenge: &Challenge) -> bool {
    let name = challenge.param("algorithm").unwrap_or("MD5");
    name.to_ascii_uppercase().starts_with("SHA")
}

/// The value of the Authorization field. `uri` is the request target, `cnonce` random text of this client.
pub(super) fn respond(
    challenge: &Challenge,
    credential: &Credential,
    method: &str,
    uri: &str,
    cnonce: &str,
) -> Result<Secret, Flaw> {
    let malformed = |why: &str| Err(Flaw::Malformed(format!("Digest challenge {why}")));
    if challenge.broken {
        return malformed("with a quoted string that does not end");
    }
    let (Some(realm), Some(nonce)) = (challenge.param("realm"), challenge.param("nonce")) else {
        return malformed("without realm or nonce");
    };
    // The hash is made of the bytes of these, and the head is kept as text: what was no UTF-8 in it is lost.
    let mut kept =
        [("realm", Some(realm)), ("nonce", Some(nonce)), ("opaque", challenge.param("opaque"))].into_iter();
    if let Some((name, _)) =
        kept.find(|(_, text)| text.is_some_and(|text| text.contains(char::REPLACEMENT_CHARACTER)))
    {
        return Err(Flaw::Unsupported(format!("Digest with a {name} that is not UTF-8")));
    }
    // The name is sent as text, and must not become another field.
    if credential.name.chars().any(char::is_control) {
        return Err(Flaw::Malformed("user name with a control character".to_owned()));
    }
    let algorithm = algorithm(challenge.param("algorithm"))?;
    let qop = qop(challenge.param("qop"))?;
    if algorithm.session && qop.is_none() {
        return malformed("with a session algorithm but without qop");
    }
    let request = Request { method, uri, nonce, cnonce, qop };
    let response = request.response(algorithm, realm, credential);
    let hashes_name = challenge.param("userhash").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let name = if hashes_name {
        (algorithm.hash)(&format!("{}:{realm}", credential.name))
    } else {
        credential.name.clone()
    };
    let mut header = format!(
        "Digest username={}, realm={}, nonce={}, uri={}",
        quoted(&name),
        quoted(realm),
        quoted(nonce),
        quoted(uri)
    );
    // A String takes everything.
    if let Some(qop) = qop {
        let _ = write!(header, ", qop={}, nc={COUNT}, cnonce={}", qop.name(), quoted(cnonce));
    }
    let _ = write!(header, ", response=\"{response}\"");
    if let Some(opaque) = challenge.param("opaque") {
        let _ = write!(header, ", opaque={}", quoted(opaque));
    }
    // Servers of RFC 2069 know MD5 only, and no parameter for it.
    if qop.is_some() || algorithm.name != "MD5" {
        let _ = write!(header, ", algorithm={}", algorithm.name);
    }
    if hashes_name {
        header.push_str(", userhash=true");
    }
    Ok(Secret::new(header))
}

/// A quoted string (RFC 9110 §5.6.4).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn algorithm(name: Option<&str>) -> Result<&'static Algorithm, Flaw> {
    let name = name.unwrap_or("MD5");
    let known = ALGORITHMS.iter().find(|known| name.eq_ignore_ascii_case(known.name));
    known.ok_or_else(|| Flaw::Unsupported(format!("Digest with {name}")))
}

/// The quality of protection: `auth` if it is offered.
fn qop(offered: Option<&str>) -> Result<Option<Qop>, Flaw> {
    let Some(offered) = offered else {
        return Ok(None);
    };
    let offers = |wanted| offered.split(',').any(|one| one.trim().eq_ignore_ascii_case(wanted));
    if offers("auth") {
        Ok(Some(Qop::Auth))
    } else if offers("auth-int") {
        Ok(Some(Qop::AuthInt))
    } else {
        Err(Flaw::Unsupported(format!("Digest with qop {offered}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = r#"realm="http-auth@example.org", qop="auth, auth-int", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v""#;
    const CNONCE: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

    fn credential(name: &str, password: &str) -> Credential {
        Credential { name: name.to_owned(), password: Secret::new(password) }
    }

    fn answered(challenge: &str, credential: &Credential, uri: &str, cnonce: &str) -> Result<String, Flaw> {
        let challenge = &Challenge::parse_all([challenge])[0];
        respond(challenge, credential, "GET", uri, cnonce).map(|header| header.expose().to_owned())
    }

    fn field(header: &str, name: &str) -> Option<String> {
        Challenge::parse_all([header])[0].param(name).map(ToOwned::to_owned)
    }

    fn mufasa(more: &str) -> String {
        let credential = credential("Mufasa", "Circle of Life");
        answered(&format!("Digest {NONCE}{more}"), &credential, "/dir/index.html", CNONCE).unwrap()
    }

    #[test]
    fn the_examples_of_rfc_7616() {
        let header = mufasa(", algorithm=MD5");
        assert_eq!(field(&header, "response").unwrap(), "8ca523f5e9506fed4657c9700eebdbec");
        let header = mufasa(", algorithm=SHA-256");
        assert_eq!(
            header,
            "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", qop=auth, \
             nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", \
             response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", \
             opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", algorithm=SHA-256"
        );
    }

    #[test]
    fn a_hashed_user_name() {
        // RFC 7616 §3.9.2; the response is that of its erratum 4897.
        let challenge = r#"Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256,
            nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
            opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true"#
            .replace('\n', "");
        let header = answered(
            &challenge,
            &credential("J\u{e4}s\u{f8}n Doe", "Secret, or not?"),
            "/doe.json",
            "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm",
        )
        .unwrap();
        assert_eq!(
            field(&header, "username").unwrap(),
            "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
        );
        assert_eq!(field(&header, "userhash").unwrap(), "true");
    }

    #[test]
    fn session_algorithms_and_the_oldest_form() {
        // Computed with Python's hashlib by RFC 7616 §3.4.
        for (more, expected) in [
            (", algorithm=md5-SESS", "e783283f46242139c486a698fec7211d"),
            (", algorithm=SHA-256-sess", "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7"),
        ] {
            assert_eq!(field(&mufasa(more), "response").unwrap(), expected);
        }
        let old = answered(
            r#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#,
            &credential("Mufasa", "CircleOfLife"),
            "/dir/index.html",
            "x",
        )
        .unwrap();
        assert_eq!(field(&old, "response").unwrap(), "1949323746fe6a43ef61f9606e7febea");
        assert_eq!((field(&old, "qop"), field(&old, "cnonce")), (None, None));
    }

    #[test]
    fn auth_int_is_answered_for_an_empty_body_when_it_is_all_there_is() {
        let header =
            answered(r#"Digest realm="r", nonce="n", qop="auth-int""#, &credential("a", "b"), "/", "c")
                .unwrap();
        assert_eq!(field(&header, "qop").unwrap(), "auth-int");
        assert_eq!(field(&header, "response").unwrap(), "5bb525198f3cb6e8c8c9bfae9eeea106");
    }

    #[test]
    fn quotes_in_names_and_realms_are_escaped_once() {
        let header =
            answered(r#"Digest realm="a \"b\"", nonce="n""#, &credential("c\"d\\", "p"), "/", "x").unwrap();
        assert!(header.starts_with(r#"Digest username="c\"d\\", realm="a \"b\"", "#), "{header}");
    }

    #[test]
    fn flaws_are_named() {
        let flaw = |challenge: &str| answered(challenge, &credential("a", "b"), "/", "c").unwrap_err();
        for challenge in [
            "Digest",
            "Digest realm=\"r\"",
            "Digest nonce=\"n\"",
            "Digest realm=\"r\", nonce=\"n",
            "Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess",
        ] {
            assert!(matches!(flaw(challenge), Flaw::Malformed(_)), "{challenge}");
        }
        let unsupported = |name: &str| Flaw::Unsupported(name.to_owned());
        assert_eq!(flaw("Digest realm=r, nonce=n, algorithm=SHA3"), unsupported("Digest with SHA3"));
        assert_eq!(flaw("Digest realm=r, nonce=n, qop=\"x\""), unsupported("Digest with qop x"));
        let latin_1 = String::from_utf8_lossy(b"Digest realm=\"\xdcber uns\", nonce=n");
        assert_eq!(flaw(&latin_1), unsupported("Digest with a realm that is not UTF-8"));
        let injected = answered("Digest realm=r, nonce=n", &credential("a\r\nX: y", "b"), "/", "c");
        assert!(matches!(injected, Err(Flaw::Malformed(_))));
    }
}
