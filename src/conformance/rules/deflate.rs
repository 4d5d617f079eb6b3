//! Rules of permessage-deflate (RFC 7692) for a server that supports it: its answer to an offer, the messages
//! it compresses, and the messages it inflates.

use super::check::RuleCheck;
use crate::conformance::finding::Verdict;
use crate::conformance::harness::Harness;
use crate::conformance::harness::arrivals::Proof;
use crate::conformance::harness::compression::{agreement, declined};
use crate::conformance::harness::echo_behaviour::EchoBehaviour;
use crate::conformance::harness::event::{ConnectionEnd, ServerEvent};
use crate::conformance::harness::frame::{BINARY, CONTINUATION, PING, PROTOCOL_ERROR, RawFrame, TEXT};
use crate::conformance::harness::judgement::{Judged, Judgement, Stop};
use crate::conformance::harness::refusals::{closed, dropped};
use crate::net::http::ResponseHead;
use crate::protocol::{Deflater, Kind, SectionEnd};

/// The rules of this file, in the order in which they are checked.
pub(crate) const CHECKS: &[RuleCheck] = &[
    RuleCheck::new(
        "deflate-only-offered",
        "7.1.2.2",
        "no client_max_window_bits without an offer",
        only_offered,
    )
    .of(7692),
    RuleCheck::new("deflate-params-legal", "7.1", "the parameters of its answer are legal", params_legal)
        .of(7692),
    RuleCheck::new("deflate-bad-offer", "7", "an offer with a wrong parameter is declined", bad_offer)
        .of(7692),
    RuleCheck::new("deflate-server-limits", "7.1.1.1", "server_no_context_takeover is kept", server_limits)
        .of(7692),
    RuleCheck::new("deflate-rsv1-first-only", "6", "RSV1 is on first frames only", rsv1_first_only).of(7692),
    RuleCheck::new("deflate-plain-accepted", "6", "a message may be uncompressed", plain_accepted).of(7692),
    RuleCheck::new("deflate-fragmented", "6.2", "a compressed message may be fragmented", fragmented)
        .of(7692),
    RuleCheck::new("deflate-control-between", "6.2", "control frames may come between them", control_between)
        .of(7692),
    RuleCheck::new("deflate-context-kept", "7.2.2", "a message may refer to the one before", context_kept)
        .of(7692),
    RuleCheck::new("deflate-window-kept", "7.1.2.1", "server_max_window_bits is kept", window_kept).of(7692),
    RuleCheck::new("deflate-broken-refused", "7.2.2", "what cannot be inflated is refused", broken_refused)
        .of(7692),
    RuleCheck::new("deflate-bomb", "9", "a message that inflates to 256 MiB does no harm", bomb).of(7692),
];

/// The parameters that most clients offer.
pub(super) const USUAL: &str = "client_max_window_bits";

/// RSV1 among the reserved bits.
const RSV1: u8 = 0x4;

/// The close code for data that is invalid for its message type (RFC 6455 §7.4.1).
const INVALID_DATA: u16 = 1007;

/// The close code for a message that is too big (RFC 6455 §7.4.1).
const TOO_BIG: u16 = 1009;

/// "Hello" in a compressed message (RFC 7692 §7.2.3.1).
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

/// "Hello" a second time, as a reference to the first (RFC 7692 §7.2.3.2).
const HELLO_AGAIN: [u8; 5] = [0xf2, 0x00, 0x11, 0x00, 0x00];

/// The size of the decompression bomb once inflated, in bytes.
const BOMB: usize = 256 << 20;

/// Bytes of the bomb that are compressed at a time.
const PIECE: usize = 1 << 20;

/// The smallest window that zlib can compress with, in bits; then a distance that exceeds it.
const SMALL_WINDOW: &str = "server_max_window_bits=9";
const BEYOND_WINDOW: usize = 600;

fn compressed(payload: &[u8]) -> RawFrame {
    RawFrame::new(TEXT, payload).reserved(RSV1)
}

/// Stops the check of a rule about answers if the server declines the offer that most clients make.
fn agrees(harness: &mut Harness<'_>) -> Result<(), Stop> {
    let head = harness.answer_to(&format!("permessage-deflate; {USUAL}"))?;
    if shown(&head).is_empty() { Err(declined(USUAL).into()) } else { Ok(()) }
}

/// Checks the answer to an offer with these parameters.
fn answers(harness: &mut Harness<'_>, params: &str) -> Judged {
    let offer = if params.is_empty() { String::new() } else { format!("; {params}") };
    let head = harness.answer_to(&format!("permessage-deflate{offer}"))?;
    Ok(match agreement(&head, params)? {
        Ok(Some(_)) => Judgement::pass(shown(&head)),
        Ok(None) => Judgement::pass("declined"),
        Err(rule) => Judgement::fail(format!("'{}': {rule}", shown(&head))),
    })
}

