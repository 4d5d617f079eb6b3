//! `JUnit` XML: a test suite a URL.

use std::fmt::Write;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::report::findings::{Case, CaseOutcome, Findings};
use crate::report::page::one_line;
use crate::report::units::rfc3339;

pub(super) fn text(all: &[Findings]) -> String {
    let mut report = Report::new("wsurl");
    for findings in all {
        let mut suite = TestSuite::new(line(&findings.url));
        suite.extra.insert("timestamp".into(), rfc3339(findings.time).into());
        suite.set_time(findings.elapsed);
        suite.add_test_cases(findings.cases.iter().map(case));
        report.add_test_suite(suite);
    }
    // Nothing is there that could not be written into a string.
    report.to_string().unwrap_or_default()
}

fn case(case: &Case) -> TestCase {
    let status = match &case.outcome {
        CaseOutcome::Passed => TestCaseStatus::success(),
        CaseOutcome::Failed { kind, message, evidence } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(line(message));
            if let Some(kind) = kind {
                status.set_type(kind);
            }
            if let Some(evidence) = evidence {
                status.set_description(xml(evidence));
            }
            status
        }
        CaseOutcome::Skipped(why) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(line(why));
            status
        }
    };
    let mut test = TestCase::new(line(&case.name), status);
    test.set_classname(case.group);
    if let Some(time) = case.time {
        test.set_time(time);
    }
    test
}

fn line(text: &str) -> String {
    xml(&one_line(text))
}

/// Shows what XML has no way to write, and what the crate would leave out.
fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // A parser would make a line feed of it.
            '\r' => {}
            '\n' => safe.push(c),
            '\t' => safe.push(' '),
            '\u{fffe}' | '\u{ffff}' => drop(write!(safe, "{}", c.escape_unicode())),
            c if c.is_control() => drop(write!(safe, "{}", c.escape_default())),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use quick_xml::events::{BytesStart, Event};
    use quick_xml::{Reader, XmlVersion};

    use super::*;
    use crate::error::Severity;
    use crate::report::samples;

    /// What a CI server reads.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct Suite {
        name: String,
        tests: usize,
        failures: usize,
        skipped: usize,
        /// Class and name.
        cases: Vec<(String, String)>,
        /// Element and message.
        faults: Vec<(String, String)>,
    }

    fn attribute(element: &BytesStart<'_>, name: &str) -> String {
        let attribute = element.try_get_attribute(name).unwrap().unwrap_or_else(|| panic!("no {name}"));
        attribute.normalized_value(XmlVersion::Explicit1_0).unwrap().into_owned()
    }

    fn read(xml: &str) -> Vec<Suite> {
        // XML 1.0 §2.2; control characters that it allows are discouraged.
        let allowed = |c| matches!(c, '\n' | '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
        assert!(xml.chars().all(allowed), "{xml:?}");
        let mut reader = Reader::from_str(xml);
        let mut suites: Vec<Suite> = Vec::new();
        loop {
            let element = match reader.read_event().unwrap() {
                Event::Start(element) | Event::Empty(element) => element,
                Event::Eof => return suites,
                _ => continue,
            };
            let name = String::from_utf8(element.name().as_ref().to_vec()).unwrap();
            let number = |name| attribute(&element, name).parse().unwrap();
            match &name[..] {
                "testsuites" => assert_eq!(attribute(&element, "name"), "wsurl"),
                "testsuite" => suites.push(Suite {
                    name: attribute(&element, "name"),
                    tests: number("tests"),
                    failures: number("failures"),
                    skipped: number("skipped"),
                    ..Suite::default()
                }),
                "testcase" => {
                    let case = (attribute(&element, "classname"), attribute(&element, "name"));
                    suites.last_mut().unwrap().cases.push(case);
                }
                "failure" | "skipped" => {
                    let message = attribute(&element, "message");
                    suites.last_mut().unwrap().faults.push((name, message));
                }
                other => panic!("{other}"),
            }
        }
    }

    #[test]
    fn every_report_is_read_back() {
        for all in samples::findings() {
            let suites = read(&text(&all));
            assert_eq!(suites.len(), all.len());
            for (suite, findings) in suites.iter().zip(&all) {
                assert_eq!((suite.tests, suite.cases.len()), (findings.cases.len(), findings.cases.len()));
                let count = |what| suite.faults.iter().filter(|(name, _)| name == what).count();
                assert_eq!((suite.failures, suite.skipped), (count("failure"), count("skipped")));
                assert_eq!(suite.failures == 0, findings.severity < Severity::Unknown, "{suite:?}");
            }
        }
    }

    #[test]
    fn a_probe_is_a_suite() {
        let [suite] = &read(&text(&[Findings::from(&samples::refused())]))[..] else { panic!("one suite") };
        let why = "cannot connect to 127.0.0.1:9: Connection refused";
        let pairs = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(suite.name, "ws://127.0.0.1:9/");
        assert_eq!(
            suite.cases,
            pairs(&[("probe", "endpoint"), ("phase", "resolve"), ("phase", "connect"), ("phase", "upgrade")])
        );
        assert_eq!(suite.faults, pairs(&[("failure", why), ("failure", why), ("skipped", "not reached")]));
    }

    #[test]
    fn what_xml_cannot_write_is_shown() {
        let suites = read(&text(&[Findings::from(&samples::hostile())]));
        let shown = "a|b  c d\"e'f\\g#h]]>i<j>&k{l} m\\u{1b}[31mn\\u{7f}o\\u{9b}p\u{202e}q r\u{feff}s\\u{ffff}t=u;v w";
        assert_eq!(suites[0].faults[0].1, shown);
    }
}
