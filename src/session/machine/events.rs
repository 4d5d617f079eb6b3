//! Events: what the event loop tells the machine.

use std::io;
use std::time::{Duration, Instant};

use super::{GOING_AWAY, HURRY, INPUT_END, INPUT_GOES_ON, Machine, PROGRESS, READER_GONE, State};
use crate::error::{Failure, Status};
use crate::os::signals::Signal;
use crate::protocol::{CloseFrame, Violation};
use crate::session::finish::{Count, FinishRule};
use crate::session::source::Remaining;
use crate::session::verdict::{Completeness, Ending, Side};

/// How far the data of both sides had come when the connection ended.
#[derive(Clone, Copy, Debug)]
pub(in crate::session) struct Progress {
    /// Some payload is not in the kernel, or the peer's TCP has not taken it.
    pub(in crate::session) unsent: bool,
    /// Some payload is not in the kernel.
    pub(in crate::session) unwritten: bool,
    /// How many bytes of payload the peer's TCP has taken, where that is known.
    pub(in crate::session) taken: Option<u64>,
    /// What the source has left.
    pub(in crate::session) remaining: Remaining,
    /// A message of the server has begun and is not complete.
    pub(in crate::session) inside_message: bool,
}

impl Machine {
    /// Messages were put into frames.
    pub(in crate::session) fn sent(&mut self, messages: u64, bytes: u64) {
        self.tally.messages_sent += messages;
        self.tally.bytes_sent += bytes;
        self.unanswered |= messages > 0;
    }

    /// The input has ended. It may name the Close to send.
    pub(in crate::session) fn input_is_over(&mut self, close: Option<CloseFrame>, now: Instant) {
        self.input_over_at.get_or_insert(now);
        if let Some(close) = close {
            self.close.frame = close;
        }
        if matches!(self.state, State::AwaitingInput { .. }) {
            self.state = State::Over;
        }
    }

    /// The input has more, although the server has closed.
    pub(in crate::session) fn input_goes_on(&mut self) {
        if matches!(self.state, State::AwaitingInput { .. }) {
            self.completeness.unsent = true;
            self.state = State::Over;
        }
    }

    /// The socket took bytes. `user_data`: not only control frames.
    pub(in crate::session) fn wrote(&mut self, user_data: bool, now: Instant) {
        self.wrote_at = now;
        if user_data {
            self.sent_at = now;
        }
    }

    /// There is something to send, after there was nothing: `--send-timeout` starts.
    pub(in crate::session) fn has_to_send(&mut self, now: Instant) {
        self.wrote_at = now;
    }

    /// A write has failed. What the server has sent is still read to its end, which has to come soon.
    pub(in crate::session) fn cannot_send(&mut self, now: Instant) {
        self.broken_at.get_or_insert(now);
    }

    /// Our Close cannot be sent, so no answer is awaited.
    pub(in crate::session) fn cannot_close(&mut self, now: Instant) {
        self.state = State::Leaving { since: now };
    }

    /// The socket gave bytes.
    pub(in crate::session) fn heard(&mut self, now: Instant) {
        self.heard_at = now;
    }

    /// A part of a message was delivered.
    pub(in crate::session) fn received(&mut self, bytes: u64, complete: bool, now: Instant) {
        // Empty fragments are no data: a server could send them for ever.
        if bytes > 0 || complete {
            self.data_at = now;
        }
        self.tally.bytes_received += bytes;
        self.arriving += bytes;
        if complete || self.arriving >= PROGRESS {
            self.progress_at = now;
            self.arriving = 0;
        }
        if complete {
            self.tally.messages_received += 1;
            self.unanswered = false;
            self.tally.first_message.get_or_insert(now);
        }
    }

    /// The output takes nothing.
    pub(in crate::session) fn blocked(&mut self, now: Instant) {
        self.blocked_since = Some(now);
    }

    /// The output takes bytes again. The time that it did not does not count against the server. That time is added up where
    /// the server has to come to an end: one that sends without end, to a slow reader, blocks the output again and again.
    pub(in crate::session) fn unblocked(&mut self, now: Instant) {
        self.unblocked_at = now;
        let Some(blocked_since) = self.blocked_since.take() else { return };
        if let State::Closing { since, .. } = self.state {
            self.held_up += now.saturating_duration_since(blocked_since.max(since));
        }
        if let Some(broken_at) = &mut self.broken_at {
            *broken_at += now.saturating_duration_since(blocked_since.max(*broken_at));
        }
    }

    /// The server's Close.
    pub(in crate::session) fn server_closed(&mut self, frame: CloseFrame, progress: Progress, now: Instant) {
        self.note_completeness(progress);
        let accepted = self.close.accepts(frame.code);
        if accepted && self.close.expect.is_some() {
            // A Close that is expected may come at any time. What is in frames still leaves before the answer to it.
            self.completeness.unsent = progress.remaining == Remaining::Something || self.abandons_input;
        }
        if let State::Closing { since, .. } = self.state {
            self.close_took = Some(now.saturating_duration_since(since.max(self.wrote_at)));
            // The answer to our Close comes after the server has taken everything. This one came before: both have crossed.
            let by = if progress.unsent { Side::Server } else { Side::Us };
            self.ending = Some(Ending::Closed { by, frame });
            self.state = State::Over;
            return;
        }
        self.queued = Some(CloseFrame::with_code(frame.code));
        self.ending = Some(Ending::Closed { by: Side::Server, frame });
        self.state = State::Leaving { since: now };
        let is_sent = !self.completeness.unsent;
        let end_matters = accepted && is_sent && !self.rule.follow && !self.output_closed;
        self.completeness.input_open =
            end_matters && progress.remaining == Remaining::Unknown && self.input_over_at.is_none();
    }

