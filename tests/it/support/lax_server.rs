//! A server that takes anything for a WebSocket: frames without a mask, with reserved bits and unknown opcodes, text that
//! is no text. It echoes messages, answers pings and Close frames, and never refuses anything.

use std::io::{self, Read, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use super::PEER_PATIENCE;
use super::frame::{self, BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT};

/// More than this is not put together; what was announced is then taken for an echo that never comes.
const MOST: u64 = 1 << 20;

pub struct LaxServer(SocketAddr);

impl LaxServer {
    /// Serves until the tests are over.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listen on a port of our own");
        let address = listener.local_addr().expect("the address");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // How a session ends is for the client to judge.
                thread::spawn(move || serve(stream));
            }
        });
        Self(address)
    }

    pub fn url(&self) -> String {
        format!("ws://{}/", self.0)
    }
}

fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PEER_PATIENCE))?;
    stream.set_nodelay(true)?;
    let head = read_head(&mut stream)?;
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim().to_owned())
    });
    let accept = tungstenite::handshake::derive_accept_key(key.unwrap_or_default().as_bytes());
    stream.write_all(super::script::SWITCHING.replace("{accept}", &accept).as_bytes())?;
    let (mut opcode, mut message) = (TEXT, Vec::new());
    loop {
        let (first, mut payload) = read_frame(&mut stream)?;
        match first & 0x0F {
            CLOSE => {
                stream.write_all(&frame::frame(CLOSE, payload))?;
                return stream.shutdown(Shutdown::Both);
            }
            PING => stream.write_all(&frame::frame(PONG, payload))?,
            kind @ (TEXT | BINARY | CONTINUATION) => {
                if kind != CONTINUATION {
                    opcode = kind;
                }
                message.append(&mut payload);
                if first & 0x80 != 0 {
                    stream.write_all(&frame::frame(opcode, std::mem::take(&mut message)))?;
                }
            }
            _ => {}
        }
    }
}

fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// The first byte, and the payload without its mask, if it has one.
fn read_frame(stream: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut start = [0; 2];
    stream.read_exact(&mut start)?;
    let mut wide = [0; 8];
    let bytes = match start[1] & 0x7F {
        127 => 8,
        126 => 2,
        short => {
            wide[7] = short;
            0
        }
    };
    stream.read_exact(&mut wide[8 - bytes..])?;
    let mut key = [0; 4];
    if start[1] & 0x80 != 0 {
        stream.read_exact(&mut key)?;
    }
    let length = u64::from_be_bytes(wide);
    let mut payload = Vec::new();
    stream.take(length.min(MOST)).read_to_end(&mut payload)?;
    io::copy(&mut stream.take(length.saturating_sub(MOST)), &mut io::sink())?;
    for (byte, key) in payload.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
    Ok((start[0], payload))
}
