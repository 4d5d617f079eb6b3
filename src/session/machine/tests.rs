//! The machine, event by event.

use std::time::{Duration, Instant};

use super::events::Progress;
use super::*;
use crate::deadline::Deadline;
use crate::error::{Failure, Status};
use crate::os::signals::Signal;
use crate::protocol::Violation;
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
        for events in 0..64 {
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
    if has(events, 4) {
        machine.limits.whole = Some(Deadline::since(now, secs(3), "--max-time"));
    }
    if has(events, 5) {
        let progress = Progress { remaining: Remaining::Unknown, ..DONE };
        machine.server_closed(CloseFrame::with_code(1000), progress, now + secs(3));
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

/// Whether the time to receive runs when nothing but these events has happened, at one moment.
fn counts(rule: FinishRule, sent: u64, received: u64, is_over: bool, is_given: bool) -> bool {
    let (mut machine, now) = machine(rule);
    machine.limits.receive_always = is_given;
    (0..sent).for_each(|_| machine.sent(1, 1));
    (0..received).for_each(|_| machine.received(1, true, now));
    if is_over {
        machine.input_is_over(None, now);
    }
    machine.next_look(IDLE) == Some(now + secs(20))
}

#[test]
fn receiving_is_timed_while_a_reply_is_outstanding() {
    let each = rule(Count::AsSent { at_least: 0 });
    assert!(counts(each, 1, 0, false, false), "also while the input is open");
    assert!(!counts(each, 0, 0, false, false));
    assert!(!counts(each, 1, 1, false, false));
    assert!(!counts(each, 1, 2, false, false), "greetings are no debts");
    assert!(counts(each, 2, 1, true, false));
    assert!(!counts(each, 2, 2, true, false));

    let three = rule(Count::Exactly(3));
    assert!(counts(three, 1, 0, false, false));
    assert!(!counts(three, 1, 1, false, false), "the others may need more input");
    assert!(counts(three, 1, 1, true, false));
    assert!(!counts(three, 4, 3, false, false), "all that was awaited is there");

    let none = rule(Count::None);
    assert!(!counts(none, 1, 0, false, true));
    assert!(!counts(none, 1, 0, true, true));
}

#[test]
fn in_lockstep_the_reply_to_the_last_message_is_outstanding() {
    let lockstep = |count| FinishRule { lockstep: true, ..rule(count) };
    assert!(counts(lockstep(Count::None), 1, 0, false, false), "nothing more is sent without it");
    assert!(!counts(lockstep(Count::None), 1, 0, true, false), "nobody needs it");
    assert!(!counts(lockstep(Count::None), 1, 1, false, false));
    assert!(counts(lockstep(Count::AsSent { at_least: 0 }), 1, 0, true, false));
}

#[test]
fn a_server_that_is_followed_is_timed_only_where_it_is_wanted() {
    let follow = FinishRule { follow: true, ..rule(Count::None) };
    assert!(!counts(follow, 1, 0, true, false));
    assert!(counts(follow, 1, 0, true, true));
    assert!(!counts(follow, 1, 0, false, true));
}

#[test]
fn a_source_that_awaits_a_reply_is_timed_whatever_the_rule() {
    let (mut machine, now) = machine(FinishRule { follow: true, ..rule(Count::None) });
    let awaiting = IoState { awaiting: true, ..IDLE };
    assert_eq!(machine.next_look(awaiting), Some(now + secs(20)));
    machine.input_is_over(None, now + secs(1));
    assert_eq!(step(&mut machine, awaiting, now + secs(2)), Step::Continue);
    assert_eq!(machine.next_look(awaiting), Some(now + secs(21)));
}

#[test]
fn of_a_large_message_each_64_kib_are_progress() {
    let (mut machine, now) = machine(rule(Count::Exactly(1)));
    machine.input_is_over(None, now);
    machine.received(PROGRESS - 1, false, now + secs(1));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(20)));
    machine.received(1, false, now + secs(2));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(22)));
    machine.received(1, false, now + secs(3));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(22)));
    machine.received(PROGRESS - 2, false, now + secs(4));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(22)));
    machine.received(0, true, now + secs(5));
    assert_eq!(machine.tally().messages_received, 1);
    assert_eq!(machine.tally().bytes_received, 2 * PROGRESS - 1);
}

