//! `--expect-text`, `--expect-regex`, `--expect-json`: what must have arrived when the wait is over.

use crate::support::{Echo, EchoServer, Script, Wsurl, frame, secs, timed};

/// Sends `said` to an echo server under these checks; the exit status and these parts of stderr are to follow.
#[track_caller]
fn echoed(said: &str, checks: &[&str], stderr: &[&str], code: i32) {
    let server = EchoServer::start();
    let run = Wsurl::new(["send"]).args(checks).args([&server.url(), said]).stdout(format!("{said}\n"));
    stderr.iter().fold(run, |run, part| run.stderr_has(*part)).exits(code);
}

#[test]
fn a_text_that_arrives_meets_the_check() {
    echoed("pong", &["--expect-text", "pong"], &[], 0);
}

#[test]
fn a_text_must_be_equal_and_not_only_contained() {
    echoed("ping pong", &["--expect-text", "pong"], &["pong", "ping pong"], 1);
}

#[test]
fn an_unmet_check_names_what_was_seen() {
    echoed("something else", &["--expect-text", "pong"], &["pong", "something else"], 1);
}

#[test]
fn an_empty_text_can_be_expected() {
    echoed("", &["--expect-text", ""], &[], 0);
    echoed("x", &["--expect-text", ""], &[], 1);
}

#[test]
fn a_pattern_may_match_a_part() {
    echoed("status: 200 OK", &["--expect-regex", r"\b2\d\d\b"], &[], 0);
    echoed("status: 500 Oops", &["--expect-regex", r"\b2\d\d\b"], &["500 Oops"], 1);
}

#[test]
fn a_json_pointer_finds_its_value() {
    let said = r#"{"status":"up","parts":[{"id":7,"ok":true,"note":null}]}"#;
    for check in ["/status=up", r#"/status="up""#, "/parts/0/id=7", "/parts/0/ok=true", "/parts/0/note=null"]
    {
        echoed(said, &["--expect-json", check], &[], 0);
    }
}

#[test]
fn a_json_pointer_to_another_value_is_unmet() {
    let said = r#"{"status":"down"}"#;
    echoed(said, &["--expect-json", "/status=up"], &["/status", "down"], 1);
    echoed(said, &["--expect-json", "/missing=up"], &["/missing"], 1);
    echoed("no json at all", &["--expect-json", "/status=up"], &["no json at all"], 1);
}

#[test]
fn a_json_value_of_another_type_is_named() {
    echoed(
        r#"{"v":"1.3"}"#,
        &["--expect-json", "/v=1.3"],
        &["--expect-json '/v=1.3' was not met", r#"/v is the string "1.3", not the number 1.3"#],
        1,
    );
    echoed(r#"{"v":"1.3"}"#, &["--expect-json", r#"/v="1.3""#], &[], 0);
    echoed(r#"{"w":1.3}"#, &["--expect-json", "/v=1.3"], &["there is nothing at /v"], 1);
    echoed(
        r#"{"v":1.3"#,
        &["--expect-json", "/v=1.3"],
        &["it is not JSON (an object without an end at byte 8)"],
        1,
    );
}

#[test]
fn a_whole_message_can_be_compared_as_json() {
    let said = r#"{ "b": [1, 2], "a": {} }"#;
    echoed(said, &["--expect-json", r#"={"a":{},"b":[1,2]}"#], &[], 0);
    echoed(said, &["--expect-json", r#"={"a":{},"b":[1,2,3]}"#], &[], 1);
    echoed(said, &["--expect-json", r#"={"a":{}}"#], &[], 1);
}

#[test]
fn the_closest_message_is_named() {
    let server = EchoServer::start();
    Wsurl::new(["send", "--expect-json", "/v=1", &server.url(), r#"{"v":2}"#, "{}", "bye"])
        .stderr(
            "wsurl: error: --expect-json '/v=1' was not met: of 3 messages the last was \"bye\"; in message 1, /v is 2\n\
             wsurl: hint: --within 10s waits until every check is met, whatever else arrives\n",
        )
        .exits(1);
}

#[test]
fn all_checks_must_be_met_each_by_any_message() {
    let server = EchoServer::start();
    Wsurl::new(["send", "--expect-text", "b", "--expect-regex", "^a$", &server.url(), "a", "b", "c"])
        .stdout("a\nb\nc\n")
        .exits(0);

    let server = EchoServer::start();
    Wsurl::new(["send", "--expect-text", "b", "--expect-text", "never", &server.url(), "a", "b", "c"])
        .stdout("a\nb\nc\n")
        .stderr_has("never")
        .exits(1);
}

#[test]
fn a_check_alone_waits_for_a_message() {
    let server = Echo::new().greeting("welcome").start();
    Wsurl::new(["send", "--expect-text", "welcome", &server.url()]).stdout("welcome\n").exits(0);
}

#[test]
fn a_check_is_looked_at_when_the_server_closes() {
    let bytes = [frame::text("first"), frame::text("second"), frame::close(1000, "")].concat();
    let peer = Script::new().upgrade().send(bytes.clone()).read_close().close();
    Wsurl::new(["send", "-f", "--expect-text", "second", &peer.url()]).stdout("first\nsecond\n").exits(0);

    let peer = Script::new().upgrade().send(bytes).read_close().close();
    Wsurl::new(["send", "-f", "--expect-text", "third", &peer.url()])
        .stdout("first\nsecond\n")
        .stderr_has("third")
        .within(secs(5))
        .exits(1);
}

#[test]
fn an_unmet_check_still_ends_the_session_in_order() {
    let server = EchoServer::start();
    Wsurl::new(["send", "--expect-text", "pong", &server.url(), "ping"]).exits(1);
    assert_eq!(server.received().close, Some((1000, String::new())));
}

#[test]
fn a_regular_expression_is_fast_on_a_large_message() {
    timed(|| {
        // A search that follows every place where a match may begin takes 12 s for 48 MiB.
        let peer = Script::new().upgrade().send(frame::text(&"a".repeat(48 << 20))).close_handshake();
        Wsurl::new(["send", "--expect", "1", "--expect-regex", "a+b", &peer.url()])
            .stderr_has("--expect-regex 'a+b' was not met")
            .within(secs(10))
            .exits(1);
    });
}
