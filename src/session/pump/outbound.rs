//! The way out: from the input into frames, from frames into the socket, and the control frames of our own.

use std::io::{self, ErrorKind, Write};
use std::time::{Duration, Instant};

use super::{Broken, Pump};
use crate::protocol::CloseFrame;
use crate::session::keepalive::{Due, PAYLOAD};
use crate::session::{Allowance, Direction, Supply};
use crate::size::KEPT_CAPACITY;

/// Prepared for the socket at once, in bytes.
pub(super) const WRITE: usize = 256 * 1024;

/// By how much a buffer may be overfilled so that a frame is complete in it.
const OVERSHOOT: usize = 64 * 1024;

impl Pump<'_> {
    /// From the input into frames. Only when the socket has taken what was prepared before: so nothing is moved
    /// within the buffer, and a control frame never waits behind more than one buffer.
    pub(super) fn fill(&mut self, now: Instant) -> bool {
        if !self.may_fill(now) {
            return false;
        }
        let messages = self.machine.allowance();
        self.out.clear();
        self.out.shrink_to(KEPT_CAPACITY);
        self.written = 0;
        self.given_end = 0;
        let bytes = match &mut self.pacer {
            Some(pacer) => usize::try_from(pacer.allowance(now)).unwrap_or(WRITE).min(WRITE),
            None => WRITE,
        };
        self.held_back = bytes == 0;
        if self.held_back {
            return false;
        }
        let overshoot = if self.pacer.is_some() { 0 } else { OVERSHOOT };
        let one_frame = self.pong.is_some() || self.alive.is_due(now);
        let allowance = Allowance { bytes, messages, overshoot, one_frame };
        match self.outgoing.fill(&mut self.encoder, &mut self.out, allowance) {
            Ok(fill) => {
                self.machine.sent(fill.messages, fill.bytes);
                self.given_end = self.out.len();
                if let Some(pacer) = &mut self.pacer {
                    pacer.spend(fill.bytes);
                }
                self.trace_sent();
                self.more_at = None;
                match fill.next {
                    Supply::Over(close) => {
                        self.machine.input_is_over(close, now);
                        return true;
                    }
                    Supply::Later(at) => self.more_at = Some(at),
                    Supply::Ready | Supply::Waiting => {}
                }
            }
            Err(failure) => {
                self.given_end = self.out.len();
                self.machine.withdraw(failure, now);
                return true;
            }
        }
        let filled = !self.out.is_empty();
        if filled {
            self.machine.has_to_send(now);
        }
        filled
    }

    /// Whether the source is asked now: else it does not matter when it will have more.
    pub(super) fn may_fill(&self, now: Instant) -> bool {
        // What follows the measured ping must not delay its pong.
        self.alive.pong_awaited_since(now).is_none()
            && self.written == self.out.len()
            && self.machine.allowance() > 0
            && self.broken.is_none()
    }

    /// From frames into the socket, until it takes no more.
    pub(super) fn write(&mut self, now: Instant) -> bool {
        if self.broken.is_some() {
            return false;
        }
        let mut moved = false;
        let result = loop {
            if self.written == self.out.len() {
                break Ok(());
            }
            let given = self.written < self.given_end;
            match self.transport.write(&self.out[self.written..]) {
                Ok(0) => break Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.written += count;
                    self.given_in_tls |= given;
                    self.machine.wrote(given, now);
                    moved = true;
                }
                Err(err) if err.kind() == ErrorKind::WouldBlock => break Ok(()),
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                Err(err) => break Err(err),
            }
        };
        match result.and_then(|()| self.transport.drain()) {
            Ok(drained) => {
                self.drained = drained;
                self.given_in_tls &= !drained;
            }
            Err(cause) => {
                self.write_failed(cause);
                moved = true;
            }
        }
        moved
    }

    /// The peer takes nothing any more. What it has sent before is still to be read, to the end that now comes surely:
    /// it may say why.
    fn write_failed(&mut self, cause: io::Error) {
        self.broken = Some(Broken { cause, unsent: self.has_unsent() });
        self.out.clear();
        self.written = 0;
        self.given_end = 0;
        self.drained = true;
        // For the socket to know of the end, which nobody announces a second time.
        let _ = self.transport.wait(Some(Duration::ZERO));
    }

    /// Whether something that was given has not left; pongs and the like do not count.
    pub(super) fn has_unsent(&mut self) -> bool {
        let was = self.broken.as_ref().is_some_and(|broken| broken.unsent);
        was || self.given_in_tls || self.written < self.given_end || self.outgoing.has_more()
    }

    pub(super) fn send_close(&mut self, frame: &CloseFrame, now: Instant) {
        if self.broken.is_some() {
            return;
        }
        self.expect_output(now);
        if self.outgoing.complete_frame(&mut self.out) {
            self.observer.note(&format!("sending Close {}", frame.described()));
            self.encoder.close(frame, &mut self.out);
            self.trace_sent();
        } else {
            // Inside a frame there is no place for another one, and the rest of it is not at hand: the connection
            // just ends.
            self.machine.cannot_close(now);
        }
    }

    /// Whether a ping or pong of ours may stand here.
    pub(super) fn may_send_control(&self) -> bool {
        self.machine.may_send_control() && !self.outgoing.is_inside_frame()
    }

    /// A control frame is about to be appended: when nothing waited before it, the time to send begins with it.
    fn expect_output(&mut self, now: Instant) {
        if self.written == self.out.len() {
            self.machine.has_to_send(now);
        }
    }

    /// Prepares the pings and pongs that are due: whether there were any.
    pub(super) fn keep_alive(&mut self, now: Instant) -> bool {
        let mut moved = self.answer_ping(now);
        if !self.may_send_control() {
            return moved;
        }
        while let Some(due) = self.alive.due(now) {
            self.expect_output(now);
            match due {
                Due::Ping => self.encoder.ping(PAYLOAD, &mut self.out),
                Due::Pong => self.encoder.pong(b"", &mut self.out),
            }
            self.trace_sent();
            moved = true;
        }
        moved
    }

    /// Answers the last ping where a frame may stand, and while the server takes our answers: whether it did.
    pub(super) fn answer_ping(&mut self, now: Instant) -> bool {
        let has_room = self.out.len() - self.written < WRITE;
        if !has_room || !self.may_send_control() {
            return false;
        }
        let Some(payload) = self.pong.take() else { return false };
        self.expect_output(now);
        self.encoder.pong(&payload, &mut self.out);
        self.trace_sent();
        true
    }

    pub(super) fn trace_sent(&mut self) {
        for (header, preview) in self.encoder.take_recorded() {
            self.observer.frame(Direction::Sent, &header, &preview);
        }
    }
}
