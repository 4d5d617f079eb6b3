//! Which clocks run when, and what happens when one runs out.

use super::*;

#[test]
fn the_answer_to_our_close_is_awaited_from_when_it_left() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.input_is_over(None, now);
    assert_eq!(step(&mut machine, BUSY, now), close(1000));
    machine.wrote(true, now + secs(25));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(35)));
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
    machine.blocked(now);
    assert_eq!(machine.next_look(IoState { blocked: true, ..IDLE }), None);
    machine.unblocked(now + secs(60));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(70)));
}

#[test]
fn an_output_that_is_blocked_again_and_again_puts_the_close_timeout_off_only_by_that_time() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.blocked(now);
    machine.input_is_over(None, now + secs(2));
    assert_eq!(step(&mut machine, IDLE, now + secs(2)), close(1000));
    for second in [3, 5, 7] {
        machine.unblocked(now + secs(second));
        machine.blocked(now + secs(second + 1));
    }
    machine.unblocked(now + secs(9));
    // The Close left after 2 seconds, and for 4 of those since then the output was blocked.
    assert_eq!(machine.next_look(IDLE), Some(now + secs(2 + 4 + 10)));
    machine.interrupted(Signal::Terminate, now + secs(9));
    machine.blocked(now + secs(9));
    machine.unblocked(now + secs(10));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(10)));
}

#[test]
fn no_clock_that_has_run_out_makes_the_loop_busy() {
    let counts = [Count::None, Count::Exactly(1), Count::AsSent { at_least: 0 }];
    let rules = counts.into_iter().flat_map(|count| {
        [(None, false), (Some(secs(2)), false), (Some(secs(2)), true), (None, true)]
            .map(|(quiet, lockstep)| FinishRule { quiet, lockstep, ..rule(count) })
    });
    let waits = rules.flat_map(|rule| {
        let within = Some(Within::new(secs(2)));
        let (greeting, server_closes) = (1, true);
        [
            rule,
            FinishRule { within, ..rule },
            FinishRule { greeting, ..rule },
            FinishRule { server_closes, ..rule },
        ]
    });
    for rule in waits {
        for events in 0..64 {
            for bits in 0..64 {
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
        unmet: has(bits, 5),
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
fn a_connection_that_takes_nothing_more_has_to_end_within_the_close_timeout() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.cannot_send(now);
    machine.cannot_send(now + secs(5));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(10)));
    machine.blocked(now);
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
fn the_time_to_send_begins_when_there_is_something_to_send() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.has_to_send(now + secs(5));
    assert_eq!(machine.next_look(BUSY), Some(now + secs(35)));
}
