//! The embedded echo server: every message comes back as it was. By tungstenite's server side, so that
//! client and server do not share their mistakes.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tungstenite::protocol::WebSocketConfig;

/// Connections that are served at the same time; further ones wait in the queue of the operating system.
const MAX_CONNECTIONS: usize = 256;

/// The largest message that is echoed, in bytes.
pub const MAX_MESSAGE: usize = 64 << 20;

/// How long is waited before the next try when no connection can be accepted, for lack of descriptors for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A server that is bound and not yet running.
#[derive(Debug)]
pub struct EchoServer {
    listener: TcpListener,
}

impl EchoServer {
    /// Binds to `address`; port 0 takes a free one.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).map(|listener| Self { listener })
    }

    /// The address that it is bound to.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves connections for ever, each on a thread of its own.
    pub fn run(self) -> io::Result<()> {
        let active = Arc::new(AtomicUsize::new(0));
        loop {
            if active.load(Ordering::Acquire) >= MAX_CONNECTIONS {
                thread::sleep(ACCEPT_PAUSE);
                continue;
            }
            let Ok((stream, _)) = self.listener.accept() else {
                thread::sleep(ACCEPT_PAUSE);
                continue;
            };
            active.fetch_add(1, Ordering::AcqRel);
            let done = Arc::clone(&active);
            let spawned = thread::Builder::new().name("echo".to_owned()).spawn(move || {
                // A client that breaks off or breaks a rule is its own affair.
                let _ = echo(stream);
                done.fetch_sub(1, Ordering::AcqRel);
            });
            if spawned.is_err() {
                // No thread for this one, whose connection is closed with the closure; maybe for the next.
                active.fetch_sub(1, Ordering::AcqRel);
                thread::sleep(ACCEPT_PAUSE);
            }
        }
    }
}

fn echo(stream: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
    stream.set_nodelay(true)?;
    let config =
        WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
    let mut socket = tungstenite::accept_with_config(stream, Some(config)).map_err(|err| err.to_string())?;
    loop {
        let message = socket.read()?;
        if message.is_text() || message.is_binary() {
            socket.send(message)?;
        }
    }
}
