//! Where a [`Script`](super::script::Script) is played: one connection, what has come over it, and the single acts.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use native_tls::TlsStream;
use socket2::SockRef;

use super::PEER_PATIENCE;
use super::certificate::Tls;
use super::frame::{self, Frame};

/// Why the rest of a script is not played.
pub enum Fault {
    /// The client left while we were speaking.
    Gone,
    /// Something that the script waited for did not come.
    Missed(String),
}

#[derive(Default)]
pub struct Shared {
    pub record: Mutex<Record>,
    pub changed: Condvar,
}

#[derive(Default)]
pub struct Record {
    pub connections: usize,
    pub done: usize,
    pub over: bool,
    pub stopped: bool,
    pub fault: Option<String>,
    /// Whether a client is being waited for.
    pub waiting: bool,
    /// Where the last connection came from.
    pub client: Option<SocketAddr>,
    pub requests: Vec<String>,
    /// What was heard that is no HTTP, a piece a step.
    pub heard: Vec<Vec<u8>>,
    pub frames: Vec<Frame>,
    pub held: Duration,
    pub socket: Option<TcpStream>,
}

impl Shared {
    pub fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the steps are played.
pub struct Stage {
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    stream: Option<Stream>,
    key: String,
    /// Whether a request has come over this connection.
    asked: bool,
    /// Whether the answer to the upgrade agreed to compression.
    compresses: bool,
    shared: Arc<Shared>,
}

pub enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stage {
    pub fn new(listener: TcpListener, tls: Option<Arc<Tls>>, shared: Arc<Shared>) -> Self {
        Self { listener, tls, stream: None, key: String::new(), asked: false, compresses: false, shared }
    }

    /// Notes how a step went; false if it was the last one.
    pub fn finish(&mut self, name: &str, result: &Result<(), Fault>) -> bool {
        let mut record = self.shared.record();
        record.done += 1;
        if let Err(Fault::Missed(what)) = result
            && !record.stopped
        {
            record.fault = Some(format!("{name}: {what}"));
        }
        if result.is_err() {
            record.socket = None;
        }
        drop(record);
        self.shared.changed.notify_all();
        result.is_ok()
    }

    /// The script is over; in this order, so that nobody wakes a listener that is another's by then.
    pub fn leave(self) {
        self.shared.record().over = true;
        self.shared.changed.notify_all();
    }

    /// Takes a connection, with its TLS handshake, unless there is one.
    pub fn accept(&mut self) -> Result<(), Fault> {
        self.stream().map(|_| ())
    }

    pub fn stream(&mut self) -> Result<&mut Stream, Fault> {
        if self.stream.is_none() {
            self.wait_for_client()?;
            let (tcp, client) = self.listener.accept().map_err(missed)?;
            let mut record = self.shared.record();
            record.waiting = false;
            if record.stopped {
                return Err(Fault::Gone);
            }
            record.client = Some(client);
            record.connections += 1;
            record.socket = tcp.try_clone().ok();
            drop(record);
            self.asked = false;
            self.stream = Some(Stream::new(tcp, self.tls.as_deref())?);
        }
        Ok(self.stream.as_mut().expect("just set"))
    }

    fn wait_for_client(&self) -> Result<(), Fault> {
        let mut record = self.shared.record();
        record.waiting = !record.stopped;
        if record.stopped { Err(Fault::Gone) } else { Ok(()) }
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let stream = self.stream()?;
        stream.write_all(bytes).and_then(|()| stream.flush()).map_err(|_| Fault::Gone)
    }

    pub fn write_urgent(&mut self) -> Result<(), Fault> {
        SockRef::from(self.stream()?.tcp()).send_out_of_band(b"!").map(drop).map_err(|_| Fault::Gone)
    }

    pub fn drip(&mut self, bytes: &[u8], gap: Duration) -> Result<(), Fault> {
        for byte in bytes {
            self.write(&[*byte])?;
            thread::sleep(gap);
        }
        Ok(())
    }

    /// Reads the head a byte at a time, so as not to take a byte of what follows it.
    /// A client that has left with the answer to its last request is to come back for this one.
    pub fn read_request(&mut self) -> Result<(), Fault> {
        let mut byte = [0];
        let mut head = Vec::new();
        if self.asked {
            match self.stream()?.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                _ => self.stream = None,
            }
        }
        let stream = self.stream()?;
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).map_err(missed)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let fields = head.lines().filter_map(|line| line.split_once(':'));
        let mut keys = fields.filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
        self.key = keys.next().map(|(_, key)| key.trim().to_owned()).unwrap_or_default();
        self.asked = true;
        self.shared.record().requests.push(head);
        Ok(())
    }

    pub fn fill_in(&mut self, head: &str) -> String {
        self.compresses = head.contains("Sec-WebSocket-Extensions: permessage-deflate");
        let accept = tungstenite::handshake::derive_accept_key(self.key.as_bytes());
        head.replace("{accept}", &accept)
    }

    pub fn read_frame(&mut self) -> Result<Frame, Fault> {
        let agreed = self.compresses;
        let frame = Frame::read_compressed(self.stream()?, agreed).map_err(missed)?;
        self.shared.record().frames.push(frame.clone());
        Ok(frame)
    }

    /// The frames read so far.
    pub fn frames(&self) -> Vec<Frame> {
        self.shared.record().frames.clone()
    }

    /// Reads so many bytes of something that is no HTTP.
    pub fn hear(&mut self, count: usize) -> Result<Vec<u8>, Fault> {
        let mut bytes = vec![0; count];
        self.stream()?.read_exact(&mut bytes).map_err(missed)?;
        Ok(bytes)
    }

    pub fn note_heard(&self, bytes: Vec<u8>) {
        self.shared.record().heard.push(bytes);
    }

    pub fn hear_nothing(&mut self, time: Duration) -> Result<(), Fault> {
        let stream = self.stream()?;
        stream.tcp().set_read_timeout(Some(time)).map_err(missed)?;
        let heard = stream.read(&mut [0]);
        stream.tcp().set_read_timeout(Some(PEER_PATIENCE)).map_err(missed)?;
        match heard {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(()),
            Ok(0) => Err(Fault::Missed("the client left".to_owned())),
            Ok(_) => Err(Fault::Missed("the client said something".to_owned())),
            Err(error) => Err(missed(error)),
        }
    }

    pub fn hear_end(&mut self) -> Result<(), Fault> {
        match self.stream()?.read(&mut [0]) {
            Ok(1..) => Err(Fault::Missed("the client said something".to_owned())),
            _ => Ok(()),
        }
    }

    pub fn answer_close(&mut self) -> Result<(), Fault> {
        let payload = self.shared.record().frames.last().map(|frame| frame.payload.clone());
        self.write(&frame::frame(frame::CLOSE, payload.unwrap_or_default()))
    }

    pub fn close(&mut self) -> Result<(), Fault> {
        self.stream()?.shut_down();
        self.hold()
    }

    /// Ends the connection without waiting for the client to leave; the next step takes a new one.
    pub fn hang_up(&mut self) -> Result<(), Fault> {
        self.stream()?.shut_down();
        self.shared.record().socket = None;
        self.stream = None;
        Ok(())
    }

    pub fn reset(&mut self) -> Result<(), Fault> {
        let tcp = SockRef::from(self.stream()?.tcp());
        tcp.set_linger(Some(Duration::ZERO)).map_err(missed)?;
        // RST goes out when the last descriptor of the socket is closed.
        self.shared.record().socket = None;
        self.stream = None;
        Ok(())
    }

    pub fn write_until_gone(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let patience = Instant::now() + PEER_PATIENCE;
        while Instant::now() < patience {
            self.write(bytes)?;
        }
        Err(Fault::Missed("the client stayed".to_owned()))
    }

    pub fn hold(&mut self) -> Result<(), Fault> {
        let stream = self.stream()?;
        let started = Instant::now();
        let mut sink = vec![0; 256 * 1024];
        while started.elapsed() < PEER_PATIENCE {
            // However the client goes, with FIN or RST, it has gone.
            if !matches!(stream.read(&mut sink), Ok(1..)) {
                break;
            }
        }
        self.shared.record().held = started.elapsed();
        Ok(())
    }
}

pub fn missed(error: impl std::fmt::Display) -> Fault {
    Fault::Missed(error.to_string())
}

impl Stream {
    fn new(tcp: TcpStream, tls: Option<&Tls>) -> Result<Self, Fault> {
        tcp.set_read_timeout(Some(PEER_PATIENCE)).map_err(missed)?;
        tcp.set_write_timeout(Some(PEER_PATIENCE)).map_err(missed)?;
        tcp.set_nodelay(true).map_err(missed)?;
        Ok(match tls {
            Some(tls) => Self::Tls(Box::new(tls.acceptor.accept(tcp).map_err(missed)?)),
            None => Self::Plain(tcp),
        })
    }

    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref(),
        }
    }

    pub fn shut_down(&mut self) {
        // Fails where the client was faster, which is as good.
        if let Self::Tls(tls) = self {
            let _ = tls.shutdown();
        }
        let _ = self.tcp().shutdown(Shutdown::Write);
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}
