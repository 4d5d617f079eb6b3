//! `--wait-ready`: probes again until everything is as it should be, or the time is over.

use std::time::Duration;

use super::attempt::{Probed, attempt};
use super::options::Questions;
use super::promises;
use crate::commands::options::ConversationOptions;
use crate::deadline::Deadline;
use crate::error::{Failure, Status};
use crate::os::signals;
use crate::report::{Severity, Trace};

/// Between the first two tries; doubled from try to try.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// With less time than this, a try would say more about the time than about the server.
const LEAST_TRY: Duration = Duration::from_millis(50);

/// Probes an endpoint, as often as it is worth it.
pub(super) fn probe(
    options: &mut ConversationOptions,
    questions: &Questions,
    trace: &mut Trace,
    show: &mut dyn FnMut(&str),
) -> Probed {
    let Some(patience) = questions.wait_ready else { return attempt(options, questions, trace) };
    let whole = options.limits.whole;
    let end = Deadline::after(patience, "--wait-ready").earliest(whole);
    options.limits.whole = Some(end);
    let probed = probe_until(end, options, questions, trace, show);
    // What comes after the wait is not limited by it.
    options.limits.whole = whole;
    probed
}

fn probe_until(
    end: Deadline,
    options: &ConversationOptions,
    questions: &Questions,
    trace: &mut Trace,
    show: &mut dyn FnMut(&str),
) -> Probed {
    let mut pause = FIRST_PAUSE;
    let (mut tries, mut missing) = (0, None);
    loop {
        let mut probed = attempt(options, questions, trace);
        tries += probed.report.tries;
        probed.report.tries = tries;
        let Some(failure) = probed.report.failure.take() else { return probed };
        let left = end.remaining();
        if !may_pass(&failure) || signals::received().is_some() {
            probed.report.failure = Some(failure);
            return probed;
        }
        // A try that is cut off by the end of the wait says less than what is known already.
        let is_cut = left.is_none() && failure.status() == Status::Timeout;
        let known = if is_cut { promises::broken(&probed.report.assertions).or(missing) } else { None };
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
        // Denser towards the end, so that the last moment counts, too.
        std::thread::sleep(pause.min(left / 2));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Whether waiting may help: not against what is wrong on this side.
fn may_pass(failure: &Failure) -> bool {
    let is_final = failure.status() == Status::NetworkNotAllowed || failure.status().is_signal();
    !is_final && Severity::of(failure) != Severity::Unknown
}
