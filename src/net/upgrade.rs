//! The opening handshake (RFC 6455 §4): the request, and the check of the response.

use std::fmt::Write;

use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;

use super::Observer;
use super::auth::Credential;
use super::exchange::{NoHead, read_head, shown_head, shown_refusal};
use super::http::{HeadError, ResponseHead};
use super::refusal::{Identification, refusal};
use super::tls::client::tls_alert;
use super::tls::error::TlsError;
use super::transport::{Transport, WaitError};
use crate::deadline::Deadline;
use crate::endpoint::Endpoint;
use crate::error::{Failure, IoCause, Phase, Status};
use crate::protocol::{Agreement, Offer, PERMESSAGE_DEFLATE};
use crate::secret::{Secret, shown_header, shown_reference, shown_subprotocol, shown_value};

/// The field that offers extensions, and accepts them.
const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// The options of the request, beside the URL.
#[derive(Clone, Debug, Default)]
pub struct UpgradeOptions {
    /// Header fields given by the user. They replace our own fields of the same name.
    pub headers: Vec<Header>,
    /// Subprotocols to offer, the preferred one first.
    pub subprotocols: Vec<String>,
    /// Name and password of the user.
    pub credential: Option<Credential>,
    /// A bearer token (RFC 6750).
    pub bearer: Option<Secret>,
    /// The compression to offer.
    pub compression: Option<Offer>,
    /// The shortest message to compress, in bytes; `None` leaves it to the compressor.
    pub compress_min: Option<u64>,
}

