//! Whether a server keeps RFC 6455: one rule after the other, each on a connection of its own, with what was sent and
//! what came back. May import `net`, `protocol` and the small values.
//!
//! `rules` is the table. The checks stand in `handshake`, `framing`, `control`, `messages` and `closing`, and say what is
//! sent and what has to come of it; what most of them do is in `trials`. They work in a `lab`, which opens connections
//! (`peer`) and keeps the evidence. What the server sends by itself is looked at in `conduct`, whatever it was sent for.
//!
//! A rule fails when a MUST is broken, or what a MUST of the other side takes for granted: a frame that nobody may send is
//! to be refused. How a server refuses is only a SHOULD, so any end of the connection will do.

mod closing;
mod conduct;
mod control;
mod frame;
mod framing;
mod handshake;
mod judgement;
mod lab;
mod messages;
mod pace;
mod peer;
mod request;
mod rules;
mod transcript;
mod trials;

use std::time::Duration;

use crate::error::Failure;
use crate::net::{Connection, Transport};
use lab::Lab;
use rules::CHECKS;

/// A rule that a server has to keep.
#[derive(Debug)]
pub struct Rule {
    /// The name in reports, in kebab case.
    pub id: &'static str,
    /// The section of RFC 6455 that says it, such as `5.5.2`.
    pub section: &'static str,
    /// The rule in a few words.
    pub title: &'static str,
}

/// How a server did on a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It keeps the rule.
    Pass,
    /// It breaks the rule.
    Fail,
    /// The rule has no bearing here.
    NotApplicable,
    /// What was seen does not tell.
    Inconclusive,
}

impl Verdict {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable => "not-applicable",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// What was found out about one rule.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How the server did.
    pub verdict: Verdict,
    /// What was seen, in one line.
    pub seen: String,
    /// What went over the connection, a line each: `> 89 82 ..` for bytes sent, `< 8a 02 ..` for bytes seen.
    pub evidence: Vec<String>,
}

/// How to get to the server that is looked at.
pub trait Server {
    /// Opens a WebSocket by the ordinary opening handshake.
    fn open(&mut self) -> Result<Connection, Failure>;

    /// Opens a byte stream to the server, through proxy and TLS, on which nothing was said yet.
    fn reach(&mut self) -> Result<Transport, Failure>;

    /// The text of an ordinary upgrade request with this key, as [`Server::open`] sends it.
    fn request(&self, key: &str) -> String;
}

/// How the rules are checked.
pub struct Options<'a> {
    /// How long one reaction of the server is waited for. A server that has not reacted to anything three times is
    /// given an eighth of it from then on.
    pub patience: Duration,
    /// The length in bytes of a message that the server cannot be expected to take; no more than the begin of it is sent.
    pub huge: u64,
    /// Whether to end before the last rule.
    pub interrupted: &'a dyn Fn() -> bool,
}

/// Checks all rules, one after the other: what was found out, each also told at once. Rules are missing at the end when it
/// was interrupted.
pub fn run(server: &mut dyn Server, options: &Options<'_>, tell: &mut dyn FnMut(&Finding)) -> Vec<Finding> {
    let mut lab = Lab::new(server, options);
    let findings = CHECKS.iter().map_while(|check| lab.find(check));
    findings.inspect(|finding| tell(finding)).collect()
}

/// All rules, in the order in which they are checked.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    CHECKS.iter().map(|check| &check.rule)
}
