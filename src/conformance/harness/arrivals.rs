//! The tries of rules about messages that have to arrive, and about Close frames that have to be answered.

use super::Harness;
use super::echo_behaviour::{EchoBehaviour, Reaction, Returned, TrialMessage};
use super::event::{ConnectionEnd, ServerEvent};
use super::frame::{CLOSE, CONTINUATION, PING, RawFrame, close_code};
use super::judgement::{Judged, Judgement, Stop};
use super::raw_connection::RawConnection;
use super::survey::opcode;
use crate::protocol::Kind;

/// The evidence that a message has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Its echo or its answer: the rule is about what arrives.
    Echo,
    /// The answer to a ping that was sent after it: the rule is only that it is not refused.
    Pong,
}

/// What came on the connection of a message that has to arrive.
struct Arrival {
    event: ServerEvent,
    returned: Returned,
    /// A message that is not the awaited one.
    other: Option<String>,
    pongs: bool,
}

impl Harness<'_> {
    /// This message arrives when it is sent in these frames.
    pub(crate) fn takes_frames(
        &mut self,
        kind: Kind,
        payload: &[u8],
        proof: Proof,
        frames: &[RawFrame],
    ) -> Judged {
        let message = self.behaviours()?.own_message(kind, payload);
        self.takes(&message, proof, frames, at_once)
    }

    /// A message arrives when it is sent in the frames that `frames` makes from opcode and payload. Our own message is tried with
    /// servers that echo; `kind` is the kind of message that the rule needs, if any.
    pub(crate) fn takes_any(
        &mut self,
        kind: Option<Kind>,
        (own_kind, own): (Kind, &[u8]),
        proof: Proof,
        frames: impl FnOnce(u8, &[u8]) -> Vec<RawFrame>,
    ) -> Judged {
        let message = self.message(kind, own_kind, own)?;
        let frames = frames(opcode(message.kind), &message.payload);
        self.takes(&message, proof, &frames, at_once)
    }

    /// A message that `send` sends in these frames arrives.
    pub(crate) fn takes(
        &mut self,
        message: &TrialMessage,
        proof: Proof,
        frames: &[RawFrame],
        send: fn(&mut RawConnection<'_>, &[RawFrame]),
    ) -> Judged {
        let mark = self.mark();
        let TrialMessage { kind, reaction, .. } = message;
        if reaction.closes() {
            return Ok(Judgement::inconclusive(format!("it ends the connection at any {kind} message")));
        }
        let (mut connection, behaviours) = self.open()?;
        send(&mut connection, frames);
        connection.send(&[RawFrame::new(PING, &*mark)]);
        let arrival = Arrival::watch(&mut connection, message, &mark)?;
        if let Some(judgement) = arrival.proved(message, frames) {
            return Ok(judgement);
        }
        let patience = connection.patience();
        Ok(match arrival.event {
            ServerEvent::Pong(_) if proof == Proof::Pong => {
                Judgement::pass("accepted: the ping after it was answered")
            }
            ServerEvent::Pong(_) | ServerEvent::Message(..) => {
                Judgement::inconclusive(format!("accepted, but {}", said_nothing(reaction)))
            }
            ServerEvent::Close(payload) => not_taken(&payload, reaction),
            ServerEvent::Ended(end) if is_blamed(reaction) => Judgement::fail(end.described()),
            ServerEvent::Ended(end) => {
                Judgement::inconclusive(format!("{}, but {}", end.described(), said_nothing(reaction)))
            }
            ServerEvent::Silence if reaction.is_answer() => {
                let other = arrival.other.unwrap_or_default();
                let is_own = matches!(reaction, Reaction::Usual(_));
                let missing = if is_own { "did not come back" } else { "not answered" };
                Judgement::fail(format!("{missing} within {patience:?}{other}"))
            }
            ServerEvent::Silence if arrival.pongs && proof == Proof::Pong => {
                Judgement::pass("accepted: the ping after it was answered")
            }
            ServerEvent::Silence if arrival.pongs => {
                Judgement::inconclusive(format!("accepted, but {}", said_nothing(reaction)))
            }
            ServerEvent::Silence if behaviours.pongs => {
                Judgement::fail(format!("the ping after it was not answered within {patience:?}"))
            }
            ServerEvent::Silence => Judgement::inconclusive("neither messages nor pings are answered"),
        })
    }

    /// A Close frame that is sent last of `frames` is answered: with what payload.
    pub(crate) fn answered_close(&mut self, frames: &[RawFrame]) -> Result<Vec<u8>, Stop> {
        let (mut connection, _) = self.open()?;
        connection.send(frames);
        answer_to_close(&mut connection)
    }
}

