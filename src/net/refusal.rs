//! Turns a refused upgrade into a failure with a hint. Pure.

use super::auth::Challenge;
use super::http::ResponseHead;
use crate::error::{Failure, Status};
use crate::secret::shown_reference;

/// How the request identified the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identification {
    Nothing,
    Password,
    Token,
    /// An Authorization field among the user's own.
    Field,
}

/// The failure for a response from `target` that is no 101.
pub(super) fn refusal(target: &str, head: &ResponseHead, sent: Identification) -> Failure {
    let status = match (head.status, sent) {
        (401, Identification::Password | Identification::Token | Identification::Field) => {
            Status::Unauthorized
        }
        _ => Status::UnexpectedStatus,
    };
    let failure =
        Failure::new(status, format!("{target} answered the upgrade with {}", head.status_and_reason()));
    let advice = match (head.status, head.values("location").find(|location| !location.is_empty())) {
        (301 | 302 | 303 | 307 | 308, Some(location)) => {
            Some(format!("it redirects to {}; -L follows redirects", shown_reference(location)))
        }
        (401, _) => unauthorized_advice(head, sent).map(ToOwned::to_owned),
        (200..=299 | 404 | 405, _) => {
            Some("is the path right, and is there a WebSocket server behind it?".to_owned())
        }
        _ => None,
    };
    match advice {
        Some(advice) => failure.hint(advice),
        None => failure,
    }
}

/// What to try after a 401. A server without a challenge that can be read may want anything.
fn unauthorized_advice(head: &ResponseHead, sent: Identification) -> Option<&'static str> {
    let challenges = Challenge::parse_all(head.values("www-authenticate"));
    let wants = |scheme: &str| challenges.iter().any(|challenge| challenge.is(scheme));
    let (password, token) = (wants("Basic") || wants("Digest"), wants("Bearer"));
    match (sent, password, token) {
        (Identification::Nothing, true, true) => {
            Some("-u NAME:PASSWORD sends a credential, --bearer TOKEN a token")
        }
        (Identification::Nothing, false, true) => Some("--bearer TOKEN or --bearer @FILE sends a token"),
        // It wants a scheme that is not spoken here.
        (Identification::Nothing, false, false) if !challenges.is_empty() => None,
        (Identification::Nothing, _, false) => Some("-u NAME:PASSWORD sends a credential"),
        (Identification::Password, false, true) => Some("the server wants a token: --bearer TOKEN sends one"),
        (Identification::Password, _, _) => Some("are the name and the password right?"),
        (Identification::Token, true, false) => {
            Some("the server wants a name and a password: -u NAME:PASSWORD sends them")
        }
        (Identification::Token, _, _) => Some("is the token right?"),
        (Identification::Field, _, _) => Some("is the Authorization field right?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(fields: &str, sent: Identification) -> (Status, Option<String>) {
        let head = format!("HTTP/1.1 401 Unauthorized\r\n{fields}\r\n");
        let (head, _) = ResponseHead::parse(head.as_bytes()).unwrap().unwrap();
        let failure = refusal("h:80", &head, sent);
        assert_eq!(failure.to_string(), "h:80 answered the upgrade with 401 Unauthorized");
        (failure.status(), failure.advice().map(ToOwned::to_owned))
    }

    #[test]
    fn the_advice_fits_what_the_server_wants_and_what_it_got() {
        use Identification::{Field, Nothing, Password, Token};

        let (basic, bearer) = ("WWW-Authenticate: Digest realm=r\r\n", "WWW-Authenticate: Bearer\r\n");
        let both = format!("{bearer}{basic}");
        for (fields, sent, advice) in [
            ("", Nothing, Some("-u NAME:PASSWORD sends a credential")),
            (basic, Nothing, Some("-u NAME:PASSWORD sends a credential")),
            (bearer, Nothing, Some("--bearer TOKEN or --bearer @FILE sends a token")),
            (&both, Nothing, Some("-u NAME:PASSWORD sends a credential, --bearer TOKEN a token")),
            ("WWW-Authenticate: Negotiate\r\n", Nothing, None),
            (basic, Password, Some("are the name and the password right?")),
            ("", Password, Some("are the name and the password right?")),
            (bearer, Password, Some("the server wants a token: --bearer TOKEN sends one")),
            (bearer, Token, Some("is the token right?")),
            ("", Token, Some("is the token right?")),
            (basic, Token, Some("the server wants a name and a password: -u NAME:PASSWORD sends them")),
            (&both, Field, Some("is the Authorization field right?")),
        ] {
            let status = if sent == Nothing { Status::UnexpectedStatus } else { Status::Unauthorized };
            assert_eq!(refused(fields, sent), (status, advice.map(ToOwned::to_owned)), "{fields:?} {sent:?}");
        }
    }
}
