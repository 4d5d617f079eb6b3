//! Probes of several URLs as a person reads them: a line for each as it finishes, then a summary. A terminal gets a table, and
//! below it what has failed, the worst first.

use std::time::Duration;

use super::{ProbeReport, ProbeVerdict, human};
use crate::report::page::{Page, columns, cut, one_line};
use crate::report::{Style, sanitize, units};

/// Columns of a duration, with the gap in front of it.
const DURATION: usize = 10;

/// Columns of the verdict, and of the gap in front of the last column.
const VERDICT: usize = 6;
const GAP: usize = 2;

/// Columns that the last column needs to say something.
const NOTE: usize = 24;

/// The table while it grows.
#[derive(Debug)]
pub(crate) struct Table {
    style: Style,
    /// Columns of the URLs.
    urls: usize,
}

impl Table {
    /// A table of probes of these URLs.
    pub(crate) fn new<'a>(urls: impl IntoIterator<Item = &'a str>, style: Style) -> Self {
        let longest = urls.into_iter().map(|url| columns(&shown(url))).max().unwrap_or_default();
        let room = style.width - VERDICT - 2 * DURATION - GAP;
        let most = if room < 2 * NOTE { room } else { room - NOTE };
        Self { style, urls: longest.clamp(3, most) }
    }

    /// What stands above the rows.
    pub(crate) fn head(&self) -> String {
        if self.style.terminal { self.line("", "URL", ["time", "ping"], "") } else { String::new() }
    }

    /// The row of a finished probe.
    pub(crate) fn row(&self, report: &ProbeReport) -> String {
        let word = human::word(report.verdict);
        if !self.style.terminal {
            let text = one_line(&human::summary(report, self.style));
            return format!("{}{text}\n", word.padded(VERDICT));
        }
        let time = |time| units::duration(time, self.style.ascii);
        let whole =
            if report.verdict == ProbeVerdict::Failed { "-".to_owned() } else { time(report.elapsed) };
        let ping = report.ping.map_or("-".to_owned(), time);
        let url = shortened(&shown(&report.url), self.urls);
        self.line(&word.padded(VERDICT), &url, [&whole, &ping], &shown(&note(report)))
    }

    /// What stands below the rows. `-v` explains every probe, and on a terminal those that failed are explained anyway.
    pub(crate) fn end(&self, reports: &[ProbeReport]) -> String {
        let Style { terminal, verbose, .. } = self.style;
        let failed = |report: &ProbeReport| report.verdict == ProbeVerdict::Failed;
        let mut explained: Vec<_> =
            reports.iter().filter(|report| verbose || (terminal && failed(report))).collect();
        explained.sort_by_key(|report| std::cmp::Reverse(report.severity()));
        let mut text = String::new();
        for report in explained {
            text.push('\n');
            text.push_str(&human::text(report, self.style));
        }
        if !text.is_empty() {
            text.push('\n');
        }
        let mut page = Page::new(self.style);
        page.wrap(&self.summary(reports));
        text + &page.into_text()
    }

    fn summary(&self, reports: &[ProbeReport]) -> String {
        let counted = |verdict| reports.iter().filter(|report| report.verdict == verdict).count();
        let (up, slow) = (counted(ProbeVerdict::Ok), counted(ProbeVerdict::Warning));
        let mut parts = vec![if up == reports.len() { "all up".to_owned() } else { format!("{up} up") }];
        for (count, what) in [(slow, "slow"), (counted(ProbeVerdict::Failed), "failed")] {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        let elapsed = units::duration(elapsed(reports), self.style.ascii);
        format!("{} endpoints in {elapsed}: {}", reports.len(), parts.join(", "))
    }

    /// A line of the table. `word` is padded already, because it has a colour.
    fn line(&self, word: &str, url: &str, times: [&str; 2], note: &str) -> String {
        let word = if word.is_empty() { " ".repeat(VERDICT) } else { word.to_owned() };
        let padding = " ".repeat(self.urls.saturating_sub(columns(url)));
        let [time, ping] = times;
        let room = self.style.width - VERDICT - self.urls - 2 * DURATION - GAP;
        let note = if room < 2 * MARK.len() { String::new() } else { cut(note, room) };
        let line = format!("{word}{url}{padding}{time:>DURATION$}{ping:>DURATION$}  {note}");
        line.trim_end().to_owned() + "\n"
    }
}

/// From the beginning of the first probe to the end of the last.
fn elapsed(reports: &[ProbeReport]) -> Duration {
    let begun = reports.iter().map(|report| report.time).min();
    let end = reports.iter().filter_map(|report| report.time.checked_add(report.elapsed)).max();
    begun.zip(end).and_then(|(begun, end)| end.duration_since(begun).ok()).unwrap_or_default()
}

