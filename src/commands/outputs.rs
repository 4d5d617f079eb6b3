//! Files that a run writes, checked before it begins.

use std::path::Path;

use super::options::ConversationOptions;
use crate::error::{Failure, Status};
use crate::os::{Destination, cannot_write, same_file, stdio};
use crate::report::{self, SharedOutput, Verbosity};
use crate::session::Output;

const A_FILE_EACH: &str = "give each a file of its own";

/// What is read while the output is written.
#[derive(Clone, Copy)]
pub(super) enum Reads<'a> {
    Nothing,
    StandardInput,
    /// The file of `-T`.
    Upload(&'a Path),
}

/// Opens the file of `-o`, or standard output, and warns when it cannot be replaced. It may be the file that is read unless it
/// is written in place, which would empty it meanwhile.
pub(super) fn open(
    path: Option<&Path>,
    reads: Reads<'_>,
    options: &ConversationOptions,
) -> Result<Destination, Failure> {
    if let (Reads::Upload(upload), Some(dump)) = (reads, &options.dump_header) {
        check_kept((upload, "the file of -T "), ("-D", Some(dump)))?;
    }
    let Some(path) = path else { return Destination::standard() };
    check_distinct(&[("-o", Some(path)), ("-D", options.dump_header.as_deref())])?;
    let destination = Destination::open(path, options.limits.whole)?;
    let emptied = match reads {
        Reads::Upload(upload) if same_file::is_same(upload, path) => {
            Some(format!("the file of -T {}", upload.display()))
        }
        Reads::StandardInput if same_file::is_standard_input(path) => Some("standard input".to_owned()),
        Reads::Nothing | Reads::StandardInput | Reads::Upload(_) => None,
    };
    if let Some(emptied) = emptied.filter(|_| destination.is_in_place()) {
        let text = format!("-o {} would empty {emptied}", path.display());
        return Err(Failure::new(Status::Usage, text).hint(A_FILE_EACH));
    }
    warn(&destination, options.verbosity);
    Ok(destination)
}

/// The output of a conversation at a terminal.
///
/// # Errors
/// The program was started with standard output closed.
pub(super) fn screen() -> Result<Output, Failure> {
    let output = stdio::output().map_err(|err| cannot_write("standard output", err))?;
    Ok(Output::on(Box::new(SharedOutput::new(output))))
}

/// The output of a session: `destination`, or the way of standard error if both are one terminal, on which `shares` says
/// that other text appears during the session.
pub(super) fn output(destination: &Destination, path: Option<&Path>, shares: bool) -> Output {
    if shares
        && path.is_none()
        && stdio::shares_terminal()
        && let Ok(output) = stdio::output()
    {
        return Output::on(Box::new(SharedOutput::new(output)));
    }
    Output::to(destination)
}

/// Shows the warning about `destination`, if there is one.
pub(super) fn warn(destination: &Destination, verbosity: Verbosity) {
    if let Some(warning) = destination.warning().filter(|_| verbosity > Verbosity::Silent) {
        report::warning(&warning);
    }
}

/// Refuses an output that would take the place of a file that is only read; `what` says what is in it. `-` is standard output.
pub(super) fn check_kept(
    (input, what): (&Path, &str),
    (option, output): (&str, Option<&Path>),
) -> Result<(), Failure> {
    let output = output.filter(|output| *output != Path::new("-") && same_file::is_same(input, output));
    let Some(output) = output else { return Ok(()) };
    let text = format!("{option} {} would replace {what}{}", output.display(), input.display());
    Err(Failure::new(Status::Usage, text).hint(A_FILE_EACH))
}

/// Refuses two options that would write one file. `-` is standard output, which several may share.
pub(super) fn check_distinct(outputs: &[(&str, Option<&Path>)]) -> Result<(), Failure> {
    let given: Vec<_> = outputs
        .iter()
        .filter_map(|(option, path)| Some((option, (*path)?)))
        .filter(|(_, path)| *path != Path::new("-"))
        .collect();
    for (index, (option, path)) in given.iter().enumerate() {
        for (other_option, other) in &given[index + 1..] {
            if same_file::is_same(path, other) {
                return Err(same(option, path, other_option, other));
            }
        }
    }
    Ok(())
}

fn same(option: &str, path: &Path, other_option: &str, other: &Path) -> Failure {
    let text = format!(
        "{option} {} and {other_option} {} would write the same file",
        path.display(),
        other.display()
    );
    Failure::new(Status::Usage, text).hint(A_FILE_EACH)
}
