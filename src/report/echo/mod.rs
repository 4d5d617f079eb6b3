//! What an echo test has found out, with what was asked for; the files beside this one put it into words.

use std::time::{Duration, SystemTime};

use crate::echo::Outcome;
use crate::protocol::Kind;

/// See the module.
#[derive(Debug)]
pub struct EchoReport {
    /// The URL, without a password.
    pub url: String,
    /// Whether it is the embedded server.
    pub embedded: bool,
    /// When the test began.
    pub time: SystemTime,
    /// Bytes in each message; several with `--sizes`.
    pub sizes: Vec<u64>,
    /// Text or binary.
    pub kind: Kind,
    /// Whether bytes are compared instead of messages (`--mode stream`).
    pub stream: bool,
    /// Messages to send in all, of all connections; `None` when only time limits them.
    pub planned: Option<u64>,
    /// Connections side by side.
    pub connections: u64,
    /// Messages under way on each.
    pub in_flight: u64,
    /// Bytes in a fragment.
    pub fragment: Option<u64>,
    /// Between messages of a connection.
    pub interval: Option<Duration>,
    /// From which the payloads come.
    pub seed: u64,
    /// What was found out.
    pub outcome: Outcome,
}
