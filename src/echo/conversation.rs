//! One connection of an echo test: the source and the sink of its session, which share a ledger.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use super::ledger::Ledger;
use super::plan::Plan;
use super::schedule::Schedule;
use super::totals::Totals;
use crate::error::{Failure, Status};
use crate::protocol::{CloseFrame, OutgoingSection, Section};
use crate::session::{Delivery, LaneContext, Offer, Remaining, Sink, Source};
use crate::size::KEPT_CAPACITY;

/// A message this many times larger than the largest that was sent is refused.
const MUCH_LARGER: u64 = 4;

/// But never one of this many bytes or less.
const ENOUGH: u64 = 1 << 20;

/// Sends the messages of the plan.
pub(super) struct EchoSource {
    pub(super) plan: Rc<Plan>,
    pub(super) ledger: Rc<RefCell<Ledger>>,
    pub(super) totals: Rc<RefCell<Totals>>,
    /// When messages are due, with `--rate`.
    pub(super) schedule: Option<Schedule>,
    /// Whether others have begun before.
    pub(super) joins: bool,
    /// When the first message of all connections could be sent; `None` until this one can send.
    pub(super) start: Option<Instant>,
    /// When the last message was sent.
    pub(super) last: Option<Instant>,
    pub(super) payload: Vec<u8>,
    /// Bytes of the current payload that are in frames; `None` between messages.
    pub(super) accepted: Option<usize>,
    /// Messages that are in frames and not yet written to the socket.
    pub(super) leaving: usize,
}

/// What has to happen before the next message.
enum Next {
    /// Nothing. The round trip begins at this time.
    Now(Instant),
    Reply,
    Time(Instant),
    Over,
}

impl EchoSource {
    fn next(&mut self, now: Instant) -> Next {
        if !self.ledger.borrow().is_greeted() {
            return Next::Reply;
        }
        let start = match self.start {
            Some(start) => start,
            None => self.begin(now),
        };
        let mut ledger = self.ledger.borrow_mut();
        let end = self.plan.duration.map(|duration| start + duration);
        let is_last = self.plan.messages().is_some_and(|count| ledger.sent() >= count);
        if is_last || end.is_some_and(|end| now >= end) {
            ledger.complete();
            return Next::Over;
        }
        let at_most = |at: Instant| Next::Time(end.map_or(at, |end| end.min(at)));
        if !ledger.has_room() {
            return end.map_or(Next::Reply, at_most);
        }
        let scheduled = self.schedule.map(|schedule| start + schedule.due(ledger.sent()));
        let due = scheduled.or_else(|| Some(self.last? + self.plan.interval?));
        match due {
            Some(due) if due > now => at_most(due),
            _ => Next::Now(scheduled.unwrap_or(now)),
        }
    }

    fn begin(&mut self, now: Instant) -> Instant {
        let start = self.totals.borrow_mut().begins(now);
        if self.joins {
            self.schedule = self.schedule.map(|schedule| schedule.joining(now - start));
        }
        self.start = Some(start);
        start
    }

    fn section(&self, accepted: usize) -> OutgoingSection<'_> {
        let (bytes, whole_len) = (&self.payload[accepted..], Some(self.payload.len() as u64));
        OutgoingSection { kind: self.plan.kind, bytes, last: true, whole_len }
    }
}

impl Source for EchoSource {
    fn start(&mut self, _: &LaneContext) -> Result<(), Failure> {
        Ok(())
    }

    fn offer(&mut self, _: usize) -> Result<Offer<'_>, Failure> {
        if let Some(accepted) = self.accepted {
            return Ok(Offer::Section(self.section(accepted)));
        }
        let now = Instant::now();
        match self.next(now) {
            Next::Now(due) => {
                self.ledger.borrow_mut().ask(&mut self.payload, &mut self.totals.borrow_mut(), due, now);
                self.last = Some(now);
                self.accepted = Some(0);
                Ok(Offer::Section(self.section(0)))
            }
            Next::Reply => Ok(Offer::Pending),
            Next::Time(at) => Ok(Offer::Later(at)),
            Next::Over => Ok(Offer::End(None)),
        }
    }

    fn accept(&mut self, bytes: usize) {
        let accepted = self.accepted.map_or(0, |accepted| accepted + bytes);
        let is_whole = accepted == self.payload.len();
        self.accepted = (!is_whole).then_some(accepted);
        self.leaving += usize::from(is_whole);
    }

    fn leaves(&mut self) {
        if self.accepted.is_none() {
            self.payload.clear();
            self.payload.shrink_to(KEPT_CAPACITY);
        }
        let count = std::mem::take(&mut self.leaving);
        if count > 0 {
            self.ledger.borrow_mut().leave(count, Instant::now());
        }
    }

    /// The test itself counts what was not sent.
    fn remaining(&mut self) -> Remaining {
        Remaining::Nothing
    }

    fn awaits_reply(&self) -> bool {
        self.ledger.borrow().awaits()
    }
}

/// Compares the messages that arrive.
pub(super) struct EchoSink {
    pub(super) stream: bool,
    pub(super) target: String,
    pub(super) ledger: Rc<RefCell<Ledger>>,
    pub(super) totals: Rc<RefCell<Totals>>,
    pub(super) gathered: Vec<u8>,
    /// The length of the largest message that is sent, in bytes.
    pub(super) largest: usize,
    /// Bytes so far of the message that is arriving.
    pub(super) coming: u64,
}

impl Sink for EchoSink {
    fn section(&mut self, section: &Section<'_>, _: &mut Delivery<'_>) -> Result<bool, Failure> {
        let now = Instant::now();
        let mut ledger = self.ledger.borrow_mut();
        let totals = &mut self.totals.borrow_mut();
        if self.stream && ledger.is_greeted() {
            return ledger.bytes(section.bytes, totals, now).map(|()| false).map_err(|()| {
                let text = format!("{} sends other bytes than it was sent", self.target);
                Failure::new(Status::ExpectationFailed, text)
            });
        }
        if section.first {
            self.coming = 0;
        }
        self.coming += section.bytes.len() as u64;
        if self.coming > MUCH_LARGER * (self.largest as u64 + 1) + ENOUGH {
            let text = format!("{} sends a message without end: {} bytes so far", self.target, self.coming);
            return Err(Failure::new(Status::MessageTooBig, text).hint("is it an echo server?"));
        }
        if section.first && section.last {
            ledger.message(section.kind, section.bytes, totals, now);
            return Ok(false);
        }
        // A message longer than any that was sent is changed in any case: the rest of it is not kept.
        let room = (self.largest + 1).saturating_sub(self.gathered.len());
        self.gathered.extend_from_slice(&section.bytes[..section.bytes.len().min(room)]);
        if section.last {
            ledger.message(section.kind, &self.gathered, totals, now);
            self.gathered.clear();
            self.gathered.shrink_to(KEPT_CAPACITY);
        }
        Ok(false)
    }

    fn close(&mut self, _: &CloseFrame, _: &mut Vec<u8>) {}
}
