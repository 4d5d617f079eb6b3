//! Rules of messages (RFC 6455 §5.4, §5.6, §8.1): fragments make one message, text is UTF-8, and there is a limit.

use super::frame::{BINARY, CONTINUATION, PING, PONG, RawFrame, TEXT, close_code};
use super::framing::PROTOCOL_ERROR;
use super::judgement::{Judged, Judgement, Stop};
use super::lab::Lab;
use super::peer::{End, Event};
use super::trials::{Proof, closed, dropped};
use crate::protocol::Kind;

/// The close code for data that is not what its type says (RFC 6455 §7.4.1).
const INVALID_DATA: u16 = 1007;

/// The close code for a message that is too big (RFC 6455 §7.4.1).
const TOO_BIG: u16 = 1009;

/// The bytes that are sent of a message that announces many more.
const BEGIN_OF_HUGE: usize = 16 * 1024;

/// Fragments of a message, the first with this opcode.
fn fragments(opcode: u8, pieces: &[&[u8]]) -> Vec<RawFrame> {
    let frame = |(i, piece): (usize, &&[u8])| {
        let frame = RawFrame::new(if i == 0 { opcode } else { CONTINUATION }, *piece);
        if i + 1 == pieces.len() { frame } else { frame.unfinished() }
    };
    pieces.iter().enumerate().map(frame).collect()
}

/// Fragments of text are put together.
pub(super) fn text_fragmented(lab: &mut Lab<'_>) -> Judged {
    let frames = fragments(TEXT, &[b"one ", b"message ", b"in three parts"]);
    lab.takes_frames(Kind::Text, b"one message in three parts", Proof::Echo, &frames)
}

/// Fragments of a binary message are put together.
pub(super) fn binary_fragmented(lab: &mut Lab<'_>) -> Judged {
    let frames = fragments(BINARY, &[b"\x00\x01", b"\xfe", b"\xff"]);
    lab.takes_frames(Kind::Binary, b"\x00\x01\xfe\xff", Proof::Echo, &frames)
}

/// Fragments may be empty, also the first and the last.
pub(super) fn fragments_empty(lab: &mut Lab<'_>) -> Judged {
    let frames = fragments(TEXT, &[b"", b"", b"not all empty", b""]);
    lab.takes_frames(Kind::Text, b"not all empty", Proof::Pong, &frames)
}

/// Control frames between fragments are no part of the message.
pub(super) fn control_between(lab: &mut Lab<'_>) -> Judged {
    let mut frames = fragments(TEXT, &[b"with a ping ", b"and a pong", b" between"]);
    frames.insert(2, RawFrame::new(PONG, "PONG"));
    frames.insert(1, RawFrame::new(PING, "PING"));
    lab.takes_frames(Kind::Text, b"with a ping and a pong between", Proof::Echo, &frames)
}

/// A message may have no bytes.
pub(super) fn message_empty(lab: &mut Lab<'_>) -> Judged {
    lab.takes_frames(Kind::Text, b"", Proof::Pong, &[RawFrame::new(TEXT, "")])
}

/// Binary messages need not be UTF-8.
pub(super) fn binary_any_bytes(lab: &mut Lab<'_>) -> Judged {
    let payload: Vec<u8> = (0..=255).rev().collect();
    lab.takes_frames(Kind::Binary, &payload, Proof::Pong, &[RawFrame::new(BINARY, &*payload)])
}

/// Text of all lengths of characters.
pub(super) fn text_unicode(lab: &mut Lab<'_>) -> Judged {
    let text = "1 \u{7f} \u{80} \u{7ff} \u{800} \u{ffff} \u{10000} \u{10ffff}";
    lab.takes_frames(Kind::Text, text.as_bytes(), Proof::Pong, &[RawFrame::new(TEXT, text)])
}

/// A character may be split between fragments.
pub(super) fn character_split(lab: &mut Lab<'_>) -> Judged {
    let frames = fragments(TEXT, &[b"5 \xE2", b"", b"\x82", b"\xAC"]);
    lab.takes_frames(Kind::Text, "5 \u{20ac}".as_bytes(), Proof::Pong, &frames)
}

