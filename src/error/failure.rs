//! A failure as it is reported to people and scripts: its kind, subject, cause and hint.

use std::fmt;
use std::time::Duration;

use super::exhaustion;
use super::phase::Phase;
use super::severity::Severity;
use super::status::Status;
use crate::deadline::Deadline;

#[derive(Debug)]
pub struct Failure {
    status: Status,
    message: String,
    source: Option<anyhow::Error>,
    hint: Option<String>,
    /// Advice that a cause calls for, and that goes before any other.
    advice_of_cause: Option<&'static str>,
    details: Option<String>,
    exit_code: Option<u8>,
    quiet: bool,
    written_out: bool,
}

impl Failure {
    /// A failure with its message: lower case, no full stop, naming the host, file or flag.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            source: None,
            hint: None,
            advice_of_cause: None,
            details: None,
            exit_code: None,
            quiet: false,
            written_out: false,
        }
    }

    /// `deadline` was reached in `phase` while waiting for `host`.
    pub fn timeout(phase: Phase, host: impl fmt::Display, deadline: &Deadline) -> Self {
        Self::timed_out(phase, host, deadline.limit(), deadline.flag())
    }

    /// The limit set by `flag` was reached in `phase` while waiting for `host`.
    pub fn timed_out(phase: Phase, host: impl fmt::Display, limit: Duration, flag: &'static str) -> Self {
        let limit = humantime::format_duration(limit);
        Self::new(Status::Timeout, format!("timed out after {limit} in {phase} with {host} ({flag})"))
    }

    /// Adds the cause. A lack of descriptors gives its own advice, wherever it occurs.
    #[must_use]
    pub fn source(mut self, cause: impl Into<anyhow::Error>) -> Self {
        let cause = cause.into();
        self.advice_of_cause = cause.chain().find_map(exhaustion::of_cause).or(self.advice_of_cause);
        self.source = Some(cause);
        self
    }

    /// Adds advice: what the user can try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds advice if there is any.
    #[must_use]
    pub fn hints(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(Into::into).or(self.hint);
        self
    }

    /// Selects the failure to report when one run had two.
    #[must_use]
    pub fn or_graver(self, other: Self) -> Self {
        if other.status.rank() < self.status.rank() { other } else { self }
    }

    /// Adds lines that are shown below the message, such as a refused handshake's headers and body.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// Replaces the message and keeps everything else.
    #[must_use]
    pub fn rephrased(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Replaces the message by one that includes the causes.
    #[must_use]
    pub fn restated(mut self, message: impl Into<String>) -> Self {
        self.source = None;
        self.rephrased(message)
    }

    /// Replaces the status's exit code, for instance by that of a monitoring plugin.
    #[must_use]
    pub fn exits_with(mut self, code: u8) -> Self {
        self.exit_code = Some(code);
        self
    }

    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        self.exit_code.unwrap_or(self.status.code())
    }

    /// Suppresses the message: the exit code alone reports the failure.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// Whether nothing is printed.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Marks that `-w` has printed its output, including this failure.
    #[must_use]
    pub fn written_out(mut self) -> Self {
        self.written_out = true;
        self
    }

    /// Whether `-w` has printed its output.
    pub fn is_written_out(&self) -> bool {
        self.written_out
    }

    /// Appends to the message.
    #[must_use]
    pub fn and(mut self, more: impl fmt::Display) -> Self {
        self.message = format!("{}{more}", self.message);
        self
    }

    pub fn status(&self) -> Status {
        self.status
    }

    /// How bad it is for a monitoring system.
    pub fn severity(&self) -> Severity {
        self.status.severity()
    }

    /// The advice, if there is any.
    pub fn advice(&self) -> Option<&str> {
        self.advice_of_cause.or(self.hint.as_deref())
    }

    /// The lines to show below the message, if there are any.
    pub fn evidence(&self) -> Option<&str> {
        self.details.as_deref()
    }
}

/// The message and its causes in one line.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in self.source.iter().flat_map(anyhow::Error::chain) {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::IoCause;

    #[test]
    fn a_failure_shows_its_causes_in_one_line() {
        let refused = std::io::Error::from_raw_os_error(111);
        let failure =
            Failure::new(Status::CannotConnect, "cannot connect to 127.0.0.1:9").source(IoCause(refused));
        #[cfg(target_os = "linux")]
        assert_eq!(failure.to_string(), "cannot connect to 127.0.0.1:9: Connection refused");
        assert_eq!(failure.status().code(), 7);
    }

    #[test]
    fn the_graver_of_two_failures_is_reported_and_of_equal_ones_the_first() {
        let graver = |first, second| {
            let [first, second] =
                [(first, "first"), (second, "second")].map(|(s, text)| Failure::new(s, text));
            first.or_graver(second).to_string()
        };
        assert_eq!(graver(Status::Timeout, Status::WriteError), "second");
        assert_eq!(graver(Status::WriteError, Status::Timeout), "first");
        assert_eq!(graver(Status::WriteError, Status::ReadError), "first");
    }

    #[cfg(unix)]
    #[test]
    fn a_failure_with_such_a_cause_gives_this_advice_and_no_other() {
        use rustix::io::Errno;

        let failure = |cause: anyhow::Error| {
            let failure = Failure::new(Status::ReadError, "cannot read f").source(cause).hint("is it there?");
            failure.advice().unwrap_or_default().to_owned()
        };
        let of_system = || std::io::Error::from(Errno::NFILE);
        for cause in [IoCause(of_system()).into(), of_system().into()] {
            assert_eq!(
                failure(cause),
                "`ulimit -n` tells and sets how many files and connections a process may have open"
            );
        }
        assert_eq!(failure(IoCause(Errno::NOENT.into()).into()), "is it there?");
    }
}
