//! The readiness of a descriptor, from an edge-triggered poll. The operating system reports a change once; from then on a
//! direction counts as ready until an attempt would block. A short read or write proves nothing: signals, urgent data of TCP
//! and some kernels cut it short although there is more.

use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicU8, Ordering};

use mio::event::Event;

const READABLE: u8 = 1;
const WRITABLE: u8 = 2;
const FAILED: u8 = 4;

/// The two directions of one descriptor.
#[derive(Debug)]
pub struct Readiness(AtomicU8);

impl Readiness {
    /// Both directions count as ready: nothing is known yet.
    pub fn unknown() -> Self {
        Self(AtomicU8::new(READABLE | WRITABLE))
    }

    /// Adds an event.
    pub fn hear(&self, event: &Event) {
        let broken = event.is_error();
        let readable = event.is_readable() || event.is_read_closed() || broken;
        // A Unix socket does not report that its peer reads no more; so whatever comes is a reason to try to write again.
        let writable = event.is_writable() || event.is_write_closed() || readable;
        let failed = broken || event.is_write_closed();
        let bits = [(readable, READABLE), (writable, WRITABLE), (failed, FAILED)];
        let reported = bits.into_iter().filter(|(is_set, _)| *is_set).fold(0, |bits, (_, bit)| bits | bit);
        self.0.fetch_or(reported, Ordering::Relaxed);
    }

    /// Whether an attempt to read may succeed.
    pub fn is_readable(&self) -> bool {
        self.0.load(Ordering::Relaxed) & READABLE != 0
    }

    /// From now on, an attempt to read may succeed.
    pub fn assume_readable(&self) {
        self.0.fetch_or(READABLE, Ordering::Relaxed);
    }

    /// Whether the other end was reported gone, so that writes would be lost.
    pub fn has_failed(&self) -> bool {
        self.0.load(Ordering::Relaxed) & FAILED != 0
    }

    /// Calls `attempt` to read, unless it is known to block. Repeats it when a signal interrupts it.
    pub fn read(&self, attempt: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
        self.attempt(READABLE, attempt)
    }

    /// Calls `attempt` to write, unless it is known to block. Repeats it when a signal interrupts it.
    pub fn write(&self, attempt: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
        self.attempt(WRITABLE, attempt)
    }

    fn attempt(&self, direction: u8, mut attempt: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
        if self.0.load(Ordering::Relaxed) & direction == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        loop {
            match attempt() {
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                Err(err) if err.kind() == ErrorKind::WouldBlock => {
                    self.0.fetch_and(!direction, Ordering::Relaxed);
                    return Err(err);
                }
                result => return result,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_attempt_that_would_block_ends_readiness() {
        let readiness = Readiness::unknown();
        assert_eq!(readiness.read(|| Ok(1)).unwrap(), 1);
        assert!(readiness.is_readable(), "a short read says nothing");
        assert!(readiness.read(|| Err(ErrorKind::WouldBlock.into())).is_err());
        assert!(!readiness.is_readable());
        let untried = readiness.read(|| panic!("this would block"));
        assert_eq!(untried.unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(readiness.write(|| Ok(2)).unwrap(), 2, "the other direction is another matter");
    }

    #[test]
    fn an_interrupted_attempt_is_repeated() {
        let mut tries = 0;
        let read = Readiness::unknown().read(|| {
            tries += 1;
            if tries < 3 { Err(ErrorKind::Interrupted.into()) } else { Ok(7) }
        });
        assert_eq!(read.unwrap(), 7);
    }
}
