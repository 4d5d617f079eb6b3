//! The machine under random events, held to the rules that no order of events may break. A unit test runs it with
//! pseudorandom bytes, a fuzz target with bytes that the fuzzer chooses.
//!
//! 1. A session sends one Close at most, and no message and no control frame after it.
//! 2. Success means that the input has ended, that all of it was taken, that everything awaited arrived whole, that the server
//!    closed with an accepted code, and that nothing has failed.
//! 3. After a signal, a session ends within seconds, whatever the server does.

use std::time::{Duration, Instant};

use super::events::Progress;
use super::{CloseOptions, IoState, Limits, Machine, ServerName, Step};
use crate::error::{Failure, Status};
use crate::os::signals::Signal;
use crate::protocol::{CloseFrame, Violation};
use crate::session::finish::{Count, FinishRule};
use crate::session::hints::Hints;
use crate::session::limits::CloseCodes;
use crate::session::source::Remaining;

/// The longest that a session may go on after a signal: for the Close, its answer, the last frame, and the end of the input.
const END_AFTER_SIGNAL: Duration = Duration::from_secs(4);

/// The most steps without an event that a session may take to its end after a signal.
const STEPS_TO_END: u32 = 1000;

const OUR_CODE: u16 = 4000;

/// Runs a session whose options and events `data` decides.
///
/// # Panics
/// A rule was broken.
pub fn run_random_events(data: &[u8]) {
    let mut choices = Choices(data);
    let mut model = Model::new(&mut choices);
    while !choices.0.is_empty() && !model.is_over {
        model.event(&mut choices);
        model.check();
    }
    model.finish();
}

/// Decisions from the front of the data; 0 after its end.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn below(&mut self, end: u8) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first % end
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    fn span(&mut self) -> Duration {
        Duration::from_millis([0, 1, 20, 60, 250, 1000, 5000, 40_000][usize::from(self.below(8))])
    }
}

/// The end of the connection, in the words of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    /// With a Close whose code is accepted, or without one where that is.
    accepted: bool,
    /// Everything was taken and whole then.
    complete: bool,
}

/// What the event loop would know, and what the rules need.
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
struct Model {
    machine: Machine,
    rule: FinishRule,
    /// The codes of `--expect-close`.
    expected: &'static str,
    now: Instant,
    /// Payload, or our Close, that the socket has not taken.
    unsent: bool,
    close_waits: bool,
    is_broken: bool,
    is_blocked: bool,
    inside_message: bool,
    input_ended: bool,
    sent: u64,
    received: u64,
    answered: bool,
    close_sent: bool,
    end: Option<End>,
    failed: bool,
    /// The reader of the output has gone; whether the input was open then.
    output_closed: Option<bool>,
    is_over: bool,
}

impl Model {
    fn new(choices: &mut Choices<'_>) -> Self {
        let now = Instant::now();
        let count = match choices.below(3) {
            0 => Count::None,
            1 => Count::Exactly(u64::from(choices.below(4))),
            _ => Count::AsSent { at_least: u64::from(choices.below(3)) },
        };
        let expected = ["", "", "1000", "1000,1006"][usize::from(choices.below(4))];
        let rule = FinishRule {
            quiet: choices.flag().then(|| choices.span()),
            follow: choices.flag(),
            lockstep: choices.flag(),
            greeting: u64::from(choices.below(2)),
            server_closes: !expected.is_empty(),
            ..FinishRule::new(count)
        };
        let limits = Limits {
            send: Duration::from_secs(30),
            receive: Duration::from_secs(20),
            receive_always: choices.flag(),
            close: Duration::from_secs(10),
            idle: choices.flag().then_some(Duration::from_secs(7)),
            whole: None,
            ping_interval: None,
            ping_timeout: Duration::from_secs(5),
            pong_interval: None,
        };
        let server = ServerName { host: "h".to_owned(), target: "h:1".to_owned() };
        let accept = CloseCodes::parse("1000,1001,1005").expect("a list of codes");
        let expect = CloseCodes::parse(expected).ok();
        let close = CloseOptions { frame: CloseFrame::with_code(OUR_CODE), accept, expect };
        Self {
            machine: Machine::new(server, rule, limits, close, Hints::default(), now),
            rule,
            expected,
            now,
            unsent: false,
            close_waits: false,
            is_broken: false,
            is_blocked: false,
            inside_message: false,
            input_ended: false,
            sent: 0,
            received: 0,
            answered: true,
            close_sent: false,
            end: None,
            failed: false,
            output_closed: None,
            is_over: false,
        }
    }