impl UpgradeOptions {
    /// How the request identifies the user.
    fn identification(&self) -> Identification {
        let in_header =
            |header: &Header| header.name.eq_ignore_ascii_case("authorization") && header.value.is_some();
        if self.headers.iter().any(in_header) {
            Identification::Field
        } else if self.credential.is_some() {
            Identification::Password
        } else if self.bearer.is_some() {
            Identification::Token
        } else {
            Identification::Nothing
        }
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

impl Header {
    /// Whether the value, or a part of it, is not known to be harmless.
    pub fn holds_secret(&self) -> bool {
        let value = self.value.as_ref().map_or("", Secret::expose);
        shown_value(&self.name, value) != value
    }
}

/// The result of the opening handshake.
#[derive(Clone, Debug)]
pub struct Upgraded {
    /// The subprotocol that the server chose.
    pub subprotocol: Option<String>,
    /// The compression that was agreed on.
    pub agreement: Option<Agreement>,
    /// Bytes that followed the head: the first of the session.
    pub leftover: Vec<u8>,
}

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
    observer.request(&shown_request(endpoint, &fields));
    let target = endpoint.host_and_port();
    let request = request_text(endpoint, &fields);
    // A server that stops reading the request may have sent a response first, which says more than the write error.
    let written = transport.write_until(request.as_bytes(), deadline);
    let (mut head, leftover) = read_head(transport, deadline, observer).map_err(|err| {
        let advice = silence_advice(&err, endpoint, options);
        let failure = match (written, err) {
            (Err(err), NoHead::Ended(0)) => lost(err, endpoint, deadline),
            (_, err) => no_head(err, endpoint, deadline),
        };
        match advice {
            Some(advice) if failure.status() == Status::EmptyReply => failure.hint(advice),
            _ => failure,
        }
    })?;
    if head.status != 101 {
        let shown = shown_refusal(transport, &mut head, leftover, deadline);
        *response = Some(head.clone());
        let advice = compression_advice(&head, &shown, options);
        let failure = refusal(&target, &head, options.identification()).details(shown);
        return Err(match advice {
            Some(advice) => failure.hint(advice),
            None => failure,
        });
    }
    *response = Some(head.clone());
    let (subprotocol, agreement) = check(&head, &key, options).map_err(|why| {
        Failure::new(Status::ProtocolViolation, format!("{target} broke the opening handshake: {why}"))
            .details(shown_head(&head))
    })?;
    Ok(Upgraded { subprotocol, agreement, leftover })
}

/// The text of the request with this key, secrets included. A password goes as Basic: a Digest challenge belongs to
/// another connection.
pub fn request(endpoint: &Endpoint, options: &UpgradeOptions, key: &str) -> String {
    let authorization = options.credential.as_ref().map(Credential::basic);
    let fields = request_fields(endpoint, options, authorization.as_ref(), key);
    request_text(endpoint, &fields)
}

/// The fields of the request: our own, without those that the user replaces, then the user's.
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
    if let Some(offer) = &options.compression {
        fields.push((EXTENSIONS.to_owned(), offer.header_value()));
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
    // Host first, as RFC 9110 §7.2 recommends.
    fields.sort_by_key(|(name, _)| !name.eq_ignore_ascii_case("host"));
    fields
}

fn request_text(endpoint: &Endpoint, fields: &[(String, String)]) -> String {
    let mut text = format!("GET {} HTTP/1.1\r\n", endpoint.resource());
    for (name, value) in fields {
        // A String takes everything.
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text + "\r\n"
}

/// The request for display, without secrets.
fn shown_request(endpoint: &Endpoint, fields: &[(String, String)]) -> String {
    let mut text = format!("GET {} HTTP/1.1\n", shown_reference(endpoint.resource()));
    for (name, value) in fields {
        text.push_str(&shown_header(name, value));
        text.push('\n');
    }
    text
}

/// Checks a 101 response as RFC 6455 §4.1 asks: the subprotocol and the compression it chose.
///
/// # Errors
/// The rule that it broke.
pub fn check(
    head: &ResponseHead,
    key: &str,
    offered: &UpgradeOptions,
) -> Result<(Option<String>, Option<Agreement>), String> {
    check_switch(head, key)?;
    let extensions = head.values("sec-websocket-extensions").filter(|value| !value.is_empty());
    let agreement = Agreement::from_answer(extensions, offered.compression.as_ref())
        .map_err(|violation| violation.to_string())?;
    Ok((check_subprotocol(head, &offered.subprotocols)?, agreement))
}

/// Whether the response switches protocols in answer to this key.
fn check_switch(head: &ResponseHead, key: &str) -> Result<(), String> {
    if head.version == 0 {
        return Err("HTTP/1.0 has no 101 response (RFC 9110 §15.2)".to_owned());
    }
    let mut upgrades = head.values("upgrade").peekable();
    if upgrades.peek().is_none() {
        return Err("no 'Upgrade: websocket' in its 101 response (RFC 6455 §4.1)".to_owned());
    }
    if let Some(other) = upgrades.find(|value| !value.eq_ignore_ascii_case("websocket")) {
        return Err(format!("'Upgrade: {other}' in its 101 response, not websocket (RFC 6455 §4.1)"));
    }
    if !head.tokens("connection").any(|token| token.eq_ignore_ascii_case("upgrade")) {
        return Err("no 'Connection: Upgrade' in its 101 response (RFC 6455 §4.1)".to_owned());
    }
    let expected = derive_accept_key(key.as_bytes());
    let mut accepts = head.values("sec-websocket-accept");
    match (accepts.next(), accepts.next()) {
        (Some(value), None) if value == expected => Ok(()),
        (Some(value), None) => {
            Err(format!("Sec-WebSocket-Accept is '{value}', expected '{expected}' (RFC 6455 §4.2.2)"))
        }
        (Some(_), Some(_)) => Err("more than one Sec-WebSocket-Accept (RFC 6455 §11.3.3)".to_owned()),
        (None, _) => Err("no Sec-WebSocket-Accept in its 101 response (RFC 6455 §4.2.2)".to_owned()),
    }
}

/// The subprotocol that the response chose, which has to be one of those offered.
fn check_subprotocol(head: &ResponseHead, offered: &[String]) -> Result<Option<String>, String> {
    let mut chosen = head.values("sec-websocket-protocol").filter(|value| !value.is_empty());
    match (chosen.next(), chosen.next()) {
        (None, _) => Ok(None),
        (Some(one), None) if offered.iter().any(|offered| offered == one) => Ok(Some(one.to_owned())),
        (Some(one), None) => {
            Err(format!("subprotocol '{}' was not offered (RFC 6455 §4.1)", shown_subprotocol(one)))
        }
        (Some(_), Some(_)) => Err("more than one Sec-WebSocket-Protocol (RFC 6455 §11.3.4)".to_owned()),
    }
}

/// What to try when the refusal, whose head and body are `shown`, asks for the compression that was not offered, or
/// for another offer.
fn compression_advice(head: &ResponseHead, shown: &str, options: &UpgradeOptions) -> Option<&'static str> {
    let names = |what| matches!(head.status, 400 | 426) && shown.contains(what);
    match options.compression {
        None if names(PERMESSAGE_DEFLATE) => Some("--compress offers permessage-deflate"),
        Some(offer) if offer != Offer::default() && (names(PERMESSAGE_DEFLATE) || names(EXTENSIONS)) => {
            Some("the server may want other parameters: --compress without any leaves the choice to it")
        }
        _ => None,
    }
}

fn empty_reply(target: &str) -> Failure {
    Failure::new(Status::EmptyReply, format!("{target} closed the connection during the upgrade"))
}

/// What to try when the server ended the connection without a response.
fn silence_advice(err: &NoHead, endpoint: &Endpoint, options: &UpgradeOptions) -> Option<String> {
    match err {
        NoHead::Ended(0) | NoHead::Wait(WaitError::Io(_)) => {}
        NoHead::Ended(_)
        | NoHead::Wait(WaitError::Deadline | WaitError::Interrupted(_))
        | NoHead::Wrong(_) => return None,
    }
    let subprotocol = if options.subprotocols.is_empty() {
        "Does it expect a subprotocol (--subprotocol NAME)?"
    } else {
        "Does it know the subprotocol (--subprotocol)?"
    };
    let tls = if endpoint.is_secure() {
        "Does it want a client certificate (--cert)?"
    } else {
        "For a TLS port the URL begins with wss://"
    };
    Some(format!("is it a WebSocket server? {subprotocol} {tls}"))
}

fn lost(err: WaitError, endpoint: &Endpoint, deadline: &Deadline) -> Failure {
    match err {
        WaitError::Deadline => Failure::timeout(Phase::Upgrade, endpoint.host(), deadline),
        WaitError::Interrupted(signal) => signal.failure(),
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
        NoHead::Ended(0) => empty_reply(&target).and(" without an answer"),
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

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const GOOD: &str = "Upgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n\
                        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

    fn checked(fields: &str) -> Result<Option<String>, String> {
        let head = format!("HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n");
        let (head, _) = ResponseHead::parse(head.as_bytes()).unwrap().unwrap();
        let subprotocols = vec!["chat".to_owned(), "v2".to_owned()];
        let options = UpgradeOptions { subprotocols, ..UpgradeOptions::default() };
        check(&head, KEY, &options).map(|(subprotocol, _)| subprotocol)
    }

    #[test]
    fn a_right_answer_is_accepted() {
        assert_eq!(checked(GOOD), Ok(None));
        assert_eq!(checked(&format!("{GOOD}Sec-WebSocket-Protocol: v2\r\n")), Ok(Some("v2".to_owned())));
    }

    #[test]
    fn every_broken_rule_of_the_answer_is_named() {
        for (fields, rule) in [
            (GOOD.replace("Upgrade: WebSocket\r\n", ""), "no 'Upgrade: websocket'"),
            (GOOD.replace(": WebSocket", ": h2c"), "'Upgrade: h2c'"),
            (format!("{GOOD}Upgrade: h2c\r\n"), "'Upgrade: h2c'"),
            (GOOD.replace(": WebSocket", ": websocket, h2c"), "'Upgrade: websocket, h2c'"),
            (format!("{GOOD}Sec-WebSocket-Accept: x\r\n"), "more than one Sec-WebSocket-Accept"),
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
    fn http_1_0_cannot_switch_protocols() {
        let head = format!("HTTP/1.0 101 Switching Protocols\r\n{GOOD}\r\n");
        let (head, _) = ResponseHead::parse(head.as_bytes()).unwrap().unwrap();
        assert_eq!(
            check(&head, KEY, &UpgradeOptions::default()).unwrap_err(),
            "HTTP/1.0 has no 101 response (RFC 9110 §15.2)"
        );
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
        let sent = request_text(&endpoint, &fields);
        assert_eq!(
            sent,
            "GET /a?b HTTP/1.1\r\nhost: x.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: a, b\r\nAuthorization: Basic bWU6cHc=\r\nX-A: 1\r\n\r\n"
        );
        let shown = shown_request(&endpoint, &fields);
        assert!(
            shown.contains("\nSec-WebSocket-Protocol: a, b\nAuthorization: (redacted)\nX-A: (redacted)\n")
        );
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
