//! Rules of messages (RFC 6455 §5.4, §5.6, §8.1): fragments make up one message, text is UTF-8, and huge
//! messages do no harm.

use super::check::RuleCheck;
use crate::conformance::harness::Harness;
use crate::conformance::harness::arrivals::{Proof, in_fragments};
use crate::conformance::harness::event::{ConnectionEnd, ServerEvent};
use crate::conformance::harness::frame::{BINARY, CONTINUATION, PING, PONG, PROTOCOL_ERROR, RawFrame, TEXT};
use crate::conformance::harness::judgement::{Judged, Judgement};
use crate::conformance::harness::refusals::{closed, dropped};
use crate::protocol::Kind;

/// The rules of this file, in the order in which they are checked.
pub(crate) const CHECKS: &[RuleCheck] = &[
    RuleCheck::new("text-fragmented", "5.4", "fragments of text are put together", text_fragmented),
    RuleCheck::new("binary-fragmented", "5.4", "binary fragments are put together", binary_fragmented),
    RuleCheck::new("fragments-empty", "5.4", "fragments may be empty", fragments_empty),
    RuleCheck::new("control-between", "5.4", "control frames may come between fragments", control_between),
    RuleCheck::new("message-empty", "5.6", "a message may be empty", message_empty),
    RuleCheck::new("binary-any-bytes", "5.6", "a binary message may hold any bytes", binary_any_bytes),
    RuleCheck::new("text-unicode", "5.6", "text may hold any character", text_unicode),
    RuleCheck::new("character-split", "5.6", "a character may be split between fragments", character_split),
    RuleCheck::new("continuation-orphan", "5.4", "a continuation of nothing is refused", continuation_orphan),
    RuleCheck::new("message-in-message", "5.4", "a message within another is refused", message_in_message),
    RuleCheck::new("utf8-invalid", "8.1", "text that is not UTF-8 is refused", utf8_invalid),
    RuleCheck::new("utf8-invalid-split", "8.1", "also across fragments", utf8_invalid_split),
    RuleCheck::new("utf8-truncated", "8.1", "text that ends within a character is refused", utf8_truncated),
    RuleCheck::new("utf8-overlong", "8.1", "overlong characters are refused", utf8_overlong),
    RuleCheck::new("utf8-surrogate", "8.1", "surrogates are refused", utf8_surrogate),
    RuleCheck::new("utf8-beyond", "8.1", "characters beyond U+10FFFF are refused", utf8_beyond),
    RuleCheck::new("message-huge", "10.4", "an endless message does no harm", message_huge),
];

/// The close code for data that is invalid for its message type (RFC 6455 §7.4.1).
const INVALID_DATA: u16 = 1007;

/// The close code for a message that is too big (RFC 6455 §7.4.1).
const TOO_BIG: u16 = 1009;

/// Bytes sent of a message whose header announces many more.
const BEGIN_OF_HUGE: usize = 16 * 1024;

/// The fragments of a message; the first has this opcode.
fn fragments(opcode: u8, pieces: &[&[u8]]) -> Vec<RawFrame> {
    let frame = |(i, piece): (usize, &&[u8])| {
        let frame = RawFrame::new(if i == 0 { opcode } else { CONTINUATION }, *piece);
        if i + 1 == pieces.len() { frame } else { frame.unfinished() }
    };
    pieces.iter().enumerate().map(frame).collect()
}

fn text_fragmented(harness: &mut Harness<'_>) -> Judged {
    let own: &[u8] = b"one message in three parts";
    harness.takes_any(Some(Kind::Text), (Kind::Text, own), Proof::Echo, |opcode, payload| {
        in_fragments(opcode, payload, 3)
    })
}

fn binary_fragmented(harness: &mut Harness<'_>) -> Judged {
    let own: &[u8] = b"\x00\x01\xfe\xff";
    harness.takes_any(Some(Kind::Binary), (Kind::Binary, own), Proof::Echo, |opcode, payload| {
        in_fragments(opcode, payload, 3)
    })
}

fn fragments_empty(harness: &mut Harness<'_>) -> Judged {
    let own: &[u8] = b"not all empty";
    harness.takes_any(None, (Kind::Text, own), Proof::Pong, |opcode, payload| {
        fragments(opcode, &[b"", b"", payload, b""])
    })
}

fn control_between(harness: &mut Harness<'_>) -> Judged {
    let own: &[u8] = b"with a ping and a pong between";
    harness.takes_any(None, (Kind::Text, own), Proof::Echo, |opcode, payload| {
        let mut frames = in_fragments(opcode, payload, 3);
        frames.insert(2, RawFrame::new(PONG, "PONG"));
        frames.insert(1, RawFrame::new(PING, "PING"));
        frames
    })
}

