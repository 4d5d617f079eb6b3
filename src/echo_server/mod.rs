//! The embedded echo server: returns every message unchanged, or with the delays and faults that a test asks
//! for. It speaks RFC 6455 through tungstenite's server side, so that client and server do not share
//! mistakes. Only when a client offers compression, which tungstenite does not support, does it use the
//! client's own engine.
//!
//! The acceptor hands connections to workers. Each worker is a thread that serves many connections and waits
//! for all of them at once.
//! May import `net` (for TLS), `protocol` and the small values.

mod acceptor;
mod clients;
mod compressed;
mod connection;
mod engine;
mod limits;
mod options;
mod patience;
mod session;
mod slots;
mod socket;
mod stop;
mod upgrade;
mod wire;
mod worker;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use mio::Waker;
use socket2::{Domain, Protocol, Socket, Type};

use acceptor::{Acceptor, OnFailure};
use limits::Limits;
pub use limits::{MAX_CONNECTIONS, MAX_MESSAGE};
pub use options::ServerOptions;
use worker::Worker;

/// The backlog of connections that wait to be accepted; the operating system may limit it further.
const BACKLOG: i32 = 1024;

/// The most worker threads; there is at most one per processor.
const MOST_WORKERS: usize = 4;

/// A server that is bound and not yet running.
#[derive(Debug)]
pub struct EchoServer {
    listener: TcpListener,
    options: ServerOptions,
}

impl EchoServer {
    /// Binds to `address`; port 0 selects a free port. Connections wait in the backlog from then on.
    pub fn bind(address: SocketAddr, options: ServerOptions) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // SO_REUSEADDR: without it, the port could not be bound again for minutes. On Windows the option
        // means something else.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok(Self { listener: socket.into(), options })
    }

    /// The address that the server is bound to.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves connections on its own threads, until [`ServerHandle::shut_down`] or the end of the program.
    pub fn start(self) -> io::Result<ServerHandle> {
        self.start_telling(drop)
    }

    /// The same. `on_failure` is told why a connection could not be accepted, the first time; the server tries again without
    /// end.
    pub fn start_telling(
        self,
        on_failure: impl FnOnce(io::Error) + Send + 'static,
    ) -> io::Result<ServerHandle> {
        self.start_within(Limits::default(), Box::new(on_failure))
    }

    fn start_within(self, limits: Limits, on_failure: OnFailure) -> io::Result<ServerHandle> {
        let stopping = Arc::new(AtomicBool::new(false));
        let options = Arc::new(self.options);
        let mut workers = Vec::new();
        let mut handles = Vec::new();
        for _ in 0..worker_count() {
            let (worker, handle) =
                Worker::new(Arc::clone(&options), limits.handshake, Arc::clone(&stopping))?;
            let waker = handle.waker();
            handles.push(handle);
            workers.push(Running::start("echo", waker, move || worker.run())?);
        }
        let most = limits.connections;
        let (acceptor, waker) =
            Acceptor::new(self.listener, handles, most, Arc::clone(&stopping), on_failure)?;
        let acceptor = Running::start("echo-accept", waker, move || acceptor.run())?;
        Ok(ServerHandle { stopping, acceptor, workers })
    }
}

fn worker_count() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS)
}

/// A thread, and the waker that ends its sleep.
#[derive(Debug)]
struct Running {
    waker: Arc<Waker>,
    thread: JoinHandle<()>,
}

impl Running {
    fn start(name: &str, waker: Arc<Waker>, run: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        thread::Builder::new().name(name.to_owned()).spawn(run).map(|thread| Self { waker, thread })
    }

    /// Wakes the thread, which has been told to stop, and waits for its end.
    fn join(self) {
        // Both fail only when the thread has panicked, and the panic has printed its reason.
        let _ = self.waker.wake();
        let _ = self.thread.join();
    }
}

/// A running server. It keeps running when its handle is dropped.
#[derive(Debug)]
pub struct ServerHandle {
    stopping: Arc<AtomicBool>,
    acceptor: Running,
    workers: Vec<Running>,
}

impl ServerHandle {
    /// Accepts no more connections, sends Close 1001 (going away) to every client, and waits up to a second until
    /// they have all ended. Connections in a handshake end at once.
    pub fn shut_down(self) {
        self.stopping.store(true, Ordering::Release);
        // Join the acceptor first, so that no worker receives a connection after its last one has ended.
        self.acceptor.join();
        self.workers.into_iter().for_each(Running::join);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::TcpStream;

    use tungstenite::protocol::frame::coding::CloseCode;
    use tungstenite::{Message, WebSocket};

    use super::*;
    use std::time::Duration;

    fn start(limits: Limits, options: ServerOptions) -> (SocketAddr, ServerHandle) {
        let server = EchoServer::bind(SocketAddr::from(([127, 0, 0, 1], 0)), options).unwrap();
        (server.local_address().unwrap(), server.start_within(limits, Box::new(drop)).unwrap())
    }

    fn connect(address: SocketAddr) -> TcpStream {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    fn open(address: SocketAddr) -> WebSocket<TcpStream> {
        tungstenite::client(format!("ws://{address}/"), connect(address)).unwrap().0
    }

    fn is_silent(stream: &mut TcpStream) -> bool {
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let silent = stream.read(&mut [0]).is_err_and(|err| {
            // The error kind differs between platforms.
            matches!(err.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
        });
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        silent
    }

    #[test]
    fn a_connection_too_many_waits_until_another_one_has_ended() {
        let (address, server) =
            start(Limits { connections: 2, ..Limits::default() }, ServerOptions::default());
        let (mut one, mut other) = (open(address), open(address));
        let mut third = connect(address);
        let request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        third.write_all(request.as_bytes()).unwrap();
        assert!(is_silent(&mut third));
        one.close(None).unwrap();
        while one.read().is_ok() {}
        drop(one);
        let mut status = [0; 12];
        third.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 101");
        other.send(Message::text("still here")).unwrap();
        assert_eq!(other.read().unwrap(), Message::text("still here"));
        server.shut_down();
    }

    #[test]
    fn who_is_silent_or_slow_in_the_handshake_is_left() {
        let limits = Limits { connections: 1, handshake: Duration::from_millis(200) };
        let (address, server) = start(limits, ServerOptions::default());
        for sent in ["", "GET / HTTP/1.1\r\n"] {
            let mut stream = connect(address);
            stream.write_all(sent.as_bytes()).unwrap();
            assert_eq!(stream.read(&mut [0]).unwrap_or_default(), 0);
        }
        let mut socket = open(address);
        thread::sleep(2 * limits.handshake);
        socket.send(Message::text("in time")).unwrap();
        assert_eq!(socket.read().unwrap(), Message::text("in time"));
        server.shut_down();
    }

    #[test]
    fn shutting_down_tells_every_client_and_refuses_new_ones() {
        let options = ServerOptions { delay: Duration::from_secs(60), ..ServerOptions::default() };
        let (address, server) = start(Limits::default(), options);
        let mut clients: Vec<_> = (0..5).map(|_| open(address)).collect();
        clients[0].send(Message::text("its echo is a long time off")).unwrap();
        let closed = thread::spawn(move || {
            for client in &mut clients {
                match client.read().unwrap() {
                    Message::Close(Some(close)) => assert_eq!(close.code, CloseCode::Away),
                    other => panic!("{other:?}"),
                }
            }
            // After every client has read its Close, so that none delays the others.
            for client in &mut clients {
                while client.read().is_ok() {}
            }
        });
        server.shut_down();
        closed.join().unwrap();
        assert!(TcpStream::connect(address).is_err());
    }
}
