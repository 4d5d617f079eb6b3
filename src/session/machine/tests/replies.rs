//! Replies that are awaited: how long, and what is held back until they are in.

use super::*;

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
fn the_reader_of_the_output_is_needed_where_messages_are_awaited() {
    let needs = |rule: FinishRule, sent: u64, is_over: bool| {
        let (mut machine, now) = machine(rule);
        machine.sent(sent, sent);
        if is_over {
            machine.input_is_over(None, now);
        }
        machine.needs_reader(false)
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
fn input_is_open_until_its_end_or_until_we_close() {
    let (mut ended, now) = machine(rule(Count::None));
    assert!(ended.has_open_input());
    ended.input_is_over(None, now);
    assert!(!ended.has_open_input());
    let (mut closing, now) = machine(rule(Count::None));
    closing.interrupted(Signal::Interrupt, now);
    assert!(!closing.has_open_input());
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
fn nothing_is_finished_while_an_answer_is_awaited() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.input_is_over(None, now);
    for io in [IoState { awaiting: true, ..IDLE }, IoState { pong_awaited_since: Some(now), ..IDLE }] {
        assert_eq!(step(&mut machine, io, now), Step::Continue);
    }
    assert_eq!(step(&mut machine, IDLE, now), close(1000));
}
