//! `--within`, `--greeting`, `--expect-close`: servers that speak unasked, and servers that have to close.

use crate::support::{EchoServer, Script, Wsurl, frame, millis, secs};

/// A server that answers one message with these texts and then goes along with a Close.
fn replies(texts: &[&str]) -> Script {
    let frames: Vec<u8> = texts.iter().flat_map(|text| frame::text(text)).collect();
    Script::new().upgrade().read_frame().send(frames).close_handshake()
}

/// A server that closes with this code after one message.
fn closes(code: u16, reason: &str) -> Script {
    Script::new().upgrade().read_frame().send(frame::close(code, reason)).read_close()
}

#[test]
fn events_before_the_reply_do_not_matter() {
    let server = replies(&[r#"{"event":1}"#, r#"{"event":2}"#, r#"{"id":1,"ok":true}"#]);
    Wsurl::new(["send", "--within", "5s", "--expect-json", "/id=1", &server.url(), r#"{"id":1}"#])
        .stdout("{\"event\":1}\n{\"event\":2}\n{\"id\":1,\"ok\":true}\n")
        .stderr("")
        .within(secs(9))
        .exits(0);
    assert_eq!(server.close_code(), Some(1000));
}

#[test]
fn without_within_the_first_reply_ends_the_wait_and_the_hint_names_it() {
    let server = replies(&["event"]);
    Wsurl::new(["send", "--expect-text", "reply", &server.url(), "hi"])
        .stdout("event\n")
        .stderr(
            "wsurl: error: --expect-text 'reply' was not met: the message was \"event\"\n\
             wsurl: hint: --within 10s waits until every check is met, whatever else arrives\n",
        )
        .exits(1);
}

#[test]
fn unmet_in_time_names_the_limit_and_the_closest_message() {
    let server = Script::new()
        .upgrade()
        .read_frame()
        .send([frame::text(r#"{"id":2}"#), frame::text("tick")].concat())
        .read_close();
    Wsurl::new(["send", "--within", "500ms", "--expect-json", "/id=1", &server.url(), "hi"])
        .stdout("{\"id\":2}\ntick\n")
        .stderr(
            "wsurl: error: --expect-json '/id=1' was not met within 500ms (--within): of 2 messages the last was \"tick\"; \
             in message 1, /id is 2\n",
        )
        .within(secs(9))
        .exits(1);
    assert_eq!(server.close_code(), Some(1000));
}

#[test]
fn every_check_has_to_be_met_and_any_message_may_meet_it() {
    let server = replies(&["one", "two", "three"]);
    let checks = ["--expect-text", "three", "--expect-text", "one"];
    Wsurl::new(["send", "--within", "5s"])
        .args(checks)
        .args([&server.url(), "hi"])
        .stdout("one\ntwo\nthree\n")
        .exits(0);
}

#[test]
fn it_replaces_the_receive_timeout() {
    let server =
        Script::new().upgrade().read_frame().sleep(millis(1200)).send(frame::text("late")).close_handshake();
    Wsurl::new(["send", "--within", "10s", "--receive-timeout", "500ms", "--expect-text", "late"])
        .args([&server.url(), "hi"])
        .stdout("late\n")
        .exits(0);
}

#[test]
fn the_input_is_read_to_its_end_first() {
    let server = EchoServer::start();
    Wsurl::new(["send", "--within", "500ms", "--expect-text", "one", &server.url()])
        .in_shell(r#"(echo one; sleep 1; echo two) | "$@""#)
        .stdout("one\ntwo\n")
        .exits(0);
    assert_eq!(server.texts(), ["one", "two"]);
}

#[test]
fn a_server_that_closes_before_the_match_is_told_apart() {
    let server =
        Script::new().upgrade().read_frame().send([frame::text("event"), frame::close(1000, "")].concat());
    Wsurl::new(["send", "--within", "5s", "--expect-text", "reply", &server.url(), "hi"])
        .stdout("event\n")
        .stderr("wsurl: error: --expect-text 'reply' was not met: the message was \"event\"\n")
        .exits(1);
}

#[test]
fn within_without_a_check_or_beside_another_end_is_refused() {
    for args in [&["--within", "1s"][..], &["--within", "1s", "--greeting", "1"]] {
        Wsurl::new(["send"])
            .args(args)
            .args(["ws://127.0.0.1:9/", "hi"])
            .stderr_has("--within waits for a check, and there is none")
            .exits(2);
    }
    for other in [&["-f"][..], &["--wait", "1s"], &["--expect", "2"]] {
        Wsurl::new(["send", "--within", "1s", "--expect-text", "x"])
            .args(other)
            .args(["ws://127.0.0.1:9/", "hi"])
            .stderr_has("--within")
            .exits(2);
    }
}

#[test]
fn in_lockstep_a_missing_reply_ends_the_wait_too() {
    let server = Script::new().upgrade().read_frame().read_close();
    Wsurl::new(["send", "--lockstep", "--within", "500ms", "--expect-text", "b", &server.url(), "a", "b"])
        .stderr_has("did not answer the last message within 500ms (--within); --expect-text 'b' was not met: no message arrived")
        .within(secs(9))
        .exits(1);
}

#[test]
fn a_greeting_is_printed_but_is_no_reply_and_nothing_is_sent_before_it() {
    let server = Script::new()
        .upgrade()
        .hears_nothing_for(millis(300))
        .send(frame::text("INFO"))
        .read_frame()
        .send(frame::text("OK"))
        .close_handshake();
    Wsurl::new(["send", "--greeting", "1", &server.url(), "hi"]).stdout("INFO\nOK\n").stderr("").exits(0);
}

#[test]
fn an_exact_number_is_counted_after_the_greeting() {
    let server = Script::new()
        .upgrade_and_send([frame::text("a"), frame::text("b")].concat())
        .read_frame()
        .send([frame::text("1"), frame::text("2"), frame::text("3")].concat())
        .close_handshake();
    Wsurl::new(["send", "--greeting", "2", "--expect", "2", &server.url(), "hi"])
        .stdout("a\nb\n1\n2\n")
        .exits(0);
}

#[test]
fn a_greeting_may_meet_a_check() {
    let server = Script::new().upgrade_and_send(frame::text("INFO")).read_frame().close_handshake();
    Wsurl::new(["send", "--greeting", "1", "--within", "5s", "--expect-text", "INFO", &server.url(), "hi"])
        .stdout("INFO\n")
        .exits(0);
}

#[test]
fn a_greeting_that_does_not_come_is_told() {
    let server = Script::new().upgrade_and_send(frame::text("a")).read_close();
    Wsurl::new(["send", "--greeting", "2", "--receive-timeout", "400ms", &server.url(), "hi"])
        .stdout("a\n")
        .stderr_has("(--receive-timeout): 1 of 2 messages of the greeting arrived")
        .stderr_has(
            "wsurl: hint: leave --greeting out if the server does not speak first; a slow server needs ",
        )
        .exits(28);
    let server = Script::new().upgrade_and_send(frame::text("a")).read_close();
    Wsurl::new(["send", "--greeting", "2", "--within", "400ms", "--expect-text", "b", &server.url(), "hi"])
        .stderr_has(
            "sent 1 of 2 messages of the greeting within 400ms (--within); --expect-text 'b' was not met",
        )
        .exits(1);
    let server = Script::new().upgrade_and_send([frame::text("a"), frame::close(1000, "")].concat());
    let error = format!("{} closed after 1 of 2 messages of the greeting (--greeting)\n", server.authority());
    Wsurl::new(["send", "--greeting", "2", &server.url()]).stdin("").stderr_has(error).exits(1);
}

#[test]
fn a_close_that_is_expected_is_success_and_any_other_is_not() {
    let expecting = |codes: &str, server: &Script| {
        Wsurl::new(["send", "--expect-close", codes, &server.url(), "hi"]).within(secs(9))
    };
    expecting("4401", &closes(4401, "who are you?")).stdout("").stderr("").exits(0);
    expecting("1008,44xx", &closes(4401, "")).exits(0);
    let server = closes(1000, "bye");
    let error = format!("{} closed with 1000: bye, not with 4401 (--expect-close)", server.authority());
    expecting("4401", &server).stderr(format!("wsurl: error: {error}\n")).exits(1);
    expecting("1000", &closes(4401, "")).stderr_has("closed with 4401, not with 1000").exits(1);
}

#[test]
fn we_send_no_close_while_one_is_expected() {
    let server = Script::new()
        .upgrade()
        .read_frame()
        .hears_nothing_for(millis(700))
        .send(frame::close(1013, ""))
        .read_close();
    Wsurl::new(["send", "--expect-close", "1013", &server.url(), "hi"]).exits(0);
}

#[test]
fn a_close_that_does_not_come_is_told() {
    for (limit, flag) in [("--receive-timeout", "--receive-timeout"), ("--within", "--within")] {
        let server = Script::new().upgrade().read_frame().send(frame::text("hello")).read_close();
        let error = format!("{} sent no Close within 500ms ({flag})", server.authority());
        Wsurl::new(["send", "--expect-close", "4401", limit, "500ms", &server.url(), "hi"])
            .stdout("hello\n")
            .stderr(format!("wsurl: error: {error}\n"))
            .within(secs(9))
            .exits(1);
    }
}

#[test]
fn an_expected_close_may_come_before_anything_was_sent() {
    for _ in 0..5 {
        let server = Script::new().upgrade_and_send(frame::close(4401, "")).read_close();
        Wsurl::new(["send", "--expect-close", "4401", &server.url(), "hi"]).exits(0);
    }
}

#[test]
fn an_expected_close_excuses_no_input_that_was_not_sent() {
    let server = Script::new().upgrade_and_send(frame::close(4401, "")).read_close();
    Wsurl::new(["send", "--greeting", "1", "--expect-close", "4401", &server.url(), "hi"])
        .stderr_has("not everything was sent")
        .exits(55);
    let server = Script::new().upgrade().read_frame().send(frame::close(4401, "")).read_close();
    Wsurl::new(["stream", "--expect-close", "4401", &server.url()])
        .stdin_endless("x".repeat(65_536))
        .stderr_has("not everything was sent")
        .exits(55);
}

#[test]
fn an_expected_close_and_checks_are_both_needed() {
    let server = || {
        Script::new()
            .upgrade()
            .read_frame()
            .send([frame::text("no"), frame::close(4401, "")].concat())
            .read_close()
    };
    let unmet = "--expect-text 'yes' was not met: the message was \"no\"";
    for (text, told, code) in [("no", "", 0), ("yes", unmet, 1)] {
        let server = server();
        Wsurl::new(["send", "--expect-close", "4401", "--expect-text", text, &server.url(), "hi"])
            .stdout("no\n")
            .stderr_has(told)
            .exits(code);
    }
}

#[test]
fn a_connection_without_a_close_is_lost_unless_1006_is_accepted_or_expected() {
    let server = || Script::new().upgrade().read_frame().send(frame::text("bye")).close();
    Wsurl::new(["send", &server().url(), "hi"]).stdout("bye\n").stderr_has("1006").exits(56);
    Wsurl::new(["send", "--expect", "2", "--accept-close", "1006", &server().url(), "hi"])
        .stderr_has("closed after 1 of 2 awaited messages")
        .exits(1);
    Wsurl::new(["send", "-f", "--accept-close", "1000,1006", &server().url(), "hi"])
        .stdout("bye\n")
        .stderr("")
        .exits(0);
    Wsurl::new(["send", "--expect-close", "1006", &server().url(), "hi"]).stdout("bye\n").stderr("").exits(0);
    Wsurl::new(["send", "--expect-close", "1000", &server().url(), "hi"]).stderr_has("1006").exits(56);
}

/// A message is also cut where not even the header of its frame is whole.
#[test]
fn an_end_inside_a_message_is_never_accepted() {
    for cut in [&frame::fragment(1, "half")[..], b"\x82\x05hal", b"\x82\x05", b"\x82\x7e\x01", b"\x82"] {
        for subcommand in ["send", "stream"] {
            let server = Script::new().upgrade().read_frame().send(cut).close();
            Wsurl::new([subcommand, "-f", "--accept-close", "1006", &server.url()])
                .stdin("hi")
                .stderr_has("inside a message (1006)")
                .exits(56);
        }
    }
}

#[test]
fn a_lost_connection_is_accepted_only_when_the_input_has_ended() {
    let server = Script::new().upgrade().read_frame().close();
    Wsurl::new(["stream", "--accept-close", "1006", &server.url()])
        .stdin_open("hi")
        .within(secs(9))
        .exits(55);
}

#[test]
fn stream_checks_messages_of_up_to_64_kib_and_counts_larger_ones() {
    let server = || {
        Script::new()
            .upgrade()
            .read_frame()
            .send(
                [frame::binary("x".repeat(65_537)), frame::fragment(2, "do"), frame::raw(0x80, "ne")]
                    .concat(),
            )
            .close_handshake()
    };
    let unmet = "--expect-regex '^x+$' was not met within 1s (--within): of 2 messages the last was \"done\"";
    for (check, told, code) in [(["--expect-text", "done"], "", 0), (["--expect-regex", "^x+$"], unmet, 1)] {
        let server = server();
        Wsurl::new(["stream", "--within", "1s"])
            .args(check)
            .args([&server.url()])
            .stdin("hi")
            .stdout(format!("{}done", "x".repeat(65_537)))
            .stderr_has(told)
            .exits(code);
    }
}

#[test]
fn stream_without_within_checks_what_comes_until_the_close() {
    let server = EchoServer::start();
    Wsurl::new(["stream", "--expect-text", "hi", &server.url()]).stdin("hi").stdout("hi").exits(0);
    Wsurl::new(["stream", "--expect-text", "ho", &server.url()])
        .stdin("hi")
        .stderr_has("--expect-text 'ho' was not met: the message was \"hi\"")
        .exits(1);
}

#[test]
fn stream_waits_for_a_greeting_and_for_a_close() {
    let server = Script::new()
        .upgrade()
        .hears_nothing_for(millis(200))
        .send(frame::text("INFO"))
        .read_frame()
        .send(frame::close(4000, ""))
        .read_close();
    Wsurl::new(["stream", "--greeting", "1", "--expect-close", "4000", &server.url()])
        .stdin("hi")
        .stdout("INFO")
        .exits(0);
}

#[test]
fn a_probe_waits_for_the_match_whatever_comes_first() {
    let server = Script::new()
        .upgrade_and_send(frame::text("hello"))
        .read_frame()
        .send(frame::raw(0x8A, "wsurl"))
        .read_frame()
        .send([frame::text("event"), frame::text("pong")].concat())
        .close_handshake();
    Wsurl::new(["probe", "-d", "ping", "--expect-text", "pong", &server.url()])
        .stdout_has("--expect-text 'pong'")
        .stderr("")
        .exits(0);
}

#[test]
fn a_probe_gives_up_after_within() {
    let server =
        Script::new().upgrade().read_frame().send(frame::raw(0x8A, "wsurl")).read_frame().read_close();
    Wsurl::new(["probe", "-d", "ping", "--expect-text", "pong", "--within", "500ms", &server.url()])
        .stderr_has("--expect-text 'pong' was not met within 500ms (--within): no message arrived")
        .within(secs(9))
        .exits(1);
    Wsurl::new(["probe", "-d", "ping", "--within", "500ms", &server.url()])
        .stderr_has("--within waits for a check, and there is none")
        .exits(2);
}

#[test]
fn a_probe_keeps_a_receive_timeout_that_is_given() {
    let run = |greeting: Option<&str>| {
        let bytes = [frame::raw(0x8A, "wsurl"), greeting.map(frame::text).unwrap_or_default()].concat();
        let server = Script::new().upgrade().read_frame().send(bytes).read_close();
        let run = Wsurl::new(["probe", "--expect-text", "pong", "--receive-timeout", "400ms", &server.url()]);
        (server, run.within(secs(9)))
    };
    let (_server, silent) = run(None);
    silent.stderr_has("timed out after 400ms in receive with 127.0.0.1 (--receive-timeout)").exits(28);
    let (_server, other) = run(Some("hello"));
    other
        .stderr_has("--expect-text 'pong' was not met within 400ms (--receive-timeout): the message was")
        .exits(1);
}

#[test]
fn a_probe_for_a_close_needs_no_pong() {
    let server = Script::new().upgrade_and_send(frame::close(4401, "token")).read_close();
    Wsurl::new(["probe", "--expect-close", "4401", &server.url()])
        .stdout_has("ok        --expect-close 4401")
        .stderr("")
        .exits(0);
    let server = Script::new().upgrade().read_frame().read_frame().send(frame::close(4000, "")).read_close();
    Wsurl::new(["probe", "-d", "token", "--expect-close", "4401", &server.url()])
        .stderr_has("closed with 4000, not with 4401 (--expect-close)")
        .exits(1);
    let server = EchoServer::start();
    Wsurl::new(["probe", "--expect-close", "4401", "--within", "400ms", &server.url()])
        .stderr_has("sent no Close within 400ms (--within)")
        .exits(1);
}
