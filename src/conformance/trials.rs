//! What most rules come down to: frames that have to be refused, and messages that have to arrive.

use std::time::Duration;

use super::Verdict;
use super::frame::{BINARY, CLOSE, PING, RawFrame, close_code};
use super::judgement::{Judged, Judgement, Stop};
use super::lab::{Habit, Lab};
use super::peer::{End, Event, Peer};
use crate::protocol::{Kind, close_code_is_sendable};

/// How long a server may take to close after it has answered a ping that came later than the reason to close.
const SECOND_THOUGHT: Duration = Duration::from_millis(300);

/// What shows that a message has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// Its echo: the rule is about what arrives.
    Echo,
    /// The answer to a ping that was sent after it: the rule is only that it is not refused.
    Pong,
}

impl Lab<'_> {
    /// Several tries of one rule, up to the first that breaks it.
    pub(super) fn each<T>(
        &mut self,
        tries: impl IntoIterator<Item = (String, T)>,
        judge: impl Fn(&mut Self, T) -> Judged,
    ) -> Judged {
        let mut judged = Vec::new();
        for (name, attempt) in tries {
            let judgement = judge(self, attempt)?;
            let is_broken = judgement.verdict == Verdict::Fail;
            judged.push((name, judgement));
            if is_broken {
                break;
            }
        }
        Ok(Judgement::of_all(judged))
    }

    /// These frames make the server fail the connection, best with this code. A ping goes after them, to which such a
    /// server does not come: its answer shows soon that they were accepted.
    pub(super) fn refuses(&mut self, code: u16, frames: &[RawFrame]) -> Judged {
        let mark = self.mark();
        let (mut peer, habits) = self.open()?;
        peer.send(&[frames, &[RawFrame::new(PING, &*mark)]].concat());
        let event = reaction(&mut peer, frames, &mark)?;
        let habit = frames.iter().find_map(|frame| match frame.opcode() {
            BINARY => Some(habits.binary),
            opcode => (opcode < CLOSE).then_some(habits.text),
        });
        let refused = |seen: String, came: Option<u16>| match habit {
            Some(Habit::Closes(usual)) if came != Some(code) || came == usual => {
                Judgement::inconclusive(format!("{seen}, but it ends the connection at any message"))
            }
            _ => Judgement::pass(seen),
        };
        Ok(match event {
            Event::Pong(payload) if payload == mark => {
                Judgement::fail("accepted: the ping after it was answered")
            }
            Event::Pong(_) => Judgement::fail("accepted: answered with a pong"),
            Event::Message(..) => Judgement::fail("accepted: it came back"),
            Event::Close(payload) => refused(closed(&payload, code), close_code(&payload)),
            Event::Ended(End::Unreadable(what)) => Judgement::inconclusive(format!("answered with {what}")),
            Event::Ended(end) => refused(dropped(&end, code), None),
            Event::Silence => Judgement::fail(format!("still open after {:?}", peer.patience())),
        })
    }

    /// As [`Lab::refuses`], each on a connection of its own.
    pub(super) fn refuses_each<const N: usize>(
        &mut self,
        code: u16,
        tries: [(&str, Vec<RawFrame>); N],
    ) -> Judged {
        let tries = tries.map(|(name, frames)| (name.to_owned(), frames));
        self.each(tries, |lab, frames| lab.refuses(code, &frames))
    }

    /// A message that `send` sends arrives.
    pub(super) fn takes(
        &mut self,
        kind: Kind,
        payload: &[u8],
        proof: Proof,
        send: impl FnOnce(&mut Peer<'_>),
    ) -> Judged {
        let mark = self.mark();
        let (mut peer, habits) = self.open()?;
        let habit = habits.of(kind);
        if matches!(habit, Habit::Closes(_)) {
            return Ok(Judgement::inconclusive(format!("it ends the connection at any {kind} message")));
        }
        send(&mut peer);
        peer.send(&[RawFrame::new(PING, &*mark)]);
        let mut other = None;
        let event = peer.until(|event| match event {
            Event::Message(came, bytes) if (*came, &**bytes) == (kind, payload) => true,
            Event::Message(came, bytes) => {
                other = Some(format!("; a {came} message of {} bytes did", bytes.len()));
                false
            }
            Event::Pong(bytes) => habit != Habit::Echoes && *bytes == mark,
            _ => false,
        })?;
        Ok(match event {
            Event::Message(..) => Judgement::pass("came back as it was sent"),
            Event::Pong(_) if proof == Proof::Pong => {
                Judgement::pass("accepted: the ping after it was answered")
            }
            Event::Pong(_) => Judgement::inconclusive("accepted, but this is not an echo server"),
            Event::Close(payload) => not_taken(&payload, habit),
            Event::Ended(end) if habit == Habit::Echoes => Judgement::fail(end.described()),
            Event::Ended(end) => {
                Judgement::inconclusive(format!("{}, but this is not an echo server", end.described()))
            }
            Event::Silence if habit == Habit::Echoes => {
                let patience = peer.patience();
                let other = other.unwrap_or_default();
                Judgement::fail(format!("did not come back within {patience:?}{other}"))
            }
            Event::Silence if habits.pongs => {
                Judgement::fail(format!("the ping after it was not answered within {:?}", peer.patience()))
            }
            Event::Silence => Judgement::inconclusive("neither messages nor pings are answered"),
        })
    }

    /// As [`Lab::takes`], for frames that are sent at once.
    pub(super) fn takes_frames(
        &mut self,
        kind: Kind,
        payload: &[u8],
        proof: Proof,
        frames: &[RawFrame],
    ) -> Judged {
        self.takes(kind, payload, proof, |peer| peer.send(frames))
    }

    /// This Close frame is not taken for a good one: it is answered, best with this code, and not repeated.
    pub(super) fn refuses_close(&mut self, code: u16, frame: &RawFrame) -> Judged {
        let (mut peer, _) = self.open()?;
        peer.send(std::slice::from_ref(frame));
        let sent = frame.payload();
        let forbidden = close_code(sent).filter(|code| !close_code_is_sendable(*code));
        let repeats =
            |payload: &[u8]| payload == sent || (forbidden.is_some() && close_code(payload) == forbidden);
        Ok(match peer.until(|_| false)? {
            Event::Close(payload) if repeats(&payload) => Judgement::fail("sent back"),
            Event::Close(payload) => Judgement::pass(closed(&payload, code)),
            Event::Ended(End::Unreadable(what)) => Judgement::inconclusive(format!("answered with {what}")),
            Event::Ended(end) => Judgement::pass(dropped(&end, code)),
            Event::Message(..) | Event::Pong(_) | Event::Silence => {
                Judgement::fail(format!("still open after {:?}", peer.patience()))
            }
        })
    }

    /// A Close frame that is sent last of `frames` is answered: with what payload.
    pub(super) fn answered_close(&mut self, frames: &[RawFrame]) -> Result<Vec<u8>, Stop> {
        let (mut peer, _) = self.open()?;
        peer.send(frames);
        answer_to_close(&mut peer)
    }
}

