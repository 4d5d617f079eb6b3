//! A file that appears under its name only when everything is in it. Until then it is a temporary one beside it, which
//! goes away with the program, however that ends.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;

use super::within::{Doing, within};
use crate::deadline::Deadline;
use crate::error::{Failure, IoCause, Status};

/// Before a descriptor that does not block is asked again.
const NOT_NOW: Duration = Duration::from_millis(2);

/// A file that is open for writing, and not there yet.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    name: String,
    unfinished: Option<Unfinished>,
}

/// What is to become a file under its own name.
#[derive(Debug)]
pub(crate) struct Unfinished {
    temporary: NamedTempFile,
    path: PathBuf,
}

impl NewFile {
    /// Opens it; what is no regular file, such as a pipe or one of our descriptors, is written directly.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let failed = |err| cannot_write(&name, err);
        if let Some(file) = open_directly(path) {
            return Ok(Self { file: file.map_err(failed)?, name, unfinished: None });
        }
        // Through a link to the file itself, as every program that opens it would.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let temporary = temporary_beside(&path, folder).map_err(failed)?;
        let file = temporary.as_file().try_clone().map_err(failed)?;
        super::signals::remove_on_exit(temporary.path());
        Ok(Self { file, name, unfinished: Some(Unfinished { temporary, path }) })
    }

    /// As [`NewFile::create`], until a point in time: a FIFO waits for its reader.
    ///
    /// # Errors
    /// [`Status::Timeout`] when `until` was reached first.
    pub fn create_within(path: &Path, until: Option<Deadline>) -> Result<Self, Failure> {
        let (name, path) = (path.display().to_string(), path.to_owned());
        let created = within(until, move || Ok(Self::create(&path)));
        created
            .map_err(|stopped| stopped.into_failure(Doing::Opening, &name, |err| cannot_write(&name, err)))?
    }

    /// Writes `bytes`, which is all that there will be, and gives the file its name.
    pub fn write_whole(mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = match (write_all(&mut self.file, bytes), self.unfinished) {
            (Ok(()), Some(unfinished)) => unfinished.complete(),
            // A pipe's reader has seen what it wanted to see.
            (Err(err), None) if err.kind() == ErrorKind::BrokenPipe => Ok(()),
            (result, _) => result,
        };
        written.map_err(|err| cannot_write(&self.name, err))
    }

    /// The open file, its name for a person, and what is left to do when everything is written.
    pub(crate) fn into_parts(self) -> (File, String, Option<Unfinished>) {
        (self.file, self.name, self.unfinished)
    }
}

impl Unfinished {
    /// Gives the file its name.
    pub(crate) fn complete(self) -> io::Result<()> {
        self.temporary.persist(&self.path).map(drop).map_err(|err| err.error)
    }
}

/// Opens what must not be replaced by a new file; `None` when `path` can be.
fn open_directly(path: &Path) -> Option<io::Result<File>> {
    if path == Path::new("/dev/stdout") {
        // Not opened anew, which would begin at the start of a file.
        return Some(crate::os::stdio::output());
    }
    let is_descriptor =
        path == Path::new("/dev/stderr") || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd");
    if is_descriptor {
        return Some(File::options().append(true).open(path));
    }
    let is_special = path.metadata().is_ok_and(|metadata| !metadata.is_file());
    is_special.then(|| File::options().write(true).open(path))
}

/// A new file with the permissions that the final one shall have.
fn temporary_beside(path: &Path, folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wsurl-").suffix(".part");
    #[cfg(unix)]
    let permissions = {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().map_or_else(|_| std::fs::Permissions::from_mode(0o666), |found| found.permissions())
    };
    #[cfg(unix)]
    builder.permissions(permissions);
    #[cfg(not(unix))]
    let _ = path;
    builder.tempfile_in(folder)
}

/// Writes all of `bytes`, also where another program has made the descriptor non-blocking, which all its holders share.
fn write_all(file: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(err) if err.kind() == ErrorKind::WouldBlock => thread::sleep(NOT_NOW),
            Err(err) if err.kind() == ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
    Ok(())
}

pub(crate) fn cannot_write(name: &str, err: io::Error) -> Failure {
    Failure::new(Status::WriteError, format!("cannot write {name}")).source(IoCause(err))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_there_when_it_is_complete_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old").unwrap();
        let file = NewFile::create(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        file.write_whole(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        drop(NewFile::create(&path).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("x");
        let failure = NewFile::create(&path).unwrap_err();
        assert_eq!(failure.status(), Status::WriteError);
        assert!(failure.to_string().starts_with(&format!("cannot write {}: ", path.display())), "{failure}");
        assert!(NewFile::create(folder.path()).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn devices_are_written_and_not_replaced() {
        NewFile::create(Path::new("/dev/null")).unwrap().write_whole(b"x").unwrap();
        let full = NewFile::create(Path::new("/dev/full")).unwrap().write_whole(b"x").unwrap_err();
        assert_eq!(full.to_string(), "cannot write /dev/full: No space left on device");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_descriptor_of_ours_is_appended_to() {
        use std::os::fd::AsRawFd;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "begin ").unwrap();
        let open = File::open(&path).unwrap();
        for folder in ["/dev/fd", "/proc/self/fd"] {
            let descriptor = Path::new(folder).join(open.as_raw_fd().to_string());
            NewFile::create(&descriptor).unwrap().write_whole(b"more ").unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "begin more more ");
    }
}
