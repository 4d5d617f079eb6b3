//! `wsurl probe`: is the endpoint up, how fast is each phase, do the assertions hold?

mod assertions;
mod attempt;
mod options;
mod phases;
mod ready;
mod rules;
mod seen;
mod side_by_side;
mod single;

use self::side_by_side::probe_all;
use super::reporting::{self, Reporting};
use crate::cli::ProbeArgs;
use crate::error::Failure;
use crate::os::descriptors;
use crate::report::ReportFormat;
use crate::report::probe::{self, ProbeReport};

/// Probes every URL, and reports on them in the order given.
pub(super) fn run(args: ProbeArgs) -> Result<(), Failure> {
    descriptors::raise_limit();
    let targets = args.reports.clone();
    reporting::as_asked(&targets, || {
        let output = args.conversation.output.clone();
        let (probe, endpoints) = options::from_args(args)?;
        let reporting =
            Reporting::open(&targets, &output, endpoints.first().and_then(|first| first.limits.whole))?;
        let (printed, style) = (reporting.printed(), reporting.style());
        let streamed = printed.filter(|format| format.streams);
        let mut shown = Ok(());
        let reports = probe_all(endpoints, probe, |done| {
            let one = std::slice::from_ref(&done.report);
            let text = streamed.map(|format| format.probes(one, style)).unwrap_or_default();
            if shown.is_ok() {
                shown = super::print(text.as_bytes()).and_then(|()| done.written.print());
            }
        });
        if let Some(format) = printed.filter(|format| !format.streams) {
            shown = shown.and_then(|()| super::print(format.probes(&reports, style).as_bytes()));
        }
        let severity = probe::severity(&reports);
        let text = |format: &ReportFormat, style| format.probes(&reports, style);
        let files = reporting.files(text);
        let result = reporting::and_written(verdict(&reports), [shown, files]);
        reporting::result(printed, severity, result).map_err(Failure::written_out)
    })
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
