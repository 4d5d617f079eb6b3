//! Standard input and output as unbuffered files, without the locks and line buffering of the standard
//! library's handles; and non-blocking reads and writes of pipes.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::Path;

/// Whether `file` is a pipe, so that [`read_now`] and [`write_now`] may be used on it.
#[cfg(target_os = "linux")]
pub fn is_pipe(file: &File) -> bool {
    use std::os::unix::fs::FileTypeExt;
    file.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo())
}

/// Reads the bytes that are in the pipe. Never blocks, and does not make the descriptor non-blocking, because
/// other programs share it.
///
/// # Errors
/// `WouldBlock` when the pipe is empty; `Unsupported` if the system has no such call (Linux before 6.4, other
/// systems).
#[cfg(target_os = "linux")]
pub fn read_now(file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    use rustix::io::{ReadWriteFlags, preadv2};
    Ok(preadv2(file, &mut [io::IoSliceMut::new(buffer)], u64::MAX, ReadWriteFlags::NOWAIT)?)
}

/// Writes as many bytes as the pipe has room for. Otherwise like [`read_now`].
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

/// Not supported on this platform.
#[cfg(not(target_os = "linux"))]
pub fn read_now(_: &File, _: &mut [u8]) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Not supported on this platform.
#[cfg(not(target_os = "linux"))]
pub fn write_now(_: &File, _: &[u8]) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Standard input.
///
/// # Errors
/// The program was started with standard input closed (`<&-`).
pub fn input() -> io::Result<File> {
    check_open(0)?;
    duplicate(&io::stdin())
}

/// Reads from a file that may be the console, as [`std::io::Read::read`] does.
#[cfg(unix)]
pub fn read(mut file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    io::Read::read(&mut file, buffer)
}

/// Reads from a file that may be the console, as [`std::io::Read::read`] does. The console gives text in UTF-16, which the
/// standard library's handle turns into UTF-8. What is read from its file is text in an old code page.
#[cfg(not(unix))]
pub fn read(mut file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    use std::io::Read;
    if file.is_terminal() { io::stdin().lock().read(buffer) } else { file.read(buffer) }
}

/// Writes to a file that may be the console, as [`std::io::Write::write`] does.
#[cfg(unix)]
pub fn write(mut file: &File, bytes: &[u8]) -> io::Result<usize> {
    io::Write::write(&mut file, bytes)
}

/// Writes to a file that may be the console, as [`std::io::Write::write`] does. The console takes text in UTF-16, which the
/// standard library's handles make of UTF-8. What is written to its file is taken for text in an old code page.
#[cfg(not(unix))]
pub fn write(mut file: &File, bytes: &[u8]) -> io::Result<usize> {
    use std::io::Write;
    // A process has one console, which either stream may be.
    if !file.is_terminal() {
        file.write(bytes)
    } else if io::stdout().is_terminal() {
        let mut console = io::stdout().lock();
        console.write_all(bytes)?;
        console.flush()?;
        Ok(bytes.len())
    } else if io::stderr().is_terminal() {
        io::stderr().lock().write(bytes)
    } else {
        file.write(bytes)
    }
}

/// Writes all bytes to a file that may be the console.
pub fn write_all(file: &File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match write(file, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
    Ok(())
}

/// Standard output.
///
/// # Errors
/// The program was started with standard output closed (`>&-`).
pub fn output() -> io::Result<File> {
    check_open(1)?;
    duplicate(&io::stdout())
}

/// Whether standard output and standard error are one terminal.
pub fn shares_terminal() -> bool {
    io::stdout().is_terminal() && io::stderr().is_terminal() && are_one(&io::stdout(), &io::stderr())
}

#[cfg(unix)]
fn are_one(one: &impl std::os::fd::AsFd, other: &impl std::os::fd::AsFd) -> bool {
    match (rustix::fs::fstat(one), rustix::fs::fstat(other)) {
        (Ok(one), Ok(other)) => one.st_rdev == other.st_rdev,
        (Ok(_) | Err(_), _) => false,
    }
}

/// A process has one console.
#[cfg(not(unix))]
fn are_one<T, U>(_: &T, _: &U) -> bool {
    true
}

/// Fails if the program was started with standard output closed.
pub fn check_output() -> io::Result<()> {
    check_open(1)
}

/// Checks whether the system could store the bytes that `write` writes to standard output, which stays open. Network
/// drives and quotas report this only when a descriptor is closed. It is duplicated first: a reader of the bytes may use up
/// those that are left.
#[cfg(unix)]
pub fn settle_output(write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let duplicate = output()?;
    write()?;
    super::raw::close(duplicate)
}

/// This platform does not report it.
#[cfg(not(unix))]
pub fn settle_output(write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    write()
}

/// Fails if the descriptor `number` (0, 1 or 2) was closed at the start of the program. `/dev/null` counts as
/// open.
#[cfg(unix)]
fn check_open(number: u8) -> io::Result<()> {
    if super::raw::was_closed(number) { Err(rustix::io::Errno::BADF.into()) } else { Ok(()) }
}

/// This platform does not report it.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)] // as on Unix
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

/// Fails if `path` names a standard stream that was closed at the start of the program.
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
