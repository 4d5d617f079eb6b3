//! More than a server can hold: messages without end, messages that inflate, empty fragments, and pings whose pongs nobody reads
//! (RFC 6455 §10.4, RFC 7692 §9).

use std::time::{Duration, Instant};

use super::super::check::RuleCheck;
use super::super::deflate::{USUAL, compressed_zeros};
use crate::conformance::harness::Harness;
use crate::conformance::harness::event::{ConnectionEnd, ServerEvent};
use crate::conformance::harness::flood::Progress;
use crate::conformance::harness::frame::{BINARY, CONTINUATION, PING, RawFrame, TEXT};
use crate::conformance::harness::judgement::{Judged, Judgement, Stop};
use crate::conformance::harness::raw_connection::RawConnection;
use crate::conformance::harness::refusals::{closed, dropped};
use crate::conformance::harness::survey::opcode;
use crate::protocol::Kind;

/// The rules of this file, in the order in which they are checked.
pub(crate) const CHECKS: &[RuleCheck] = &[
    RuleCheck::new("message-endless", "10.4", "a message beyond 128 MiB is refused", message_endless),
    RuleCheck::new(
        "message-inflated",
        "9",
        "a message that inflates to 256 MiB is refused",
        message_inflated,
    )
    .of(7692),
    RuleCheck::new("fragments-endless", "10.4", "20000 empty fragments do no harm", fragments_endless),
    RuleCheck::new("pings-endless", "10.4", "16 MiB of pings do no harm", pings_endless),
];

/// The close codes for a message that is too big, and for what a policy forbids (RFC 6455 §7.4.1).
const TOO_BIG: u16 = 1009;
const POLICY: u16 = 1008;

/// A message that is larger than this has no bound, in bytes: servers have bounds of up to 100 MiB by default.
const BOUND: usize = 128 << 20;

/// Bytes of one fragment of it, and fragments that are written at once.
const FRAGMENT: usize = 64 << 10;
const AT_ONCE: usize = 16;

/// How many empty fragments are sent, and how many of them at once.
const EMPTY_FRAGMENTS: usize = 20_000;
const EMPTY_AT_ONCE: usize = 500;

/// Bytes of pings that are sent while no pong is read: more than the system's buffers hold.
const PINGS: usize = 16 << 20;
const PINGS_AT_ONCE: usize = 512;

const ANSWERED: &str = "the ping after them was answered";

/// A server that reads nothing for so long has stopped reading.
const STOPPED: Duration = Duration::from_millis(300);

/// Sends a message in fragments that do not end. Bytes that were sent may lie in the buffers of two kernels: only the answer to a ping
/// after them shows that the server has read them, however long that takes.
fn message_endless(harness: &mut Harness<'_>) -> Judged {
    let behaviours = harness.behaviours()?;
    let is_taken = |kind| !behaviours.own_message(kind, b"").reaction.closes();
    let Some(kind) = [Kind::Binary, Kind::Text].into_iter().find(|kind| is_taken(*kind)) else {
        return Ok(Judgement::inconclusive("it ends the connection at any message"));
    };
    let mark = harness.mark();
    let (mut connection, _) = harness.open()?;
    connection.send(&[RawFrame::new(opcode(kind), "w").unfinished()]);
    let fragment = RawFrame::new(CONTINUATION, vec![b'w'; FRAGMENT]).unfinished();
    let fragments = connection.encoded(&vec![fragment; AT_ONCE]);
    let mut sent = 0;
    while sent < BOUND {
        match connection.push(&fragments)? {
            Progress::Sent => sent += FRAGMENT * AT_ONCE,
            Progress::Stopped => {
                return Ok(Judgement::inconclusive(format!("stopped reading after {}", mib(sent))));
            }
            Progress::Late => {
                let seen = format!("{} were taken in the time (--rule-timeout)", mib(sent));
                return Ok(Judgement::inconclusive(seen));
            }
            Progress::Answered(
                ServerEvent::Message(..) | ServerEvent::Ended(ConnectionEnd::Unreadable(_)),
            ) => {
                return Ok(passed_on());
            }
            Progress::Answered(event) => {
                return Ok(refusal(&event, TOO_BIG, &format!(", after {}", mib(sent))));
            }
        }
    }
    connection.send(&[RawFrame::new(PING, &*mark)]);
    let event = connection.until(|event| match event {
        ServerEvent::Pong(payload) => *payload == mark,
        event => matches!(event, ServerEvent::Message(..)),
    })?;
    let sent = mib(sent);
    Ok(match event {
        ServerEvent::Pong(_) => Judgement::fail(format!("{sent} of one message were taken: {ANSWERED}")),
        ServerEvent::Message(..) | ServerEvent::Ended(ConnectionEnd::Unreadable(_)) => passed_on(),
        ServerEvent::Silence => Judgement::inconclusive(format!(
            "{sent} of one message were sent; the ping after them was not answered within {:?}",
            connection.patience()
        )),
        event => refusal(&event, TOO_BIG, &format!(", after {sent}")),
    })
}

