//! `--report FORMAT[=FILE]`: the reports and their destinations.

use std::path::{Path, PathBuf};

use super::formats::{FORMATS, Reader, ReportFormat};
use super::sanitize;
use crate::deadline::Deadline;
use crate::error::{Failure, Status};
use crate::os::{Destination, same_file};

/// A report that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportTarget {
    pub format: &'static ReportFormat,
    /// The file to write; standard output without one.
    pub file: Option<PathBuf>,
}

impl ReportTarget {
    /// The help text of `--report`; `is_probe` is about that of `probe`.
    pub fn help(is_probe: bool) -> String {
        let default = ReportFormat::human().name;
        let names = names(is_probe);
        format!("Write a report in this format to standard output or FILE: {names} [default: {default}]")
    }

    /// Reads `FORMAT` or `FORMAT=FILE` of a probe; `-` is standard output.
    ///
    /// # Errors
    /// Says what is wrong, and shows a value that is accepted.
    pub fn of_probe(text: &str) -> Result<Self, String> {
        let target = Self::parse(text, true)?;
        if target.format.is_of_probes() {
            return Ok(target);
        }
        Err(format!("a report of wsurl echo-test; write {}", names(true)))
    }

    /// The same of an echo test.
    ///
    /// # Errors
    /// As [`ReportTarget::of_probe`].
    pub fn of_echo_test(text: &str) -> Result<Self, String> {
        Self::parse(text, false)
    }

    fn parse(text: &str, is_probe: bool) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(file)),
            None => (text, None),
        };
        let format = ReportFormat::by_name(name).ok_or_else(|| {
            format!("not a report; write {}, or with a file junit=report.xml", names(is_probe))
        })?;
        match file {
            Some("") => Err(format!("no file is named after =; write {name} or {name}=report.txt")),
            Some("-") | None => Ok(Self { format, file: None }),
            Some(file) => Ok(Self { format, file: Some(file.into()) }),
        }
    }
}

/// `human, json, junit and so on`.
fn names(is_probe: bool) -> String {
    let formats = FORMATS.iter().filter(|format| !is_probe || format.is_of_probes());
    formats.map(|format| format.name).collect::<Vec<_>>().join(", ")
}

/// The destinations of all reports, opened before anything is sent.
#[derive(Debug)]
pub(crate) struct Destinations {
    standard_output: Option<&'static ReportFormat>,
    /// Format, file, and whether that is a terminal.
    files: Vec<(&'static ReportFormat, Destination, bool)>,
}

impl Destinations {
    /// Opens the files of `targets`. Without a report on standard output, the human one goes there unless `silent`.
    ///
    /// # Errors
    /// [`Status::Usage`] when two have the same destination, [`Status::WriteError`] when a file cannot be written,
    /// [`Status::Timeout`] when a FIFO has no reader until `until`.
    pub(crate) fn open(
        targets: &[ReportTarget],
        silent: bool,
        until: Option<Deadline>,
    ) -> Result<Self, Failure> {
        for (index, ReportTarget { format, file }) in targets.iter().enumerate() {
            if targets[..index].iter().any(|before| is_one(before.file.as_deref(), file.as_deref())) {
                return Err(twice(file.as_deref(), format));
            }
        }
        let printed = targets.iter().find(|target| target.file.is_none()).map(|target| target.format);
        let standard_output = printed.or_else(|| (!silent).then(ReportFormat::human));
        let mut files = Vec::new();
        for ReportTarget { format, file } in targets {
            if let Some(path) = file {
                let file = Destination::open(path, until)?;
                if let Some(warning) = file.warning().filter(|_| !silent) {
                    super::warning(&warning);
                }
                files.push((*format, file, sanitize::is_shown(Some(path))));
            }
        }
        Ok(Self { standard_output, files })
    }

    /// The format of the report on standard output, which the caller prints.
    pub(crate) fn standard_output(&self) -> Option<&'static ReportFormat> {
        self.standard_output
    }

    /// Writes the files. Each appears when it is complete.
    ///
    /// # Errors
    /// The first failure. The other files are written all the same.
    pub(crate) fn write(self, text: impl Fn(&ReportFormat) -> String) -> Result<(), Failure> {
        let mut result = Ok(());
        for (format, file, on_terminal) in self.files {
            let text = match format.reader {
                Reader::Person => anstream::adapter::strip_str(&text(format)).to_string(),
                Reader::Program | Reader::Monitor => text(format),
            };
            let text = if on_terminal { sanitize::text(&text) } else { text };
            result = result.and(file.write_whole(text.into_bytes(), super::limit()));
        }
        result
    }
}

