//! Whether two paths name the same file, even through links, and even if the file does not exist yet.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// Whether writing to both paths would write one regular file twice. Devices, FIFOs and our own descriptors
/// may be shared.
pub fn is_same(one: &Path, other: &Path) -> bool {
    match (one.metadata(), other.metadata()) {
        (Ok(one_is), Ok(other_is)) => one_is.is_file() && is_one(one, &one_is, other, &other_is),
        (Err(_), Err(_)) => place(one) == place(other),
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
    }
}

/// Whether standard input is this regular file.
#[cfg(unix)]
pub fn is_standard_input(path: &Path) -> bool {
    let Ok(named) = rustix::fs::stat(path) else { return false };
    let is_regular = rustix::fs::FileType::from_raw_mode(named.st_mode).is_file();
    let input = rustix::fs::fstat(std::io::stdin());
    is_regular && input.is_ok_and(|input| (input.st_dev, input.st_ino) == (named.st_dev, named.st_ino))
}

/// Whether standard input is this regular file. Not known on this platform.
#[cfg(not(unix))]
pub fn is_standard_input(_: &Path) -> bool {
    false
}

/// The canonical path of a file that does not exist yet.
fn place(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), file.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        (Ok(_) | Err(_), _) => file.to_owned(),
    }
}

#[cfg(unix)]
fn is_one(_: &Path, one: &Metadata, _: &Path, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(windows)]
fn is_one(one: &Path, _: &Metadata, other: &Path, _: &Metadata) -> bool {
    let identity = |path: &Path| {
        let file = winapi_util::Handle::from_path_any(path).and_then(winapi_util::file::information);
        file.map(|file| (file.volume_serial_number(), file.file_index()))
    };
    matches!((identity(one), identity(other)), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        assert!(is_same(&path("new"), &path("./new")));
        assert!(!is_same(&path("new"), &path("other")));
        std::fs::write(path("a"), "").unwrap();
        std::fs::hard_link(path("a"), path("b")).unwrap();
        assert!(is_same(&path("a"), &path("b")));
        assert!(!is_same(&path("a"), &path("new")));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_can_be_shared() {
        assert!(!is_same(Path::new("/dev/null"), Path::new("/dev/null")));
    }
}
