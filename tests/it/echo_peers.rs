//! `echo-test` against servers that are no echo servers, or bad ones: each fault is counted under its own name, and the
//! report is printed however the session ends.

use std::thread;

use crate::support::echoing::{altered, echo};
use crate::support::formats::{counts, json, verdict};
use crate::support::frame::{self, BINARY, TEXT};
use crate::support::{Echo, EchoServer, Script, Wsurl, millis, secs};

/// The test with short limits.
fn test_of(peer: &Script, args: &[&str]) -> Wsurl {
    let limits = ["echo-test", "--receive-timeout", "500ms", "--close-timeout", "500ms"];
    Wsurl::new(limits).args(args).args([peer.url()]).within(secs(5))
}

/// Runs the test: it fails with this code, this error, these counts, and the same reason in its verdict.
#[track_caller]
fn fails(peer: &Script, args: &[&str], code: i32, error: &str, counted: &str) {
    let run = test_of(peer, args).stderr_has(format!("wsurl: error: {error}\n")).exits(code);
    assert_eq!(verdict(run.text()), format!("FAIL  {}: {error}", peer.url()));
    assert_eq!(counts(run.text()), counted);
}

#[test]
fn nothing_comes_back() {
    let peer = Script::new().upgrade().hold();
    fails(
        &peer,
        &["--in-flight", "10"],
        28,
        "timed out after 500ms in receive with 127.0.0.1 (--receive-timeout): 10 of 10 messages did not come back",
        "10 sent, 0 echoed, 10 lost, 0 corrupted, 0 out of order, 0 duplicated",
    );
}

#[test]
fn only_the_last_one_does_not_come_back() {
    let peer = Script::new().upgrade().echoes(9).hold();
    fails(
        &peer,
        &[],
        28,
        "timed out after 500ms in receive with 127.0.0.1 (--receive-timeout): 1 of 10 messages did not come back",
        "10 sent, 9 echoed, 1 lost, 0 corrupted, 0 out of order, 0 duplicated",
    );
}

#[test]
fn without_an_echo_nothing_more_is_sent() {
    let peer = Script::new().upgrade().read_frame().hears_nothing_for(millis(300)).hold();
    let run = test_of(&peer, &[]).stderr_has("(--receive-timeout): 1 of ").exits(28);
    assert_eq!(counts(run.text()), "1 sent, 0 echoed, 1 lost, 0 corrupted, 0 out of order, 0 duplicated");
}

#[test]
fn late_is_not_lost() {
    let late = |script: Script| {
        script.answers(1, |messages| {
            // Within the limit of each, while all of them together take longer.
            thread::sleep(millis(250));
            echo(&messages[0])
        })
    };
    let peer = (0..3).fold(Script::new().upgrade(), |script, _| late(script)).pings_and_close();
    let run = test_of(&peer, &["-n", "3", "--report", "json"]).stderr("").exits(0);
    let report = json(run.text());
    assert_eq!((&report["echoed"], &report["lost"]), (&3.into(), &0.into()));
    assert!(report["round_trip"]["min"].as_f64().expect("seconds") >= 0.25, "{report}");
}

#[test]
fn one_comes_back_twice() {
    let peer = Script::new().upgrade().answers(1, |messages| echo(&messages[0]).repeat(2));
    let peer = peer.echoes(9).pings_and_close();
    fails(
        &peer,
        &[],
        1,
        "1 message came back twice",
        "10 sent, 10 echoed, 0 lost, 0 corrupted, 0 out of order, 1 duplicated",
    );
}

#[test]
fn the_last_one_comes_back_twice() {
    let peer = Script::new().upgrade().answers(1, |messages| echo(&messages[0]).repeat(2)).pings_and_close();
    fails(
        &peer,
        &["-n", "1"],
        1,
        "1 message came back twice",
        "1 sent, 1 echoed, 0 lost, 0 corrupted, 0 out of order, 1 duplicated",
    );
}

#[test]
fn what_comes_between_both_closes_counts() {
    let peer = Script::new().upgrade().echoes(1);
    let peer = peer.read_close().send(frame::text("one more thing")).answer_close().close();
    fails(
        &peer,
        &["-n", "1"],
        1,
        "1 message came that nobody had sent",
        "1 sent, 1 echoed, 0 lost, 0 corrupted, 0 out of order, 0 duplicated, 1 unasked",
    );
}