#[test]
fn the_limit_of_the_run_holds_until_only_the_last_frame_has_to_leave() {
    let whole = |machine: &mut Machine, now| {
        machine.limits.whole = Some(Deadline::since(now, secs(7), "--max-time"));
    };
    let open = Progress { remaining: Remaining::Unknown, ..DONE };
    let (mut waiting, now) = machine(rule(Count::None));
    whole(&mut waiting, now);
    assert_eq!(waiting.next_look(IDLE), Some(now + secs(7)));
    waiting.server_closed(CloseFrame::with_code(1000), open, now + secs(6));
    assert_eq!(step(&mut waiting, IDLE, now + secs(6)), close(1000));
    assert_eq!(step(&mut waiting, IDLE, now + secs(6)), Step::Continue);
    assert!(waiting.awaits_input());
    // Both run out at once: the end of the input was not awaited for longer than it may be.
    assert_eq!(waiting.next_look(IDLE), Some(now + secs(7)));
    assert_eq!(step(&mut waiting, IDLE, now + secs(7)), Step::Stop);
    let failure = waiting.into_end(None, None).verdict().unwrap_err();
    assert_eq!(failure.to_string(), "timed out after 7s in close with h (--max-time)");

    let (mut leaving, now) = machine(rule(Count::None));
    whole(&mut leaving, now);
    leaving.server_closed(CloseFrame::with_code(1000), DONE, now + secs(6));
    assert_eq!(step(&mut leaving, BUSY, now + secs(6)), close(1000));
    assert_eq!(leaving.next_look(BUSY), Some(now + secs(6) + Duration::from_millis(250)));
}

#[test]
fn the_limit_of_the_run_names_what_was_waited_for() {
    let phase = |io: IoState, closes: bool| {
        let (mut machine, now) = machine(rule(Count::None));
        machine.limits.whole = Some(Deadline::since(now, secs(7), "--max-time"));
        if closes {
            machine.input_is_over(None, now);
            assert_eq!(step(&mut machine, io, now), close(1000));
        }
        step(&mut machine, io, now + secs(7));
        let failure = machine.into_end(None, None).verdict().unwrap_err();
        (failure.to_string(), failure.advice().map(str::to_owned))
    };
    let text = |phase| format!("timed out after 7s in {phase} with h (--max-time)");
    let paced = IoState { paced: true, ..IDLE };
    assert_eq!(phase(IDLE, false), (text("receive"), None));
    assert_eq!(phase(BUSY, false), (text("send"), None));
    assert_eq!(phase(paced, false), (text("send"), None));
    assert_eq!(phase(IDLE, true), (text("close"), None));
    assert_eq!(phase(paced, true), (text("close"), None));
    let blocked = IoState { blocked: true, ..IDLE };
    assert_eq!(phase(blocked, true).1.as_deref(), Some("nobody reads what was received"));
}

#[test]
fn what_is_in_the_socket_is_read_before_a_limit_is_reached() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.input_is_over(None, now);
    assert_eq!(step(&mut machine, IDLE, now), close(1000));
    let late = now + secs(30);
    assert_eq!(machine.step(IDLE, late), Step::LookAgain);
    for _ in 1..MOST_LOOKS {
        machine.heard(late);
        assert_eq!(machine.step(IDLE, late), Step::LookAgain);
    }
    machine.heard(late);
    assert_eq!(machine.step(IDLE, late), Step::Stop, "but not for ever");
}

#[test]
fn a_hint_about_replies_is_for_servers_that_never_reply() {
    let advice = |count, received| {
        let (mut machine, now) = machine(rule(count));
        machine.hints.no_reply = Some("do not wait");
        machine.sent(2, 2);
        (0..received).for_each(|_| machine.received(1, true, now));
        machine.input_is_over(None, now);
        step(&mut machine, IDLE, now + secs(20));
        machine.into_end(None, None).verdict().unwrap_err().advice().map(str::to_owned)
    };
    let longer = "a slow server needs a longer --receive-timeout";
    let each = Count::AsSent { at_least: 0 };
    assert_eq!(advice(each, 0), Some(format!("do not wait; {longer}")));
    assert_eq!(advice(each, 1).as_deref(), Some(longer));
    assert_eq!(advice(Count::Exactly(2), 0).as_deref(), Some(longer));
}

