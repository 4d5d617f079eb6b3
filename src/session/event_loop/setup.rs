//! The parts that a session is started with, and its outcome.

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

/// A connection, source, sink and output, and the rules of the session.
pub struct Setup<'a> {
    /// The open WebSocket.
    pub connection: Connection,
    /// The name of the server in errors.
    pub server: ServerName,
    /// Yields the messages to send.
    pub source: &'a mut dyn Source,
    /// Takes the messages received.
    pub sink: &'a mut dyn Sink,
    /// Where the sink's bytes are written.
    pub output: Output,
    /// Receives events, for traces.
    pub observer: &'a mut dyn Observer,
    pub options: SessionOptions,
}

/// The rules of a session.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// When our Close is sent.
    pub rule: FinishRule,
    /// Its limits in time.
    pub limits: Limits,
    /// Our Close, and which of the server's are accepted.
    pub close: CloseOptions,
    /// The most payload sent in a second, in bytes.
    pub limit_rate: Option<u64>,
    /// The most payload of a data frame that is sent, in bytes.
    pub max_frame: Option<u64>,
    /// The longest message that is received, in bytes.
    pub max_message: Option<u64>,
    /// Whether to send a ping at once, and to await and time its pong.
    pub ping: bool,
    /// Advice for failures.
    pub hints: Hints,
}

impl SessionOptions {
    /// Options without limits on sizes and rates.
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

/// The outcome of a session.
#[derive(Debug)]
pub struct Outcome {
    /// Success, or the failure to show.
    pub result: Result<(), Failure>,
    /// Whether everything received was written to the output.
    pub delivered: bool,
    /// Messages and bytes.
    pub tally: Tally,
    /// Who sent the first Close, and the server's Close frame; `None` when the connection was lost or given up.
    pub close: Option<(Side, CloseFrame)>,
    /// The round trip of the ping of [`SessionOptions::ping`], if it was answered.
    pub ping: Option<Duration>,
    /// When everything awaited had arrived, so that only the closing handshake was left.
    pub finished_at: Option<Instant>,
    /// The time from our Close to the server's.
    pub close_took: Option<Duration>,
    /// Whether the input was read to its end, and the next hop's TCP has taken all of it.
    pub sent_whole: bool,
    /// Whether the server closed after a whole message, and everything received was written.
    pub received_whole: bool,
}

impl Outcome {
    /// The outcome when no session was opened.
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
