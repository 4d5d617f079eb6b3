//! `--conformance` and `--security`: checks rules on a server that has switched to WebSocket.

use std::time::Duration;

use super::options::{ProbeOptions, SWITCHING_PROTOCOLS};
use crate::commands::dialing::{NoopObserver, Redialer};
use crate::commands::options::ConversationOptions;
use crate::conformance::{self, Checked, Finding, Options, Server, ServerIdentity, Verdict};
use crate::deadline::Deadline;
use crate::endpoint::{Endpoint, host_and_port};
use crate::error::{Failure, Phase, Status};
use crate::net::tls::client::Prepared;
use crate::net::{Connection, Observer, Transport};
use crate::os::signals;
use crate::report::probe::{self, ProbeReport};
use crate::report::{Severity, Trace};

/// How long one reaction of the server is awaited: so many round trips, within bounds.
const ROUND_TRIPS: u32 = 20;
const LEAST_PATIENCE: Duration = Duration::from_secs(1);
const MOST_PATIENCE: Duration = Duration::from_secs(10);

/// A rule may take so many times as long as one reaction.
const REACTIONS: u32 = 2;

/// How long a server that was lost is awaited: supervisors start it again within a few seconds.
const COMEBACK: Duration = Duration::from_secs(10);

/// The length of a message that no server can be expected to take: 1 TiB.
const HUGE: u64 = 1 << 40;

/// Opens the connections for the rules. They are not traced: the evidence of a rule says more.
struct TargetServer<'a> {
    endpoint: &'a Endpoint,
    options: &'a ConversationOptions,
    redialer: Redialer<'a>,
    /// The last failure to reach the server.
    lost: Option<Failure>,
}

impl TargetServer<'_> {
    /// Keeps the last failure to connect.
    fn note<T>(&mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        self.lost = result.as_ref().err().map(|failure| Failure::new(failure.status(), failure.to_string()));
        result
    }
}

impl Server for TargetServer<'_> {
    fn open(&mut self, limit: &Deadline) -> Result<Connection, Failure> {
        let opened = self.redialer.open(limit, &mut NoopObserver);
        self.note(opened)
    }

    fn reach(&mut self, limit: &Deadline) -> Result<Transport, Failure> {
        let reached = self.redialer.open_stream(limit, &mut NoopObserver);
        self.note(reached)
    }

    fn reach_anonymously(&mut self, limit: &Deadline) -> Result<Transport, Failure> {
        let mut options = self.options.clone();
        options.dial.tls.identity = None;
        options.dial.tls.prepared = Prepared::default();
        Redialer::to(self.endpoint, &options).open_stream(limit, &mut NoopObserver)
    }

    fn reach_in_plain(&mut self, port: u16, limit: &Deadline) -> Result<Transport, Failure> {
        let plain = Endpoint::parse(&format!("ws://{}/", host_and_port(&self.endpoint.host(), port)))?;
        Redialer::to(&plain, self.options).open_stream(limit, &mut NoopObserver)
    }

    fn identity(&self) -> ServerIdentity {
        let tls = &self.options.dial.tls;
        ServerIdentity {
            host: tls.domain.clone().unwrap_or_else(|| self.endpoint.host()),
            tls_port: self.endpoint.is_secure().then(|| self.endpoint.port()),
            has_client_certificate: self.endpoint.is_secure() && tls.identity.is_some(),
        }
    }

    fn request(&self, key: &str) -> String {
        self.redialer.request(key)
    }
}

/// A set of rules that is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Suite {
    Conformance,
    Security,
}

impl Suite {
    fn rules(self) -> usize {
        match self {
            Self::Conformance => conformance::rules().count(),
            Self::Security => conformance::security_rules().count(),
        }
    }

    fn run(self, server: &mut dyn Server, options: &Options<'_>, tell: &mut dyn FnMut(&Finding)) -> Checked {
        match self {
            Self::Conformance => conformance::run(server, options, tell),
            Self::Security => conformance::run_security(server, options, tell),
        }
    }

    /// The findings on the rules in a report.
    fn findings(self, report: &mut ProbeReport) -> &mut Option<Vec<Finding>> {
        match self {
            Self::Conformance => &mut report.conformance,
            Self::Security => &mut report.security,
        }
    }

    /// What the rules are called in failures.
    fn named(self) -> &'static str {
        match self {
            Self::Conformance => "rules",
            Self::Security => "rules of --security",
        }
    }
}

/// Whether rules can be tried after this probe. What a server does wrong once it has switched to WebSocket, such as a ping
/// without an answer or a masked frame, is for the rules to name.
pub(super) fn can_be_tried(
    report: &ProbeReport,
    options: &ConversationOptions,
    probe: &ProbeOptions,
) -> bool {
    let Some(failure) = &report.failure else { return true };
    let has_switched = report.facts.response.as_ref().is_some_and(|head| head.status == SWITCHING_PROTOCOLS);
    let status = failure.status();
    // With `--wait-ready`, a failure means that the server is not ready.
    let is_ours = probe.wait_ready.is_some() || status.is_signal() || status.severity() == Severity::Unknown;
    let has_time = options.limits.whole.is_none_or(|whole| whole.remaining().is_some());
    has_switched && !is_ours && has_time
}

