//! Standard input and output as files: unbuffered, and without the locks and line buffering of the standard
//! library's handles; and pipes that are asked without waiting. The one place that differs between platforms.

use std::fs::File;
use std::io;

/// Whether `file` is a pipe that [`read_now`] and [`write_now`] may work on.
#[cfg(target_os = "linux")]
pub fn is_pipe(file: &File) -> bool {
    use std::os::unix::fs::FileTypeExt;
    file.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo())
}

/// Reads what is there. Never waits, though the descriptor stays as it is for the programs that share it.
///
/// # Errors
/// `WouldBlock` when nothing is there, `Unsupported` where the system cannot do this (Linux before 6.4, others).
#[cfg(target_os = "linux")]
pub fn read_now(file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    use rustix::io::{ReadWriteFlags, preadv2};
    Ok(preadv2(file, &mut [io::IoSliceMut::new(buffer)], u64::MAX, ReadWriteFlags::NOWAIT)?)
}

/// Writes what there is room for; otherwise as [`read_now`].
#[cfg(target_os = "linux")]
pub fn write_now(file: &File, bytes: &[u8]) -> io::Result<usize> {
    use rustix::io::{ReadWriteFlags, pwritev2};
    Ok(pwritev2(file, &[io::IoSlice::new(bytes)], u64::MAX, ReadWriteFlags::NOWAIT)?)
}

/// Never here.
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
#[cfg(unix)]
pub fn input() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// Standard output.
#[cfg(unix)]
pub fn output() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

/// Standard input.
#[cfg(windows)]
pub fn input() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// Standard output.
#[cfg(windows)]
pub fn output() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}
