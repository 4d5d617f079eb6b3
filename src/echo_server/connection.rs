//! One connection from accepting it to closing it: TLS, opening handshake, session, lingering close. It never
//! blocks: each turn does what is possible now, and returns what the next turn needs.

use std::io::{ErrorKind, Read, Write};
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use super::options::ServerOptions;
use super::patience::Patience;
use super::session::{Flow, Session};
use super::slots::Slot;
use super::socket::Socket;
use super::upgrade::{Answer, answer};
use super::wire::Wire;

/// The most request bytes read at once.
const HEAD: usize = 4 * 1024;

/// What the next turn needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The next turn follows an event of the socket, or the time of [`Connection::next_look`].
    Event,
    /// The next turn follows as soon as the other connections have had theirs.
    Turn,
    /// There is no next turn.
    Over,
}

pub(super) struct Connection {
    wire: Wire,
    phase: Phase,
    options: Arc<ServerOptions>,
    /// Freed when the connection is dropped.
    _slot: Slot,
}

enum Phase {
    /// The request so far, and its deadline. Reading it performs the TLS handshake first.
    Upgrade(Vec<u8>, Instant),
    Open(Box<Session>),
    /// The last frames are being sent, and the client must close its side.
    LingeringClose(LingeringClose),
}

struct LingeringClose {
    patience: Patience,
    /// Whether to send TLS `close_notify`.
    in_order: bool,
    /// Whether our side is shut down.
    sent: bool,
    /// Whether the client has shut down its side.
    ended: bool,
}

impl Connection {
    /// The TLS and opening handshakes must be complete at `until`.
    pub(super) fn new(socket: Socket, options: Arc<ServerOptions>, until: Instant, slot: Slot) -> Self {
        let wire = Wire::new(socket, options.tls.as_ref());
        Self { wire, phase: Phase::Upgrade(Vec::new(), until), options, _slot: slot }
    }

    /// The socket, whose events the caller must report.
    pub(super) fn socket(&mut self) -> &mut Socket {
        self.wire.socket()
    }

    /// When the next turn is due, even without an event.
    pub(super) fn next_look(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Upgrade(_, until) => Some(*until),
            Phase::Open(session) => session.next_look(),
            Phase::LingeringClose(closing) => Some(closing.patience.until()),
        }
    }

    /// Does what is possible now.
    pub(super) fn turn(&mut self) -> Next {
        self.wire.begin_turn();
        let next = loop {
            // A phase may follow another one in the same turn, so that the bytes of both are sent together.
            let step = match &mut self.phase {
                Phase::Upgrade(..) => self.upgrade(),
                Phase::Open(session) => match session.go_on(&mut self.wire) {
                    Flow::Waits => Step::Stay,
                    flow => Step::after(flow, &self.wire),
                },
                Phase::LingeringClose(closing) => closing.go_on(&mut self.wire),
            };
            match step {
                Step::Enter(phase) => self.phase = phase,
                Step::Stay if self.wire.is_turn_over() => break Next::Turn,
                Step::Stay => break Next::Event,
                Step::Leave => return Next::Over,
            }
        };
        if self.wire.drain().is_err() { Next::Over } else { next }
    }

    /// Shuts down: drops a connection that is in a handshake, and sends a Close in an open session.
    pub(super) fn go_away(&mut self) -> Next {
        match &mut self.phase {
            Phase::Upgrade(..) => return Next::Over,
            Phase::Open(session) => match session.go_away(&mut self.wire) {
                Flow::Waits => {}
                flow => match Step::after(flow, &self.wire) {
                    Step::Enter(phase) => self.phase = phase,
                    Step::Stay | Step::Leave => return Next::Over,
                },
            },
            Phase::LingeringClose(_) => {}
        }
        self.turn()
    }

    fn upgrade(&mut self) -> Step {
        let Phase::Upgrade(head, until) = &mut self.phase else { return Step::Stay };
        if *until <= Instant::now() {
            return Step::Leave;
        }
        let mut buffer = [0; HEAD];
        loop {
            match self.wire.read(&mut buffer) {
                Ok(0) => return Step::Leave,
                Ok(count) => head.extend_from_slice(&buffer[..count]),
                Err(err) if err.kind() == ErrorKind::WouldBlock => return Step::Stay,
                // The alert of a failed TLS handshake must still be sent.
                Err(_) => return Step::Enter(Phase::LingeringClose(LingeringClose::new(false, &self.wire))),
            }
            let (response, entered) = match answer(head, &self.options.subprotocols) {
                Answer::Incomplete => continue,
                Answer::Refused(response) => (response, Err(LingeringClose::new(true, &self.wire))),
                Answer::Accepted { response, length, agreement } => {
                    let early = mem::take(head).split_off(length);
                    (response, Ok(Session::new(early, agreement, Arc::clone(&self.options))))
                }
            };
            // Cannot fail: the wire only collects bytes.
            let written = self.wire.write_all(&response);
            return match (written, entered) {
                (Err(_), _) => Step::Leave,
                (Ok(()), Err(closing)) => Step::Enter(Phase::LingeringClose(closing)),
                (Ok(()), Ok(mut session)) => match session.begin(&mut self.wire) {
                    Flow::Waits => Step::Enter(Phase::Open(Box::new(session))),
                    flow => Step::after(flow, &self.wire),
                },
            };
        }
    }
}

enum Step {
    Enter(Phase),
    Stay,
    Leave,
}

impl Step {
    fn after(flow: Flow, wire: &Wire) -> Self {
        match flow {
            Flow::Waits => Self::Stay,
            Flow::Ended => Self::Enter(Phase::LingeringClose(LingeringClose::new(true, wire))),
            Flow::BrokenOff => Self::Enter(Phase::LingeringClose(LingeringClose::new(false, wire))),
            Flow::Lost => Self::Leave,
        }
    }
}

impl LingeringClose {
    fn new(in_order: bool, wire: &Wire) -> Self {
        Self { patience: Patience::new(wire.handed_over()), in_order, sent: false, ended: false }
    }

    /// Reads what the client still sends: closing a socket with unread bytes resets the connection, and the
    /// reset would discard our last frame.
    fn go_on(&mut self, wire: &mut Wire) -> Step {
        if self.send_end(wire).is_err() || self.patience.is_over(wire.handed_over()) {
            return Step::Leave;
        }
        let mut scrap = [0; HEAD];
        while !self.ended {
            match wire.discard(&mut scrap) {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(err) if err.kind() == ErrorKind::WouldBlock => return Step::Stay,
                Err(_) => return Step::Leave,
            }
        }
        if self.sent { Step::Leave } else { Step::Stay }
    }

    fn send_end(&mut self, wire: &mut Wire) -> std::io::Result<()> {
        if self.sent || !wire.drain()? {
            return Ok(());
        }
        if mem::take(&mut self.in_order) {
            wire.end_tls();
            if !wire.drain()? {
                return Ok(());
            }
        }
        wire.socket().shut_down_writing();
        self.sent = true;
        Ok(())
    }
}
