//! What makes a [`Script`] a proxy: once it has agreed to, it carries bytes both ways until both sides are done.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Instant;

use super::stage::{Fault, Stage, Stream, missed};
use super::{PEER_PATIENCE, Script, millis};

/// The answer of an HTTP proxy that has opened the tunnel.
const ESTABLISHED: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

impl Script {
    /// Carries everything to this address and back, whatever address was asked for.
    pub fn tunnel_to(self, server: SocketAddr) -> Self {
        self.step("tunnel", move |stage: &mut Stage| {
            let mut server = TcpStream::connect(server).map_err(missed)?;
            server.set_nodelay(true).map_err(missed)?;
            // How the tunnel ends is for the two at its ends to judge.
            carry(stage.stream()?, &mut server).map_err(|_| Fault::Gone)
        })
    }

    /// Reads a CONNECT, agrees, and is the tunnel.
    pub fn http_tunnel_to(self, server: SocketAddr) -> Self {
        self.request().respond(ESTABLISHED).tunnel_to(server)
    }
}

/// In turns, since what goes through TLS cannot be read and written by two threads.
fn carry(client: &mut Stream, server: &mut TcpStream) -> io::Result<()> {
    client.tcp().set_read_timeout(Some(millis(1)))?;
    server.set_read_timeout(Some(millis(1)))?;
    let started = Instant::now();
    let (mut client_speaks, mut server_speaks) = (true, true);
    while (client_speaks || server_speaks) && started.elapsed() < PEER_PATIENCE {
        if client_speaks && !pass_on(client, server)? {
            client_speaks = false;
            server.shutdown(Shutdown::Write)?;
        }
        if server_speaks && !pass_on(server, client)? {
            server_speaks = false;
            client.shut_down();
        }
    }
    Ok(())
}

/// False when there is nothing more to come.
fn pass_on(from: &mut impl Read, to: &mut impl Write) -> io::Result<bool> {
    let mut buffer = vec![0; 64 * 1024];
    match from.read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(count) => to.write_all(&buffer[..count]).and_then(|()| to.flush()).map(|()| true),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(true),
        Err(error) => Err(error),
    }
}

#[test]
fn a_tunnel_carries_both_ways_to_the_end() {
    use std::net::TcpListener;
    use std::thread;

    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let proxy = Script::new().http_tunnel_to(listener.local_addr().expect("an address"));
    let server = thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        let mut heard = String::new();
        client.read_to_string(&mut heard).expect("all that the client says");
        client.write_all(heard.to_uppercase().as_bytes()).expect("an answer");
    });
    let mut client = TcpStream::connect(proxy.address()).expect("a connection");
    client.write_all(b"CONNECT a.example:80 HTTP/1.1\r\n\r\nand then").expect("a request and more");
    client.shutdown(Shutdown::Write).expect("an end");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("an answer");
    server.join().expect("the server");
    assert_eq!(answer, format!("{ESTABLISHED}AND THEN"));
    assert_eq!(proxy.requests(), ["CONNECT a.example:80 HTTP/1.1\r\n\r\n"]);
}
