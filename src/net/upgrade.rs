//! The opening handshake (RFC 6455 §4): the request, and the check of everything that the server answers.

use std::fmt::Write;
use std::time::Duration;

use data_encoding::BASE64;
use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;

use super::Observer;
use super::http::{HeadError, ResponseHead, SHOWN_BODY};
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
    /// Name and password for Basic authentication (RFC 7617).
    pub credential: Option<(String, Secret)>,
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

/// How long the body of a refusal is waited for: it is for reading only.
const BODY_PATIENCE: Duration = Duration::from_secs(2);

/// Header names whose values are not shown.
const SECRET_HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "x-api-key"];

/// Sends the request and reads the answer, whose head is kept in `response` whatever it says.
pub(super) fn upgrade(
    transport: &mut Transport,
    endpoint: &Endpoint,
    options: &UpgradeOptions,
    deadline: &Deadline,
    response: &mut Option<ResponseHead>,
    observer: &mut dyn Observer,
) -> Result<Upgraded, Failure> {
    let key = generate_key();
    let fields = request_fields(endpoint, options, &key);
    observer.request(&request_text(endpoint, &fields, true).replace("\r\n", "\n"));
    let target = endpoint.host_and_port();
    let request = request_text(endpoint, &fields, false);
    let lost = |err: WaitError| match err {
        WaitError::Deadline => Failure::timeout(Phase::Upgrade, endpoint.host(), deadline),
        WaitError::Io(err) => empty_reply(&target).source(IoCause(err)),
    };
    transport.write_until(request.as_bytes(), deadline).map_err(lost)?;

    let mut received = Vec::new();
    let head = loop {
        match ResponseHead::parse(&received).map_err(|err| not_an_answer(&target, endpoint, err))? {
            Some((head, used)) => {
                received.drain(..used);
                observer.response(&head.to_lines());
                // Interim responses come before the answer (RFC 9110 §15.2).
                if head.status >= 200 || head.status == 101 {
                    break head;
                }
            }
            None => {
                if read_more(transport, &mut received, deadline).map_err(lost)? == 0 {
                    return Err(ended_early(&target, &received));
                }
            }
        }
    };
    *response = Some(head.clone());
    if head.status != 101 {
        let body = read_body(transport, &head, received, deadline);
        return Err(refusal(&target, &head, &body, options.credential.is_some()));
    }
    let subprotocol = check(&head, &key, &options.subprotocols).map_err(|why| {
        Failure::new(Status::ProtocolViolation, format!("{target} broke the opening handshake: {why}"))
            .details(shown(&head, ""))
    })?;
    Ok(Upgraded { subprotocol, leftover: received })
}

fn read_more(
    transport: &mut Transport,
    received: &mut Vec<u8>,
    deadline: &Deadline,
) -> Result<usize, WaitError> {
    let mut buf = [0; 4096];
    let count = transport.read_until(&mut buf, deadline)?;
    received.extend_from_slice(&buf[..count]);
    Ok(count)
}

/// The fields of the request: ours unless the user gave one of the same name, then the user's.
fn request_fields(endpoint: &Endpoint, options: &UpgradeOptions, key: &str) -> Vec<(String, String)> {
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
    if let Some((name, password)) = &options.credential {
        let pair = BASE64.encode(format!("{name}:{}", password.expose()).as_bytes());
        fields.push(("Authorization".to_owned(), format!("Basic {pair}")));
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
        let secret = redact && SECRET_HEADERS.contains(&&*name.to_ascii_lowercase());
        let _ = write!(text, "{name}: {}\r\n", if secret { "(redacted)" } else { value });
    }
    text + "\r\n"
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

fn ended_early(target: &str, received: &[u8]) -> Failure {
    let failure = empty_reply(target);
    if received.is_empty() {
        failure
            .and(" without an answer")
            .hint("is it a WebSocket server? For a TLS port the URL begins with wss://")
    } else {
        failure.and(format_args!(" after {} bytes of its answer", received.len()))
    }
}

fn not_an_answer(target: &str, endpoint: &Endpoint, err: HeadError) -> Failure {
    match err {
        HeadError::NotHttp(seen) => {
            let failure = Failure::new(
                Status::ProtocolViolation,
                format!("{target} did not answer the upgrade with HTTP: {seen}"),
            );
            if endpoint.is_secure() {
                failure
            } else {
                failure.hint("is it a TLS port? Then the URL begins with wss://")
            }
        }
        HeadError::TooLarge => Failure::new(
            Status::ProtocolViolation,
            format!("{target} answered the upgrade with a head of more than 64 KiB or 200 fields"),
        ),
    }
}

/// The first [`SHOWN_BODY`] bytes of a refusal's body and its chunk headers, as far as they come in time.
fn read_body(
    transport: &mut Transport,
    head: &ResponseHead,
    mut body: Vec<u8>,
    deadline: &Deadline,
) -> String {
    let patience = Deadline::after(BODY_PATIENCE, deadline.flag()).earliest(Some(*deadline));
    let wanted = head.content_length().unwrap_or(SHOWN_BODY * 2).min(SHOWN_BODY * 2);
    while body.len() < wanted && !body.ends_with(b"\r\n0\r\n\r\n") {
        match read_more(transport, &mut body, &patience) {
            Ok(1..) => {}
            Ok(0) | Err(_) => break,
        }
    }
    head.shown_body(&body)
}

fn refusal(target: &str, head: &ResponseHead, body: &str, had_credential: bool) -> Failure {
    let status = match head.status {
        401 if had_credential => Status::Unauthorized,
        _ => Status::UnexpectedStatus,
    };
    let failure =
        Failure::new(status, format!("{target} answered the upgrade with {}", head.status_and_reason()))
            .details(shown(head, body));
    match (head.status, head.values("location").next()) {
        (301 | 302 | 303 | 307 | 308, Some(location)) => failure.hint(format!("it redirects to {location}")),
        (401, _) if had_credential => failure.hint("are the name and the password right?"),
        (401, _) => failure.hint("-u NAME:PASSWORD sends a credential"),
        (200..=299 | 404 | 405, _) => {
            failure.hint("is the path right, and is there a WebSocket server behind it?")
        }
        _ => failure,
    }
}

/// Head and body as lines that begin with `<`, as with `-v`.
fn shown(head: &ResponseHead, body: &str) -> String {
    let mut text = String::new();
    for line in head.to_lines().lines() {
        let _ = writeln!(text, "< {line}");
    }
    if !body.is_empty() {
        let _ = writeln!(text, "\n{}", body.trim_end_matches(['\r', '\n']));
    }
    text
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
            credential: Some(("me".to_owned(), Secret::new("pw"))),
        };
        let fields = request_fields(&endpoint, &options, KEY);
        let sent = request_text(&endpoint, &fields, false);
        assert_eq!(
            sent,
            "GET /a?b HTTP/1.1\r\nhost: x.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: a, b\r\nAuthorization: Basic bWU6cHc=\r\nX-A: 1\r\n\r\n"
        );
        assert!(request_text(&endpoint, &fields, true).contains("Authorization: (redacted)\r\n"));
    }
}
