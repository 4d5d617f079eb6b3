//! A well-behaved echo server in this process, made of tungstenite, on a port of its own.
//! A test that forgets to call it fails.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use super::certificate::{Certificate, Tls};
#[cfg(target_os = "linux")]
use super::openssl_acceptor::{self, Demand};
use super::{PEER_PATIENCE, secs};

/// What the server is to do; [`Echo::start`] starts it.
#[derive(Clone)]
pub struct Echo {
    address: &'static str,
    certificate: Option<Certificate>,
    #[cfg(target_os = "linux")]
    demand: Option<Demand>,
    greetings: Vec<String>,
    close_after: Option<(usize, u16, String)>,
    mute: bool,
    at_most: Option<usize>,
}

pub struct EchoServer {
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    seen: Arc<Seen>,
}

/// What one client has sent, until the end of its session.
#[derive(Clone, Debug, Default)]
pub struct Received {
    pub messages: Vec<Message>,
    /// Code and reason of the client's Close; the code is 1005 if there was none in it.
    pub close: Option<(u16, String)>,
    /// The name in the client's certificate, where one was demanded.
    pub client: Option<String>,
}

#[derive(Default)]
struct Seen {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    connections: usize,
    sessions: Vec<Received>,
    stopped: bool,
}

impl Echo {
    pub fn new() -> Self {
        Self {
            address: "127.0.0.1:0",
            certificate: None,
            #[cfg(target_os = "linux")]
            demand: None,
            greetings: Vec::new(),
            close_after: None,
            mute: false,
            at_most: None,
        }
    }

    /// Listens elsewhere than on `127.0.0.1:0`.
    pub fn at(mut self, address: &'static str) -> Self {
        self.address = address;
        self
    }

    pub fn tls(mut self, certificate: Certificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// Accepts TLS by another library, which can demand more.
    #[cfg(target_os = "linux")]
    pub fn demands(mut self, demand: Demand) -> Self {
        self.demand = Some(demand);
        self
    }

    /// Sends this text by itself before anything else; can be given several times.
    pub fn greeting(mut self, text: &str) -> Self {
        self.greetings.push(text.to_owned());
        self
    }

    /// Closes once it has answered so many messages.
    pub fn closes_after(mut self, messages: usize, code: u16, reason: &str) -> Self {
        self.close_after = Some((messages, code, reason.to_owned()));
        self
    }

    /// Takes everything and sends nothing back.
    pub fn mute(mut self) -> Self {
        self.mute = true;
        self
    }

    /// Answers the upgrades of all clients after so many with 503.
    pub fn takes_at_most(mut self, clients: usize) -> Self {
        self.at_most = Some(clients);
        self
    }

    pub fn start(self) -> EchoServer {
        self.try_start().expect("listen on a port of our own")
    }

    /// As [`Echo::start`]; fails where the address does not exist, as IPv6 does not on some machines.
    pub fn try_start(self) -> io::Result<EchoServer> {
        let listener = TcpListener::bind(self.address)?;
        let address = listener.local_addr()?;
        let tls = self.certificate.map(Tls::with).map(Arc::new);
        let seen = Arc::new(Seen::default());
        let (theirs, identity) = (Arc::clone(&seen), tls.clone());
        thread::spawn(move || serve(&listener, &self, identity.as_ref(), &theirs));
        Ok(EchoServer { address, tls, seen })
    }
}

impl EchoServer {
    /// An echo server without any peculiarities.
    pub fn start() -> Self {
        Echo::new().start()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `ws://` or, with a certificate, `wss://`.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "wss" } else { "ws" };
        format!("{scheme}://{}/", self.address)
    }

    /// The file for `--cacert`.
    pub fn cacert(&self) -> &str {
        self.tls.as_ref().expect("a server with a certificate").cacert()
    }

    /// The server's public key, for `--pinnedpubkey`.
    pub fn pin(&self) -> &str {
        self.tls.as_ref().expect("a server with a certificate").pin()
    }

    /// How many clients have got as far as a session, and have ended it.
    pub fn sessions(&self) -> usize {
        self.seen.state.lock().unwrap_or_else(PoisonError::into_inner).sessions.len()
    }

    /// Waits for the first session to end, and tells what came in it.
    #[track_caller]
    pub fn received(&self) -> Received {
        self.all_received(1).remove(0)
    }

