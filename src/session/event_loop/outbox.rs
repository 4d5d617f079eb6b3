//! The buffer of frames to write to the socket. Tracks how much of the user data has been written.

use std::io::{self, ErrorKind, Write};

use crate::net::Transport;
use crate::size::KEPT_CAPACITY;

/// The most bytes of payload that are prepared at once.
pub(super) const CAPACITY: usize = 256 * 1024;

/// The result of a write.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// The transport took some bytes.
    pub(super) moved: bool,
    /// The bytes taken include user data, not only control frames.
    pub(super) user_data: bool,
}

/// The buffer of frames.
#[derive(Debug)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    written: usize,
    /// The end of the last data frame in `bytes`; only control frames follow it.
    user_data_end: usize,
    /// Whether TLS has passed all bytes to the kernel.
    drained: bool,
    user_data_in_tls: bool,
    /// The value of the kernel's byte count when it had taken the last user data.
    user_data_mark: u64,
}

impl Outbox {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            written: 0,
            user_data_end: 0,
            drained: true,
            user_data_in_tls: false,
            user_data_mark: 0,
        }
    }

    /// Whether the transport has taken all bytes.
    pub(super) fn is_taken(&self) -> bool {
        self.written == self.bytes.len()
    }

    /// Whether all bytes have reached the kernel.
    pub(super) fn is_sent(&self) -> bool {
        self.is_taken() && self.drained
    }

    /// Whether some user data has not reached the kernel.
    pub(super) fn has_unsent_user_data(&self) -> bool {
        self.user_data_in_tls || self.written < self.user_data_end
    }

    /// The number of bytes that the transport has not taken.
    pub(super) fn waiting(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// The buffer to which frames are appended. Append user data only when all earlier bytes were taken.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        if self.is_taken() {
            self.bytes.clear();
            self.bytes.shrink_to(KEPT_CAPACITY);
            self.written = 0;
            self.user_data_end = 0;
        }
        &mut self.bytes
    }

    /// Marks the bytes appended last as user data.
    pub(super) fn ends_in_user_data(&mut self) {
        self.user_data_end = self.bytes.len();
    }

    /// Bytes of user data that the peer's TCP has not acknowledged, including the overhead of frame headers
    /// and TLS; `None` if the system does not report it.
    pub(super) fn unacknowledged(&self, transport: &Transport) -> Option<u64> {
        let acknowledged = transport.bytes_written().checked_sub(transport.unacknowledged()?)?;
        Some(self.user_data_mark.saturating_sub(acknowledged))
    }

    /// Discards all bytes, because nothing more can be sent.
    pub(super) fn abandon(&mut self) {
        self.bytes.clear();
        (self.written, self.user_data_end, self.drained, self.user_data_in_tls) = (0, 0, true, false);
    }

    /// Writes to the transport until it takes no more. Writes user data first and separately, to learn when
    /// the kernel has all of it.
    pub(super) fn write(&mut self, transport: &mut Transport, progress: &mut Progress) -> io::Result<()> {
        let (before, user_data) = (transport.bytes_written(), self.has_unsent_user_data());
        let result = self.write_all(transport, progress);
        if transport.bytes_written() > before {
            progress.moved = true;
            progress.user_data |= user_data;
        }
        result
    }

    fn write_all(&mut self, transport: &mut Transport, progress: &mut Progress) -> io::Result<()> {
        self.write_to(self.user_data_end, transport, progress)?;
        self.drain(transport)?;
        if self.written >= self.user_data_end && !self.is_taken() {
            self.write_to(self.bytes.len(), transport, progress)?;
            self.drain(transport)?;
        }
        Ok(())
    }

    fn write_to(&mut self, end: usize, transport: &mut Transport, progress: &mut Progress) -> io::Result<()> {
        while self.written < end {
            let user_data = self.written < self.user_data_end;
            match transport.write(&self.bytes[self.written..end]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.written += count;
                    self.user_data_in_tls |= user_data;
                    progress.moved = true;
                    progress.user_data |= user_data;
                }
                Err(err) if err.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                Err(err) => return Err(err),
            }
        }
        Ok(())
    }

    fn drain(&mut self, transport: &mut Transport) -> io::Result<()> {
        self.drained = transport.drain()?;
        if self.drained && self.user_data_in_tls {
            self.user_data_in_tls = false;
            self.user_data_mark = transport.bytes_written();
        }
        Ok(())
    }
}