/// Checks the rules, and adds the findings to the report.
pub(super) fn check(
    options: &ConversationOptions,
    probe: &ProbeOptions,
    endpoint: &Endpoint,
    report: &mut ProbeReport,
    trace: &mut Trace,
    show: &mut dyn FnMut(&str),
) {
    let asked = &probe.rules;
    let patience = match asked.rule_timeout {
        Some(limit) => limit / REACTIONS,
        None => (round_trip(report) * ROUND_TRIPS).clamp(LEAST_PATIENCE, MOST_PATIENCE),
    };
    // Rules of compression offer it themselves, all others do not want it.
    let mut plain = options.clone();
    plain.dial.upgrade.compression = None;
    let whole = options.limits.whole;
    let is_over = || whole.filter(|whole| whole.remaining().is_none());
    let interrupted = || signals::received().is_some() || is_over().is_some();
    let limit = asked.rule_timeout.unwrap_or(patience * REACTIONS);
    let messages = &probe.messages;
    let options =
        Options { patience, limit, comeback: COMEBACK, huge: HUGE, messages, interrupted: &interrupted };
    let suites = [
        (Suite::Conformance, asked.conformance, &asked.conformance_except),
        (Suite::Security, asked.security, &asked.security_except),
    ];
    let mut failures = Vec::new();
    for (suite, _, except) in suites.into_iter().filter(|(_, is_asked, _)| *is_asked) {
        let redialer = Redialer::to(endpoint, &plain);
        let mut target = TargetServer { endpoint, options: &plain, redialer, lost: None };
        let (mut checked, all) = (0, suite.rules());
        let Checked { mut findings, gone } = suite.run(&mut target, &options, &mut |finding| {
            checked += 1;
            show(&format!("{checked} of {all} rules checked, the last {}", finding.rule.id));
            Observer::note(trace, &format!("{}: {}", finding.rule.id, finding.verdict.name()));
        });
        for finding in &mut findings {
            finding.excepted = except.iter().any(|id| id == finding.rule.id);
        }
        if let Some(signal) = signals::received() {
            failures.insert(0, signal.failure());
        } else if let Some(whole) = is_over() {
            let tried = findings.len();
            let late = Failure::timeout(Phase::Session, endpoint.host(), &whole);
            failures.insert(0, late.and(format_args!(": {tried} of {all} {} were tried", suite.named())));
        } else {
            failures.extend(verdict(suite, &findings, gone, target.lost));
        }
        *suite.findings(report) = Some(findings);
        if interrupted() {
            break;
        }
    }
    let mut failures = failures.into_iter();
    if let Some(first) = failures.next() {
        fail(report, failures.fold(first, |all, next| all.and(format_args!("; {next}"))));
    }
}

/// How far away the server is: the time of its pong, or else of its 101.
fn round_trip(report: &ProbeReport) -> Duration {
    let upgrade = || report.phases.iter().find(|phase| phase.name == "upgrade").and_then(|phase| phase.time);
    report.ping.or_else(upgrade).unwrap_or_default()
}

/// The failure that the findings come to: the rules that are broken, and whether the server was lost.
fn verdict(
    suite: Suite,
    findings: &[Finding],
    gone: Option<String>,
    lost: Option<Failure>,
) -> Option<Failure> {
    let broken = findings.iter().filter(|finding| finding.verdict == Verdict::Fail && !finding.excepted);
    let broken: Vec<_> = broken.map(|finding| finding.rule.id).collect();
    let (all, count) = (findings.len(), broken.len());
    let are = if count == 1 { "is" } else { "are" };
    let text = format!("{count} of {all} {} {are} broken: {}", suite.named(), broken.join(", "));
    let broken = (count > 0)
        .then(|| Failure::new(Status::ExpectationFailed, text).hint("-v shows what was sent and seen"));
    match (broken, gone) {
        (broken, None) => broken,
        (Some(broken), Some(gone)) => Some(broken.and(format_args!("; {gone}"))),
        (None, Some(gone)) => {
            let status = lost.map_or(Status::ReceiveFailed, |lost| lost.status());
            Some(Failure::new(status, gone))
        }
    }
}

/// Adds the failure of the rules, which says more than that of the probe before them.
fn fail(report: &mut ProbeReport, failure: Failure) {
    report.verdict = probe::ProbeVerdict::Failed;
    report.failure = Some(match report.failure.take() {
        Some(before) => failure.and(format_args!("; {before}")),
        None => failure,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample_of_probe;

    #[test]
    fn without_a_pong_the_upgrade_tells_how_far_away_the_server_is() {
        let mut report = sample_of_probe();
        report.ping = Some(Duration::from_millis(3));
        let upgrade = report.phases.iter_mut().find(|phase| phase.name == "upgrade").unwrap();
        upgrade.time = Some(Duration::from_millis(5));
        assert_eq!(round_trip(&report), Duration::from_millis(3));
        report.ping = None;
        assert_eq!(round_trip(&report), Duration::from_millis(5));
    }
}
