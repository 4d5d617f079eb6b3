//! Standard output, for what is printed at once: reports, `-w`, generated files.

use std::io::Write;

use crate::error::{Failure, IoCause, Status};

/// Prints to standard output. A reader that has gone away is no error.
pub(super) fn print(text: &[u8]) -> Result<(), Failure> {
    match anstream::stdout().write_all(text) {
        Err(err) if err.kind() != std::io::ErrorKind::BrokenPipe => Err(cannot_print(err)),
        _ => Ok(()),
    }
}

pub(super) fn cannot_print(err: std::io::Error) -> Failure {
    Failure::new(Status::WriteError, "cannot write standard output").source(IoCause(err))
}