#[test]
fn the_gravest_of_several_failures_is_kept() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.withdraw(Failure::new(Status::ReadError, "input"), now);
    machine.violated(Violation::Masked, now);
    machine.interrupted(Signal::HangUp, now);
    assert_eq!(machine.into_end(None, None).verdict().unwrap_err().status().code(), 129);
}

#[test]
fn idleness_begins_anew_with_any_traffic() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.limits.idle = Some(secs(4));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(4)));
    machine.heard(now + secs(1));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(5)));
    machine.wrote(true, now + secs(2));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(6)));
    assert_eq!(machine.next_look(IoState { blocked: true, ..IDLE }), None);
    machine.unblocked(now + secs(3));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(7)));
    assert_eq!(step(&mut machine, IDLE, now + secs(7)), close(1001));
    let failure = machine.into_end(None, None).verdict().unwrap_err();
    assert_eq!(failure.to_string(), "timed out after 4s in idle with h (--idle-timeout)");
}

#[test]
fn a_pong_that_is_awaited_is_not_put_off_by_other_traffic() {
    let (mut machine, now) = machine(rule(Count::None));
    let pinged = IoState { pong_awaited_since: Some(now), ..IDLE };
    machine.heard(now + secs(4));
    machine.wrote(true, now + secs(4));
    assert_eq!(machine.next_look(pinged), Some(now + secs(5)));
    assert_eq!(step(&mut machine, pinged, now + secs(4)), Step::Continue);
    assert_eq!(step(&mut machine, pinged, now + secs(5)), close(1001));
    assert_eq!(machine.next_look(pinged), Some(now + secs(5) + Duration::from_millis(250)));
    let failure = machine.into_end(None, None).verdict().unwrap_err();
    assert_eq!(failure.to_string(), "timed out after 5s in ping with h (--ping-timeout)");
}

#[test]
fn pings_and_idleness_do_not_matter_once_the_session_is_closing() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.limits.idle = Some(secs(1));
    machine.input_is_over(None, now);
    assert_eq!(step(&mut machine, IDLE, now), close(1000));
    let pinged = IoState { pong_awaited_since: Some(now), unanswered_since: Some(now), ..IDLE };
    assert_eq!(machine.next_look(pinged), Some(now + secs(10)));
}

#[test]
fn a_quiet_period_does_not_begin_before_everything_was_written() {
    let (mut machine, now) = machine(FinishRule { quiet: Some(secs(2)), ..rule(Count::None) });
    machine.input_is_over(None, now);
    assert_eq!(machine.next_look(BUSY), Some(now + secs(30)));
    assert_eq!(step(&mut machine, BUSY, now + secs(3)), Step::Continue);
    machine.wrote(true, now + secs(3));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(5)));
    assert_eq!(step(&mut machine, IDLE, now + secs(4)), Step::Continue);
    assert_eq!(step(&mut machine, IDLE, now + secs(5)), close(1000));
}

#[test]
fn a_connection_that_takes_nothing_more_has_to_end_within_the_close_timeout() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.cannot_send(now);
    machine.cannot_send(now + secs(5));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(10)));
    assert_eq!(machine.next_look(IoState { blocked: true, ..IDLE }), None);
    machine.unblocked(now + secs(3));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(13)));
    assert_eq!(step(&mut machine, IDLE, now + secs(12)), Step::Continue);
    assert_eq!(step(&mut machine, IDLE, now + secs(13)), Step::Lose);
}

#[test]
fn a_signal_shortens_the_wait_for_a_reader() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.input_is_over(None, now);
    assert_eq!(step(&mut machine, IDLE, now), close(1000));
    let blocked = IoState { blocked: true, ..IDLE };
    assert_eq!(machine.next_look(blocked), None);
    machine.interrupted(Signal::Interrupt, now + secs(3));
    assert_eq!(machine.next_look(blocked), Some(now + secs(4)));
}

