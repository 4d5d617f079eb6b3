//! One wait for everything that can become ready: sockets, pipes, and threads that call a waker. It assigns all tokens.
//! A dial has a poller of its own; an event loop has one for all of its sessions and lanes. A signal ends the wait of every
//! poller.

use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use mio::event::Source;
use mio::{Events, Interest, Poll, Registry, Token, Waker};

use super::readiness::Readiness;
use crate::os::signals::{self, Attached, Signal};

/// The most events taken from the operating system in one wait.
const EVENTS: usize = 256;

/// A handle. Its clones share the sources.
#[derive(Clone, Debug)]
pub struct Poller(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    poll: Mutex<(Poll, Events)>,
    registry: Registry,
    sources: Mutex<Sources>,
    asleep: AtomicBool,
    waker: Waker,
    /// Calls the waker at the first signal.
    _attached: Attached,
}

/// The readiness of each source. The index of a source is its token.
#[derive(Debug, Default)]
struct Sources {
    places: Vec<Option<Arc<Readiness>>>,
    vacant: Vec<usize>,
}

/// The token of the waker, which has the first place.
const WAKER: Token = Token(0);

impl Poller {
    /// A poller without sources.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = Waker::new(&registry, WAKER)?;
        let sources = Sources { places: vec![Some(Arc::new(Readiness::unknown()))], vacant: Vec::new() };
        Ok(Self(Arc::new_cyclic(|weak: &Weak<Shared>| {
            let weak = weak.clone();
            Shared {
                poll: Mutex::new((poll, Events::with_capacity(EVENTS))),
                registry,
                sources: Mutex::new(sources),
                asleep: AtomicBool::new(false),
                waker,
                _attached: signals::attach(move || weak.upgrade().iter().for_each(|shared| shared.wake())),
            }
        })))
    }

    /// From now on, waits for `source`, too.
    pub fn register(&self, source: &mut impl Source, interest: Interest) -> io::Result<Registration> {
        let registration = self.place();
        self.0.registry.register(source, registration.token, interest)?;
        Ok(registration)
    }

    /// A handle with which other threads end the wait.
    pub fn waker(&self) -> LoopWaker {
        LoopWaker(self.clone())
    }

    /// Announces a wait. Between this call and the wait, the caller has to look for news from other threads: a [`LoopWaker`]
    /// makes an event only for a thread that has announced to wait.
    pub fn will_sleep(&self) {
        self.0.asleep.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// Sleeps until a source may have become ready, a waker is called, or `timeout` is over. Stores the reported readiness,
    /// and calls `heard` with the token of each source.
    pub fn wait(&self, timeout: Option<Duration>, mut heard: impl FnMut(Token)) -> io::Result<()> {
        let mut guard = lock(&self.0.poll);
        let (poll, events) = &mut *guard;
        let polled = match poll.poll(events, timeout) {
            // After a stop by job control, ask the sources before any clock: what arrived in time is not late.
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

    /// As [`Poller::wait`], for a caller that ends with the first signal. Returns that signal, without a wait, if it was
    /// received; after a wait, the caller may still find what it waits for.
    pub fn wait_or_signal(
        &self,
        timeout: Option<Duration>,
        heard: impl FnMut(Token),
    ) -> io::Result<Option<Signal>> {
        self.will_sleep();
        match signals::received() {
            None => self.wait(timeout, heard).map(|()| None),
            signal => Ok(signal),
        }
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

/// A source's registration with a [`Poller`]. Drop it after the source is closed or deregistered, because its token is
/// reused.
#[derive(Debug)]
pub struct Registration {
    poller: Poller,
    token: Token,
    readiness: Arc<Readiness>,
}

impl Registration {
    /// The token of the source's events.
    pub fn token(&self) -> Token {
        self.token
    }

    /// The reported readiness.
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// The poller that waits for the source.
    pub fn poller(&self) -> &Poller {
        &self.poller
    }

    /// Stops waiting for the source.
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

impl Shared {
    fn wake(&self) {
        // Either this thread sees that the other one is about to wait, or the other one sees the news.
        fence(Ordering::SeqCst);
        if self.asleep.swap(false, Ordering::SeqCst) {
            // A waker that cannot be called has no thread that waits.
            let _ = self.waker.wake();
        }
    }
}

/// Ends the wait of a [`Poller`] from another thread.
#[derive(Clone, Debug)]
pub struct LoopWaker(Poller);

impl LoopWaker {
    /// Wakes the waiting thread. Call it after the news is where that thread will look.
    pub fn wake(&self) {
        self.0.0.wake();
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
        let waker = poller.waker();
        poller.will_sleep();
        let theirs = waker.clone();
        let other = thread::spawn(move || theirs.wake());
        let mut heard = 0;
        poller.wait(Some(Duration::from_secs(60)), |_| heard += 1).unwrap();
        other.join().unwrap();
        assert_eq!(heard, 1);
    }
}
