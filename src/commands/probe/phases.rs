//! The phases of a probe with their times and facts, computed when the probe is over. Pure.

use std::time::{Duration, SystemTime};

use super::seen::Seen;
use crate::net::http::ResponseHead;
use crate::net::tls::certificate::{CertificateFacts, validity};
use crate::net::{Facts, Timeline};
use crate::report::Severity;
use crate::report::probe::PhaseReport;
use crate::secret::shown_subprotocol;
use crate::session::Side;

/// The phases of this probe.
pub(super) fn phases(seen: &Seen<'_>) -> Vec<PhaseReport> {
    let mut phases = dial_phases(seen);
    if let (Some(failed), Some(failure)) =
        (phases.iter_mut().find(|phase| phase.time.is_none()), seen.failure)
    {
        // The first phase that is not done is the one that failed, unless the fault was on our side.
        failed.failed = !seen.is_open() && failure.severity() != Severity::Unknown;
    }
    if !seen.wants_refusal {
        phases.extend(session_phases(seen));
    }
    phases
}

fn dial_phases(seen: &Seen<'_>) -> Vec<PhaseReport> {
    let facts = seen.facts;
    let Timeline { begun, resolved, connected, proxied, secured, answered, upgraded, .. } = facts.timeline;
    let mut last = begun;
    let mut step = |name, at: Option<Duration>, detail: String| {
        let time = at.map(|at| at.saturating_sub(last));
        last = at.unwrap_or(last);
        PhaseReport { name, time, failed: false, detail }
    };
    let mut phases = Vec::new();
    if seen.route.network {
        phases.push(step("resolve", resolved, resolve_detail(seen)));
    }
    let remote = facts.remote.map_or(String::new(), |address| address.to_string());
    phases.push(step("connect", connected, remote));
    if seen.route.proxy {
        let answer = facts.proxy_response.as_ref().map(ResponseHead::status_and_reason);
        phases.push(step("proxy", proxied, answer.unwrap_or_default()));
    }
    if seen.route.tls {
        phases.push(step("tls", secured, tls_detail(facts)));
    }
    let answered = if seen.wants_refusal { answered } else { upgraded };
    phases.push(step("upgrade", answered, upgrade_detail(facts)));
    phases
}

fn resolve_detail(seen: &Seen<'_>) -> String {
    let addresses: Vec<_> = seen.facts.addresses.iter().map(ToString::to_string).collect();
    let whose = if seen.route.proxy { " (proxy)" } else { "" };
    if addresses.is_empty() { String::new() } else { addresses.join(", ") + whose }
}

/// The most important facts come first, because the line may be cut.
fn tls_detail(facts: &Facts) -> String {
    let version = facts.tls_version.map(ToOwned::to_owned);
    let certificate = facts.certificate.as_ref().map(|certificate| {
        let CertificateFacts { subject, issuer, .. } = certificate;
        let by = if issuer == subject { "itself" } else { issuer };
        format!("{}, {subject}, issued by {by}", validity(certificate.days_left(SystemTime::now())))
    });
    let cipher = facts.tls_cipher.map(ToOwned::to_owned);
    [version, certificate, cipher].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn upgrade_detail(facts: &Facts) -> String {
    let Some(head) = &facts.response else { return String::new() };
    let status = head.status_and_reason();
    let subprotocol =
        facts.subprotocol.as_ref().map(|name| format!("subprotocol {}", shown_subprotocol(name)));
    let extensions: Vec<_> = head.tokens("sec-websocket-extensions").collect();
    let extensions = (!extensions.is_empty()).then(|| format!("extensions {}", extensions.join(", ")));
    [Some(status), subprotocol, extensions].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn session_phases(seen: &Seen<'_>) -> Vec<PhaseReport> {
    let session = seen.session;
    let failed = seen.failed_in_session();
    let ping = session.and_then(|session| session.ping);
    let mut phases = vec![PhaseReport {
        name: "ping",
        time: ping,
        failed: failed == Some("ping"),
        detail: ping.map_or("", |_| "answered").to_owned(),
    }];
    if seen.has_messages {
        let time = session.and_then(|session| seen.message_time(session));
        let detail = session.map_or(String::new(), |session| {
            format!("{} sent, {} received", session.tally.messages_sent, session.tally.messages_received)
        });
        phases.push(PhaseReport { name: "message", time, failed: failed == Some("message"), detail });
    }
    phases.push(close_phase(seen, failed));
    phases
}

fn close_phase(seen: &Seen<'_>, failed: Option<&str>) -> PhaseReport {
    let close = seen.session.and_then(|session| session.close.as_ref());
    // A server that closes first needs no wait. But its Close in another phase is no closing handshake.
    let answered = seen.session.and_then(|session| session.close_took);
    let time = answered.or_else(|| close.filter(|_| seen.failure.is_none()).map(|_| Duration::ZERO));
    let is_reached = time.is_some() || failed == Some("close");
    let detail = match close.filter(|_| is_reached) {
        Some((Side::Us, frame)) => frame.described(),
        Some((Side::Server, frame)) => format!("by the server with {}", frame.described()),
        None => String::new(),
    };
    PhaseReport { name: "close", time, failed: failed == Some("close"), detail }
}