#[test]
fn the_last_comes_first() {
    let order = [2, 0, 1];
    let peer = Script::new()
        .upgrade()
        .answers(3, move |messages| order.map(|index| echo(&messages[index])).concat())
        .pings_and_close();
    fails(
        &peer,
        &["-n", "3", "--in-flight", "3"],
        1,
        "2 messages came out of order",
        "3 sent, 3 echoed, 0 lost, 0 corrupted, 2 out of order, 0 duplicated",
    );
}

#[test]
fn one_is_cut_off() {
    let peer = Script::new()
        .upgrade()
        .echoes(1)
        .answers(1, |messages| altered(&messages[0], |payload| payload.truncate(40)))
        .echoes(1)
        .pings_and_close();
    let run = test_of(&peer, &["-n", "3", "-b", "--report", "json"])
        .stderr_has("wsurl: error: 1 of 3 messages came back changed: message 2")
        .exits(1);
    let report = json(run.text());
    assert_eq!((&report["echoed"], &report["corrupted"], &report["lost"]), (&2.into(), &1.into(), &0.into()));
    let difference = &report["first_difference"];
    assert_eq!((&difference["message"], &difference["offset"]), (&2.into(), &40.into()));
}

#[test]
fn one_goes_on_for_too_long() {
    let peer = Script::new()
        .upgrade()
        .answers(1, |messages| altered(&messages[0], |payload| payload.push(b'!')))
        .pings_and_close();
    let run = test_of(&peer, &["-n", "1", "--report", "json"]).exits(1);
    let report = json(run.text());
    assert_eq!((&report["corrupted"], &report["first_difference"]["offset"]), (&1.into(), &64.into()));
}

#[test]
fn a_byte_is_another() {
    let peer = Script::new()
        .upgrade()
        .echoes(2)
        .answers(1, |messages| altered(&messages[0], |payload| payload[12] ^= 0x20))
        .echoes(7)
        .pings_and_close();
    let run =
        test_of(&peer, &["-b"]).stderr_has("wsurl: hint: is it an echo server? -vv shows what it sends\n");
    let run = run.exits(1);
    let sent = peer.frames()[2].payload[12];
    let (is, should) = (sent ^ 0x20, sent);
    let error = format!(
        "1 of 10 messages came back changed: message 3: byte 12 is {is:#04x} instead of {should:#04x}"
    );
    assert!(run.stderr.starts_with(&format!("wsurl: error: {error}\n")), "{}", run.stderr);
    assert_eq!(verdict(run.text()), format!("FAIL  {}: {error}", peer.url()));
    assert_eq!(counts(run.text()), "10 sent, 9 echoed, 0 lost, 1 corrupted, 0 out of order, 0 duplicated");
    let line =
        format!("difference  connection 1, message 3: byte 12 is {is:#04x} instead of {should:#04x}\n");
    assert!(run.text().contains(&line), "{}", run.text());
}

#[test]
fn of_several_under_way_the_one_that_it_resembles_is_changed() {
    let peer = Script::new().upgrade().answers(3, |messages| {
        let changed = altered(&messages[1], |payload| payload[60] ^= 1);
        [echo(&messages[0]), changed, echo(&messages[2])].concat()
    });
    let peer = peer.pings_and_close();
    let run = test_of(&peer, &["-n", "3", "-b", "--in-flight", "3", "--report", "json"]).exits(1);
    let difference = &json(run.text())["first_difference"];
    assert_eq!((&difference["message"], &difference["offset"]), (&2.into(), &60.into()));
}

#[test]
fn the_type_is_another() {
    let peer = Script::new()
        .upgrade()
        .answers(1, |messages| frame::binary(&messages[0].payload))
        .echoes(1)
        .pings_and_close();
    let run = test_of(&peer, &["-n", "2"]).stdout_has("binary").exits(1);
    assert_eq!(counts(run.text()), "2 sent, 1 echoed, 0 lost, 1 corrupted, 0 out of order, 0 duplicated");
}

#[test]
fn a_greeting_was_not_asked_for() {
    let peer = Script::new().upgrade_and_send(frame::text("welcome")).echoes(10).pings_and_close();
    let run = test_of(&peer, &[])
        .stderr(
            "wsurl: error: 1 message came that nobody had sent\n\
             wsurl: hint: --greeting 1 skips messages that the server sends first\n",
        )
        .exits(1);
    assert_eq!(
        counts(run.text()),
        "10 sent, 10 echoed, 0 lost, 0 corrupted, 0 out of order, 0 duplicated, 1 unasked"
    );
}

