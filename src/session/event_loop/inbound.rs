//! Inbound: from the socket to events, and from events to messages.

use std::io::{self, ErrorKind, Read};
use std::time::Instant;

use super::session::Session;
use crate::error::{Failure, Status};
use crate::protocol::{Event, FrameHeader, MessageError, Opcode, Section};
use crate::session::chunk::READ;
use crate::session::machine::{INPUT_END, Progress};
use crate::session::observer::Direction;
use crate::session::output::OutputError;
use crate::session::sink::Delivery;
use crate::size;

/// The close code for a message that is too big (RFC 6455 §7.4.1).
const TOO_BIG: u16 = 1009;

/// The close code for a message that breaks no rule but that the sink refuses.
const NORMAL: u16 = 1000;

/// Payload of at most this many bytes is copied instead of being handed over in its buffer, which may be
/// sixteen times as large.
const SMALL_CHUNK: usize = READ / 16;

impl Session<'_> {
    /// Reads one buffer from the socket; not more, so that writing gets its turn. Returns whether anything
    /// moved.
    pub(super) fn read(&mut self, now: Instant) -> bool {
        if !self.machine.listens() || !self.make_room(now) {
            return false;
        }
        if self.lays_out || !self.input.is_consumed() || self.reader.has_pending() {
            self.consume(now);
            return true;
        }
        match self.transport.read(self.input.space()) {
            Ok(0) => {
                self.lose(None, now);
                true
            }
            Ok(count) => {
                self.machine.heard(now);
                self.keep_alive.heard();
                self.gathering.received(count, now);
                let is_short = count < self.input.space().len();
                self.input.filled(count);
                self.consume(now);
                if is_short {
                    // A short read has probably emptied the socket: write a reply before reading again.
                    self.lanes.output.submit_little();
                }
                true
            }
            Err(err) if err.kind() == ErrorKind::WouldBlock => false,
            Err(err) => {
                self.lose(Some(err), now);
                true
            }
        }
    }

    /// Says how many bytes will wake the network thread, when everything that has arrived is read. Returns whether to read
    /// again now.
    pub(super) fn await_bytes(&mut self, now: Instant) -> bool {
        if self.blocked || !self.machine.listens() {
            return false;
        }
        let Some(threshold) = self.gathering.wait(self.inside_message, now) else { return false };
        if !self.transport.set_receive_threshold(threshold) {
            self.gathering.forgo();
        }
        // Linux before 4.18 does not report what has arrived while fewer bytes were not worth a report.
        let is_lower = threshold == 1;
        if is_lower {
            self.transport.assume_readable();
        }
        is_lower
    }

    /// Handles the end of a connection without a Close. The error of an earlier write explains the cause
    /// better than the end of reading.
    pub(super) fn lose(&mut self, cause: Option<io::Error>, now: Instant) {
        // After a reset, the kernel does not report how much the peer has received.
        let progress = self.progress(None);
        let cause = self.broken.take().map(|broken| broken.cause).or(cause);
        self.machine.lost(cause, progress, now);
    }

    /// How far the data of both sides has come. `unacknowledged` counts bytes of user data in the kernel's
    /// send queue.
    pub(super) fn progress(&mut self, unacknowledged: Option<u64>) -> Progress {
        let sent = self.machine.tally().bytes_sent;
        let prepared = self.broken.as_ref().map_or(self.outbox.waiting(), |broken| broken.waiting);
        let waiting = unacknowledged.unwrap_or_default() + prepared as u64;
        Progress {
            unwritten: self.has_unsent_user_data(),
            unsent: self.has_unsent_user_data() || unacknowledged.is_some_and(|bytes| bytes > 0),
            taken: (waiting > 0).then(|| sent.saturating_sub(waiting)),
            remaining: self.remaining(),
            // A frame of which only a part of the header came has brought no section yet.
            inside_message: self.inside_message || !self.reader.is_between_messages(),
        }
    }

    /// Whether the output can take more. Tells the machine if the output has failed.
    pub(super) fn make_room(&mut self, now: Instant) -> bool {
        match self.lanes.output.has_room() {
            Ok(_) if self.lanes.output.reader_is_gone() && self.misses_reader(now) => {
                self.output_is_closed(now);
                true
            }
            Ok(room) => {
                match (self.blocked, room) {
                    (true, true) => self.machine.unblocked(now),
                    (false, false) => self.machine.blocked(now),
                    (true, false) | (false, true) => {}
                }
                self.blocked = !room;
                room
            }
            Err(OutputError::Closed) => {
                self.output_is_closed(now);
                true
            }
            Err(OutputError::Failed(failure)) => {
                self.machine.output_failed(failure, now);
                true
            }
        }
    }

    /// Whether nothing is left to do without a reader of the output: what it is to read is awaited, or the input has brought
    /// nothing for as long as a producer may take to end. An upload that moves goes on.
    fn misses_reader(&mut self, now: Instant) -> bool {
        if self.machine.needs_reader(!self.lanes.sink.is_met()) {
            return true;
        }
        if !self.machine.has_open_input() {
            return false;
        }
        if !self.outbox.is_sent() || self.held_back {
            self.alone_until = None;
            return false;
        }
        *self.alone_until.get_or_insert(now + INPUT_END) <= now
    }

    fn output_is_closed(&mut self, now: Instant) {
        let under_way = self.outbox.unacknowledged(&self.transport).is_some_and(|bytes| bytes > 0);
        let progress = self.progress(None);
        self.machine.output_is_closed(progress, under_way, now);
    }

    /// Handles the events in the buffer while the output has room for their data.
    pub(super) fn consume(&mut self, now: Instant) {
        // Moved out of `self`, because events borrow from both while other fields are used.
        let (bytes, mut reader) = (self.input.take(), std::mem::take(&mut self.reader));
        while self.machine.listens() && self.has_room_for_more(now) {
            let unread = self.input.unread();
            match reader.read(&bytes[unread.clone()]) {
                Ok((used, Some(event))) => {
                    self.handle(event, now);
                    self.input.consume(used);
                }
                Ok((used, None)) => {
                    self.input.consume(used);
                    if used == unread.len() {
                        break;
                    }
                }
                Err(MessageError::Violation(violation)) => self.machine.violated(violation, now),
                Err(MessageError::TooBig { at_least, limit }) => self.refuse_message(at_least, limit, now),
            }
        }
        self.reader = reader;
        self.input.put_back(bytes);
        if !self.machine.listens() {
            self.input.discard();
        }
        if self.input.is_consumed() {
            self.pass_payload_on();
        }
    }

    /// Passes the marked payload to the output: a little of it by a copy, much of it in the read buffer.
    fn pass_payload_on(&mut self) {
        match self.input.payload_len() {
            0 => {}
            1..=SMALL_CHUNK => self.input.move_payload_to(self.lanes.output.buffer()),
            _ => {
                self.lanes.output.push(self.input.take_chunk());
                // Only now, because the buffer that was just written is the one in the processor's cache.
                self.input.put_back(self.lanes.output.read_buffer());
            }
        }
    }

    /// Whether another event may be handled. The layout of a single message may exceed what the output takes
    /// at once.
    fn has_room_for_more(&mut self, now: Instant) -> bool {
        while self.lays_out {
            if !self.make_room(now) {
                return false;
            }
            self.lays_out = self.lanes.sink.continue_message(self.lanes.output.buffer());
        }
        !self.lanes.output.is_full() || self.make_room(now)
    }

    fn refuse_message(&mut self, at_least: u64, limit: u64, now: Instant) {
        let limit = size::exact(limit);
        let text =
            format!("a message of at least {at_least} bytes is larger than {limit} (--max-message-size)");
        let failure = Failure::new(Status::MessageTooBig, text).hints(self.hints.too_large);
        self.machine.give_up(failure, TOO_BIG, now);
    }

    fn handle(&mut self, event: Event<'_>, now: Instant) {
        match event {
            Event::Data(section) => self.deliver(&section, now),
            Event::Ping(payload) => {
                self.trace_control(Opcode::Ping, payload);
                self.pong = Some(payload.to_vec());
                self.answer_ping(now);
            }
            Event::Pong(payload) => {
                let now = Instant::now();
                self.keep_alive.answered(payload, now);
                self.trace_control(Opcode::Pong, payload);
                self.observer.pong(payload, now);
            }
            Event::Close(frame) => {
                let what = if self.machine.is_closing() {
                    "server answers with Close"
                } else {
                    "server sends Close"
                };
                self.trace_control(Opcode::Close, &frame.payload());
                self.note(&format!("{what} {}", frame.described()));
                let unacknowledged = self.outbox.unacknowledged(&self.transport);
                let progress = self.progress(unacknowledged);
                self.machine.server_closed(frame, progress, now);
            }
        }
    }

    fn deliver(&mut self, section: &Section<'_>, now: Instant) {
        if let Some(header) = section.header.filter(|_| self.observer.wants_frames()) {
            self.lanes.output.keep_order();
            self.observer.frame(Direction::Received, &header, section.bytes);
        }
        self.inside_message = !section.last;
        if !self.machine.delivers() {
            return;
        }
        let out = self.lanes.output.buffer();
        let delivered = self.lanes.sink.section(section, &mut Delivery { out, input: &mut self.input });
        match delivered {
            Ok(more) => {
                self.lays_out = more;
                self.machine.received(section.bytes.len() as u64, section.last, now);
            }
            Err(failure) => {
                let code = if failure.status() == Status::MessageTooBig { TOO_BIG } else { NORMAL };
                self.machine.give_up(failure, code, now);
            }
        }
    }

    /// Shows a received control frame, which has no section that would.
    fn trace_control(&mut self, opcode: Opcode, payload: &[u8]) {
        if self.observer.wants_frames() {
            self.lanes.output.keep_order();
            let header = FrameHeader { fin: true, rsv1: false, opcode, len: payload.len() as u64 };
            self.observer.frame(Direction::Received, &header, payload);
        }
    }
}