/// What is remarkable about a probe.
fn note(report: &ProbeReport) -> String {
    let mut notes = Vec::new();
    match (report.verdict, report.thresholds) {
        (ProbeVerdict::Failed, _) => notes.push(report.reason()),
        (ProbeVerdict::Warning, [Some(warn), _]) => {
            notes.push(format!("over --warn {}", humantime::format_duration(warn)));
        }
        (ProbeVerdict::Ok | ProbeVerdict::Warning, _) => {}
    }
    if report.tries > 1 && report.verdict != ProbeVerdict::Failed {
        notes.push(format!("{} tries", report.tries));
    }
    notes.join(", ")
}

/// On one line, and harmless for a terminal.
fn shown(text: &str) -> String {
    sanitize::text(&one_line(text))
}

const MARK: &str = "...";

/// Leaves out the middle, for beginnings and ends tell URLs apart.
fn shortened(url: &str, most: usize) -> String {
    if columns(url) <= most {
        return url.to_owned();
    }
    let tail = (most - MARK.len()) / 2;
    let from =
        url.char_indices().rev().map(|(at, _)| at).take_while(|at| columns(&url[*at..]) <= tail).last();
    let tail = from.map_or("", |from| &url[from..]);
    cut(url, most - columns(tail)) + tail
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::report::samples;

    /// The text of a whole table, without colours.
    fn text(reports: &[ProbeReport], style: Style) -> String {
        let table = Table::new(reports.iter().map(|report| &report.url[..]), style);
        let rows: String = reports.iter().map(|report| table.row(report)).collect();
        let text = table.head() + &rows + &table.end(reports);
        anstream::adapter::strip_str(&text).to_string()
    }

    fn terminal(width: u16) -> Style {
        Style::default().on_terminal(Some(width))
    }

    #[test]
    fn a_terminal_gets_a_table_and_what_failed() {
        let reports = [samples::slow(), samples::refused(), samples::up()];
        let expected = "\x20     URL                         time      ping
WARN  wss://example.com/chat    1.53 s   11.8 ms  over --warn 1s, 3 tries
FAIL  ws://127.0.0.1:9/              -         -  cannot connect to 127.0.0.1...
OK    wss://example.com/chat   79.1 ms   11.8 ms

FAIL  ws://127.0.0.1:9/: cannot connect to 127.0.0.1:9: Connection refused
  resolve   12 \u{b5}s    127.0.0.1
  connect   FAIL

3 endpoints in 1.53 s: 1 up, 1 slow, 1 failed
";
        assert_eq!(text(&reports, terminal(80)), expected);
        let long = ProbeReport { url: "wss://example.com/chat/rooms/12".to_owned(), ..samples::up() };
        let narrow = "OK    wss://exam.../rooms/12   79.1 ms   11.8 ms\n";
        assert_eq!(text(&[long, samples::up()], terminal(50)).lines().nth(1), narrow.lines().next());
    }

    #[test]
    fn a_pipe_gets_a_line_each() {
        let reports = [samples::slow(), samples::refused(), samples::up()];
        let expected = "\
WARN  wss://example.com/chat is up: 1.53 s (--warn 1s), ping 11.8 ms, 3 tries
FAIL  ws://127.0.0.1:9/: cannot connect to 127.0.0.1:9: Connection refused
OK    wss://example.com/chat is up: 79.1 ms, ping 11.8 ms
3 endpoints in 1.53 s: 1 up, 1 slow, 1 failed
";
        assert_eq!(text(&reports, Style::default()), expected);
        assert!(
            text(&[samples::up(), samples::up()], Style::default())
                .ends_with("2 endpoints in 79.1 ms: all up\n")
        );
    }

    #[test]
    fn the_worst_is_explained_first() {
        let ours = ProbeReport {
            failure: Some(crate::error::Failure::new(crate::error::Status::CaFile, "cannot read x")),
            url: "ws://ours/".to_owned(),
            ..samples::refused()
        };
        let text = text(&[ours, samples::refused()], terminal(80));
        let explained = text.split_once("\n\n").unwrap().1;
        assert!(explained.starts_with("FAIL  ws://127.0.0.1:9/: "), "{text}");
        assert!(explained.contains("\n\nFAIL  ws://ours/: cannot read x\n"), "{text}");
    }

    #[test]
    fn no_text_breaks_the_table() {
        for width in [50, 80, 120, 200] {
            let text = text(&samples::probes(), terminal(width));
            for line in text.split('\n') {
                assert!(line.width() <= usize::from(width), "{line:?}");
                assert!(!line.contains(char::is_control), "{line:?}");
            }
        }
        let piped = text(&samples::probes(), Style::default());
        assert_eq!(piped.lines().count(), samples::probes().len() + 1, "{piped}");
    }

    #[test]
    fn urls_lose_their_middle() {
        assert_eq!(shortened("ws://h/", 7), "ws://h/");
        assert_eq!(shortened("wss://example.com/chat", 21), "wss://exa....com/chat");
        assert_eq!(shortened("ws://\u{6f22}\u{6f22}\u{6f22}\u{6f22}/", 11), "ws://...\u{6f22}/");
    }
}
