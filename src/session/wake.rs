//! What ends the network thread's sleep beside the socket: a lane that has news, without a system call while the
//! thread is awake anyway, and a pipe that it reads itself.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

use mio::{Registry, Waker};

use crate::net::Transport;

/// A handle that ends the network thread's sleep.
#[derive(Clone, Debug)]
pub struct Wake {
    waker: Arc<Waker>,
    registry: Arc<Registry>,
    asleep: Arc<AtomicBool>,
    sleeps: Arc<AtomicU64>,
}

impl Wake {
    /// A handle for the thread that `waker` wakes and that waits for what is in `registry`.
    pub fn new(waker: Arc<Waker>, registry: Registry) -> Self {
        Self { waker, registry: Arc::new(registry), asleep: Arc::default(), sleeps: Arc::default() }
    }

    /// A handle for the thread that waits for `transport`.
    pub(super) fn of(transport: &Transport) -> io::Result<Self> {
        Ok(Self::new(transport.waker()?, transport.registry()?))
    }

    /// Wakes the thread. To be called after what it shall see was put into its channel.
    pub fn wake(&self) {
        // Either this thread sees that the other one is about to sleep, or that one sees what was put into the channel.
        fence(Ordering::SeqCst);
        if self.asleep.swap(false, Ordering::SeqCst) {
            // It fails only when the poll is gone; then nobody sleeps there any more.
            let _ = self.waker.wake();
        }
    }

    /// Announces that the thread is about to sleep. Whatever was missed before has to be looked at after this.
    pub(super) fn will_sleep(&self) {
        self.asleep.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// The thread is awake.
    pub(super) fn is_awake(&self) {
        self.asleep.store(false, Ordering::SeqCst);
        self.sleeps.fetch_add(1, Ordering::Relaxed);
    }

    /// How often the thread has slept: an empty pipe need not be asked again before it has.
    pub(super) fn sleeps(&self) -> u64 {
        self.sleeps.load(Ordering::Relaxed)
    }

    /// From now on, the thread is also woken when `pipe` gets something to read. It is told once for all that is
    /// there, so it has to read until nothing is left.
    pub(super) fn watch(&self, pipe: &File) -> io::Result<()> {
        platform::watch(&self.registry, pipe)
    }

    /// No longer.
    pub(super) fn unwatch(&self, pipe: &File) {
        platform::unwatch(&self.registry, pipe);
    }
}

#[cfg(unix)]
mod platform {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;

    use mio::unix::SourceFd;
    use mio::{Interest, Registry, Token};

    /// Any that is neither the socket's nor the waker's.
    const PIPE: Token = Token(usize::MAX - 1);

    pub(super) fn watch(registry: &Registry, pipe: &File) -> io::Result<()> {
        registry.register(&mut SourceFd(&pipe.as_raw_fd()), PIPE, Interest::READABLE)
    }

    pub(super) fn unwatch(registry: &Registry, pipe: &File) {
        // It may be gone already, with the descriptor.
        let _ = registry.deregister(&mut SourceFd(&pipe.as_raw_fd()));
    }
}

#[cfg(not(unix))]
mod platform {
    use std::fs::File;
    use std::io;

    use mio::Registry;

    pub(super) fn watch(_: &Registry, _: &File) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn unwatch(_: &Registry, _: &File) {}
}
