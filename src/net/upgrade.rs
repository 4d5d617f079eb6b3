//! The opening handshake (RFC 6455 §4): the request, and the check of everything that the server answers.

use std::fmt::Write;

use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;

use super::Observer;
use super::auth::Credential;
use super::exchange::{NoHead, read_head, shown_head, shown_refusal};
use super::http::{HeadError, ResponseHead};
use super::tls::client::tls_alert;
use super::tls::error::TlsError;
use super::transport::{Transport, WaitError};
use crate::deadline::Deadline;
use crate::endpoint::Endpoint;
use crate::error::{Failure, IoCause, Phase, Status};
use crate::secret::Secret;

/// What goes into the request beside the URL.
#[derive(Clone, Debug, Default)]
pub struct UpgradeOptions {
    /// Header fields given by the user; they take the place of our own of the same name.
    pub headers: Vec<Header>,
    /// Subprotocols to offer, the preferred one first.
    pub subprotocols: Vec<String>,
    /// Name and password of the user.
    pub credential: Option<Credential>,
    /// A bearer token (RFC 6750).
    pub bearer: Option<Secret>,
}

impl UpgradeOptions {
    /// Whether the request says who we are.
    fn has_credential(&self) -> bool {
        let in_header =
            |header: &Header| header.name.eq_ignore_ascii_case("authorization") && header.value.is_some();
        self.credential.is_some() || self.bearer.is_some() || self.headers.iter().any(in_header)
    }

    /// Leaves out what must not be sent to another origin.
    pub fn drop_secrets(&mut self) {
        self.credential = None;
        self.bearer = None;
        // Nor is another Host than that of the new origin.
        self.headers.retain(|header| !is_secret(&header.name) && !header.name.eq_ignore_ascii_case("host"));
    }
}

/// A header field of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name as it is sent.
    pub name: String,
    /// The value; `None` leaves out a field that would be sent by default.
    pub value: Option<Secret>,
}

/// What was agreed on.
#[derive(Clone, Debug)]
pub struct Upgraded {
    /// The subprotocol that the server chose.
    pub subprotocol: Option<String>,
    /// Bytes that followed the head: the first of the session.
    pub leftover: Vec<u8>,
}

/// Header names whose values are not shown.
const SECRET_HEADERS: [&str; 7] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "api-key",
    "x-auth-token",
    "private-token",
];

/// Sends the request and reads the answer, whose head is kept in `response` whatever it says.
pub(super) fn upgrade(
    transport: &mut Transport,
    endpoint: &Endpoint,
    options: &UpgradeOptions,
    authorization: Option<&Secret>,
    deadline: &Deadline,
    response: &mut Option<ResponseHead>,
    observer: &mut dyn Observer,
) -> Result<Upgraded, Failure> {
    let key = generate_key();
    let fields = request_fields(endpoint, options, authorization, &key);
    observer.request(&request_text(endpoint, &fields, true).replace("\r\n", "\n"));
    let target = endpoint.host_and_port();
    let request = request_text(endpoint, &fields, false);
    // A server that does not take the request may have said why before: that counts more.
    let written = transport.write_until(request.as_bytes(), deadline);
    let (head, leftover) = read_head(transport, deadline, observer).map_err(|err| match (written, err) {
        (Err(err), NoHead::Ended(0)) => lost(err, endpoint, deadline),
        (_, err) => no_head(err, endpoint, deadline),
    })?;
    *response = Some(head.clone());
    if head.status != 101 {
        let shown = shown_refusal(transport, &head, leftover, deadline);
        return Err(refusal(&target, &head, options.has_credential()).details(shown));
    }
    let subprotocol = check(&head, &key, &options.subprotocols).map_err(|why| {
        Failure::new(Status::ProtocolViolation, format!("{target} broke the opening handshake: {why}"))
            .details(shown_head(&head))
    })?;
    Ok(Upgraded { subprotocol, leftover })
}

/// The text of the request with this key, secrets and all: with a password as Basic, since a challenge is another
/// connection's affair.
pub fn request(endpoint: &Endpoint, options: &UpgradeOptions, key: &str) -> String {
    let authorization = options.credential.as_ref().map(Credential::basic);
    let fields = request_fields(endpoint, options, authorization.as_ref(), key);
    request_text(endpoint, &fields, false)
}