#[test]
fn the_reader_of_the_output_is_needed_where_messages_are_awaited() {
    let needs = |rule: FinishRule, sent: u64, is_over: bool| {
        let (mut machine, now) = machine(rule);
        machine.sent(sent, sent);
        if is_over {
            machine.input_is_over(None, now);
        }
        machine.needs_reader()
    };
    let none = rule(Count::None);
    assert!(!needs(none, 1, false) && !needs(none, 1, true));
    assert!(needs(rule(Count::Exactly(1)), 0, false));
    assert!(needs(rule(Count::AsSent { at_least: 0 }), 1, false));
    assert!(!needs(rule(Count::AsSent { at_least: 0 }), 0, false), "nothing is outstanding");
    assert!(needs(FinishRule { follow: true, ..none }, 0, false));
    let quiet = FinishRule { quiet: Some(secs(2)), ..none };
    assert!(!needs(quiet, 1, false) && needs(quiet, 1, true));
}

#[test]
fn a_reader_that_leaves_ends_the_session_soon() {
    let leaves = |progress: Progress, under_way: bool| {
        let (mut machine, now) = machine(FinishRule { follow: true, ..rule(Count::None) });
        machine.output_is_closed(progress, under_way, now);
        assert!(machine.discards() && !machine.delivers() && !machine.needs_reader());
        assert_eq!(step(&mut machine, IDLE, now), close(1001));
        let until = machine.next_look(IDLE).map(|at| at - now);
        step(&mut machine, IDLE, now + secs(1));
        (until, machine.into_end(None, None).verdict().is_ok())
    };
    assert_eq!(leaves(DONE, false), (Some(READER_GONE), true));
    assert_eq!(leaves(DONE, true), (Some(HURRY), true), "what is under way may still arrive");
    assert_eq!(leaves(Progress { unsent: true, ..DONE }, false), (Some(HURRY), false));
    let something = Progress { remaining: Remaining::Something, ..DONE };
    assert_eq!(leaves(something, false), (Some(READER_GONE), false));
    let unknown = Progress { remaining: Remaining::Unknown, ..DONE };
    assert_eq!(leaves(unknown, false), (Some(READER_GONE), true), "its end is the server's");
}

#[test]
fn the_end_of_the_input_is_awaited_for_a_second_after_the_close_of_the_server() {
    let open = Progress { remaining: Remaining::Unknown, ..DONE };
    let closed = |io: IoState| {
        let (mut machine, now) = machine(rule(Count::None));
        machine.server_closed(CloseFrame::with_code(1000), open, now);
        assert_eq!(step(&mut machine, io, now), close(1000));
        (machine, now)
    };
    let verdict =
        |machine: Machine| machine.into_end(None, None).verdict().map_err(|failure| failure.status());

    let (mut never, now) = closed(IDLE);
    assert_eq!(step(&mut never, IDLE, now), Step::Continue);
    assert!(never.awaits_input());
    assert_eq!(never.next_look(IDLE), Some(now + INPUT_END));
    assert_eq!(step(&mut never, IDLE, now + INPUT_END), Step::Stop);
    assert_eq!(verdict(never), Err(Status::SendFailed));

    // Our answer need not have left.
    let (mut blocked, now) = closed(BUSY);
    let last_frame = Duration::from_millis(250);
    assert_eq!(blocked.next_look(BUSY), Some(now + last_frame));
    assert_eq!(step(&mut blocked, BUSY, now + last_frame), Step::Continue);
    assert_eq!(blocked.next_look(IDLE), Some(now + last_frame + INPUT_END));
    blocked.input_is_over(None, now + secs(1));
    assert_eq!(step(&mut blocked, IDLE, now + secs(1)), Step::Stop);
    assert_eq!(verdict(blocked), Ok(()));

    let (mut more, now) = closed(IDLE);
    assert_eq!(step(&mut more, IDLE, now), Step::Continue);
    more.input_goes_on();
    assert_eq!(step(&mut more, IDLE, now), Step::Stop);
    assert_eq!(verdict(more), Err(Status::SendFailed));
}

