//! A port where nobody is to call: for what must not be reached. The test fails if somebody did.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::thread;

pub struct Untouched(TcpListener);

impl Untouched {
    pub fn new() -> Self {
        Self::at("127.0.0.1:0").expect("listen on a port of our own")
    }

    /// Listens elsewhere; fails where the address does not exist, as IPv6 does not on some machines.
    pub fn at(address: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self(listener))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("the address")
    }

    pub fn port(&self) -> u16 {
        self.address().port()
    }

    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}/", self.address())
    }
}

impl Drop for Untouched {
    /// The run is over by now: who has called waits to be taken, even if it has left.
    fn drop(&mut self) {
        let called = !matches!(self.0.accept(), Err(error) if error.kind() == ErrorKind::WouldBlock);
        assert!(!called || thread::panicking(), "somebody called {}", self.address());
    }
}

#[test]
#[should_panic(expected = "somebody called")]
fn a_call_is_noticed_after_the_caller_has_left() {
    let port = Untouched::new();
    drop(std::net::TcpStream::connect(port.address()).expect("a connection"));
}
