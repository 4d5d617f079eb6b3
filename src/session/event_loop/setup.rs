//! What a session is made of, and what becomes of it.

use std::time::Duration;
use std::time::Instant;

use crate::error::{Failure, Status};
use crate::net::Connection;
use crate::protocol::CloseFrame;
use crate::session::finish::FinishRule;
use crate::session::hints::Hints;
use crate::session::limits::{CloseOptions, Limits};
use crate::session::machine::ServerName;
use crate::session::observer::Observer;
use crate::session::output::Output;
use crate::session::sink::Sink;
use crate::session::source::Source;
use crate::session::verdict::Side;
use crate::stats::Tally;

/// A connection, the lanes' ends, and the rules of the session.
pub struct Setup<'a> {
    /// The open WebSocket.
    pub connection: Connection,
    /// How messages call the server.
    pub server: ServerName,
    /// Where messages come from.
    pub source: &'a mut dyn Source,
    /// Where messages go.
    pub sink: &'a mut dyn Sink,
    /// Where they are written.
    pub output: Output,
    /// Is told what happens.
    pub observer: &'a mut dyn Observer,
    /// The rules.
    pub options: SessionOptions,
}

/// The rules of a session.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// When it ends.
    pub rule: FinishRule,
    /// Its limits in time.
    pub limits: Limits,
    /// Our Close, and which of the server's are accepted.
    pub close: CloseOptions,
    /// Bytes of payload that are sent in a second, at most.
    pub limit_rate: Option<u64>,
    /// Bytes of payload in a data frame that is sent, at most.
    pub max_frame: Option<u64>,
    /// Bytes of a message that is received, at most.
    pub max_message: Option<u64>,
    /// Whether a ping is sent at once, and its pong awaited and timed.
    pub ping: bool,
    /// Advice for failures.
    pub hints: Hints,
}

impl SessionOptions {
    /// A session that ends by `rule`, without limits on sizes and rates.
    pub fn new(rule: FinishRule, limits: Limits, close: CloseOptions) -> Self {
        Self {
            rule,
            limits,
            close,
            limit_rate: None,
            max_frame: None,
            max_message: None,
            ping: false,
            hints: Hints::default(),
        }
    }
}

/// How a session went.
#[derive(Debug)]
pub struct Outcome {
    /// Success, or what to tell the user.
    pub result: Result<(), Failure>,
    /// Whether everything received was written to the output.
    pub delivered: bool,
    /// The counts.
    pub tally: Tally,
    /// Who closed, and with what; `None` when the connection was lost or given up.
    pub close: Option<(Side, CloseFrame)>,
    /// The round trip of the ping, if one was asked for and answered.
    pub ping: Option<Duration>,
    /// When everything awaited had come, so that only the closing handshake was left.
    pub finished_at: Option<Instant>,
    /// From our Close to the server's.
    pub close_took: Option<Duration>,
    /// Whether the input was read to its end, and the next hop's TCP has taken all of it.
    pub sent_whole: bool,
    /// Whether the server closed after a whole message, and everything received was written.
    pub received_whole: bool,
}

impl Outcome {
    /// Of a session that was never open.
    pub fn failed(failure: Failure) -> Self {
        Self {
            result: Err(failure),
            delivered: false,
            tally: Tally::default(),
            close: None,
            ping: None,
            finished_at: None,
            close_took: None,
            sent_whole: false,
            received_whole: false,
        }
    }
}

/// The network thread cannot wait for events.
pub(super) fn cannot_wait(why: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Status::ReceiveFailed, "cannot wait for events").source(why)
}
