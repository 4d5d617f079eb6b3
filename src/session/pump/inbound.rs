//! The way in: from the socket into events, from events into messages.

use std::io::{ErrorKind, Read};
use std::time::Instant;

use super::Pump;
use crate::error::Status;
use crate::protocol::{Event, Section};
use crate::session::Direction;
use crate::session::output::OutputError;

/// The close code for a message that is too big (RFC 6455 §7.4.1).
const TOO_BIG: u16 = 1009;

/// The close code when nothing is wrong with the message but that it is not the one that was wanted.
const NORMAL: u16 = 1000;

impl Pump<'_> {
    /// From the socket into messages: one buffer at a time, so that writing gets its turn.
    pub(super) fn read(&mut self, now: Instant) -> bool {
        if !self.machine.listens() || !self.make_room(now) {
            return false;
        }
        let mut input = std::mem::take(&mut self.input);
        let result = self.transport.read(&mut input);
        let moved = match result {
            Ok(0) => {
                self.lose(None);
                true
            }
            Ok(count) => {
                self.machine.heard(now);
                self.alive.heard();
                self.consume(&input[..count], now);
                true
            }
            Err(err) if matches!(err.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => false,
            Err(err) => {
                self.lose(Some(err));
                true
            }
        };
        self.input = input;
        moved
    }

    /// The connection is over without a Close. What broke the way out before tells more than the end of the way in.
    fn lose(&mut self, cause: Option<std::io::Error>) {
        let unsent = self.has_unsent();
        let cause = self.broken.take().map(|broken| broken.cause).or(cause);
        self.machine.lost(cause, unsent);
    }

    /// Whether the output can take more; it also learns here that the output has failed.
    pub(super) fn make_room(&mut self, now: Instant) -> bool {
        match self.lane.has_room() {
            Ok(room) => {
                if self.blocked && room {
                    self.machine.unblocked(now);
                }
                self.blocked = !room;
                room
            }
            Err(OutputError::Closed) => {
                let unsent = self.has_unsent();
                self.machine.output_is_closed(unsent, now);
                true
            }
            Err(OutputError::Failed(failure)) => {
                self.machine.output_failed(failure, now);
                true
            }
        }
    }

    pub(super) fn consume(&mut self, mut bytes: &[u8], now: Instant) {
        // Taken out, so that events may borrow from it while the other parts are used.
        let mut decoder = std::mem::take(&mut self.decoder);
        while self.machine.listens() {
            match decoder.decode(bytes) {
                Ok((used, event)) => {
                    bytes = &bytes[used..];
                    match event {
                        Some(event) => self.handle(event, now),
                        None => break,
                    }
                }
                Err(violation) => self.machine.violated(violation, now),
            }
        }
        self.decoder = decoder;
    }

    pub(super) fn handle(&mut self, event: Event<'_>, now: Instant) {
        match event {
            Event::Data(section) => self.deliver(&section, now),
            Event::Ping(payload) => {
                self.trace_control("ping", payload);
                self.pong = Some(payload.to_vec());
                self.answer_ping(now);
            }
            Event::Pong(payload) => {
                self.alive.answered(payload, Instant::now());
                self.trace_control("pong", payload);
            }
            Event::Close(frame) => {
                let what = if self.machine.is_closing() {
                    "server answers with Close"
                } else {
                    "server sends Close"
                };
                self.observer.note(&format!("{what} {}", frame.described()));
                let unsent = self.has_unsent();
                self.machine.peer_closed(frame, unsent, now);
            }
        }
    }

    pub(super) fn deliver(&mut self, section: &Section<'_>, now: Instant) {
        if let Some(header) = section.header.filter(|_| self.observer.wants_frames()) {
            self.observer.frame(Direction::Received, &header, section.bytes);
        }
        if !self.machine.delivers() {
            return;
        }
        match self.incoming.section(section, self.lane.buffer()) {
            Ok(()) => self.machine.received(section.bytes.len() as u64, section.last, now),
            Err(failure) => {
                let code = if failure.status() == Status::MessageTooBig { TOO_BIG } else { NORMAL };
                self.machine.give_up(failure, code, now);
            }
        }
    }

    pub(super) fn trace_control(&mut self, what: &str, payload: &[u8]) {
        if self.observer.wants_frames() {
            self.observer.note(&format!("received {what} {:?}", String::from_utf8_lossy(payload)));
        }
    }
}
