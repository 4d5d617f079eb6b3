//! Where the rules are tried: opens connections, and knows how the server behaves in general.

use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;

use super::conduct::{Conduct, Duty};
use super::frame::{BINARY, PING, RawFrame, TEXT, close_code};
use super::judgement::{Judgement, Stop};
use super::pace::Pace;
use super::peer::{End, Event, Peer, Record};
use super::request::Request;
use super::rules::{Check, Run};
use super::transcript::Transcript;
use super::{Finding, Options, Server};
use crate::error::Failure;
use crate::net::Connection;
use crate::net::http::ResponseHead;
use crate::protocol::Kind;

/// After so many failures to connect in a row, the server is left alone.
const MOST_FAILURES: u32 = 3;

/// What the server does with an ordinary message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// It sends it back.
    Echoes,
    /// It takes it.
    Keeps,
    /// It ends the connection, with this code, maybe because it does not like what is in it.
    Closes(Option<u16>),
}

/// What the server does with ordinary frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habits {
    /// With text.
    pub(super) text: Habit,
    /// With binary messages.
    pub(super) binary: Habit,
    /// Whether it answers pings.
    pub(super) pongs: bool,
}

impl Habits {
    pub(super) fn of(self, kind: Kind) -> Habit {
        match kind {
            Kind::Text => self.text,
            Kind::Binary => self.binary,
        }
    }
}

/// What the server says to an upgrade request.
#[derive(Debug)]
pub(super) enum Answer {
    /// A response.
    Head(ResponseHead),
    /// Something else.
    NotHttp,
    /// The end of the connection.
    Ended(End),
    /// Nothing in time.
    Silence,
}

/// See the module.
pub(super) struct Lab<'a> {
    server: &'a mut dyn Server,
    options: &'a Options<'a>,
    /// The value of Sec-WebSocket-Key in our requests.
    key: String,
    record: Record,
    habits: Option<Habits>,
    /// Whether an ordinary request is accepted, and what is said otherwise.
    ordinary: Option<Result<(), String>>,
    failures: u32,
    marks: u32,
}

impl<'a> Lab<'a> {
    pub(super) fn new(server: &'a mut dyn Server, options: &'a Options<'a>) -> Self {
        let record = Record {
            rule: "",
            transcript: Transcript::default(),
            conduct: Conduct::default(),
            pace: Pace::new(options.patience),
        };
        let key = generate_key();
        Self { server, options, key, record, habits: None, ordinary: None, failures: 0, marks: 0 }
    }

    /// Checks a rule; `None` when the user has had enough.
    pub(super) fn find(&mut self, check: &'static Check) -> Option<Finding> {
        self.record.rule = check.rule.id;
        let judged = match check.run {
            Run::Try(attempt) => attempt(self),
            Run::LookBack(duty) => Ok(self.conduct(duty)),
        };
        let judgement = match judged {
            Ok(judgement) | Err(Stop::Judged(judgement)) => judgement,
            Err(Stop::Interrupted) => return None,
        };
        let Judgement { verdict, seen } = judgement;
        Some(Finding { rule: &check.rule, verdict, seen, evidence: self.record.transcript.take() })
    }

    /// The length that the message announces which is to be too large.
    pub(super) fn huge(&self) -> u64 {
        self.options.huge
    }

    /// Text that was not sent before.
    pub(super) fn mark(&mut self) -> Vec<u8> {
        self.marks += 1;
        format!("wsurl {}", self.marks).into_bytes()
    }

    /// How the server did in all its frames so far.
    fn conduct(&mut self, duty: Duty) -> Judgement {
        let (judgement, evidence) = self.record.conduct.judge(duty);
        self.record.transcript.lines(evidence);
        judgement
    }

    /// A new WebSocket.
    pub(super) fn open(&mut self) -> Result<(Peer<'_>, Habits), Stop> {
        let habits = match self.habits {
            Some(habits) => habits,
            None => self.survey()?,
        };
        Ok((self.connect()?, habits))
    }

    /// Finds out the server's habits. What is said on the way is no rule's evidence.
    fn survey(&mut self) -> Result<Habits, Stop> {
        let (text, pongs) = self.habit(Kind::Text)?;
        let (binary, pongs_again) = self.habit(Kind::Binary)?;
        self.record.transcript.take();
        let habits = Habits { text, binary, pongs: pongs || pongs_again };
        self.habits = Some(habits);
        Ok(habits)
    }

