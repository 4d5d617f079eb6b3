//! Outbound: from the source to frames, from frames to the socket; and our own control frames.

use std::io;
use std::time::Instant;

use super::outbox::{CAPACITY, Progress};
use super::session::{Broken, Session};
use crate::error::Failure;
use crate::protocol::{CloseFrame, SendBudget};
use crate::session::keepalive::{Due, PAYLOAD};
use crate::session::observer::Direction;
use crate::session::source::{Control, Offer, Remaining};

/// Bytes by which the buffer's capacity may be exceeded to complete a section.
const OVERSHOOT: usize = 64 * 1024;

/// How many times in a row a source may return [`Offer::Again`] before reading gets its turn.
const ATTEMPTS: u32 = 64;

impl Session<'_> {
    /// Moves messages from the source into frames. Returns whether it moved any. Does nothing until the
    /// socket has taken all earlier frames, so that no bytes move within the buffer and a control frame waits
    /// behind one buffer at most.
    pub(super) fn fill(&mut self, now: Instant) -> bool {
        if self.machine.awaits_input() {
            return self.watch_input_end(now);
        }
        if !self.may_fill(now) {
            return false;
        }
        let budget = self.budget(now);
        self.held_back = budget.bytes == 0;
        if self.held_back {
            return false;
        }
        self.more_at = None;
        let began = self.outbox.buffer().len();
        let went_on = self.fill_within(budget, now).unwrap_or_else(|failure| {
            self.machine.withdraw(failure, now);
            true
        });
        let appended = self.outbox.buffer().len() > began;
        if appended {
            self.alone_until = None;
            self.outbox.ends_in_user_data();
            self.lanes.source.leaves();
            self.machine.has_to_send(now);
            self.trace_sent();
        }
        appended || went_on
    }

    /// Whether the source may be asked for data now.
    pub(super) fn may_fill(&self, now: Instant) -> bool {
        // User data behind the measured ping would delay its pong.
        self.keep_alive.pong_awaited_since(now).is_none()
            && self.outbox.is_taken()
            && self.machine.allowance() > 0
            && self.broken.is_none()
    }

    fn budget(&mut self, now: Instant) -> SendBudget {
        let paced = self.pacer.as_mut().map(|pacer| pacer.allowance(now));
        let mut budget = SendBudget {
            bytes: paced.map_or(CAPACITY, |bytes| usize::try_from(bytes).unwrap_or(CAPACITY).min(CAPACITY)),
            overshoot: if paced.is_some() { 0 } else { OVERSHOOT },
            messages: self.machine.allowance(),
            control_waits: self.pong.is_some() || self.keep_alive.is_due(now),
        };
        if budget.control_waits && self.writer.is_inside_frame() {
            // The control frame comes directly after the current frame, so fill no further than its end.
            let left = usize::try_from(self.writer.frame_remaining()).unwrap_or(usize::MAX);
            (budget.bytes, budget.overshoot) = (budget.bytes.min(left), 0);
        }
        budget
    }

    /// Appends frames until the budget or the source is exhausted. Returns whether asking again at once may
    /// give more.
    fn fill_within(&mut self, mut budget: SendBudget, now: Instant) -> Result<bool, Failure> {
        let (mut has_written, mut attempts) = (false, 0);
        while self.writer.may_write(&budget, has_written) {
            let before = self.writer.wire_bytes();
            // The section is borrowed, not moved: a move of a value that was written a moment ago stalls the processor.
            let written = match self.lanes.source.offer(self.writer.room(&budget)) {
                Ok(Offer::Section(ref section)) => {
                    self.writer.write(section, &mut budget, self.outbox.buffer())
                }
                Ok(Offer::Again) if attempts == ATTEMPTS => return Ok(true),
                Ok(Offer::Again) => {
                    attempts += 1;
                    continue;
                }
                Ok(Offer::Pending) => {
                    self.flush();
                    return Ok(has_written);
                }
                Ok(Offer::Later(at)) => {
                    self.more_at = Some(at);
                    self.flush();
                    return Ok(has_written);
                }
                Ok(Offer::End(close)) => {
                    self.machine.input_is_over(close, now);
                    if let Some(replies) = self.machine.waits_for(!self.lanes.sink.is_met()) {
                        self.lanes.output.keep_order();
                        self.observer.waits(replies);
                    }
                    return Ok(true);
                }
                Err(failure) => return Err(failure),
            };
            self.lanes.source.accept(written.bytes);
            self.machine.sent(u64::from(written.message), written.bytes as u64);
            if let Some(pacer) = &mut self.pacer {
                pacer.spend(self.writer.wire_bytes() - before);
            }
            has_written = true;
        }
        // A compressor may have taken all bytes without producing a frame.
        Ok(has_written)
    }

    /// Sends what the compressor holds back, since the source has no more for now.
    fn flush(&mut self) {
        let before = self.writer.wire_bytes();
        self.writer.flush(self.outbox.buffer());
        if let Some(pacer) = &mut self.pacer {
            pacer.spend(self.writer.wire_bytes() - before);
        }
    }

    /// After the server's Close, checks whether the input has ended, or has more data that cannot be sent.
    fn watch_input_end(&mut self, now: Instant) -> bool {
        match self.lanes.source.offer(1) {
            Ok(Offer::Section(_)) => self.machine.input_goes_on(),
            Ok(Offer::End(_)) => self.machine.input_is_over(None, now),
            Ok(Offer::Again) => {}
            Ok(Offer::Pending | Offer::Later(_)) => return false,
            Err(failure) => {
                self.machine.withdraw(failure, now);
                self.machine.input_goes_on();
            }
        }
        true
    }

    /// Writes frames to the socket until it takes no more. Returns whether it took any bytes.
    pub(super) fn write(&mut self, now: Instant) -> bool {
        if self.broken.is_some() || self.outbox.is_sent() {
            return false;
        }
        let mut progress = Progress::default();
        let result = self.outbox.write(&mut self.transport, &mut progress);
        if progress.moved {
            self.machine.wrote(progress.user_data, now);
        }
        if let Err(cause) = result {
            self.write_failed(cause, now);
            return true;
        }
        progress.moved
    }

    /// Stops sending. Continues to read until the peer closes, for a limited time, because its Close may give
    /// the reason.
    fn write_failed(&mut self, cause: io::Error, now: Instant) {
        let unsent = self.has_unsent_user_data() || self.remaining() == Remaining::Something;
        self.broken = Some(Broken { cause, unsent, waiting: self.outbox.waiting() });
        self.outbox.abandon();
        self.machine.cannot_send(now);
    }

    pub(super) fn send_close(&mut self, frame: &CloseFrame, now: Instant) {
        if self.broken.is_some() {
            return;
        }
        self.expect_output(now);
        if self.complete_frame() {
            self.note(&format!("sending Close {}", frame.described()));
            self.writer.close(frame, self.outbox.buffer());
            self.trace_sent();
        } else {
            // A Close frame must not begin inside another frame, and the rest of the current frame is not
            // available: the connection ends without a Close.
            self.machine.cannot_close(now);
        }
    }

    /// Appends the rest of the last frame, if it is available. Returns whether another frame may follow.
    fn complete_frame(&mut self) -> bool {
        while self.writer.is_inside_frame() {
            let bytes = usize::try_from(self.writer.frame_remaining()).unwrap_or(usize::MAX);
            let mut budget = SendBudget { bytes, overshoot: 0, messages: 0, control_waits: true };
            let Ok(Offer::Section(section)) = self.lanes.source.offer(bytes) else { return false };
            let written = self.writer.write(&section, &mut budget, self.outbox.buffer());
            self.lanes.source.accept(written.bytes);
            self.machine.sent(u64::from(written.message), written.bytes as u64);
            self.outbox.ends_in_user_data();
        }
        true
    }

    /// Takes a control frame of the user from the source. Returns whether there was one.
    pub(super) fn take_control(&mut self, now: Instant) -> bool {
        if !self.machine.may_send_control() || self.ping_to_send.is_some() {
            return false;
        }
        match self.lanes.source.control() {
            Some(Control::Ping(payload)) => self.ping_to_send = Some(payload),
            Some(Control::Close(close)) => self.machine.left(close, now),
            None => return false,
        }
        true
    }

    /// Whether a ping or pong may be appended now.
    pub(super) fn may_send_control(&self) -> bool {
        self.machine.may_send_control() && !self.writer.is_inside_frame() && self.broken.is_none()
    }

    /// Called before a control frame is appended. If nothing else waits, it starts `--send-timeout`.
    fn expect_output(&mut self, now: Instant) {
        if self.outbox.is_taken() {
            self.machine.has_to_send(now);
        }
    }

    /// Appends the pings and pongs that are due. Returns whether it appended any.
    pub(super) fn keep_alive(&mut self, now: Instant) -> bool {
        let mut moved = self.answer_ping(now);
        if !self.may_send_control() {
            return moved;
        }
        if let Some(payload) = self.ping_to_send.take() {
            self.expect_output(now);
            self.writer.ping(&payload, self.outbox.buffer());
            self.trace_sent();
            moved = true;
        }
        while let Some(due) = self.keep_alive.due(now) {
            self.expect_output(now);
            match due {
                Due::Ping => self.writer.ping(PAYLOAD, self.outbox.buffer()),
                Due::Pong => self.writer.pong(b"", self.outbox.buffer()),
            }
            self.trace_sent();
            moved = true;
        }
        moved
    }

    /// Answers the last ping, if a frame may be appended and the server still takes our bytes. Returns
    /// whether it did.
    pub(super) fn answer_ping(&mut self, now: Instant) -> bool {
        let has_room = self.outbox.waiting() < CAPACITY;
        if !has_room || !self.may_send_control() {
            return false;
        }
        let Some(payload) = self.pong.take() else { return false };
        self.expect_output(now);
        self.writer.pong(&payload, self.outbox.buffer());
        self.trace_sent();
        true
    }

    fn trace_sent(&mut self) {
        if self.observer.wants_frames() {
            self.lanes.output.keep_order();
        }
        for (header, preview) in self.writer.take_recorded() {
            self.observer.frame(Direction::Sent, &header, &preview);
        }
    }
}