#[test]
fn the_end_of_the_input_does_not_matter_after_other_ends() {
    let awaits = |set_up: &dyn Fn(&mut Machine, Instant), code, progress| {
        let (mut machine, now) = machine(rule(Count::None));
        set_up(&mut machine, now);
        machine.server_closed(CloseFrame::with_code(code), progress, now);
        assert_eq!(step(&mut machine, IDLE, now), close(code));
        step(&mut machine, IDLE, now);
        machine.awaits_input()
    };
    let open = Progress { remaining: Remaining::Unknown, ..DONE };
    assert!(awaits(&|_, _| {}, 1000, open));
    assert!(!awaits(&|_, _| {}, 4000, open), "a refusal is a failure as it is");
    assert!(!awaits(&|_, _| {}, 1000, Progress { unsent: true, ..open }), "so is an upload that was cut off");
    assert!(!awaits(&|_, _| {}, 1000, DONE));
    assert!(!awaits(&|_, _| {}, 1000, Progress { remaining: Remaining::Something, ..DONE }));
    assert!(!awaits(&|machine, _| machine.rule.follow = true, 1000, open));
    assert!(!awaits(&|machine, now| machine.input_is_over(None, now), 1000, open));
}

#[test]
fn a_lost_connection_waits_a_moment_for_more_input() {
    let open = Progress { remaining: Remaining::Unknown, ..DONE };
    let status = |machine: Machine| machine.into_end(None, None).verdict().unwrap_err().status();
    let (mut idle, now) = machine(rule(Count::None));
    idle.lost(None, open, now);
    assert!(idle.awaits_input());
    assert_eq!(idle.next_look(IDLE), Some(now + INPUT_GOES_ON));
    assert_eq!(step(&mut idle, IDLE, now + INPUT_GOES_ON), Step::Stop);
    assert_eq!(status(idle), Status::ReceiveFailed);

    let (mut busy, now) = machine(rule(Count::None));
    busy.lost(None, open, now);
    busy.input_goes_on();
    assert_eq!(step(&mut busy, IDLE, now), Step::Stop);
    assert_eq!(status(busy), Status::SendFailed);

    for progress in [DONE, Progress { unsent: true, ..open }] {
        let (mut over, now) = machine(rule(Count::None));
        over.lost(None, progress, now);
        assert_eq!(step(&mut over, IDLE, now), Step::Stop);
    }
    let (mut closing, now) = machine(rule(Count::None));
    closing.input_is_over(None, now);
    assert_eq!(step(&mut closing, IDLE, now), close(1000));
    closing.lost(None, open, now);
    assert_eq!(step(&mut closing, IDLE, now), Step::Stop);
}

#[test]
fn what_was_sent_and_received_whole_is_known_in_the_end() {
    let whole = |closes: Option<u16>, progress: Progress| {
        let (mut machine, now) = machine(rule(Count::None));
        machine.sent(1, 10);
        if let Some(code) = closes {
            machine.server_closed(CloseFrame::with_code(code), progress, now);
        }
        machine.ended(progress);
        (machine.has_sent_all(), machine.has_received_all(), machine.bytes_taken())
    };
    assert_eq!(whole(Some(1000), DONE), (true, true, 10));
    assert_eq!(whole(Some(4000), DONE), (true, false, 10));
    assert_eq!(whole(None, DONE), (true, false, 10));
    assert_eq!(whole(Some(1000), Progress { inside_message: true, ..DONE }), (true, false, 10));
    assert_eq!(whole(Some(1000), Progress { unsent: true, taken: Some(7), ..DONE }), (false, true, 7));
    assert_eq!(whole(None, Progress { unsent: true, taken: Some(7), ..DONE }), (false, false, 7));
    assert_eq!(whole(Some(1000), Progress { remaining: Remaining::Unknown, ..DONE }), (false, true, 10));
    assert_eq!(whole(Some(1000), Progress { remaining: Remaining::Something, ..DONE }), (false, true, 10));
}