    fn habit(&mut self, kind: Kind) -> Result<(Habit, bool), Stop> {
        let (ping, sent) = (self.mark(), self.mark());
        let opcode = if kind == Kind::Text { TEXT } else { BINARY };
        let mut peer = self.connect()?;
        peer.send(&[RawFrame::new(PING, &*ping), RawFrame::new(opcode, &*sent)]);
        let (mut pongs, mut echoes) = (false, false);
        let last = peer.until(|event| {
            match event {
                Event::Pong(payload) => pongs |= *payload == ping,
                Event::Message(came, payload) => echoes |= (*came, payload) == (kind, &sent),
                _ => {}
            }
            pongs && echoes
        })?;
        let habit = match last {
            _ if echoes => Habit::Echoes,
            Event::Close(payload) => Habit::Closes(close_code(&payload)),
            Event::Ended(_) => Habit::Closes(None),
            Event::Message(..) | Event::Pong(_) | Event::Silence => Habit::Keeps,
        };
        Ok((habit, pongs))
    }

    /// A WebSocket to a server that may not be known yet.
    pub(super) fn connect(&mut self) -> Result<Peer<'_>, Stop> {
        self.may_go_on()?;
        let opened = self.server.open();
        let Connection { transport, leftover } = self.reached(opened)?;
        Ok(Peer::new(transport, &mut self.record, self.options.interrupted).opened(leftover))
    }

    fn may_go_on(&self) -> Result<(), Stop> {
        if (self.options.interrupted)() {
            return Err(Stop::Interrupted);
        }
        if self.failures >= MOST_FAILURES {
            let why = format!("not tried: the server could not be reached {MOST_FAILURES} times in a row");
            return Err(Judgement::inconclusive(why).into());
        }
        Ok(())
    }

    fn reached<T>(&mut self, result: Result<T, Failure>) -> Result<T, Stop> {
        match result {
            Ok(reached) => {
                self.failures = 0;
                Ok(reached)
            }
            Err(_) if (self.options.interrupted)() => Err(Stop::Interrupted),
            Err(failure) => {
                self.failures += 1;
                Err(Judgement::inconclusive(failure.to_string()).into())
            }
        }
    }

    /// The request that is sent by default.
    pub(super) fn request(&self) -> Request {
        Request::parse(&self.server.request(&self.key))
    }

    /// The Sec-WebSocket-Accept that belongs to it.
    pub(super) fn accept_key(&self) -> String {
        derive_accept_key(self.key.as_bytes())
    }

    /// Sends a request, in pieces of this size, on a connection of its own.
    pub(super) fn ask_in_pieces(&mut self, request: &Request, size: usize) -> Result<Answer, Stop> {
        self.may_go_on()?;
        let reached = self.server.reach();
        let transport = self.reached(reached)?;
        let mut peer = Peer::new(transport, &mut self.record, self.options.interrupted);
        peer.transcript().sent_lines(request.shown().iter().map(String::as_str));
        peer.write_in_pieces(request.text().as_bytes(), size);
        let answer = read_answer(&mut peer)?;
        if matches!(&answer, Answer::Head(head) if head.status == 101) {
            drop(peer.opened(Vec::new()));
        }
        Ok(answer)
    }

    /// Sends a request on a connection of its own.
    pub(super) fn ask(&mut self, request: &Request) -> Result<Answer, Stop> {
        self.ask_in_pieces(request, usize::MAX)
    }

    /// Ends the check of a rule about requests that are to be refused, when ordinary ones are refused as well.
    pub(super) fn accepts_ordinary_requests(&mut self) -> Result<(), Stop> {
        if self.ordinary.is_none() {
            let answer = self.ask(&self.request())?;
            self.record.transcript.take();
            self.ordinary = Some(match answer {
                Answer::Head(head) if head.status == 101 => Ok(()),
                other => Err(other.described()),
            });
        }
        match &self.ordinary {
            Some(Err(said)) => {
                let seen = format!("an ordinary request is not accepted either: {said}");
                Err(Judgement::inconclusive(seen).into())
            }
            _ => Ok(()),
        }
    }
}

impl Answer {
    /// In a few words.
    pub(super) fn described(&self) -> String {
        match self {
            Self::Head(head) => head.status_and_reason(),
            Self::NotHttp => "something other than HTTP".to_owned(),
            Self::Ended(end) => format!("{} without HTTP response", end.described()),
            Self::Silence => "no answer in time".to_owned(),
        }
    }
}

fn read_answer(peer: &mut Peer<'_>) -> Result<Answer, Stop> {
    let deadline = peer.deadline();
    loop {
        match ResponseHead::parse(peer.received()) {
            Ok(Some((head, used))) => {
                peer.received().drain(..used);
                peer.transcript().seen_lines(head.to_lines().lines());
                if head.status >= 200 || head.status == 101 {
                    // What follows is a body, or the begin of a session that is not wanted.
                    peer.received().clear();
                    return Ok(Answer::Head(head));
                }
                continue;
            }
            Ok(None) => {}
            Err(_) => return Ok(Answer::NotHttp),
        }
        match peer.more(&deadline)? {
            Some(Ok(())) => {}
            Some(Err(end)) => return Ok(Answer::Ended(end)),
            None => return Ok(Answer::Silence),
        }
    }
}