#[test]
fn a_greeting_can_be_passed_over() {
    let peer = Script::new()
        .upgrade()
        .hears_nothing_for(millis(200))
        .send([frame::text("welcome"), frame::binary("to the den")].concat())
        .echoes(10)
        .pings_and_close();
    let run = test_of(&peer, &["--greeting", "2"]).stderr("").exits(0);
    assert_eq!(
        counts(run.text()),
        "10 sent, 10 echoed, 0 lost, 0 corrupted, 0 out of order, 0 duplicated, 2 skipped"
    );
}

#[test]
fn a_second_greeting_is_one_too_many() {
    let greetings = [frame::text("welcome"), frame::text("to the den")].concat();
    let peer = Script::new().upgrade_and_send(greetings).echoes(10).pings_and_close();
    test_of(&peer, &["--greeting", "1"])
        .stderr_has("wsurl: error: 1 message came that nobody had sent\n")
        .stderr_has("wsurl: hint: --greeting 2 skips messages that the server sends first\n")
        .exits(1);
}

#[test]
fn a_greeting_that_does_not_come_is_waited_for() {
    let peer = Script::new().upgrade().hears_nothing_for(millis(300)).read_close().hold();
    let run = test_of(&peer, &["--greeting", "1"])
        .stderr_has("wsurl: error: timed out after 500ms in receive with 127.0.0.1 (--receive-timeout)")
        .exits(28);
    assert_eq!(counts(run.text()), "0 sent, 0 echoed, 0 lost, 0 corrupted, 0 out of order, 0 duplicated");
}

#[test]
fn each_connection_is_greeted() {
    let server = Echo::new().greeting("welcome").start();
    Wsurl::new(["echo-test", "--connections", "3", "--greeting", "1", &server.url()])
        .stdout_has("30 echoed")
        .stdout_has("3 skipped")
        .within(secs(5))
        .exits(0);
}

#[test]
fn something_is_said_in_between() {
    let peer = Script::new()
        .upgrade()
        .echoes(4)
        .answers(1, |messages| [echo(&messages[0]), frame::text("by the way")].concat())
        .echoes(5)
        .pings_and_close();
    fails(
        &peer,
        &[],
        1,
        "1 message came that nobody had sent",
        "10 sent, 10 echoed, 0 lost, 0 corrupted, 0 out of order, 0 duplicated, 1 unasked",
    );
}

#[test]
fn several_faults_are_told_together() {
    let peer = Script::new().upgrade().answers(3, |messages| {
        let order = [1, 0, 2, 2].map(|index| echo(&messages[index]));
        order.concat()
    });
    let peer = peer.pings_and_close();
    let run = test_of(&peer, &["-n", "3", "--in-flight", "3"]).exits(1);
    let error = run.stderr.lines().next().expect("a line");
    assert!(error.contains("1 message came back twice") && error.contains("; "), "{error}");
    assert!(error.contains("1 message came out of order"), "{error}");
}

/// A server that takes four messages, answers three, and then does something else.
fn stops_after_three() -> Script {
    Script::new().upgrade().echoes(3).read_frame()
}

const THREE_OF_FOUR: &str = "4 sent, 3 echoed, 1 lost, 0 corrupted, 0 out of order, 0 duplicated";

#[test]
fn the_server_closes_in_order_before_the_end() {
    let peer = stops_after_three().send(frame::close(1000, "enough")).read_close().close();
    let error = format!("{} closed after 3 of 10 echoes", peer.authority());
    fails(&peer, &[], 1, &error, THREE_OF_FOUR);
}

#[test]
fn the_server_closes_with_a_code_of_its_own() {
    let closing = || stops_after_three().send(frame::close(4001, "go away")).read_close().close();
    let peer = closing();
    let error = format!("closed by {} with 4001: go away", peer.authority());
    fails(&peer, &[], 110, &error, THREE_OF_FOUR);

    let peer = closing();
    let error = format!("{} closed after 3 of 10 echoes", peer.authority());
    fails(&peer, &["--accept-close", "4xxx"], 1, &error, THREE_OF_FOUR);
}

#[test]
fn the_connection_ends_without_a_close_frame() {
    for peer in [stops_after_three().close(), stops_after_three().reset()] {
        let run = test_of(&peer, &[]).stderr_has(peer.authority()).exits(56);
        assert!(verdict(run.text()).starts_with(&format!("FAIL  {}: ", peer.url())), "{}", run.text());
        assert_eq!(counts(run.text()), THREE_OF_FOUR);
    }
}

