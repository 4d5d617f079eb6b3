//! The page of a probe: how each URL did, how long its phases took, and what was asked of it.

use std::time::{Duration, SystemTime};

use super::parts::{self, Mark, fact, head, pill, said};
use crate::conformance::{Finding, Verdict};
use crate::net::tls::certificate::validity;
use crate::report::markup::Markup;
use crate::report::probe::{AssertionVerdict, PhaseReport, ProbeReport, ProbeVerdict};
use crate::report::{Style, units};

pub(super) fn page(reports: &[ProbeReport], _: Style) -> String {
    let time = reports.iter().map(|report| report.time).min().unwrap_or_else(SystemTime::now);
    let title = match reports {
        [only] => format!("Probe of {}", only.url),
        _ => format!("Probe of {} endpoints", reports.len()),
    };
    parts::page(&title, time, |page| {
        if reports.len() > 1 {
            overview(page, reports);
        }
        for (report, number) in reports.iter().zip(1..) {
            let name = format!("endpoint-{number}");
            page.element("section", &[("class", "card"), ("id", &name)], |page| {
                endpoint(page, report, if reports.len() > 1 { "h2" } else { "h1" });
            });
        }
    })
}

fn overview(page: &mut Markup, reports: &[ProbeReport]) {
    let count = |verdict| reports.iter().filter(|report| report.verdict == verdict).count();
    let (slow, failed) = (count(ProbeVerdict::Warning), count(ProbeVerdict::Failed));
    let (mark, word) = match (failed, slow) {
        (0, 0) => (Mark::Ok, "ok"),
        (0, _) => (Mark::Warn, "slow"),
        _ => (Mark::Fail, "failed"),
    };
    page.element("header", &[], |page| {
        head(page, "h1", mark, word, &format!("Probe of {} endpoints", reports.len()));
        let up = count(ProbeVerdict::Ok);
        said(page, "said muted", &format!("{up} up, {slow} slow, {failed} failed"));
    });
    let mut order: Vec<_> = reports.iter().zip(1..).collect();
    order.sort_by_key(|(report, _): &(&ProbeReport, i32)| std::cmp::Reverse(report.severity()));
    page.element("div", &[("class", "card scroll")], |page| {
        page.element("table", &[], |page| {
            page.element("tr", &[], |page| {
                for (class, name) in [("", ""), ("", "endpoint"), ("number", "time"), ("number", "ping")] {
                    page.text_element("th", &[("class", class)], name);
                }
            });
            for (report, number) in order {
                page.element("tr", &[], |page| overview_row(page, report, number));
            }
        });
    });
}

fn overview_row(page: &mut Markup, report: &ProbeReport, number: i32) {
    let (mark, word) = verdict(report.verdict);
    page.element("td", &[], |page| pill(page, mark, word));
    page.element("td", &[("class", "any")], |page| {
        page.text_element("a", &[("href", &format!("#endpoint-{number}"))], &report.url);
        if report.verdict == ProbeVerdict::Failed {
            page.text_element("div", &[("class", "muted")], &report.reason());
        }
    });
    for time in [Some(report.elapsed), report.ping] {
        let text = time.map_or("\u{2013}".to_owned(), |time| units::duration(time, false));
        page.text_element("td", &[("class", "number")], &text);
    }
}

fn endpoint(page: &mut Markup, report: &ProbeReport, level: &str) {
    let (mark, word) = verdict(report.verdict);
    head(page, level, mark, word, &report.url);
    match report.verdict {
        ProbeVerdict::Failed => said(page, "said", &report.reason()),
        ProbeVerdict::Ok | ProbeVerdict::Warning => {
            said(page, "said", &format!("It is up: {}.", report.times(false)));
        }
    }
    // The hint beside rules is how to see the evidence, which is on this page.
    let has_rules = report.conformance.is_some() || report.security.is_some();
    if let Some(hint) = report.failure.as_ref().filter(|_| !has_rules).and_then(|failure| failure.advice()) {
        said(page, "said muted", hint);
    }
    if report.facts.redirects > 0 {
        said(page, "said muted", &format!("It redirected to {}.", report.url_effective));
    }
    waterfall(page, &report.phases);
    if let Some(evidence) = report.failure.as_ref().and_then(|failure| failure.evidence()) {
        page.text_element("h3", &[], "Answer");
        page.text_element("pre", &[], evidence);
    }
    assertions(page, report);
    for (title, findings) in [("Rules of the protocol", &report.conformance), ("Security", &report.security)]
    {
        if let Some(findings) = findings {
            rules(page, title, findings);
        }
    }
    facts(page, report);
}

fn verdict(verdict: ProbeVerdict) -> (Mark, &'static str) {
    match verdict {
        ProbeVerdict::Ok => (Mark::Ok, "ok"),
        ProbeVerdict::Warning => (Mark::Warn, "slow"),
        ProbeVerdict::Failed => (Mark::Fail, "failed"),
    }
}

