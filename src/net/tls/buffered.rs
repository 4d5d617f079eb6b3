//! A buffer between TLS and the socket, in both directions. TLS reads and writes one record at a time; the
//! buffer combines many records into one system call.

use std::io::{self, ErrorKind, Read, Write};

/// The most bytes read ahead. A TLS record has slightly more than 16 KiB at most.
const READ_CAPACITY: usize = 128 * 1024;

/// The most bytes read ahead at first. Whenever a read fills the buffer, it grows [`GROWTH`] times, so that a
/// thousand connections with small messages need little memory.
const FIRST_READ: usize = 4 * 1024;

const GROWTH: usize = 4;

/// Once this many bytes are buffered, they are written to the socket.
const WRITE_CAPACITY: usize = 128 * 1024;

/// Wraps a non-blocking stream. `flush` never returns `WouldBlock`: unwritten bytes stay in the buffer, and
/// [`Buffered::drain`] tells whether there are any.
#[derive(Debug)]
pub(in crate::net) struct Buffered<S> {
    inner: S,
    input: Vec<u8>,
    input_start: usize,
    input_end: usize,
    output: Vec<u8>,
    output_start: usize,
}

impl<S> Buffered<S> {
    pub(in crate::net) fn new(inner: S) -> Self {
        Self {
            inner,
            input: vec![0; FIRST_READ],
            input_start: 0,
            input_end: 0,
            output: Vec::new(),
            output_start: 0,
        }
    }

    pub(in crate::net) fn get_ref(&self) -> &S {
        &self.inner
    }

    pub(in crate::net) fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }
}

impl<S: Write> Buffered<S> {
    /// Writes buffered bytes as far as the stream takes them. Returns whether the buffer is empty.
    pub(in crate::net) fn drain(&mut self) -> io::Result<bool> {
        while self.output_start < self.output.len() {
            match self.inner.write(&self.output[self.output_start..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => self.output_start += written,
                Err(err) if err.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                Err(err) => return Err(err),
            }
        }
        self.output.clear();
        self.output_start = 0;
        Ok(true)
    }
}

impl<S: Read> Read for Buffered<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.input_start == self.input_end {
            if self.input_end == self.input.len() && self.input_end < READ_CAPACITY {
                self.input = vec![0; (self.input.len() * GROWTH).min(READ_CAPACITY)];
            }
            self.input_start = 0;
            self.input_end = 0;
            self.input_end = self.inner.read(&mut self.input)?;
        }
        let count = buf.len().min(self.input_end - self.input_start);
        buf[..count].copy_from_slice(&self.input[self.input_start..self.input_start + count]);
        self.input_start += count;
        Ok(count)
    }
}

impl<S: Write> Write for Buffered<S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.output.len() + buf.len() > WRITE_CAPACITY && !self.drain()? {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.output.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `room` bytes, then returns `WouldBlock`.
    struct Narrow {
        room: usize,
        taken: Vec<u8>,
    }

    impl Write for Narrow {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            let count = buf.len().min(self.room);
            self.room -= count;
            self.taken.extend_from_slice(&buf[..count]);
            if count == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(count) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_does_not_fit_stays_in_order() {
        let mut buffered = Buffered::new(Narrow { room: 3, taken: Vec::new() });
        buffered.write_all(b"abcdef").unwrap();
        assert!(!buffered.drain().unwrap());
        buffered.write_all(b"gh").unwrap();
        buffered.get_mut().room = 100;
        assert!(buffered.drain().unwrap());
        assert_eq!(buffered.get_ref().taken, b"abcdefgh");
    }

    #[test]
    fn a_full_buffer_blocks_instead_of_growing() {
        let mut buffered = Buffered::new(Narrow { room: 0, taken: Vec::new() });
        buffered.write_all(&vec![0; WRITE_CAPACITY]).unwrap();
        assert_eq!(buffered.write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
    }

    #[test]
    fn reads_come_from_the_buffer() {
        let mut buffered = Buffered::new(&b"hello"[..]);
        let mut two = [0; 2];
        assert_eq!(buffered.read(&mut two).unwrap(), 2);
        assert!(buffered.get_ref().is_empty());
        let mut rest = Vec::new();
        buffered.read_to_end(&mut rest).unwrap();
        assert_eq!((&two, &rest[..]), (b"he", &b"llo"[..]));
    }
}
