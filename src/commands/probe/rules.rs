//! `--conformance`: the rules of RFC 6455, put to a server that has shown that it is up.

use std::time::Duration;

use crate::commands::dialing::{Silent, Way};
use crate::commands::options::ConversationOptions;
use crate::conformance::{self, Options, Server, Verdict};
use crate::endpoint::Endpoint;
use crate::error::{Failure, Phase, Status};
use crate::net::{Connection, Observer, Transport};
use crate::report::Trace;
use crate::report::probe::{self, ProbeReport};
use crate::session::signals;

/// How long one reaction of the server is waited for: so many round trips, within bounds.
const ROUND_TRIPS: u32 = 20;
const LEAST_PATIENCE: Duration = Duration::from_secs(1);
const MOST_PATIENCE: Duration = Duration::from_secs(10);

/// The length of a message that no server can be expected to take: 1 TiB.
const HUGE: u64 = 1 << 40;

/// The way to the server, for every rule anew. Nobody is told of these connections: the evidence of a rule tells more.
struct Doors<'a>(Way<'a>);

impl Server for Doors<'_> {
    fn open(&mut self) -> Result<Connection, Failure> {
        self.0.open(&mut Silent)
    }

    fn reach(&mut self) -> Result<Transport, Failure> {
        self.0.reach(&mut Silent)
    }

    fn request(&self, key: &str) -> String {
        self.0.request(key)
    }
}

/// Checks the rules, and adds what was found out to the report.
pub(super) fn check(
    options: &ConversationOptions,
    endpoint: &Endpoint,
    report: &mut ProbeReport,
    trace: &mut Trace,
) {
    let ping = report.ping.unwrap_or(LEAST_PATIENCE);
    let patience = (ping * ROUND_TRIPS).clamp(LEAST_PATIENCE, MOST_PATIENCE);
    let mut doors = Doors(Way::to(endpoint, options));
    let whole = options.limits.whole;
    let is_over = || whole.filter(|whole| whole.remaining().is_none());
    let interrupted = || signals::received().is_some() || is_over().is_some();
    // As long as this lives, a signal does not end the program at once.
    let _attached = signals::attach(|| ());
    let asked = Options { patience, huge: HUGE, interrupted: &interrupted };
    let findings = conformance::run(&mut doors, &asked, &mut |finding| {
        Observer::note(trace, &format!("{}: {}", finding.rule.id, finding.verdict.name()));
    });
    let broken: Vec<_> = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Fail)
        .map(|finding| finding.rule.id)
        .collect();
    if let Some(signal) = signals::received() {
        fail(report, signal.failure());
    } else if let Some(whole) = is_over() {
        let (tried, all) = (findings.len(), conformance::rules().count());
        let late = Failure::timeout(Phase::Session, endpoint.host(), &whole);
        fail(report, late.and(format_args!(": {tried} of {all} rules of RFC 6455 were tried")));
    } else if !broken.is_empty() {
        let (count, all, are) = (broken.len(), findings.len(), if broken.len() == 1 { "is" } else { "are" });
        let text = format!("{count} of {all} rules of RFC 6455 {are} broken: {}", broken.join(", "));
        fail(report, Failure::new(Status::ExpectationFailed, text).hint("-v shows what was sent and seen"));
    }
    report.conformance = Some(findings);
}

fn fail(report: &mut ProbeReport, failure: Failure) {
    report.verdict = probe::Verdict::Failed;
    report.failure = Some(failure);
}