/// The fields of the request: ours unless the user gave one of the same name, then the user's.
fn request_fields(
    endpoint: &Endpoint,
    options: &UpgradeOptions,
    authorization: Option<&Secret>,
    key: &str,
) -> Vec<(String, String)> {
    let mut fields = vec![
        ("Host".to_owned(), endpoint.authority()),
        ("Connection".to_owned(), "Upgrade".to_owned()),
        ("Upgrade".to_owned(), "websocket".to_owned()),
        ("Sec-WebSocket-Version".to_owned(), "13".to_owned()),
        ("Sec-WebSocket-Key".to_owned(), key.to_owned()),
    ];
    if !options.subprotocols.is_empty() {
        fields.push(("Sec-WebSocket-Protocol".to_owned(), options.subprotocols.join(", ")));
    }
    fields.push(("User-Agent".to_owned(), concat!("wsurl/", env!("CARGO_PKG_VERSION")).to_owned()));
    if let Some(authorization) = authorization {
        fields.push(("Authorization".to_owned(), authorization.expose().to_owned()));
    } else if let Some(token) = &options.bearer {
        fields.push(("Authorization".to_owned(), format!("Bearer {}", token.expose())));
    }
    fields.retain(|(name, _)| !options.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name)));
    let given = options.headers.iter();
    fields.extend(
        given.filter_map(|header| Some((header.name.clone(), header.value.as_ref()?.expose().to_owned()))),
    );
    // Host first: some servers want it, and people look for it there.
    fields.sort_by_key(|(name, _)| !name.eq_ignore_ascii_case("host"));
    fields
}

fn request_text(endpoint: &Endpoint, fields: &[(String, String)], redact: bool) -> String {
    let mut text = format!("GET {} HTTP/1.1\r\n", endpoint.resource());
    for (name, value) in fields {
        let secret = redact && is_secret(name);
        let _ = write!(text, "{name}: {}\r\n", if secret { "(redacted)" } else { value });
    }
    text + "\r\n"
}

/// Whether the values of a header field of this name are not shown.
pub fn is_secret(name: &str) -> bool {
    SECRET_HEADERS.contains(&&*name.to_ascii_lowercase())
}

/// Checks a 101 response as RFC 6455 §4.1 asks: the subprotocol it chose, or the rule it broke.
fn check(head: &ResponseHead, key: &str, offered: &[String]) -> Result<Option<String>, String> {
    if !head.values("upgrade").any(|value| value.eq_ignore_ascii_case("websocket")) {
        return Err("no 'Upgrade: websocket' in its 101 response (RFC 6455 §4.1)".to_owned());
    }
    if !head.tokens("connection").any(|token| token.eq_ignore_ascii_case("upgrade")) {
        return Err("no 'Connection: Upgrade' in its 101 response (RFC 6455 §4.1)".to_owned());
    }
    let accept = derive_accept_key(key.as_bytes());
    match head.values("sec-websocket-accept").next() {
        Some(value) if value == accept => {}
        Some(value) => {
            return Err(format!("Sec-WebSocket-Accept is '{value}', expected '{accept}' (RFC 6455 §4.2.2)"));
        }
        None => return Err("no Sec-WebSocket-Accept in its 101 response (RFC 6455 §4.2.2)".to_owned()),
    }
    if let Some(extension) = head.tokens("sec-websocket-extensions").next() {
        return Err(format!("extension '{extension}' was not offered (RFC 6455 §4.1)"));
    }
    let mut chosen = head.values("sec-websocket-protocol").filter(|value| !value.is_empty());
    match (chosen.next(), chosen.next()) {
        (None, _) => Ok(None),
        (Some(one), None) if offered.iter().any(|offered| offered == one) => Ok(Some(one.to_owned())),
        (Some(one), None) => Err(format!("subprotocol '{one}' was not offered (RFC 6455 §4.1)")),
        (Some(_), Some(_)) => Err("more than one Sec-WebSocket-Protocol (RFC 6455 §11.3.4)".to_owned()),
    }
}

fn empty_reply(target: &str) -> Failure {
    Failure::new(Status::EmptyReply, format!("{target} closed the connection during the upgrade"))
}

fn lost(err: WaitError, endpoint: &Endpoint, deadline: &Deadline) -> Failure {
    match err {
        WaitError::Deadline => Failure::timeout(Phase::Upgrade, endpoint.host(), deadline),
        WaitError::Io(err) => match TlsError::alert_in(&err) {
            Some(alert) => tls_alert(&endpoint.host_and_port(), alert),
            None => empty_reply(&endpoint.host_and_port()).source(IoCause(err)),
        },
    }
}

fn no_head(err: NoHead, endpoint: &Endpoint, deadline: &Deadline) -> Failure {
    let target = endpoint.host_and_port();
    let violation = |text| Failure::new(Status::ProtocolViolation, text);
    match err {
        NoHead::Wait(err) => lost(err, endpoint, deadline),
        NoHead::Ended(0) => empty_reply(&target).and(" without an answer").hint(if endpoint.is_secure() {
            "is it a WebSocket server? Does it want a client certificate (--cert)?"
        } else {
            "is it a WebSocket server? For a TLS port the URL begins with wss://"
        }),
        NoHead::Ended(count) => empty_reply(&target).and(format_args!(" after {count} bytes of its answer")),
        NoHead::Wrong(HeadError::NotHttp(seen)) => {
            let failure = violation(format!("{target} did not answer the upgrade with HTTP: {seen}"));
            let maybe_tls = "is it a TLS port? Then the URL begins with wss://";
            if endpoint.is_secure() { failure } else { failure.hint(maybe_tls) }
        }
        NoHead::Wrong(HeadError::TooLarge) => {
            violation(format!("{target} answered the upgrade with a head of more than 64 KiB or 200 fields"))
        }
    }
}

