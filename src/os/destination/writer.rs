//! The writer of a destination. It can be moved to another thread, while the owner of the destination decides
//! whether the file is completed or kept incomplete.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, IoSlice, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::IoCause;
use crate::os::stdio;

/// Writes to a destination.
#[derive(Clone, Debug)]
pub struct Writer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: File,
    is_regular: bool,
    is_null: bool,
    /// Whether the file still has its old content, which is removed before the first byte is written.
    holds_old: AtomicBool,
    written: Arc<AtomicU64>,
}

impl Writer {
    /// Creates a writer to `file`. With `replaces`, it removes the old content first.
    pub(super) fn new(file: File, replaces: bool) -> Self {
        let metadata = file.metadata();
        let is_regular = metadata.as_ref().is_ok_and(Metadata::is_file);
        let is_null = metadata.is_ok_and(|metadata| platform::is_null(&metadata));
        let holds_old = AtomicBool::new(replaces);
        Self(Arc::new(Shared { file, is_regular, is_null, holds_old, written: Arc::default() }))
    }

    /// The open file.
    pub fn file(&self) -> &File {
        &self.0.file
    }

    /// Whether it is a regular file, which never waits for a reader.
    pub fn is_regular(&self) -> bool {
        self.0.is_regular
    }

    /// Whether it is the null device, which takes all bytes at once.
    pub fn is_null(&self) -> bool {
        self.0.is_null
    }

    /// The number of bytes written so far; the counter outlives the writer.
    pub(super) fn written(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.0.written)
    }

    /// Empties a file that is being replaced; does so once. Clears setuid and setgid, so that downloaded
    /// bytes never run with these rights: the kernel clears them when a user writes, but not when root does.
    pub(super) fn begin(&self) -> io::Result<()> {
        if self.0.holds_old.swap(false, Ordering::Relaxed) {
            platform::clear_setuid(&self.0.file)?;
            self.0.file.set_len(0)?;
        }
        Ok(())
    }

    /// Closes the file. No other thread may be writing it.
    pub(super) fn close(self) -> io::Result<()> {
        match Arc::into_inner(self.0) {
            Some(shared) => platform::close(shared.file),
            None => Err(io::Error::other("it is still being written")),
        }
    }

    fn write_with(&self, write: impl FnOnce(&File) -> io::Result<usize>) -> io::Result<usize> {
        self.begin()?;
        let count = write(&self.0.file).map_err(|err| self.explain(platform::explain(err)))?;
        self.0.written.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    /// Turns a broken pipe on a regular file into an ordinary error, because such a file has no reader. Some
    /// network and FUSE file systems report a lost server in this way.
    fn explain(&self, err: io::Error) -> io::Error {
        if self.0.is_regular && err.kind() == ErrorKind::BrokenPipe {
            io::Error::other(IoCause(err))
        } else {
            err
        }
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_with(|file| stdio::write(file, bytes))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_with(|file| platform::write_vectored(file, slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
mod platform {
    use std::fs::{self, File, Metadata, Permissions};
    use std::io::{self, IoSlice, Write};
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};

    pub(super) use crate::os::raw::close;

    pub(super) fn write_vectored(mut file: &File, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        file.write_vectored(slices)
    }

    pub(super) fn explain(err: io::Error) -> io::Error {
        err
    }

    const SETUID_AND_SETGID: u32 = 0o6000;

    pub(super) fn is_null(metadata: &Metadata) -> bool {
        let is_device = metadata.file_type().is_char_device();
        is_device && fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == metadata.rdev())
    }

    pub(super) fn clear_setuid(file: &File) -> io::Result<()> {
        let mode = file.metadata()?.permissions().mode();
        if mode & SETUID_AND_SETGID == 0 {
            return Ok(());
        }
        file.set_permissions(Permissions::from_mode(mode & 0o1777))
    }
}

#[cfg(not(unix))]
mod platform {
    use std::fs::{File, Metadata};
    use std::io::{self, ErrorKind, IoSlice, IsTerminal, Write};

    use crate::os::stdio;

    /// `ERROR_PIPE_NOT_CONNECTED`: the reader of a named pipe has gone.
    const NOT_CONNECTED: i32 = 233;

    pub(super) fn write_vectored(mut file: &File, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match slices.iter().find(|slice| !slice.is_empty()) {
            Some(first) if file.is_terminal() => stdio::write(file, first),
            _ => file.write_vectored(slices),
        }
    }

    pub(super) fn explain(err: io::Error) -> io::Error {
        if err.raw_os_error() == Some(NOT_CONNECTED) { ErrorKind::BrokenPipe.into() } else { err }
    }

    /// Not known on this platform.
    pub(super) fn is_null(_: &Metadata) -> bool {
        false
    }

    #[allow(clippy::unnecessary_wraps)] // as on Unix
    pub(super) fn clear_setuid(_: &File) -> io::Result<()> {
        Ok(())
    }

    #[allow(clippy::unnecessary_wraps)] // as on Unix
    pub(super) fn close(file: File) -> io::Result<()> {
        drop(file);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_the_null_device_is_null() {
        let writer = |path: &str| Writer::new(File::options().write(true).open(path).unwrap(), false);
        assert!(writer("/dev/null").is_null());
        assert!(!writer("/dev/zero").is_null());
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(!writer(file.path().to_str().unwrap()).is_null());
    }
}
