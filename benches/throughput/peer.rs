//! The other side of every run: small RFC 6455 servers and raw TCP ends, written for speed and nothing else.
//! Invariant: no peer waits longer than `PATIENCE` for its client, and none holds more than a block of its traffic.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use openssl::ssl::SslStream;
use tungstenite::handshake::derive_accept_key;

use crate::secure::Tls;

const PATIENCE: Duration = Duration::from_secs(60);
const READ: usize = 256 * 1024;
const BLOCK: usize = 256 * 1024;

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;

/// What went through one connection: payload bytes and whole data messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) bytes: u64,
    pub(crate) messages: u64,
}

/// A server on loopback whose handler serves each connection on a thread of its own, until the bench ends.
pub(crate) struct Peer {
    pub(crate) port: u16,
    seen: Receiver<io::Result<Seen>>,
}

impl Peer {
    pub(crate) fn start<F>(handler: F) -> io::Result<Self>
    where
        F: Fn(TcpStream) -> io::Result<Seen> + Clone + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let (tell, seen) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (handler, tell) = (handler.clone(), tell.clone());
                thread::spawn(move || tell.send(stream.and_then(bounded).and_then(handler)));
            }
        });
        Ok(Self { port, seen })
    }

    /// A server whose handler serves what `tls` has decrypted.
    pub(crate) fn start_tls<F>(tls: &Tls, handler: F) -> io::Result<Self>
    where
        F: Fn(SslStream<TcpStream>) -> io::Result<Seen> + Clone + Send + 'static,
    {
        let acceptor = tls.acceptor.clone();
        Self::start(move |stream| handler(acceptor.accept(stream).map_err(io::Error::other)?))
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn secure_url(&self) -> String {
        format!("wss://localhost:{}/", self.port)
    }

    /// What the next connection to end has seen.
    pub(crate) fn seen(&self) -> anyhow::Result<Seen> {
        self.seen
            .recv_timeout(PATIENCE)
            .context("the peer saw no end of a connection")?
            .context("the peer failed")
    }
}

fn bounded(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads all that comes.
pub(crate) fn raw_sink<S: Read>(mut stream: S) -> io::Result<Seen> {
    let mut buffer = vec![0; READ];
    let mut seen = Seen::default();
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(seen),
            count => seen.bytes += count as u64,
        }
    }
}

/// Accepts an upgrade and throws away every message.
pub(crate) fn sink<S: Read + Write>(mut stream: S) -> io::Result<Seen> {
    upgrade(&mut stream)?;
    let mut reader = Reader::new(stream);
    let mut seen = Seen::default();
    loop {
        let header = reader.header()?;
        if header.opcode == CLOSE & 0x0f {
            reader.answer_close(&header)?;
            return Ok(seen);
        }
        seen.bytes += header.length;
        seen.messages += u64::from(header.fin);
        reader.skip(header.length)?;
    }
}

/// Accepts an upgrade and sends every message back. For small messages in one frame.
pub(crate) fn echo<S: Read + Write>(mut stream: S) -> io::Result<Seen> {
    upgrade(&mut stream)?;
    let mut reader = Reader::new(stream);
    let mut seen = Seen::default();
    loop {
        let header = reader.header()?;
        if header.opcode == CLOSE & 0x0f {
            reader.answer_close(&header)?;
            return Ok(seen);
        }
        let mut frame = frame_header(0x80 | header.opcode, header.length);
        frame.extend(reader.payload(&header)?);
        reader.stream.write_all(&frame)?;
        seen.bytes += header.length;
        seen.messages += 1;
    }
}

/// What a source sends: `head` once, then `block` again and again.
#[derive(Clone)]
pub(crate) struct Flood {
    head: Vec<u8>,
    block: Arc<[u8]>,
    times: u64,
    total: Seen,
}

impl Flood {
    pub(crate) fn raw(bytes: u64) -> Self {
        let total = Seen { bytes, messages: 0 };
        Self { head: Vec::new(), block: vec![0; BLOCK].into(), times: bytes / BLOCK as u64, total }
    }

    /// Binary messages of 64 KiB.
    pub(crate) fn binary(bytes: u64) -> Self {
        Self::frames(BINARY, 64 * 1024, bytes / (64 * 1024), 4)
    }

    /// Text messages of 100 bytes.
    pub(crate) fn text(messages: u64) -> Self {
        Self::frames(TEXT, 100, messages, 2_500)
    }

