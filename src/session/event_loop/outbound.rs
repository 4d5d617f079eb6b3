//! The way out: from the source into frames, from frames into the socket, and the control frames of our own.

use std::io;
use std::time::Instant;

use super::outbox::{CAPACITY, Progress};
use super::session::{Broken, Session};
use crate::error::Failure;
use crate::protocol::{CloseFrame, SendBudget};
use crate::session::keepalive::{Due, PAYLOAD};
use crate::session::observer::Direction;
use crate::session::source::{Offer, Remaining};

/// By how much a buffer may be overfilled so that a section is complete in it.
const OVERSHOOT: usize = 64 * 1024;

/// How often a source is asked again without a section before reading gets its turn.
const ATTEMPTS: u32 = 64;

impl Session<'_> {
    /// From the source into frames: whether there was anything. Only when the socket has taken what was prepared before:
    /// so nothing is moved within the buffer, and a control frame never waits behind more than one buffer.
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
            self.outbox.ends_in_user_data();
            self.lanes.source.leaves();
            self.machine.has_to_send(now);
            self.trace_sent();
        }
        appended || went_on
    }

    /// Whether the source is asked now: else it does not matter when it will have more.
    pub(super) fn may_fill(&self, now: Instant) -> bool {
        // What follows the measured ping must not delay its pong.
        self.keep_alive.pong_awaited_since(now).is_none()
            && self.outbox.is_taken()
            && self.machine.allowance() > 0
            && self.broken.is_none()
    }

    fn budget(&mut self, now: Instant) -> SendBudget {
        let paced = self.pacer.as_mut().map(|pacer| pacer.allowance(now));
        SendBudget {
            bytes: paced.map_or(CAPACITY, |bytes| usize::try_from(bytes).unwrap_or(CAPACITY).min(CAPACITY)),
            overshoot: if paced.is_some() { 0 } else { OVERSHOOT },
            messages: self.machine.allowance(),
            control_waits: self.pong.is_some() || self.keep_alive.is_due(now),
        }
    }

    /// Appends frames until the budget or the source is exhausted: whether asking again at once may give more.
    fn fill_within(&mut self, mut budget: SendBudget, now: Instant) -> Result<bool, Failure> {
        let (mut has_written, mut attempts) = (false, 0);
        while self.writer.may_write(&budget, has_written) {
            match self.lanes.source.offer(budget.room())? {
                Offer::Section(section) => {
                    let written = self.writer.write(&section, &mut budget, self.outbox.buffer());
                    self.lanes.source.accept(written.bytes);
                    self.machine.sent(u64::from(written.message), written.bytes as u64);
                    if let Some(pacer) = &mut self.pacer {
                        pacer.spend(written.bytes as u64);
                    }
                    has_written = true;
                }
                Offer::Again if attempts == ATTEMPTS => return Ok(true),
                Offer::Again => attempts += 1,
                Offer::Pending => {
                    self.writer.flush(self.outbox.buffer());
                    return Ok(has_written);
                }
                Offer::Later(at) => {
                    self.more_at = Some(at);
                    self.writer.flush(self.outbox.buffer());
                    return Ok(has_written);
                }
                Offer::End(close) => {
                    self.machine.input_is_over(close, now);
                    return Ok(true);
                }
            }
        }
        // A compressor may have taken everything without a frame to show for it.
        Ok(has_written)
    }

    /// The server has closed: whether the input has ended, or has more that was not sent.
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

    /// From frames into the socket, until it takes no more.
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

    /// The peer takes nothing any more. What it has sent before is still read, to the end that has to come soon: it may
    /// say why.
    fn write_failed(&mut self, cause: io::Error, now: Instant) {
        let unsent = self.has_unsent_user_data() || self.remaining() == Remaining::Something;
        self.broken = Some(Broken { cause, unsent });
        self.outbox.abandon();
        self.machine.cannot_send(now);
    }

    pub(super) fn send_close(&mut self, frame: &CloseFrame, now: Instant) {
        if self.broken.is_some() {
            return;
        }
        self.expect_output(now);
        if self.complete_frame() {
            self.observer.note(&format!("sending Close {}", frame.described()));
            self.writer.close(frame, self.outbox.buffer());
            self.trace_sent();
        } else {
            // Inside a frame there is no place for another one, and the rest of it is not at hand: the connection just
            // ends.
            self.machine.cannot_close(now);
        }
    }

    /// Appends the rest of the last frame, if it is at hand: whether another frame may follow now.
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

    /// Whether a ping or pong of ours may stand here.
    pub(super) fn may_send_control(&self) -> bool {
        self.machine.may_send_control() && !self.writer.is_inside_frame() && self.broken.is_none()
    }

    /// A control frame is about to be appended: when nothing waited before it, the time to send begins with it.
    fn expect_output(&mut self, now: Instant) {
        if self.outbox.is_taken() {
            self.machine.has_to_send(now);
        }
    }

    /// Prepares the pings and pongs that are due: whether there were any.
    pub(super) fn keep_alive(&mut self, now: Instant) -> bool {
        let mut moved = self.answer_ping(now);
        if !self.may_send_control() {
            return moved;
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

    /// Answers the last ping where a frame may stand, and while the server takes our answers: whether it did.
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
        for (header, preview) in self.writer.take_recorded() {
            self.observer.frame(Direction::Sent, &header, &preview);
        }
    }
}
