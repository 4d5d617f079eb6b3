//! `JUnit` XML: a test suite a URL, a case for each thing that was checked, one failure for each that failed.

use std::collections::HashMap;
use std::time::Duration;

use crate::report::findings::{Case, CaseOutcome, Findings, nth};
use crate::report::markup::Markup;
use crate::report::page::one_line;
use crate::report::units::rfc3339;

pub(super) fn text(all: &[Findings]) -> String {
    let total = Counts::of(all.iter().flat_map(|findings| &findings.cases));
    let elapsed = all.iter().map(|findings| findings.elapsed).fold(Duration::ZERO, Duration::saturating_add);
    let mut document = Markup::xml();
    let attributes = [("name", "wsurl".to_owned())].into_iter().chain(total.attributes(elapsed));
    element(&mut document, "testsuites", attributes, |document| {
        for (findings, nth) in all.iter().zip(nth(all)) {
            suite(document, findings, nth);
        }
    });
    document.finish()
}

/// `nth` tells apart suites of the same URL.
fn suite(document: &mut Markup, findings: &Findings, nth: usize) {
    let url = one_line(&findings.url);
    let name = if nth > 1 { format!("{url} ({nth})") } else { url };
    let counts = Counts::of(&findings.cases).attributes(findings.elapsed);
    let attributes =
        [("name", name.clone()), ("timestamp", rfc3339(findings.time))].into_iter().chain(counts);
    element(document, "testsuite", attributes, |document| {
        let mut seen = HashMap::new();
        for case in &findings.cases {
            let title = one_line(&case.title());
            // A CI server keeps one case of a class and a name.
            let count = seen.entry(title.clone()).and_modify(|count| *count += 1).or_insert(1);
            let title = if *count > 1 { format!("{title} ({count})") } else { title };
            test_case(document, &name, title, case);
        }
    });
}

fn test_case(document: &mut Markup, class: &str, name: String, case: &Case) {
    let time = case.time.map(|time| ("time", seconds(time)));
    let attributes = [("classname", class.to_owned()), ("name", name)].into_iter().chain(time);
    if let CaseOutcome::Passed = case.outcome {
        let attributes: Vec<_> = attributes.collect();
        return document.empty("testcase", &borrowed(&attributes));
    }
    element(document, "testcase", attributes, |document| match &case.outcome {
        CaseOutcome::Passed => {}
        CaseOutcome::Failed { kind, message, evidence } => {
            let kind = kind.map(|kind| ("type", kind.to_owned()));
            let attributes = [("message", one_line(message))].into_iter().chain(kind);
            // GitLab shows the text and not the attributes.
            let evidence = evidence.as_ref().map_or(String::new(), |evidence| format!("\n\n{evidence}"));
            element(document, "failure", attributes, |document| {
                document.text(&format!("{message}{evidence}"));
            });
        }
        CaseOutcome::Skipped(why) => document.empty("skipped", &[("message", &one_line(why))]),
    });
}

fn element(
    document: &mut Markup,
    name: &str,
    attributes: impl IntoIterator<Item = (&'static str, String)>,
    content: impl FnOnce(&mut Markup),
) {
    let attributes: Vec<_> = attributes.into_iter().collect();
    document.element(name, &borrowed(&attributes), content);
}

fn borrowed<'a>(attributes: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    attributes.iter().map(|(name, value)| (*name, &value[..])).collect()
}

/// How many cases there are, and how they ended.
#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    skipped: usize,
}

impl Counts {
    fn of<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Self {
        cases.into_iter().fold(Self::default(), |counts, case| Self {
            tests: counts.tests + 1,
            failures: counts.failures + usize::from(matches!(case.outcome, CaseOutcome::Failed { .. })),
            skipped: counts.skipped + usize::from(matches!(case.outcome, CaseOutcome::Skipped(_))),
        })
    }

    fn attributes(&self, time: Duration) -> [(&'static str, String); 5] {
        [
            ("tests", self.tests.to_string()),
            ("failures", self.failures.to_string()),
            ("errors", "0".to_owned()),
            ("skipped", self.skipped.to_string()),
            ("time", seconds(time)),
        ]
    }
}

/// With microseconds.
fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
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
        let url = "ws://127.0.0.1:9/";
        let names: Vec<_> = suite.cases.iter().map(|(class, name)| (&class[..], &name[..])).collect();
        assert_eq!(suite.name, url);
        assert_eq!(
            names,
            [
                (url, "phase resolve"),
                (url, "phase connect"),
                (url, "phase upgrade"),
                (url, "assertion --expect-text 'hi'"),
            ]
        );
        let why = "cannot connect to 127.0.0.1:9: Connection refused";
        let faults: Vec<_> = suite.faults.iter().map(|(what, message)| (&what[..], &message[..])).collect();
        assert_eq!(faults, [("failure", why), ("skipped", "not reached"), ("skipped", "not reached")]);
    }

    #[test]
    fn a_failure_says_in_its_text_too_what_failed() {
        let refused = text(&[Findings::from(&samples::refused())]);
        assert!(
            refused.contains(">cannot connect to 127.0.0.1:9: Connection refused</failure>"),
            "{refused}"
        );
    }

    #[test]
    fn times_have_microseconds() {
        let text = text(&[Findings::from(&samples::up())]);
        assert!(
            text.contains(
                "<testcase classname=\"wss://example.com/chat\" name=\"phase resolve\" time=\"0.001200\"/>"
            ),
            "{text}"
        );
    }

    #[test]
    fn no_class_has_a_name_twice() {
        for all in samples::findings() {
            let mut seen = std::collections::HashSet::new();
            for suite in read(&text(&all)) {
                for case in suite.cases {
                    assert_eq!(case.0, suite.name);
                    assert!(seen.insert(case.clone()), "{case:?}");
                }
            }
        }
    }

    #[test]
    fn what_xml_cannot_write_is_shown() {
        let suites = read(&text(&[Findings::from(&samples::hostile())]));
        let shown = "a|b  c d\"e'f\\g#h]]>i<j>&k{l} m\\u{1b}[31mn\\u{7f}o\\u{9b}p\u{202e}q r\u{feff}s\\u{ffff}t=u;v w";
        assert_eq!(suites[0].faults[0].1, shown);
    }
}
