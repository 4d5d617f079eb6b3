//! The machine, event by event.

use std::time::{Duration, Instant};

use super::events::Progress;
use super::*;
use crate::error::Status;
use crate::os::signals::Signal;
use crate::session::finish::Count;
use crate::session::hints::Hints;
use crate::session::limits::AcceptClose;
use crate::session::source::Remaining;

const IDLE: IoState = IoState {
    sending: false,
    paced: false,
    blocked: false,
    unanswered_since: None,
    pong_awaited_since: None,
    awaiting: false,
};
const BUSY: IoState = IoState { sending: true, ..IDLE };

/// Everything was sent and taken, and no message is open.
const DONE: Progress =
    Progress { unsent: false, taken: None, remaining: Remaining::Nothing, inside_message: false };

/// Asks as the event loop does: once more when a clock has run out.
fn step(machine: &mut Machine, io: IoState, now: Instant) -> Step {
    match machine.step(io, now) {
        Step::LookAgain => machine.step(io, now),
        step => step,
    }
}

fn machine(rule: FinishRule) -> (Machine, Instant) {
    let now = Instant::now();
    let limits = Limits {
        send: Duration::from_secs(30),
        receive: Duration::from_secs(20),
        receive_always: false,
        close: Duration::from_secs(10),
        idle: None,
        whole: None,
        ping_interval: None,
        ping_timeout: Duration::from_secs(5),
        pong_interval: None,
    };
    let server = ServerName { host: "h".to_owned(), target: "h:1".to_owned() };
    let accept = AcceptClose::parse("1000,1001,1005").unwrap();
    let close = CloseOptions { frame: CloseFrame::with_code(1000), accept };
    (Machine::new(server, rule, limits, close, Hints::default(), now), now)
}

fn rule(count: Count) -> FinishRule {
    FinishRule { count, quiet: None, follow: false, lockstep: false }
}

fn close(code: u16) -> Step {
    Step::SendClose(CloseFrame::with_code(code))
}

fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn close_is_held_back_until_every_reply_is_in() {
    let (mut machine, now) = machine(rule(Count::AsSent { at_least: 0 }));
    machine.sent(2, 10);
    assert_eq!(step(&mut machine, IDLE, now), Step::Continue);
    machine.input_is_over(None, now);
    machine.received(5, true, now);
    assert_eq!(step(&mut machine, IDLE, now), Step::Continue);
    machine.received(5, true, now);
    assert_eq!(step(&mut machine, IDLE, now), close(1000));
    assert_eq!(step(&mut machine, IDLE, now), Step::Continue, "only one Close is sent");
    machine.server_closed(CloseFrame::with_code(1000), DONE, now);
    assert_eq!(step(&mut machine, IDLE, now), Step::Stop);
    assert!(machine.into_end(None, None).verdict().is_ok());
}

#[test]
fn a_close_from_the_server_is_answered_with_its_code() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.server_closed(CloseFrame { code: 4001, reason: "bye".to_owned() }, DONE, now);
    assert_eq!(step(&mut machine, IDLE, now), close(4001));
    assert_eq!(step(&mut machine, BUSY, now), Step::Continue);
    assert_eq!(step(&mut machine, IDLE, now), Step::Stop);
    assert_eq!(machine.into_end(None, None).verdict().unwrap_err().status(), Status::ClosedByServer);
}

#[test]
fn a_close_that_crosses_our_data_is_no_answer_to_ours() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.input_is_over(None, now);
    assert_eq!(step(&mut machine, BUSY, now), close(1000));
    machine.server_closed(CloseFrame::with_code(1000), Progress { unsent: true, ..DONE }, now);
    assert_eq!(step(&mut machine, BUSY, now), Step::Stop);
    assert_eq!(machine.into_end(None, None).verdict().unwrap_err().status(), Status::SendFailed);
}

#[test]
fn the_answer_to_our_close_is_awaited_from_when_it_left() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.input_is_over(None, now);
    assert_eq!(step(&mut machine, BUSY, now), close(1000));
    machine.wrote(true, now + secs(25));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(35)));
}

#[test]
fn lockstep_is_not_satisfied_by_a_greeting() {
    let (mut machine, now) = machine(FinishRule { lockstep: true, ..rule(Count::AsSent { at_least: 0 }) });
    machine.received(1, true, now);
    machine.sent(1, 1);
    assert_eq!(machine.allowance(), 0);
    machine.input_is_over(None, now);
    assert_eq!(step(&mut machine, IDLE, now), Step::Continue);
    machine.received(1, true, now);
    assert_eq!(step(&mut machine, IDLE, now), close(1000));
}

#[test]
fn a_signal_does_not_wait_for_a_blocked_output() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.interrupted(Signal::Interrupt, now);
    let blocked = IoState { blocked: true, ..IDLE };
    assert_eq!(step(&mut machine, blocked, now), close(1001));
    assert_eq!(machine.next_look(blocked), Some(now + secs(1)));
    assert_eq!(machine.end_of_run(now).map(|end| end.at()), Some(now + secs(1)));
}