fn refusal(target: &str, head: &ResponseHead, had_credential: bool) -> Failure {
    let status = match head.status {
        401 if had_credential => Status::Unauthorized,
        _ => Status::UnexpectedStatus,
    };
    let failure =
        Failure::new(status, format!("{target} answered the upgrade with {}", head.status_and_reason()));
    match (head.status, head.values("location").find(|location| !location.is_empty())) {
        (301 | 302 | 303 | 307 | 308, Some(location)) => {
            failure.hint(format!("it redirects to {location}; -L follows"))
        }
        (401, _) if had_credential => failure.hint("are the name and the password right?"),
        (401, _) => failure.hint("-u NAME:PASSWORD sends a credential"),
        (200..=299 | 404 | 405, _) => {
            failure.hint("is the path right, and is there a WebSocket server behind it?")
        }
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const GOOD: &str = "Upgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n\
                        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

    fn checked(fields: &str) -> Result<Option<String>, String> {
        let head = format!("HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n");
        let (head, _) = ResponseHead::parse(head.as_bytes()).unwrap().unwrap();
        check(&head, KEY, &["chat".to_owned(), "v2".to_owned()])
    }

    #[test]
    fn a_right_answer_is_accepted() {
        assert_eq!(checked(GOOD), Ok(None));
        assert_eq!(checked(&format!("{GOOD}Sec-WebSocket-Protocol: v2\r\n")), Ok(Some("v2".to_owned())));
    }

    #[test]
    fn every_broken_rule_of_the_answer_is_named() {
        for (fields, rule) in [
            (GOOD.replace("WebSocket", "h2c"), "Upgrade: websocket"),
            (GOOD.replace("keep-alive, upgrade", "close"), "Connection: Upgrade"),
            (GOOD.replace("s3p", "S3p"), "expected 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='"),
            (GOOD.replace("Sec-WebSocket-Accept", "X"), "no Sec-WebSocket-Accept"),
            (
                format!("{GOOD}Sec-WebSocket-Extensions: permessage-deflate\r\n"),
                "'permessage-deflate' was not offered",
            ),
            (format!("{GOOD}Sec-WebSocket-Protocol: mqtt\r\n"), "'mqtt' was not offered"),
            (
                format!("{GOOD}Sec-WebSocket-Protocol: v2\r\nSec-WebSocket-Protocol: chat\r\n"),
                "more than one",
            ),
        ] {
            let said = checked(&fields).unwrap_err();
            assert!(said.contains(rule), "{said}");
        }
    }

    #[test]
    fn the_users_fields_replace_ours_and_secrets_are_redacted() {
        let endpoint = Endpoint::parse("ws://[::1]:9001/a?b").unwrap();
        let header =
            |name: &str, value: Option<&str>| Header { name: name.to_owned(), value: value.map(Secret::new) };
        let options = UpgradeOptions {
            headers: vec![
                header("host", Some("x.example")),
                header("User-Agent", None),
                header("X-A", Some("1")),
            ],
            subprotocols: vec!["a".to_owned(), "b".to_owned()],
            ..UpgradeOptions::default()
        };
        let basic = Secret::new("Basic bWU6cHc=");
        let fields = request_fields(&endpoint, &options, Some(&basic), KEY);
        let sent = request_text(&endpoint, &fields, false);
        assert_eq!(
            sent,
            "GET /a?b HTTP/1.1\r\nhost: x.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: a, b\r\nAuthorization: Basic bWU6cHc=\r\nX-A: 1\r\n\r\n"
        );
        assert!(request_text(&endpoint, &fields, true).contains("Authorization: (redacted)\r\n"));
    }

    #[test]
    fn a_request_with_a_given_key_says_who_we_are() {
        let endpoint = Endpoint::parse("ws://h/").unwrap();
        let credential = Credential { name: "me".to_owned(), password: Secret::new("pw") };
        let basic = UpgradeOptions { credential: Some(credential), ..UpgradeOptions::default() };
        let sent = request(&endpoint, &basic, KEY);
        assert!(sent.starts_with("GET / HTTP/1.1\r\nHost: h\r\n") && sent.ends_with("\r\n\r\n"), "{sent}");
        assert!(sent.contains(&format!("Sec-WebSocket-Key: {KEY}\r\n")), "{sent}");
        assert!(sent.contains("Authorization: Basic bWU6cHc=\r\n"), "{sent}");
        let bearer = UpgradeOptions { bearer: Some(Secret::new("t")), ..UpgradeOptions::default() };
        assert!(request(&endpoint, &bearer, KEY).contains("Authorization: Bearer t\r\n"));
    }
}