fn message_empty(harness: &mut Harness<'_>) -> Judged {
    harness.takes_frames(Kind::Text, b"", Proof::Pong, &[RawFrame::new(TEXT, "")])
}

fn binary_any_bytes(harness: &mut Harness<'_>) -> Judged {
    let payload: Vec<u8> = (0..=255).rev().collect();
    harness.takes_frames(Kind::Binary, &payload, Proof::Pong, &[RawFrame::new(BINARY, &*payload)])
}

fn text_unicode(harness: &mut Harness<'_>) -> Judged {
    let text = "1 \u{7f} \u{80} \u{7ff} \u{800} \u{ffff} \u{10000} \u{10ffff}";
    harness.takes_frames(Kind::Text, text.as_bytes(), Proof::Pong, &[RawFrame::new(TEXT, text)])
}

fn character_split(harness: &mut Harness<'_>) -> Judged {
    let frames = fragments(TEXT, &[b"5 \xE2", b"", b"\x82", b"\xAC"]);
    harness.takes_frames(Kind::Text, "5 \u{20ac}".as_bytes(), Proof::Pong, &frames)
}

fn continuation_orphan(harness: &mut Harness<'_>) -> Judged {
    let tries =
        [("the last", true), ("not the last", false)].map(|(name, is_last)| (name.to_owned(), is_last));
    harness.each(tries, |harness, is_last| {
        harness.refuses_any(PROTOCOL_ERROR, b"of nothing", |_, payload| {
            let orphan = RawFrame::new(CONTINUATION, payload);
            vec![if is_last { orphan } else { orphan.unfinished() }]
        })
    })
}

fn message_in_message(harness: &mut Harness<'_>) -> Judged {
    harness.refuses_any(PROTOCOL_ERROR, b"outer inner", |opcode, payload| {
        let (outer, inner) = payload.split_at(payload.len() / 2);
        vec![RawFrame::new(opcode, outer).unfinished(), RawFrame::new(opcode, inner)]
    })
}

fn utf8_invalid(harness: &mut Harness<'_>) -> Judged {
    let text = |bytes: &[u8]| vec![RawFrame::new(TEXT, bytes)];
    harness.refuses_each(INVALID_DATA, [("byte ff", text(b"a\xff")), ("stray 80", text(b"ok \x80 ok"))])
}

fn utf8_invalid_split(harness: &mut Harness<'_>) -> Judged {
    harness.refuses(INVALID_DATA, &fragments(TEXT, &[b"\xE2\x82", b"("]))
}

fn utf8_truncated(harness: &mut Harness<'_>) -> Judged {
    harness.refuses(INVALID_DATA, &[RawFrame::new(TEXT, b"cut \xE2\x82")])
}

fn utf8_overlong(harness: &mut Harness<'_>) -> Judged {
    let text = |bytes: &[u8]| vec![RawFrame::new(TEXT, bytes)];
    harness.refuses_each(INVALID_DATA, [("c0 af", text(b"\xC0\xAF")), ("e0 80 af", text(b"\xE0\x80\xAF"))])
}

fn utf8_surrogate(harness: &mut Harness<'_>) -> Judged {
    harness.refuses(INVALID_DATA, &[RawFrame::new(TEXT, b"\xED\xA0\x80\xED\xB0\x80")])
}

fn utf8_beyond(harness: &mut Harness<'_>) -> Judged {
    harness.refuses(INVALID_DATA, &[RawFrame::new(TEXT, b"\xF4\x90\x80\x80")])
}

/// A message that no server can hold must not crash it. The server may read on, or end the connection.
fn message_huge(harness: &mut Harness<'_>) -> Judged {
    let frame = RawFrame::new(BINARY, vec![0; BEGIN_OF_HUGE]).announcing(harness.huge());
    let (mut connection, _) = harness.open()?;
    connection.send(&[frame]);
    let event = connection.until(|_| false)?;
    drop(connection);
    harness.doubts_presence();
    Ok(match event {
        ServerEvent::Close(payload) => Judgement::pass(closed(&payload, TOO_BIG)),
        ServerEvent::Ended(ConnectionEnd::Unreadable(what)) => {
            Judgement::inconclusive(format!("answered with {what}"))
        }
        ServerEvent::Ended(end) => Judgement::pass(dropped(&end, TOO_BIG)),
        ServerEvent::Message(..) | ServerEvent::Pong(_) | ServerEvent::Silence => {
            Judgement::pass("it reads on")
        }
    })
}
