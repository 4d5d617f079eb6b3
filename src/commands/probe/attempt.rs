//! One probe of one URL: the dial, a ping, messages if there are any, and the Close.

use std::time::{Instant, SystemTime};

use super::options::ProbeOptions;
use super::seen::{Route, Seen};
use super::{assertions, phases};
use crate::commands::dialing::open;
use crate::commands::header_dump::dial_and_dump;
use crate::commands::options::ConversationOptions;
use crate::endpoint::Endpoint;
use crate::error::{Failure, Status};
use crate::framing::{Format, FramingWriter};
use crate::net::{Connection, Facts};
use crate::report::Trace;
use crate::report::probe::{ProbeReport, ProbeVerdict};
use crate::session::{
    self, Checks, FinishRule, FirstPing, Hints, MessageSink, MessageSource, Outcome, Output, ServerName,
    SessionOptions, Setup,
};

/// A finished try.
pub(super) struct Probed {
    pub(super) endpoint: Endpoint,
    pub(super) report: ProbeReport,
}

/// Probes an endpoint once. `rule` ends the session.
pub(super) fn attempt(
    options: &ConversationOptions,
    probe: &ProbeOptions,
    rule: FinishRule,
    trace: &mut Trace,
) -> Probed {
    if options.endpoint.is_secure() {
        // The time to read CA certificates says nothing about the endpoint.
        options.dial.tls.prepare();
    }
    let (begun, time) = (Instant::now(), SystemTime::now());
    let mut facts = Facts::start();
    let (endpoint, dialed) = dial_and_dump(options, &mut facts, |facts| open(options, facts, trace));
    let checks = Checks::new(probe.checks.clone());
    let writer = FramingWriter::new(Format::Lines, false);
    let mut incoming = MessageSink::new(writer, checks, None);
    let (session, mut failure) = match dialed {
        Ok(connection) => {
            let mut outcome = converse(options, probe, rule, &endpoint, connection, &mut incoming, trace);
            let failure = std::mem::replace(&mut outcome.result, Ok(())).err();
            let failure = failure.or_else(|| unanswered(probe, &endpoint, &outcome));
            (Some(outcome), failure)
        }
        Err(failure) => (None, Some(failure)),
    };
    let wants_refusal = probe.assertions.wants_refusal();
    if wants_refusal && facts.response.is_some() {
        // Whether it is the expected one is an assertion like the others.
        failure = None;
    }
    let elapsed = begun.elapsed();
    let checks: Vec<_> = incoming.checks().results().filter(|_| !wants_refusal).collect();
    let seen = Seen {
        facts: &facts,
        session: session.as_ref(),
        failure: failure.as_ref(),
        wants_refusal,
        has_messages: probe.has_messages(),
        needs_pong: !probe.rule.server_closes,
        expected_close: probe.expect_close.as_ref(),
        route: Route::to(&endpoint, options),
        checks: &checks,
        last_message: &incoming.checks().seen(),
    };
    let phases = phases::phases(&seen);
    let assertions = assertions::assertions(&probe.assertions, &seen, &phases, elapsed);
    let failure = failure.or_else(|| assertions::broken(&assertions));
    let slow = probe.assertions.warn.is_some_and(|warn| elapsed > warn);
    let report = ProbeReport {
        url: options.endpoint.as_typed().to_owned(),
        url_effective: endpoint.to_string(),
        time,
        elapsed,
        tries: facts.retries + 1,
        verdict: ProbeVerdict::of(failure.is_some(), slow),
        failure,
        phases,
        tally: session.as_ref().map_or_else(Default::default, |session| session.tally),
        ping: session.as_ref().and_then(|session| session.ping),
        close: session.and_then(|session| session.close),
        facts,
        assertions,
        thresholds: [probe.assertions.warn, probe.assertions.crit],
        min_cert_days: probe.assertions.min_cert_days.map(i64::from),
        conformance: None,
        security: None,
    };
    Probed { endpoint, report }
}

/// The failure of a server that closes before it has answered the ping, whatever its code.
fn unanswered(probe: &ProbeOptions, endpoint: &Endpoint, outcome: &Outcome) -> Option<Failure> {
    if outcome.ping.is_some() || probe.rule.server_closes || probe.assertions.wants_refusal() {
        return None;
    }
    let code =
        outcome.close.as_ref().map_or(String::new(), |(_, frame)| format!(" with {}", frame.described()));
    let text = format!("{} closed{code} before it answered a ping", endpoint.host_and_port());
    Some(Failure::new(Status::ExpectationFailed, text))
}

fn converse(
    options: &ConversationOptions,
    probe: &ProbeOptions,
    rule: FinishRule,
    endpoint: &Endpoint,
    connection: Connection,
    incoming: &mut MessageSink,
    trace: &mut Trace,
) -> Outcome {
    let wants_refusal = probe.assertions.wants_refusal();
    let messages = if wants_refusal { Vec::new() } else { probe.messages.clone() };
    let ping = match () {
        () if wants_refusal => FirstPing::No,
        // The server may close at once.
        () if probe.rule.server_closes => FirstPing::Optional,
        () => FirstPing::Awaited,
    };
    session::run(
        connection,
        Setup {
            server: ServerName { host: endpoint.host(), target: endpoint.host_and_port() },
            source: &mut MessageSource::given(messages),
            sink: incoming,
            output: Output::nowhere(),
            observer: trace,
            options: SessionOptions {
                max_message: Some(probe.max_message_size),
                ping,
                hints: Hints { too_large: Some("--max-message-size allows more"), ..Hints::default() },
                ..SessionOptions::new(rule, options.limits, options.close.clone())
            },
        },
    )
}
