//! The output of a monitoring plugin: one line with performance data, and four exit codes.
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

/// The whole output, which is one line.
pub(super) fn text(all: &[Findings]) -> String {
    let line = status_line(Severity::worst(all), &summary(all));
    let mut perfdata = Vec::new();
    for (findings, nth) in all.iter().zip(nth(all)) {
        let url = if nth > 1 { format!("{} ({nth})", findings.url) } else { findings.url.clone() };
        for data in &findings.perfdata {
            let label = match all.len() {
                1 => data.label.to_owned(),
                _ => quoted(&format!("{url} {}", data.label)),
            };
            perfdata.push(performance(&label, data));
        }
    }
    if perfdata.is_empty() { format!("{line}\n") } else { format!("{line} | {}\n", perfdata.join(" ")) }
}

fn status_line(severity: Severity, summary: &str) -> String {
    format!("WSURL {} - {}", severity.nagios_name(), plain(summary))
}

fn summary(all: &[Findings]) -> String {
    if let [only] = all {
        return only.summary.clone();
    }
    let worst = Severity::worst(all);
    let (what, least) = match worst {
        Severity::Ok => return format!("all {} endpoints are up", all.len()),
        Severity::Warning => ("slow", Severity::Warning),
        Severity::Unknown | Severity::Critical => ("failed", Severity::Unknown),
    };
    let bad: Vec<_> = all.iter().filter(|findings| findings.severity >= least).collect();
    let summaries: Vec<_> = bad.iter().map(|findings| &findings.summary[..]).collect();
    format!("{} of {} {what}: {}", bad.len(), all.len(), summaries.join("; "))
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
    format!("'{}'", plain(label).replace(['\'', '='], ""))
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
        let (line, data) = twice.split_once(" | ").unwrap();
        assert_eq!(
            line,
            "WSURL CRITICAL - 2 of 3 failed: ws://127.0.0.1:9/: cannot connect to 127.0.0.1:9: Connection refused; \
             ws://127.0.0.1:9/: cannot connect to 127.0.0.1:9: Connection refused"
        );
        assert!(data.starts_with("'ws://127.0.0.1:9/ time'=0.00014s;;;0 "), "{data}");
        assert!(data.contains(" 'ws://127.0.0.1:9/ (2) time'=0.00014s;;;0 "), "{data}");
        assert!(all(&[samples::up(), samples::up()]).starts_with("WSURL OK - all 2 endpoints are up | "));
        let slow = all(&[samples::up(), samples::slow()]);
        assert!(
            slow.starts_with("WSURL WARNING - 1 of 2 slow: wss://example.com/chat is up, 1.53 s"),
            "{slow}"
        );
    }

    #[test]
    fn the_line_is_one_line_and_its_data_are_data() {
        let label = r"([a-z_0-9]+|'[^'=|\n]+')";
        let number = r"\d+(\.\d+)?";
        let data = format!("^{label}={number}s?;({number}:?)?;({number})?;0? ");
        let data = Regex::new(&data).unwrap();
        for all in samples::findings() {
            let text = text(&all);
            assert_eq!(text.find('\n'), Some(text.len() - 1), "{text:?}");
            let Some((_, after)) = text.split_once(" | ") else { continue };
            let mut rest = after.replace('\n', " ");
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
