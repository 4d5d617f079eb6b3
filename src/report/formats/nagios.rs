//! The output of a monitoring plugin: one line with performance data, a line for each of several endpoints, four exit codes.
//! At most 4 KiB: what monitoring systems take.
//! See <https://www.monitoring-plugins.org/doc/guidelines.html>.

use crate::error::{Failure, Severity};
use crate::report::findings::{Findings, Perfdata, nth};
use crate::report::page::one_line;
use crate::report::sanitize;

impl Severity {
    /// The exit code of a plugin.
    pub fn nagios_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    fn nagios_name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// The line for a failure before any report, with its end. The exit code is that of [`Failure::severity`].
pub(crate) fn refusal(failure: &Failure) -> String {
    format!("{}\n", status_line(failure.severity(), &failure.to_string()))
}

/// The most bytes that a monitoring system takes of a plugin's output; it cuts off the rest.
const MOST: usize = 4096;

/// The most bytes of the first of several lines, and of the performance data.
const MOST_OF_LINE: usize = 1024;
const MOST_OF_DATA: usize = 2048;

/// The same of the only line.
const MOST_OF_ONLY_LINE: usize = 2000;

/// The whole output: the line with its performance data, and for several endpoints a line about each, the worst first.
pub(super) fn text(all: &[Findings]) -> String {
    let severity = Severity::worst(all);
    let line = match all {
        // Nothing stands below that would say the rest.
        [only] => cut(&status_line(severity, &only.summary), MOST_OF_ONLY_LINE),
        _ => cut(&status_line(severity, &summary(all)), MOST_OF_LINE),
    };
    let perfdata = perfdata(all);
    let mut text = if perfdata.is_empty() { format!("{line}\n") } else { format!("{line} | {perfdata}\n") };
    if all.len() > 1 {
        let room = MOST.saturating_sub(text.len() + 1);
        text.push_str(&long_text(&worst_first(all), room));
    }
    text
}

/// A line about each endpoint, as many as there is room for. The performance data ended at the line's end.
fn long_text(all: &[&Findings], room: usize) -> String {
    let mut text = String::new();
    for (index, findings) in all.iter().enumerate() {
        let line =
            cut(&format!("{}: {}", findings.severity.nagios_name(), plain(&findings.summary)), MOST_OF_LINE);
        let rest = format!("{} more\n", all.len() - index);
        let is_last = index + 1 == all.len();
        if text.len() + line.len() + 1 + if is_last { 0 } else { rest.len() } > room {
            if text.len() + rest.len() <= room {
                text.push_str(&rest);
            }
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn worst_first(all: &[Findings]) -> Vec<&Findings> {
    let mut all: Vec<_> = all.iter().collect();
    all.sort_by_key(|findings| std::cmp::Reverse(findings.severity));
    all
}

/// All data if they fit; else the first of each endpoint, which is the time of the whole; else as many of these as fit.
fn perfdata(all: &[Findings]) -> String {
    let every: Vec<_> = labelled(all).collect();
    let whole =
        |data: &[(bool, String)]| data.iter().map(|(_, text)| &text[..]).collect::<Vec<_>>().join(" ");
    let text = whole(&every);
    if text.len() <= MOST_OF_DATA {
        return text;
    }
    let mut text = String::new();
    for (_, data) in every.iter().filter(|(is_first, _)| all.len() == 1 || *is_first) {
        if text.len() + data.len() < MOST_OF_DATA {
            text = if text.is_empty() { data.clone() } else { format!("{text} {data}") };
        }
    }
    text
}

/// The data of each endpoint, and whether they are its first.
fn labelled(all: &[Findings]) -> impl Iterator<Item = (bool, String)> {
    all.iter().zip(nth(all)).flat_map(move |(findings, nth)| {
        let url = if nth > 1 { format!("{} ({nth})", findings.url) } else { findings.url.clone() };
        findings.perfdata.iter().enumerate().map(move |(index, data)| {
            let label = match all.len() {
                1 => data.label.to_owned(),
                _ => quoted(&format!("{url} {}", data.label)),
            };
            (index == 0, performance(&label, data))
        })
    })
}

/// Cuts at a character, with a mark.
fn cut(line: &str, most: usize) -> String {
    const MARK: &str = "...";
    if line.len() <= most {
        return line.to_owned();
    }
    let end = (0..=most - MARK.len()).rev().find(|end| line.is_char_boundary(*end)).unwrap_or_default();
    format!("{}{MARK}", &line[..end])
}

fn status_line(severity: Severity, summary: &str) -> String {
    format!("WSURL {} - {}", severity.nagios_name(), plain(summary))
}

/// How many have failed and are slow, and each of these with its reason, the worst first.
fn summary(all: &[Findings]) -> String {
    if let [only] = all {
        return only.summary.clone();
    }
    let count =
        |wanted: fn(Severity) -> bool| all.iter().filter(|findings| wanted(findings.severity)).count();
    let failed = count(|severity| severity >= Severity::Unknown);
    let slow = count(|severity| severity == Severity::Warning);
    let total = all.len();
    let counts = match (failed, slow) {
        (0, 0) => return format!("all {total} endpoints are up"),
        (0, slow) => format!("{slow} of {total} slow"),
        (failed, 0) => format!("{failed} of {total} failed"),
        (failed, slow) => format!("{failed} of {total} failed, {slow} slow"),
    };
    let bad = worst_first(all).into_iter().filter(|findings| findings.severity > Severity::Ok);
    let summaries: Vec<_> = bad.map(|findings| &findings.summary[..]).collect();
    format!("{counts}: {}", summaries.join("; "))
}

fn performance(label: &str, data: &Perfdata) -> String {
    let Perfdata { value, warning, critical, least, .. } = data;
    format!("{label}={value};{warning};{critical};{least}")
}

/// The line ends where it ends, and performance data begin at the first bar.
fn plain(text: &str) -> String {
    // Also in a file and for a web page: nothing that could command a terminal.
    sanitize::text(&one_line(text)).replace('|', "/")
}

fn quoted(label: &str) -> String {
    format!("'{}'", plain(label).replace('\'', "%27").replace('=', ""))
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;
    use crate::error::Status;
    use crate::report::samples;

    fn of(report: &crate::report::probe::ProbeReport) -> String {
        text(&[Findings::from(report)])
    }

    #[test]
    fn one_line_with_performance_data() {
        assert_eq!(
            of(&samples::up()),
            "WSURL OK - wss://example.com/chat is up, 79.1 ms, ping 11.8 ms | time=0.0791s;;;0 resolve=0.0012s;;;0 \
             connect=0.011s;;;0 tls=0.0189s;;;0 upgrade=0.012s;;;0 ping=0.0118s;;;0 message=0.0121s;;;0 \
             close=0.012s;;;0 cert_days=42;14:;;\n"
        );
        let slow = of(&samples::slow());
        let begin = "WSURL WARNING - wss://example.com/chat is up, 1.53 s (--warn 1s), ping 11.8 ms, 3 tries | \
                     time=1.53s;1;2.5;0 ";
        assert!(slow.starts_with(begin), "{slow}");
        assert_eq!(
            of(&samples::refused()),
            "WSURL CRITICAL - ws://127.0.0.1:9/: cannot connect to 127.0.0.1:9: Connection refused | \
             time=0.00014s;;;0 resolve=0.000012s;;;0\n"
        );
        assert_eq!(
            text(&[Findings::from(&samples::echoed())]),
            "WSURL OK - ws://127.0.0.1:33183/ echoed all 10 messages, p50 35 us | lost=0;;0;0 corrupted=0;;0;0 \
             out_of_order=0;;0;0 duplicated=0;;0;0 p50=0.000035007s;;;0 p99=0.00012s;;;0 rate=23474.178;;;0\n"
        );
    }

    #[test]
    fn several_are_told_apart() {
        let all = |reports: &[_]| text(&reports.iter().map(Findings::from).collect::<Vec<_>>());
        let twice = all(&[samples::refused(), samples::up(), samples::refused()]);
        let (first, more) = twice.split_once('\n').unwrap();
        let (line, data) = first.split_once(" | ").unwrap();
        assert_eq!(
            line,
            "WSURL CRITICAL - 2 of 3 failed: ws://127.0.0.1:9/: cannot connect to 127.0.0.1:9: Connection refused; \
             ws://127.0.0.1:9/: cannot connect to 127.0.0.1:9: Connection refused"
        );
        assert!(data.starts_with("'ws://127.0.0.1:9/ time'=0.00014s;;;0 "), "{data}");
        assert!(data.contains(" 'ws://127.0.0.1:9/ (2) time'=0.00014s;;;0 "), "{data}");
        let refused = "CRITICAL: ws://127.0.0.1:9/: cannot connect to 127.0.0.1:9: Connection refused\n";
        assert_eq!(
            more,
            format!("{refused}{refused}OK: wss://example.com/chat is up, 79.1 ms, ping 11.8 ms\n")
        );
        assert!(all(&[samples::up(), samples::up()]).starts_with("WSURL OK - all 2 endpoints are up | "));
        let slow = all(&[samples::up(), samples::slow()]);
        assert!(
            slow.starts_with("WSURL WARNING - 1 of 2 slow: wss://example.com/chat is up, 1.53 s"),
            "{slow}"
        );
    }

    #[test]
    fn slow_ones_are_named_beside_those_that_failed() {
        let all = [samples::slow(), samples::refused(), samples::up()];
        let text = text(&all.iter().map(Findings::from).collect::<Vec<_>>());
        let line = "WSURL CRITICAL - 1 of 3 failed, 1 slow: ws://127.0.0.1:9/: cannot connect to 127.0.0.1:9: \
                    Connection refused; wss://example.com/chat is up, 1.53 s (--warn 1s), ping 11.8 ms, 3 tries | ";
        assert!(text.starts_with(line), "{text}");
    }

    #[test]
    fn many_endpoints_fit_into_four_kib() {
        let all = |count: usize| {
            let reports = (0..count).map(|number| {
                let report = if number % 3 == 0 { samples::refused() } else { samples::up() };
                let url = format!("wss://server-{number}.example.com/some/path");
                Findings::from(&crate::report::probe::ProbeReport { url, ..report })
            });
            text(&reports.collect::<Vec<_>>())
        };
        let few = all(4);
        assert!(few.contains("'wss://server-1.example.com/some/path tls'="), "{few}");
        for count in [30, 300] {
            let many = all(count);
            assert!(many.len() < MOST, "{} bytes", many.len());
            assert!(many.contains("'wss://server-1.example.com/some/path time'="), "{many}");
            assert!(!many.contains("'wss://server-1.example.com/some/path tls'="), "{many}");
            assert!(many.lines().last().unwrap().ends_with(" more"), "{many}");
        }
    }

    #[test]
    fn the_line_is_one_line_and_its_data_are_data() {
        let label = r"([a-z_0-9]+|'[^'=|\n]+')";
        let number = r"\d+(\.\d+)?";
        let data = format!("^{label}={number}s?;({number}:?)?;({number})?;0? ");
        let data = Regex::new(&data).unwrap();
        for all in samples::findings() {
            let text = text(&all);
            assert!(text.len() < MOST && text.ends_with('\n'), "{text:?}");
            let (first, more) = text.split_once('\n').unwrap();
            assert_eq!(more.lines().count() > 0, all.len() > 1);
            assert!(!more.contains('|'), "{more:?}");
            let Some((_, after)) = first.split_once(" | ") else { continue };
            let mut rest = format!("{after} ");
            assert!(!rest.contains('|'));
            while !rest.is_empty() {
                let found = data.find(&rest).unwrap_or_else(|| panic!("{rest:?}"));
                rest = rest[found.end()..].to_owned();
            }
        }
    }

    #[test]
    fn exit_codes() {
        let code = |reports: &[_]| crate::report::probe::severity(reports).nagios_code();
        assert_eq!(code(&[]), 0);
        assert_eq!(code(&[samples::up(), samples::up()]), 0);
        assert_eq!(code(&[samples::up(), samples::slow()]), 1);
        assert_eq!(code(&[samples::slow(), samples::refused(), samples::up()]), 2);
        let ours = || crate::report::probe::ProbeReport {
            failure: Some(Failure::new(Status::CaFile, "cannot read x")),
            ..samples::refused()
        };
        assert_eq!(code(&[samples::slow(), ours()]), 3);
        assert_eq!(code(&[ours(), samples::refused()]), 2);
        assert_eq!(crate::report::echo::severity(&samples::echoed()).nagios_code(), 0);
        assert_eq!(crate::report::echo::severity(&samples::mangled()).nagios_code(), 2);
        let failure = Failure::new(Status::InvalidUrl, "not a URL: a|b\nc");
        assert_eq!(refusal(&failure), "WSURL UNKNOWN - not a URL: a/b c\n");
        assert_eq!(failure.severity().nagios_code(), 3);
    }
}
