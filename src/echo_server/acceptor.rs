//! Takes connections while there are slots for them, and hands them to the workers in turn.

use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mio::{Events, Interest, Poll, Token, Waker};

use super::slots::{Slot, Slots};
use super::worker::Door;

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);

/// How long is waited before the next try when no connection can be accepted, for lack of descriptors for instance.
const PAUSE: Duration = Duration::from_millis(50);

/// The thread that accepts.
pub(super) struct Acceptor {
    poll: Poll,
    listener: mio::net::TcpListener,
    slots: Slots,
    /// The slot of the next connection.
    slot: Option<Slot>,
    doors: Vec<Door>,
    next: usize,
    stopping: Arc<AtomicBool>,
}

impl Acceptor {
    /// With `most` connections at the same time; and what ends its sleep, to be called when `stopping` is set.
    pub(super) fn new(
        listener: TcpListener,
        doors: Vec<Door>,
        most: usize,
        stopping: Arc<AtomicBool>,
    ) -> io::Result<(Self, Arc<Waker>)> {
        let poll = Poll::new()?;
        let mut listener = mio::net::TcpListener::from_std(listener);
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let on_free = Arc::clone(&waker);
        let slots = Slots::new(most, move || {
            // It fails only when nobody sleeps there any more.
            let _ = on_free.wake();
        });
        Ok((Self { poll, listener, slots, slot: None, doors, next: 0, stopping }, waker))
    }

    /// Accepts until told to stop.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(8);
        while !self.stopping.load(Ordering::Acquire) {
            let pause = self.accept_all();
            if self.poll.poll(&mut events, pause).is_err_and(|err| err.kind() != ErrorKind::Interrupted) {
                return;
            }
        }
    }

    /// Accepts all that can be: how long to wait before the next try, if not for an event.
    fn accept_all(&mut self) -> Option<Duration> {
        loop {
            // Without a free one, the next that is wakes us.
            let slot = self.slot.take().or_else(|| self.slots.take())?;
            match self.listener.accept() {
                Ok((stream, _)) => {
                    self.next = (self.next + 1) % self.doors.len();
                    self.doors[self.next].enter(stream, slot);
                }
                Err(err) => {
                    // Kept: giving it back unused would wake us for nothing, again and again.
                    self.slot = Some(slot);
                    match err.kind() {
                        ErrorKind::WouldBlock => return None,
                        // That one is gone; the next one may be good.
                        ErrorKind::ConnectionAborted | ErrorKind::Interrupted => {}
                        _ => return Some(PAUSE),
                    }
                }
            }
        }
    }
}