#[test]
fn a_close_right_after_the_last_echo_is_fine() {
    let peer = Script::new()
        .upgrade()
        .echoes(9)
        .answers(1, |messages| [echo(&messages[0]), frame::close(1000, "")].concat())
        .read_close()
        .close();
    test_of(&peer, &[]).stdout_has("echoed all 10 messages").stderr("").exits(0);
}

#[test]
fn a_masked_echo_breaks_the_protocol() {
    let peer = Script::new()
        .upgrade()
        .answers(1, |messages| frame::masked(TEXT, &messages[0].payload))
        .read_close()
        .close();
    let run = test_of(&peer, &[]).stderr_has("RFC 6455 \u{a7}5.1").exits(112);
    assert_eq!(counts(run.text()), "1 sent, 0 echoed, 1 lost, 0 corrupted, 0 out of order, 0 duplicated");
    assert_eq!(peer.close_code(), Some(1002));
}

#[test]
fn the_close_is_not_answered() {
    let peer = Script::new().upgrade().echoes(10).read_close().hold();
    fails(
        &peer,
        &[],
        28,
        "timed out after 500ms in close with 127.0.0.1 (--close-timeout)",
        "10 sent, 10 echoed, 0 lost, 0 corrupted, 0 out of order, 0 duplicated",
    );
}

#[test]
fn what_came_back_wrong_counts_more_than_how_it_ended() {
    let twice = || Script::new().upgrade().answers(1, |messages| echo(&messages[0]).repeat(2));
    for peer in [
        twice().echoes(1).read_close().hold(),
        twice().read_frame().reset(),
        twice().read_frame().send(frame::close(4001, "go away")).read_close().close(),
        twice().hold(),
    ] {
        test_of(&peer, &["-n", "2"])
            .stdout_has("1 duplicated")
            .stderr_has("wsurl: error: 1 message came back twice")
            .exits(1);
    }
}

#[test]
fn an_echo_may_come_in_fragments() {
    let peer = Script::new()
        .upgrade()
        .answers(1, |messages| {
            let (one, other) = messages[0].payload.split_at(7);
            let end = frame::frame(frame::CONTINUATION, other);
            [frame::fragment(BINARY, one), frame::ping("?"), end].concat()
        })
        .pings_and_close();
    test_of(&peer, &["-b", "-n", "1"]).stdout_has("echoed the one message").stderr("").exits(0);
}

#[test]
fn a_message_without_end_is_not_waited_for() {
    for (limit, told) in
        [("64M", "is larger than 64M (--max-message-size)"), ("2048G", "sends a message without end")]
    {
        let endless = Script::new().upgrade().read_frame().send(frame::header(0x82, 1 << 40));
        let peer = endless.send_until_gone(vec![b'x'; 64 * 1024]);
        let run = Wsurl::new(["echo-test", "-n", "1", "--max-message-size", limit, &peer.url()]);
        run.within(secs(8)).stderr_has(told).exits(63);
    }
}

#[test]
fn messages_have_a_limit_in_both_directions() {
    let server = EchoServer::start();
    let run = |size| Wsurl::new(["echo-test", "--max-message-size", "1K", "--size", size, &server.url()]);
    run("1K").stdout_has("echoed all 10 messages").stderr("").exits(0);
    run("1025")
        .stderr(
            "wsurl: error: a message of 1025 bytes is larger than 1K (--max-message-size)\n\
             wsurl: hint: --size sets how long messages are\n",
        )
        .exits(63);
    let peer = Script::new().upgrade().read_frame().send(frame::binary("x".repeat(1025))).hold();
    let run = Wsurl::new(["echo-test", "-b", "--max-message-size", "1K", &peer.url()]);
    run.stderr_has("is larger than 1K (--max-message-size)").exits(63);
}

#[test]
fn fragments_without_a_byte_are_no_answer() {
    let endless = Script::new().upgrade().read_frame().send(frame::fragment(TEXT, ""));
    let peer = endless.send_until_gone(frame::fragment(frame::CONTINUATION, "").repeat(1000));
    let run = Wsurl::new(["echo-test", "-n", "1", "--receive-timeout", "700ms", &peer.url()]);
    run.stderr_has("(--receive-timeout)").within(secs(8)).exits(28);
}
