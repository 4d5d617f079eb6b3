//! Finds out how the server treats ordinary messages and pings, and the messages of the user. That is no rule's evidence, and
//! no rule's time.

use std::rc::Rc;
use std::time::Duration;

use super::Harness;
use super::echo_behaviour::{Behaviours, EchoBehaviour, Returned, Sample};
use super::event::ServerEvent;
use super::frame::{BINARY, PING, RawFrame, TEXT, close_code};
use super::judgement::{Judgement, Stop};
use super::raw_connection::RawConnection;
use crate::protocol::Kind;

/// So long after a message, the server's answer to it is complete.
const QUIET: Duration = Duration::from_millis(300);

/// The most messages that are awaited before ours.
const MOST_UNSOLICITED: usize = 64;

/// Messages of the server, in order.
type Messages = Vec<(Kind, Vec<u8>)>;

/// How an echo comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Echo {
    None,
    Embedded,
    Whole,
}

/// The opcode of a message.
pub(crate) fn opcode(kind: Kind) -> u8 {
    if kind == Kind::Text { TEXT } else { BINARY }
}

impl Harness<'_> {
    /// A new WebSocket, on which the first messages of the user were sent and answered.
    pub(crate) fn open(&mut self) -> Result<(RawConnection<'_>, Rc<Behaviours>), Stop> {
        let behaviours = self.behaviours()?;
        let first = self.first_messages();
        let mut connection = self.connect()?;
        if !first.is_empty() {
            introduce(&mut connection, &first, behaviours.unsolicited)?;
        }
        Ok((connection, behaviours))
    }

    /// How the server treats ordinary messages: found out once.
    pub(crate) fn behaviours(&mut self) -> Result<Rc<Behaviours>, Stop> {
        self.may_go_on()?;
        match &self.behaviours {
            Some(behaviours) => Ok(Rc::clone(behaviours)),
            None => self.without_limit(Self::survey),
        }
    }

    /// The frames of the messages before the last of the user's.
    fn first_messages(&self) -> Vec<RawFrame> {
        let Some((_, first)) = self.options.messages.split_last() else { return Vec::new() };
        first.iter().map(|(kind, payload)| RawFrame::new(opcode(*kind), &**payload)).collect()
    }

    fn survey(&mut self) -> Result<Rc<Behaviours>, Stop> {
        let (text, pongs) = self.behaviour(Kind::Text)?;
        let (binary, pongs_again) = self.behaviour(Kind::Binary)?;
        let (unsolicited, sample) = self.sample()?;
        self.recorder.transcript.take();
        let sample = sample.map(Rc::new);
        let behaviours =
            Rc::new(Behaviours { text, binary, pongs: pongs || pongs_again, sample, unsolicited });
        self.behaviours = Some(Rc::clone(&behaviours));
        Ok(behaviours)
    }

    fn behaviour(&mut self, kind: Kind) -> Result<(EchoBehaviour, bool), Stop> {
        let (behaviour, pongs) = self.behaviour_once(kind)?;
        if behaviour != EchoBehaviour::Embeds {
            return Ok((behaviour, pongs));
        }
        // What came before the echo may have been a greeting by chance.
        let (again, pongs_again) = self.behaviour_once(kind)?;
        let behaviour = if again == EchoBehaviour::Echoes { again } else { behaviour };
        Ok((behaviour, pongs || pongs_again))
    }

    fn behaviour_once(&mut self, kind: Kind) -> Result<(EchoBehaviour, bool), Stop> {
        let (ping, sent) = (self.mark(), self.mark());
        let first = self.first_messages();
        let mut connection = self.connect()?;
        connection.send(&first);
        connection.send(&[RawFrame::new(PING, &*ping), RawFrame::new(opcode(kind), &*sent)]);
        let (mut pongs, mut echo, mut returned) = (false, Echo::None, Returned::default());
        let last = connection.until(|event| {
            match event {
                ServerEvent::Pong(payload) => pongs |= *payload == ping,
                ServerEvent::Message(came, payload) => {
                    returned.add(payload);
                    if (*came, payload) == (kind, &sent) {
                        echo = Echo::Whole;
                    } else if echo == Echo::None && returned.holds(&sent).is_some() {
                        echo = Echo::Embedded;
                    }
                }
                _ => {}
            }
            pongs && echo != Echo::None
        })?;
        let behaviour = match (echo, last) {
            (Echo::Whole, _) => EchoBehaviour::Echoes,
            (Echo::Embedded, _) => EchoBehaviour::Embeds,
            (_, ServerEvent::Close(payload)) => EchoBehaviour::Closes(close_code(&payload)),
            (_, ServerEvent::Ended(_)) => EchoBehaviour::Closes(None),
            (_, ServerEvent::Message(..) | ServerEvent::Pong(_) | ServerEvent::Silence) => {
                EchoBehaviour::Keeps
            }
        };
        Ok((behaviour, pongs))
    }

    /// How many messages the server sends before the last message of the user, and what it does with that.
    fn sample(&mut self) -> Result<(usize, Option<Sample>), Stop> {
        let Some((kind, payload)) = self.options.messages.last().cloned() else { return Ok((0, None)) };
        let Some(before) = self.messages_after(None)? else {
            return Err(Judgement::inconclusive("it ends the connection at the first message of -d").into());
        };
        let sent = RawFrame::new(opcode(kind), &*payload);
        let (once, twice) = (self.messages_after(Some(&sent))?, self.messages_after(Some(&sent))?);
        let (Some(once), Some(twice)) = (once, twice) else { return Ok((before.len(), None)) };
        // Only what comes after the message, and every time, answers it.
        let answers = once.into_iter().filter(|message| !before.contains(message) && twice.contains(message));
        let answers = answers.collect();
        Ok((before.len(), Some(Sample { kind, payload, answers })))
    }

    /// The messages that come after the first messages of the user and this one; `None` if the connection ends.
    fn messages_after(&mut self, last: Option<&RawFrame>) -> Result<Option<Messages>, Stop> {
        let mut messages = Vec::new();
        let first = self.first_messages();
        let mut connection = self.connect()?;
        for frames in [&*first, last.map_or(&[], std::slice::from_ref)] {
            connection.send(frames);
            loop {
                let event = connection.within(QUIET, |event| matches!(event, ServerEvent::Message(..)))?;
                match event {
                    ServerEvent::Message(kind, payload) => messages.push((kind, payload)),
                    ServerEvent::Close(_) | ServerEvent::Ended(_) => return Ok(None),
                    ServerEvent::Pong(_) | ServerEvent::Silence => break,
                }
                if messages.len() > MOST_UNSOLICITED {
                    break;
                }
            }
        }
        Ok(Some(messages))
    }
}

/// Sends the first messages of the user, and waits for as many messages as usually come then.
fn introduce(connection: &mut RawConnection<'_>, first: &[RawFrame], usual: usize) -> Result<(), Stop> {
    connection.send(first);
    let mut came = 0;
    if usual == 0 {
        return Ok(());
    }
    let event = connection.until(|event| {
        came += usize::from(matches!(event, ServerEvent::Message(..)));
        came >= usual
    })?;
    match event {
        ServerEvent::Close(_) | ServerEvent::Ended(_) => {
            Err(Judgement::inconclusive("the connection ended at the first messages of -d").into())
        }
        ServerEvent::Message(..) | ServerEvent::Pong(_) | ServerEvent::Silence => Ok(()),
    }
}
