//! Prints the reports on endpoints while they are probed: a table as they finish, other formats in the order given. Meanwhile a
//! terminal shows what is still awaited.

use super::single::FinishedProbe;
use crate::commands::write;
use crate::commands::written::Written;
use crate::error::Failure;
use crate::os::signals::{self, Signal};
use crate::report::probe::{ProbeReport, Table};
use crate::report::progress::LiveLine;
use crate::report::{self, Printing, ReportFormat, Style, Subject};

/// The reports that are finished, and how they are printed.
pub(super) struct Printer {
    format: Option<&'static ReportFormat>,
    style: Style,
    urls: Vec<String>,
    reports: Vec<Option<ProbeReport>>,
    /// The texts of `-w` that are not printed yet.
    written: Vec<Written>,
    /// The first endpoint that is not printed, in the order given.
    next: usize,
    /// The table, if it is printed.
    table: Option<Table>,
    /// Whether a terminal shows what is awaited.
    shows_progress: bool,
    line: Option<LiveLine>,
    write: Write,
    /// The signal that came while a text was printed.
    signal: Option<Signal>,
    /// The first failure to print; nothing is printed after it.
    shown: Result<(), Failure>,
}

/// Writes a text, and returns the signal that came meanwhile.
type Write = Box<dyn FnMut(&[u8]) -> Result<Option<Signal>, Failure>>;

impl Printer {
    /// A printer for the reports on `urls`, which are probed now. `format` is that of standard output.
    pub(super) fn new(
        urls: Vec<String>,
        format: Option<&'static ReportFormat>,
        style: Style,
        shows_progress: bool,
    ) -> Self {
        Self::writing_by(Box::new(write), urls, format, style, shows_progress)
    }

    fn writing_by(
        write: Write,
        urls: Vec<String>,
        format: Option<&'static ReportFormat>,
        style: Style,
        shows_progress: bool,
    ) -> Self {
        let is_table = urls.len() > 1 && format.is_some_and(|format| format.printing == Printing::Table);
        let table = is_table.then(|| Table::new(urls.iter().map(String::as_str), style));
        let mut printer = Self {
            format,
            style,
            reports: urls.iter().map(|_| None).collect(),
            written: urls.iter().map(|_| Written::default()).collect(),
            next: 0,
            table,
            shows_progress: shows_progress && urls.len() > 1,
            line: None,
            write,
            signal: None,
            shown: Ok(()),
            urls,
        };
        let head = printer.table.as_ref().map(Table::head).unwrap_or_default();
        printer.print(&head);
        printer
    }

    pub(super) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// The number of the first endpoint that is not finished.
    pub(super) fn first_awaited(&self) -> Option<usize> {
        self.reports.iter().position(Option::is_none)
    }

    /// The endpoint with this number is finished.
    pub(super) fn finished(&mut self, index: usize, done: FinishedProbe) {
        if self.reports[index].is_some() {
            // It was abandoned, and has finished after all.
            return;
        }
        self.clear();
        let row = self.table.as_ref().map(|table| table.row(&done.report));
        self.reports[index] = Some(done.report);
        self.written[index] = done.written;
        match row {
            Some(row) => {
                self.print(&row);
                self.write_out(index);
            }
            None => self.print_in_order(),
        }
    }

    /// Nothing has happened for a while.
    pub(super) fn wait(&mut self) {
        let Some(first) = self.first_awaited().filter(|_| self.shows_progress) else { return };
        let (done, all) = (self.reports.iter().flatten().count(), self.urls.len());
        let others = match all - done - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let text = format!("{done} of {all} probed, waiting for {}{others}", self.urls[first]);
        self.line = self.line.take().or_else(LiveLine::on_terminal);
        self.line.iter().for_each(|line| line.show(&text));
    }

    /// All are finished: prints the rest. Returns the reports in the order given, and whether all was printed before a signal
    /// came. A signal that a report tells of is not told again.
    pub(super) fn end(mut self) -> (Vec<ProbeReport>, Result<(), Failure>) {
        self.clear();
        let reports: Vec<_> = std::mem::take(&mut self.reports).into_iter().flatten().collect();
        let rest = match (&self.table, self.format) {
            (Some(table), _) => table.end(&reports),
            (None, Some(format)) if format.printing == Printing::Whole => {
                format.text(Subject::Probes(&reports), self.style)
            }
            (None, _) => String::new(),
        };
        self.print(&rest);
        let is_told =
            reports.iter().filter_map(|report| report.failure.as_ref()).any(|why| why.status().is_signal());
        let signal = self.signal.or_else(signals::received).filter(|_| !is_told);
        (reports, self.shown.and(signal.map_or(Ok(()), |signal| Err(signal.failure()))))
    }