    /// The connection ended without a Close.
    pub(in crate::session) fn lost(&mut self, cause: Option<io::Error>, progress: Progress, now: Instant) {
        let is_open = self.state == State::Open;
        self.state = State::Over;
        if self.ending.is_some() {
            return;
        }
        self.note_completeness(progress);
        let accepted = cause.is_none() && self.close.accepts_loss();
        self.ending = Some(Ending::Lost { cause, closing: !is_open });
        let may_go_on = progress.remaining == Remaining::Unknown && self.input_over_at.is_none();
        if is_open && may_go_on && !self.completeness.unsent {
            self.completeness.input_open = accepted && !self.rule.follow;
            let wait = if accepted { INPUT_END } else { INPUT_GOES_ON };
            self.state = State::AwaitingInput { until: now + wait };
        }
    }

    /// The session is over: how far everything has come, unless the end of the connection has told.
    pub(in crate::session) fn ended(&mut self, progress: Progress) {
        if self.ending.is_none() {
            let unsent = self.completeness.unsent;
            self.note_completeness(progress);
            self.completeness.unsent |= unsent;
        } else if self.close.expect.is_some() {
            self.completeness.unsent |= progress.unwritten;
        }
        self.completeness.input_ended |=
            progress.remaining == Remaining::Nothing || self.input_over_at.is_some();
    }

    fn note_completeness(&mut self, progress: Progress) {
        let unsent = progress.unsent || progress.remaining == Remaining::Something || self.abandons_input;
        self.completeness = Completeness {
            unsent,
            taken: progress.taken.unwrap_or(self.tally.bytes_sent),
            inside_message: progress.inside_message && self.delivers(),
            input_open: false,
            input_ended: false,
        };
    }

    /// The server broke a rule: fails the connection (RFC 6455 §7.1.7).
    pub(in crate::session) fn violated(&mut self, violation: Violation, now: Instant) {
        let text = format!("{} broke the protocol: {violation}", self.server.target);
        self.give_up(Failure::new(Status::ProtocolViolation, text), violation.close_code(), now);
    }

    /// Ends the session without waiting for anything.
    pub(in crate::session) fn give_up(&mut self, failure: Failure, code: u16, now: Instant) {
        self.fail(failure);
        self.state = match self.state {
            State::Open => {
                self.queued = Some(CloseFrame::with_code(code));
                State::Leaving { since: now }
            }
            State::Closing { .. } | State::Leaving { .. } => State::Leaving { since: now },
            // The connection has ended before, and the end of the input is not awaited any more.
            State::AwaitingInput { .. } | State::Over => State::Over,
        };
    }

    fn fail(&mut self, failure: Failure) {
        self.failure = Some(match self.failure.take() {
            Some(first) => first.or_graver(failure),
            None => failure,
        });
    }

    /// Ends the session in order, with a failure.
    pub(in crate::session) fn withdraw(&mut self, failure: Failure, now: Instant) {
        self.fail(failure);
        self.begin_closing(CloseFrame::with_code(GOING_AWAY), self.limits.close, now);
    }

    /// The user ends the session: nothing more is sent, and nothing more is awaited.
    pub(in crate::session) fn left(&mut self, close: Option<CloseFrame>, now: Instant) {
        self.input_over_at.get_or_insert(now);
        self.rule = FinishRule::new(Count::None);
        if let Some(close) = close {
            self.close.frame = close;
        }
        self.begin_closing(self.close.frame.clone(), self.limits.close, now);
    }

    /// A signal came: ends the session in order and soon.
    pub(in crate::session) fn interrupted(&mut self, signal: Signal, now: Instant) {
        if self.rule.interrupt_quits && signal == Signal::Interrupt {
            return self.left(None, now);
        }
        self.fail(signal.failure());
        self.hurried = true;
        let limit = self.limits.close.min(HURRY);
        match &mut self.state {
            State::Open => self.begin_closing(CloseFrame::with_code(GOING_AWAY), limit, now),
            State::Closing { since, limit: old } => (*since, *old) = (now, limit.min(*old)),
            State::AwaitingInput { .. } => self.state = State::Over,
            State::Leaving { .. } | State::Over => {}
        }
    }

    /// The output cannot be written: drops what still arrives, and closes.
    pub(in crate::session) fn output_failed(&mut self, failure: Failure, now: Instant) {
        self.discards = true;
        self.withdraw(failure, now);
    }

    /// Nobody reads the output any more, as in `| head -1`. `under_way`: the peer's TCP has not taken all yet.
    pub(in crate::session) fn output_is_closed(&mut self, progress: Progress, under_way: bool, now: Instant) {
        self.discards = true;
        if !self.output_closed {
            self.output_closed = true;
            if self.state == State::Open {
                let open = progress.remaining != Remaining::Nothing && self.input_over_at.is_none();
                let follows = self.rule.follow && progress.remaining == Remaining::Unknown;
                self.abandons_input = open && !follows;
                self.completeness.unsent = progress.unsent || self.abandons_input;
            }
            let wanted = if under_way || progress.unsent { HURRY } else { READER_GONE };
            let limit: Duration = self.limits.close.min(wanted);
            self.begin_closing(CloseFrame::with_code(GOING_AWAY), limit, now);
        }
    }

    pub(super) fn begin_closing(&mut self, frame: CloseFrame, limit: Duration, now: Instant) {
        if self.state == State::Open {
            self.queued = Some(frame);
            self.state = State::Closing { since: now, limit };
        }
    }
}
