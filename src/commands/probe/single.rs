//! The probe of one endpoint, from the first try to the last rule, and its text of `-w`.

use super::options::ProbeOptions;
use super::{ready, rules};
use crate::commands::options::ConversationOptions;
use crate::commands::written::Written;
use crate::report::probe::ProbeReport;
use crate::report::progress::LiveLine;
use crate::report::{Record, Trace};

/// A finished probe, and its text of `-w`.
pub(super) struct FinishedProbe {
    pub(super) report: ProbeReport,
    pub(super) written: Written,
}

/// Probes an endpoint.
pub(super) fn probe(mut options: ConversationOptions, probe: &ProbeOptions, label: String) -> FinishedProbe {
    let is_alone = label.is_empty();
    let mut trace = Trace::new(options.verbosity).labelled(label);
    // The line has room for the state of one endpoint.
    let shows_line = is_alone && probe.shows_progress;
    let line = if shows_line { LiveLine::on_terminal() } else { None };
    let mut show = |text: &str| line.iter().for_each(|line| line.show(text));
    let mut probed = ready::probe(&mut options, probe, &mut trace, &mut show);
    if probe.rules.any() && rules::can_be_tried(&probed.report, &options, probe) {
        rules::check(&options, probe, &probed.endpoint, &mut probed.report, &mut trace, &mut show);
    }
    let report = probed.report;
    let record = Record {
        endpoint: Some(&probed.endpoint),
        facts: &report.facts,
        tally: report.tally,
        total: report.elapsed,
        close: report.close.clone(),
        digests: [None, None],
        failure: report.failure.as_ref(),
    };
    let written = Written::of(options.write_out.as_ref(), &record);
    FinishedProbe { report, written }
}
