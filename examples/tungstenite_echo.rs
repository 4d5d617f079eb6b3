//! An echo server of nothing but tungstenite, as its documentation has it: what `tests/peers/run` puts the rules of
//! `probe --conformance` to. The embedded server of wsurl does more than this.
//!
//!     cargo run --example tungstenite_echo -- 127.0.0.1:9001

use std::net::{TcpListener, TcpStream};
use std::thread;

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let listener = TcpListener::bind(address)?;
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || echo(stream));
    }
    Ok(())
}

/// Sends every message back until the connection ends, in whatever way.
fn echo(stream: TcpStream) {
    let Ok(mut socket) = tungstenite::accept(stream) else { return };
    while let Ok(message) = socket.read() {
        if (message.is_text() || message.is_binary()) && socket.send(message).is_err() {
            return;
        }
    }
}
