//! The tries of rules about what a server has to refuse: frames, and Close frames.

use std::time::Duration;

use super::Harness;
use super::echo_behaviour::{Reaction, TrialMessage};
use super::event::{ConnectionEnd, ServerEvent};
use super::frame::{BINARY, CLOSE, PING, RawFrame, close_code};
use super::judgement::{Judged, Judgement, Stop};
use super::raw_connection::RawConnection;
use super::survey::opcode;
use crate::conformance::finding::Verdict;
use crate::protocol::{Kind, close_code_is_sendable};

/// How long a server may take to close after it has answered a ping that came later than the reason to close.
const SECOND_THOUGHT: Duration = Duration::from_millis(300);

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
        let behaviours = self.behaviours()?;
        let kind = frames.iter().find_map(|frame| match frame.opcode() {
            BINARY => Some(Kind::Binary),
            opcode => (opcode < CLOSE).then_some(Kind::Text),
        });
        let reaction = kind.map(|kind| Reaction::Usual(behaviours.of(kind)));
        self.refuses_as(code, frames, reaction.as_ref())
    }

    /// The same for frames whose content does not matter: `frames` makes them from opcode and payload of a message.
    pub(crate) fn refuses_any(
        &mut self,
        code: u16,
        own: &[u8],
        frames: impl Fn(u8, &[u8]) -> Vec<RawFrame>,
    ) -> Judged {
        let message = self.message(None, Kind::Text, own)?;
        let frames = frames(opcode(message.kind), &message.payload);
        self.refuses_as(code, &frames, Some(&message.reaction))
    }

    /// A message with which to try a rule: see [`super::echo_behaviour::Behaviours::message`].
    pub(crate) fn message(
        &mut self,
        kind: Option<Kind>,
        own_kind: Kind,
        own: &[u8],
    ) -> Result<TrialMessage, Stop> {
        let behaviours = self.behaviours()?;
        Ok(behaviours.message(kind, own_kind, own))
    }

    fn refuses_as(&mut self, code: u16, frames: &[RawFrame], usual: Option<&Reaction>) -> Judged {
        let mark = self.mark();
        let (mut connection, _) = self.open()?;
        connection.send(&[frames, &[RawFrame::new(PING, &*mark)]].concat());
        let event = reaction(&mut connection, frames, &mark, usual)?;
        let refused = |seen: String, came: Option<u16>| {
            if usual.is_some_and(|usual| usual.explains(came, code)) {
                Judgement::inconclusive(format!("{seen}, but it ends the connection at any message"))
            } else {
                Judgement::pass(seen)
            }
        };
        Ok(match event {
            ServerEvent::Pong(payload) if payload == mark => {
                Judgement::fail("accepted: the ping after it was answered")
            }
            ServerEvent::Pong(_) => Judgement::fail("accepted: answered with a pong"),
            event @ ServerEvent::Message(..) if usual.is_some_and(|usual| usual.is_answered_by(&event)) => {
                Judgement::fail("accepted: it was answered")
            }
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
}

/// What the server does about frames that it has to refuse: it closes, answers them, or at least answers the ping after
/// them, which is marked.
fn reaction(
    connection: &mut RawConnection<'_>,
    frames: &[RawFrame],
    mark: &[u8],
    usual: Option<&Reaction>,
) -> Result<ServerEvent, Stop> {
    let message: Vec<u8> = frames.iter().flat_map(RawFrame::payload).copied().collect();
    // An empty message may have another cause.
    let is_sent =
        |payload: &[u8]| !payload.is_empty() && frames.iter().any(|frame| frame.payload() == payload);
    let is_accepted = |event: &ServerEvent| match event {
        ServerEvent::Message(_, payload) => {
            (!payload.is_empty() && *payload == message)
                || usual.is_some_and(|usual| usual.is_answered_by(event))
        }
        _ => false,
    };
    let event = connection.until(|event| match event {
        ServerEvent::Pong(payload) => payload == mark || is_sent(payload),
        event => is_accepted(event),
    })?;
    if !matches!(&event, ServerEvent::Pong(payload) if payload == mark) {
        return Ok(event);
    }
    // Some servers look at text only when the application does, and answer pings meanwhile.
    match connection.within(SECOND_THOUGHT, is_accepted)? {
        ServerEvent::Silence => Ok(event),
        next => Ok(next),
    }
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
