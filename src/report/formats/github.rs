//! Annotations for GitHub Actions, and a summary in Markdown.
//! See <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.

use std::fmt::Write;

use crate::error::Severity;
use crate::report::findings::{Case, CaseOutcome, Findings};
use crate::report::page::one_line;
use crate::report::units;

/// The file that the summary is appended to is the value of this variable.
pub(super) const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// The cases that an annotation and a summary list; there may be a hundred rules.
const MOST_CASES: usize = 20;

/// A workflow command for each URL that failed or is slow, the worst first: GitHub shows ten of a step.
pub(super) fn text(all: &[Findings]) -> String {
    let mut text = String::new();
    for findings in worst_first(all).into_iter().filter(|findings| findings.severity > Severity::Ok) {
        let command = if findings.severity == Severity::Warning { "warning" } else { "error" };
        let title = property(&format!("wsurl: {}", one_line(&findings.url)));
        let lines: Vec<_> = std::iter::once(findings.summary.clone()).chain(failures(findings)).collect();
        // A String takes everything.
        let _ = writeln!(text, "::{command} title={title}::{}", data(&lines.join("\n")));
    }
    text
}

/// A table of all URLs, and what failed of each.
pub(super) fn summary(all: &[Findings]) -> String {
    let bad = all.iter().filter(|findings| findings.severity > Severity::Warning).count();
    let outcome = match (bad, all.len()) {
        (0, 1) => "passed".to_owned(),
        (_, 1) => "failed".to_owned(),
        (0, count) => format!("all {count} passed"),
        (bad, count) => format!("{bad} of {count} failed"),
    };
    let mut text = format!("### wsurl: {outcome}\n\n| | URL | time | |\n|---|---|---:|---|\n");
    for findings in worst_first(all) {
        let mark = match findings.severity {
            Severity::Ok => "\u{2705}",
            Severity::Warning => "\u{26a0}\u{fe0f}",
            Severity::Unknown | Severity::Critical => "\u{274c}",
        };
        let (url, time) = (markdown(&findings.url), units::duration(findings.elapsed, false));
        // It begins with the URL, which has a column of its own.
        let told = findings.summary.strip_prefix(&*findings.url).unwrap_or(&findings.summary);
        let told = told.trim_start_matches([':', ' ']);
        let _ = writeln!(text, "| {mark} | {url} | {time} | {} |", markdown(told));
    }
    for findings in worst_first(all) {
        let failures: Vec<_> = failures(findings).collect();
        if !failures.is_empty() {
            let _ = writeln!(text, "\n<details><summary>{}</summary>\n", markdown(&findings.url));
            for failure in failures {
                let _ = writeln!(text, "- {}", markdown(&failure));
            }
            text.push_str("\n</details>\n");
        }
    }
    text + "\n"
}

/// A line for each case that failed, unless the summary of the URL says the same.
fn failures(findings: &Findings) -> impl Iterator<Item = String> {
    let is_told =
        |message: &str| findings.summary.strip_prefix(&*findings.url) == Some(&format!(": {message}"));
    let failed = |case: &Case| match &case.outcome {
        CaseOutcome::Failed { message, .. } if !is_told(message) => {
            Some(format!("{}: {message}", case.title()))
        }
        CaseOutcome::Failed { .. } | CaseOutcome::Passed | CaseOutcome::Skipped(_) => None,
    };
    let all: Vec<_> = findings.cases.iter().filter_map(failed).collect();
    let more = all.len().saturating_sub(MOST_CASES);
    let rest = (more > 0).then(|| format!("{more} more"));
    all.into_iter().take(MOST_CASES).chain(rest)
}

fn worst_first(all: &[Findings]) -> Vec<&Findings> {
    let mut all: Vec<_> = all.iter().collect();
    all.sort_by_key(|findings| std::cmp::Reverse(findings.severity));
    all
}

/// The data of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of one.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Text on one line that means nothing to Markdown, nor to the HTML in it. Links in it would be taken for the server's.
fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '!' | '$' | '@' => {
                let _ = write!(safe, "&#{};", u32::from(c));
            }
            c if c.is_control() => drop(write!(safe, "{}", c.escape_default())),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn of(reports: &[crate::report::probe::ProbeReport]) -> Vec<Findings> {
        reports.iter().map(Findings::from).collect()
    }

    #[test]
    fn what_is_well_is_not_annotated() {
        assert_eq!(text(&of(&[samples::up()])), "");
    }

    #[test]
    fn annotations_are_escaped() {
        let all = of(&[samples::slow(), samples::refused()]);
        let expected = "\
::error title=wsurl%3A ws%3A//127.0.0.1%3A9/::ws://127.0.0.1:9/: cannot connect to 127.0.0.1:9: Connection refused
::warning title=wsurl%3A wss%3A//example.com/chat::wss://example.com/chat is up, 1.53 s (--warn 1s), ping 11.8 ms, 3 tries
";
        assert_eq!(text(&all), expected);
        assert_eq!(property("a,b:c%\r\n"), "a%2Cb%3Ac%25%0D%0A");
        let disappointing = text(&of(&[samples::disappointing()]));
        assert!(disappointing.contains("%0Aassertion --min-cert-days 14: 3 days left%0A"), "{disappointing}");
        for all in samples::findings() {
            for line in text(&all).lines() {
                let (head, message) = line.split_once(" title=").unwrap().1.split_once("::").unwrap();
                assert!(line.starts_with("::error ") || line.starts_with("::warning "), "{line:?}");
                assert!(!head.contains([':', ',', '\r']) && !message.contains('\r'), "{line:?}");
            }
        }
    }

    #[test]
    fn the_summary_is_a_table() {
        let expected = "\
### wsurl: 1 of 2 failed

| | URL | time | |
|---|---|---:|---|
| \u{274c} | ws://127.0.0.1:9/ | 140 \u{b5}s | cannot connect to 127.0.0.1:9: Connection refused |
| \u{2705} | wss://example.com/chat | 79.1 ms | is up, 79.1 ms, ping 11.8 ms |

";
        assert_eq!(summary(&of(&[samples::up(), samples::refused()])), expected);
        for all in samples::findings() {
            let text = summary(&all);
            let rows = text.lines().filter(|line| line.starts_with("| ")).count();
            assert_eq!(rows, all.len() + 1, "{text}");
            let cells = |line: &str| line.matches('|').count();
            assert!(text.lines().filter(|line| line.starts_with('|')).all(|line| cells(line) == 5), "{text}");
        }
    }

    #[test]
    fn nothing_in_a_text_is_markdown() {
        assert_eq!(markdown("a|<b>\n[x](y) `c` @d"), "a&#124;&lt;b&gt; &#91;x&#93;(y) &#96;c&#96; &#64;d");
    }
}
