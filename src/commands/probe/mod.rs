//! `wsurl probe`: is the endpoint up, how fast is each phase, does it keep its promises?

mod attempt;
mod options;
mod phases;
mod promises;
mod ready;
mod rules;
mod side_by_side;

use self::options::Questions;
use self::side_by_side::probe_all;
use super::options::ConversationOptions;
use super::reporting::{self, Reporting};
use super::written::Written;
use crate::cli::ProbeArgs;
use crate::error::Failure;
use crate::os::descriptors;
use crate::report::probe::{self, ProbeReport, Verdict};
use crate::report::progress::LiveLine;
use crate::report::{Record, Trace};

/// Probes every URL, and reports on them in the order given.
pub(super) fn run(args: ProbeArgs) -> Result<(), Failure> {
    descriptors::raise_limit();
    let targets = args.reports.clone();
    reporting::as_asked(&targets, || {
        let output = args.conversation.output.clone();
        let (questions, endpoints) = options::from_args(args)?;
        let reporting =
            Reporting::open(&targets, &output, endpoints.first().and_then(|first| first.limits.whole))?;
        let (printed, style) = (reporting.printed(), reporting.style());
        let streamed = printed.filter(|format| format.is_streamed());
        let mut shown = Ok(());
        let reports = probe_all(endpoints, questions, |done| {
            let one = std::slice::from_ref(&done.report);
            let text = streamed.map(|format| probe::text(format, one, style)).unwrap_or_default();
            if shown.is_ok() {
                shown = super::print(text.as_bytes()).and_then(|()| done.written.print());
            }
        });
        if let Some(format) = printed.filter(|format| !format.is_streamed()) {
            shown = shown.and_then(|()| super::print(probe::text(format, &reports, style).as_bytes()));
        }
        let severity = probe::severity(&reports);
        let text = |format, style| probe::text(format, &reports, style);
        let files = reporting.files(text);
        reporting::result(printed, severity, reporting::and_written(verdict(&reports), [shown, files]))
    })
}

/// A probe that is over, and what `-w` prints of it.
struct Done {
    report: ProbeReport,
    written: Written,
}

fn probe_one(mut options: ConversationOptions, questions: &Questions, label: String) -> Done {
    let is_alone = label.is_empty();
    let mut trace = Trace::new(options.verbosity).labelled(label);
    // Of one endpoint there is room to show what is waited for.
    let shows_line = is_alone && questions.shows_progress;
    let line = if shows_line { LiveLine::on_terminal() } else { None };
    let mut show = |text: &str| line.iter().for_each(|line| line.show(text));
    let mut probed = ready::probe(&mut options, questions, &mut trace, &mut show);
    if questions.conformance && probed.report.verdict != Verdict::Failed {
        let _open = questions.sessions.enter();
        rules::check(&options, &probed.endpoint, &mut probed.report, &mut trace, &mut show);
    }
    let report = probed.report;
    let record = Record {
        endpoint: &probed.endpoint,
        facts: &report.facts,
        tally: report.tally,
        total: report.elapsed,
        close: report.close.clone(),
        digests: [None, None],
        failure: report.failure.as_ref(),
    };
    let written = Written::of(options.write_out.as_ref(), &record);
    Done { report, written }
}

/// Success, or the first failure in the order given.
fn verdict(reports: &[ProbeReport]) -> Result<(), Failure> {
    let failed: Vec<_> =
        reports.iter().filter_map(|report| Some((report, report.failure.as_ref()?))).collect();
    let Some((report, first)) = failed.first() else { return Ok(()) };
    let mut failure = Failure::new(first.status(), first.to_string());
    if let Some(hint) = first.advice() {
        failure = failure.hint(hint);
    }
    if reports.len() > 1 {
        let text =
            format!("{} of {} endpoints failed, first {}: {first}", failed.len(), reports.len(), report.url);
        failure = failure.rephrased(text);
    }
    Err(failure)
}
