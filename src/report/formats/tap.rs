//! The Test Anything Protocol, version 14.

use std::fmt::Write;

use crate::report::findings::{CaseOutcome, Findings};
use crate::report::json;
use crate::report::page::one_line;

pub(super) fn text(all: &[Findings]) -> String {
    let count: usize = all.iter().map(|findings| findings.cases.len()).sum();
    let mut text = format!("TAP version 14\n1..{count}\n");
    let cases = all.iter().flat_map(|findings| findings.cases.iter().map(|case| (&findings.url, case)));
    for (index, (url, case)) in cases.enumerate() {
        let number = index + 1;
        let name = escaped(&format!("{url}: {}", case.title()));
        // A String takes everything.
        let _ = match &case.outcome {
            CaseOutcome::Passed => writeln!(text, "ok {number} - {name}"),
            CaseOutcome::Skipped(why) => writeln!(text, "ok {number} - {name} # SKIP {}", escaped(why)),
            CaseOutcome::Failed { message, .. } => {
                let message = json::text(&one_line(message));
                writeln!(text, "not ok {number} - {name}\n  ---\n  message: {message}\n  ...")
            }
        };
    }
    text
}

/// On one line, and without the beginning of a directive.
fn escaped(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('#', "\\#").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;
    use crate::report::samples;

    /// Reads a stream by the grammar of TAP 14: for each point whether it passed, its description and its directive.
    fn read(text: &str) -> Vec<(bool, String, Option<String>)> {
        let point =
            Regex::new(r"^(not )?ok (\d+) - ((?:[^\\#]|\\\\|\\#)*?)(?: # SKIP ((?:[^\\#]|\\\\|\\#)*))?$")
                .unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("TAP version 14"));
        let plan: usize = lines.next().unwrap().strip_prefix("1..").unwrap().parse().unwrap();
        let mut points = Vec::new();
        while let Some(line) = lines.next() {
            let found = point.captures(line).unwrap_or_else(|| panic!("{line:?}"));
            assert_eq!(found[2].parse(), Ok(points.len() + 1));
            let passed = found.get(1).is_none();
            if !passed {
                assert_eq!(lines.next(), Some("  ---"));
                let message = lines.next().unwrap().strip_prefix("  message: ").unwrap();
                serde_json::from_str::<String>(message).unwrap();
                assert_eq!(lines.next(), Some("  ..."));
            }
            points.push((passed, found[3].to_owned(), found.get(4).map(|why| why.as_str().to_owned())));
        }
        assert_eq!(points.len(), plan);
        points
    }

    #[test]
    fn every_report_is_read_back() {
        for all in samples::findings() {
            let points = read(&text(&all));
            let cases: Vec<_> = all.iter().flat_map(|findings| &findings.cases).collect();
            assert_eq!(points.len(), cases.len());
            for ((passed, _, skipped), case) in points.iter().zip(cases) {
                assert_eq!(*passed, !matches!(case.outcome, CaseOutcome::Failed { .. }));
                assert_eq!(skipped.is_some(), matches!(case.outcome, CaseOutcome::Skipped(_)));
            }
        }
    }

    #[test]
    fn points_and_their_reasons() {
        let expected = "\
TAP version 14
1..4
ok 1 - ws://127.0.0.1:9/: phase resolve
not ok 2 - ws://127.0.0.1:9/: phase connect
  ---
  message: \"cannot connect to 127.0.0.1:9: Connection refused\"
  ...
ok 3 - ws://127.0.0.1:9/: phase upgrade # SKIP not reached
ok 4 - ws://127.0.0.1:9/: assertion --expect-text 'hi' # SKIP not reached
";
        assert_eq!(text(&[Findings::from(&samples::refused())]), expected);
    }

    #[test]
    fn an_echo_test_has_six_points() {
        let points = read(&text(&[Findings::from(&samples::echoed())]));
        let names: Vec<_> =
            points.iter().map(|(_, name, _)| name.rsplit(": echo ").next().unwrap()).collect();
        assert_eq!(
            names,
            [
                "no message lost",
                "no message corrupted",
                "order kept",
                "no duplicates",
                "nothing unasked",
                "session ended in order"
            ]
        );
    }
}
