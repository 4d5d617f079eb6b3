//! Connects to one of several addresses: attempts start one after the other, run side by side, and the first that succeeds
//! wins (RFC 8305, "Happy Eyeballs").

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
#[cfg(unix)]
use std::path::Path;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Token};
use socket2::{Domain, Protocol, Type};

use super::Observer;
use super::address::Destination;
use super::poller::{Poller, Registration};
use super::socket::Socket;
use super::stream::Stream;
use super::transport::Transport;
use crate::deadline::Deadline;
use crate::error::{Failure, IoCause, Phase, Status, exhaustion};
use crate::os::signals::Signal;

/// The most addresses that are tried.
const MAX_ADDRESSES: usize = 5;

/// The head start of an attempt before the next one (RFC 8305 §5, "Connection Attempt Delay").
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The most unsent bytes in the kernel: two buffers of the session.
#[cfg(any(target_os = "linux", target_os = "android"))]
const MAX_UNSENT: u32 = 512 * 1024;

#[derive(Clone, Copy, Debug, Default)]
pub struct SocketOptions {
    /// Leaves Nagle's algorithm on.
    pub no_tcp_nodelay: bool,
    /// The size of the kernel's send buffer in bytes.
    pub send_buffer: Option<usize>,
    /// The local address to connect from.
    pub interface: Option<IpAddr>,
}

struct Attempt {
    address: SocketAddr,
    stream: TcpStream,
    registration: Registration,
}

struct Race<'a> {
    poller: Poller,
    options: &'a SocketOptions,
    waiting: VecDeque<SocketAddr>,
    running: Vec<Attempt>,
    failed: Vec<(SocketAddr, io::Error)>,
}

/// Connects to the first of `addresses` that answers; they are those of `destination`.
pub(super) fn connect(
    addresses: &[SocketAddr],
    destination: &Destination,
    options: &SocketOptions,
    deadline: &Deadline,
    observer: &mut dyn Observer,
) -> Result<Transport, Failure> {
    let first = addresses.first().copied();
    let poller = Poller::new()
        .map_err(|err| explain(&destination.to_string(), first.into_iter().zip([err]).collect()))?;
    let race =
        Race { poller, options, waiting: in_order(addresses), running: Vec::new(), failed: Vec::new() };
    match race.run(deadline, observer) {
        Ok(transport) => Ok(transport),
        Err(Lost::Deadline) => Err(Failure::timeout(Phase::Connect, &destination.host, deadline)),
        Err(Lost::Interrupted(signal)) => Err(signal.failure()),
        Err(Lost::Failed(failed)) => {
            let from = options.interface.map_or(String::new(), |ip| format!(" from {ip}"));
            Err(explain(&format!("{destination}{from}"), failed))
        }
    }
}

enum Lost {
    Deadline,
    Interrupted(Signal),
    Failed(Vec<(SocketAddr, io::Error)>),
}

impl Race<'_> {
    fn run(mut self, deadline: &Deadline, observer: &mut dyn Observer) -> Result<Transport, Lost> {
        let mut events = Vec::with_capacity(MAX_ADDRESSES);
        let mut next_start = Instant::now();
        loop {
            if !self.waiting.is_empty() && (self.running.is_empty() || Instant::now() >= next_start) {
                self.start_next(observer);
                next_start = Instant::now() + ATTEMPT_DELAY;
                continue;
            }
            if self.running.is_empty() {
                return Err(Lost::Failed(self.failed));
            }
            let mut timeout = deadline.remaining().ok_or(Lost::Deadline)?;
            if !self.waiting.is_empty() {
                timeout = timeout.min(next_start.saturating_duration_since(Instant::now()));
            }
            events.clear();
            match self.poller.wait_or_signal(Some(timeout), |token| events.push(token)) {
                Ok(None) => {}
                Ok(Some(signal)) => return Err(Lost::Interrupted(signal)),
                Err(err) => {
                    self.failed.extend(self.running.first().map(|attempt| (attempt.address, err)));
                    return Err(Lost::Failed(self.failed));
                }
            }
            for token in &events {
                if let Some(Attempt { stream, registration, .. }) = self.settle(*token, observer) {
                    return Ok(Transport::plain(Socket::registered(Stream::Tcp(stream), registration)));
                }
            }
        }
    }

    fn start_next(&mut self, observer: &mut dyn Observer) {
        let Some(address) = self.waiting.pop_front() else { return };
        observer.note(&format!("Trying {address}..."));
        let opened = self.open(address).and_then(|mut stream| {
            let registration = self.poller.register(&mut stream, Interest::READABLE | Interest::WRITABLE)?;
            Ok(Attempt { address, stream, registration })
        });
        match opened {
            Ok(attempt) => self.running.push(attempt),
            Err(err) => self.failed.push((address, err)),
        }
    }

    fn open(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = socket2::Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(!self.options.no_tcp_nodelay)?;
        if let Some(size) = self.options.send_buffer {
            socket.set_send_buffer_size(size)?;
        }
        if !address.ip().is_loopback() {
            limit_unsent(&socket);
        }
        if let Some(ip) = self.options.interface {
            socket.bind(&SocketAddr::new(ip, 0).into())?;
        }
        match socket.connect(&address.into()) {
            Err(err) if !is_in_progress(&err) => Err(err),
            _ => Ok(TcpStream::from_std(socket.into())),
        }
    }

    /// Deals with an event of an attempt. Returns the attempt if it is connected.
    fn settle(&mut self, token: Token, observer: &mut dyn Observer) -> Option<Attempt> {
        let index = self.running.iter().position(|attempt| attempt.registration.token() == token)?;
        let stream = &self.running[index].stream;
        let error = match (stream.take_error(), stream.peer_addr()) {
            (Ok(Some(err)) | Err(err), _) => err,
            (Ok(None), Ok(_)) => return Some(self.running.swap_remove(index)),
            // An event from before the connection was made.
            (Ok(None), Err(_)) => return None,
        };
        let attempt = self.running.swap_remove(index);
        observer.note(&format!("connect to {} failed: {}", attempt.address, crate::error::io_reason(&error)));
        self.failed.push((attempt.address, error));
        None
    }
}