    /// One message in one frame.
    pub(crate) fn one_frame(bytes: u64) -> Self {
        let total = Seen { bytes, messages: 1 };
        Self { head: frame_header(BINARY, bytes), total, ..Self::raw(bytes) }
    }

    fn frames(first: u8, size: u64, messages: u64, in_block: u64) -> Self {
        let mut frame = frame_header(first, size);
        frame.extend((0..size).map(|_| b'x'));
        let times = messages / in_block;
        let total = Seen { bytes: times * in_block * size, messages: times * in_block };
        let block = (0..in_block).map(|_| &frame[..]).collect::<Vec<_>>().concat().into();
        Self { head: Vec::new(), block, times, total }
    }

    fn send(&self, stream: &mut impl Write) -> io::Result<()> {
        stream.write_all(&self.head)?;
        for _ in 0..self.times {
            stream.write_all(&self.block)?;
        }
        Ok(())
    }

    /// Sends it over plain TCP.
    pub(crate) fn pour(&self, mut stream: impl Write) -> io::Result<Seen> {
        self.send(&mut stream)?;
        Ok(self.total)
    }

    /// Accepts an upgrade, sends it, closes with 1000, and waits for the answer.
    pub(crate) fn serve<S: Read + Write>(&self, mut stream: S) -> io::Result<Seen> {
        upgrade(&mut stream)?;
        self.send(&mut stream)?;
        stream.write_all(&[CLOSE, 2, 0x03, 0xe8])?;
        let mut reader = Reader::new(stream);
        while reader.header()?.opcode != CLOSE & 0x0f {}
        Ok(self.total)
    }
}

fn upgrade(stream: &mut (impl Read + Write)) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => request.extend(&buffer[..count]),
        }
    }
    let request = String::from_utf8_lossy(&request);
    let key = request
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"))
        .map(|(_, value)| value.trim())
        .ok_or(ErrorKind::InvalidData)?;
    let accept = derive_accept_key(key.as_bytes());
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    stream.write_all(format!("{head}Sec-WebSocket-Accept: {accept}\r\n\r\n").as_bytes())
}

/// The first byte, and the length in the shortest of its three forms, unmasked as servers send.
fn frame_header(first: u8, length: u64) -> Vec<u8> {
    let mut header = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => header.push(short),
        (_, Ok(medium)) => {
            header.push(126);
            header.extend(medium.to_be_bytes());
        }
        _ => {
            header.push(127);
            header.extend(length.to_be_bytes());
        }
    }
    header
}

struct Header {
    fin: bool,
    opcode: u8,
    length: u64,
    key: [u8; 4],
}

/// Takes masked frames from a socket with large reads.
struct Reader<S> {
    stream: S,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<S: Read + Write> Reader<S> {
    fn new(stream: S) -> Self {
        Self { stream, buffer: vec![0; READ], start: 0, end: 0 }
    }

    fn header(&mut self) -> io::Result<Header> {
        let start = self.at_least(2)?;
        let (first, second) = (start[0], start[1] & 0x7f);
        let extended = match second {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let bytes = &self.at_least(2 + extended + 4)?[2..2 + extended + 4];
        let (length, key) = bytes.split_at(extended);
        let length = length.iter().fold(0, |length, &byte| length << 8 | u64::from(byte));
        let header = Header {
            fin: first & 0x80 != 0,
            opcode: first & 0x0f,
            length: if extended == 0 { u64::from(second) } else { length },
            key: [key[0], key[1], key[2], key[3]],
        };
        self.start += 2 + extended + 4;
        Ok(header)
    }

    fn payload(&mut self, header: &Header) -> io::Result<Vec<u8>> {
        let length = usize::try_from(header.length).map_err(io::Error::other)?;
        let masked = &self.at_least(length)?[..length];
        let payload = masked.iter().zip(header.key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        self.start += length;
        Ok(payload)
    }

    fn skip(&mut self, mut length: u64) -> io::Result<()> {
        loop {
            let here = length.min((self.end - self.start) as u64);
            self.start += usize::try_from(here).map_err(io::Error::other)?;
            length -= here;
            if length == 0 {
                return Ok(());
            }
            self.fill()?;
        }
    }

    fn answer_close(&mut self, header: &Header) -> io::Result<()> {
        let mut frame = frame_header(CLOSE, header.length);
        frame.extend(self.payload(header)?);
        // The end of the connection follows when the handler drops it.
        self.stream.write_all(&frame)
    }

    fn at_least(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.end - self.start < count {
            self.fill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        match self.stream.read(&mut self.buffer[self.end..])? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            count => {
                self.end += count;
                Ok(())
            }
        }
    }
}
