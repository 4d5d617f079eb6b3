//! How a session ends, and what its verdict is.

use super::*;

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
fn the_gravest_of_several_failures_is_kept() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.withdraw(Failure::new(Status::ReadError, "input"), now);
    machine.violated(Violation::Masked, now);
    machine.interrupted(Signal::HangUp, now);
    assert_eq!(machine.into_end(None, None).verdict().unwrap_err().status().code(), 129);
}

#[test]
fn a_reader_that_leaves_ends_the_session_soon() {
    let leaves = |progress: Progress, under_way: bool| {
        let (mut machine, now) = machine(FinishRule { follow: true, ..rule(Count::None) });
        machine.output_is_closed(progress, under_way, now);
        assert!(machine.discards() && !machine.delivers() && !machine.needs_reader(false));
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
fn input_that_a_leaving_reader_leaves_behind_is_missing_whether_or_not_the_server_answers() {
    for is_answered in [false, true] {
        let (mut machine, now) = machine(rule(Count::None));
        let open = Progress { remaining: Remaining::Unknown, ..DONE };
        machine.output_is_closed(open, false, now);
        assert_eq!(step(&mut machine, IDLE, now), close(1001));
        if is_answered {
            machine.server_closed(CloseFrame::with_code(1001), open, now);
        }
        let later = now + secs(1);
        assert_eq!(step(&mut machine, IDLE, later), Step::Stop);
        machine.ended(open);
        let failure = machine.into_end(None, None).verdict().unwrap_err();
        assert!(failure.is_quiet() && failure.status() == Status::SendFailed, "{failure}");
    }
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
fn where_no_close_can_be_sent_none_is_awaited() {
    let (mut machine, now) = machine(rule(Count::None));
    machine.withdraw(Failure::new(Status::ReadError, "input"), now);
    assert_eq!(step(&mut machine, IDLE, now), close(1001));
    machine.cannot_close(now);
    assert!(!machine.listens() && !machine.is_closing());
    assert_eq!(step(&mut machine, IDLE, now), Step::Stop);
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

#[test]
fn who_types_is_not_asked_for_replies_before_the_end() {
    let typed = FinishRule { typed: true, ..rule(Count::AsSent { at_least: 0 }) };
    let (mut machine, now) = machine(typed);
    machine.sent(2, 2);
    machine.wrote(true, now);
    assert_eq!(machine.next_look(IDLE), None, "no receive timeout runs");
    machine.server_closed(CloseFrame::with_code(1000), DONE, now);
    assert!(machine.into_end(None, None).verdict().is_ok());

    let (mut machine, now) = self::machine(typed);
    machine.sent(2, 2);
    machine.input_is_over(None, now);
    assert_eq!(machine.waits_for(false), Some(2));
    assert_eq!(machine.next_look(IDLE), Some(now + secs(20)));
    machine.server_closed(CloseFrame::with_code(1000), DONE, now);
    assert_eq!(machine.into_end(None, None).verdict().unwrap_err().status().code(), 1);
}

#[test]
fn who_leaves_awaits_nothing_more() {
    let (mut machine, now) = machine(rule(Count::AsSent { at_least: 0 }));
    machine.sent(2, 2);
    machine.left(Some(CloseFrame::with_code(4001)), now);
    assert_eq!(step(&mut machine, IDLE, now), close(4001));
    machine.server_closed(CloseFrame::with_code(4001), DONE, now);
    assert!(machine.into_end(None, None).verdict().is_ok());
    let (mut machine, now) = self::machine(FinishRule { interrupt_quits: true, ..rule(Count::None) });
    machine.interrupted(Signal::Interrupt, now);
    assert_eq!(step(&mut machine, IDLE, now), close(1000));
}
