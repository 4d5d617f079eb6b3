//! An output that the session shares with other text: a trace on the same terminal, or a prompt. The owner of that text
//! writes all of it, in the order in which it was queued.

use std::io;

/// Takes received bytes. Never blocks.
pub trait Screen: Send {
    /// Calls `wake` from another thread whenever bytes were written.
    fn on_progress(&mut self, wake: Box<dyn Fn() + Send + Sync>);

    /// Queues bytes behind all text that was queued before.
    fn write(&mut self, bytes: Vec<u8>);

    /// The number of queued bytes that are not written yet.
    fn waiting(&self) -> usize;

    /// The first error of a write since the last call.
    fn take_error(&mut self) -> Option<io::Error>;
}
