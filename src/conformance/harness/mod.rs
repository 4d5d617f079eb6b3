//! Tries rules against a server: opens connections, sends any bytes, and keeps the evidence. The harness knows no rule;
//! `rules` says what is sent, and what has to happen.
//!
//! | file | what it adds |
//! |---|---|
//! | `server` | how to get to the server |
//! | `raw_connection`, `event` | one connection: any bytes out, events in |
//! | `frame`, `request` | frames and upgrade requests with any mistake in them |
//! | `recorder`, `transcript`, `pace` | evidence, and how long a reaction is awaited |
//! | `echo_behaviour` | how the server treats ordinary messages |
//! | `compression` | connections on which compression was agreed |
//! | `upgrade_reply`, `trials` | the tries that several rules share |
//! | `judgement` | what a try comes to |

pub(crate) mod compression;
pub(crate) mod echo_behaviour;
pub(crate) mod event;
pub(crate) mod frame;
pub(crate) mod judgement;
mod pace;
pub(crate) mod raw_connection;
pub(crate) mod recorder;
pub(crate) mod request;
pub(crate) mod server;
mod transcript;
pub(crate) mod trials;
pub(crate) mod upgrade_reply;

use tungstenite::handshake::client::generate_key;

use self::echo_behaviour::{Behaviours, EchoBehaviour};
use self::event::ServerEvent;
use self::frame::{BINARY, PING, RawFrame, TEXT, close_code};
use self::judgement::{Judged, Judgement, Stop};
use self::pace::Pace;
use self::raw_connection::RawConnection;
use self::recorder::{FrameWatcher, Recorder};
use self::server::{Options, Server};
use self::transcript::Transcript;
use crate::error::Failure;
use crate::net::Connection;
use crate::protocol::Kind;

/// After this many failures to connect in a row, no rule is tried.
const MOST_FAILURES: u32 = 3;

/// Tries rules. At most one of its connections is open at a time.
pub(crate) struct Harness<'a> {
    server: &'a mut dyn Server,
    options: &'a Options<'a>,
    /// The value of Sec-WebSocket-Key in our requests.
    key: String,
    recorder: Recorder,
    frames: &'a mut dyn FrameWatcher,
    behaviours: Option<Behaviours>,
    /// Whether an ordinary request is accepted; if not, the text of the finding on rules about refused requests.
    ordinary: Option<Result<(), String>>,
    failures: u32,
    marks: u32,
    /// What new connections offer of permessage-deflate.
    offer: Option<&'static str>,
}

impl<'a> Harness<'a> {
    /// `frames` is shown every frame that the server sends.
    pub(crate) fn new(
        server: &'a mut dyn Server,
        options: &'a Options<'a>,
        frames: &'a mut dyn FrameWatcher,
    ) -> Self {
        let pace = Pace::new(options.patience);
        Self {
            server,
            options,
            key: generate_key(),
            recorder: Recorder { rule: "", transcript: Transcript::default(), pace },
            frames,
            behaviours: None,
            ordinary: None,
            failures: 0,
            marks: 0,
            offer: None,
        }
    }

    /// Tries a rule: the judgement and its evidence, or `None` when the user interrupts.
    pub(crate) fn attempt(
        &mut self,
        rule: &'static str,
        attempt: fn(&mut Harness<'_>) -> Judged,
    ) -> Option<(Judgement, Vec<String>)> {
        self.recorder.rule = rule;
        match attempt(self) {
            Ok(judgement) | Err(Stop::Judged(judgement)) => {
                Some((judgement, self.recorder.transcript.take()))
            }
            Err(Stop::Interrupted) => None,
        }
    }

    /// The length in bytes that the message of the rule on huge messages announces.
    pub(crate) fn huge(&self) -> u64 {
        self.options.huge
    }

    /// Text that was not sent before.
    pub(crate) fn mark(&mut self) -> Vec<u8> {
        self.marks += 1;
        format!("wsurl {}", self.marks).into_bytes()
    }

    /// A new WebSocket.
    pub(crate) fn open(&mut self) -> Result<(RawConnection<'_>, Behaviours), Stop> {
        let behaviours = match self.behaviours {
            Some(behaviours) => behaviours,
            None => self.survey()?,
        };
        Ok((self.connect()?, behaviours))
    }

    /// Finds out how the server treats ordinary messages. That is no rule's evidence.
    fn survey(&mut self) -> Result<Behaviours, Stop> {
        let (text, pongs) = self.behaviour(Kind::Text)?;
        let (binary, pongs_again) = self.behaviour(Kind::Binary)?;
        self.recorder.transcript.take();
        let behaviours = Behaviours { text, binary, pongs: pongs || pongs_again };
        self.behaviours = Some(behaviours);
        Ok(behaviours)
    }

    fn behaviour(&mut self, kind: Kind) -> Result<(EchoBehaviour, bool), Stop> {
        let (ping, sent) = (self.mark(), self.mark());
        let opcode = if kind == Kind::Text { TEXT } else { BINARY };
        let mut connection = self.connect()?;
        connection.send(&[RawFrame::new(PING, &*ping), RawFrame::new(opcode, &*sent)]);
        let (mut pongs, mut echoes) = (false, false);
        let last = connection.until(|event| {
            match event {
                ServerEvent::Pong(payload) => pongs |= *payload == ping,
                ServerEvent::Message(came, payload) => echoes |= (*came, payload) == (kind, &sent),
                _ => {}
            }
            pongs && echoes
        })?;
        let behaviour = match last {
            _ if echoes => EchoBehaviour::Echoes,
            ServerEvent::Close(payload) => EchoBehaviour::Closes(close_code(&payload)),
            ServerEvent::Ended(_) => EchoBehaviour::Closes(None),
            ServerEvent::Message(..) | ServerEvent::Pong(_) | ServerEvent::Silence => EchoBehaviour::Keeps,
        };
        Ok((behaviour, pongs))
    }

    /// A WebSocket to a server that may not be known yet.
    pub(crate) fn connect(&mut self) -> Result<RawConnection<'_>, Stop> {
        self.may_go_on()?;
        if let Some(offer) = self.offer {
            return self.connect_compressed(offer);
        }
        let opened = self.server.open();
        let Connection { transport, leftover, .. } = self.reached(opened)?;
        Ok(RawConnection::new(transport, &mut self.recorder, self.frames, self.options.interrupted)
            .opened(leftover))
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
}
