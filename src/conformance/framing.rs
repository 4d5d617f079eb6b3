//! Rules of the frame itself (RFC 6455 §5.1, §5.2): mask, reserved bits, opcodes, length, and that frames and segments have
//! nothing to do with each other.

use super::Verdict;
use super::frame::{BINARY, CONTINUATION, PING, RawFrame, TEXT, Width};
use super::judgement::{Judged, Judgement};
use super::lab::Lab;
use super::peer::Event;
use super::trials::Proof;
use crate::protocol::Kind;

/// The close code for what breaks the protocol (RFC 6455 §7.4.1).
pub(super) const PROTOCOL_ERROR: u16 = 1002;

fn text(payload: &str) -> RawFrame {
    RawFrame::new(TEXT, payload)
}

/// Frames of a client are masked.
pub(super) fn unmasked_refused(lab: &mut Lab<'_>) -> Judged {
    lab.refuses(PROTOCOL_ERROR, &[text("not masked").unmasked()])
}

/// RSV1 means nothing without an extension.
pub(super) fn rsv1_refused(lab: &mut Lab<'_>) -> Judged {
    lab.refuses(PROTOCOL_ERROR, &[text("RSV1").reserved(0b100)])
}

/// Nor does RSV2.
pub(super) fn rsv2_refused(lab: &mut Lab<'_>) -> Judged {
    lab.refuses(PROTOCOL_ERROR, &[text("RSV2").reserved(0b010)])
}

/// Nor does RSV3.
pub(super) fn rsv3_refused(lab: &mut Lab<'_>) -> Judged {
    lab.refuses(PROTOCOL_ERROR, &[text("RSV3").reserved(0b001)])
}

/// A control frame has no use for them either.
pub(super) fn rsv_control_refused(lab: &mut Lab<'_>) -> Judged {
    lab.refuses(PROTOCOL_ERROR, &[RawFrame::new(PING, "RSV1 in a ping").reserved(0b100)])
}

/// Opcodes of data frames to come.
pub(super) fn data_opcodes_refused(lab: &mut Lab<'_>) -> Judged {
    let frame = |opcode| vec![RawFrame::new(opcode, "reserved")];
    lab.refuses_each(PROTOCOL_ERROR, [("opcode 0x3", frame(0x3)), ("opcode 0x7", frame(0x7))])
}

/// Opcodes of control frames to come.
pub(super) fn control_opcodes_refused(lab: &mut Lab<'_>) -> Judged {
    let frame = |opcode| vec![RawFrame::new(opcode, "reserved")];
    lab.refuses_each(PROTOCOL_ERROR, [("opcode 0xb", frame(0xB)), ("opcode 0xf", frame(0xF))])
}

/// The first bit of a 64-bit length is no part of it. As with a length that is too wide, what the receiver has to do is
/// not said: it may also go on to read.
pub(super) fn length_high_bit_refused(lab: &mut Lab<'_>) -> Judged {
    let judgement = lab.refuses(PROTOCOL_ERROR, &[RawFrame::new(BINARY, "").announcing(1 << 63)])?;
    Ok(only_for_senders(judgement))
}

/// What a sender must not do tells little when it is accepted.
fn only_for_senders(judgement: Judgement) -> Judgement {
    match judgement.verdict {
        Verdict::Fail => Judgement::inconclusive(format!("{}; only senders must not", judgement.seen)),
        Verdict::Pass | Verdict::NotApplicable | Verdict::Inconclusive => judgement,
    }
}

/// A length in more bytes than it needs. That is forbidden to the sender; what the receiver has to do is not said.
pub(super) fn length_not_minimal(lab: &mut Lab<'_>) -> Judged {
    let frame = |width| vec![text("length").length_in(width)];
    let tries = [("16 bits for 6", frame(Width::Sixteen)), ("64 bits for 6", frame(Width::SixtyFour))];
    Ok(only_for_senders(lab.refuses_each(PROTOCOL_ERROR, tries)?))
}

/// Every form of length is understood.
pub(super) fn lengths_read(lab: &mut Lab<'_>) -> Judged {
    let tries = [0, 1, 125, 126, 127, 65535, 65536].map(|len| (format!("{len} bytes"), len));
    lab.each(tries, |lab, len| {
        let payload = vec![b'w'; len];
        lab.takes_frames(Kind::Text, &payload, Proof::Echo, &[RawFrame::new(TEXT, &*payload)])
    })
}

/// A masking key is for its own frame only.
pub(super) fn mask_removed(lab: &mut Lab<'_>) -> Judged {
    let payload: Vec<u8> = (0..=255).collect();
    let fragments = payload.chunks(51).enumerate().map(|(i, piece)| {
        let frame = RawFrame::new(if i == 0 { BINARY } else { CONTINUATION }, piece);
        if i == 5 { frame } else { frame.unfinished() }
    });
    lab.takes_frames(Kind::Binary, &payload, Proof::Echo, &fragments.collect::<Vec<_>>())
}

/// Several frames in one segment.
pub(super) fn frames_in_one_segment(lab: &mut Lab<'_>) -> Judged {
    let marks = [lab.mark(), lab.mark(), lab.mark()];
    let (mut peer, habits) = lab.open()?;
    peer.send(&marks.each_ref().map(|mark| RawFrame::new(PING, &**mark)));
    let event = peer.until(|event| matches!(event, Event::Pong(payload) if *payload == marks[2]))?;
    Ok(match event {
        Event::Pong(_) => Judgement::pass("the last of 3 pings was answered"),
        Event::Silence if !habits.pongs => Judgement::inconclusive("pings are not answered"),
        other => Judgement::fail(other.instead_of("a pong", peer.patience())),
    })
}

/// A frame in segments of one byte each.
pub(super) fn frame_in_pieces(lab: &mut Lab<'_>) -> Judged {
    let payload = "byte by byte";
    lab.takes(Kind::Text, payload.as_bytes(), Proof::Pong, |peer| peer.send_dripping(&text(payload)))
}