/// The extensions in the response, as text.
fn shown(head: &ResponseHead) -> String {
    head.values("sec-websocket-extensions").collect::<Vec<_>>().join(", ")
}

fn only_offered(harness: &mut Harness<'_>) -> Judged {
    agrees(harness)?;
    answers(harness, "")
}

fn params_legal(harness: &mut Harness<'_>) -> Judged {
    agrees(harness)?;
    let all = "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; \
               client_max_window_bits=11";
    let tries = [USUAL, all, "server_max_window_bits=10"].map(|params| (params.to_owned(), params));
    harness.each(tries, answers)
}

fn bad_offer(harness: &mut Harness<'_>) -> Judged {
    agrees(harness)?;
    let wrong =
        ["server_max_window_bits=7", "x_unknown", "client_no_context_takeover; client_no_context_takeover"];
    harness.each(wrong.map(|params| (params.to_owned(), params)), |harness, params| {
        let head = harness.answer_to(&format!("permessage-deflate; {params}"))?;
        Ok(match &*shown(&head) {
            "" => Judgement::pass("declined"),
            answer => Judgement::fail(format!("accepted with '{answer}'")),
        })
    })
}

/// Sends the same message twice. If the server keeps no context, the second echo can be inflated by itself.
fn server_limits(harness: &mut Harness<'_>) -> Judged {
    harness.compressed("server_no_context_takeover", |harness, _| {
        let text = "a text that is worth being compressed, and that repeats itself: ".repeat(8);
        let frames = [RawFrame::new(TEXT, &*text), RawFrame::new(TEXT, &*text)];
        twice(harness, text.as_bytes(), &frames)
    })
}

fn rsv1_first_only(harness: &mut Harness<'_>) -> Judged {
    harness.compressed(USUAL, |harness, _| {
        let text = "many words that are said again and again. ".repeat(4000);
        let (mut connection, _) = harness.open()?;
        connection.send(&[RawFrame::new(TEXT, &*text), RawFrame::new(PING, "PING")]);
        let (mut pongs, mut echoes) = (false, false);
        connection.until(|event| {
            pongs |= matches!(event, ServerEvent::Pong(_));
            echoes |= matches!(event, ServerEvent::Message(..));
            pongs && echoes
        })?;
        Ok(match connection.misplaced_rsv1() {
            Some(frame) => Judgement::fail(frame),
            None if echoes => Judgement::pass("not on any other"),
            None => Judgement::inconclusive("it sent no message"),
        })
    })
}

fn plain_accepted(harness: &mut Harness<'_>) -> Judged {
    harness.compressed(USUAL, |harness, _| {
        harness.takes_frames(Kind::Text, b"plain", Proof::Echo, &[RawFrame::new(TEXT, "plain")])
    })
}

/// "Hello" in fragments that split its deflate block.
fn hello_in_fragments() -> Vec<RawFrame> {
    vec![
        compressed(&HELLO[..3]).unfinished(),
        RawFrame::new(CONTINUATION, "").unfinished(),
        RawFrame::new(CONTINUATION, &HELLO[3..]),
    ]
}

fn fragmented(harness: &mut Harness<'_>) -> Judged {
    harness.compressed(USUAL, |harness, _| {
        harness.takes_frames(Kind::Text, b"Hello", Proof::Echo, &hello_in_fragments())
    })
}

fn control_between(harness: &mut Harness<'_>) -> Judged {
    harness.compressed(USUAL, |harness, _| {
        let mut frames = hello_in_fragments();
        frames.insert(1, RawFrame::new(PING, "PING"));
        harness.takes_frames(Kind::Text, b"Hello", Proof::Echo, &frames)
    })
}

fn context_kept(harness: &mut Harness<'_>) -> Judged {
    harness.compressed(USUAL, |harness, agreement| {
        if agreement.client_no_context_takeover {
            return Ok(Judgement::not_applicable("it asks for messages without context"));
        }
        twice(harness, b"Hello", &[compressed(&HELLO), compressed(&HELLO_AGAIN)])
    })
}

