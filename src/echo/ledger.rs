//! The messages sent on one connection, and the verdict on each message received: an echo, a late, second or changed one, or
//! an unsolicited message. Pure: it is told what arrives, and when.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::outcome::Difference;
use super::payload::Payloads;
use super::plan::Plan;
use super::totals::{Echo, Totals};
use crate::protocol::Kind;
use crate::size::KEPT_CAPACITY;

/// Answered messages that are remembered, beside as many as may be in flight, to recognise a second echo.
const REMEMBERED: usize = 8;

/// Overtaken messages that are still awaited. Of older ones only the number is kept.
const LATE: usize = 1024;

/// Messages that a changed one is compared with, to find the one it resembles most.
const CANDIDATES: usize = 16;

/// A message in flight.
#[derive(Clone, Copy, Debug)]
struct Asked {
    number: u64,
    at: Instant,
}

/// A message that was answered.
#[derive(Clone, Copy, Debug)]
struct Answered {
    asked: Asked,
    changed: bool,
}

/// The messages of one connection.
#[derive(Debug)]
pub(super) struct Ledger {
    plan: Rc<Plan>,
    payloads: Rc<Payloads>,
    connection: u64,
    sent: u64,
    /// In the order in which they were sent.
    under_way: VecDeque<Asked>,
    /// Messages that are no longer awaited.
    given_up: u64,
    /// Messages that came back changed.
    changed: u64,
    answered: VecDeque<Answered>,
    /// The number of the latest message that was answered.
    highest: Option<u64>,
    greetings: u64,
    /// Whether everything that was planned was sent.
    is_complete: bool,
    scratch: Vec<u8>,
    /// In stream mode: bytes of the first message in flight that have come back.
    matched: usize,
}

impl Ledger {
    pub(super) fn new(plan: Rc<Plan>, payloads: Rc<Payloads>, connection: u64) -> Self {
        Self {
            plan,
            payloads,
            connection,
            sent: 0,
            under_way: VecDeque::new(),
            given_up: 0,
            changed: 0,
            answered: VecDeque::new(),
            highest: None,
            greetings: 0,
            is_complete: false,
            scratch: Vec::new(),
            matched: 0,
        }
    }

    /// Messages sent so far.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Everything planned was sent.
    pub(super) fn complete(&mut self) {
        self.is_complete = true;
    }

    /// Whether everything that was planned was sent.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Messages that did not come back.
    pub(super) fn missing(&self) -> u64 {
        self.under_way.len() as u64 + self.given_up
    }

    /// Whether all messages came back unchanged: those planned, or after an interruption those that are not under way.
    pub(super) fn is_echoed(&self, interrupted: bool) -> bool {
        let all =
            if interrupted { self.sent > self.missing() } else { self.is_complete && self.missing() == 0 };
        all && self.changed == 0
    }

    /// Whether an echo or a greeting is missing.
    pub(super) fn awaits(&self) -> bool {
        !self.is_greeted() || !self.under_way.is_empty()
    }

    /// Whether the server's greetings (`--greeting`) have arrived.
    pub(super) fn is_greeted(&self) -> bool {
        self.greetings >= self.plan.greeting
    }

    /// Whether another message may be sent. Overtaken ones do not count as in flight.
    pub(super) fn has_room(&self) -> bool {
        self.under_way.len() - self.overtaken() < self.plan.in_flight
    }

    /// How many of the messages in flight were overtaken; they come first.
    fn overtaken(&self) -> usize {
        self.under_way.partition_point(|asked| self.highest.is_some_and(|highest| asked.number < highest))
    }

    /// Makes `payload` the next message, which is in flight from now on. Its round trip began at `due`.
    pub(super) fn ask(&mut self, payload: &mut Vec<u8>, totals: &mut Totals, due: Instant, now: Instant) {
        let number = self.sent;
        self.payloads.write(self.connection, number, self.plan.size(number), payload);
        self.sent += 1;
        self.under_way.push_back(Asked { number, at: due });
        totals.sent(self.plan.size_index(number), now);
    }

    /// The last `count` messages are written to the socket now. Their round trips begin, unless they began when the messages were
    /// due.
    pub(super) fn leave(&mut self, count: usize, now: Instant) {
        if self.plan.rate.is_some() {
            return;
        }
        for asked in self.under_way.iter_mut().rev().take(count) {
            asked.at = now;
        }
    }

    /// A message has arrived.
    pub(super) fn message(&mut self, kind: Kind, payload: &[u8], totals: &mut Totals, now: Instant) {
        self.take_message(kind, payload, totals, now);
        self.tidy();
    }