fn passed_on() -> Judgement {
    Judgement::inconclusive("it passes on the beginning of a message")
}

fn mib(bytes: usize) -> String {
    format!("{} MiB", bytes >> 20)
}

/// The judgement of an end of the connection, which is a refusal.
fn refusal(event: &ServerEvent, code: u16, when: &str) -> Judgement {
    match event {
        ServerEvent::Close(payload) => Judgement::pass(closed(payload, code) + when),
        ServerEvent::Ended(ConnectionEnd::Unreadable(what)) => {
            Judgement::inconclusive(format!("answered with {what}"))
        }
        ServerEvent::Ended(end) => Judgement::pass(dropped(end, code) + when),
        ServerEvent::Message(..) | ServerEvent::Pong(_) | ServerEvent::Silence => {
            Judgement::inconclusive("it is silent")
        }
    }
}

/// Sends a message that inflates to far more. A server may inflate it beside its other work, and refuse it after the answer to a ping: the
/// message has to come back, or one that was sent after it.
fn message_inflated(harness: &mut Harness<'_>) -> Judged {
    harness.compressed(USUAL, |harness, agreement| {
        let bomb = compressed_zeros(agreement.client_max_window_bits);
        let what = format!("256 MiB from {} KiB", bomb.len() / 1024);
        let (ping, after) = (harness.mark(), harness.mark());
        let (mut connection, behaviours) = harness.open()?;
        let echoed = [Kind::Text, Kind::Binary]
            .into_iter()
            .find(|kind| behaviours.own_message(*kind, &after).reaction.is_answer());
        let frame = |kind| RawFrame::new(opcode(kind), &*after);
        connection.send(&[RawFrame::new(BINARY, bomb).reserved(0x4), RawFrame::new(PING, &*ping)]);
        connection.send(&echoed.map(frame).into_iter().collect::<Vec<_>>());
        let mut is_answered = false;
        let event = connection.until(|event| {
            is_answered |= matches!(event, ServerEvent::Pong(payload) if *payload == ping);
            matches!(event, ServerEvent::Message(_, payload) if *payload == after)
        })?;
        drop(connection);
        harness.doubts_presence();
        Ok(match event {
            ServerEvent::Message(..) => {
                Judgement::fail(format!("{what} were taken: the message after them came back"))
            }
            ServerEvent::Ended(ConnectionEnd::Unreadable(came)) => {
                Judgement::fail(format!("{what} were taken: it answered with {came}"))
            }
            ServerEvent::Pong(_) | ServerEvent::Silence if is_answered => {
                Judgement::inconclusive(format!("{what} were not refused in time; {ANSWERED}"))
            }
            ServerEvent::Pong(_) | ServerEvent::Silence => {
                Judgement::inconclusive(format!("{what} were not refused in time"))
            }
            event => refusal(&event, TOO_BIG, ""),
        })
    })
}

