//! A client's byte stream, plain or in TLS. What is written is collected, so that many echoes leave together.
//! Neither side ever waits, and neither takes the processor for longer than a turn.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;

use tungstenite::Bytes;

use super::socket::Socket;
use crate::net::tls::server::{TlsConnection, TlsServer};

/// Bytes that are read in one turn, before other clients have theirs.
const TURN: usize = 256 * 1024;

/// Bytes that are collected before they leave in the middle of a turn.
const COLLECTED: usize = 64 * 1024;

/// The stream.
pub(super) struct Wire {
    socket: Socket,
    layer: Layer,
    /// What leaves first, and how much of it has left.
    out: Vec<u8>,
    left: usize,
    /// A large payload that leaves then, without being copied; and how much of it has left.
    large: Bytes,
    large_left: usize,
    /// What leaves after it.
    after: Vec<u8>,
    /// Bytes that have left in all.
    handed_over: u64,
    /// Bytes that may still be read in this turn.
    turn: usize,
}

/// What leaves, in its order.
#[derive(Clone, Copy)]
enum Part {
    Out,
    Large,
}

enum Layer {
    Plain(Socket),
    Tls(Box<TlsConnection<Socket>>),
}

impl Wire {
    pub(super) fn new(socket: Socket, tls: Option<&TlsServer>) -> Self {
        let layer = match tls {
            Some(tls) => Layer::Tls(Box::new(tls.accept(socket.clone()))),
            None => Layer::Plain(socket.clone()),
        };
        Self {
            socket,
            layer,
            out: Vec::new(),
            left: 0,
            large: Bytes::new(),
            large_left: 0,
            after: Vec::new(),
            handed_over: 0,
            turn: TURN,
        }
    }

    /// The socket below.
    pub(super) fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// Other clients have had theirs.
    pub(super) fn begin_turn(&mut self) {
        self.turn = TURN;
    }

    /// Whether the turn is over though there may be more to read.
    pub(super) fn is_turn_over(&self) -> bool {
        self.turn == 0
    }

    /// How many bytes the operating system, or TLS, has taken.
    pub(super) fn handed_over(&self) -> u64 {
        self.handed_over
    }

    /// Whether so little waits to leave that more may be written.
    pub(super) fn has_room(&mut self) -> io::Result<bool> {
        Ok((self.large.is_empty() && self.out.len() - self.left < COLLECTED) || self.drain()?)
    }

    /// As [`Wire::write_all`], for a payload that is worth not being copied. Only while there is room.
    pub(super) fn write_large(&mut self, payload: Bytes) {
        debug_assert!(self.large.is_empty(), "there was no room");
        self.large = payload;
    }

    /// Hands what was written to the operating system, as far as it takes it: whether all is handed over.
    pub(super) fn drain(&mut self) -> io::Result<bool> {
        let mut written = self.write_from(Part::Out)?;
        if written && !self.large.is_empty() {
            written = self.write_from(Part::Large)?;
            if written {
                (self.large, self.large_left) = (Bytes::new(), 0);
                (self.out, self.left) = (mem::take(&mut self.after), 0);
                written = self.write_from(Part::Out)?;
            }
        }
        if written {
            self.out.clear();
            self.left = 0;
        }
        Ok(self.layer.drain()? && written)
    }

    /// Writes what has not left yet of a part: whether all has.
    fn write_from(&mut self, part: Part) -> io::Result<bool> {
        let (bytes, left) = match part {
            Part::Out => (&self.out[..], &mut self.left),
            Part::Large => (&self.large[..], &mut self.large_left),
        };
        while *left < bytes.len() {
            match self.layer.write(&bytes[*left..]) {
                Ok(count) => {
                    *left += count;
                    self.handed_over += count as u64;
                }
                Err(err) if err.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(err) => return Err(err),
            }
        }
        Ok(true)
    }

    /// Reads past TLS what nobody needs any more.
    pub(super) fn discard(&mut self, scrap: &mut [u8]) -> io::Result<usize> {
        if self.turn == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = self.socket.read(scrap)?;
        self.turn = self.turn.saturating_sub(count);
        Ok(count)
    }

    /// Ends TLS in order; [`Wire::drain`] sends that.
    pub(super) fn end_tls(&mut self) {
        if let Layer::Tls(tls) = &mut self.layer {
            tls.shut_down();
        }
    }
}

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.turn == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = match &mut self.layer {
            Layer::Plain(socket) => socket.read(buf)?,
            Layer::Tls(tls) => tls.read(buf)?,
        };
        self.turn = self.turn.saturating_sub(count);
        Ok(count)
    }
}

/// Takes everything at once; flushing is for the end of the turn.
impl Write for Wire {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let last = if self.large.is_empty() { &mut self.out } else { &mut self.after };
        last.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Layer {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(buf),
            Self::Tls(tls) => tls.write(buf),
        }
    }

    /// Hands what TLS has encrypted to the operating system: whether all is handed over.
    fn drain(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(_) => Ok(true),
            Self::Tls(tls) => tls.drain(),
        }
    }
}
