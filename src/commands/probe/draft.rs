//! The report on an endpoint whose rules are being checked: what remains of it when it is abandoned after a signal.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::conformance::Finding;
use crate::report::probe::ProbeReport;

/// A report so far. Empty until the probe is over and the rules begin.
#[derive(Debug, Default)]
pub(super) struct Draft(Mutex<Option<ProbeReport>>);

impl Draft {
    /// The rules begin: keeps a copy of `report`, which tells of no failure.
    pub(super) fn begin(&self, report: &ProbeReport) {
        let copy = ProbeReport {
            url: report.url.clone(),
            url_effective: report.url_effective.clone(),
            failure: None,
            phases: report.phases.clone(),
            facts: report.facts.clone(),
            close: report.close.clone(),
            assertions: report.assertions.clone(),
            conformance: None,
            security: None,
            ..*report
        };
        *self.lock() = Some(copy);
    }

    /// Adds a finding to those that `findings` picks. It replaces an earlier one on the same rule.
    pub(super) fn add(
        &self,
        findings: impl FnOnce(&mut ProbeReport) -> &mut Option<Vec<Finding>>,
        finding: &Finding,
    ) {
        let mut draft = self.lock();
        let Some(report) = draft.as_mut() else { return };
        let findings = findings(report).get_or_insert_default();
        findings.pop_if(|last| last.rule.id == finding.rule.id);
        findings.push(finding.clone());
    }

    /// The report so far, if the rules have begun.
    pub(super) fn take(&self) -> Option<ProbeReport> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<ProbeReport>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
