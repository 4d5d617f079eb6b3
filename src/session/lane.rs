//! What a lane needs from its event loop.

use crate::net::{LoopWaker, Poller};

/// Handles for the lanes of a session.
#[derive(Clone, Debug)]
pub struct LaneContext {
    /// Waits for descriptors that the network thread reads and writes itself.
    pub(super) poller: Poller,
    /// Ends the network thread's sleep.
    pub(super) waker: LoopWaker,
}
