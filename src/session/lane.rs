//! The handles of the event loop that a lane needs.

use crate::net::{LoopWaker, Poller};

#[derive(Clone, Debug)]
pub struct LaneContext {
    /// Reports events of descriptors that the network thread reads and writes itself.
    pub(super) poller: Poller,
    /// Wakes the network thread.
    pub(super) waker: LoopWaker,
}

impl LaneContext {
    /// Wakes the network thread.
    pub fn waker(&self) -> LoopWaker {
        self.waker.clone()
    }
}
