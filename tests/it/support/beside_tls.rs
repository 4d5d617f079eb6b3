//! A port in front of a server with TLS that takes more than today's TLS: upgrade requests without any, or hellos of TLS 1.1.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use super::PEER_PATIENCE;

/// What the port takes beside TLS.
#[derive(Clone, Copy, Debug)]
pub enum Beside {
    /// Upgrade requests in plain, for the server at this address.
    Plain(SocketAddr),
    /// Hellos of TLS 1.1, which it agrees to.
    OldTls,
}

/// Serves until the tests are over, in front of `tls`: the address.
pub fn start(tls: SocketAddr, beside: Beside) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listen on a port of our own");
    let address = listener.local_addr().expect("the address");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // How a client leaves is its own affair.
            thread::spawn(move || serve(client, tls, beside));
        }
    });
    address
}

fn serve(mut client: TcpStream, tls: SocketAddr, beside: Beside) -> io::Result<()> {
    client.set_read_timeout(Some(PEER_PATIENCE))?;
    let mut begin = [0; 11];
    for _ in 0..1000 {
        let count = client.peek(&mut begin)?;
        if count == 0 || count == begin.len() {
            break;
        }
        thread::sleep(Duration::from_millis(1));
    }
    match (beside, begin) {
        (Beside::Plain(server), [b'G', ..]) => tunnel(client, server),
        (Beside::OldTls, [22, _, _, _, _, 1, _, _, _, 3, 2]) => {
            let mut hello = vec![22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
            hello.extend([7; 32]);
            hello.extend([0, 0, 0x2F, 0]);
            client.write_all(&hello)
        }
        _ => tunnel(client, tls),
    }
}

fn tunnel(client: TcpStream, server: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    let (from_client, to_client) = (client.try_clone()?, client);
    let (from_server, to_server) = (server.try_clone()?, server);
    let upstream = thread::spawn(move || pass(&from_client, &to_server));
    pass(&from_server, &to_client)?;
    upstream.join().unwrap_or(Ok(()))
}

fn pass(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    io::copy(&mut from, &mut to)?;
    to.shutdown(std::net::Shutdown::Write)
}
