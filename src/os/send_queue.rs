//! How much of what a socket was given has not reached the peer: the bytes in the kernel's send queue. The one place
//! that asks, because the question differs between systems.

/// Bytes in the send queue of a TCP socket that the peer's TCP has not acknowledged; `None` where the system does not
/// tell. Count below TLS: what TLS still holds is not in the queue.
///
/// On a Unix socket Linux counts buffers and their overhead (one byte is 768), so that only 0 has a meaning there: the
/// peer has read everything.
#[cfg(unix)]
pub fn unacknowledged(socket: impl std::os::fd::AsFd) -> Option<u64> {
    platform::queued(socket.as_fd()).and_then(|count| u64::try_from(count).ok())
}

/// Never known here.
#[cfg(not(unix))]
pub fn unacknowledged<S>(_: S) -> Option<u64> {
    None
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod platform {
    use std::os::fd::{AsRawFd, BorrowedFd};

    /// `SIOCOUTQ`, which has the number of `TIOCOUTQ` (tcp(7)).
    #[allow(unsafe_code)] // no crate in the tree wraps this request
    pub(super) fn queued(socket: BorrowedFd<'_>) -> Option<libc::c_int> {
        let mut count: libc::c_int = 0;
        // SAFETY: the descriptor is open as long as it is borrowed, and the request writes one int to a valid pointer.
        let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::TIOCOUTQ, &raw mut count) };
        (result == 0).then_some(count)
    }
}

#[cfg(target_vendor = "apple")]
mod platform {
    use std::os::fd::{AsRawFd, BorrowedFd};

    /// `SO_NWRITE` (getsockopt(2)).
    #[allow(unsafe_code)] // no crate in the tree wraps this option
    pub(super) fn queued(socket: BorrowedFd<'_>) -> Option<libc::c_int> {
        let mut count: libc::c_int = 0;
        let mut size = libc::socklen_t::try_from(size_of_val(&count)).ok()?;
        // SAFETY: the descriptor is open as long as it is borrowed; the option is one int, and `size` is that of `count`.
        let result = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_NWRITE,
                (&raw mut count).cast(),
                &raw mut size,
            )
        };
        (result == 0).then_some(count)
    }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android", target_vendor = "apple"))))]
mod platform {
    pub(super) fn queued(_: std::os::fd::BorrowedFd<'_>) -> Option<libc::c_int> {
        None
    }
}

#[cfg(all(test, any(target_os = "linux", target_vendor = "apple")))]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use super::*;

    /// Writes until the kernel takes no more: how much it took.
    fn fill(stream: &mut TcpStream) -> u64 {
        stream.set_nonblocking(true).unwrap();
        let (block, mut written) = (vec![0; 65536], 0);
        loop {
            match stream.write(&block) {
                Ok(count) => written += count as u64,
                Err(err) if err.kind() == ErrorKind::WouldBlock => return written,
                Err(err) => panic!("{err}"),
            }
        }
    }

    #[test]
    fn what_the_peer_has_no_room_for_is_unacknowledged() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut receiver, _) = listener.accept().unwrap();
        assert_eq!(unacknowledged(&sender), Some(0));

        let written = fill(&mut sender);
        let queued = unacknowledged(&sender).unwrap();
        assert!((1..=written).contains(&queued), "{queued} of {written}");

        sender.shutdown(std::net::Shutdown::Write).unwrap();
        let mut received = Vec::new();
        receiver.read_to_end(&mut received).unwrap();
        assert_eq!(received.len() as u64, written);
        // The last acknowledgement is a packet of its own. A FIN may count as one byte until it is acknowledged, too.
        let end = Instant::now() + Duration::from_secs(10);
        while unacknowledged(&sender) != Some(0) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(unacknowledged(&sender), Some(0));
    }

    #[test]
    fn what_is_no_socket_has_no_send_queue() {
        assert_eq!(unacknowledged(tempfile::tempfile().unwrap()), None);
    }
}
