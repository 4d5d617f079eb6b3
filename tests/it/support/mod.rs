//! What the stories are told with: the binary under test, the peers it talks to, and a clock that nothing can outlast.
//!
//! - `wsurl`: runs the binary and compares what a user sees: exit status, stdout, stderr, time.
//! - `echo_server`: a well-behaved server, made of tungstenite.
//! - `flawed`: an echo server with one flaw.
//! - `script`: a peer that does, byte by byte, what a test tells it.
//! - `echoing`: what makes a script an echo server. `lax_server`: one that refuses nothing, whatever is sent.
//! - `gauge`: what makes a script measure an upload.
//! - `embedded`: the echo server of the binary itself.
//! - `frame`: frames as bytes, written from the RFC and not from the code under test.
//! - `certificate`: certificates of every kind, made when they are needed.
//! - `presenter`: chains of certificates of every kind, and a server that presents them.
//! - `openssl_acceptor`: servers that demand more of TLS: its latest version, or a client certificate.
//! - `tunnel`, `socks`: what makes a script a proxy. `digest`: what makes a server know a password.
//! - `formats`, `xml`: readers of reports.
//! - `pty`: a terminal.
//! - `untouched`: a port where nobody is to call.

pub mod beside_tls;
mod capture;
mod certificate;
mod difference;
pub mod digest;
mod echo_server;
pub mod echoing;
mod embedded;
pub mod flawed;
pub mod formats;
pub mod frame;
#[cfg(target_os = "linux")]
pub mod full_pipe;
mod gauge;
mod lax_server;
#[cfg(target_os = "linux")]
mod openssl_acceptor;
#[cfg(unix)]
mod posix;
mod presenter;
#[cfg(target_os = "linux")]
mod pty;
mod running;
pub mod script;
pub mod socks;
mod stage;
mod tunnel;
mod untouched;
mod wsurl;
mod xml;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

pub use certificate::{Certificate, Tls};
pub use echo_server::{Echo, EchoServer};
pub use embedded::Embedded;
pub use lax_server::LaxServer;
#[cfg(target_os = "linux")]
pub use openssl_acceptor::Demand;
#[cfg(unix)]
pub use posix::{Signal, make_fifo, send_signal};
#[cfg(target_os = "linux")]
pub use presenter::{Authority, Presented};
#[cfg(target_os = "linux")]
pub use pty::Terminal;
pub use running::Running;
pub use script::Script;
pub use untouched::Untouched;
pub use wsurl::Wsurl;
pub use xml::Element;

/// How long a peer waits for anything at all; longer than the limit of any run, so that the run is what fails.
pub const PEER_PATIENCE: Duration = Duration::from_secs(20);

pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Tells a story whose point is a short time, until it holds: the machine does other work, too. A story that never holds fails
/// as it does the third time.
pub fn timed(story: impl Fn()) {
    for _ in 0..2 {
        if catch_unwind(AssertUnwindSafe(&story)).is_ok() {
            return;
        }
    }
    story();
}

/// Bytes that look random, are the same in each run, and hold every value: what a lost or doubled section would show in.
pub fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Lines that all differ, so that a lost, doubled or misplaced one shows.
pub fn numbered_lines(count: usize) -> String {
    (1..=count).fold(String::new(), |lines, number| lines + "line " + &number.to_string() + "\n")
}

/// Whether the binary could ask for a password here, as it can when the tests are started by hand.
pub fn has_terminal() -> bool {
    let terminal = if cfg!(windows) { "CONIN$" } else { "/dev/tty" };
    std::fs::File::open(terminal).is_ok()
}

/// A folder, and the path of a file in it that is not there.
pub fn new_file(name: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    (folder, path)
}

/// A port that is ours and refuses everybody until somebody listens there.
pub fn closed_port() -> (socket2::Socket, String) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    socket.bind(&any.into()).expect("a port of our own");
    let address = socket.local_addr().expect("the address").as_socket().expect("an IP address");
    (socket, format!("ws://{address}/"))
}

/// A directory of its own for a test, with one file in it.
pub fn file_with(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join(name);
    std::fs::write(&path, content).expect("write a file");
    let path = path.to_str().expect("a path in UTF-8").to_owned();
    (dir, path)
}