    fn take_message(&mut self, kind: Kind, payload: &[u8], totals: &mut Totals, now: Instant) {
        if !self.is_greeted() {
            self.greetings += 1;
            totals.counts.skipped += 1;
            return;
        }
        let same_kind = kind == self.plan.kind;
        let (overtaken, all) = (self.overtaken(), self.under_way.len());
        // Those that are due first: short payloads may be equal.
        let found = (overtaken..all)
            .chain(0..overtaken)
            .find(|index| same_kind && self.is_payload(self.under_way[*index].number, payload));
        if let Some(asked) = found.and_then(|index| self.under_way.remove(index)) {
            totals.counts.out_of_order += u64::from(self.highest > Some(asked.number));
            self.answer(asked, false, totals, now);
            return;
        }
        let before = (0..self.answered.len())
            .find(|index| same_kind && self.is_payload(self.answered[*index].asked.number, payload));
        match before.map(|index| &mut self.answered[index]) {
            Some(answered) if answered.changed => {
                // The message that was taken for its changed echo was another one.
                answered.changed = false;
                let asked = answered.asked;
                self.recount(asked, totals, now);
            }
            Some(_) => totals.counts.duplicated += 1,
            None if self.under_way.is_empty() => {
                totals.counts.unasked += 1;
                totals.said_before += u64::from(self.sent == 0);
            }
            None => self.changed(kind, payload, totals, now),
        }
    }

    /// Bytes have arrived, in stream mode.
    ///
    /// # Errors
    /// They differ from those that were sent. Later bytes cannot be compared.
    pub(super) fn bytes(&mut self, mut bytes: &[u8], totals: &mut Totals, now: Instant) -> Result<(), ()> {
        while let Some(asked) = self.under_way.front().copied() {
            let size = self.plan.size(asked.number);
            let here = bytes.len().min(size - self.matched);
            if self.matched == 0 {
                self.make(asked.number);
            }
            let offset = common(&self.scratch[self.matched..], &bytes[..here]);
            if offset < here {
                let at = self.matched + offset;
                let what = differs(at, Some(bytes[offset]), self.scratch.get(at).copied());
                self.note(asked.number, at, what, totals);
                totals.counts.corrupted += 1;
                self.changed += 1;
                self.under_way.pop_front();
                return Err(());
            }
            self.matched += here;
            bytes = &bytes[here..];
            if self.matched < size {
                return Ok(());
            }
            self.matched = 0;
            self.under_way.pop_front();
            self.answer(asked, false, totals, now);
            self.tidy();
        }
        if bytes.is_empty() {
            return Ok(());
        }
        totals.counts.unasked += 1;
        Err(())
    }

    fn answer(&mut self, asked: Asked, changed: bool, totals: &mut Totals, now: Instant) {
        if !changed {
            let time = now.saturating_duration_since(asked.at);
            totals.echoed(self.plan.size_index(asked.number), time, now);
            self.tell(asked.number, time, totals);
        }
        self.highest = self.highest.max(Some(asked.number));
        for _ in LATE..self.overtaken() {
            self.under_way.pop_front();
            self.given_up += 1;
        }
        self.answered.push_back(Answered { asked, changed });
        if self.answered.len() > REMEMBERED + self.plan.in_flight.min(LATE) {
            self.answered.pop_front();
        }
    }

    fn tell(&self, number: u64, time: Duration, totals: &Totals) {
        if let Some(tell) = &totals.on_echo {
            let (connection, message) = self.name(number);
            tell(Echo { connection, message, size: self.plan.size(number), time });
        }
    }

    /// The true echo of a message has arrived after all.
    fn recount(&mut self, asked: Asked, totals: &mut Totals, now: Instant) {
        totals.counts.corrupted -= 1;
        self.changed -= 1;
        totals.counts.unasked += 1;
        totals.said_before += 1;
        totals.counts.out_of_order += u64::from(self.highest > Some(asked.number));
        let index = self.plan.size_index(asked.number);
        totals.echoed(index, now.saturating_duration_since(asked.at), now);
        let noted = totals.difference.as_ref();
        if noted.is_some_and(|noted| (noted.connection, noted.message) == self.name(asked.number)) {
            totals.difference = None;
        }
    }

