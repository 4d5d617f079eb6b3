//! `--conformance`: checks the rules of RFC 6455 and RFC 7692 on a server that the probe has found to be up.

use std::time::Duration;

use crate::commands::dialing::{NoopObserver, Redialer};
use crate::commands::options::ConversationOptions;
use crate::conformance::{self, Options, Server, Verdict};
use crate::endpoint::Endpoint;
use crate::error::{Failure, Phase, Status};
use crate::net::{Connection, Observer, Transport};
use crate::os::signals;
use crate::report::Trace;
use crate::report::probe::{self, ProbeReport};

/// How long one reaction of the server is awaited: so many round trips, within bounds.
const ROUND_TRIPS: u32 = 20;
const LEAST_PATIENCE: Duration = Duration::from_secs(1);
const MOST_PATIENCE: Duration = Duration::from_secs(10);

/// The length of a message that no server can be expected to take: 1 TiB.
const HUGE: u64 = 1 << 40;

/// Opens the connections for the rules. They are not traced: the evidence of a rule says more.
struct TargetServer<'a> {
    redialer: Redialer<'a>,
    /// The last failure to reach the server.
    lost: Option<Failure>,
    in_a_row: u32,
}

/// After so many failures to connect in a row, the server counts as lost.
const GONE: u32 = 3;

impl TargetServer<'_> {
    /// Counts failures to connect in a row.
    fn note<T>(&mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        match &result {
            Ok(_) => self.in_a_row = 0,
            Err(failure) => {
                self.in_a_row += 1;
                self.lost = Some(Failure::new(failure.status(), failure.to_string()));
            }
        }
        result
    }
}

impl Server for TargetServer<'_> {
    fn open(&mut self) -> Result<Connection, Failure> {
        let opened = self.redialer.open(&mut NoopObserver);
        self.note(opened)
    }

    fn reach(&mut self) -> Result<Transport, Failure> {
        let reached = self.redialer.open_stream(&mut NoopObserver);
        self.note(reached)
    }

    fn request(&self, key: &str) -> String {
        self.redialer.request(key)
    }
}

/// Checks the rules, and adds the findings to the report.
pub(super) fn check(
    options: &ConversationOptions,
    endpoint: &Endpoint,
    report: &mut ProbeReport,
    trace: &mut Trace,
    show: &mut dyn FnMut(&str),
) {
    let ping = report.ping.unwrap_or(LEAST_PATIENCE);
    let patience = (ping * ROUND_TRIPS).clamp(LEAST_PATIENCE, MOST_PATIENCE);
    // Rules of compression offer it themselves, all others do not want it.
    let mut plain = options.clone();
    plain.dial.upgrade.compression = None;
    let mut target = TargetServer { redialer: Redialer::to(endpoint, &plain), lost: None, in_a_row: 0 };
    let whole = options.limits.whole;
    let is_over = || whole.filter(|whole| whole.remaining().is_none());
    let interrupted = || signals::received().is_some() || is_over().is_some();
    // While this lives, the first signal does not end the process.
    let _attached = signals::attach(|| ());
    let asked = Options { patience, huge: HUGE, interrupted: &interrupted };
    let (mut checked, all) = (0, conformance::rules().count());
    let findings = conformance::run(&mut target, &asked, &mut |finding| {
        checked += 1;
        show(&format!("{checked} of {all} rules checked, the last {}", finding.rule.id));
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
        let tried = findings.len();
        let late = Failure::timeout(Phase::Session, endpoint.host(), &whole);
        fail(report, late.and(format_args!(": {tried} of {all} rules were tried")));
    } else if let Some(lost) = target.lost.filter(|_| target.in_a_row >= GONE) {
        let text = format!("the server was lost while its rules were checked: {lost}");
        fail(report, lost.restated(text));
    } else if !broken.is_empty() {
        let (count, are) = (broken.len(), if broken.len() == 1 { "is" } else { "are" });
        let text = format!("{count} of {all} rules {are} broken: {}", broken.join(", "));
        fail(report, Failure::new(Status::ExpectationFailed, text).hint("-v shows what was sent and seen"));
    }
    report.conformance = Some(findings);
}

fn fail(report: &mut ProbeReport, failure: Failure) {
    report.verdict = probe::ProbeVerdict::Failed;
    report.failure = Some(failure);
}
