//! The opening handshake of the server (RFC 6455 §4.2): turns a request into a response. Pure. tungstenite
//! decides which requests are valid.

use memchr::memmem;
use tungstenite::error::ProtocolError;
use tungstenite::handshake::machine::TryParse;
use tungstenite::handshake::server::{Request, create_response, write_response};
use tungstenite::http::{HeaderValue, Response, StatusCode};
use tungstenite::{Error, http};

use crate::protocol::Agreement;

/// The largest request head that is accepted, in bytes.
const MOST: usize = 64 * 1024;

/// Up to this size, even an incomplete head is parsed, so that bytes that are not HTTP are refused soon.
const EARLY: usize = 1024;

/// The answer to a request.
#[derive(Debug)]
pub(super) enum Answer {
    /// The request is incomplete.
    Incomplete,
    /// Send this response. The frames begin after `length` bytes of input; they are compressed as agreed.
    Accepted { response: Vec<u8>, length: usize, agreement: Option<Agreement> },
    /// Send this response, then close the connection.
    Refused(Vec<u8>),
}

/// The answer to the bytes received so far, from a server with these subprotocols.
pub(super) fn answer(head: &[u8], subprotocols: &[String]) -> Answer {
    match accept(head, subprotocols) {
        Ok(Some(answer)) => answer,
        Ok(None) if head.len() < MOST => Answer::Incomplete,
        Ok(None) => Answer::Refused(refusal(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "too large")),
        Err(err) => Answer::Refused(refusal(status(&err), &err.to_string())),
    }
}

fn accept(head: &[u8], subprotocols: &[String]) -> Result<Option<Answer>, Error> {
    if head.len() > EARLY && memmem::find(head, b"\r\n\r\n").is_none() {
        return Ok(None);
    }
    let Some((length, request)) = Request::try_parse(head)? else { return Ok(None) };
    let mut response = create_response(&request)?;
    if let Some(chosen) = choose(&request, subprotocols) {
        response.headers_mut().insert(http::header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_str(chosen)?);
    }
    let agreed = agree(&request);
    if let Some((_, answer)) = &agreed {
        let value = HeaderValue::from_str(answer)?;
        response.headers_mut().insert(http::header::SEC_WEBSOCKET_EXTENSIONS, value);
    }
    let mut bytes = Vec::new();
    write_response(&mut bytes, &response)?;
    let agreement = agreed.map(|(agreement, _)| agreement);
    Ok(Some(Answer::Accepted { response: bytes, length, agreement }))
}

/// Accepts the first acceptable offer of compression, in one header field or several. Returns the agreement
/// and the value of the response's field.
fn agree(request: &Request) -> Option<(Agreement, String)> {
    let lines = request.headers().get_all(http::header::SEC_WEBSOCKET_EXTENSIONS);
    lines.iter().filter_map(|line| line.to_str().ok()).find_map(Agreement::accept)
}

/// The first of the client's subprotocols that is one of ours, in one header field or several (RFC 6455
/// §4.2.2). The client lists the one it prefers first.
fn choose<'a>(request: &Request, ours: &'a [String]) -> Option<&'a str> {
    let lines = request.headers().get_all(http::header::SEC_WEBSOCKET_PROTOCOL);
    let offers = lines.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    let ours = |offer: &str| ours.iter().find(|name| *name == offer).map(String::as_str);
    offers.map(str::trim).find_map(ours)
}

