//! Files that a run writes, checked before it begins.

use std::path::Path;

use super::options::ConversationOptions;
use crate::error::{Failure, Status};
use crate::os::{Destination, cannot_write, same_file, stdio};
use crate::report::{self, SharedOutput, Verbosity};
use crate::session::Output;

/// Opens the file of `-o`, or standard output, and warns when it cannot be replaced. It may be the file of `-T` (`upload`)
/// unless it is written in place, which would empty it while it is read.
pub(super) fn open(
    path: Option<&Path>,
    upload: Option<&Path>,
    options: &ConversationOptions,
) -> Result<Destination, Failure> {
    let Some(path) = path else { return Destination::standard() };
    check_distinct(&[("-o", Some(path)), ("-D", options.dump_header.as_deref())])?;
    let destination = Destination::open(path, options.limits.whole)?;
    if let Some(upload) =
        upload.filter(|upload| destination.is_in_place() && same_file::is_same(upload, path))
    {
        let text = format!("-o {} would empty the file of -T {}", path.display(), upload.display());
        return Err(Failure::new(Status::Usage, text).hint("give each a file of its own"));
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
    Failure::new(Status::Usage, text).hint("give each a file of its own")
}
