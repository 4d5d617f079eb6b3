//! The credentials of the requests to one server or proxy: Basic at once, Digest when a challenge asks for it.

use data_encoding::HEXLOWER;

use super::{Challenge, ChallengeAnswer, Credential, Tried, answer};
use crate::error::Failure;
use crate::net::address::Role;
use crate::net::http::ResponseHead;
use crate::secret::Secret;

/// The credentials for one server or proxy.
#[derive(Debug)]
pub(in crate::net) struct Authorization {
    credential: Option<Credential>,
    role: Role,
    header: Option<Secret>,
    tried: Tried,
}

impl Authorization {
    /// Basic at once, when there is a credential (RFC 7617 §2.2).
    pub(in crate::net) fn new(credential: Option<Credential>, role: Role) -> Self {
        let header = credential.as_ref().map(Credential::basic);
        let tried = if header.is_some() { Tried::Basic } else { Tried::Nothing };
        Self { credential, role, header, tried }
    }

    /// The value of the Authorization or Proxy-Authorization field.
    pub(in crate::net) fn header(&self) -> Option<&Secret> {
        self.header.as_ref()
    }

    /// The peer has refused `uri` with `head`: prepares an answer to its challenge.
    ///
    /// # Errors
    /// `failure`, which says how it was refused, when there is no better answer.
    pub(in crate::net) fn answer(
        &mut self,
        head: &ResponseHead,
        uri: &str,
        failure: Failure,
    ) -> Result<(), Failure> {
        let (status, field, method) = match self.role {
            Role::Server => (401, "www-authenticate", "GET"),
            Role::Proxy => (407, "proxy-authenticate", "CONNECT"),
        };
        if head.status != status {
            return Err(failure);
        }
        let challenges = Challenge::parse_all(head.values(field));
        let Some(credential) = &self.credential else {
            return Err(told_of_unsupported(&challenges, self.role, failure));
        };
        match answer(&challenges, credential, method, uri, self.tried, &cnonce()) {
            ChallengeAnswer::Header(value, tried) => {
                (self.header, self.tried) = (Some(value), tried);
                Ok(())
            }
            ChallengeAnswer::Refused => Err(failure),
            ChallengeAnswer::Unsupported(names) => {
                let variants: Vec<_> = names.into_iter().filter(|name| name.starts_with("Digest ")).collect();
                if variants.is_empty() {
                    return Err(told_of_unsupported(&challenges, self.role, failure));
                }
                let wanted = variants.join(", ");
                Err(failure.and(format_args!("; it wants {wanted}, which wsurl does not speak")).hint(SPOKEN))
            }
            ChallengeAnswer::Malformed(why) => {
                let failure = failure.and(format_args!("; its challenge is malformed: {why}"));
                Err(failure
                    .hint("the credentials were not sent: nothing can be computed from such a challenge"))
            }
        }
    }
}

/// What is spoken of Digest.
const SPOKEN: &str = "the credentials were not sent; wsurl speaks Digest with MD5, SHA-256 and SHA-512-256, \
                      for qop auth and auth-int";

/// The failure. Names the schemes of the peer if none of them is supported.
fn told_of_unsupported(challenges: &[Challenge], role: Role, failure: Failure) -> Failure {
    let (spoken, listed): (&[&str], _) = match role {
        Role::Server => (&["Basic", "Digest", "Bearer"], "Basic, Digest and Bearer"),
        Role::Proxy => (&["Basic", "Digest"], "Basic and Digest"),
    };
    let is_spoken = |challenge: &Challenge| spoken.iter().any(|scheme| challenge.is(scheme));
    if challenges.is_empty() || challenges.iter().any(is_spoken) {
        return failure;
    }
    let names: Vec<_> = challenges.iter().map(|challenge| challenge.scheme.as_str()).collect();
    failure.and(format_args!("; it wants {}, and wsurl speaks {listed}", names.join(", ")))
}

/// Text that was never used before (RFC 7616 §3.4).
///
/// # Panics
/// When the operating system has no random source.
fn cnonce() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system provides random bytes");
    HEXLOWER.encode(&bytes)
}
