//! A probe as cases, numbers and one line, for the exporters.

use super::{Assertion, AssertionVerdict, PhaseReport, ProbeReport, ProbeVerdict};
use crate::conformance::{self, Finding};
use crate::error::{Failure, Status};
use crate::report::findings::{Case, CaseOutcome, Findings, MetricFamily, Perfdata, Sample};
use crate::report::page::one_line;
use crate::report::units::{seconds, timestamp};

const SUCCESS: MetricFamily = MetricFamily {
    name: "wsurl_probe_success",
    help: "Whether everything that was asked of the endpoint holds.",
};
const DURATION: MetricFamily =
    MetricFamily { name: "wsurl_probe_duration_seconds", help: "How long the reported try took." };
const PHASE: MetricFamily =
    MetricFamily { name: "wsurl_probe_phase_duration_seconds", help: "How long each phase of the try took." };
const HTTP_STATUS: MetricFamily = MetricFamily {
    name: "wsurl_probe_http_status_code",
    help: "The status code of the answer to the upgrade, 0 when there was none.",
};
const NOT_AFTER: MetricFamily = MetricFamily {
    name: "wsurl_probe_certificate_not_after_timestamp_seconds",
    help: "When the certificate of the server expires.",
};
const ASSERTION: MetricFamily = MetricFamily {
    name: "wsurl_probe_assertion_holds",
    help: "Whether what an option asks for holds; 0, too, where the probe failed before.",
};
const RULES: MetricFamily = MetricFamily {
    name: "wsurl_probe_conformance_rules",
    help: "Rules of RFC 6455 by how the server did on them.",
};
const SECURITY_RULES: MetricFamily = MetricFamily {
    name: "wsurl_probe_security_rules",
    help: "Rules of --security by how the server did on them.",
};
const FAILURE: MetricFamily = MetricFamily {
    name: "wsurl_probe_failure_info",
    help: "1 with the status and the reason of a failure; absent where the probe succeeded.",
};
const TIMESTAMP: MetricFamily =
    MetricFamily { name: "wsurl_probe_timestamp_seconds", help: "When the probe began." };

impl From<&ProbeReport> for Findings {
    fn from(report: &ProbeReport) -> Self {
        Self {
            url: report.url.clone(),
            time: report.time,
            elapsed: report.elapsed,
            severity: report.severity(),
            summary: match report.verdict {
                ProbeVerdict::Ok | ProbeVerdict::Warning => {
                    format!("{} is up, {}", report.url, report.times(true))
                }
                ProbeVerdict::Failed => format!("{}: {}", report.url, report.reason()),
            },
            cases: cases(report),
            perfdata: perfdata(report),
            samples: samples(report),
        }
    }
}

/// A case for each phase, assertion and rule; and one for the probe as a whole where it has failed in none of them.
fn cases(report: &ProbeReport) -> Vec<Case> {
    let phases = report.phases.iter().map(|phase| Case {
        group: "phase",
        name: phase.name.to_owned(),
        time: phase.time,
        outcome: phase_outcome(report, phase),
    });
    let assertions = report.assertions.iter().map(|assertion| Case {
        group: "assertion",
        name: assertion.name.clone(),
        time: None,
        outcome: assertion_outcome(assertion),
    });
    let rules = report.conformance.iter().flatten().map(|finding| Case {
        group: if finding.rule.rfc == 7692 { "RFC 7692" } else { "RFC 6455" },
        name: format!("{} {}", finding.rule.section, finding.rule.id),
        time: None,
        outcome: rule_outcome(finding),
    });
    let security = report.security.iter().flatten().map(|finding| Case {
        group: "security",
        name: finding.rule.id.to_owned(),
        time: None,
        outcome: rule_outcome(finding),
    });
    let rules = rules.chain(security);
    let mut cases: Vec<_> = phases.chain(assertions).chain(rules).collect();
    let is_told = cases.iter().any(|case| matches!(case.outcome, CaseOutcome::Failed { .. }));
    if report.verdict == ProbeVerdict::Failed && !is_told {
        let outcome = whole_outcome(report);
        cases.push(Case {
            group: "probe",
            name: "completed".to_owned(),
            time: Some(report.elapsed),
            outcome,
        });
    }
    cases
}

fn whole_outcome(report: &ProbeReport) -> CaseOutcome {
    report.failure.as_ref().map_or_else(|| CaseOutcome::holds(false, || report.reason()), CaseOutcome::failed)
}

fn assertion_outcome(assertion: &Assertion) -> CaseOutcome {
    match assertion.verdict {
        AssertionVerdict::Holds => CaseOutcome::Passed,
        AssertionVerdict::Broken => CaseOutcome::holds(false, || assertion.seen.clone()),
        AssertionVerdict::NotReached => CaseOutcome::Skipped(assertion.seen.clone()),
    }
}

