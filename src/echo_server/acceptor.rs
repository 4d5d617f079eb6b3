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

/// The pause before accepting again after a failure, such as a lack of descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Is told, once, why a connection could not be accepted.
pub(super) type OnFailure = Box<dyn FnOnce(io::Error) + Send>;

/// The state of the accepting thread.
pub(super) struct Acceptor {
    poll: Poll,
    listener: mio::net::TcpListener,
    slots: Slots,
    /// The slot reserved for the next connection.
    slot: Option<Slot>,
    workers: Vec<WorkerHandle>,
    next: usize,
    stopping: Arc<AtomicBool>,
    on_failure: Option<OnFailure>,
}

impl Acceptor {
    /// Creates an acceptor of at most `most` simultaneous connections, and its waker. Call the waker after
    /// `stopping` is set.
    pub(super) fn new(
        listener: TcpListener,
        workers: Vec<WorkerHandle>,
        most: usize,
        stopping: Arc<AtomicBool>,
        on_failure: OnFailure,
    ) -> io::Result<(Self, Arc<Waker>)> {
        let poll = Poll::new()?;
        let mut listener = mio::net::TcpListener::from_std(listener);
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let on_free = Arc::clone(&waker);
        let slots = Slots::new(most, move || {
            // Fails only after the thread has ended.
            let _ = on_free.wake();
        });
        let on_failure = Some(on_failure);
        Ok((Self { poll, listener, slots, slot: None, workers, next: 0, stopping, on_failure }, waker))
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

    /// Accepts every waiting connection. Returns a pause if the next try must not wait for an event.
    fn accept_all(&mut self) -> Option<Duration> {
        loop {
            // With no free slot, freeing one wakes this thread.
            let slot = self.slot.take().or_else(|| self.slots.take())?;
            match self.listener.accept() {
                Ok((stream, _)) => {
                    self.next = (self.next + 1) % self.workers.len();
                    self.workers[self.next].enter(stream, slot);
                }
                Err(err) => {
                    // Keep the slot: freeing it would wake this thread needlessly, again and again.
                    self.slot = Some(slot);
                    match err.kind() {
                        ErrorKind::WouldBlock => return None,
                        // That connection was aborted; the next one may be usable.
                        ErrorKind::ConnectionAborted | ErrorKind::Interrupted => {}
                        _ => {
                            if let Some(tell) = self.on_failure.take() {
                                tell(err);
                            }
                            return Some(PAUSE);
                        }
                    }
                }
            }
        }
    }
}
