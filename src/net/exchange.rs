//! Reads the head of an HTTP response from a server or an HTTP proxy, and prepares a refusal for display.

use std::fmt::Write;
use std::time::Duration;

use super::Observer;
use super::http::{HeadError, ResponseHead, SHOWN_BODY};
use super::transport::{Transport, WaitError};
use crate::deadline::Deadline;

/// How long the body of a refusal is awaited: it is only shown.
const BODY_PATIENCE: Duration = Duration::from_secs(2);

/// Why there is no head.
#[derive(Debug)]
pub(super) enum NoHead {
    /// The wait has failed.
    Wait(WaitError),
    /// The connection ended after this many bytes of it.
    Ended(usize),
    /// The bytes are no head.
    Wrong(HeadError),
}

/// Reads the head of a final response, and the bytes that arrived behind it. Skips interim responses (RFC 9110 §15.2)
/// except 101, which is final here.
pub(super) fn read_head(
    transport: &mut Transport,
    deadline: &Deadline,
    observer: &mut dyn Observer,
) -> Result<(ResponseHead, Vec<u8>), NoHead> {
    let mut received = Vec::new();
    loop {
        match ResponseHead::parse(&received).map_err(NoHead::Wrong)? {
            Some((head, used)) => {
                received.drain(..used);
                observer.response(&head.to_lines());
                if head.status >= 200 || head.status == 101 {
                    return Ok((head, received));
                }
            }
            None => match read_more(transport, &mut received, deadline) {
                Ok(0) => return Err(NoHead::Ended(received.len())),
                Ok(_) => {}
                Err(err) => return Err(NoHead::Wait(err)),
            },
        }
    }
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

/// A refusal as lines that begin with `<`, and the beginning of its body, as far as it arrives in time. `head` keeps the
/// body, too.
pub(super) fn shown_refusal(
    transport: &mut Transport,
    head: &mut ResponseHead,
    body: Vec<u8>,
    deadline: &Deadline,
) -> String {
    head.body = read_body(transport, head, body, deadline);
    let mut text = shown_head(head);
    if !head.body.is_empty() {
        let _ = writeln!(text, "\n{}", head.body.trim_end_matches(['\r', '\n']));
    }
    text
}

/// A head as lines that begin with `<`.
pub(super) fn shown_head(head: &ResponseHead) -> String {
    head.to_lines().lines().fold(String::new(), |text, line| format!("{text}< {line}\n"))
}

/// The first [`SHOWN_BODY`] bytes of a body and its chunk headers.
fn read_body(
    transport: &mut Transport,
    head: &ResponseHead,
    mut body: Vec<u8>,
    deadline: &Deadline,
) -> String {
    let patience = Deadline::after(BODY_PATIENCE, deadline.flag()).earliest(Some(*deadline));
    let wanted = head.content_length().unwrap_or(SHOWN_BODY * 2).min(SHOWN_BODY * 2);
    while body.len() < wanted && !body.ends_with(b"\r\n0\r\n\r\n") && body != b"0\r\n\r\n" {
        match read_more(transport, &mut body, &patience) {
            Ok(1..) => {}
            Ok(0) | Err(_) => break,
        }
    }
    head.shown_body(&body)
}
