//! The files that options name. Each is read before the dial, within `-m` and a limit of size, because a FIFO may have no
//! writer, and a device no end. A signal ends the program meanwhile: nothing is attached to it yet.

use std::path::Path;

use crate::cli::values::{self, SecretValue};
use crate::deadline::Deadline;
use crate::error::{Failure, Status};
use crate::os::reading::{MAX_SMALL_FILE, read_file};
use crate::secret::Secret;

/// The most that a file of headers, a token or a password may hold, in bytes.
const MAX_TEXT: u64 = 1 << 20;

/// Reads files until a point in time.
#[derive(Clone, Copy, Debug)]
pub(super) struct OptionFiles {
    until: Option<Deadline>,
}

impl OptionFiles {
    pub(super) fn until(until: Option<Deadline>) -> Self {
        Self { until }
    }

    /// A file of certificates or keys. When it cannot be read, the failure has this status.
    pub(super) fn bytes(&self, path: &Path, status: Status) -> Result<Vec<u8>, Failure> {
        read_file(path, MAX_SMALL_FILE, self.until, status)
    }

    /// A file of text.
    pub(super) fn text(&self, path: &Path) -> Result<String, Failure> {
        let bytes = read_file(path, MAX_TEXT, self.until, Status::ReadError)?;
        String::from_utf8(bytes).map_err(|_| {
            Failure::new(Status::ReadError, format!("cannot read {}: it is not UTF-8", path.display()))
        })
    }

    /// The value, or the one line of the file that holds it. Errors name `flag` or the file.
    pub(super) fn secret(&self, value: SecretValue, flag: &str) -> Result<Secret, Failure> {
        let (text, source) = match value {
            SecretValue::Value(secret) => (secret.expose().to_owned(), flag.to_owned()),
            SecretValue::File(path) => (self.text(&path)?, path.display().to_string()),
        };
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        match values::field_value(line) {
            Ok(_) => Ok(Secret::new(line)),
            // The message leaves out the value, which is a secret.
            Err(why) => Err(Failure::new(Status::Usage, format!("invalid value for {source}: {why}"))),
        }
    }
}
