//! Rules of a single frame (RFC 6455 §5.1, §5.2): mask, reserved bits, opcodes and length, and that frame
//! boundaries are independent of TCP segments.

use super::check::RuleCheck;
use crate::conformance::finding::Verdict;
use crate::conformance::harness::Harness;
use crate::conformance::harness::arrivals::{Proof, in_fragments};
use crate::conformance::harness::event::ServerEvent;
use crate::conformance::harness::frame::{BINARY, PING, PONG, PROTOCOL_ERROR, RawFrame, TEXT, Width};
use crate::conformance::harness::judgement::{Judged, Judgement};
use crate::conformance::harness::survey::opcode;
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

/// Checks that a message in one frame is refused with this change, whatever is in it.
fn one_refused(harness: &mut Harness<'_>, own: &[u8], change: fn(RawFrame) -> RawFrame) -> Judged {
    harness.refuses_any(PROTOCOL_ERROR, own, |opcode, payload| vec![change(RawFrame::new(opcode, payload))])
}

fn unmasked_refused(harness: &mut Harness<'_>) -> Judged {
    one_refused(harness, b"not masked", RawFrame::unmasked)
}

fn rsv1_refused(harness: &mut Harness<'_>) -> Judged {
    one_refused(harness, b"RSV1", |frame| frame.reserved(0b100))
}

fn rsv2_refused(harness: &mut Harness<'_>) -> Judged {
    one_refused(harness, b"RSV2", |frame| frame.reserved(0b010))
}

fn rsv3_refused(harness: &mut Harness<'_>) -> Judged {
    one_refused(harness, b"RSV3", |frame| frame.reserved(0b001))
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
    let own: &[u8] = b"length";
    let sent = harness.message(None, Kind::Text, own)?.payload.len();
    let least = Width::of(sent as u64);
    let tries = [Width::Sixteen, Width::SixtyFour].into_iter().filter(|width| *width > least);
    let tries = tries.map(|width| (format!("{} bits for {sent}", width.bits()), width));
    let judgement = harness.each(tries, |harness, width| {
        harness.refuses_any(PROTOCOL_ERROR, own, |opcode, payload| {
            vec![RawFrame::new(opcode, payload).length_in(width)]
        })
    })?;
    Ok(only_for_senders(judgement))
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
    harness.takes_any(None, (Kind::Binary, &payload), Proof::Echo, |opcode, payload| {
        in_fragments(opcode, payload, 6)
    })
}

fn frames_in_one_segment(harness: &mut Harness<'_>) -> Judged {
    // A server may answer only some of several pings, and still have read all of them.
    let tries = [(PING, "the last of 3 pings"), (PONG, "the ping after 2 pongs")];
    let mut judgement = Judgement::inconclusive("not tried");
    for (opcode, what) in tries {
        let marks = [harness.mark(), harness.mark(), harness.mark()];
        let (mut connection, behaviours) = harness.open()?;
        let frames = [opcode, opcode, PING].into_iter().zip(&marks);
        connection.send(&frames.map(|(opcode, mark)| RawFrame::new(opcode, &**mark)).collect::<Vec<_>>());
        let event =
            connection.until(|event| matches!(event, ServerEvent::Pong(payload) if *payload == marks[2]))?;
        judgement = match event {
            ServerEvent::Pong(_) => return Ok(Judgement::pass(format!("{what} was answered"))),
            ServerEvent::Silence if !behaviours.pongs => Judgement::inconclusive("pings are not answered"),
            other => Judgement::fail(other.instead_of("a pong", connection.patience())),
        };
    }
    Ok(judgement)
}

fn frame_in_pieces(harness: &mut Harness<'_>) -> Judged {
    let message = harness.message(None, Kind::Text, b"byte by byte")?;
    let frame = RawFrame::new(opcode(message.kind), &*message.payload);
    harness.takes(&message, Proof::Pong, &[frame], |connection, frames| {
        for frame in frames {
            connection.send_dripping(frame);
        }
    })
}
