//! Rules of control frames (RFC 6455 §5.5): pings are answered, pongs are not, and control frames are short
//! and unfragmented.

use super::check::RuleCheck;
use crate::conformance::finding::Verdict;
use crate::conformance::harness::Harness;
use crate::conformance::harness::event::ServerEvent;
use crate::conformance::harness::frame::{CONTINUATION, PING, PONG, PROTOCOL_ERROR, RawFrame};
use crate::conformance::harness::judgement::{Judged, Judgement, Stop};
use crate::conformance::harness::survey::opcode;
use crate::protocol::Kind;

/// The rules of this file, in the order in which they are checked.
pub(crate) const CHECKS: &[RuleCheck] = &[
    RuleCheck::new("ping-answered", "5.5.2", "a ping is answered with the same payload", ping_answered),
    RuleCheck::new("ping-empty", "5.5.2", "an empty ping is answered", ping_empty),
    RuleCheck::new("ping-longest", "5.5.2", "a ping of 125 bytes is answered", ping_longest),
    RuleCheck::new("pings-in-a-row", "5.5.3", "the last of several pings is answered", pings_in_a_row),
    RuleCheck::new("ping-in-message", "5.4", "a ping between fragments is answered", ping_in_message),
    RuleCheck::new("pong-unasked", "5.5.3", "a pong that nobody asked for is ignored", pong_unsolicited),
    RuleCheck::new("long-control-refused", "5.5", "a control frame of 126 bytes is refused", long_refused),
    RuleCheck::new(
        "split-control-refused",
        "5.5",
        "a control frame in fragments is refused",
        fragmented_refused,
    ),
];

fn ping_answered(harness: &mut Harness<'_>) -> Judged {
    pong_to(harness, b"\x00wsurl\xff")
}

fn ping_empty(harness: &mut Harness<'_>) -> Judged {
    pong_to(harness, b"")
}

fn ping_longest(harness: &mut Harness<'_>) -> Judged {
    pong_to(harness, &(0..125).collect::<Vec<u8>>())
}

fn pong_to(harness: &mut Harness<'_>, sent: &[u8]) -> Judged {
    let (mut connection, _) = harness.open()?;
    connection.send(&[RawFrame::new(PING, sent)]);
    let mut other = None;
    let event = connection.until(|event| match event {
        ServerEvent::Pong(payload) if payload == sent => true,
        ServerEvent::Pong(payload) => {
            other = Some(payload.len());
            false
        }
        _ => false,
    })?;
    Ok(match (event, other) {
        (ServerEvent::Pong(_), _) => Judgement::pass(format!("pong with the same {} bytes", sent.len())),
        (_, Some(len)) => Judgement::fail(format!("pong with another payload, of {len} bytes")),
        (event, None) => Judgement::fail(event.instead_of("a pong", connection.patience())),
    })
}

fn pings_in_a_row(harness: &mut Harness<'_>) -> Judged {
    let marks: Vec<_> = (0..10).map(|_| harness.mark()).collect();
    let (mut connection, _) = harness.open()?;
    let mut answered = 0;
    for mark in &marks {
        connection.send(&[RawFrame::new(PING, &**mark)]);
    }
    let event = connection.until(|event| match event {
        ServerEvent::Pong(payload) => {
            answered += usize::from(marks.contains(payload));
            Some(payload) == marks.last()
        }
        _ => false,
    })?;
    Ok(match event {
        ServerEvent::Pong(_) => {
            Judgement::pass(format!("{answered} of {} answered, the last too", marks.len()))
        }
        event => Judgement::fail(event.instead_of("a pong to the last", connection.patience())),
    })
}

fn ping_in_message(harness: &mut Harness<'_>) -> Judged {
    in_message(harness, b"half of a message", |harness, halves| {
        let mark = harness.mark();
        let (mut connection, _) = harness.open()?;
        connection.send(&[halves.begin, RawFrame::new(PING, &*mark)]);
        let event =
            connection.until(|event| matches!(event, ServerEvent::Pong(payload) if *payload == mark))?;
        // Completes the message, so that the closing handshake does not begin inside it.
        connection.send(&[halves.rest]);
        Ok(match event {
            ServerEvent::Pong(_) => Judgement::pass("answered before the message was complete"),
            event => Judgement::fail(event.instead_of("a pong", connection.patience())),
        })
    })
}

/// A message that is sent in two frames, with something between them.
pub(super) struct Halves {
    pub(super) begin: RawFrame,
    pub(super) rest: RawFrame,
}

/// Tries something inside a message that the server accepts. If it accepts none that we know of, the first half is empty, because
/// nothing in it can be disliked; and the server is not blamed.
pub(super) fn in_message(
    harness: &mut Harness<'_>,
    own: &[u8],
    attempt: impl Fn(&mut Harness<'_>, Halves) -> Judged,
) -> Judged {
    let kinds = [Kind::Text, Kind::Binary];
    for kind in kinds {
        let message = harness.message(None, kind, own)?;
        if !message.reaction.closes() {
            let (begin, rest) = message.payload.split_at(message.payload.len() / 2);
            return attempt(harness, Halves::new(opcode(message.kind), begin, rest));
        }
    }
    let mut judgement = Judgement::inconclusive("not tried");
    for kind in kinds {
        judgement = match attempt(harness, Halves::new(opcode(kind), b"", own)) {
            Ok(judgement) | Err(Stop::Judged(judgement)) => judgement,
            Err(Stop::Interrupted) => return Err(Stop::Interrupted),
        };
        if judgement.verdict == Verdict::Pass {
            return Ok(judgement);
        }
    }
    Ok(Judgement::inconclusive(format!("{}, but it ends the connection at any message", judgement.seen)))
}

impl Halves {
    fn new(opcode: u8, begin: &[u8], rest: &[u8]) -> Self {
        Self { begin: RawFrame::new(opcode, begin).unfinished(), rest: RawFrame::new(CONTINUATION, rest) }
    }
}

fn pong_unsolicited(harness: &mut Harness<'_>) -> Judged {
    let mark = harness.mark();
    let (mut connection, behaviours) = harness.open()?;
    connection.send(&[RawFrame::new(PONG, "unasked"), RawFrame::new(PING, &*mark)]);
    let event = connection.until(|event| matches!(event, ServerEvent::Pong(payload) if *payload == mark))?;
    Ok(match event {
        ServerEvent::Pong(_) => Judgement::pass("ignored: the ping after it was answered"),
        ServerEvent::Silence if !behaviours.pongs => Judgement::inconclusive("pings are not answered"),
        event => Judgement::fail(event.instead_of("a pong to the ping after it", connection.patience())),
    })
}

fn long_refused(harness: &mut Harness<'_>) -> Judged {
    let frame = |opcode| vec![RawFrame::new(opcode, vec![b'l'; 126])];
    harness.refuses_each(PROTOCOL_ERROR, [("ping", frame(PING)), ("pong", frame(PONG))])
}

fn fragmented_refused(harness: &mut Harness<'_>) -> Judged {
    // Without the rest, so that no data can be the reason.
    harness.refuses(PROTOCOL_ERROR, &[RawFrame::new(PING, "in two").unfinished()])
}
