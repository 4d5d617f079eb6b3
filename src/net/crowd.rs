//! One wait for many connections: what each of them does alone, done for all of them in one system call.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use mio::{Events, Poll, Registry, Token, Waker};

use super::transport::{Readiness, Transport};

/// The waker's; members count from 0.
const WAKER: Token = Token(usize::MAX);

/// News taken from the operating system at once.
const EVENTS: usize = 1024;

/// See the module.
#[derive(Debug)]
pub struct Crowd {
    poll: Poll,
    events: Events,
}

impl Crowd {
    /// Without members.
    pub fn new() -> io::Result<Self> {
        Ok(Self { poll: Poll::new()?, events: Events::with_capacity(EVENTS) })
    }

    /// From now on, `transport` is waited for here, under the number `member`, and no longer by itself.
    pub fn add(&self, transport: &mut Transport, member: usize) -> io::Result<()> {
        transport.join(self.poll.registry(), Token(member))
    }

    /// A handle with which another thread ends [`Crowd::wait`].
    pub fn waker(&self) -> io::Result<Arc<Waker>> {
        Waker::new(self.poll.registry(), WAKER).map(Arc::new)
    }

    /// The registry of what [`Crowd::wait`] waits for.
    pub fn registry(&self) -> io::Result<Registry> {
        self.poll.registry().try_clone()
    }

    /// Sleeps until a member may have become ready, the waker is called, or `timeout` is over. `tell` gets the numbers of
    /// the members that have news, which belong into [`Transport::hear`].
    pub fn wait(
        &mut self,
        timeout: Option<Duration>,
        mut tell: impl FnMut(usize, Readiness),
    ) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(err) if err.kind() == ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        for event in self.events.iter().filter(|event| event.token() != WAKER) {
            tell(event.token().0, Readiness::of(event));
        }
        Ok(())
    }
}
