//! `FILE.part`, which is renamed to FILE when it is complete. It stays when a run is interrupted after bytes
//! have arrived; a later run overwrites it when its own first byte arrives.
//!
//! The name is not hidden, so that a killed run leaves a visible file. A run holds a lock on the file that it
//! writes; a second run then uses `FILE.PID.part`. Links, and files of other users, under such a name are
//! never modified.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::unfinished::{Kept, Unfinished};
use super::writer::Writer;

/// How often to try a name whose file another run changes meanwhile.
const TRIES: usize = 16;

/// A file that does not have its final name yet.
#[derive(Debug)]
pub(super) struct Part {
    target: PathBuf,
    /// Whether it has the permissions of a file that it replaces.
    is_like_another: bool,
    unfinished: Unfinished,
    /// Holds the lock as long as the name is in use, including the removal of an empty file. `unfinished`
    /// removes it, and is dropped first because it is declared first.
    lock: File,
}

/// Why the `.part` file cannot be created.
#[derive(Debug)]
pub(super) enum NoPart {
    /// The folder permits no new file.
    Folder(io::Error),
    /// The owner and group of the replaced file cannot be given to another file.
    Owner(io::Error),
}

impl Part {
    /// Creates `target`.part, or takes over the one that an earlier run left behind. It gets the owner, group
    /// and permission bits of `replaced`, the file that it will replace.
    pub(super) fn beside(target: &Path, replaced: Option<&Metadata>) -> Result<(Self, Writer), NoPart> {
        let own = format!(".{}.part", std::process::id());
        let taken = take(&with_suffix(target, ".part"), replaced).or_else(|err| {
            if is_in_use(&err) { take(&with_suffix(target, &own), replaced) } else { Err(err) }
        });
        let Taken { file, path, is_new } = taken.map_err(NoPart::Folder)?;
        let lock = file.try_clone().map_err(NoPart::Folder)?;
        let writer = Writer::new(file, true);
        let unfinished = Unfinished::register(path, is_new, writer.written());
        let is_like_another = replaced.is_some();
        let part = Self { target: target.to_owned(), is_like_another, unfinished, lock };
        if let Some(replaced) = replaced {
            platform::give_attributes(&part.lock, replaced).map_err(NoPart::Owner)?;
        }
        Ok((part, writer))
    }

    /// Leaves permissions to the owner alone, unless they are those of a file that is replaced.
    pub(super) fn make_private(&self) {
        if !self.is_like_another {
            platform::make_private(&self.lock);
        }
    }

    /// The file and its bytes, if any have arrived.
    pub(super) fn kept(&self) -> Option<Kept> {
        self.unfinished.kept()
    }

    /// Stores everything and gives the file its final name.
    pub(super) fn complete(self, writer: Writer) -> io::Result<()> {
        writer.close()?;
        fs::rename(self.unfinished.path(), &self.target)?;
        self.unfinished.complete();
        Ok(())
    }
}

/// A locked file that still has the name under which it was opened.
struct Taken {
    file: File,
    path: PathBuf,
    is_new: bool,
}

/// Creates the file, or opens one that an earlier run left behind and that no run is writing. A file that
/// will get the permissions of `replaced` has no permissions for others until then.
fn take(path: &Path, replaced: Option<&Metadata>) -> io::Result<Taken> {
    for _ in 0..TRIES {
        let (file, is_new) = match platform::create(path, replaced.is_some()) {
            Ok(file) => (file, true),
            Err(err) if err.kind() == ErrorKind::AlreadyExists => match platform::open_ours(path, replaced) {
                Ok(file) => (file, false),
                Err(err) if err.kind() == ErrorKind::NotFound => continue,
                Err(err) => return Err(err),
            },
            Err(err) => return Err(err),
        };
        platform::lock(&file)?;
        // Before we locked it, the run that wrote it may have renamed or removed it.
        if platform::is_at(&file, path) {
            return Ok(Taken { file, path: path.to_owned(), is_new });
        }
    }
    Err(ErrorKind::ResourceBusy.into())
}

