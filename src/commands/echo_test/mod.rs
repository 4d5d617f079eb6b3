//! `wsurl echo-test`: messages out, the same back, and how long that took.

mod listen;

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use self::listen::{bind, cannot_listen};
use super::converse::{Conversation, converse, report};
use super::options::ConversationOptions;
use crate::cli::EchoTestArgs;
use crate::echo_server::ServerOptions;
use crate::error::{Failure, Status};
use crate::protocol::{CloseFrame, Encoder, Kind, Section};
use crate::session::{Allowance, Count, Fill, FinishRule, Incoming, Outgoing, Output, Supply, Wake};

/// Runs the test, or the server.
pub(super) fn run(args: EchoTestArgs) -> Result<(), Failure> {
    if let Some(address) = args.server.listen {
        return listen::run(address, args.server, args.conversation.request.subprotocols);
    }
    let embedded = args.url.is_none();
    let url = match args.url {
        Some(url) => url,
        None => start_embedded()?,
    };
    let options = ConversationOptions::from_args(&url, args.conversation)?;
    let size = usize::try_from(args.size).unwrap_or(usize::MAX);
    let test = Rc::new(RefCell::new(Test::new(args.count, size)));
    let conversation = Conversation {
        outgoing: &mut Questions(Rc::clone(&test)),
        incoming: &mut Answers { test: Rc::clone(&test), gathered: Vec::new() },
        output: Output::standard()?,
        rule: FinishRule { count: Count::AsSent { at_least: 0 }, quiet: None, follow: false, lockstep: true },
        limit_rate: None,
        progress: None,
    };
    let conversed = converse(&options, conversation);
    let opened = conversed.facts.timeline.upgraded.is_some();
    let verdict = if opened {
        let server =
            if embedded { format!("{} (embedded)", options.endpoint) } else { options.endpoint.to_string() };
        super::print(test.borrow().report(&server).as_bytes()).and(test.borrow().verdict())
    } else {
        Ok(())
    };
    let conversed = report(&options, conversed, [None, None]);
    verdict.and(conversed)
}

/// Starts a server on loopback that ends with the program: its URL.
fn start_embedded() -> Result<String, Failure> {
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = bind(loopback, ServerOptions::default())?;
    let bound = server.local_address().map_err(|err| cannot_listen(loopback, err))?;
    server.start().map_err(|err| cannot_listen(loopback, err))?;
    Ok(format!("ws://{bound}/"))
}

/// What was asked, what was answered, and when.
#[derive(Debug)]
struct Test {
    count: u64,
    size: usize,
    sent: u64,
    asked: Vec<u8>,
    asked_at: Instant,
    echoed: u64,
    corrupted: u64,
    /// Messages that came though all were answered.
    unasked: u64,
    round_trips: Vec<Duration>,
}

impl Test {
    fn new(count: u64, size: usize) -> Self {
        Self {
            count,
            size,
            sent: 0,
            asked: Vec::new(),
            asked_at: Instant::now(),
            echoed: 0,
            corrupted: 0,
            unasked: 0,
            round_trips: Vec::new(),
        }
    }

    fn answer(&mut self, kind: Kind, payload: &[u8]) {
        if self.echoed + self.corrupted == self.sent {
            self.unasked += 1;
            return;
        }
        self.round_trips.push(self.asked_at.elapsed());
        if kind == Kind::Text && payload == self.asked {
            self.echoed += 1;
        } else {
            self.corrupted += 1;
        }
    }

    fn report(&self, server: &str) -> String {
        let lost = self.sent.saturating_sub(self.echoed + self.corrupted);
        let mut text = format!(
            "echo test of {server}\n{} of {} messages of {} bytes sent: {} echoed, {lost} lost, {} corrupted\n",
            self.sent, self.count, self.size, self.echoed, self.corrupted
        );
        let mut sorted = self.round_trips.clone();
        sorted.sort_unstable();
        if let [min, .., max] | [min @ max] = &sorted[..] {
            let median = sorted[sorted.len() / 2];
            let times = [*min, median, *max].map(show);
            let _ = std::fmt::Write::write_fmt(
                &mut text,
                format_args!("round trip: min {}, median {}, max {}\n", times[0], times[1], times[2]),
            );
        }
        text
    }

