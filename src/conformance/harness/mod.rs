//! Tries rules against a server: opens connections, sends any bytes, and keeps the evidence. The harness knows no rule;
//! `rules` says what is sent, and what has to happen.
//!
//! | file | what it adds |
//! |---|---|
//! | `server` | how to get to the server |
//! | `raw_connection`, `event` | one connection: any bytes out, events in |
//! | `frame`, `request`, `credentials` | frames and upgrade requests with any mistake in them |
//! | `recorder`, `transcript`, `pace` | evidence, and how long a reaction is awaited |
//! | `echo_behaviour`, `survey` | how the server treats ordinary messages |
//! | `compression` | connections on which compression was agreed |
//! | `upgrade_reply`, `arrivals`, `refusals` | the tries that several rules share |
//! | `intrusion`, `flood` | ways to the server that are not the ordinary one, and more than it can take |
//! | `loss` | what a rule comes to, and which one a server did not survive |
//! | `judgement` | what a try comes to |

pub(crate) mod arrivals;
pub(crate) mod compression;
pub(crate) mod credentials;
pub(crate) mod echo_behaviour;
pub(crate) mod event;
pub(crate) mod flood;
pub(crate) mod frame;
pub(crate) mod intrusion;
pub(crate) mod judgement;
mod loss;
mod pace;
pub(crate) mod raw_connection;
pub(crate) mod recorder;
pub(crate) mod refusals;
pub(crate) mod request;
pub(crate) mod server;
pub(crate) mod survey;
mod transcript;
pub(crate) mod upgrade_reply;

use std::rc::Rc;
use std::time::Duration;

use tungstenite::handshake::client::generate_key;

use self::echo_behaviour::Behaviours;
use self::judgement::{Judged, Judgement, Stop};
use self::pace::{Pace, SECOND_LOOKS};
use self::raw_connection::RawConnection;
use self::recorder::{FrameWatcher, Recorder};
use self::request::Request;
use self::server::{Options, Server};
use self::transcript::Transcript;
use crate::deadline::Deadline;
use crate::error::Failure;
use crate::net::Connection;

/// After this many failures to connect in a row, no rule is tried.
const MOST_FAILURES: u32 = 3;

/// The flag of the limit of a rule.
const FLAG: &str = "--rule-timeout";

/// What tries a rule.
pub(crate) type Attempt = fn(&mut Harness<'_>) -> Judged;

/// Tries rules. At most one of its connections is open at a time.
pub(crate) struct Harness<'a> {
    server: &'a mut dyn Server,
    options: &'a Options<'a>,
    /// The value of Sec-WebSocket-Key in our requests.
    key: String,
    recorder: Recorder,
    frames: &'a mut dyn FrameWatcher,
    behaviours: Option<Rc<Behaviours>>,
    /// Whether an ordinary request is accepted; if not, the text of the finding on rules about refused requests.
    ordinary: Option<Result<(), String>>,
    failures: u32,
    /// Connections of the current rule, and of all rules.
    connections: u32,
    was_reached: bool,
    /// Why no more rules are tried.
    gone: Option<String>,
    /// The rule before the current one.
    previous: Option<(&'static str, Attempt)>,
    marks: u32,
    /// How often a rule may still be tried again because nothing came, with no other result.
    second_looks: u32,
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
        let key = generate_key();
        let secrets = credentials::values(&Request::parse(&server.request(&key)));
        Self {
            server,
            options,
            key,
            recorder: Recorder {
                rule: "",
                transcript: Transcript::without(secrets),
                pace,
                end: None,
                nothing_came: false,
                is_alive: true,
            },
            frames,
            behaviours: None,
            ordinary: None,
            failures: 0,
            connections: 0,
            was_reached: false,
            gone: None,
            previous: None,
            marks: 0,
            second_looks: SECOND_LOOKS,
            offer: None,
        }
    }

    /// The length in bytes that the message of the rule on huge messages announces.
    pub(crate) fn huge(&self) -> u64 {
        self.options.huge
    }

    /// How long one reaction is awaited of a server that may never have reacted.
    pub(crate) fn patience(&self) -> Duration {
        self.recorder.pace.stretched(self.options.patience)
    }

    /// Why no more rules are tried, if the server was lost.
    pub(crate) fn gone(&self) -> Option<String> {
        self.gone.clone()
    }

    /// Text that was not sent before.
    pub(crate) fn mark(&mut self) -> Vec<u8> {
        self.marks += 1;
        format!("wsurl {}", self.marks).into_bytes()
    }

    /// Does something that is not part of the current rule, outside of its time: the rule's time begins again after it.
    fn without_limit<T>(&mut self, task: impl FnOnce(&mut Self) -> T) -> T {
        let was = self.recorder.end.take();
        let result = task(self);
        self.recorder.end = was.map(|_| self.limit());
        result
    }

    /// The end of a rule's time that begins now.
    fn limit(&self) -> Deadline {
        Deadline::after(self.recorder.pace.stretched(self.options.limit), FLAG)
    }

    /// The end of the time for a connection that begins now.
    fn connect_limit(&self) -> Deadline {
        self.limit()
    }

    /// A WebSocket to a server that may not be known yet.
    pub(crate) fn connect(&mut self) -> Result<RawConnection<'_>, Stop> {
        self.may_go_on()?;
        if let Some(offer) = self.offer {
            return self.connect_compressed(offer);
        }
        let opened = self.server.open(&self.connect_limit());
        let Connection { transport, leftover, .. } = self.reached(opened)?;
        Ok(RawConnection::new(transport, &mut self.recorder, self.frames, self.options.interrupted)
            .opened(leftover))
    }

    fn may_go_on(&self) -> Result<(), Stop> {
        if (self.options.interrupted)() {
            return Err(Stop::Interrupted);
        }
        if let Some(gone) = &self.gone {
            return Err(Judgement::inconclusive(format!("not tried: {gone}")).into());
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
                self.connections += 1;
                self.was_reached = true;
                self.recorder.is_alive = true;
                Ok(reached)
            }
            Err(_) if (self.options.interrupted)() => Err(Stop::Interrupted),
            Err(failure) => {
                self.failures += 1;
                self.recorder.is_alive = false;
                Err(Judgement::inconclusive(failure.to_string()).into())
            }
        }
    }
}
