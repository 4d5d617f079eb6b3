//! Accepts connections while there are free slots, and hands them to the workers in turn.

use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mio::{Events, Interest, Poll, Token, Waker};

use super::slots::{Slot, Slots};
use super::worker::WorkerHandle;

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);

/// The pause before the next try when no connection can be accepted, for instance for lack of descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// The state of the thread that accepts.
pub(super) struct Acceptor {
    poll: Poll,
    listener: mio::net::TcpListener,
    slots: Slots,
    /// A slot for the next connection.
    slot: Option<Slot>,
    workers: Vec<WorkerHandle>,
    next: usize,
    stopping: Arc<AtomicBool>,
}

impl Acceptor {
    /// An acceptor of at most `most` connections at the same time, and its waker, to be called when `stopping` is set.
    pub(super) fn new(
        listener: TcpListener,
        workers: Vec<WorkerHandle>,
        most: usize,
        stopping: Arc<AtomicBool>,
    ) -> io::Result<(Self, Arc<Waker>)> {
        let poll = Poll::new()?;
        let mut listener = mio::net::TcpListener::from_std(listener);
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let on_free = Arc::clone(&waker);
        let slots = Slots::new(most, move || {
            // Fails only when the thread has ended.
            let _ = on_free.wake();
        });
        Ok((Self { poll, listener, slots, slot: None, workers, next: 0, stopping }, waker))
    }

    /// Accepts until `stopping` is set.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(8);
        while !self.stopping.load(Ordering::Acquire) {
            let pause = self.accept_all();
            if self.poll.poll(&mut events, pause).is_err_and(|err| err.kind() != ErrorKind::Interrupted) {
                return;
            }
        }
    }

    /// Accepts every connection that is waiting. Returns the pause before the next try, if that does not need an event.
    fn accept_all(&mut self) -> Option<Duration> {
        loop {
            // Without a free slot, the next one that is freed wakes this thread.
            let slot = self.slot.take().or_else(|| self.slots.take())?;
            match self.listener.accept() {
                Ok((stream, _)) => {
                    self.next = (self.next + 1) % self.workers.len();
                    self.workers[self.next].enter(stream, slot);
                }
                Err(err) => {
                    // Kept: freeing it would wake this thread for nothing, again and again.
                    self.slot = Some(slot);
                    match err.kind() {
                        ErrorKind::WouldBlock => return None,
                        // That connection is gone; the next one may be good.
                        ErrorKind::ConnectionAborted | ErrorKind::Interrupted => {}
                        _ => return Some(PAUSE),
                    }
                }
            }
        }
    }
}
