//! The destinations of the reports of `probe` and `echo-test`, and the exit code that belongs to them.

use std::ffi::OsString;
use std::io::IsTerminal;

use super::outputs;
use crate::cli::{ColorWhen, OutputArgs};
use crate::deadline::Deadline;
use crate::error::{Failure, Status};
use crate::os::{Appending, terminal};
use crate::report::{
    self, Destinations, Reader, ReportFormat, ReportTarget, Severity, Style, Subject, nagios, wants_ascii,
};

/// The open destinations of the reports.
pub(super) struct Reporting {
    destinations: Destinations,
    /// The files that reports are appended to.
    appendices: Vec<(&'static ReportFormat, Appending)>,
    style: Style,
}

impl Reporting {
    /// Opens what `targets` name, before `until`.
    ///
    /// # Errors
    /// Two reports have the same destination, a file cannot be written, or a FIFO has no reader.
    pub(super) fn open(
        targets: &[ReportTarget],
        output: &OutputArgs,
        until: Option<Deadline>,
    ) -> Result<Self, Failure> {
        for target in targets {
            let report = ("--report", target.file.as_deref());
            outputs::check_distinct(&[report, ("-D", output.dump_header.as_deref())])?;
        }
        let ascii = wants_ascii(output.color == ColorWhen::Never, |name| std::env::var(name).ok());
        let style = Style { ascii, verbose: output.verbose > 0, ..Style::default() };
        let is_terminal = std::io::stdout().is_terminal();
        let style = if is_terminal { style.on_terminal(terminal::columns()) } else { style };
        let destinations = Destinations::open(targets, output.silent, until)?;
        let appendices = targets.iter().filter_map(|target| {
            let file = std::env::var_os(target.format.appends_to()?).filter(|name| !name.is_empty())?;
            Some(Appending::open(file.into(), until).map(|file| (target.format, file)))
        });
        Ok(Self { destinations, appendices: appendices.collect::<Result<_, _>>()?, style })
    }

    /// The format of the report on standard output.
    pub(super) fn printed(&self) -> Option<&'static ReportFormat> {
        self.destinations.standard_output()
    }

    /// The style of the report on standard output.
    pub(super) fn style(&self) -> Style {
        self.style
    }

    /// Writes the reports to their files.
    ///
    /// # Errors
    /// The first that cannot be written. The others are written all the same.
    pub(super) fn files(self, subject: Subject<'_>) -> Result<(), Failure> {
        let in_file = self.style.in_file();
        let written = self.destinations.write(|format| format.text(subject, in_file));
        let append = |(format, file): (&ReportFormat, Appending)| {
            file.append(format.appended(subject), report::limit())
        };
        self.appendices.into_iter().map(append).fold(written, Result::and)
    }
}

/// The result of a command whose report was `printed`. A monitoring plugin has its own exit codes.
pub(super) fn result(
    printed: Option<&ReportFormat>,
    severity: Severity,
    result: Result<(), Failure>,
) -> Result<(), Failure> {
    if printed.is_none_or(|format| format.reader != Reader::Monitor) {
        return result;
    }
    let failure = match (result, severity.nagios_code()) {
        (Ok(()), 0) => return Ok(()),
        (Ok(()), _) => Failure::new(Status::ExpectationFailed, "slower than --warn"),
        (Err(failure), _) => failure,
    };
    Err(failure.exits_with(severity.nagios_code().max(1)).quiet())
}

/// The result of a command and of printing its reports: the first failure, the others as warnings.
pub(super) fn and_written(
    result: Result<(), Failure>,
    written: impl IntoIterator<Item = Result<(), Failure>>,
) -> Result<(), Failure> {
    written.into_iter().fold(result, |result, next| match (result, next) {
        // A signal is told once.
        (Err(first), Err(other)) if first.status().is_signal() && other.status().is_signal() => Err(first),
        (Err(first), Err(other)) => {
            report::warning(&other.to_string());
            Err(first)
        }
        (result, next) => result.and(next),
    })
}

/// Whether the output of a monitoring plugin goes to standard output, so that nothing goes to standard error.
pub(super) fn is_plugin(targets: &[ReportTarget]) -> bool {
    targets.iter().any(|target| target.file.is_none() && target.format.reader == Reader::Monitor)
}

/// Runs a command. In a monitoring plugin, a failure before any report is printed as the plugin's output.
pub(super) fn as_asked(
    targets: &[ReportTarget],
    command: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    command().map_err(
        |failure| {
            if is_plugin(targets) && !failure.is_quiet() { unknown(failure) } else { failure }
        },
    )
}

/// Prints a failure that came before any report as the output of a monitoring plugin.
pub(super) fn unknown(failure: Failure) -> Failure {
    if let Err(unprinted) = super::print(nagios::refusal(&failure).as_bytes()) {
        return unprinted;
    }
    let code = failure.severity().nagios_code();
    failure.exits_with(code).quiet()
}

/// Whether refused arguments ask for the output of a monitoring plugin.
pub(super) fn looks_like_plugin(args: &[OsString]) -> bool {
    let asks = |value: &str| ReportTarget::of_echo_test(value).is_ok_and(|target| is_plugin(&[target]));
    let args: Vec<_> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let apart = args.windows(2).any(|pair| pair[0] == "--report" && asks(pair[1]));
    apart || args.iter().filter_map(|arg| arg.strip_prefix("--report=")).any(asks)
}