    fn verdict(&self) -> Result<(), Failure> {
        let text = match (self.corrupted, self.unasked) {
            (0, 0) => return Ok(()),
            (0, more) => format!("{more} more messages came than the {} sent", self.sent),
            (changed, _) => format!("{changed} of {} messages came back changed", self.sent),
        };
        Err(Failure::new(Status::ExpectationFailed, text)
            .hint("is it an echo server? -vv shows what it sends"))
    }
}

fn show(time: Duration) -> String {
    match time.as_micros() {
        micros @ 0..1000 => format!("{micros} \u{b5}s"),
        micros => format!("{}.{:02} ms", micros / 1000, micros % 1000 / 10),
    }
}

/// Text of `size` bytes that differs from message to message and holds characters of one to four bytes.
fn payload(number: u64, size: usize) -> Vec<u8> {
    let letters: Vec<char> = "a\u{e9}\u{20ac}\u{1f600}bcdefghijklmnopqrstuvwxyz0123456789".chars().collect();
    let mut state = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut text = String::with_capacity(size + 4);
    while text.len() < size {
        // xorshift64*: the same on every run, and no repetition that a broken echo could hide behind.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let letter = letters[usize::try_from(state >> 40).unwrap_or_default() % letters.len()];
        text.push(if text.len() + letter.len_utf8() <= size { letter } else { '.' });
    }
    text.into_bytes()
}

struct Questions(Rc<RefCell<Test>>);

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
        let mut test = self.0.borrow_mut();
        if test.sent == test.count {
            return Ok(Fill { next: Supply::Over(None), ..Fill::default() });
        }
        if allowance.messages == 0 {
            return Ok(Fill::default());
        }
        test.asked = payload(test.sent, test.size);
        test.sent += 1;
        test.asked_at = Instant::now();
        encoder.frame(Kind::Text.into(), true, &test.asked, out);
        Ok(Fill { messages: 1, bytes: test.asked.len() as u64, next: Supply::Ready })
    }

    fn is_inside_frame(&self) -> bool {
        false
    }

    fn complete_frame(&mut self, _: &mut Vec<u8>) -> bool {
        true
    }

    fn has_more(&mut self) -> bool {
        let test = self.0.borrow();
        test.sent < test.count
    }
}

struct Answers {
    test: Rc<RefCell<Test>>,
    gathered: Vec<u8>,
}

impl Incoming for Answers {
    fn section(&mut self, section: &Section<'_>, _: &mut Vec<u8>) -> Result<(), Failure> {
        // What is longer than the question is wrong already; the rest of it is not kept.
        let room = (self.test.borrow().asked.len() + 1).saturating_sub(self.gathered.len());
        self.gathered.extend_from_slice(&section.bytes[..section.bytes.len().min(room)]);
        if section.last {
            self.test.borrow_mut().answer(section.kind, &self.gathered);
            self.gathered.clear();
        }
        Ok(())
    }

    fn close(&mut self, _: &CloseFrame, _: &mut Vec<u8>) {}

    fn unmet(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_text_of_the_right_size_and_differ() {
        for size in [0, 1, 2, 3, 4, 5, 64, 1000] {
            let text = payload(3, size);
            assert_eq!(text.len(), size);
            assert!(std::str::from_utf8(&text).is_ok());
        }
        assert_ne!(payload(1, 64), payload(2, 64));
        assert_eq!(payload(1, 64), payload(1, 64));
    }

    #[test]
    fn the_report_counts_what_is_missing() {
        let mut test = Test::new(3, 4);
        for number in 0..2 {
            test.asked = payload(number, 4);
            test.sent += 1;
            let asked = test.asked.clone();
            test.answer(if number == 0 { Kind::Text } else { Kind::Binary }, &asked);
        }
        test.sent = 3;
        assert!(
            test.report("ws://h/").contains("3 of 3 messages of 4 bytes sent: 1 echoed, 1 lost, 1 corrupted")
        );
        assert_eq!(test.verdict().unwrap_err().status(), Status::ExpectationFailed);
    }
}