    fn print_in_order(&mut self) {
        while let Some(Some(report)) = self.reports.get(self.next) {
            let streamed = self.format.filter(|format| format.printing != Printing::Whole);
            let text =
                streamed.map(|format| format.text(Subject::Probes(std::slice::from_ref(report)), self.style));
            self.print(&text.unwrap_or_default());
            self.write_out(self.next);
            self.next += 1;
        }
    }

    fn print(&mut self, text: &str) {
        if self.shown.is_ok() {
            let written = (self.write)(text.as_bytes());
            self.note(written);
        }
    }

    fn write_out(&mut self, index: usize) {
        let written = std::mem::take(&mut self.written[index]);
        if self.shown.is_ok() {
            let written = written.print_by(&mut self.write);
            self.note(written);
        }
    }

    /// A text is written, perhaps while a signal came, or cannot be written.
    fn note(&mut self, written: Result<Option<Signal>, Failure>) {
        match written {
            Ok(signal) => self.signal = self.signal.or(signal),
            Err(failure) => self.shown = Err(failure),
        }
    }

    /// Removes the line, which may be on the same terminal as standard output.
    fn clear(&mut self) {
        if self.line.take().is_some() {
            report::finish();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::error::Status;
    use crate::report::probe::ProbeVerdict;
    use crate::report::sample_of_probe;

    const COUNT: usize = 4;

    /// What a printer in `format` prints of endpoints that are up, and its result, when `write` gives the result of each text.
    fn printed(
        format: &str,
        write: impl Fn(&str) -> Result<Option<Signal>, Failure> + 'static,
        finished: impl IntoIterator<Item = ProbeReport>,
    ) -> (String, Result<(), Failure>) {
        let all = Rc::new(RefCell::new(String::new()));
        let kept = Rc::clone(&all);
        let write = move |text: &[u8]| {
            let text = std::str::from_utf8(text).expect("UTF-8");
            let written = write(text)?;
            kept.borrow_mut().push_str(text);
            Ok(written)
        };
        let urls = vec![String::new(); COUNT];
        let format = ReportFormat::by_name(format);
        let mut printer = Printer::writing_by(Box::new(write), urls, format, Style::default(), false);
        for (index, report) in finished.into_iter().enumerate() {
            printer.finished(index, FinishedProbe { report, written: Written::default() });
        }
        let (reports, shown) = printer.end();
        assert_eq!(reports.len(), COUNT);
        let text = all.borrow().clone();
        (text, shown)
    }

    fn ups() -> impl Iterator<Item = ProbeReport> {
        std::iter::repeat_with(sample_of_probe).take(COUNT)
    }

    fn interrupted() -> ProbeReport {
        ProbeReport {
            verdict: ProbeVerdict::Failed,
            failure: Some(Signal::Interrupt.failure()),
            ..sample_of_probe()
        }
    }

    #[test]
    fn a_signal_while_a_line_is_printed_costs_no_other_line() {
        for format in ["json", "human", "tap", "junit"] {
            let (all, shown) = printed(format, |_| Ok(None), ups());
            assert!(shown.is_ok() && !all.is_empty(), "{format}");
            let (text, shown) = printed(format, |_| Ok(Some(Signal::Interrupt)), ups());
            assert_eq!(text, all, "{format}");
            assert_eq!(shown.expect_err("a signal").status(), Status::Interrupted, "{format}");
        }
    }

    #[test]
    fn a_signal_that_a_report_tells_of_is_not_told_again() {
        let finished = ups().take(COUNT - 1).chain([interrupted()]);
        let (text, shown) = printed("json", |_| Ok(Some(Signal::Interrupt)), finished);
        assert_eq!(text.lines().count(), COUNT);
        assert!(shown.is_ok());
    }

    #[test]
    fn nothing_is_printed_after_a_failure() {
        let fails = |_: &str| Err(Failure::new(Status::WriteError, "cannot write standard output"));
        let (text, shown) = printed("json", fails, ups());
        assert_eq!(text, "");
        assert_eq!(shown.expect_err("a failure").status(), Status::WriteError);
    }
}
