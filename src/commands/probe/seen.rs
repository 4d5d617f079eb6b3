//! The observations of one probe, before they are judged. Pure.

use std::time::Duration;

use crate::commands::options::ConversationOptions;
use crate::endpoint::Endpoint;
use crate::error::{Failure, Status};
use crate::net::Facts;
use crate::session::{CloseCodes, Outcome};

/// The observations of one probe.
pub(super) struct Seen<'a> {
    pub(super) facts: &'a Facts,
    /// The outcome of the session, if the WebSocket was open.
    pub(super) session: Option<&'a Outcome>,
    pub(super) failure: Option<&'a Failure>,
    pub(super) wants_refusal: bool,
    pub(super) has_messages: bool,
    /// Whether the ping has to be answered.
    pub(super) needs_pong: bool,
    /// The codes with which the server has to close.
    pub(super) expected_close: Option<&'a CloseCodes>,
    pub(super) route: Route,
    /// Each check on the replies, and whether it was met.
    pub(super) checks: &'a [(String, bool)],
    /// What was seen instead, for checks that were not met.
    pub(super) last_message: &'a str,
}

/// The parts of the connection to the server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    /// A network, not a Unix socket.
    pub(super) network: bool,
    pub(super) proxy: bool,
    pub(super) tls: bool,
}

impl Route {
    pub(super) fn to(endpoint: &Endpoint, options: &ConversationOptions) -> Self {
        let network = options.dial.address.unix_socket().is_none();
        let has_proxy = || options.proxy.choose(endpoint).is_ok_and(|(proxy, _)| proxy.is_some());
        Self { network, proxy: network && has_proxy(), tls: endpoint.is_secure() }
    }
}

impl Seen<'_> {
    pub(super) fn is_open(&self) -> bool {
        self.facts.timeline.upgraded.is_some()
    }

    /// The phase of the session that has failed.
    pub(super) fn failed_in_session(&self) -> Option<&'static str> {
        let (session, failure) = (self.session?, self.failure?);
        let unmet = failure.status() == Status::ExpectationFailed;
        Some(match session {
            Outcome { ping: None, .. } if self.needs_pong => "ping",
            Outcome { finished_at: None, .. } if self.has_messages => "message",
            _ if unmet && self.checks.iter().any(|(_, met)| !met) => "message",
            _ => "close",
        })
    }

    /// The time from the pong until everything awaited had arrived.
    pub(super) fn message_time(&self, session: &Outcome) -> Option<Duration> {
        let until = self.facts.timeline.until(session.finished_at?);
        let ping = session.ping.or((!self.needs_pong).then_some(Duration::ZERO))?;
        Some(until.saturating_sub(self.facts.timeline.upgraded?).saturating_sub(ping))
    }
}
