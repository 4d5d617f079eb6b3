//! The credentials in an upgrade request: found, removed, or replaced by wrong ones. Pure.

use super::request::Request;
use crate::secret::{REDACTED, is_plain_name, shown_reference};

/// A field whose name contains one of these may identify the user.
const SECRET_NAMES: [&str; 9] =
    ["auth", "cookie", "token", "key", "secret", "session", "pass", "credential", "signature"];

/// Shorter values may come back by chance.
const LEAST_LEN: usize = 6;

/// So many characters at the end of a wrong credential are other ones.
const CHANGED: usize = 8;

/// Whether a field identifies the user.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !name.starts_with("sec-websocket-") && SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// Whether a parameter of the query, `name=value`, identifies the user.
fn is_secret_parameter(parameter: &str) -> bool {
    shown_reference(&format!("?{parameter}")).contains(REDACTED)
}

/// Names of what identifies the user in this request.
pub(crate) fn names(request: &Request) -> Vec<String> {
    let fields = request.fields().iter().map(|(name, _)| name).filter(|name| is_secret(name)).cloned();
    let mut names: Vec<_> = fields.collect();
    let parameters = query(request).filter(|parameter| is_secret_parameter(parameter));
    names
        .extend(parameters.map(|parameter| format!("?{}=", parameter.split('=').next().unwrap_or_default())));
    if subprotocols(request).any(|name| !is_plain_name(name)) {
        names.push("Sec-WebSocket-Protocol".to_owned());
    }
    names
}

/// What browsers send by themselves to the server, whatever page asks for it.
pub(crate) fn ambient(request: &Request) -> Option<&'static str> {
    let has = |name: &str, start: &str| {
        let mut fields = request.fields().iter();
        fields.any(|(field, value)| field.eq_ignore_ascii_case(name) && value.starts_with(start))
    };
    if has("cookie", "") {
        Some("a cookie")
    } else if has("authorization", "Basic ") || has("authorization", "Digest ") {
        Some("a password")
    } else {
        None
    }
}

/// The request without what identifies the user.
pub(crate) fn without(request: &Request) -> Request {
    let mut bare = request.clone();
    for (name, _) in request.fields() {
        if is_secret(name) {
            bare.remove(name);
        }
    }
    let kept: Vec<_> = query(request).filter(|parameter| !is_secret_parameter(parameter)).collect();
    bare.query(&kept.join("&"));
    let plain: Vec<_> = subprotocols(request).filter(|name| is_plain_name(name)).collect();
    if plain.is_empty() {
        bare.remove("Sec-WebSocket-Protocol");
    } else {
        bare.set("Sec-WebSocket-Protocol", &plain.join(", "));
    }
    bare
}

/// The request with wrong credentials in its fields, if it has any there.
pub(crate) fn wrong(request: &Request) -> Option<Request> {
    let mut wrong = request.clone();
    let secret: Vec<_> = request.fields().iter().filter(|(name, _)| is_secret(name)).collect();
    for (name, value) in &secret {
        let changed = if name.eq_ignore_ascii_case("cookie") {
            value.split("; ").map(changed).collect::<Vec<_>>().join("; ")
        } else {
            changed(value)
        };
        wrong.set(name, &changed);
    }
    (!secret.is_empty()).then_some(wrong)
}

/// The values of the credentials that must not come back.
pub(crate) fn values(request: &Request) -> Vec<String> {
    let mut values = Vec::new();
    for (name, value) in request.fields().iter().filter(|(name, _)| is_secret(name)) {
        if name.eq_ignore_ascii_case("cookie") {
            values.extend(value.split("; ").filter_map(|pair| Some(pair.split_once('=')?.1.to_owned())));
        } else {
            values.push(value.split_once(' ').map_or(&**value, |(_, credential)| credential).to_owned());
        }
    }
    let parameters = query(request).filter(|parameter| is_secret_parameter(parameter));
    values.extend(parameters.filter_map(|parameter| Some(parameter.split_once('=')?.1.to_owned())));
    values.retain(|value| value.len() >= LEAST_LEN);
    values
}

fn query(request: &Request) -> impl Iterator<Item = &str> {
    let (_, query) = request.target().split_once('?').unwrap_or_default();
    query.split('&').filter(|parameter| !parameter.is_empty())
}

fn subprotocols(request: &Request) -> impl Iterator<Item = &str> {
    let fields =
        request.fields().iter().filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-protocol"));
    fields.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|name| !name.is_empty())
}

/// The same value, but for the letters and digits at its end.
fn changed(value: &str) -> String {
    let start = value.char_indices().rev().nth(CHANGED - 1).map_or(0, |(at, _)| at);
    // Not the name of a cookie, nor the scheme of an authorization.
    let start = value.find(['=', ' ']).map_or(start, |at| start.max(at.min(value.len() - 1) + 1));
    let next = |c: char| match c {
        'z' => 'a',
        'Z' => 'A',
        '9' => '0',
        'a'..='y' | 'A'..='Y' | '0'..='8' => char::from(c as u8 + 1),
        other => other,
    };
    value[..start].chars().chain(value[start..].chars().map(next)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(fields: &str) -> Request {
        Request::parse(&format!("GET /a?x=1&token=hunter22 HTTP/1.1\r\nHost: h\r\n{fields}\r\n"))
    }

    #[test]
    fn credentials_are_found_and_removed() {
        let given = request(
            "Authorization: Bearer abcdefgh\r\nCookie: a=b; sid=secret1\r\nX-Api-Key: 1\r\nSec-WebSocket-Key: k\r\n",
        );
        assert_eq!(names(&given), ["Authorization", "Cookie", "X-Api-Key", "?token="]);
        assert_eq!(values(&given), ["abcdefgh", "secret1", "hunter22"]);
        assert_eq!(ambient(&given), Some("a cookie"));
        let bare = without(&given).text();
        assert_eq!(bare, "GET /a?x=1 HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Key: k\r\n\r\n");
        assert!(names(&without(&given)).is_empty() && ambient(&request("")).is_none());
    }

    #[test]
    fn wrong_credentials_differ_at_their_end_only() {
        let given = request("Authorization: Bearer abcdefghijkz\r\nCookie: a=b; sid=9\r\n");
        let wrong = wrong(&given).expect("a request").text();
        assert!(wrong.contains("Authorization: Bearer abcdfghijkla\r\n"), "{wrong}");
        assert!(wrong.contains("Cookie: a=c; sid=0\r\n"), "{wrong}");
        assert!(super::wrong(&request("")).is_none());
    }

    #[test]
    fn a_subprotocol_that_holds_a_token_is_a_credential() {
        let given = request("Sec-WebSocket-Protocol: chat, base64url.bearer.authorization.k8s.io.abc=\r\n");
        assert!(names(&given).contains(&"Sec-WebSocket-Protocol".to_owned()));
        assert!(without(&given).text().contains("Sec-WebSocket-Protocol: chat\r\n"));
    }
}