    fn event(&mut self, choices: &mut Choices<'_>) {
        match choices.below(16) {
            0..=2 => self.now += choices.span(),
            3 | 4 => self.send(choices),
            5 => self.write(choices),
            6 | 7 => self.receive(choices),
            8 => self.end_input(choices),
            9 => self.server_closes(choices),
            10 if choices.flag() && self.machine.listens() => self.lose(choices),
            11 => self.fail(choices),
            12 => self.close_output(choices),
            13 => {
                self.is_blocked = choices.flag();
                if self.is_blocked {
                    self.machine.blocked(self.now);
                } else {
                    self.machine.unblocked(self.now);
                }
            }
            14 if choices.flag() && !self.is_broken => {
                self.is_broken = true;
                self.machine.cannot_send(self.now);
            }
            _ => {}
        }
        self.step();
    }

    fn send(&mut self, choices: &mut Choices<'_>) {
        let allowed = self.machine.allowance();
        if allowed == 0 || self.is_broken {
            return;
        }
        let messages = u64::from(choices.below(3)).min(allowed);
        self.machine.sent(messages, 10);
        self.machine.has_to_send(self.now);
        self.sent += messages;
        self.answered &= messages == 0;
        self.unsent = true;
    }

    fn write(&mut self, choices: &mut Choices<'_>) {
        if !self.is_broken && (self.unsent || self.close_waits) {
            self.machine.wrote(self.unsent, self.now);
            if choices.flag() {
                (self.unsent, self.close_waits) = (false, false);
            }
        }
    }

    fn receive(&mut self, choices: &mut Choices<'_>) {
        if !self.machine.listens() || self.is_blocked {
            return;
        }
        let last = choices.flag();
        self.machine.heard(self.now);
        self.inside_message = !last;
        if self.machine.delivers() {
            self.machine.received(10, last, self.now);
            self.received += u64::from(last);
            self.answered |= last;
        }
    }

    fn end_input(&mut self, choices: &mut Choices<'_>) {
        if self.machine.awaits_input() && choices.flag() {
            self.machine.input_goes_on();
        } else if self.machine.awaits_input() || (self.machine.allowance() > 0 && !self.is_broken) {
            self.input_ended = true;
            let close = choices.flag().then(|| CloseFrame::with_code(OUR_CODE));
            self.machine.input_is_over(close, self.now);
        }
    }

    fn server_closes(&mut self, choices: &mut Choices<'_>) {
        if !self.machine.listens() || self.is_blocked {
            return;
        }
        let code = [1000, 1005, OUR_CODE, 1011][usize::from(choices.below(4))];
        let progress = self.progress(choices);
        let is_answer = self.machine.is_closing() && !progress.unsent && code == OUR_CODE;
        let is_expected = self.expected.contains(&code.to_string());
        self.end = Some(End {
            accepted: if self.rule.server_closes {
                is_expected
            } else {
                is_answer || matches!(code, 1000 | 1005)
            },
            // What is in frames may still leave before the answer to a Close that is expected.
            complete: self.is_whole(&progress) && (!progress.unsent || is_expected),
        });
        self.machine.server_closed(CloseFrame::with_code(code), progress, self.now);
    }

    fn lose(&mut self, choices: &mut Choices<'_>) {
        let progress = self.progress(choices);
        let complete = self.is_whole(&progress) && !progress.unsent;
        self.end.get_or_insert(End { accepted: self.expected.contains("1006"), complete });
        self.machine.lost(None, progress, self.now);
    }

    fn is_whole(&self, progress: &Progress) -> bool {
        progress.remaining != Remaining::Something && !(progress.inside_message && self.machine.delivers())
    }

    fn fail(&mut self, choices: &mut Choices<'_>) {
        let failure = Failure::new(Status::ReadError, "why");
        match choices.below(5) {
            0 if self.machine.listens() => self.machine.violated(Violation::CloseTooShort, self.now),
            1 if self.machine.listens() => self.machine.give_up(failure, 1009, self.now),
            2 if self.machine.allowance() > 0 => self.machine.withdraw(failure, self.now),
            3 if self.machine.listens() => self.machine.output_failed(failure, self.now),
            4 => self.machine.interrupted(Signal::Interrupt, self.now),
            _ => return,
        }
        self.failed = true;
    }