/// Connects to the Unix socket at `path`.
#[cfg(unix)]
pub(super) fn connect_unix(path: &Path, observer: &mut dyn Observer) -> Result<Transport, Failure> {
    observer.note(&format!("Trying {}...", path.display()));
    let opened = Poller::new().and_then(|poller| {
        let stream = mio::net::UnixStream::connect(path)?;
        Socket::new(Stream::Unix(stream), &poller).map(Transport::plain)
    });
    opened.map_err(|err| {
        cannot_connect(&path.display().to_string())
            .source(IoCause(err))
            .hint("is the server listening on it?")
    })
}

/// Limits the unsent bytes in the kernel. On a slow line, megabytes would wait there otherwise, and pongs, our Close and
/// every count of progress behind them; `--close-timeout` would run out while the line still carries the upload. Loopback is
/// fast, and more switches between processes would only slow it down.
fn limit_unsent(socket: &socket2::Socket) {
    // Everything works without it, too.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = socket.set_tcp_notsent_lowat(MAX_UNSENT);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = socket;
}

/// Whether a non-blocking connect is in progress.
fn is_in_progress(err: &io::Error) -> bool {
    #[cfg(unix)]
    let begun = err.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error());
    #[cfg(not(unix))]
    let begun = err.kind() == ErrorKind::WouldBlock;
    begun
}

/// The first addresses, families taking turns beginning with that of the first (RFC 8305 §4).
fn in_order(addresses: &[SocketAddr]) -> VecDeque<SocketAddr> {
    let first_is_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut preferred, mut other): (VecDeque<SocketAddr>, VecDeque<SocketAddr>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == first_is_ipv6);
    let mut ordered = VecDeque::new();
    while ordered.len() < MAX_ADDRESSES && !(preferred.is_empty() && other.is_empty()) {
        ordered.extend(preferred.pop_front());
        ordered.extend(other.pop_front());
    }
    ordered.truncate(MAX_ADDRESSES);
    ordered
}

fn cannot_connect(target: &str) -> Failure {
    Failure::new(Status::CannotConnect, format!("cannot connect to {target}"))
}

fn explain(target: &str, mut failed: Vec<(SocketAddr, io::Error)>) -> Failure {
    let refused = failed.iter().all(|(_, err)| err.kind() == ErrorKind::ConnectionRefused);
    let exhausted = failed.iter().find_map(|(_, err)| exhaustion(err));
    let failure = if failed.len() == 1 {
        failed.drain(..).fold(cannot_connect(target), |failure, (_, err)| failure.source(IoCause(err)))
    } else {
        let each: Vec<_> = failed
            .iter()
            .map(|(address, err)| format!("{address} {}", crate::error::io_reason(err)))
            .collect();
        cannot_connect(target).and(format_args!(": {}", each.join("; ")))
    };
    failure.hint(match exhausted {
        Some(advice) => advice,
        None if refused => "is the server running, and is the port right?",
        None => "is there a route to it?",
    })
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    use super::super::address::Role;

    fn destination() -> Destination {
        Destination { host: "h".to_owned(), port: 1, role: Role::Server }
    }

    struct Deaf;

    impl Observer for Deaf {}

    /// A port whose queue of connections is full, so that the kernel drops every further SYN: a black hole on loopback.
    fn black_hole() -> (socket2::Socket, Vec<TcpStream>, SocketAddr) {
        let listener = socket2::Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let queue = (0..3).map(|_| TcpStream::connect(address).unwrap()).collect();
        (listener, queue, address)
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_black_hole_does_not_eat_the_budget() {
        let (_listener, _queue, hole) = black_hole();
        let open = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let good = open.local_addr().unwrap();
        let deadline = Deadline::after(Duration::from_secs(10), "--connect-timeout");
        let start = Instant::now();
        let transport =
            connect(&[hole, good], &destination(), &SocketOptions::default(), &deadline, &mut Deaf).unwrap();
        assert_eq!(transport.peer_address(), Some(good));
        assert!((ATTEMPT_DELAY..Duration::from_secs(5)).contains(&start.elapsed()), "{:?}", start.elapsed());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn black_holes_everywhere_end_at_the_deadline() {
        let (_listener, _queue, hole) = black_hole();
        let deadline = Deadline::after(Duration::from_millis(300), "--connect-timeout");
        let failure =
            connect(&[hole], &destination(), &SocketOptions::default(), &deadline, &mut Deaf).unwrap_err();
        assert_eq!(failure.to_string(), "timed out after 300ms in connect with h (--connect-timeout)");
    }

    #[test]
    fn families_take_turns_and_five_are_tried() {
        let addresses: Vec<SocketAddr> =
            ["[::1]:1", "[::2]:1", "[::3]:1", "[::4]:1", "1.1.1.1:1", "1.1.1.2:1"]
                .map(|a| a.parse().unwrap())
                .into();
        let order: Vec<_> = in_order(&addresses).iter().map(ToString::to_string).collect();
        assert_eq!(order, ["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1", "[::3]:1"]);
    }
}