/// Checks that both of these messages come back as `payload`.
fn twice(harness: &mut Harness<'_>, payload: &[u8], frames: &[RawFrame]) -> Judged {
    let (mut connection, behaviours) = harness.open()?;
    connection.send(frames);
    let mut echoes = 0;
    let event = connection.until(|event| {
        echoes += u32::from(matches!(event, ServerEvent::Message(_, echo) if echo == payload));
        echoes == 2
    })?;
    Ok(match (echoes, event) {
        (2, _) => Judgement::pass("both came back as they were sent"),
        (_, ServerEvent::Ended(ConnectionEnd::Unreadable(what))) => {
            Judgement::fail(format!("answered with {what}"))
        }
        (_, event) if behaviours.text == EchoBehaviour::Echoes => {
            Judgement::fail(event.instead_of("the second echo", connection.patience()))
        }
        _ => Judgement::inconclusive("this is not an echo server"),
    })
}

/// Sends bytes that repeat only at a distance beyond the window, and are otherwise incompressible.
fn window_kept(harness: &mut Harness<'_>) -> Judged {
    harness.compressed(SMALL_WINDOW, |harness, _| {
        let noise = noise(BEYOND_WINDOW);
        let (mut connection, _) = harness.open()?;
        connection.send(&[RawFrame::new(BINARY, noise.repeat(2))]);
        let event = connection.until(|event| matches!(event, ServerEvent::Message(..)))?;
        let wire_len = connection.wire_len();
        Ok(match event {
            ServerEvent::Message(_, echo) if echo != noise.repeat(2) => {
                Judgement::inconclusive("this is not an echo server")
            }
            ServerEvent::Message(..) if wire_len < BEYOND_WINDOW * 3 / 2 => {
                Judgement::fail(format!("{wire_len} bytes refer to more than 512 bytes before"))
            }
            ServerEvent::Message(..) => Judgement::pass("nothing refers to what is beyond it"),
            event => Judgement::inconclusive(event.instead_of("an echo", connection.patience())),
        })
    })
}

fn broken_refused(harness: &mut Harness<'_>) -> Judged {
    harness.compressed(USUAL, |harness, _| {
        let cut = || compressed(&HELLO[..3]);
        let rsv1_again = RawFrame::new(CONTINUATION, &HELLO[3..]).reserved(RSV1);
        let tries = [
            ("a block of no type", INVALID_DATA, vec![compressed(&[0x07])], Verdict::Fail),
            // Only senders are forbidden this: a receiver may take the bytes that zlib inflated for the
            // message.
            ("a block without end", INVALID_DATA, vec![cut()], Verdict::Inconclusive),
            ("RSV1 on a continuation", PROTOCOL_ERROR, vec![cut().unfinished(), rsv1_again], Verdict::Fail),
        ];
        let tries = tries.map(|(name, code, frames, worst)| (name.to_owned(), (code, frames, worst)));
        harness.each(tries, |harness, (code, frames, worst)| {
            let judgement = harness.refuses(code, &frames)?;
            let verdict = if judgement.verdict == Verdict::Fail { worst } else { judgement.verdict };
            Ok(Judgement { verdict, ..judgement })
        })
    })
}

/// The server may refuse the bomb or accept it, but it must survive it.
fn bomb(harness: &mut Harness<'_>) -> Judged {
    harness.compressed(USUAL, |harness, agreement| {
        let payload = compressed_zeros(agreement.client_max_window_bits);
        let sent = payload.len() / 1024;
        let (mut connection, _) = harness.open()?;
        connection.send(&[RawFrame::new(BINARY, payload).reserved(RSV1)]);
        let event = connection.until(|event| matches!(event, ServerEvent::Message(..)))?;
        drop(connection);
        harness.doubts_presence();
        Ok(match event {
            ServerEvent::Close(payload) => Judgement::pass(closed(&payload, TOO_BIG)),
            // Its reply is too large for us to read.
            ServerEvent::Ended(ConnectionEnd::Unreadable(_))
            | ServerEvent::Message(..)
            | ServerEvent::Pong(_)
            | ServerEvent::Silence => {
                Judgement::inconclusive(format!("256 MiB from {sent} KiB were not refused"))
            }
            ServerEvent::Ended(end) => Judgement::pass(dropped(&end, TOO_BIG)),
        })
    })
}

/// Bytes that nothing compresses, the same in every run: a server may show what it did not understand.
fn noise(len: usize) -> Vec<u8> {
    // Marsaglia's xorshift.
    let mut state: u32 = 0x9E37_79B9;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    std::iter::repeat_with(next).take(len).collect()
}

pub(super) fn compressed_zeros(window_bits: u8) -> Vec<u8> {
    let (mut deflater, mut out, zeros) = (Deflater::new(window_bits, false), Vec::new(), vec![0; PIECE]);
    for _ in 1..BOMB / PIECE {
        deflater.section(&zeros, SectionEnd::Open, &mut out);
    }
    deflater.section(&zeros, SectionEnd::Message, &mut out);
    out
}
