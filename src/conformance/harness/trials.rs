//! The tries that most rules share: frames that have to be refused, and messages that have to arrive.

use std::time::Duration;

use super::Harness;
use super::echo_behaviour::EchoBehaviour;
use super::event::{ConnectionEnd, ServerEvent};
use super::frame::{BINARY, CLOSE, PING, RawFrame, close_code};
use super::judgement::{Judged, Judgement, Stop};
use super::raw_connection::RawConnection;
use crate::conformance::finding::Verdict;
use crate::protocol::{Kind, close_code_is_sendable};

/// How long a server may take to close after it has answered a ping that came later than the reason to close.
const SECOND_THOUGHT: Duration = Duration::from_millis(300);

/// The evidence that a message has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Its echo: the rule is about what arrives.
    Echo,
    /// The answer to a ping that was sent after it: the rule is only that it is not refused.
    Pong,
}

impl Harness<'_> {
    /// Several tries of one rule, up to the first that breaks it.
    pub(crate) fn each<T>(
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
    pub(crate) fn refuses(&mut self, code: u16, frames: &[RawFrame]) -> Judged {
        let mark = self.mark();
        let (mut connection, behaviours) = self.open()?;
        connection.send(&[frames, &[RawFrame::new(PING, &*mark)]].concat());
        let event = reaction(&mut connection, frames, &mark)?;
        let behaviour = frames.iter().find_map(|frame| match frame.opcode() {
            BINARY => Some(behaviours.binary),
            opcode => (opcode < CLOSE).then_some(behaviours.text),
        });
        let refused = |seen: String, came: Option<u16>| match behaviour {
            Some(EchoBehaviour::Closes(usual)) if came != Some(code) || came == usual => {
                Judgement::inconclusive(format!("{seen}, but it ends the connection at any message"))
            }
            _ => Judgement::pass(seen),
        };
        Ok(match event {
            ServerEvent::Pong(payload) if payload == mark => {
                Judgement::fail("accepted: the ping after it was answered")
            }
            ServerEvent::Pong(_) => Judgement::fail("accepted: answered with a pong"),
            ServerEvent::Message(..) => Judgement::fail("accepted: it came back"),
            ServerEvent::Close(payload) => refused(closed(&payload, code), close_code(&payload)),
            ServerEvent::Ended(ConnectionEnd::Unreadable(what)) => {
                Judgement::inconclusive(format!("answered with {what}"))
            }
            ServerEvent::Ended(end) => refused(dropped(&end, code), None),
            ServerEvent::Silence => Judgement::fail(format!("still open after {:?}", connection.patience())),
        })
    }

    /// As [`Harness::refuses`], each on a connection of its own.
    pub(crate) fn refuses_each<const N: usize>(
        &mut self,
        code: u16,
        tries: [(&str, Vec<RawFrame>); N],
    ) -> Judged {
        let tries = tries.map(|(name, frames)| (name.to_owned(), frames));
        self.each(tries, |harness, frames| harness.refuses(code, &frames))
    }

    /// A message that `send` sends arrives.
    pub(crate) fn takes(
        &mut self,
        kind: Kind,
        payload: &[u8],
        proof: Proof,
        send: impl FnOnce(&mut RawConnection<'_>),
    ) -> Judged {
        let mark = self.mark();
        let (mut connection, behaviours) = self.open()?;
        let behaviour = behaviours.of(kind);
        if matches!(behaviour, EchoBehaviour::Closes(_)) {
            return Ok(Judgement::inconclusive(format!("it ends the connection at any {kind} message")));
        }
        send(&mut connection);
        connection.send(&[RawFrame::new(PING, &*mark)]);
        let mut other = None;
        let event = connection.until(|event| match event {
            ServerEvent::Message(came, bytes) if (*came, &**bytes) == (kind, payload) => true,
            ServerEvent::Message(came, bytes) => {
                other = Some(format!("; a {came} message of {} bytes did", bytes.len()));
                false
            }
            ServerEvent::Pong(bytes) => behaviour != EchoBehaviour::Echoes && *bytes == mark,
            _ => false,
        })?;
        Ok(match event {
            ServerEvent::Message(..) => Judgement::pass("came back as it was sent"),
            ServerEvent::Pong(_) if proof == Proof::Pong => {
                Judgement::pass("accepted: the ping after it was answered")
            }
            ServerEvent::Pong(_) => Judgement::inconclusive("accepted, but this is not an echo server"),
            ServerEvent::Close(payload) => not_taken(&payload, behaviour),
            ServerEvent::Ended(end) if behaviour == EchoBehaviour::Echoes => Judgement::fail(end.described()),
            ServerEvent::Ended(end) => {
                Judgement::inconclusive(format!("{}, but this is not an echo server", end.described()))
            }
            ServerEvent::Silence if behaviour == EchoBehaviour::Echoes => {
                let patience = connection.patience();
                let other = other.unwrap_or_default();
                Judgement::fail(format!("did not come back within {patience:?}{other}"))
            }
            ServerEvent::Silence if behaviours.pongs => Judgement::fail(format!(
                "the ping after it was not answered within {:?}",
                connection.patience()
            )),
            ServerEvent::Silence => Judgement::inconclusive("neither messages nor pings are answered"),
        })
    }

    /// As [`Harness::takes`], for frames that are sent at once.
    pub(crate) fn takes_frames(
        &mut self,
        kind: Kind,
        payload: &[u8],
        proof: Proof,
        frames: &[RawFrame],
    ) -> Judged {
        self.takes(kind, payload, proof, |connection| connection.send(frames))
    }

    /// This Close frame is not taken for a good one: it is answered, best with this code, and not repeated.
    pub(crate) fn refuses_close(&mut self, code: u16, frame: &RawFrame) -> Judged {
        let (mut connection, _) = self.open()?;
        connection.send(std::slice::from_ref(frame));
        let sent = frame.payload();
        let forbidden = close_code(sent).filter(|code| !close_code_is_sendable(*code));
        let repeats =
            |payload: &[u8]| payload == sent || (forbidden.is_some() && close_code(payload) == forbidden);
        Ok(match connection.until(|_| false)? {
            ServerEvent::Close(payload) if repeats(&payload) => Judgement::fail("sent back"),
            ServerEvent::Close(payload) => Judgement::pass(closed(&payload, code)),
            ServerEvent::Ended(ConnectionEnd::Unreadable(what)) => {
                Judgement::inconclusive(format!("answered with {what}"))
            }
            ServerEvent::Ended(end) => Judgement::pass(dropped(&end, code)),
            ServerEvent::Message(..) | ServerEvent::Pong(_) | ServerEvent::Silence => {
                Judgement::fail(format!("still open after {:?}", connection.patience()))
            }
        })
    }

    /// A Close frame that is sent last of `frames` is answered: with what payload.
    pub(crate) fn answered_close(&mut self, frames: &[RawFrame]) -> Result<Vec<u8>, Stop> {
        let (mut connection, _) = self.open()?;
        connection.send(frames);
        answer_to_close(&mut connection)
    }
}

/// What the server does about frames that it has to refuse: it closes, answers them, or at least answers the ping after
/// them, which is marked.
fn reaction(
    connection: &mut RawConnection<'_>,
    frames: &[RawFrame],
    mark: &[u8],
) -> Result<ServerEvent, Stop> {
    let message: Vec<u8> = frames.iter().flat_map(RawFrame::payload).copied().collect();
    // An empty message may have another cause.
    let is_sent =
        |payload: &[u8]| !payload.is_empty() && frames.iter().any(|frame| frame.payload() == payload);
    let is_echo = |payload: &[u8]| !payload.is_empty() && payload == message;
    let event = connection.until(|event| match event {
        ServerEvent::Pong(payload) => payload == mark || is_sent(payload),
        ServerEvent::Message(_, payload) => is_echo(payload),
        _ => false,
    })?;
    if !matches!(&event, ServerEvent::Pong(payload) if payload == mark) {
        return Ok(event);
    }
    // Some servers look at text only when the application does, and answer pings meanwhile.
    match connection
        .within(SECOND_THOUGHT, |next| matches!(next, ServerEvent::Message(_, payload) if is_echo(payload)))?
    {
        ServerEvent::Silence => Ok(event),
        next => Ok(next),
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

/// A Close frame with this payload, in words.
pub(crate) fn closed(payload: &[u8], recommended: u16) -> String {
    match close_code(payload) {
        Some(code) if code == recommended => format!("closed with {code}"),
        Some(code) => format!("closed with {code} (should be {recommended})"),
        None => format!("closed without a code (should be {recommended})"),
    }
}

/// An end without a Close frame, in words.
pub(crate) fn dropped(end: &ConnectionEnd, recommended: u16) -> String {
    format!("{} without Close (should be {recommended})", end.described())
}

/// A good message was answered with a Close frame. Servers may refuse what is in it, or its size.
fn not_taken(payload: &[u8], behaviour: EchoBehaviour) -> Judgement {
    let code = close_code(payload);
    let seen = code.map_or("closed without a code".to_owned(), |code| format!("closed with {code}"));
    match (code, behaviour) {
        (Some(1003 | 1008 | 1009 | 1011..=1014 | 3000..), _) => {
            Judgement::inconclusive(format!("{seen}: a server may refuse content"))
        }
        (Some(1002), _) | (_, EchoBehaviour::Echoes) => Judgement::fail(seen),
        _ => Judgement::inconclusive(format!("{seen}, but this is not an echo server")),
    }
}