#[test]
fn a_quiet_period_is_put_off_by_bytes_and_messages_but_not_by_empty_fragments() {
    let quiet = |bytes, complete| {
        let (mut machine, now) = machine(FinishRule { quiet: Some(secs(2)), ..rule(Count::None) });
        machine.input_is_over(None, now);
        machine.received(bytes, complete, now + secs(1));
        machine.next_look(IDLE).map(|at| at - now)
    };
    assert_eq!(quiet(0, false), Some(secs(2)));
    assert_eq!(quiet(0, true), Some(secs(3)));
    assert_eq!(quiet(1, false), Some(secs(3)));
}

#[test]
fn a_part_of_a_message_is_no_message_that_wants_a_reply() {
    let (mut machine, _) = machine(FinishRule { lockstep: true, ..rule(Count::None) });
    machine.sent(0, 5);
    assert_eq!(machine.allowance(), 1);
    machine.sent(1, 6);
    assert_eq!(machine.allowance(), 0);
    assert_eq!((machine.tally().messages_sent, machine.tally().bytes_sent), (1, 11));
}

#[test]
fn the_time_to_send_begins_when_there_is_something_to_send() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.has_to_send(now + secs(5));
    assert_eq!(machine.next_look(BUSY), Some(now + secs(35)));
}

#[test]
fn where_no_close_can_be_sent_none_is_awaited() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.withdraw(Failure::new(Status::ReadError, "input"), now);
    assert_eq!(step(&mut machine, IDLE, now), close(1001));
    machine.cannot_close(now);
    assert!(!machine.listens() && !machine.is_closing());
    assert_eq!(step(&mut machine, IDLE, now), Step::Stop);
}

#[test]
fn nothing_is_finished_while_an_answer_is_awaited() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.input_is_over(None, now);
    for io in [IoState { awaiting: true, ..IDLE }, IoState { pong_awaited_since: Some(now), ..IDLE }] {
        assert_eq!(step(&mut machine, io, now), Step::Continue);
    }
    assert_eq!(step(&mut machine, IDLE, now), close(1000));
}

#[test]
fn a_session_that_is_closing_begins_nothing() {
    let (mut machine, now) = machine(rule(Count::Exactly(1)));
    assert!(machine.may_send_control() && machine.delivers() && !machine.is_closing() && !machine.is_due());
    machine.received(1, true, now);
    assert!(machine.delivers(), "more input may want more replies");
    machine.input_is_over(None, now);
    assert_eq!(machine.allowance(), 0);
    assert!(!machine.delivers() && !machine.discards());
    assert_eq!(step(&mut machine, IDLE, now), close(1000));
    assert!(machine.is_closing() && machine.listens() && !machine.may_send_control());

    machine.violated(Violation::Masked, now);
    assert!(!machine.listens() && !machine.is_due());
    assert_eq!(step(&mut machine, IDLE, now), Step::Stop);
    machine.lost(None, DONE, now);
    assert!(machine.is_due());
}

#[test]
fn a_close_that_waits_is_the_last_frame() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.withdraw(Failure::new(Status::ReadError, "input"), now);
    assert!(machine.is_due() && !machine.may_send_control());
    assert_eq!(machine.allowance(), 0, "though the input is not over");
}

#[test]
fn an_output_that_has_failed_is_given_nothing_more() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.output_failed(Failure::new(Status::WriteError, "output"), now);
    assert!(machine.discards() && !machine.delivers());
    assert_eq!(step(&mut machine, IDLE, now), close(1001));
    machine.lost(None, DONE, now);
    assert_eq!(machine.into_end(None, None).verdict().unwrap_err().status(), Status::WriteError);
}

#[test]
fn a_connection_that_ends_after_the_close_of_the_server_is_no_loss() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.server_closed(CloseFrame::with_code(1000), DONE, now);
    machine.lost(None, Progress { unsent: true, inside_message: true, ..DONE }, now);
    assert_eq!(step(&mut machine, IDLE, now), close(1000));
    assert_eq!(step(&mut machine, IDLE, now), Step::Stop);
    assert!(machine.into_end(None, None).verdict().is_ok());
}
