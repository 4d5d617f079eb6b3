//! How much may be prepared for sending before the socket is asked again: the one place where pacing, lockstep and control
//! frames that wait bound what a source can do.

/// What the [`MessageWriter`](super::MessageWriter) may still write. It counts down.
#[derive(Clone, Copy, Debug)]
pub struct SendBudget {
    /// Bytes of payload.
    pub bytes: usize,
    /// By how many bytes `bytes` may be exceeded to complete the section at hand.
    pub overshoot: usize,
    /// Messages that may be begun.
    pub messages: u64,
    /// Whether to stop where a frame ends, because a control frame waits for its turn.
    pub control_waits: bool,
}

impl SendBudget {
    /// A section of at most this many bytes is written whole.
    pub fn room(&self) -> usize {
        self.bytes.saturating_add(self.overshoot)
    }

    /// Takes note of `bytes` written.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}
