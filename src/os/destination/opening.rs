//! Opens a path for writing: directly, as a `.part` file beside it, or in place.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::part::{NoPart, Part};
use super::state::{InPlace, State};
use super::unfinished::Unfinished;
use super::writer::Writer;
use crate::os::stdio;

/// Opens `path`, without a limit of time.
pub(super) fn open_now(path: &Path) -> io::Result<(Writer, State)> {
    if let Some(number) = stdio::descriptor(path) {
        stdio::check_path(path)?;
        // Our own descriptor is duplicated: opening it again would start at the beginning of the file.
        let file = if number == 1 { stdio::output()? } else { File::options().append(true).open(path)? };
        return Ok((Writer::new(file, false), State::Direct));
    }
    if let Some(file) = platform::open_device(path) {
        return Ok((Writer::new(file?, false), State::Direct));
    }
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => replace(path),
        Ok(found) if found.is_symlink() => {
            open_as_it_is(path, File::options().write(true).create(true).truncate(false))
        }
        Ok(_) => open_as_it_is(path, File::options().write(true)),
        Err(err) if err.kind() == ErrorKind::NotFound => match Part::beside(path, None) {
            Ok((part, writer)) => Ok((writer, State::Beside(part))),
            Err(NoPart::Folder(err) | NoPart::Owner(err)) => Err(err),
        },
        Err(err) => Err(err),
    }
}

/// Opens a path that is not replaced: a device, a FIFO, or the target of a symbolic link. The system follows
/// the link, unless it protects links in world-writable folders.
fn open_as_it_is(path: &Path, options: &fs::OpenOptions) -> io::Result<(Writer, State)> {
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        return Ok(in_place(path, file, InPlace::SymbolicLink));
    }
    Ok((Writer::new(file, false), State::Direct))
}

/// Opens a regular file to be replaced. It must be writable.
fn replace(path: &Path) -> io::Result<(Writer, State)> {
    let file = platform::open_without_following(path)?;
    let metadata = file.metadata()?;
    if let Some(why) = platform::irreplaceable(&file, &metadata) {
        return Ok(in_place(path, file, why));
    }
    match Part::beside(path, Some(&metadata)) {
        Ok((part, writer)) => Ok((writer, State::Beside(part))),
        Err(NoPart::Folder(err)) if is_refused(&err) => Ok(in_place(path, file, InPlace::Folder(err))),
        Err(NoPart::Folder(err)) => Err(err),
        Err(NoPart::Owner(err)) => Ok(in_place(path, file, InPlace::Owner(err))),
    }
}

fn in_place(path: &Path, file: File, why: InPlace) -> (Writer, State) {
    let writer = Writer::new(file, true);
    let unfinished = Unfinished::register(path.to_owned(), false, writer.written());
    (writer, State::InPlace(unfinished, why))
}

/// Whether the folder permits no new file of that name, as opposed to a temporary shortage.
fn is_refused(err: &io::Error) -> bool {
    matches!(
        err.kind(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::InvalidFilename
    )
}

#[cfg(unix)]
mod platform {
    use std::fs::{File, Metadata};
    use std::io;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
    use std::path::Path;

    use crate::os::destination::state::InPlace;

    /// No name is special: devices are files of their own type.
    pub(super) fn open_device(_: &Path) -> Option<io::Result<File>> {
        None
    }

    /// Uses `O_CREAT`, although the file exists: the system then refuses files of other users in
    /// world-writable folders (`protected_regular` in proc(5)).
    pub(super) fn open_without_following(path: &Path) -> io::Result<File> {
        File::options().write(true).create(true).truncate(false).custom_flags(libc::O_NOFOLLOW).open(path)
    }

    /// What a new file could not keep of this one, if anything.
    pub(super) fn irreplaceable(file: &File, metadata: &Metadata) -> Option<InPlace> {
        if metadata.nlink() > 1 {
            return Some(InPlace::OtherNames);
        }
        has_access_list(file).then_some(InPlace::AccessList)
    }

    #[cfg(target_os = "linux")]
    fn has_access_list(file: &File) -> bool {
        rustix::fs::fgetxattr_query(file, "system.posix_acl_access").is_ok_and(|size| size > 0)
    }

    #[cfg(not(target_os = "linux"))]
    fn has_access_list(_: &File) -> bool {
        false
    }
}

#[cfg(windows)]
mod platform {
    use std::ffi::OsStr;
    use std::fs::{File, Metadata};
    use std::io;
    use std::path::{Component, Path, Prefix};

    use crate::os::destination::state::InPlace;

    /// Opens the path if its name stands for a device, such as `NUL`, which it does in every folder. The system has no facts
    /// about them: they look like files that do not exist.
    pub(super) fn open_device(path: &Path) -> Option<io::Result<File>> {
        let name = device_name(path)?.to_str()?.trim_end_matches(':').to_ascii_uppercase();
        match name.as_str() {
            // Only who may also read from the console is told that it is one.
            "CON" | "CONOUT$" => Some(File::options().read(true).write(true).open("CONOUT$")),
            "NUL" | "PRN" | "AUX" => Some(File::options().write(true).open(path)),
            _ => {
                let number = name.strip_prefix("COM").or_else(|| name.strip_prefix("LPT"))?;
                let is_port = matches!(number.as_bytes(), [b'1'..=b'9']);
                is_port.then(|| File::options().write(true).open(path))
            }
        }
    }

    /// The last part of `folder\NUL`, or of `\\.\NUL`.
    fn device_name(path: &Path) -> Option<&OsStr> {
        match path.components().next() {
            Some(Component::Prefix(prefix)) => match prefix.kind() {
                Prefix::DeviceNS(name) => Some(name),
                _ => path.file_name(),
            },
            _ => path.file_name(),
        }
    }

    pub(super) fn open_without_following(path: &Path) -> io::Result<File> {
        File::options().write(true).open(path)
    }

    pub(super) fn irreplaceable(file: &File, _: &Metadata) -> Option<InPlace> {
        let is_shared = winapi_util::file::information(file).is_ok_and(|found| found.number_of_links() > 1);
        is_shared.then_some(InPlace::OtherNames)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn names_of_devices_are_known_in_every_folder() {
            for name in ["NUL", "nul", "NUL:", r"C:\missing\NUL", r"\\.\NUL"] {
                assert!(open_device(Path::new(name)).is_some(), "{name}");
            }
            for name in ["NULL", "COM", "COM0", "out.txt", "CON.txt", ""] {
                assert!(open_device(Path::new(name)).is_none(), "{name}");
            }
        }
    }
}
