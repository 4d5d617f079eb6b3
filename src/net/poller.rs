//! One wait for everything that can become ready: sockets, pipes, and threads with news. All tokens are given out here.
//! The dial has a poller of its own; an event loop has one for all of its sessions and lanes.

use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mio::event::Source;
use mio::{Events, Interest, Poll, Registry, Token, Waker};

use super::readiness::Readiness;

/// Events taken from the operating system at once; further ones come with the next wait.
const EVENTS: usize = 256;

/// A handle; its clones wait for the same things.
#[derive(Clone, Debug)]
pub struct Poller(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    poll: Mutex<(Poll, Events)>,
    registry: Registry,
    sources: Mutex<Sources>,
    asleep: AtomicBool,
}

/// The readiness of each source; its index is its token.
#[derive(Debug, Default)]
struct Sources {
    places: Vec<Option<Arc<Readiness>>>,
    vacant: Vec<usize>,
}

impl Poller {
    /// A poller without sources.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        Ok(Self(Arc::new(Shared {
            poll: Mutex::new((poll, Events::with_capacity(EVENTS))),
            registry,
            sources: Mutex::default(),
            asleep: AtomicBool::new(false),
        })))
    }

    /// From now on, waits for `source`, too.
    pub fn register(&self, source: &mut impl Source, interest: Interest) -> io::Result<Registration> {
        let registration = self.place();
        self.0.registry.register(source, registration.token, interest)?;
        Ok(registration)
    }

    /// A handle with which other threads end the wait.
    pub fn waker(&self) -> io::Result<LoopWaker> {
        let registration = self.place();
        let waker = Waker::new(&self.0.registry, registration.token)?;
        Ok(LoopWaker(Arc::new(WakerParts { waker, registration })))
    }

    /// Announces a wait. Whatever another thread said before this has to be looked at after it, and before the wait:
    /// a [`LoopWaker`] makes a system call only for a thread that has announced to sleep.
    pub fn will_sleep(&self) {
        self.0.asleep.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// Sleeps until a source may have become ready, a waker is called, or `timeout` is over. Takes note of all readiness
    /// that is reported, and calls `heard` with the tokens that it belongs to.
    pub fn wait(&self, timeout: Option<Duration>, mut heard: impl FnMut(Token)) -> io::Result<()> {
        let mut guard = lock(&self.0.poll);
        let (poll, events) = &mut *guard;
        let polled = match poll.poll(events, timeout) {
            // After a stop by job control the sources have to be asked before any clock is: what arrived is not late.
            Err(err) if err.kind() == ErrorKind::Interrupted => poll.poll(events, Some(Duration::ZERO)),
            polled => polled,
        };
        self.0.asleep.store(false, Ordering::SeqCst);
        match polled {
            Err(err) if err.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        let sources = lock(&self.0.sources);
        for event in &*events {
            if let Some(Some(readiness)) = sources.places.get(event.token().0) {
                readiness.hear(event);
                heard(event.token());
            }
        }
        Ok(())
    }

    fn place(&self) -> Registration {
        let readiness = Arc::new(Readiness::unknown());
        let mut sources = lock(&self.0.sources);
        let index = sources.vacant.pop().unwrap_or_else(|| {
            sources.places.push(None);
            sources.places.len() - 1
        });
        sources.places[index] = Some(Arc::clone(&readiness));
        drop(sources);
        Registration { poller: self.clone(), token: Token(index), readiness }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A source's place with a [`Poller`]. To be dropped after the source is closed or deregistered: its token is given out
/// again.
#[derive(Debug)]
pub struct Registration {
    poller: Poller,
    token: Token,
    readiness: Arc<Readiness>,
}

impl Registration {
    /// Under which the source's events are reported.
    pub fn token(&self) -> Token {
        self.token
    }

    /// What was reported.
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// The poller that waits for the source.
    pub fn poller(&self) -> &Poller {
        &self.poller
    }

    /// The source is no longer waited for.
    pub fn deregister(&self, source: &mut impl Source) -> io::Result<()> {
        self.poller.0.registry.deregister(source)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut sources = lock(&self.poller.0.sources);
        sources.places[self.token.0] = None;
        sources.vacant.push(self.token.0);
    }
}

/// Ends the wait of a [`Poller`] from another thread.
#[derive(Clone, Debug)]
pub struct LoopWaker(Arc<WakerParts>);

#[derive(Debug)]
struct WakerParts {
    waker: Waker,
    registration: Registration,
}

impl LoopWaker {
    /// Wakes the thread that waits. To be called after the news was put where that thread will look.
    pub fn wake(&self) {
        // Either this thread sees that the other one is about to sleep, or that one sees the news.
        fence(Ordering::SeqCst);
        if self.0.registration.poller.0.asleep.swap(false, Ordering::SeqCst) {
            // It fails only when the poller is gone; then nobody sleeps there any more.
            let _ = self.0.waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::*;

    #[test]
    fn a_source_is_heard_under_its_own_token_and_tokens_are_used_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let poller = Poller::new().unwrap();
        let connect = || {
            let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            ours.set_nonblocking(true).unwrap();
            (mio::net::TcpStream::from_std(ours), listener.accept().unwrap().0)
        };
        let ((mut first, _first_peer), (mut second, mut second_peer)) = (connect(), connect());
        let gone = poller.register(&mut first, Interest::READABLE).unwrap();
        let registration = poller.register(&mut second, Interest::READABLE).unwrap();
        let token = gone.token();
        drop((first, gone));
        second_peer.write_all(b"x").unwrap();
        let mut heard = Vec::new();
        poller.wait(Some(Duration::from_secs(5)), |token| heard.push(token)).unwrap();
        assert_eq!(heard, [registration.token()]);
        let (mut third, _third_peer) = connect();
        assert_eq!(poller.register(&mut third, Interest::READABLE).unwrap().token(), token);
    }

    #[test]
    fn a_waker_ends_the_wait_of_a_thread_that_announced_it() {
        let poller = Poller::new().unwrap();
        let waker = poller.waker().unwrap();
        poller.will_sleep();
        let theirs = waker.clone();
        let other = thread::spawn(move || theirs.wake());
        let mut heard = 0;
        poller.wait(Some(Duration::from_secs(60)), |_| heard += 1).unwrap();
        other.join().unwrap();
        assert_eq!(heard, 1);
    }
}
