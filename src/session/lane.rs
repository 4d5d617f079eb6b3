//! What a lane needs of the event loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};

use crate::net::{LoopWaker, Poller};

/// The handles of the event loop that a lane needs.
#[derive(Clone, Debug)]
pub struct LaneContext {
    /// Reports events of descriptors that the network thread reads and writes itself.
    pub(super) poller: Poller,
    /// Wakes the network thread.
    pub(super) waker: LoopWaker,
}

/// Wakes the network thread for news of one lane, if it waits for them. While it waits for something else, a
/// wake would cost two system calls and a turn that moves nothing.
#[derive(Clone, Debug)]
pub(super) struct Bell {
    is_awaited: Arc<AtomicBool>,
    waker: LoopWaker,
}

impl Bell {
    pub(super) fn new(waker: LoopWaker) -> Self {
        Self { is_awaited: Arc::default(), waker }
    }

    /// Announces that the network thread waits for the next news. It has to look for news after this call:
    /// those from before ring no bell.
    pub(super) fn await_news(&self) {
        self.is_awaited.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// The lane's thread has put news where the network thread looks for them.
    pub(super) fn ring(&self) {
        // Either this thread sees that the other one waits, or the other one sees the news.
        fence(Ordering::SeqCst);
        if self.is_awaited.swap(false, Ordering::SeqCst) {
            self.waker.wake();
        }
    }

    /// The lane's thread has ended, which the network thread has to know in any case.
    pub(super) fn ring_for_end(&self) {
        self.waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_bell_wakes_only_a_thread_that_waits_for_the_lane() {
        let poller = Poller::new().unwrap();
        let bell = Bell::new(poller.waker().unwrap());
        let hears = |timeout| {
            let mut heard = 0;
            poller.wait(Some(timeout), |_| heard += 1).unwrap();
            heard
        };
        poller.will_sleep();
        bell.ring();
        assert_eq!(hears(Duration::ZERO), 0);
        for _ in 0..2 {
            bell.await_news();
            poller.will_sleep();
            bell.ring();
            assert_eq!(hears(Duration::from_secs(60)), 1);
        }
        poller.will_sleep();
        bell.ring();
        assert_eq!(hears(Duration::ZERO), 0);
        poller.will_sleep();
        bell.ring_for_end();
        assert_eq!(hears(Duration::from_secs(60)), 1);
    }
}
