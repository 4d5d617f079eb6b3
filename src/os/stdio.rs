//! Standard input and output as files: unbuffered, and without the locks and line buffering of the standard library's
//! handles; and reads and writes of pipes that never wait.

use std::fs::File;
use std::io;
use std::path::Path;

/// Whether `file` is a pipe that [`read_now`] and [`write_now`] may work on.
#[cfg(target_os = "linux")]
pub fn is_pipe(file: &File) -> bool {
    use std::os::unix::fs::FileTypeExt;
    file.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo())
}

/// Reads the bytes that are in the pipe. Never waits, and does not make the descriptor non-blocking, which other programs
/// share.
///
/// # Errors
/// `WouldBlock` when the pipe is empty, `Unsupported` where the system cannot do this (Linux before 6.4, others).
#[cfg(target_os = "linux")]
pub fn read_now(file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    use rustix::io::{ReadWriteFlags, preadv2};
    Ok(preadv2(file, &mut [io::IoSliceMut::new(buffer)], u64::MAX, ReadWriteFlags::NOWAIT)?)
}

/// Writes as many bytes as the pipe has room for; otherwise the same as [`read_now`].
#[cfg(target_os = "linux")]
pub fn write_now(file: &File, bytes: &[u8]) -> io::Result<usize> {
    use rustix::io::{ReadWriteFlags, pwritev2};
    Ok(pwritev2(file, &[io::IoSlice::new(bytes)], u64::MAX, ReadWriteFlags::NOWAIT)?)
}

/// Not supported on this platform.
#[cfg(not(target_os = "linux"))]
pub fn is_pipe(_: &File) -> bool {
    false
}

/// Cannot be done here.
#[cfg(not(target_os = "linux"))]
pub fn read_now(_: &File, _: &mut [u8]) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Cannot be done here.
#[cfg(not(target_os = "linux"))]
pub fn write_now(_: &File, _: &[u8]) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Standard input.
///
/// # Errors
/// The program was started without one (`<&-`).
pub fn input() -> io::Result<File> {
    check_open(0)?;
    duplicate(&io::stdin())
}

/// Standard output.
///
/// # Errors
/// The program was started without one (`>&-`).
pub fn output() -> io::Result<File> {
    check_open(1)?;
    duplicate(&io::stdout())
}

/// Fails when the program was started without standard output.
pub fn check_output() -> io::Result<()> {
    check_open(1)
}

/// Whether the system could store what was written to standard output, which stays open. Network drives and quotas report
/// that only when a descriptor is closed.
#[cfg(unix)]
pub fn settle_output() -> io::Result<()> {
    super::raw::close(output()?)
}

/// Not known here.
#[cfg(not(unix))]
pub fn settle_output() -> io::Result<()> {
    Ok(())
}

/// Fails when the program was started without the descriptor `number`, which is 0, 1 or 2. `/dev/null` is open.
#[cfg(unix)]
fn check_open(number: u8) -> io::Result<()> {
    if super::raw::was_closed(number) { Err(rustix::io::Errno::BADF.into()) } else { Ok(()) }
}

/// Not known here.
#[cfg(not(unix))]
fn check_open(_: u8) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn duplicate(stream: &impl std::os::fd::AsFd) -> io::Result<File> {
    Ok(stream.as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn duplicate(stream: &impl std::os::windows::io::AsHandle) -> io::Result<File> {
    Ok(stream.as_handle().try_clone_to_owned()?.into())
}

/// The descriptor that `path` names, such as 1 for `/dev/stdout`.
pub(super) fn descriptor(path: &Path) -> Option<u32> {
    match path.to_str()? {
        "/dev/stdin" => Some(0),
        "/dev/stdout" => Some(1),
        "/dev/stderr" => Some(2),
        name => {
            let number = name.strip_prefix("/dev/fd/").or_else(|| name.strip_prefix("/proc/self/fd/"))?;
            number.parse().ok()
        }
    }
}

/// Fails when `path` names a standard stream that the program was started without.
pub(super) fn check_path(path: &Path) -> io::Result<()> {
    match descriptor(path).map(u8::try_from) {
        Some(Ok(number @ 0..=2)) => check_open(number),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_descriptors_are_known() {
        for (path, number) in [
            ("/dev/stdin", Some(0)),
            ("/dev/stdout", Some(1)),
            ("/dev/fd/7", Some(7)),
            ("/proc/self/fd/2", Some(2)),
            ("/dev/fd/", None),
            ("/dev/null", None),
            ("stdout", None),
        ] {
            assert_eq!(descriptor(Path::new(path)), number, "{path}");
        }
    }
}
