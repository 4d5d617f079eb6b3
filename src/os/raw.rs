//! System calls that the standard library and our dependencies do not offer without `unsafe`. The only file
//! of the program with unsafe code: every function does one thing, and is safe to use.
#![cfg(unix)]
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd};
use std::sync::atomic::{AtomicU8, Ordering};

use libc::{c_int, sigset_t};

/// Which of the descriptors 0, 1 and 2 were closed at the start of the program, as one bit each.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Runs before Rust's runtime, which opens `/dev/null` for each closed descriptor. After that, a closed
/// descriptor cannot be distinguished from one that the caller opened on `/dev/null`.
#[used]
// SAFETY: the section holds pointers to functions; the C runtime calls them with arguments that this one
// ignores.
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
static BEFORE_THE_RUNTIME: extern "C" fn() = look_for_closed_descriptors;

extern "C" fn look_for_closed_descriptors() {
    for number in 0..3 {
        // SAFETY: F_GETFD accepts any number and changes nothing.
        if unsafe { libc::fcntl(number, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(1 << number, Ordering::Relaxed);
        }
    }
}

/// Whether the descriptor `number`, which is 0, 1 or 2, was closed when the program began.
pub(super) fn was_closed(number: u8) -> bool {
    CLOSED.load(Ordering::Relaxed) & (1 << number) != 0
}

/// Closes a file and returns the error of close(2): the system could not store the bytes. Dropping a `File`
/// ignores it. The descriptor is closed even after EINTR, which is therefore not an error.
pub(super) fn close(file: File) -> io::Result<()> {
    // SAFETY: we own the descriptor, and nothing uses it afterwards.
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
    let mut current = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action, the call only writes the current action to a valid pointer. It has done
    // so when it returns 0.
    unsafe {
        libc::sigaction(signal, std::ptr::null(), current.as_mut_ptr()) == 0
            && current.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// Does `work` while the calling thread blocks these signals. One that comes meanwhile is kept by the system, and comes afterwards.
pub(super) fn with_blocked<T>(signals: impl IntoIterator<Item = c_int>, work: impl FnOnce() -> T) -> T {
    let (mut blocked, mut former) = (MaybeUninit::<sigset_t>::uninit(), MaybeUninit::<sigset_t>::uninit());
    // SAFETY: `sigemptyset` initialises the set that the other calls change and read, and the pointers are valid. `former` is
    // initialised when the last call returns 0.
    let former = unsafe {
        libc::sigemptyset(blocked.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(blocked.as_mut_ptr(), signal);
        }
        let result = libc::pthread_sigmask(libc::SIG_BLOCK, blocked.as_ptr(), former.as_mut_ptr());
        (result == 0).then(|| former.assume_init())
    };
    let done = work();
    if let Some(former) = former {
        // SAFETY: both pointers may be given: one is valid, and the former mask need not be stored.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const former, std::ptr::null_mut()) };
    }
    done
}

/// Bytes in a socket's send queue: `SIOCOUTQ`, which has the number of `TIOCOUTQ` (tcp(7)).
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn send_queue(socket: BorrowedFd<'_>) -> Option<c_int> {
    let mut count: c_int = 0;
    // SAFETY: the descriptor stays open while it is borrowed, and the request writes one int to a valid
    // pointer.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::TIOCOUTQ, &raw mut count) };
    (result == 0).then_some(count)
}

/// Bytes in a socket's send queue: `SO_NWRITE` (getsockopt(2)).
#[cfg(target_vendor = "apple")]
pub(super) fn send_queue(socket: BorrowedFd<'_>) -> Option<c_int> {
    let mut count: c_int = 0;
    let mut size = libc::socklen_t::try_from(size_of::<c_int>()).ok()?;
    let value = (&raw mut count).cast();
    // SAFETY: the descriptor stays open while it is borrowed; the option is one int, and `size` is its size.
    let result = unsafe {
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_NWRITE, value, &raw mut size)
    };
    (result == 0).then_some(count)
}

/// This platform does not report it.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn send_queue(_: BorrowedFd<'_>) -> Option<c_int> {
    None
}

/// Sets how many bytes in a socket's receive queue make it readable: `SO_RCVLOWAT` (socket(7)).
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn set_receive_threshold(socket: BorrowedFd<'_>, bytes: c_int) -> io::Result<()> {
    let size = libc::socklen_t::try_from(size_of::<c_int>()).map_err(io::Error::other)?;
    let value = (&raw const bytes).cast();
    // SAFETY: the descriptor stays open while it is borrowed; the option is one int, and `size` is its size.
    let result =
        unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_RCVLOWAT, value, size) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::consts::SIGUSR2;
    use signal_hook::{flag, low_level};

    use super::*;

    #[test]
    fn a_signal_that_comes_while_it_is_blocked_is_kept() {
        let came = Arc::new(AtomicBool::new(false));
        with_blocked([SIGUSR2], || {
            // Without a handler, it would end the process.
            low_level::raise(SIGUSR2).unwrap();
            flag::register(SIGUSR2, Arc::clone(&came)).unwrap();
            assert!(!came.load(Ordering::SeqCst));
        });
        assert!(came.load(Ordering::SeqCst));
    }
}
