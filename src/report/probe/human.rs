//! A probe as a person reads it: the verdict first, then a line for each thing that was looked at.

use super::{Assertion, AssertionVerdict, PhaseReport, ProbeReport, ProbeVerdict};
use crate::conformance::{self, Finding};
use crate::report::page::{Page, Word};
use crate::report::{Style, units};

pub(crate) fn text(report: &ProbeReport, style: Style) -> String {
    let mut page = Page::new(style);
    verdict(&mut page, report, style);
    let reached = |phase: &&PhaseReport| phase.time.is_some() || phase.failed;
    for phase in report.phases.iter().filter(reached) {
        page.list(&phase_label(phase, style), std::slice::from_ref(&phase.detail));
    }
    let evidence = report.failure.as_ref().and_then(|failure| failure.evidence());
    for line in evidence.into_iter().flat_map(str::lines) {
        page.wrap_at(&format!("    {line}"), 4);
    }
    for Assertion { name, verdict, seen } in &report.assertions {
        match verdict {
            AssertionVerdict::Holds => page.cut(&format!("  ok        {name}: {seen}")),
            AssertionVerdict::Broken => page.row(&format!("  FAIL      {name}: {seen}")),
            // The failure above says why.
            AssertionVerdict::NotReached => {}
        }
    }
    for (name, findings) in [("conformance", &report.conformance), ("security", &report.security)] {
        if let Some(findings) = findings {
            rules(&mut page, name, findings, style);
        }
    }
    page.into_text()
}

/// The verdict in words.
pub(super) fn summary(report: &ProbeReport, style: Style) -> String {
    let url = &report.url;
    match report.verdict {
        ProbeVerdict::Ok | ProbeVerdict::Warning => format!("{url} is up: {}", report.times(style.ascii)),
        ProbeVerdict::Failed => format!("{url}: {}", report.reason()),
    }
}

pub(super) fn word(verdict: ProbeVerdict) -> Word {
    match verdict {
        ProbeVerdict::Ok => Word::Ok,
        ProbeVerdict::Warning => Word::Warn,
        ProbeVerdict::Failed => Word::Fail,
    }
}

fn verdict(page: &mut Page, report: &ProbeReport, style: Style) {
    page.verdict(word(report.verdict), &summary(report, style));
    if report.facts.redirects > 0 {
        page.wrap(&format!("  redirect  to {}", report.url_effective));
    }
}

fn phase_label(phase: &PhaseReport, style: Style) -> String {
    let time = match phase.time {
        _ if phase.failed => "FAIL".to_owned(),
        time => units::duration(time.unwrap_or_default(), style.ascii),
    };
    format!("  {:<9} {time:<8} ", phase.name)
}

/// The column where it says what was seen of a rule, and how many columns make that worth reading.
const SEEN: usize = 44;
const LEAST_SEEN: usize = 20;