    /// Waits for so many sessions to end, and tells what came in them.
    #[track_caller]
    pub fn all_received(&self, sessions: usize) -> Vec<Received> {
        self.wait(|state| state.sessions.len() >= sessions).sessions.clone()
    }

    /// Waits until so many clients have called.
    #[track_caller]
    pub fn wait_for_connections(&self, connections: usize) {
        drop(self.wait(|state| state.connections >= connections));
    }

    #[track_caller]
    fn wait(&self, enough: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let state = self.seen.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.seen.changed.wait_timeout_while(state, secs(10), |state| !enough(state));
        let (state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            let (connections, sessions) = (state.connections, state.sessions.len());
            // Not while the lock is held: it would be poisoned for who comes next.
            drop(state);
            panic!("only {connections} connections, of which {sessions} have ended");
        }
        state
    }

    /// The messages of the first session, as text.
    #[track_caller]
    pub fn texts(&self) -> Vec<String> {
        let messages = self.received().messages;
        messages.iter().map(|message| message.to_text().expect("a text message").to_owned()).collect()
    }
}

impl Drop for EchoServer {
    fn drop(&mut self) {
        let connections = {
            let mut state = self.seen.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.stopped = true;
            state.connections
        };
        // Wakes the thread that waits for the next client, so that it sees that it is to stop.
        let _ = TcpStream::connect(self.address);
        assert!(connections > 0 || thread::panicking(), "nobody called the server at {}", self.address);
    }
}

fn serve(listener: &TcpListener, how: &Echo, tls: Option<&Arc<Tls>>, seen: &Arc<Seen>) {
    while let Ok((stream, _)) = listener.accept() {
        let is_busy = {
            let mut state = seen.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.stopped {
                return;
            }
            state.connections += 1;
            seen.changed.notify_all();
            how.at_most.is_some_and(|most| state.connections > most)
        };
        if is_busy {
            thread::spawn(move || refuse(stream));
            continue;
        }
        let (how, tls, seen) = (how.clone(), tls.cloned(), Arc::clone(seen));
        thread::spawn(move || {
            let Some(received) = session(stream, &how, tls.as_deref()) else { return };
            seen.state.lock().unwrap_or_else(PoisonError::into_inner).sessions.push(received);
            seen.changed.notify_all();
        });
    }
}

/// Reads the request, so that the answer is not lost in a reset, and refuses it.
fn refuse(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PEER_PATIENCE))?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
}

/// None if the client did not get as far as an upgrade.
fn session(stream: TcpStream, how: &Echo, tls: Option<&Tls>) -> Option<Received> {
    stream.set_read_timeout(Some(PEER_PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PEER_PATIENCE)).ok()?;
    stream.set_nodelay(true).ok()?;
    match tls {
        #[cfg(target_os = "linux")]
        Some(tls) if how.demand.is_some() => {
            let (stream, client) = openssl_acceptor::accept(tls, how.demand?, stream)?;
            talk(stream, how).map(|received| Received { client, ..received })
        }
        Some(tls) => talk(tls.acceptor.accept(stream).ok()?, how),
        None => talk(stream, how),
    }
}

fn talk(stream: impl Read + Write, how: &Echo) -> Option<Received> {
    // The peer is not what is limited here; but without any limit it takes the memory for whatever is announced to it.
    let limit = Some(1 << 30);
    let config = WebSocketConfig::default().max_message_size(limit).max_frame_size(limit);
    let mut socket = tungstenite::accept_with_config(stream, Some(config)).ok()?;
    let mut received = Received::default();
    // How a session ends is for the test to judge: by what was received, and by what the client says of it.
    let _ = answer(&mut socket, how, &mut received);
    Some(received)
}

fn answer<S: Read + Write>(
    socket: &mut WebSocket<S>,
    how: &Echo,
    received: &mut Received,
) -> Result<(), Error> {
    for greeting in &how.greetings {
        socket.send(Message::text(greeting))?;
    }
    loop {
        if let Some((messages, code, reason)) = &how.close_after
            && received.messages.len() == *messages
            && socket.can_write()
        {
            socket.close(Some(CloseFrame { code: CloseCode::from(*code), reason: reason.into() }))?;
        }
        match socket.read()? {
            Message::Close(frame) => {
                let close = frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                received.close = Some(close.unwrap_or((1005, String::new())));
            }
            message @ (Message::Text(_) | Message::Binary(_)) => {
                received.messages.push(message.clone());
                if !how.mute && socket.can_write() {
                    socket.send(message)?;
                }
            }
            _ => {}
        }
    }
}