    /// Takes a changed message for the one in flight that it resembles most.
    fn changed(&mut self, kind: Kind, payload: &[u8], totals: &mut Totals, now: Instant) {
        let first = self.overtaken().min(self.under_way.len() - 1);
        let (mut best, mut longest) = (first, 0);
        for index in (first..self.under_way.len()).take(CANDIDATES) {
            self.make(self.under_way[index].number);
            let length = common(&self.scratch, payload);
            if length > longest {
                (best, longest) = (index, length);
            }
        }
        let Some(asked) = self.under_way.remove(best) else { return };
        self.make(asked.number);
        let what = if payload == self.scratch {
            format!("{} came back as {kind}", self.plan.kind)
        } else {
            differs(longest, payload.get(longest).copied(), self.scratch.get(longest).copied())
        };
        self.note(asked.number, longest, what, totals);
        totals.counts.corrupted += 1;
        self.changed += 1;
        self.answer(asked, true, totals, now);
    }

    fn note(&self, number: u64, offset: usize, what: String, totals: &mut Totals) {
        let (connection, message) = self.name(number);
        totals.difference.get_or_insert(Difference { message, connection, offset: offset as u64, what });
    }

    /// Connection and message, counted from 1.
    fn name(&self, number: u64) -> (u64, u64) {
        (self.connection + 1, number + 1)
    }

    /// Makes the scratch the payload of message `number`.
    fn make(&mut self, number: u64) {
        self.payloads.write(self.connection, number, self.plan.size(number), &mut self.scratch);
    }

    fn is_payload(&mut self, number: u64, payload: &[u8]) -> bool {
        if payload.len() != self.plan.size(number) || !self.payloads.begins(self.connection, number, payload)
        {
            return false;
        }
        self.make(number);
        self.scratch == payload
    }

    /// Gives back the memory of a large payload.
    fn tidy(&mut self) {
        if self.matched == 0 {
            self.scratch.clear();
            self.scratch.shrink_to(KEPT_CAPACITY);
        }
    }
}

/// The length of the common prefix of two payloads.
fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

