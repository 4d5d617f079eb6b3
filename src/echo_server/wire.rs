//! A client's byte stream, plain or in TLS. Writes are collected, so that many echoes are sent together.
//! Reading and writing never block, and a turn limits how much they do.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;

use tungstenite::Bytes;

use super::socket::Socket;
use crate::net::tls::server::{TlsConnection, TlsServer};

/// The most bytes read in one turn, before other clients get theirs.
const TURN: usize = 256 * 1024;

/// Once this many bytes are collected, they are sent before the end of the turn.
const COLLECTED: usize = 64 * 1024;

pub(super) struct Wire {
    socket: Socket,
    layer: Layer,
    /// The bytes to send first, and how many of them are sent.
    out: Vec<u8>,
    left: usize,
    /// A large payload to send after `out`, without copying it, and how much of it is sent.
    large: Bytes,
    large_left: usize,
    /// The bytes to send after `large`.
    after: Vec<u8>,
    /// The number of bytes sent so far.
    handed_over: u64,
    /// Bytes that may still be read in this turn.
    turn: usize,
}

/// A part of the bytes to send.
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

    pub(super) fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// Starts a turn.
    pub(super) fn begin_turn(&mut self) {
        self.turn = TURN;
    }

    /// Whether the turn's read limit is used up, although there may be more to read.
    pub(super) fn is_turn_over(&self) -> bool {
        self.turn == 0
    }

    /// How many bytes the operating system, or the TLS layer, has taken so far.
    pub(super) fn handed_over(&self) -> u64 {
        self.handed_over
    }

    /// Whether more bytes may be collected.
    pub(super) fn has_room(&mut self) -> io::Result<bool> {
        Ok((self.large.is_empty() && self.out.len() - self.left < COLLECTED) || self.drain()?)
    }

    /// Writes a large payload without copying it. Call only when [`Wire::has_room`] returns true.
    pub(super) fn write_large(&mut self, payload: Bytes) {
        debug_assert!(self.large.is_empty(), "there was no room");
        self.large = payload;
    }

    /// Sends the collected bytes as far as the operating system takes them. Returns whether it took all.
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

    /// Sends the rest of a part. Returns whether all of it is sent.
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

    /// Reads bytes below TLS and discards them.
    pub(super) fn discard(&mut self, scrap: &mut [u8]) -> io::Result<usize> {
        if self.turn == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = self.socket.read(scrap)?;
        self.turn = self.turn.saturating_sub(count);
        Ok(count)
    }

    /// Ends TLS with `close_notify`; [`Wire::drain`] sends it.
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

/// Collects all bytes at once. They are sent at the end of the turn.
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

    /// Sends encrypted bytes. Returns whether the operating system took all.
    fn drain(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(_) => Ok(true),
            Self::Tls(tls) => tls.drain(),
        }
    }
}
