//! Rules of a single frame (RFC 6455 §5.1, §5.2): mask, reserved bits, opcodes and length, and that frame
//! boundaries are independent of TCP segments.

use super::check::RuleCheck;
use crate::conformance::finding::Verdict;
use crate::conformance::harness::Harness;
use crate::conformance::harness::event::ServerEvent;
use crate::conformance::harness::frame::{BINARY, CONTINUATION, PING, PROTOCOL_ERROR, RawFrame, TEXT, Width};
use crate::conformance::harness::judgement::{Judged, Judgement};
use crate::conformance::harness::trials::Proof;
use crate::protocol::Kind;

/// The rules of this file, in the order in which they are checked.
pub(crate) const CHECKS: &[RuleCheck] = &[
    RuleCheck::new("unmasked-refused", "5.1", "a frame without a mask is refused", unmasked_refused),
    RuleCheck::new("rsv1-refused", "5.2", "RSV1 is refused", rsv1_refused),
    RuleCheck::new("rsv2-refused", "5.2", "RSV2 is refused", rsv2_refused),
    RuleCheck::new("rsv3-refused", "5.2", "RSV3 is refused", rsv3_refused),
    RuleCheck::new("rsv-control-refused", "5.2", "RSV1 in a control frame is refused", rsv_control_refused),
    RuleCheck::new(
        "data-opcodes-refused",
        "5.2",
        "reserved opcodes 0x3-0x7 are refused",
        data_opcodes_refused,
    ),
    RuleCheck::new(
        "control-opcodes-refused",
        "5.2",
        "reserved opcodes 0xB-0xF are refused",
        control_opcodes_refused,
    ),
    RuleCheck::new(
        "length-high-bit-refused",
        "5.2",
        "a length of 2^63 or more is refused",
        length_high_bit_refused,
    ),
    RuleCheck::new("length-not-minimal", "5.2", "a length in too many bytes is refused", length_not_minimal),
    RuleCheck::new("lengths-read", "5.2", "lengths of 7, 16 and 64 bits are understood", lengths_read),
    RuleCheck::new("mask-removed", "5.3", "each frame is unmasked with its own key", mask_removed),
    RuleCheck::new(
        "frames-in-one-segment",
        "5.2",
        "several frames may come in one segment",
        frames_in_one_segment,
    ),
    RuleCheck::new("frame-in-pieces", "5.2", "a frame may come byte by byte", frame_in_pieces),
];

fn text(payload: &str) -> RawFrame {
    RawFrame::new(TEXT, payload)
}

fn unmasked_refused(harness: &mut Harness<'_>) -> Judged {
    harness.refuses(PROTOCOL_ERROR, &[text("not masked").unmasked()])
}

fn rsv1_refused(harness: &mut Harness<'_>) -> Judged {
    harness.refuses(PROTOCOL_ERROR, &[text("RSV1").reserved(0b100)])
}

fn rsv2_refused(harness: &mut Harness<'_>) -> Judged {
    harness.refuses(PROTOCOL_ERROR, &[text("RSV2").reserved(0b010)])
}

fn rsv3_refused(harness: &mut Harness<'_>) -> Judged {
    harness.refuses(PROTOCOL_ERROR, &[text("RSV3").reserved(0b001)])
}

fn rsv_control_refused(harness: &mut Harness<'_>) -> Judged {
    harness.refuses(PROTOCOL_ERROR, &[RawFrame::new(PING, "RSV1 in a ping").reserved(0b100)])
}

fn data_opcodes_refused(harness: &mut Harness<'_>) -> Judged {
    let frame = |opcode| vec![RawFrame::new(opcode, "reserved")];
    harness.refuses_each(PROTOCOL_ERROR, [("opcode 0x3", frame(0x3)), ("opcode 0x7", frame(0x7))])
}

fn control_opcodes_refused(harness: &mut Harness<'_>) -> Judged {
    let frame = |opcode| vec![RawFrame::new(opcode, "reserved")];
    harness.refuses_each(PROTOCOL_ERROR, [("opcode 0xb", frame(0xB)), ("opcode 0xf", frame(0xF))])
}

/// The first bit of a 64-bit length must be 0 (RFC 6455 §5.2). The RFC does not say what a receiver must do
/// with a 1, as it does not for a length in too many bytes.
fn length_high_bit_refused(harness: &mut Harness<'_>) -> Judged {
    let judgement = harness.refuses(PROTOCOL_ERROR, &[RawFrame::new(BINARY, "").announcing(1 << 63)])?;
    Ok(only_for_senders(judgement))
}

/// If a server accepts what only senders are forbidden to do, the result is inconclusive.
fn only_for_senders(judgement: Judgement) -> Judgement {
    match judgement.verdict {
        Verdict::Fail => Judgement::inconclusive(format!("{}; only senders must not", judgement.seen)),
        Verdict::Pass | Verdict::NotApplicable | Verdict::Inconclusive => judgement,
    }
}

/// A length in more bytes than it needs. The RFC forbids it to the sender, and does not say what the receiver
/// must do.
fn length_not_minimal(harness: &mut Harness<'_>) -> Judged {
    let frame = |width| vec![text("length").length_in(width)];
    let tries = [("16 bits for 6", frame(Width::Sixteen)), ("64 bits for 6", frame(Width::SixtyFour))];
    Ok(only_for_senders(harness.refuses_each(PROTOCOL_ERROR, tries)?))
}

fn lengths_read(harness: &mut Harness<'_>) -> Judged {
    let tries = [0, 1, 125, 126, 127, 65535, 65536].map(|len| (format!("{len} bytes"), len));
    harness.each(tries, |harness, len| {
        let payload = vec![b'w'; len];
        harness.takes_frames(Kind::Text, &payload, Proof::Echo, &[RawFrame::new(TEXT, &*payload)])
    })
}

fn mask_removed(harness: &mut Harness<'_>) -> Judged {
    let payload: Vec<u8> = (0..=255).collect();
    let fragments = payload.chunks(51).enumerate().map(|(i, piece)| {
        let frame = RawFrame::new(if i == 0 { BINARY } else { CONTINUATION }, piece);
        if i == 5 { frame } else { frame.unfinished() }
    });
    harness.takes_frames(Kind::Binary, &payload, Proof::Echo, &fragments.collect::<Vec<_>>())
}

fn frames_in_one_segment(harness: &mut Harness<'_>) -> Judged {
    let marks = [harness.mark(), harness.mark(), harness.mark()];
    let (mut connection, behaviours) = harness.open()?;
    connection.send(&marks.each_ref().map(|mark| RawFrame::new(PING, &**mark)));
    let event =
        connection.until(|event| matches!(event, ServerEvent::Pong(payload) if *payload == marks[2]))?;
    Ok(match event {
        ServerEvent::Pong(_) => Judgement::pass("the last of 3 pings was answered"),
        ServerEvent::Silence if !behaviours.pongs => Judgement::inconclusive("pings are not answered"),
        other => Judgement::fail(other.instead_of("a pong", connection.patience())),
    })
}

fn frame_in_pieces(harness: &mut Harness<'_>) -> Judged {
    let payload = "byte by byte";
    harness.takes(Kind::Text, payload.as_bytes(), Proof::Pong, |connection| {
        connection.send_dripping(&text(payload));
    })
}
