//! Rules of control frames (RFC 6455 §5.5): pings are answered, pongs are not, and both are short and whole.

use super::frame::{CONTINUATION, PING, PONG, RawFrame, TEXT};
use super::framing::PROTOCOL_ERROR;
use super::judgement::{Judged, Judgement};
use super::lab::{Habit, Lab};
use super::peer::Event;

/// A ping is answered with its own payload.
pub(super) fn ping_answered(lab: &mut Lab<'_>) -> Judged {
    pong_to(lab, b"\x00wsurl\xff")
}

/// Also an empty one.
pub(super) fn ping_empty(lab: &mut Lab<'_>) -> Judged {
    pong_to(lab, b"")
}

/// Also the longest.
pub(super) fn ping_longest(lab: &mut Lab<'_>) -> Judged {
    pong_to(lab, &(0..125).collect::<Vec<u8>>())
}

fn pong_to(lab: &mut Lab<'_>, sent: &[u8]) -> Judged {
    let (mut peer, _) = lab.open()?;
    peer.send(&[RawFrame::new(PING, sent)]);
    let mut other = None;
    let event = peer.until(|event| match event {
        Event::Pong(payload) if payload == sent => true,
        Event::Pong(payload) => {
            other = Some(payload.len());
            false
        }
        _ => false,
    })?;
    Ok(match (event, other) {
        (Event::Pong(_), _) => Judgement::pass(format!("pong with the same {} bytes", sent.len())),
        (_, Some(len)) => Judgement::fail(format!("pong with another payload, of {len} bytes")),
        (event, None) => Judgement::fail(event.instead_of("a pong", peer.patience())),
    })
}

/// Of several pings, the last one has to be answered.
pub(super) fn pings_in_a_row(lab: &mut Lab<'_>) -> Judged {
    let marks: Vec<_> = (0..10).map(|_| lab.mark()).collect();
    let (mut peer, _) = lab.open()?;
    let mut answered = 0;
    for mark in &marks {
        peer.send(&[RawFrame::new(PING, &**mark)]);
    }
    let event = peer.until(|event| match event {
        Event::Pong(payload) => {
            answered += usize::from(marks.contains(payload));
            Some(payload) == marks.last()
        }
        _ => false,
    })?;
    Ok(match event {
        Event::Pong(_) => Judgement::pass(format!("{answered} of {} answered, the last too", marks.len())),
        event => Judgement::fail(event.instead_of("a pong to the last", peer.patience())),
    })
}

/// A ping does not wait for the end of a message.
pub(super) fn ping_in_message(lab: &mut Lab<'_>) -> Judged {
    let mark = lab.mark();
    let (mut peer, habits) = lab.open()?;
    peer.send(&[RawFrame::new(TEXT, "half of").unfinished(), RawFrame::new(PING, &*mark)]);
    let event = peer.until(|event| matches!(event, Event::Pong(payload) if *payload == mark))?;
    let judgement = match event {
        Event::Pong(_) => Judgement::pass("answered before the message was complete"),
        Event::Close(_) | Event::Ended(_) if matches!(habits.text, Habit::Closes(_)) => {
            Judgement::inconclusive("it ends the connection at any text")
        }
        event => Judgement::fail(event.instead_of("a pong", peer.patience())),
    };
    // Completes the message, lest the goodbye comes within it.
    peer.send(&[RawFrame::new(CONTINUATION, " a message")]);
    Ok(judgement)
}

/// A pong that nobody asked for is ignored.
pub(super) fn pong_unasked(lab: &mut Lab<'_>) -> Judged {
    let mark = lab.mark();
    let (mut peer, habits) = lab.open()?;
    peer.send(&[RawFrame::new(PONG, "unasked"), RawFrame::new(PING, &*mark)]);
    let event = peer.until(|event| matches!(event, Event::Pong(payload) if *payload == mark))?;
    Ok(match event {
        Event::Pong(_) => Judgement::pass("ignored: the ping after it was answered"),
        Event::Silence if !habits.pongs => Judgement::inconclusive("pings are not answered"),
        event => Judgement::fail(event.instead_of("a pong to the ping after it", peer.patience())),
    })
}

/// Control frames have at most 125 bytes.
pub(super) fn long_refused(lab: &mut Lab<'_>) -> Judged {
    let frame = |opcode| vec![RawFrame::new(opcode, vec![b'l'; 126])];
    lab.refuses_each(PROTOCOL_ERROR, [("ping", frame(PING)), ("pong", frame(PONG))])
}

/// Control frames are not fragmented.
pub(super) fn fragmented_refused(lab: &mut Lab<'_>) -> Judged {
    let halves = [RawFrame::new(PING, "in two").unfinished(), RawFrame::new(CONTINUATION, " parts")];
    lab.refuses(PROTOCOL_ERROR, &halves)
}