fn phase_outcome(report: &ProbeReport, phase: &PhaseReport) -> CaseOutcome {
    let is_broken = |assertion: &Assertion| assertion.verdict == AssertionVerdict::Broken;
    let status = report.failure.as_ref().map(Failure::status);
    match phase.time {
        // One failure for each check: an unmet check on messages is a case of its own.
        _ if phase.failed
            && status == Some(Status::ExpectationFailed)
            && report.assertions.iter().any(is_broken) =>
        {
            CaseOutcome::Skipped("its assertions tell".to_owned())
        }
        _ if phase.failed => whole_outcome(report),
        Some(_) => CaseOutcome::Passed,
        None => CaseOutcome::Skipped("not reached".to_owned()),
    }
}

fn rule_outcome(finding: &Finding) -> CaseOutcome {
    let skipped = |why| CaseOutcome::Skipped(format!("{why}: {}", finding.seen));
    match finding.verdict {
        conformance::Verdict::Pass => CaseOutcome::Passed,
        conformance::Verdict::Fail if finding.excepted => skipped("known deviation"),
        conformance::Verdict::Fail => CaseOutcome::Failed {
            kind: None,
            message: format!("{}: {}", finding.rule.title, finding.seen),
            evidence: (!finding.evidence.is_empty()).then(|| finding.evidence.join("\n")),
        },
        conformance::Verdict::Inconclusive => skipped("inconclusive"),
        conformance::Verdict::NotApplicable => skipped("not applicable"),
    }
}

fn perfdata(report: &ProbeReport) -> Vec<Perfdata> {
    let with_unit = |time| format!("{}s", seconds(time));
    let limits = report.thresholds.map(|limit| limit.map(|limit| seconds(limit).to_string()));
    let [warning, critical] = limits.map(Option::unwrap_or_default);
    let mut all = vec![Perfdata { warning, critical, ..Perfdata::new("time", with_unit(report.elapsed)) }];
    let phases = report.phases.iter().filter_map(|phase| Some((phase.name, phase.time?)));
    all.extend(phases.map(|(name, time)| Perfdata::new(name, with_unit(time))));
    if let Some(certificate) = &report.facts.certificate {
        let days = certificate.days_left(report.time).to_string();
        let warning = report.min_cert_days.map_or_else(String::new, |least| format!("{least}:"));
        all.push(Perfdata { warning, least: "", ..Perfdata::new("cert_days", days) });
    }
    all
}

fn samples(report: &ProbeReport) -> Vec<Sample> {
    let truth = |holds| if holds { 1.0 } else { 0.0 };
    let status = report.facts.response.as_ref().map_or(0, |head| head.status);
    let mut all = vec![
        Sample::new(&SUCCESS, truth(report.verdict != ProbeVerdict::Failed)),
        Sample::new(&DURATION, seconds(report.elapsed)),
        Sample::new(&TIMESTAMP, timestamp(report.time)),
        Sample::new(&HTTP_STATUS, status.into()),
    ];
    if let Some(failure) = &report.failure {
        let labels = vec![("status", failure.status().name().to_owned()), ("reason", reason(failure))];
        all.push(Sample { labels, ..Sample::new(&FAILURE, 1.0) });
    }
    for phase in &report.phases {
        all.extend(phase.time.map(|time| Sample::of(&PHASE, "phase", phase.name, seconds(time))));
    }
    if let Some(certificate) = &report.facts.certificate {
        all.push(Sample::new(&NOT_AFTER, whole(certificate.not_after)));
    }
    for assertion in &report.assertions {
        let holds = truth(assertion.verdict == AssertionVerdict::Holds);
        all.push(Sample::of(&ASSERTION, "assertion", &assertion.name[..], holds));
    }
    for (family, findings) in [(&RULES, &report.conformance), (&SECURITY_RULES, &report.security)] {
        let Some(findings) = findings else { continue };
        for verdict in conformance::Verdict::ALL {
            let count = findings.iter().filter(|finding| finding.verdict == verdict).count();
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            all.push(Sample::of(family, "verdict", verdict.name(), whole(count)));
        }
    }
    all
}

/// The reason of a failure, at a length that suits a label.
fn reason(failure: &Failure) -> String {
    const MOST: usize = 200;
    let reason = one_line(&failure.to_string());
    match reason.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &reason[..end]),
        None => reason,
    }
}

/// Exact up to 2^53.
#[allow(clippy::cast_precision_loss)]
fn whole(number: i64) -> f64 {
    number as f64
}