fn rules(page: &mut Page, name: &str, findings: &[Finding], style: Style) {
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let known = findings.iter().filter(|finding| finding.is_known()).count();
    let known = if known > 0 { format!(" ({known} known)") } else { String::new() };
    page.wrap(&format!(
        "  {name}: {} pass, {} fail{known}, {} inconclusive, {} not applicable",
        count(conformance::Verdict::Pass),
        count(conformance::Verdict::Fail),
        count(conformance::Verdict::Inconclusive),
        count(conformance::Verdict::NotApplicable),
    ));
    for finding in findings {
        let verdict = match finding.verdict {
            conformance::Verdict::Pass => "pass",
            conformance::Verdict::Fail if finding.excepted => "known",
            conformance::Verdict::Fail => "fail",
            conformance::Verdict::Inconclusive => "?",
            conformance::Verdict::NotApplicable => "n/a",
        };
        let rule = finding.rule;
        let head = format!("    {verdict:<5} {:<7} {:<25}", rule.section, rule.id);
        let line = format!("{head} {}", finding.seen);
        let is_narrow = style.width < SEEN + LEAST_SEEN;
        match finding.verdict {
            conformance::Verdict::Pass | conformance::Verdict::NotApplicable if is_narrow => page.cut(&head),
            conformance::Verdict::Pass | conformance::Verdict::NotApplicable => page.cut(&line),
            // What is wrong, or not clear, is said in full.
            conformance::Verdict::Fail | conformance::Verdict::Inconclusive if is_narrow => {
                page.cut(&head);
                page.wrap(&format!("      {}", finding.seen));
            }
            conformance::Verdict::Fail | conformance::Verdict::Inconclusive => page.row(&line),
        }
        if style.verbose && finding.verdict == conformance::Verdict::Fail {
            for line in &finding.evidence {
                page.cut(&format!("          {line}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::report::samples;

    fn shown(report: &ProbeReport, style: Style) -> String {
        anstream::adapter::strip_str(&text(report, style)).to_string()
    }

    #[test]
    fn an_endpoint_that_is_up() {
        let expected = "\
OK    wss://example.com/chat is up: 79.1 ms, ping 11.8 ms
  resolve   1.20 ms  93.184.216.34
  connect   11.0 ms  93.184.216.34:443
  tls       18.9 ms  TLSv1.3, 42 days left, CN=example.com,
                     issued by CN=Example CA, O=Example, TLS_AES_256_GCM_SHA384
  upgrade   12.0 ms  101 Switching Protocols, subprotocol chat.v2
  ping      11.8 ms  answered
  message   12.1 ms  1 sent, 1 received
  close     12.0 ms  1000
  ok        --min-cert-days 14: 42 days left
  conformance: 1 pass, 0 fail, 0 inconclusive, 0 not applicable
    pass  5.5.2   ping-answered             pong with the same payload
";
        assert_eq!(shown(&samples::up(), Style::default()), expected);
        assert!(text(&samples::up(), Style::default()).starts_with("\u{1b}[1m\u{1b}[32mOK\u{1b}[0m    wss:"));
    }

    #[test]
    fn a_slow_one_says_what_it_is_measured_by() {
        let text = shown(&samples::slow(), Style::default());
        let first = "WARN  wss://example.com/chat is up: 1.53 s (--warn 1s), ping 11.8 ms, 3 tries\n";
        assert!(text.starts_with(first), "{text}");
    }

    #[test]
    fn one_that_refuses() {
        let expected = "\
FAIL  ws://127.0.0.1:9/: cannot connect to 127.0.0.1:9: Connection refused
  resolve   12 \u{b5}s    127.0.0.1
  connect   FAIL
";
        assert_eq!(shown(&samples::refused(), Style::default()), expected);
        let ascii = shown(&samples::refused(), Style { ascii: true, ..Style::default() });
        assert_eq!(ascii, expected.replace('\u{b5}', "u"));
    }

    #[test]
    fn reasons_are_wrapped_and_checks_are_lines() {
        let expected = "\
FAIL  wss://example.com/chat: --min-cert-days 14 does not hold: 3 days left;
      --expect-header 'Server: ^a-server-that-is-named-at-some-length' does not
      hold: no such field
  redirect  to wss://www.example.com/chat
  resolve   1.20 ms  93.184.216.34
  connect   11.0 ms  93.184.216.34:443
  tls       18.9 ms  TLSv1.3, 42 days left, CN=example.com,
                     issued by CN=Example CA, O=Example, TLS_AES_256_GCM_SHA384
  upgrade   12.0 ms  101 Switching Protocols, subprotocol chat.v2
  ping      11.8 ms  answered
  message   12.1 ms  1 sent, 1 received
  close     12.0 ms  1000
    HTTP/1.1 101 Odd
    Server: other

    body
  ok        --expect-subprotocol chat.v2: chat.v2
  FAIL      --min-cert-days 14: 3 days left
  FAIL      --expect-header 'Server: ^a-server-that-is-named-at-some-length': no such field
  FAIL      --expect-header 'Server: ^a-server-that-is-named-at-some-length': no such field
  conformance: 1 pass, 1 fail, 1 inconclusive, 1 not applicable
    pass  5.5.2   ping-answered             pong with the same payload
    fail  5.2     reserved-control-opcode   the connection stayed open for 2 s after a frame with opcode 11
          > 8b 80 00 00 00 00
          (nothing came back)
    ?     5.5.2   ping-answered             the server closed before
    n/a   5.5.2   ping-answered             no subprotocol
";
        let verbose = Style { verbose: true, ..Style::default() };
        assert_eq!(shown(&samples::disappointing(), verbose), expected);
        let short: Vec<_> = expected
            .lines()
            .filter(|line| !line.starts_with("          >") && !line.contains("(nothing"))
            .collect();
        assert_eq!(shown(&samples::disappointing(), Style::default()), short.join("\n") + "\n");
    }

    #[test]
    fn a_narrow_page_says_below_a_rule_what_is_wrong() {
        let expected = "\
  conformance: 1 pass, 1 fail, 1 inconclusive, 1
      not applicable
    pass  5.5.2   ping-answered
    fail  5.2     reserved-control-opcode
      the connection stayed open for 2 s after a
      frame with opcode 11
    ?     5.5.2   ping-answered
      the server closed before
    n/a   5.5.2   ping-answered
";
        let text = shown(&samples::disappointing(), Style::default().on_terminal(Some(50)));
        assert!(text.ends_with(expected), "{text}");
    }

    #[test]
    fn no_text_breaks_the_page() {
        for report in samples::probes() {
            for (terminal, width) in [(false, 80), (true, 50), (true, 200)] {
                let text = shown(&report, Style { verbose: true, terminal, ascii: terminal, width });
                for line in text.split('\n') {
                    assert!(!terminal || line.width() <= width, "{line:?}");
                    assert!(!terminal || !line.contains(char::is_control), "{line:?}");
                }
            }
        }
    }
}