/// A bar for each phase, which begins where the one before ends.
fn waterfall(page: &mut Markup, phases: &[PhaseReport]) {
    let whole: Duration =
        phases.iter().filter_map(|phase| phase.time).fold(Duration::ZERO, Duration::saturating_add);
    if phases.is_empty() {
        return;
    }
    let share =
        |time: Duration| if whole.is_zero() { 0.0 } else { 100.0 * time.as_secs_f64() / whole.as_secs_f64() };
    page.text_element("h3", &[], "Phases");
    page.element("div", &[("class", "fall")], |page| {
        let mut begun = Duration::ZERO;
        for phase in phases {
            page.text_element("div", &[("class", "name")], phase.name);
            page.element("div", &[("class", if phase.failed { "track fail" } else { "track" })], |page| {
                if let Some(time) = phase.time {
                    // No bar begins at the very end, where it could not be seen.
                    let left = share(begun).min(99.0);
                    let style = format!("margin-left:{left:.2}%;width:{:.2}%", share(time).min(100.0 - left));
                    page.text_element("span", &[("style", &style)], "");
                }
            });
            page.element("div", &[("class", "time")], |page| match phase.time {
                _ if phase.failed => pill(page, Mark::Fail, "failed"),
                Some(time) => page.text(&units::duration(time, false)),
                None => page.text_element("span", &[("class", "muted")], "not reached"),
            });
            page.text_element("div", &[("class", "detail")], &phase.detail);
            begun = begun.saturating_add(phase.time.unwrap_or_default());
        }
    });
}

fn assertions(page: &mut Markup, report: &ProbeReport) {
    if report.assertions.is_empty() {
        return;
    }
    page.text_element("h3", &[], "Assertions");
    page.element("table", &[], |page| {
        for assertion in &report.assertions {
            let (mark, word) = match assertion.verdict {
                AssertionVerdict::Holds => (Mark::Ok, "ok"),
                AssertionVerdict::Broken => (Mark::Fail, "failed"),
                AssertionVerdict::NotReached => (Mark::None, "open"),
            };
            page.element("tr", &[], |page| {
                page.element("td", &[], |page| pill(page, mark, word));
                page.element("td", &[("class", "any")], |page| {
                    page.text_element("code", &[], &assertion.name);
                });
                page.text_element("td", &[("class", "any muted")], &assertion.seen);
            });
        }
    });
}

/// The rules with what was sent and seen, folded in where the rule is kept. Those that are broken come first.
fn rules(page: &mut Markup, title: &str, findings: &[Finding]) {
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    page.text_element("h3", &[], title);
    let counts = format!(
        "{} kept, {} broken, {} inconclusive, {} not applicable. Each opens to what was sent and seen.",
        count(Verdict::Pass),
        count(Verdict::Fail),
        count(Verdict::Inconclusive),
        count(Verdict::NotApplicable)
    );
    said(page, "muted", &counts);
    let mut order: Vec<_> = findings.iter().collect();
    order.sort_by_key(|finding| match finding.verdict {
        Verdict::Fail if !finding.excepted => 0,
        Verdict::Fail => 1,
        Verdict::Inconclusive => 2,
        Verdict::Pass => 3,
        Verdict::NotApplicable => 4,
    });
    page.element("div", &[], |page| {
        for finding in order {
            rule(page, finding);
        }
    });
}

fn rule(page: &mut Markup, finding: &Finding) {
    let (mark, word) = match finding.verdict {
        Verdict::Pass => (Mark::Ok, "pass"),
        Verdict::Fail if finding.excepted => (Mark::None, "known"),
        Verdict::Fail => (Mark::Fail, "fail"),
        Verdict::Inconclusive => (Mark::Warn, "unclear"),
        Verdict::NotApplicable => (Mark::None, "n/a"),
    };
    let rule = finding.rule;
    // What no RFC asks for has no section.
    let (section, said_in) = match rule.section {
        "" => (String::new(), String::new()),
        section => (format!("\u{a7}{section}"), format!("RFC {} \u{a7}{section}: ", rule.rfc)),
    };
    let open: &[(&str, &str)] = if mark == Mark::Fail { &[("open", "open")] } else { &[] };
    page.element("details", open, |page| {
        page.element("summary", &[], |page| {
            page.element("span", &[], |page| pill(page, mark, word));
            page.text_element("span", &[("class", "muted")], &section);
            page.text_element("code", &[("class", "id")], rule.id);
            page.text_element("span", &[("class", "seen")], &finding.seen);
        });
        page.element("div", &[("class", "more")], |page| {
            said(page, "", &format!("{said_in}{}.", rule.title));
            if !finding.evidence.is_empty() {
                page.text_element("pre", &[], &finding.evidence.join("\n"));
            }
        });
    });
}

fn facts(page: &mut Markup, report: &ProbeReport) {
    let facts = &report.facts;
    page.text_element("h3", &[], "Facts");
    page.element("dl", &[], |page| {
        fact(page, "began", &units::rfc3339(report.time));
        fact(page, "address", &facts.remote.map_or(String::new(), |address| address.to_string()));
        let tls = [facts.tls_version, facts.tls_cipher].into_iter().flatten().collect::<Vec<_>>().join(", ");
        fact(page, "TLS", &tls);
        if let Some(certificate) = &facts.certificate {
            fact(page, "certificate", &certificate.subject);
            fact(page, "issuer", &certificate.issuer);
            fact(page, "valid for", &certificate.names.join(", "));
            let days = validity(certificate.days_left(report.time));
            fact(page, "expires", &format!("{} ({days})", units::rfc3339_seconds(certificate.not_after)));
        }
        let answer = facts.response.as_ref().map(|head| format!("HTTP {}", head.status_and_reason()));
        fact(page, "answer", &answer.unwrap_or_default());
        fact(page, "subprotocol", facts.subprotocol.as_deref().map_or("", crate::secret::shown_subprotocol));
        fact(page, "extensions", &report.extensions().join(", "));
        if report.tally.messages_sent + report.tally.messages_received > 0 {
            let sent =
                format!("{} sent, {} received", report.tally.messages_sent, report.tally.messages_received);
            fact(page, "messages", &sent);
        }
        let close = report.close.as_ref().map(|(_, frame)| frame.described());
        fact(page, "close", &close.unwrap_or_default());
        fact(page, "tries", &if report.tries > 1 { report.tries.to_string() } else { String::new() });
    });
}
