//! The payload of the message that is being read.

use std::borrow::Cow;

use crate::size::KEPT_CAPACITY;

/// A payload of this size or more is returned with its buffer, so that it can be kept without a copy.
const LARGE: usize = 64 * 1024;

/// The message is too long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooBig;

/// Bytes up to a limit.
#[derive(Debug)]
pub(super) struct Payload {
    bytes: Vec<u8>,
    most: usize,
}

impl Payload {
    pub(super) fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), most }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// How many more bytes it may hold.
    pub(super) fn room(&self) -> usize {
        self.most.saturating_sub(self.bytes.len())
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), TooBig> {
        if bytes.len() > self.room() {
            return Err(TooBig);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends the bytes that `write` puts into a buffer of at most `len` bytes; `write` returns their number.
    pub(super) fn append_with<E>(
        &mut self,
        len: usize,
        write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<(), E> {
        let start = self.bytes.len();
        self.bytes.resize(start + len, 0);
        let written = write(&mut self.bytes[start..]);
        self.bytes.truncate(start + written.as_ref().map_or(0, |&written| written));
        written.map(|_| ())
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_CAPACITY);
    }

    /// The payload without its last `trailing` bytes. A large one is returned with its buffer.
    pub(super) fn give(&mut self, trailing: usize) -> Cow<'_, [u8]> {
        let len = self.bytes.len() - trailing;
        if len < LARGE {
            return Cow::Borrowed(&self.bytes[..len]);
        }
        self.bytes.truncate(len);
        Cow::Owned(std::mem::take(&mut self.bytes))
    }
}
