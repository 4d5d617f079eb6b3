//! The bytes in the kernel's send queue: written to the socket, but not acknowledged by the peer. Every
//! system has another call for it.

/// Bytes in a TCP socket's send queue that the peer's TCP has not acknowledged; `None` if the system does not
/// report it. The count is below TLS: bytes that TLS still buffers are not included.
///
/// For a Unix socket, Linux counts buffers with their overhead (one byte counts as 768), so only 0 is
/// meaningful: the peer has read everything.
#[cfg(unix)]
pub fn unacknowledged(socket: impl std::os::fd::AsFd) -> Option<u64> {
    super::raw::send_queue(socket.as_fd()).and_then(|count| u64::try_from(count).ok())
}

/// This platform does not report it.
#[cfg(not(unix))]
pub fn unacknowledged<S>(_: S) -> Option<u64> {
    None
}

#[cfg(all(test, any(target_os = "linux", target_vendor = "apple")))]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use super::*;

    /// Writes until the kernel takes no more. Returns the number of bytes it took.
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
        let mut taken = Vec::new();
        receiver.read_to_end(&mut taken).unwrap();
        assert_eq!(taken.len() as u64, written);
        // The last acknowledgement is a separate packet, and a FIN may count as one byte until it is
        // acknowledged.
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
