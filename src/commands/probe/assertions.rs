//! The assertions about an endpoint, judged. Pure.

use std::time::{Duration, SystemTime};

use super::options::{Assertions, ProbeOptions, SWITCHING_PROTOCOLS};
use super::seen::{Route, Seen};
use crate::error::{Failure, Status};
use crate::net::Facts;
use crate::net::http::ResponseHead;
use crate::net::tls::certificate::validity;
use crate::report::probe::{Assertion, AssertionVerdict, PhaseReport};
use crate::report::units;
use crate::secret::{shown_subprotocol, shown_value};
use crate::session::{Checks, CloseCodes, Side};

/// The phases that are round trips.
const ROUND_TRIPS: [&str; 3] = ["upgrade", "ping", "message"];

/// The assertions, with what was seen. `elapsed` is the duration of the probe. An endpoint has broken none before it has come
/// so far that it could be judged.
pub(super) fn assertions(
    wanted: &Assertions,
    seen: &Seen<'_>,
    phases: &[PhaseReport],
    elapsed: Duration,
) -> Vec<Assertion> {
    let facts = seen.facts;
    let answered = facts.response.is_some();
    let switched = facts.response.as_ref().is_some_and(|head| head.status == SWITCHING_PROTOCOLS);
    let is_over = seen.is_open() || (wanted.wants_refusal() && answered);
    let mut assertions = Vec::new();
    if wanted.wants_refusal() {
        assertions.push(status(wanted.status, facts));
    }
    if let Some(name) = &wanted.subprotocol {
        // A subprotocol that was not offered breaks the protocol, but it is shown.
        let mut chosen = facts.response.iter().flat_map(|head| head.values("sec-websocket-protocol"));
        let seen = chosen.next().filter(|chosen| !chosen.is_empty());
        let seen = seen.map_or("no subprotocol", shown_subprotocol).to_owned();
        let holds = facts.subprotocol.as_deref() == Some(name);
        let name = format!("--expect-subprotocol {}", shown_subprotocol(name));
        assertions.push(judged(switched, name, holds, seen));
    }
    if let Some(name) = &wanted.extension {
        let seen = facts.response.iter().flat_map(|head| head.values("sec-websocket-extensions"));
        let seen: Vec<_> = seen.filter(|value| !value.is_empty()).collect();
        let seen = if seen.is_empty() { "no extension".to_owned() } else { seen.join(", ") };
        let name = format!("--expect-extension {name}");
        assertions.push(judged(switched, name, facts.agreement.is_some(), seen));
    }
    assertions.extend(wanted.headers.iter().map(|check| {
        let values: Vec<_> = facts.response.iter().flat_map(|head| head.values(&check.name)).collect();
        let holds = values.iter().any(|value| check.regex.is_match(value));
        let seen =
            if values.is_empty() { "no such field".to_owned() } else { shown_values(&check.name, &values) };
        judged(answered, format!("--expect-header '{}: {}'", check.name, check.regex), holds, seen)
    }));
    if let Some(least) = wanted.min_cert_days {
        assertions.push(certificate(least, facts));
    }
    if let Some(most) = wanted.max_latency {
        assertions.push(latency(is_over, most, phases));
    }
    if let Some(most) = wanted.crit {
        let name = format!("--crit {}", humantime::format_duration(most));
        assertions.push(judged(is_over, name, elapsed <= most, shown(elapsed)));
    }
    assertions.extend(seen.checks.iter().map(|(name, holds)| {
        let seen = if *holds { "met".to_owned() } else { seen.last_message.to_owned() };
        judged(is_over, name.clone(), *holds, seen)
    }));
    assertions.extend(seen.expected_close.map(|codes| expected_close(codes, is_over, seen)));
    assertions
}

/// An assertion that holds or not, if the probe has reached what it is about.
fn judged(is_reached: bool, name: String, holds: bool, seen: String) -> Assertion {
    match (is_reached, holds) {
        (true, true) => Assertion { name, verdict: AssertionVerdict::Holds, seen },
        (true, false) => Assertion { name, verdict: AssertionVerdict::Broken, seen },
        (false, _) => {
            Assertion { name, verdict: AssertionVerdict::NotReached, seen: "not reached".to_owned() }
        }
    }
}

/// The assertions about an endpoint of which nothing was seen.
pub(super) fn unjudged(probe: &ProbeOptions) -> Vec<Assertion> {
    let facts = Facts::start();
    let checks: Vec<_> = Checks::new(probe.checks.clone()).results().collect();
    let seen = Seen {
        facts: &facts,
        session: None,
        failure: None,
        wants_refusal: probe.assertions.wants_refusal(),
        has_messages: probe.has_messages(),
        needs_pong: !probe.rule.server_closes,
        expected_close: probe.expect_close.as_ref(),
        route: Route { network: true, proxy: false, tls: false },
        checks: &checks,
        last_message: "",
    };
    assertions(&probe.assertions, &seen, &[], Duration::ZERO)
}

/// One failure for all assertions that do not hold.
pub(super) fn broken(assertions: &[Assertion]) -> Option<Failure> {
    let broken: Vec<_> = assertions
        .iter()
        .filter(|assertion| assertion.verdict == AssertionVerdict::Broken)
        .map(|Assertion { name, seen, .. }| format!("{name} does not hold: {seen}"))
        .collect();
    (!broken.is_empty()).then(|| Failure::new(Status::ExpectationFailed, broken.join("; ")))
}

fn status(wanted: u16, facts: &Facts) -> Assertion {
    let got = facts.response.as_ref();
    let seen = got.map_or("no answer".to_owned(), ResponseHead::status_and_reason);
    let holds = got.is_some_and(|head| head.status == wanted && wanted != SWITCHING_PROTOCOLS);
    judged(got.is_some(), format!("--expect-status {wanted}"), holds, seen)
}

fn expected_close(codes: &CloseCodes, is_over: bool, seen: &Seen<'_>) -> Assertion {
    let close = seen.session.and_then(|session| session.close.as_ref());
    let (holds, seen) = match close {
        Some((Side::Server, frame)) => {
            (codes.accepts(frame.code), format!("closed with {}", frame.described()))
        }
        // An end without a Close is what 1006 stands for.
        _ if seen.session.is_some() && seen.failure.is_none() => (true, "closed with 1006".to_owned()),
        _ => (false, "no Close of the server".to_owned()),
    };
    judged(is_over, format!("--expect-close {codes}"), holds, seen)
}

fn certificate(least: u32, facts: &Facts) -> Assertion {
    let left = facts.certificate.as_ref().map(|certificate| certificate.days_left(SystemTime::now()));
    let (holds, seen) = match left {
        Some(left) => (left >= i64::from(least), validity(left)),
        None => (false, "no certificate without TLS".to_owned()),
    };
    judged(facts.response.is_some(), format!("--min-cert-days {least}"), holds, seen)
}

fn latency(is_over: bool, most: Duration, phases: &[PhaseReport]) -> Assertion {
    let trips = phases.iter().filter(|phase| ROUND_TRIPS.contains(&phase.name));
    let slowest = trips.filter_map(|phase| Some((phase.time?, phase.name))).max();
    let (holds, seen) = match slowest {
        Some((time, name)) => (time <= most, format!("{name} took {}", shown(time))),
        None => (false, "no round trip".to_owned()),
    };
    judged(is_over, format!("--max-latency {}", humantime::format_duration(most)), holds, seen)
}

fn shown_values(name: &str, values: &[&str]) -> String {
    values.iter().map(|value| shown_value(name, value)).collect::<Vec<_>>().join(", ")
}

fn shown(time: Duration) -> String {
    units::duration(time, true)
}