/// Whether a file exists that this run may not write.
fn is_in_use(err: &io::Error) -> bool {
    err.kind() == ErrorKind::ResourceBusy
}

fn with_suffix(target: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = target.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(unix)]
mod platform {
    use std::fs::{self, File, Metadata, Permissions};
    use std::io::{self, ErrorKind};
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
    use std::path::Path;

    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    pub(super) fn create(path: &Path, private: bool) -> io::Result<File> {
        let mode = if private { 0o600 } else { 0o666 };
        File::options().write(true).create_new(true).mode(mode).open(path)
    }

    /// Opens a file that an earlier run may have left behind: it belongs to us or to the owner of the file
    /// that it was to replace. Anything else is `ResourceBusy`.
    pub(super) fn open_ours(path: &Path, replaced: Option<&Metadata>) -> io::Result<File> {
        let opened = File::options().write(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path);
        let file = match opened {
            Err(err) if err.kind() != ErrorKind::NotFound => return Err(ErrorKind::ResourceBusy.into()),
            opened => opened?,
        };
        let metadata = file.metadata()?;
        let owners = [Some(rustix::process::geteuid().as_raw()), replaced.map(MetadataExt::uid)];
        let is_ours = metadata.is_file() && metadata.nlink() == 1 && owners.contains(&Some(metadata.uid()));
        if is_ours { Ok(file) } else { Err(ErrorKind::ResourceBusy.into()) }
    }

    pub(super) fn lock(file: &File) -> io::Result<()> {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => Err(ErrorKind::ResourceBusy.into()),
            // Not every file system supports locks. There, the user must not start two runs at once.
            Ok(()) | Err(_) => Ok(()),
        }
    }

    pub(super) fn is_at(file: &File, path: &Path) -> bool {
        let (Ok(open), Ok(named)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
        (open.dev(), open.ino()) == (named.dev(), named.ino())
    }

    pub(super) fn make_private(file: &File) {
        // Some file systems have no permissions.
        let _ = file.set_permissions(Permissions::from_mode(0o600));
    }

    /// Sets owner and group first, because changing them removes permissions on some systems.
    pub(super) fn give_attributes(file: &File, like: &Metadata) -> io::Result<()> {
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (like.uid(), like.gid()) {
            fchown(file, Some(like.uid()), Some(like.gid()))?;
        }
        file.set_permissions(Permissions::from_mode(like.mode() & 0o777))
    }
}

#[cfg(windows)]
mod platform {
    use std::fs::{File, Metadata};
    use std::io::{self, ErrorKind};
    use std::os::windows::fs::OpenOptionsExt;
    use std::path::Path;

    /// `FILE_SHARE_READ` and `FILE_SHARE_DELETE`: other programs may read and rename the file, but not write
    /// it. This serves as the lock.
    const NO_OTHER_WRITER: u32 = 1 | 4;

    /// `ERROR_SHARING_VIOLATION`.
    const IS_SHARED: i32 = 32;

    pub(super) fn create(path: &Path, _: bool) -> io::Result<File> {
        File::options().write(true).create_new(true).share_mode(NO_OTHER_WRITER).open(path)
    }

    pub(super) fn open_ours(path: &Path, _: Option<&Metadata>) -> io::Result<File> {
        let opened = File::options().write(true).share_mode(NO_OTHER_WRITER).open(path);
        opened.map_err(|err| match err.raw_os_error() {
            Some(IS_SHARED) => ErrorKind::ResourceBusy.into(),
            Some(_) | None => err,
        })
    }

    #[allow(clippy::unnecessary_wraps)] // as on Unix
    pub(super) fn lock(_: &File) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn is_at(_: &File, _: &Path) -> bool {
        true
    }

    /// A new file has the rights of its folder.
    pub(super) fn make_private(_: &File) {}

    #[allow(clippy::unnecessary_wraps)] // as on Unix
    pub(super) fn give_attributes(_: &File, _: &Metadata) -> io::Result<()> {
        Ok(())
    }
}
