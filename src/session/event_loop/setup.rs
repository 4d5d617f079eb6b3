//! The inputs and the outcome of a session.

use std::time::Duration;
use std::time::Instant;

use crate::error::{Failure, Status};
use crate::protocol::CloseFrame;
use crate::session::finish::FinishRule;
use crate::session::hints::Hints;
use crate::session::keepalive::FirstPing;
use crate::session::limits::{CloseOptions, Limits};
use crate::session::machine::ServerName;
use crate::session::observer::Observer;
use crate::session::output::Output;
use crate::session::sink::Sink;
use crate::session::source::Source;
use crate::session::verdict::Side;
use crate::stats::Tally;

/// What a session needs beside its connection.
pub struct Setup<'a> {
    /// The name of the server in errors.
    pub server: ServerName,
    /// Yields the messages to send.
    pub source: &'a mut dyn Source,
    /// Receives the arriving messages.
    pub sink: &'a mut dyn Sink,
    /// Where the sink's bytes are written.
    pub output: Output,
    /// Receives events for traces.
    pub observer: &'a mut dyn Observer,
    pub options: SessionOptions,
}

/// The options of a session.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// When to send our Close.
    pub rule: FinishRule,
    /// The time limits.
    pub limits: Limits,
    /// Our Close, and which Close frames of the server are accepted.
    pub close: CloseOptions,
    /// The most payload bytes sent per second.
    pub limit_rate: Option<u64>,
    /// The most payload bytes in a data frame that is sent.
    pub max_frame: Option<u64>,
    /// The longest message that is accepted, in bytes.
    pub max_message: Option<u64>,
    /// The ping at the beginning.
    pub ping: FirstPing,
    /// The advice for failures.
    pub hints: Hints,
}

impl SessionOptions {
    /// Creates options without limits on sizes and rates.
    pub fn new(rule: FinishRule, limits: Limits, close: CloseOptions) -> Self {
        Self {
            rule,
            limits,
            close,
            limit_rate: None,
            max_frame: None,
            max_message: None,
            ping: FirstPing::No,
            hints: Hints::default(),
        }
    }
}

/// The outcome of a session.
#[derive(Debug)]
pub struct Outcome {
    /// Success, or the failure to report.
    pub result: Result<(), Failure>,
    /// Whether everything received was written to the output.
    pub delivered: bool,
    /// The counts of messages and bytes.
    pub tally: Tally,
    /// The side that sent the first Close, and the server's Close frame; `None` if the connection was lost or
    /// abandoned.
    pub close: Option<(Side, CloseFrame)>,
    /// The round trip of the ping of [`SessionOptions::ping`], if its pong arrived.
    pub ping: Option<Duration>,
    /// When the last awaited message had arrived, so that only the closing handshake remained.
    pub finished_at: Option<Instant>,
    /// The time from our Close to the server's.
    pub close_took: Option<Duration>,
    /// Bytes of payload that the TCP of the next hop has taken; after a reset, at most so many.
    pub bytes_taken: u64,
    /// Whether the input was read to its end, and the TCP of the next hop has taken all of it.
    pub sent_whole: bool,
    /// Whether the server closed between messages, and all received data was written.
    pub received_whole: bool,
}

impl Outcome {
    /// The outcome if no session was opened.
    pub fn failed(failure: Failure) -> Self {
        Self {
            result: Err(failure),
            delivered: false,
            tally: Tally::default(),
            close: None,
            ping: None,
            finished_at: None,
            close_took: None,
            bytes_taken: 0,
            sent_whole: false,
            received_whole: false,
        }
    }
}

/// The failure when the network thread cannot wait for events.
pub(super) fn cannot_wait(why: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Status::ReceiveFailed, "cannot wait for events").source(why)
}
