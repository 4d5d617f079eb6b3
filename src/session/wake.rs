//! How a lane wakes the network thread, without a system call while it is awake anyway.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mio::Waker;

/// A handle that ends the network thread's sleep.
#[derive(Clone, Debug)]
pub struct Wake {
    waker: Arc<Waker>,
    asleep: Arc<AtomicBool>,
}

impl Wake {
    /// A handle for the thread that `waker` wakes.
    pub fn new(waker: Arc<Waker>) -> Self {
        Self { waker, asleep: Arc::new(AtomicBool::new(false)) }
    }

    /// Wakes the thread. To be called after what it shall see was put into its channel.
    pub fn wake(&self) {
        if self.asleep.swap(false, Ordering::SeqCst) {
            // It fails only when the poll is gone; then nobody sleeps there any more.
            let _ = self.waker.wake();
        }
    }

    /// Announces that the thread is about to sleep. Whatever was missed before has to be looked at after this.
    pub(super) fn will_sleep(&self) {
        self.asleep.store(true, Ordering::SeqCst);
    }

    /// The thread is awake.
    pub(super) fn is_awake(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }
}