fn status(err: &Error) -> StatusCode {
    match err {
        Error::Protocol(ProtocolError::WrongHttpMethod) => StatusCode::METHOD_NOT_ALLOWED,
        Error::Protocol(
            ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::MissingUpgradeWebSocketHeader
            | ProtocolError::MissingSecWebSocketVersionHeader,
        ) => StatusCode::UPGRADE_REQUIRED,
        Error::Capacity(_) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn refusal(status: StatusCode, why: &str) -> Vec<u8> {
    let body = format!("This is an echo server for WebSockets: {why}\n");
    let mut response = Response::builder().status(status).header("Content-Type", "text/plain");
    if status == StatusCode::UPGRADE_REQUIRED {
        response = response.header("Upgrade", "websocket").header("Sec-WebSocket-Version", "13");
    }
    let response = response.header("Connection", "close").header("Content-Length", body.len());
    let mut bytes = Vec::new();
    let written = response.body(()).map_err(Error::from).and_then(|head| write_response(&mut bytes, &head));
    debug_assert!(written.is_ok(), "every field of it is well-formed");
    bytes.extend_from_slice(body.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    /// The response, including its status line, to the valid request with these lines added.
    fn answered(more: &str, ours: &[&str]) -> String {
        let ours: Vec<_> = ours.iter().map(|&name| name.to_owned()).collect();
        match answer(format!("{GOOD}{more}\r\n").as_bytes(), &ours) {
            Answer::Accepted { response, .. } => String::from_utf8(response).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn refused(request: &str) -> String {
        match answer(request.as_bytes(), &[]) {
            Answer::Refused(response) => String::from_utf8(response).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_request_may_come_a_byte_at_a_time_with_frames_behind_it() {
        let request = format!("{GOOD}\r\n");
        for end in 0..request.len() {
            let so_far = answer(&request.as_bytes()[..end], &[]);
            assert!(matches!(so_far, Answer::Incomplete), "{end}: {so_far:?}");
        }
        match answer(format!("{request}frames").as_bytes(), &[]) {
            Answer::Accepted { response, length, .. } => {
                let response = String::from_utf8(response).unwrap();
                assert!(response.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{response}");
                assert!(response.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{response}");
                assert_eq!(length, request.len());
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_clients_first_subprotocol_that_is_ours_is_chosen() {
        let line = |names: &str| format!("Sec-WebSocket-Protocol: {names}\r\n");
        for (offered, ours, chosen) in [
            (line("a, b"), &["b", "a"][..], Some("a")),
            (line("a,b"), &["b"], Some("b")),
            (line("x") + &line("y, b") + &line("a"), &["a", "b"], Some("b")),
            (line(" ,, a"), &["a"], Some("a")),
            (line("a, b"), &["A"], None),
            (line("a, b"), &[], None),
            (String::new(), &["a"], None),
        ] {
            let response = answered(&offered, ours).to_lowercase();
            let expected = chosen.map(|name| format!("sec-websocket-protocol: {name}\r\n"));
            let found = response.contains("sec-websocket-protocol");
            assert_eq!(found, expected.is_some(), "{offered} {ours:?}: {response}");
            assert!(response.contains(&expected.unwrap_or_default()), "{offered} {ours:?}: {response}");
        }
    }

    #[test]
    fn compression_is_agreed_to_when_it_is_offered() {
        let line = |offers: &str| format!("Sec-WebSocket-Extensions: {offers}\r\n");
        for (offered, answer) in [
            (String::new(), None),
            (line("foo"), None),
            (line("permessage-deflate; server_max_window_bits=7"), None),
            (line("permessage-deflate; client_max_window_bits"), Some("permessage-deflate")),
            (
                line("foo") + &line("permessage-deflate; server_max_window_bits=10"),
                Some("permessage-deflate; server_max_window_bits=10"),
            ),
        ] {
            let response = answered(&offered, &[]).to_lowercase();
            let (_, extensions) = response.split_once("sec-websocket-extensions: ").unzip();
            let value = extensions.and_then(|rest| rest.lines().next());
            assert_eq!(value, answer, "{offered}");
        }
    }

    #[test]
    fn what_is_no_upgrade_is_told_what_is_missing() {
        let plain = refused("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assert!(plain.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{plain}");
        assert!(plain.to_lowercase().contains("\r\nupgrade: websocket\r\n"), "{plain}");
        let old = refused(&format!("{GOOD}\r\n").replace("Version: 13", "Version: 8"));
        assert!(old.to_lowercase().contains("\r\nsec-websocket-version: 13\r\n"), "{old}");
        for (request, status) in [
            (format!("{GOOD}\r\n").replace("GET", "POST"), "405"),
            (format!("{GOOD}\r\n").replace("dGhl", ""), "400"),
            ("\u{16}\u{3}\u{1}".to_owned(), "400"),
        ] {
            let response = refused(&request);
            assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
        }
    }

    #[test]
    fn a_head_without_end_is_refused() {
        let endless = format!("{GOOD}X: {}", "x".repeat(MOST));
        assert!(refused(&endless).starts_with("HTTP/1.1 431 "));
    }
}
