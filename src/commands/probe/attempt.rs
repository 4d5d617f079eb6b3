//! One probe of one URL: the dial, a ping, messages if there are any, and the Close.

use std::time::{Duration, Instant, SystemTime};

use super::options::Questions;
use super::{phases, promises};
use crate::commands::dialing::open;
use crate::commands::options::ConversationOptions;
use crate::commands::written::dump_header;
use crate::endpoint::Endpoint;
use crate::error::{Failure, Status};
use crate::framing::{Format, FramingWriter};
use crate::net::{Connection, Facts};
use crate::report::Trace;
use crate::report::probe::{ProbeReport, Verdict};
use crate::session::{self, Checks, Count, FinishRule, MessageSink, MessageSource, Outcome, Output, Setup};

/// Everything that was seen of an endpoint, before it is judged.
pub(super) struct Seen<'a> {
    pub(super) facts: &'a Facts,
    /// How the session went, if the WebSocket was open.
    pub(super) session: Option<&'a Outcome>,
    /// What went wrong.
    pub(super) failure: Option<&'a Failure>,
    pub(super) wants_refusal: bool,
    pub(super) has_messages: bool,
    pub(super) route: Route,
    /// Each check on the replies, and whether it was met.
    pub(super) checks: &'a [(String, bool)],
    /// What was seen where a check was not met.
    pub(super) last_message: &'a str,
}

/// What lies between us and the server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    /// A network, and not just a Unix socket.
    pub(super) network: bool,
    pub(super) proxy: bool,
    pub(super) tls: bool,
}

impl Route {
    fn to(endpoint: &Endpoint, options: &ConversationOptions) -> Self {
        let network = options.dial.address.unix_socket().is_none();
        let has_proxy = || options.proxy.choose(endpoint).is_ok_and(|(proxy, _)| proxy.is_some());
        Self { network, proxy: network && has_proxy(), tls: endpoint.is_secure() }
    }
}

impl Seen<'_> {
    pub(super) fn is_open(&self) -> bool {
        self.facts.timeline.upgraded.is_some()
    }

    /// The step of the session that has failed.
    pub(super) fn failed_in_session(&self) -> Option<&'static str> {
        let (session, failure) = (self.session?, self.failure?);
        let unmet = failure.status() == Status::ExpectationFailed;
        Some(match session {
            Outcome { ping: None, .. } => "ping",
            Outcome { finished_at: None, .. } if self.has_messages => "message",
            _ if self.has_messages && unmet => "message",
            _ => "close",
        })
    }

    /// From the pong to when everything awaited had come.
    pub(super) fn message_time(&self, session: &Outcome) -> Option<Duration> {
        let until = self.facts.timeline.until(session.finished_at?);
        Some(until.saturating_sub(self.facts.timeline.upgraded?).saturating_sub(session.ping?))
    }
}

/// A probe that is over.
pub(super) struct Probed {
    pub(super) endpoint: Endpoint,
    pub(super) report: ProbeReport,
}

/// Probes an endpoint once.
pub(super) fn attempt(options: &ConversationOptions, questions: &Questions, trace: &mut Trace) -> Probed {
    if options.endpoint.is_secure() {
        // What it takes to read our CA certificates says nothing about the endpoint.
        options.dial.tls.prepare();
    }
    let (begun, time) = (Instant::now(), SystemTime::now());
    let mut facts = Facts::start();
    let (endpoint, dialed) = open(options, &mut facts, trace);
    let dumped = dump_header(options.dump_header.as_deref(), &facts);
    let checks = Checks::new(questions.checks.clone());
    let writer = FramingWriter::new(Format::Lines, false);
    let mut incoming = MessageSink::new(writer, checks, questions.max_message_size, None);
    let (session, mut failure) = match dialed.and_then(|connection| dumped.map(|()| connection)) {
        Ok(connection) => {
            let mut outcome = converse(options, questions, &endpoint, connection, &mut incoming, trace);
            let failure = std::mem::replace(&mut outcome.result, Ok(())).err();
            let failure = failure.or_else(|| unanswered(questions, &endpoint, &outcome));
            (Some(outcome), failure)
        }
        Err(failure) => (None, Some(failure)),
    };
    let wants_refusal = questions.promises.wants_refusal();
    if wants_refusal && facts.response.is_some() {
        // Whether it is the right one is a promise like others.
        failure = None;
    }
    let elapsed = begun.elapsed();
    let checks: Vec<_> = incoming.checks().results().filter(|_| !wants_refusal).collect();
    let seen = Seen {
        facts: &facts,
        session: session.as_ref(),
        failure: failure.as_ref(),
        wants_refusal,
        has_messages: questions.has_messages(),
        route: Route::to(&endpoint, options),
        checks: &checks,
        last_message: &incoming.checks().seen(),
    };
    let phases = phases::phases(&seen);
    let assertions = promises::assertions(&questions.promises, &seen, &phases, elapsed);
    let failure = failure.or_else(|| promises::broken(&assertions));
    let slow = questions.promises.warn.is_some_and(|warn| elapsed > warn);
    let report = ProbeReport {
        url: options.endpoint.to_string(),
        url_effective: endpoint.to_string(),
        time,
        elapsed,
        tries: facts.retries + 1,
        verdict: match &failure {
            Some(_) => Verdict::Failed,
            None if slow => Verdict::Warning,
            None => Verdict::Ok,
        },
        failure,
        phases,
        tally: session.as_ref().map_or_else(Default::default, |session| session.tally),
        ping: session.as_ref().and_then(|session| session.ping),
        close: session.and_then(|session| session.close),
        facts,
        assertions,
        thresholds: [questions.promises.warn, questions.promises.crit],
        min_cert_days: questions.promises.min_cert_days.map(i64::from),
        conformance: None,
    };
    Probed { endpoint, report }
}

/// A server that closes before it has answered the ping is on its way out, whatever its code.
fn unanswered(questions: &Questions, endpoint: &Endpoint, outcome: &Outcome) -> Option<Failure> {
    if outcome.ping.is_some() || questions.promises.wants_refusal() {
        return None;
    }
    let code =
        outcome.close.as_ref().map_or(String::new(), |(_, frame)| format!(" with {}", frame.described()));
    let text = format!("{} closed{code} before it answered a ping", endpoint.host_and_port());
    Some(Failure::new(Status::ExpectationFailed, text))
}

fn converse(
    options: &ConversationOptions,
    questions: &Questions,
    endpoint: &Endpoint,
    connection: Connection,
    incoming: &mut MessageSink,
    trace: &mut Trace,
) -> Outcome {
    let wants_refusal = questions.promises.wants_refusal();
    let messages = if wants_refusal { Vec::new() } else { questions.messages.clone() };
    let awaited = u64::from(!questions.checks.is_empty());
    let count = if wants_refusal || !questions.has_messages() {
        Count::None
    } else {
        Count::AsSent { at_least: awaited }
    };
    let _open = questions.sessions.enter();
    session::run(Setup {
        connection,
        host: endpoint.host(),
        target: endpoint.host_and_port(),
        outgoing: &mut MessageSource::given(messages),
        incoming,
        output: Output::nowhere(),
        rule: FinishRule { count, quiet: None, follow: false, lockstep: false },
        limits: options.limits,
        close: options.close.clone(),
        limit_rate: None,
        ping: !wants_refusal,
        observer: trace,
    })
}
