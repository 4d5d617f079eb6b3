//! How much may be written before the socket is asked again. Pacing, lockstep and waiting control frames
//! limit a source only here.

/// What the [`MessageWriter`](super::MessageWriter) may still write. The writer subtracts what it writes.
#[derive(Clone, Copy, Debug)]
pub struct SendBudget {
    /// Bytes of payload.
    pub bytes: usize,
    /// How far `bytes` may be exceeded to complete a section, in bytes.
    pub overshoot: usize,
    /// Messages that may be begun.
    pub messages: u64,
    /// Whether to stop at the end of a frame, because a control frame waits.
    pub control_waits: bool,
}

impl SendBudget {
    /// A section of at most this many bytes is written whole.
    pub fn room(&self) -> usize {
        self.bytes.saturating_add(self.overshoot)
    }

    /// Counts `bytes` as written.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}
