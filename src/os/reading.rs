//! Opens files for reading, or reads them completely, with limits on time and size.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::stdio;
use super::within::{Doing, within};
use crate::deadline::Deadline;
use crate::error::{Failure, IoCause, Status};
use crate::size;

/// The largest file of certificates, keys, headers and the like, in bytes.
pub const MAX_SMALL_FILE: u64 = 16 << 20;

/// Opens `path`. Opening a FIFO waits for a writer.
///
/// # Errors
/// [`Status::ReadError`], or [`Status::Timeout`] when `until` was reached first.
pub fn open(path: &Path, until: Option<Deadline>) -> Result<File, Failure> {
    let (name, path) = (path.display().to_string(), path.to_owned());
    let opened = within("file", until, move || open_now(&path));
    opened.map_err(|stopped| {
        stopped.into_failure(Doing::Opening, &name, |err| cannot_read(Status::ReadError, &name, err))
    })
}

/// Reads all of `path`, which may have at most `most` bytes. A failure has the status `status`.
///
/// # Errors
/// `status`, or [`Status::Timeout`] when `until` was reached first.
pub fn read_file(
    path: &Path,
    most: u64,
    until: Option<Deadline>,
    status: Status,
) -> Result<Vec<u8>, Failure> {
    let path = path.to_owned();
    read_whole(&path.display().to_string(), most, until, status, move || open_now(&path))
}

/// Reads all of what `open` opens, as [`read_file`] does; `name` stands for it in errors.
///
/// # Errors
/// As [`read_file`].
pub fn read_whole(
    name: &str,
    most: u64,
    until: Option<Deadline>,
    status: Status,
    open: impl FnOnce() -> io::Result<File> + Send + 'static,
) -> Result<Vec<u8>, Failure> {
    let content = read_at_most(name, most.saturating_add(1), until, status, open)?;
    if content.len() as u64 <= most {
        return Ok(content);
    }
    Err(Failure::new(status, format!("cannot read {name}: it is larger than {}", size::exact(most))))
}

/// Reads the first `most` bytes of the file that `open` opens, or all of them if there are fewer.
///
/// # Errors
/// As [`read_file`].
pub fn read_at_most(
    name: &str,
    most: u64,
    until: Option<Deadline>,
    status: Status,
    open: impl FnOnce() -> io::Result<File> + Send + 'static,
) -> Result<Vec<u8>, Failure> {
    let read = within("file", until, move || {
        let mut content = Vec::new();
        open()?.take(most).read_to_end(&mut content)?;
        Ok(content)
    });
    read.map_err(|stopped| stopped.into_failure(Doing::Reading, name, |err| cannot_read(status, name, err)))
}

/// Opens `path` without a time limit.
///
/// # Errors
/// The system's errors; `EBADF` if `path` names standard input and that is closed.
pub fn open_now(path: &Path) -> io::Result<File> {
    stdio::check_path(path)?;
    File::open(path)
}

fn cannot_read(status: Status, name: &str, err: io::Error) -> Failure {
    Failure::new(status, format!("cannot read {name}")).source(IoCause(err))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_file(&path, 5, None, Status::CaFile).unwrap(), b"12345");
        let failure = read_file(&path, 4, None, Status::CaFile).unwrap_err();
        assert_eq!(failure.status(), Status::CaFile);
        assert_eq!(failure.to_string(), format!("cannot read {}: it is larger than 4", path.display()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_without_an_end_is_too_large() {
        let failure = read_file(Path::new("/dev/zero"), MAX_SMALL_FILE, None, Status::CaFile).unwrap_err();
        assert_eq!(failure.to_string(), "cannot read /dev/zero: it is larger than 16M");
    }
}
