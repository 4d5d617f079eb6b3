//! One connection of an echo test as the session sees it: what goes out and what comes in, on one ledger.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use super::ledger::Ledger;
use super::plan::Plan;
use super::totals::Totals;
use crate::error::{Failure, Status};
use crate::protocol::{CloseFrame, Encoder, Opcode, Section};
use crate::session::{Allowance, Fill, Incoming, Outgoing, Supply, Wake};
use crate::size::KEPT_CAPACITY;

/// A message that is so much larger than any that was sent is not waited for.
const MUCH_LARGER: u64 = 4;

/// But this many bytes are, in any case.
const ENOUGH: u64 = 1 << 20;

/// The messages that go out.
#[derive(Debug)]
pub(super) struct Questions {
    pub(super) plan: Rc<Plan>,
    pub(super) ledger: Rc<RefCell<Ledger>>,
    pub(super) totals: Rc<RefCell<Totals>>,
    /// When the first message could go out.
    pub(super) start: Option<Instant>,
    /// When the last one did.
    pub(super) last: Option<Instant>,
    pub(super) payload: Vec<u8>,
}

impl Questions {
    /// What is to be waited for before the next message.
    fn next(&mut self, now: Instant) -> Supply {
        let mut ledger = self.ledger.borrow_mut();
        if !ledger.is_greeted() {
            return Supply::Waiting;
        }
        let start = *self.start.get_or_insert(now);
        let end = self.plan.duration.map(|duration| start + duration);
        let is_last = self.plan.messages().is_some_and(|count| ledger.sent() >= count);
        if is_last || end.is_some_and(|end| now >= end) {
            ledger.complete();
            return Supply::Over(None);
        }
        let later = |at: Instant| Supply::Later(end.map_or(at, |end| end.min(at)));
        if !ledger.has_room() {
            return end.map_or(Supply::Waiting, later);
        }
        let due = self.plan.interval.and_then(|interval| Some(self.last? + interval));
        match due {
            Some(due) if due > now => later(due),
            _ => Supply::Ready,
        }
    }

    fn append(&mut self, encoder: &mut Encoder, out: &mut Vec<u8>, now: Instant) {
        self.ledger.borrow_mut().ask(&mut self.payload, &mut self.totals.borrow_mut(), now);
        let most = self.plan.fragment.unwrap_or(usize::MAX);
        let mut opcode = Opcode::from(self.plan.kind);
        let mut rest = &self.payload[..];
        loop {
            let (fragment, more) = rest.split_at(rest.len().min(most));
            encoder.frame(opcode, more.is_empty(), fragment, out);
            if more.is_empty() {
                break;
            }
            (opcode, rest) = (Opcode::Continuation, more);
        }
        self.last = Some(now);
    }
}

impl Outgoing for Questions {
    fn start(&mut self, _: &Wake) -> Result<(), Failure> {
        Ok(())
    }

    fn fill(
        &mut self,
        encoder: &mut Encoder,
        out: &mut Vec<u8>,
        allowance: Allowance,
    ) -> Result<Fill, Failure> {
        let mut fill = Fill { next: Supply::Ready, ..Fill::default() };
        while fill.messages < allowance.messages && out.len() < allowance.bytes {
            let now = Instant::now();
            fill.next = self.next(now);
            if fill.next != Supply::Ready {
                break;
            }
            self.append(encoder, out, now);
            fill.messages += 1;
            fill.bytes += self.payload.len() as u64;
        }
        self.payload.clear();
        self.payload.shrink_to(KEPT_CAPACITY);
        if fill.messages > 0 {
            let count = usize::try_from(fill.messages).unwrap_or(usize::MAX);
            self.ledger.borrow_mut().leave(count, Instant::now());
        }
        Ok(fill)
    }

    fn is_inside_frame(&self) -> bool {
        false
    }

    fn complete_frame(&mut self, _: &mut Vec<u8>) -> bool {
        true
    }

    fn has_more(&mut self) -> bool {
        false
    }

    fn awaits_answer(&self) -> bool {
        self.ledger.borrow().awaits()
    }
}

/// The messages that come in.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) stream: bool,
    pub(super) target: String,
    pub(super) ledger: Rc<RefCell<Ledger>>,
    pub(super) totals: Rc<RefCell<Totals>>,
    pub(super) gathered: Vec<u8>,
    /// The bytes of the largest message that is sent.
    pub(super) largest: usize,
    /// The bytes of the message that is coming in.
    pub(super) coming: u64,
}

impl Incoming for Answers {
    fn section(&mut self, section: &Section<'_>, _: &mut Vec<u8>) -> Result<(), Failure> {
        let now = Instant::now();
        let mut ledger = self.ledger.borrow_mut();
        let totals = &mut self.totals.borrow_mut();
        if self.stream && ledger.is_greeted() {
            return ledger.bytes(section.bytes, totals, now).map_err(|()| {
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
            return Ok(());
        }
        // What is longer than anything that was sent is changed; the rest of it is not kept.
        let room = (self.largest + 1).saturating_sub(self.gathered.len());
        self.gathered.extend_from_slice(&section.bytes[..section.bytes.len().min(room)]);
        if section.last {
            ledger.message(section.kind, &self.gathered, totals, now);
            self.gathered.clear();
            self.gathered.shrink_to(KEPT_CAPACITY);
        }
        Ok(())
    }

    fn close(&mut self, _: &CloseFrame, _: &mut Vec<u8>) {}

    fn unmet(&self) -> Option<String> {
        None
    }
}