/// What the server does about frames that it has to refuse: it closes, answers them, or at least answers the ping after
/// them, which is marked.
fn reaction(peer: &mut Peer<'_>, frames: &[RawFrame], mark: &[u8]) -> Result<Event, Stop> {
    let message: Vec<u8> = frames.iter().flat_map(RawFrame::payload).copied().collect();
    // What is empty may have come for another reason.
    let is_sent =
        |payload: &[u8]| !payload.is_empty() && frames.iter().any(|frame| frame.payload() == payload);
    let is_echo = |payload: &[u8]| !payload.is_empty() && payload == message;
    let event = peer.until(|event| match event {
        Event::Pong(payload) => payload == mark || is_sent(payload),
        Event::Message(_, payload) => is_echo(payload),
        _ => false,
    })?;
    if !matches!(&event, Event::Pong(payload) if payload == mark) {
        return Ok(event);
    }
    // Some servers look at text only when the application does, and answer pings meanwhile.
    match peer
        .within(SECOND_THOUGHT, |next| matches!(next, Event::Message(_, payload) if is_echo(payload)))?
    {
        Event::Silence => Ok(event),
        next => Ok(next),
    }
}

/// The payload of the server's Close frame, or what its absence means.
fn answer_to_close(peer: &mut Peer<'_>) -> Result<Vec<u8>, Stop> {
    let judgement = match peer.until(|_| false)? {
        Event::Close(payload) => return Ok(payload),
        // A reset may destroy what came before it.
        Event::Ended(End::Reset) => Judgement::inconclusive("TCP reset; its Close frame may have been lost"),
        Event::Ended(end) => Judgement::fail(format!("{} without Close", end.described())),
        Event::Message(..) | Event::Pong(_) | Event::Silence => {
            Judgement::fail(format!("no Close frame within {:?}", peer.patience()))
        }
    };
    Err(judgement.into())
}

/// A Close frame with this payload, in words.
pub(super) fn closed(payload: &[u8], recommended: u16) -> String {
    match close_code(payload) {
        Some(code) if code == recommended => format!("closed with {code}"),
        Some(code) => format!("closed with {code} (should be {recommended})"),
        None => format!("closed without a code (should be {recommended})"),
    }
}

/// An end without a Close frame, in words.
pub(super) fn dropped(end: &End, recommended: u16) -> String {
    format!("{} without Close (should be {recommended})", end.described())
}

/// A good message was answered with a Close frame. Servers may refuse what is in it, or its size.
fn not_taken(payload: &[u8], habit: Habit) -> Judgement {
    let code = close_code(payload);
    let seen = code.map_or("closed without a code".to_owned(), |code| format!("closed with {code}"));
    match (code, habit) {
        (Some(1003 | 1008 | 1009 | 1011..=1014 | 3000..), _) => {
            Judgement::inconclusive(format!("{seen}: a server may refuse content"))
        }
        (Some(1002), _) | (_, Habit::Echoes) => Judgement::fail(seen),
        _ => Judgement::inconclusive(format!("{seen}, but this is not an echo server")),
    }
}
