//! How many received bytes make a socket readable for a poll. A larger number means fewer wake-ups while much arrives.

/// Sets the number for a TCP socket. The end of the stream and an error are reported with any number. Returns whether the
/// system does this: only Linux is known to report a socket as soon as the number is reached.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn set(socket: impl std::os::fd::AsFd, bytes: u32) -> bool {
    std::ffi::c_int::try_from(bytes)
        .is_ok_and(|bytes| super::raw::set_receive_threshold(socket.as_fd(), bytes).is_ok())
}

/// This platform does not do it.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn set<S>(_: S, _: u32) -> bool {
    false
}
