//! A thread that serves many connections: it waits for all of them at once, and gives them turns.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token, Waker};

use super::clients::Clients;
use super::connection::Connection;
use super::limits::STOPPING;
use super::options::ServerOptions;
use super::slots::Slot;
use super::socket::Socket;

const WAKER: Token = Token(usize::MAX);

/// The most events taken from the operating system at once.
const EVENTS: usize = 256;

/// Hands connections to a worker.
pub(super) struct WorkerHandle {
    arrivals: Sender<(TcpStream, Slot)>,
    waker: Arc<Waker>,
}

impl WorkerHandle {
    /// The waker that ends the worker's sleep.
    pub(super) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    /// Hands a connection to the worker.
    pub(super) fn enter(&self, stream: TcpStream, slot: Slot) {
        // Both fail only after the worker has ended; the connection is closed then.
        if self.arrivals.send((stream, slot)).is_ok() {
            let _ = self.waker.wake();
        }
    }
}

/// The state of the worker thread.
pub(super) struct Worker {
    poll: Poll,
    arrivals: Receiver<(TcpStream, Slot)>,
    options: Arc<ServerOptions>,
    handshake_limit: Duration,
    stopping: Arc<AtomicBool>,
}

impl Worker {
    /// Creates a worker. It stops when it is woken while `stopping` is set.
    pub(super) fn new(
        options: Arc<ServerOptions>,
        handshake_limit: Duration,
        stopping: Arc<AtomicBool>,
    ) -> io::Result<(Self, WorkerHandle)> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let (sender, arrivals) = mpsc::channel();
        Ok((
            Self { poll, arrivals, options, handshake_limit, stopping },
            WorkerHandle { arrivals: sender, waker },
        ))
    }

    /// Serves until `stopping` is set, and then until all connections have ended, but for at most
    /// [`STOPPING`].
    pub(super) fn run(mut self) {
        let mut clients = Clients::default();
        let mut events = Events::with_capacity(EVENTS);
        let mut end = None;
        loop {
            let timeout = clients.timeout(end);
            if let Err(err) = self.poll.poll(&mut events, timeout)
                && err.kind() != ErrorKind::Interrupted
            {
                return;
            }
            clients.rotate();
            for event in &events {
                match event.token() {
                    WAKER => self.admit(&mut clients),
                    Token(index) => clients.on_event(index, event),
                }
            }
            clients.take_turns();
            if end.is_none() && self.stopping.load(Ordering::Acquire) {
                self.admit(&mut clients);
                clients.go_away();
                end = Some(Instant::now() + STOPPING);
            }
            if end.is_some_and(|end| clients.is_empty() || end <= Instant::now()) {
                return;
            }
        }
    }

    fn admit(&self, clients: &mut Clients) {
        for (mut stream, slot) in self.arrivals.try_iter() {
            let index = clients.vacant();
            let both = Interest::READABLE | Interest::WRITABLE;
            // Fails only for lack of memory; the connection is closed then.
            if self.poll.registry().register(&mut stream, Token(index), both).is_ok() {
                // The wire collects echoes itself.
                let _ = stream.set_nodelay(true);
                let (socket, until) = (Socket::new(stream), Instant::now() + self.handshake_limit);
                let connection = Connection::new(socket, Arc::clone(&self.options), until, slot);
                clients.insert(connection);
            }
        }
    }
}