/// Whether two reports would go to one place: standard output, or a file by whatever names. Devices may be shared.
fn is_one(one: Option<&Path>, other: Option<&Path>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => same_file::is_same(one, other),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn twice(file: Option<&Path>, format: &ReportFormat) -> Failure {
    let name = format.name;
    match file {
        Some(path) => Failure::new(Status::Usage, format!("two reports go to {}", path.display()))
            .hint(format!("give each a file of its own, such as --report {name}=report.{name}")),
        None => Failure::new(Status::Usage, "two reports go to standard output")
            .hint(format!("give one of them a file, such as --report {name}=report.{name}")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_report_is_a_format_and_maybe_a_file() {
        for format in &FORMATS {
            let name = format.name;
            assert_eq!(ReportTarget::of_echo_test(name), Ok(ReportTarget { format, file: None }));
            assert_eq!(
                ReportTarget::of_echo_test(&format!("{name}=-")),
                Ok(ReportTarget { format, file: None })
            );
            let file = Some("a=b.txt".into());
            assert_eq!(
                ReportTarget::of_echo_test(&format!("{name}=a=b.txt")),
                Ok(ReportTarget { format, file })
            );
        }
        for text in ["", "xml", "JSON", "=x", "json "] {
            assert!(ReportTarget::of_echo_test(text).unwrap_err().contains("junit=report.xml"), "{text}");
        }
        assert!(ReportTarget::of_echo_test("tap=").unwrap_err().contains("tap=report.txt"));
        let refusal =
            "a report of wsurl echo-test; write human, json, junit, tap, nagios, prometheus, github, html";
        assert_eq!(ReportTarget::of_probe("hlog=x"), Err(refusal.to_owned()));
        assert_eq!(ReportTarget::of_probe("html"), ReportTarget::of_echo_test("html"));
    }

    fn open(texts: &[&str], silent: bool) -> Result<Destinations, Failure> {
        let targets: Vec<_> = texts.iter().map(|text| ReportTarget::of_echo_test(text).unwrap()).collect();
        Destinations::open(&targets, silent, None)
    }

    #[test]
    fn one_report_at_most_goes_to_standard_output() {
        assert_eq!(open(&[], false).unwrap().standard_output(), Some(ReportFormat::human()));
        assert_eq!(open(&[], true).unwrap().standard_output(), None);
        assert_eq!(open(&["nagios"], true).unwrap().standard_output(), ReportFormat::by_name("nagios"));
        assert_eq!(open(&["human"], true).unwrap().standard_output(), Some(ReportFormat::human()));
        for texts in [&["json", "tap"], &["json=/nowhere/x", "tap=/nowhere/x"]] {
            assert_eq!(open(texts, false).unwrap_err().status(), Status::Usage);
        }
    }

    #[test]
    fn files_appear_when_they_are_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let texts = [format!("human={}", path("a").display()), format!("json={}", path("b").display())];
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let opened = open(&texts, false).unwrap();
        assert_eq!(opened.standard_output(), Some(ReportFormat::human()));
        assert!(!path("a").exists() && !path("b").exists());
        opened.write(|format| format!("\u{1b}[1m{}\u{1b}[0m", format.name)).unwrap();
        // Colours are for terminals.
        assert_eq!(fs::read_to_string(path("a")).unwrap(), "human");
        assert_eq!(fs::read_to_string(path("b")).unwrap(), "\u{1b}[1mjson\u{1b}[0m");
        let unwritable = format!("json={}", path("missing/x").display());
        let failure = open(&[texts[0], &unwritable], false).unwrap_err();
        assert_eq!(failure.status(), Status::WriteError);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn one_file_that_fails_does_not_cost_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        let opened = open(&["tap=/dev/full", &format!("json={}", path.display())], true).unwrap();
        assert_eq!(opened.write(|_| "x".to_owned()).unwrap_err().status(), Status::WriteError);
        assert_eq!(fs::read_to_string(path).unwrap(), "x");
    }
}
