//! `wsurl probe`: is the endpoint up, how fast is each phase, do the assertions hold?

mod assertions;
mod attempt;
mod options;
mod phases;
mod printer;
mod ready;
mod rules;
mod seen;
mod side_by_side;
mod single;
mod urls;

use std::path::Path;

use self::printer::Printer;
use self::side_by_side::probe_all;
use super::outputs;
use super::reporting::{self, Reporting};
use crate::cli::ProbeArgs;
use crate::error::Failure;
use crate::os::descriptors;
use crate::report::Subject;
use crate::report::probe::{self, ProbeReport};

/// Probes every URL, and reports on them.
pub(super) fn run(args: ProbeArgs) -> Result<(), Failure> {
    descriptors::raise_limit();
    let targets = args.reports.clone();
    reporting::as_asked(&targets, || {
        let output = args.conversation.output.clone();
        keep_lists(&args)?;
        let (probe, endpoints) = options::from_args(args)?;
        let reporting =
            Reporting::open(&targets, &output, endpoints.first().and_then(|first| first.limits.whole))?;
        let (format, style) = (reporting.printed(), reporting.style());
        let urls = endpoints.iter().map(|options| options.endpoint.as_typed().to_owned()).collect();
        let mut printer = Printer::new(urls, format, style, probe.shows_progress);
        probe_all(endpoints, probe, &mut printer);
        let (reports, shown) = printer.end();
        let severity = probe::severity(&reports);
        let files = reporting.files(Subject::Probes(&reports));
        let result = reporting::and_written(verdict(&reports), [shown, files]);
        reporting::result(format, severity, result).map_err(Failure::written_out)
    })
}

/// Refuses to write a report, or the head of the answer, over a list of URLs.
fn keep_lists(args: &ProbeArgs) -> Result<(), Failure> {
    const LIST: &str = "the list of URLs in @";
    for list in args.urls.iter().filter_map(|url| url.strip_prefix('@')).map(Path::new) {
        for report in &args.reports {
            outputs::check_kept((list, LIST), ("--report", report.file.as_deref()))?;
        }
        outputs::check_kept((list, LIST), ("-D", args.conversation.output.dump_header.as_deref()))?;
    }
    Ok(())
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