fn differs(at: usize, is: Option<u8>, should: Option<u8>) -> String {
    match (is, should) {
        (Some(is), Some(should)) => format!("byte {at} is {is:#04x} instead of {should:#04x}"),
        (None, _) => format!("it ends after {at} bytes"),
        (Some(_), None) => format!("it goes on after its {at} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::outcome::Counts;
    use super::*;
    use crate::echo::plan::Content;

    struct Bench {
        ledger: Ledger,
        totals: Totals,
        now: Instant,
        asked: Vec<Vec<u8>>,
    }

    impl Bench {
        fn new(size: usize, in_flight: usize) -> Self {
            Self::of(Plan {
                sizes: vec![size],
                rounds: Some(10),
                kind: Kind::Text,
                content: Content::Text,
                stream: false,
                fragment: None,
                max_message: None,
                interval: None,
                rate: None,
                in_flight,
                duration: None,
                greeting: 0,
                seed: 1,
            })
        }

        fn of(plan: Plan) -> Self {
            let totals = Totals::new(&plan);
            let payloads = Rc::new(Payloads::new(&plan));
            let ledger = Ledger::new(Rc::new(plan), payloads, 0);
            Self { ledger, totals, now: Instant::now(), asked: Vec::new() }
        }

        fn ask(&mut self, count: usize) {
            for _ in 0..count {
                let mut payload = Vec::new();
                self.ledger.ask(&mut payload, &mut self.totals, self.now, self.now);
                self.asked.push(payload);
            }
        }

        fn answer(&mut self, payload: &[u8]) {
            self.now += Duration::from_millis(1);
            self.ledger.message(Kind::Text, payload, &mut self.totals, self.now);
        }

        fn echo(&mut self, index: usize) {
            let payload = self.asked[index].clone();
            self.answer(&payload);
        }

        fn counts(&self) -> [u64; 6] {
            let Counts { sent, echoed, corrupted, out_of_order, duplicated, unasked, .. } =
                self.totals.counts;
            [sent, echoed, corrupted, out_of_order, duplicated, unasked]
        }
    }

    #[test]
    fn echoes_in_order() {
        let mut bench = Bench::new(20, 2);
        bench.ask(2);
        assert!(!bench.ledger.has_room());
        bench.echo(0);
        assert!(bench.ledger.has_room() && bench.ledger.awaits());
        bench.echo(1);
        assert_eq!(bench.counts(), [2, 2, 0, 0, 0, 0]);
        assert!(!bench.ledger.awaits());
        assert_eq!(bench.totals.round_trips.count(), 2);
    }

    #[test]
    fn a_late_echo_is_out_of_order_and_a_missing_one_takes_no_place() {
        let mut bench = Bench::new(20, 2);
        bench.ask(2);
        bench.echo(1);
        assert!(bench.ledger.has_room());
        bench.ask(2);
        assert!(!bench.ledger.has_room());
        bench.echo(2);
        assert_eq!((bench.counts(), bench.ledger.missing()), ([4, 2, 0, 0, 0, 0], 2));
        bench.echo(0);
        assert_eq!((bench.counts(), bench.ledger.missing()), ([4, 3, 0, 1, 0, 0], 1));
    }

    #[test]
    fn a_second_echo_is_a_duplicate_and_the_rest_is_unasked() {
        let mut bench = Bench::new(20, 1);
        bench.ask(1);
        bench.echo(0);
        bench.echo(0);
        bench.answer(b"hello");
        bench.ask(1);
        bench.echo(0);
        assert_eq!(bench.counts(), [2, 1, 0, 0, 2, 1]);
    }

    #[test]
    fn changes_are_located() {
        for (change, offset, what) in [
            ((|payload| payload[12] = b'\x01') as fn(&mut Vec<u8>), 12, "byte 12 is 0x01 instead of 0x"),
            (|payload| payload.truncate(15), 15, "it ends after 15 bytes"),
            (|payload| payload.push(b'x'), 20, "it goes on after its 20 bytes"),
            (Vec::clear, 0, "it ends after 0 bytes"),
        ] {
            let mut bench = Bench::new(20, 3);
            bench.ask(3);
            bench.echo(0);
            let mut payload = bench.asked[2].clone();
            change(&mut payload);
            bench.answer(&payload);
            let difference = bench.totals.difference.clone().unwrap();
            assert_eq!(difference.offset, offset);
            assert!(difference.what.starts_with(what), "{}", difference.what);
            assert_eq!(bench.counts(), [3, 1, 1, 0, 0, 0]);
            let expected = if offset == 0 { 2 } else { 3 };
            assert_eq!((difference.connection, difference.message), (1, expected), "what it resembles");
        }
    }

    #[test]
    fn another_type_is_a_change() {
        let mut bench = Bench::new(20, 1);
        bench.ask(1);
        let payload = bench.asked[0].clone();
        bench.ledger.message(Kind::Binary, &payload, &mut bench.totals, bench.now);
        assert_eq!(bench.totals.difference.as_ref().unwrap().what, "text came back as binary");
        assert_eq!(bench.counts(), [1, 0, 1, 0, 0, 0]);
    }

    #[test]
    fn a_greeting_that_nobody_expected_is_told_from_a_change() {
        let mut bench = Bench::new(20, 1);
        bench.ask(1);
        bench.answer(b"welcome");
        assert_eq!(bench.counts(), [1, 0, 1, 0, 0, 0]);
        bench.ask(1);
        bench.echo(0);
        bench.echo(1);
        assert_eq!(bench.counts(), [2, 2, 0, 0, 0, 1]);
        assert_eq!(bench.totals.difference, None);
    }

    #[test]
    fn an_expected_greeting_is_passed_over() {
        let mut bench = Bench::new(20, 1);
        bench.ledger.plan = Rc::new(Plan { greeting: 1, ..(*bench.ledger.plan).clone() });
        assert!(bench.ledger.awaits() && !bench.ledger.is_greeted());
        bench.answer(b"welcome");
        assert!(bench.ledger.is_greeted() && !bench.ledger.awaits());
        bench.ask(1);
        bench.echo(0);
        assert_eq!((bench.counts(), bench.totals.counts.skipped), ([1, 1, 0, 0, 0, 0], 1));
    }

    #[test]
    fn a_stream_is_compared_across_messages() {
        for size in 1..70 {
            let mut bench = Bench::new(20, 3);
            bench.ask(3);
            let stream = bench.asked.concat();
            for piece in stream.chunks(size) {
                bench.ledger.bytes(piece, &mut bench.totals, bench.now).unwrap();
            }
            assert_eq!((bench.counts(), bench.ledger.missing()), ([3, 3, 0, 0, 0, 0], 0));
            assert_eq!(bench.ledger.bytes(b"x", &mut bench.totals, bench.now), Err(()));
        }
        let mut bench = Bench::new(20, 3);
        bench.ask(2);
        let mut stream = bench.asked.concat();
        stream[33] ^= 1;
        assert_eq!(bench.ledger.bytes(&stream, &mut bench.totals, bench.now), Err(()));
        let difference = bench.totals.difference.unwrap();
        assert_eq!((difference.message, difference.offset), (2, 13));
    }
}
