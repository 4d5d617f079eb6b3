//! Rules of the closing handshake (RFC 6455 §5.5.1, §7): the server answers every Close frame, does not echo
//! an invalid one, and closes the TCP connection.

use super::check::RuleCheck;
use super::control::in_message;
use crate::conformance::harness::Harness;
use crate::conformance::harness::echo_behaviour::EchoBehaviour;
use crate::conformance::harness::event::ServerEvent;
use crate::conformance::harness::frame::{CLOSE, PROTOCOL_ERROR, RawFrame, TEXT, close_code};
use crate::conformance::harness::judgement::{Judged, Judgement};

/// The rules of this file, in the order in which they are checked.
pub(crate) const CHECKS: &[RuleCheck] = &[
    RuleCheck::new("close-answered", "5.5.1", "a Close frame is answered with one", answered),
    RuleCheck::new("close-empty", "5.5.1", "a Close frame without a code is answered", empty_answered),
    RuleCheck::new("close-reason", "5.5.1", "a reason of 123 bytes is accepted", reason_answered),
    RuleCheck::new("close-open-codes", "7.4.2", "codes from 3000 to 4999 are accepted", open_codes_answered),
    RuleCheck::new(
        "close-in-message",
        "5.4",
        "a Close frame between fragments is answered",
        answered_in_message,
    ),
    RuleCheck::new("close-ends-tcp", "7.1.1", "the server ends the TCP connection", tcp_ended),
    RuleCheck::new("close-ends-data", "1.4", "data after a Close frame is not answered", data_discarded),
    RuleCheck::new("close-one-byte", "5.5.1", "half a close code is refused", one_byte_refused),
    RuleCheck::new(
        "close-codes-forbidden",
        "7.4.1",
        "codes 1004, 1005, 1006, 1015 are refused",
        forbidden_codes_refused,
    ),
    RuleCheck::new("close-codes-unused", "7.4.2", "codes 0 to 999 are refused", unused_codes_refused),
    RuleCheck::new(
        "close-reason-not-utf8",
        "8.1",
        "a reason that is not UTF-8 is refused",
        reason_not_utf8_refused,
    ),
];

fn answered(harness: &mut Harness<'_>) -> Judged {
    let payload = harness.answered_close(&[RawFrame::close(1000, b"")])?;
    Ok(Judgement::pass(repeated(&payload, 1000)))
}

fn empty_answered(harness: &mut Harness<'_>) -> Judged {
    let payload = harness.answered_close(&[RawFrame::new(CLOSE, "")])?;
    Ok(match close_code(&payload) {
        Some(PROTOCOL_ERROR) => Judgement::fail("refused with 1002"),
        Some(code) => Judgement::pass(format!("Close frame with {code}")),
        None => Judgement::pass("Close frame without a code"),
    })
}

fn reason_answered(harness: &mut Harness<'_>) -> Judged {
    let reason = "\u{e9}".repeat(61) + "!";
    let payload = harness.answered_close(&[RawFrame::close(1000, reason.as_bytes())])?;
    Ok(not_refused(&payload, 1000))
}

fn open_codes_answered(harness: &mut Harness<'_>) -> Judged {
    let tries = [3000, 3999, 4000, 4999].map(|code| (format!("code {code}"), code));
    harness.each(tries, |harness, code| {
        let payload = harness.answered_close(&[RawFrame::close(code, b"")])?;
        Ok(match not_refused(&payload, code) {
            judgement if close_code(&payload) == Some(code) => {
                Judgement { seen: "repeated".into(), ..judgement }
            }
            judgement => judgement,
        })
    })
}

/// A Close frame between the fragments of a message must be answered, too. The server may choose the code,
/// because it will never receive the rest of the message.
fn answered_in_message(harness: &mut Harness<'_>) -> Judged {
    in_message(harness, b"unfinished", |harness, halves| {
        let payload = harness.answered_close(&[halves.begin, RawFrame::close(1000, b"")])?;
        Ok(Judgement::pass(repeated(&payload, 1000)))
    })
}

fn tcp_ended(harness: &mut Harness<'_>) -> Judged {
    let (mut connection, _) = harness.open()?;
    connection.send(&[RawFrame::close(1000, b"")]);
    match connection.until(|_| false)? {
        ServerEvent::Close(_) => {}
        event => {
            let instead = event.instead_of("a Close frame", connection.patience());
            return Ok(Judgement::inconclusive(instead));
        }
    }
    Ok(match connection.until_end()? {
        Some(end) => Judgement::pass(end.described()),
        None => {
            Judgement::fail(format!("TCP still open {:?} after both Close frames", connection.patience()))
        }
    })
}

fn data_discarded(harness: &mut Harness<'_>) -> Judged {
    let mark = harness.mark();
    let (mut connection, behaviours) = harness.open()?;
    if behaviours.text != EchoBehaviour::Echoes {
        return Ok(Judgement::inconclusive("not an echo server"));
    }
    connection.send(&[RawFrame::close(1000, b""), RawFrame::new(TEXT, &*mark)]);
    let came_back =
        |event: &ServerEvent| matches!(event, ServerEvent::Message(_, payload) if *payload == mark);
    let (mut event, mut closed) = (connection.until(came_back)?, false);
    if matches!(event, ServerEvent::Close(_)) {
        (event, closed) = (connection.until(came_back)?, true);
    }
    Ok(match event {
        ServerEvent::Message(..) => Judgement::fail("a message after our Close frame came back"),
        ServerEvent::Silence if !closed => {
            Judgement::inconclusive("it does not answer the Close frame either")
        }
        _ => Judgement::pass("not answered"),
    })
}

fn one_byte_refused(harness: &mut Harness<'_>) -> Judged {
    harness.refuses_close(PROTOCOL_ERROR, &RawFrame::new(CLOSE, [3]))
}

/// Codes that are reserved, or that only describe an event locally and are never sent.
fn forbidden_codes_refused(harness: &mut Harness<'_>) -> Judged {
    codes_refused(harness, &[1004, 1005, 1006, 1015])
}

fn unused_codes_refused(harness: &mut Harness<'_>) -> Judged {
    codes_refused(harness, &[0, 999])
}

fn codes_refused(harness: &mut Harness<'_>, codes: &[u16]) -> Judged {
    let tries = codes.iter().map(|code| (format!("code {code}"), *code));
    harness.each(tries, |harness, code| harness.refuses_close(PROTOCOL_ERROR, &RawFrame::close(code, b"")))
}

fn reason_not_utf8_refused(harness: &mut Harness<'_>) -> Judged {
    harness.refuses_close(1007, &RawFrame::close(1000, b"\xce\xba\xe1\xbd\xff"))
}

/// Describes the Close frame with this payload that answered one with `code`. Servers usually repeat the
/// code.
fn repeated(payload: &[u8], code: u16) -> String {
    match close_code(payload) {
        Some(same) if same == code => format!("Close frame with {code}"),
        Some(other) => format!("Close frame with {other}; {code} again is usual"),
        None => format!("Close frame without a code; {code} again is usual"),
    }
}

fn not_refused(payload: &[u8], code: u16) -> Judgement {
    match close_code(payload) {
        Some(refused @ (PROTOCOL_ERROR | 1007)) => Judgement::fail(format!("refused with {refused}")),
        _ => Judgement::pass(repeated(payload, code)),
    }
}