fn fragments_endless(harness: &mut Harness<'_>) -> Judged {
    let mark = harness.mark();
    let (mut connection, _) = harness.open()?;
    connection.send(&[RawFrame::new(TEXT, "").unfinished()]);
    let empty = RawFrame::new(CONTINUATION, "").unfinished();
    let fragments = connection.encoded(&vec![empty; EMPTY_AT_ONCE]);
    let (mut sent, mut refused) = (0, None);
    while sent < EMPTY_FRAGMENTS {
        match connection.push(&fragments)? {
            Progress::Sent | Progress::Answered(ServerEvent::Message(..) | ServerEvent::Pong(_)) => {
                sent += EMPTY_AT_ONCE;
            }
            Progress::Stopped | Progress::Late => break,
            Progress::Answered(event) => {
                refused = Some(refusal(&event, POLICY, ""));
                break;
            }
        }
    }
    if refused.is_none() {
        // Until the server has read them: before that it serves others in any case.
        connection.send(&[RawFrame::new(PING, &*mark)]);
        let event =
            connection.until(|event| matches!(event, ServerEvent::Pong(payload) if *payload == mark))?;
        if matches!(event, ServerEvent::Close(_) | ServerEvent::Ended(_)) {
            refused = Some(refusal(&event, POLICY, ""));
        }
    }
    drop(connection);
    others_are_served(harness, refused, &format!("{sent} empty fragments"))
}

fn pings_endless(harness: &mut Harness<'_>) -> Judged {
    let (mut connection, _) = harness.open()?;
    let pings = connection.encoded(&vec![RawFrame::new(PING, [b'w'; 125]); PINGS_AT_ONCE]);
    let (mut sent, mut refused) = (0, None);
    while sent < PINGS && refused.is_none() {
        match connection.push_blindly(&pings, STOPPED)? {
            Progress::Sent => sent += pings.len(),
            Progress::Stopped => {
                refused = Some(Judgement::pass(format!("stopped reading after {}", mib(sent))));
            }
            Progress::Late => break,
            Progress::Answered(event) => refused = Some(refusal(&event, POLICY, "")),
        }
    }
    if refused.is_none() && sent >= PINGS {
        refused = count_pongs(&mut connection, sent * PINGS_AT_ONCE / pings.len())?;
    }
    drop(connection);
    others_are_served(harness, refused, &format!("{} of pings", mib(sent)))
}

/// All pongs come only from a server that has kept them for a client that reads nothing.
fn count_pongs(connection: &mut RawConnection<'_>, sent: usize) -> Result<Option<Judgement>, Stop> {
    let mut pongs = 0;
    connection.until(|event| {
        pongs += usize::from(matches!(event, ServerEvent::Pong(_)));
        pongs == sent
    })?;
    Ok((pongs == sent)
        .then(|| Judgement::inconclusive(format!("it kept {sent} pongs for a client that read none"))))
}

/// Other clients are served after that, whatever became of this one.
fn others_are_served(harness: &mut Harness<'_>, seen: Option<Judgement>, what: &str) -> Judged {
    let mark = harness.mark();
    let begun = Instant::now();
    let (mut connection, behaviours) = harness.open()?;
    connection.send(&[RawFrame::new(PING, &*mark)]);
    let event = connection.until(|event| matches!(event, ServerEvent::Pong(payload) if *payload == mark))?;
    let patience = connection.patience();
    drop(connection);
    let after = begun.elapsed();
    harness.doubts_presence();
    Ok(match (event, seen) {
        (_, Some(judgement)) => judgement,
        (ServerEvent::Pong(_), None) => {
            Judgement::pass(format!("{what} were taken; another client was answered after {after:.0?}"))
        }
        (_, None) if behaviours.pongs => Judgement::inconclusive(format!(
            "{what} were taken; another client was not answered within {patience:?}"
        )),
        (_, None) => Judgement::pass(format!("{what} were taken; another client can connect")),
    })
}
