//! System calls that neither the standard library nor a crate of the tree offers without `unsafe`. The one file of the
//! program with unsafe code: every function is one call, and safe to use.
#![cfg(unix)]
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd};
use std::sync::atomic::{AtomicU8, Ordering};

use libc::c_int;

/// Which of the descriptors 0, 1 and 2 were closed when the program began: one bit each.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Runs before Rust's runtime, which opens `/dev/null` in the place of closed descriptors: from then on, a descriptor
/// that was closed looks like one that was given `/dev/null`.
#[used]
// SAFETY: the section holds pointers to functions that the C runtime calls with arguments that this one ignores.
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
static BEFORE_THE_RUNTIME: extern "C" fn() = look_for_closed_descriptors;

extern "C" fn look_for_closed_descriptors() {
    for number in 0..3 {
        // SAFETY: F_GETFD takes any number, and changes nothing.
        if unsafe { libc::fcntl(number, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(1 << number, Ordering::Relaxed);
        }
    }
}

/// Whether the descriptor `number`, which is 0, 1 or 2, was closed when the program began.
pub(super) fn was_closed(number: u8) -> bool {
    CLOSED.load(Ordering::Relaxed) & (1 << number) != 0
}

/// Closes a file and returns the error of close(2), which dropping a `File` ignores: the system could not store the bytes.
/// The descriptor is closed in any case, even after EINTR, which is therefore no error.
pub(super) fn close(file: File) -> io::Result<()> {
    // SAFETY: the descriptor is ours alone, and nothing uses it after this.
    if unsafe { libc::close(file.into_raw_fd()) } == 0 {
        return Ok(());
    }
    match io::Error::last_os_error() {
        err if err.kind() == io::ErrorKind::Interrupted => Ok(()),
        err => Err(err),
    }
}

/// Whether the program was started with this signal ignored.
pub(super) fn is_ignored(signal: c_int) -> bool {
    let mut current = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action the call only writes the current one to a valid pointer, and has done so when it
    // returns 0.
    unsafe {
        libc::sigaction(signal, std::ptr::null(), current.as_mut_ptr()) == 0
            && current.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// Bytes in a socket's send queue: `SIOCOUTQ`, which has the number of `TIOCOUTQ` (tcp(7)).
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn send_queue(socket: BorrowedFd<'_>) -> Option<c_int> {
    let mut count: c_int = 0;
    // SAFETY: the descriptor is open as long as it is borrowed, and the request writes one int to a valid pointer.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::TIOCOUTQ, &raw mut count) };
    (result == 0).then_some(count)
}

/// Bytes in a socket's send queue: `SO_NWRITE` (getsockopt(2)).
#[cfg(target_vendor = "apple")]
pub(super) fn send_queue(socket: BorrowedFd<'_>) -> Option<c_int> {
    let mut count: c_int = 0;
    let mut size = libc::socklen_t::try_from(size_of::<c_int>()).ok()?;
    let value = (&raw mut count).cast();
    // SAFETY: the descriptor is open as long as it is borrowed; the option is one int, and `size` is its size.
    let result = unsafe {
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_NWRITE, value, &raw mut size)
    };
    (result == 0).then_some(count)
}

/// Not told here.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn send_queue(_: BorrowedFd<'_>) -> Option<c_int> {
    None
}
