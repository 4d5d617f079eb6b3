//! Rules of the closing handshake (RFC 6455 §5.5.1, §7): every Close frame is answered, bad ones are not repeated, and the
//! server ends the TCP connection.

use super::frame::{CLOSE, RawFrame, TEXT, close_code};
use super::framing::PROTOCOL_ERROR;
use super::judgement::{Judged, Judgement};
use super::lab::{Habit, Lab};
use super::peer::Event;

/// A Close frame is answered.
pub(super) fn answered(lab: &mut Lab<'_>) -> Judged {
    let payload = lab.answered_close(&[RawFrame::close(1000, b"")])?;
    Ok(Judgement::pass(repeated(&payload, 1000)))
}

/// Also one without a code.
pub(super) fn empty_answered(lab: &mut Lab<'_>) -> Judged {
    let payload = lab.answered_close(&[RawFrame::new(CLOSE, "")])?;
    Ok(match close_code(&payload) {
        Some(PROTOCOL_ERROR) => Judgement::fail("refused with 1002"),
        Some(code) => Judgement::pass(format!("Close frame with {code}")),
        None => Judgement::pass("Close frame without a code"),
    })
}

/// Also one with the longest reason.
pub(super) fn reason_answered(lab: &mut Lab<'_>) -> Judged {
    let reason = "\u{e9}".repeat(61) + "!";
    let payload = lab.answered_close(&[RawFrame::close(1000, reason.as_bytes())])?;
    Ok(not_refused(&payload, 1000))
}

/// Also one with a code of applications or libraries.
pub(super) fn open_codes_answered(lab: &mut Lab<'_>) -> Judged {
    let tries = [3000, 3999, 4000, 4999].map(|code| (format!("code {code}"), code));
    lab.each(tries, |lab, code| {
        let payload = lab.answered_close(&[RawFrame::close(code, b"")])?;
        Ok(match not_refused(&payload, code) {
            judgement if close_code(&payload) == Some(code) => {
                Judgement { seen: "repeated".into(), ..judgement }
            }
            judgement => judgement,
        })
    })
}

/// Also between the fragments of a message; with what code is up to the server, which will never see the rest.
pub(super) fn answered_in_message(lab: &mut Lab<'_>) -> Judged {
    let begin = RawFrame::new(TEXT, "unfinished").unfinished();
    let payload = lab.answered_close(&[begin, RawFrame::close(1000, b"")])?;
    Ok(Judgement::pass(repeated(&payload, 1000)))
}

/// The server ends the TCP connection after that.
pub(super) fn tcp_ended(lab: &mut Lab<'_>) -> Judged {
    let (mut peer, _) = lab.open()?;
    peer.send(&[RawFrame::close(1000, b"")]);
    match peer.until(|_| false)? {
        Event::Close(_) => {}
        event => {
            let instead = event.instead_of("a Close frame", peer.patience());
            return Ok(Judgement::inconclusive(instead));
        }
    }
    Ok(match peer.until_end()? {
        Some(end) => Judgement::pass(end.described()),
        None => Judgement::fail(format!("TCP still open {:?} after both Close frames", peer.patience())),
    })
}

/// What follows our Close frame is not looked at.
pub(super) fn data_discarded(lab: &mut Lab<'_>) -> Judged {
    let mark = lab.mark();
    let (mut peer, habits) = lab.open()?;
    if habits.text != Habit::Echoes {
        return Ok(Judgement::inconclusive("not an echo server"));
    }
    peer.send(&[RawFrame::close(1000, b""), RawFrame::new(TEXT, &*mark)]);
    let came_back = |event: &Event| matches!(event, Event::Message(_, payload) if *payload == mark);
    let (mut event, mut closed) = (peer.until(came_back)?, false);
    if matches!(event, Event::Close(_)) {
        (event, closed) = (peer.until(came_back)?, true);
    }
    Ok(match event {
        Event::Message(..) => Judgement::fail("a message after our Close frame came back"),
        Event::Silence if !closed => Judgement::inconclusive("it does not answer the Close frame either"),
        _ => Judgement::pass("not answered"),
    })
}

/// A code has two bytes.
pub(super) fn one_byte_refused(lab: &mut Lab<'_>) -> Judged {
    lab.refuses_close(PROTOCOL_ERROR, &RawFrame::new(CLOSE, [3]))
}

/// Codes that are reserved, or stand for an event and are never sent.
pub(super) fn forbidden_codes_refused(lab: &mut Lab<'_>) -> Judged {
    codes_refused(lab, &[1004, 1005, 1006, 1015])
}

/// Codes below all that are defined.
pub(super) fn unused_codes_refused(lab: &mut Lab<'_>) -> Judged {
    codes_refused(lab, &[0, 999])
}

fn codes_refused(lab: &mut Lab<'_>, codes: &[u16]) -> Judged {
    let tries = codes.iter().map(|code| (format!("code {code}"), *code));
    lab.each(tries, |lab, code| lab.refuses_close(PROTOCOL_ERROR, &RawFrame::close(code, b"")))
}

/// A reason is UTF-8.
pub(super) fn reason_not_utf8_refused(lab: &mut Lab<'_>) -> Judged {
    lab.refuses_close(1007, &RawFrame::close(1000, b"\xce\xba\xe1\xbd\xff"))
}

/// A Close frame with this payload answers one with `code`, which is usually repeated.
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