/// A continuation continues something.
pub(super) fn continuation_orphan(lab: &mut Lab<'_>) -> Judged {
    let orphan = RawFrame::new(CONTINUATION, "of nothing");
    let tries = [("the last", vec![orphan.clone()]), ("not the last", vec![orphan.unfinished()])];
    lab.refuses_each(PROTOCOL_ERROR, tries)
}

/// A message ends before the next one begins.
pub(super) fn message_in_message(lab: &mut Lab<'_>) -> Judged {
    let begin = RawFrame::new(TEXT, "outer").unfinished();
    lab.refuses(PROTOCOL_ERROR, &[begin, RawFrame::new(TEXT, "inner")])
}

/// Text is UTF-8.
pub(super) fn utf8_invalid(lab: &mut Lab<'_>) -> Judged {
    let text = |bytes: &[u8]| vec![RawFrame::new(TEXT, bytes)];
    lab.refuses_each(INVALID_DATA, [("byte ff", text(b"a\xff")), ("stray 80", text(b"ok \x80 ok"))])
}

/// Also across fragments.
pub(super) fn utf8_invalid_split(lab: &mut Lab<'_>) -> Judged {
    lab.refuses(INVALID_DATA, &fragments(TEXT, &[b"\xE2\x82", b"("]))
}

/// Also at the end.
pub(super) fn utf8_truncated(lab: &mut Lab<'_>) -> Judged {
    lab.refuses(INVALID_DATA, &[RawFrame::new(TEXT, b"cut \xE2\x82")])
}

/// Also characters in more bytes than they need.
pub(super) fn utf8_overlong(lab: &mut Lab<'_>) -> Judged {
    let text = |bytes: &[u8]| vec![RawFrame::new(TEXT, bytes)];
    lab.refuses_each(INVALID_DATA, [("c0 af", text(b"\xC0\xAF")), ("e0 80 af", text(b"\xE0\x80\xAF"))])
}

/// Also halves of surrogate pairs.
pub(super) fn utf8_surrogate(lab: &mut Lab<'_>) -> Judged {
    lab.refuses(INVALID_DATA, &[RawFrame::new(TEXT, b"\xED\xA0\x80\xED\xB0\x80")])
}

/// Also what is beyond Unicode.
pub(super) fn utf8_beyond(lab: &mut Lab<'_>) -> Judged {
    lab.refuses(INVALID_DATA, &[RawFrame::new(TEXT, b"\xF4\x90\x80\x80")])
}

/// A message that no server can hold does not bring it down. It may read on, or end the connection.
pub(super) fn message_huge(lab: &mut Lab<'_>) -> Judged {
    let frame = RawFrame::new(BINARY, vec![0; BEGIN_OF_HUGE]).announcing(lab.huge());
    let event = {
        let (mut peer, _) = lab.open()?;
        peer.send(&[frame]);
        peer.until(|_| false)?
    };
    let seen = match event {
        Event::Close(payload) if close_code(&payload) == Some(TOO_BIG) => {
            return Ok(Judgement::pass(closed(&payload, TOO_BIG)));
        }
        Event::Close(payload) => closed(&payload, TOO_BIG),
        Event::Ended(End::Unreadable(what)) => {
            return Ok(Judgement::inconclusive(format!("answered with {what}")));
        }
        Event::Ended(end) => dropped(&end, TOO_BIG),
        Event::Message(..) | Event::Pong(_) | Event::Silence => "it reads on".to_owned(),
    };
    // Whether it has refused, or fallen over.
    match lab.connect() {
        Ok(_) => Ok(Judgement::pass(seen)),
        Err(Stop::Judged(gone)) => {
            Ok(Judgement::fail(format!("{seen}; then it took no more connections: {}", gone.seen)))
        }
        Err(Stop::Interrupted) => Err(Stop::Interrupted),
    }
}