    fn close_output(&mut self, choices: &mut Choices<'_>) {
        if self.machine.listens() {
            let progress = self.progress(choices);
            let is_followed = self.rule.follow && progress.remaining == Remaining::Unknown;
            let is_open = !self.machine.is_closing() && !self.input_ended && !is_followed;
            self.output_closed.get_or_insert(is_open);
            self.machine.output_is_closed(progress, choices.flag(), self.now);
        }
    }

    fn progress(&self, choices: &mut Choices<'_>) -> Progress {
        let remaining = match choices.below(3) {
            _ if self.input_ended => Remaining::Nothing,
            0 => Remaining::Something,
            _ => Remaining::Unknown,
        };
        Progress {
            unsent: self.unsent,
            unwritten: self.unsent,
            taken: None,
            remaining,
            inside_message: self.inside_message,
        }
    }

    fn io(&self) -> IoState {
        IoState {
            sending: !self.is_broken && (self.unsent || self.close_waits),
            blocked: self.is_blocked,
            ..IoState::default()
        }
    }

    /// One step, as the event loop takes it.
    fn step(&mut self) {
        match self.machine.step(self.io(), self.now) {
            Step::Continue | Step::LookAgain => {}
            Step::SendClose(_) => {
                assert!(!self.close_sent, "a second Close");
                self.close_sent = true;
                self.close_waits = !self.is_broken;
            }
            Step::Lose => self.lose(&mut Choices(&[])),
            Step::Stop => self.is_over = true,
        }
    }

    /// What has to hold at any time.
    fn check(&self) {
        let machine = &self.machine;
        if self.close_sent || self.end.is_some() {
            assert_eq!(machine.allowance(), 0, "a message after a Close");
            assert!(!machine.may_send_control(), "a control frame after a Close");
        }
        if self.rule.lockstep {
            assert!(
                machine.allowance() <= u64::from(self.answered),
                "a message before the reply to the last one"
            );
        }
    }

    /// Sends a signal, lets time pass until the session is over, and looks at the verdict.
    fn finish(mut self) {
        let asked = self.now;
        if !self.is_over {
            self.failed = true;
            self.machine.interrupted(Signal::Terminate, self.now);
        }
        for _ in 0..STEPS_TO_END {
            if self.is_over {
                break;
            }
            self.step();
            self.check();
            if let Some(at) = self.machine.next_look(self.io()) {
                self.now = self.now.max(at);
            }
        }
        assert!(self.is_over, "the session does not end: {:?}", self.machine);
        assert!(
            self.now <= asked + END_AFTER_SIGNAL,
            "the session ends {:?} after a signal",
            self.now - asked
        );
        let progress = Progress {
            unsent: self.unsent,
            unwritten: self.unsent,
            taken: None,
            remaining: if self.input_ended { Remaining::Nothing } else { Remaining::Unknown },
            inside_message: self.inside_message,
        };
        self.machine.ended(progress);
        if self.machine.into_end(None, None).verdict().is_ok() {
            assert!(!self.failed, "success after a failure");
            if let Some(is_input_open) = self.output_closed {
                assert!(!is_input_open, "success with input unread");
                return;
            }
            let end = self.end.expect("success needs an end of the connection");
            assert!(end.accepted, "success with an end that is not accepted");
            assert!(end.complete, "success with something unsent or not whole");
            assert!(!self.unsent || !self.rule.server_closes, "success with frames that never left");
            assert!(self.input_ended || self.rule.follow, "success before the end of the input");
            let awaited = self.rule.greeting + self.rule.awaited(self.sent);
            assert!(self.received >= awaited, "success with fewer messages than awaited");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_order_of_events_breaks_a_rule() {
        let mut random = 1_u64;
        let mut byte = move || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            random.to_be_bytes()[0]
        };
        for _ in 0..5_000 {
            let length = usize::from(byte());
            run_random_events(&(0..length).map(|_| byte()).collect::<Vec<_>>());
        }
    }
}
