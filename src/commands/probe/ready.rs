//! `--wait-ready`: probes again until every check holds or the time is over.

use std::time::Duration;

use super::assertions;
use super::attempt::{Probed, attempt};
use super::options::ProbeOptions;
use crate::commands::options::ConversationOptions;
use crate::deadline::Deadline;
use crate::error::{Failure, Status};
use crate::os::signals;
use crate::report::{Severity, Trace};

/// The pause between the first two tries. It doubles from try to try.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How long the first try waits for a message that meets the checks, unless `--within` says so. It doubles, too: a reply that
/// is wrong only now must not hold up the next try.
const FIRST_WAIT: Duration = Duration::from_millis(500);

const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The least time for a try: a shorter one would always time out.
const LEAST_TRY: Duration = Duration::from_millis(50);

/// Probes an endpoint once, or with `--wait-ready` until it is ready.
pub(super) fn probe(
    options: &mut ConversationOptions,
    probe: &ProbeOptions,
    trace: &mut Trace,
    show: &mut dyn FnMut(&str),
) -> Probed {
    let Some(patience) = probe.wait_ready else { return attempt(options, probe, probe.rule, trace) };
    let whole = options.limits.whole;
    let end = Deadline::after(patience, "--wait-ready").earliest(whole);
    options.limits.whole = Some(end);
    let probed = probe_until(end, options, probe, trace, show);
    // The limit holds for the wait only.
    options.limits.whole = whole;
    probed
}

fn probe_until(
    end: Deadline,
    options: &ConversationOptions,
    probe: &ProbeOptions,
    trace: &mut Trace,
    show: &mut dyn FnMut(&str),
) -> Probed {
    let (mut pause, mut rule) = (FIRST_PAUSE, probe.rule);
    let whole_wait = rule.within.map(|within| within.limit);
    if let Some(within) = rule.within.as_mut().filter(|_| !probe.within_given) {
        within.limit = FIRST_WAIT;
    }
    let (mut tries, mut missing) = (0, None);
    loop {
        let mut probed = attempt(options, probe, rule, trace);
        tries += probed.report.tries;
        probed.report.tries = tries;
        let Some(failure) = probed.report.failure.take() else { return probed };
        let left = end.remaining();
        if !may_pass(&failure) {
            probed.report.failure = Some(failure);
            return probed;
        }
        // A try that was cut off by the end of the wait says less than the one before.
        let is_cut = left.is_none() && failure.status() == Status::Timeout;
        let known = if is_cut { assertions::broken(&probed.report.assertions).or(missing) } else { None };
        let failure = known.unwrap_or(failure);
        let left = left.unwrap_or_default();
        if left <= LEAST_TRY {
            let count = if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") };
            let (limit, flag) = (humantime::format_duration(end.limit()), end.flag());
            let text = format!("not ready within {limit} ({flag}), {count}: {failure}");
            probed.report.failure = Some(failure.restated(text));
            return probed;
        }
        crate::net::Observer::note(trace, &format!("not ready: {failure}"));
        show(&format!("try {tries}, not ready: {failure}"));
        missing = Some(failure);
        // Shorter towards the end, so that the last try is close to it.
        if let Err(signal) = signals::pause(pause.min(left / 2)) {
            probed.report.failure = Some(signal.failure());
            return probed;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
        if let (Some(within), Some(longest)) = (&mut rule.within, whole_wait) {
            within.limit = (within.limit * 2).min(longest);
        }
    }
}

/// Whether waiting may help. It does not help against a fault on our side.
fn may_pass(failure: &Failure) -> bool {
    let status = failure.status();
    let is_final = status == Status::NetworkNotAllowed || status.is_signal();
    !is_final && status.severity() != Severity::Unknown
}
