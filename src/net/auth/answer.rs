//! Decides which challenge to answer: Digest before Basic, and none twice. Pure.

use super::challenge::Challenge;
use super::credential::Credential;
use super::digest::{self, Flaw};
use crate::secret::Secret;

/// What was sent to the challenging peer before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tried {
    /// No credential.
    #[default]
    Nothing,
    /// Basic, with or without a challenge.
    Basic,
    /// An answer to a Digest challenge.
    Digest,
    /// A second one, because the nonce of the first was stale.
    DigestTwice,
}

/// What to do about a 401 or a 407.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChallengeAnswer {
    /// Send the request again with this value of Authorization or Proxy-Authorization; what has been
    /// tried then.
    Header(Secret, Tried),
    /// The credential was not accepted.
    Refused,
    /// The peer offers only these schemes, which are not supported.
    Unsupported(Vec<String>),
    /// The challenge cannot be answered, for this reason.
    Malformed(String),
}

/// Answers `challenges` for a request with this method and target (RFC 9110 §7.1: path and query, or
/// `host:port` for CONNECT). `cnonce` is random text, new for each call.
pub fn answer(
    challenges: &[Challenge],
    credential: &Credential,
    method: &str,
    uri: &str,
    tried: Tried,
    cnonce: &str,
) -> ChallengeAnswer {
    let mut unsupported: Vec<String> = Vec::new();
    let mut malformed = None;
    // The strongest that is offered; among equals the peer's own order counts (RFC 7616 §3.7).
    let mut digests: Vec<_> = challenges.iter().filter(|challenge| challenge.is("Digest")).collect();
    digests.sort_by_key(|challenge| std::cmp::Reverse(digest::is_strong(challenge)));
    for challenge in digests {
        match digest::respond(challenge, credential, method, uri, cnonce) {
            Ok(header) => {
                let stale = challenge.param("stale").is_some_and(|value| value.eq_ignore_ascii_case("true"));
                return match tried {
                    Tried::Nothing | Tried::Basic => ChallengeAnswer::Header(header, Tried::Digest),
                    Tried::Digest if stale => ChallengeAnswer::Header(header, Tried::DigestTwice),
                    Tried::Digest | Tried::DigestTwice => ChallengeAnswer::Refused,
                };
            }
            Err(Flaw::Unsupported(name)) => unsupported.push(name),
            Err(Flaw::Malformed(why)) => malformed = malformed.or(Some(why)),
        }
    }
    if challenges.iter().any(|challenge| challenge.is("Basic")) {
        return match tried {
            Tried::Nothing => ChallengeAnswer::Header(credential.basic(), Tried::Basic),
            // A peer that first asked for Digest and then for Basic does not get the password.
            Tried::Basic | Tried::Digest | Tried::DigestTwice => ChallengeAnswer::Refused,
        };
    }
    if let Some(why) = malformed {
        return ChallengeAnswer::Malformed(why);
    }
    for challenge in challenges.iter().filter(|challenge| !challenge.is("Digest")) {
        if !unsupported.contains(&challenge.scheme) {
            unsupported.push(challenge.scheme.clone());
        }
    }
    match (unsupported.is_empty(), tried) {
        (false, _) => ChallengeAnswer::Unsupported(unsupported),
        (true, Tried::Nothing) => ChallengeAnswer::Malformed("no challenge that can be read".to_owned()),
        (true, Tried::Basic | Tried::Digest | Tried::DigestTwice) => ChallengeAnswer::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"";
    const STALE: &str = "Digest realm=\"r\", nonce=\"m\", qop=\"auth\", stale=TRUE";
    const BASIC: &str = "Basic realm=\"r\"";

    fn answered(fields: &[&str], tried: Tried) -> ChallengeAnswer {
        let credential = Credential { name: "me".to_owned(), password: Secret::new("pw") };
        let challenges = Challenge::parse_all(fields.iter().copied());
        answer(&challenges, &credential, "CONNECT", "h:443", tried, "c")
    }

    /// The scheme of the answer.
    fn scheme(fields: &[&str], tried: Tried) -> (String, Tried) {
        match answered(fields, tried) {
            ChallengeAnswer::Header(value, next) => {
                (value.expose().split(' ').next().unwrap().to_owned(), next)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn digest_comes_before_basic() {
        assert_eq!(scheme(&[BASIC, "NTLM", DIGEST], Tried::Nothing), ("Digest".to_owned(), Tried::Digest));
        assert_eq!(scheme(&[BASIC, DIGEST], Tried::Basic), ("Digest".to_owned(), Tried::Digest));
        assert_eq!(scheme(&["Negotiate", BASIC], Tried::Nothing), ("Basic".to_owned(), Tried::Basic));
    }

    #[test]
    fn the_first_digest_that_is_spoken_is_taken() {
        let fields = [
            "Digest realm=r, nonce=1, algorithm=SHA-3",
            "Digest realm=r, nonce=2, algorithm=SHA-256, qop=\"auth\"",
            "Digest realm=r, nonce=3, algorithm=MD5, qop=\"auth\"",
        ];
        let ChallengeAnswer::Header(value, _) = answered(&fields, Tried::Nothing) else { panic!() };
        assert!(value.expose().contains("nonce=\"2\"") && value.expose().contains("algorithm=SHA-256"));
    }

    #[test]
    fn nothing_is_tried_twice_but_for_a_stale_nonce() {
        assert_eq!(answered(&[BASIC], Tried::Basic), ChallengeAnswer::Refused);
        assert_eq!(answered(&[DIGEST], Tried::Digest), ChallengeAnswer::Refused);
        assert_eq!(scheme(&[STALE], Tried::Digest), ("Digest".to_owned(), Tried::DigestTwice));
        assert_eq!(answered(&[STALE], Tried::DigestTwice), ChallengeAnswer::Refused);
        assert_eq!(answered(&[], Tried::Basic), ChallengeAnswer::Refused);
    }

    #[test]
    fn a_password_is_not_sent_in_clear_after_digest() {
        assert_eq!(answered(&[BASIC], Tried::Digest), ChallengeAnswer::Refused);
    }

    #[test]
    fn what_is_not_spoken_is_named_once() {
        let fields = ["Negotiate", "NTLM", "NTLM abc=", "Digest realm=r, nonce=n, algorithm=X"];
        let names = ["Digest with X", "Negotiate", "NTLM"].map(ToOwned::to_owned).to_vec();
        assert_eq!(answered(&fields, Tried::Nothing), ChallengeAnswer::Unsupported(names));
    }

    #[test]
    fn a_malformed_digest_is_said_unless_basic_helps() {
        let bad = "Digest realm=\"r\"";
        assert_eq!(
            answered(&[bad], Tried::Nothing),
            ChallengeAnswer::Malformed("Digest challenge without realm or nonce".to_owned())
        );
        assert_eq!(scheme(&[bad, BASIC], Tried::Nothing).0, "Basic");
        assert!(matches!(answered(&["="], Tried::Nothing), ChallengeAnswer::Malformed(_)));
    }

    #[test]
    fn an_answer_does_not_show_the_password() {
        assert!(!format!("{:?}", answered(&[BASIC], Tried::Nothing)).contains("bWU6cHc"));
    }
}
