//! Prints the reports on endpoints while they are probed: a table as they finish, other formats in the order given. Meanwhile a
//! terminal shows what is still awaited.

use super::single::FinishedProbe;
use crate::commands::print;
use crate::commands::written::Written;
use crate::error::Failure;
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
    /// The first failure to print; nothing is printed after it.
    shown: Result<(), Failure>,
}

impl Printer {
    /// A printer for the reports on `urls`, which are probed now. `format` is that of standard output.
    pub(super) fn new(
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

    /// All are finished: prints the rest. Returns the reports in the order given, and whether all was printed.
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
        (reports, self.shown)
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
            self.shown = print(text.as_bytes());
        }
    }

    fn write_out(&mut self, index: usize) {
        let written = std::mem::take(&mut self.written[index]);
        if self.shown.is_ok() {
            self.shown = written.print();
        }
    }

    /// Removes the line, which may be on the same terminal as standard output.
    fn clear(&mut self) {
        if self.line.take().is_some() {
            report::finish();
        }
    }
}