impl Arrival {
    /// Waits for the message's echo or answer, or for the pong where there is none.
    fn watch(connection: &mut RawConnection<'_>, message: &TrialMessage, mark: &[u8]) -> Result<Self, Stop> {
        let TrialMessage { kind, payload, reaction } = message;
        let (mut returned, mut other, mut pongs) = (Returned::default(), None, false);
        let is_own = matches!(reaction, Reaction::Usual(_));
        let waits_for_more = matches!(reaction, Reaction::Usual(EchoBehaviour::Embeds));
        let event = connection.until(|event| match event {
            ServerEvent::Message(came, bytes) if is_own && (*came, bytes) == (*kind, payload) => true,
            ServerEvent::Message(came, bytes) => {
                other = Some(format!("; a {came} message of {} bytes did", bytes.len()));
                returned.add(bytes);
                reaction.is_answered_by(event) || (is_own && returned.holds(payload).is_some())
            }
            ServerEvent::Pong(bytes) if *bytes == mark => {
                pongs = true;
                !reaction.is_answer() && !waits_for_more
            }
            _ => false,
        })?;
        Ok(Self { event, returned, other, pongs })
    }

    /// The judgement, if the message is seen to have arrived.
    fn proved(&self, message: &TrialMessage, frames: &[RawFrame]) -> Option<Judgement> {
        let TrialMessage { kind, payload, reaction } = message;
        let ServerEvent::Message(came, bytes) = &self.event else { return None };
        if reaction.is_answered_by(&self.event) {
            return Some(Judgement::pass("answered like the same message in one frame"));
        }
        if (came, bytes) == (kind, payload) {
            return Some(Judgement::pass("came back as it was sent"));
        }
        let place = self.returned.holds(payload)?;
        let fragments: Vec<_> =
            frames.iter().filter(|frame| frame.opcode() < CLOSE).map(RawFrame::payload).collect();
        let (is_fragmented, is_split) = (fragments.len() > 1, self.returned.is_split(payload));
        Some(match (is_fragmented, is_split) {
            (true, true) if self.returned.ends_with(&fragments) => {
                Judgement::fail("each fragment came back as a message of its own")
            }
            (true, true) => Judgement::inconclusive(format!("{place}: it keeps no boundaries of messages")),
            _ => Judgement::pass(place),
        })
    }
}

/// Sends all frames at once.
fn at_once(connection: &mut RawConnection<'_>, frames: &[RawFrame]) {
    connection.send(frames);
}

/// Whether the end of the connection is the fault of how the message was sent.
fn is_blamed(reaction: &Reaction) -> bool {
    matches!(reaction, Reaction::Known(_) | Reaction::Usual(EchoBehaviour::Echoes))
}

/// Why nothing came back, where that is no fault.
fn said_nothing(reaction: &Reaction) -> &'static str {
    match reaction {
        Reaction::Usual(_) => "this is not an echo server",
        Reaction::Known(_) => "the message of -d is never answered",
    }
}

/// The payload of the server's Close frame, or what its absence means.
fn answer_to_close(connection: &mut RawConnection<'_>) -> Result<Vec<u8>, Stop> {
    let judgement = match connection.until(|_| false)? {
        ServerEvent::Close(payload) => return Ok(payload),
        // A reset may destroy bytes that arrived before it.
        ServerEvent::Ended(ConnectionEnd::Reset) => {
            Judgement::inconclusive("TCP reset; its Close frame may have been lost")
        }
        ServerEvent::Ended(end) => Judgement::fail(format!("{} without Close", end.described())),
        ServerEvent::Message(..) | ServerEvent::Pong(_) | ServerEvent::Silence => {
            Judgement::fail(format!("no Close frame within {:?}", connection.patience()))
        }
    };
    Err(judgement.into())
}

/// A good message was answered with a Close frame. Servers may refuse what is in it, or its size.
fn not_taken(payload: &[u8], reaction: &Reaction) -> Judgement {
    let code = close_code(payload);
    let seen = code.map_or("closed without a code".to_owned(), |code| format!("closed with {code}"));
    match code {
        Some(1003 | 1008 | 1009 | 1011..=1014 | 3000..) => {
            Judgement::inconclusive(format!("{seen}: a server may refuse content"))
        }
        Some(1002) => Judgement::fail(seen),
        _ if is_blamed(reaction) => Judgement::fail(seen),
        _ => Judgement::inconclusive(format!("{seen}, but {}", said_nothing(reaction))),
    }
}

/// A message in this many fragments of about the same size, some of them empty where it is short.
pub(crate) fn in_fragments(opcode: u8, payload: &[u8], count: usize) -> Vec<RawFrame> {
    let cut = |index: usize| payload.len() * index / count;
    let fragment = |index: usize| {
        let frame = RawFrame::new(
            if index == 0 { opcode } else { CONTINUATION },
            &payload[cut(index)..cut(index + 1)],
        );
        if index + 1 == count { frame } else { frame.unfinished() }
    };
    (0..count).map(fragment).collect()
}