#[test]
fn receiving_is_timed_only_while_something_is_owed() {
    let (mut machine, now) = machine(rule(Count::Exactly(1)));
    assert_eq!(machine.next_look(IDLE), None);
    machine.input_is_over(None, now);
    assert_eq!(machine.next_look(IDLE), Some(now + secs(20)));
    assert_eq!(machine.next_look(IoState { blocked: true, ..IDLE }), None);
    assert_eq!(step(&mut machine, IDLE, now + secs(20)), close(1001));
    assert_eq!(step(&mut machine, IDLE, now + secs(20)), Step::Stop);
    let failure = machine.into_end(None, None).verdict().unwrap_err();
    assert_eq!(
        failure.to_string(),
        "timed out after 20s in receive with h (--receive-timeout): 0 of 1 awaited messages arrived"
    );
}

#[test]
fn a_quiet_period_begins_anew_with_every_message() {
    let (mut machine, now) = machine(FinishRule { quiet: Some(secs(2)), ..rule(Count::None) });
    machine.input_is_over(None, now);
    machine.received(1, true, now + secs(1));
    assert_eq!(step(&mut machine, IDLE, now + secs(2)), Step::Continue);
    assert_eq!(machine.next_look(IDLE), Some(now + secs(3)));
    assert_eq!(step(&mut machine, IDLE, now + secs(3)), close(1000));
}

#[test]
fn lockstep_waits_for_the_reply() {
    let (mut machine, now) = machine(FinishRule { lockstep: true, ..rule(Count::AsSent { at_least: 0 }) });
    assert_eq!(machine.allowance(), 1);
    machine.sent(1, 1);
    assert_eq!(machine.allowance(), 0);
    machine.received(1, true, now);
    assert_eq!(machine.allowance(), 1);
}

#[test]
fn writing_counts_as_long_as_something_waits() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.wrote(true, now + secs(5));
    assert_eq!(machine.next_look(BUSY), Some(now + secs(35)));
    step(&mut machine, BUSY, now + secs(35));
    let failure = machine.into_end(None, None).verdict().unwrap_err();
    assert_eq!(failure.to_string(), "timed out after 30s in send with h (--send-timeout)");
}

#[test]
fn a_ping_is_not_lost_while_our_own_data_moves() {
    let (mut machine, now) = machine(rule(Count::None));
    let pinged = IoState { unanswered_since: Some(now), ..IDLE };
    assert_eq!(machine.next_look(pinged), Some(now + secs(5)));
    assert_eq!(machine.next_look(IoState { sending: true, ..pinged }), Some(now + secs(30)));
    machine.wrote(false, now + secs(3));
    assert_eq!(machine.next_look(pinged), Some(now + secs(5)), "a ping is no data");
    machine.wrote(true, now + secs(4));
    assert_eq!(machine.next_look(pinged), Some(now + secs(9)));
}

#[test]
fn a_signal_closes_with_1001_and_waits_a_second() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.interrupted(Signal::Terminate, now);
    assert_eq!(step(&mut machine, IDLE, now), close(1001));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(1)));
    step(&mut machine, IDLE, now + secs(1));
    assert_eq!(machine.into_end(None, None).verdict().unwrap_err().status().code(), 143);
}

#[test]
fn the_close_timeout_does_not_run_while_the_output_is_blocked() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.input_is_over(None, now);
    assert_eq!(step(&mut machine, IDLE, now), close(1000));
    assert_eq!(machine.next_look(IoState { blocked: true, ..IDLE }), None);
    machine.unblocked(now + secs(60));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(70)));
}

#[test]
fn no_clock_that_has_run_out_makes_the_loop_busy() {
    let counts = [Count::None, Count::Exactly(1), Count::AsSent { at_least: 0 }];
    let rules = counts.into_iter().flat_map(|count| {
        [(None, false), (Some(secs(2)), false), (Some(secs(2)), true), (None, true)]
            .map(|(quiet, lockstep)| FinishRule { quiet, lockstep, ..rule(count) })
    });
    for rule in rules {
        for events in 0..16 {
            for bits in 0..32 {
                rests_at_last(rule, events, bits);
            }
        }
    }
}

/// After a few steps at one moment, the machine is over or names a moment to come.
#[track_caller]
fn rests_at_last(rule: FinishRule, events: u32, bits: u32) {
    let (mut machine, now) = machine(rule);
    let has = |set: u32, bit: u32| set & (1 << bit) != 0;
    if has(events, 0) {
        machine.sent(1, 1);
    }
    if has(events, 1) {
        machine.received(1, true, now);
    }
    if has(events, 2) {
        machine.input_is_over(None, now);
    }
    if has(events, 3) {
        machine.cannot_send(now);
    }
    let io = IoState {
        sending: has(bits, 0),
        paced: false,
        blocked: has(bits, 1),
        unanswered_since: has(bits, 2).then_some(now),
        pong_awaited_since: has(bits, 3).then_some(now),
        awaiting: has(bits, 4),
    };
    for late in [1, 2, 3, 5, 20, 30, 60, 120].map(secs) {
        let mut steps = 0;
        while step(&mut machine, io, now + late) != Step::Stop {
            let rests = machine.next_look(io).is_none_or(|at| at > now + late);
            if rests && !machine.is_due() {
                break;
            }
            steps += 1;
            if has(events, 3) && machine.next_look(io).is_some_and(|at| at <= now + late) {
                machine.lost(None, DONE, now + late);
            }
            assert!(steps < 10, "{rule:?}, events {events:b}, {io:?}, after {late:?}");
        }
    }
}
