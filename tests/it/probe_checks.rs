//! `probe`: what is asked of an endpoint beside being up. Each of it is told as kept or not, with what was seen.

use std::thread;

use serde_json::{Value, json};

use crate::support::echoing::echo;
use crate::support::formats::{self, nagios, regex, verdict};
use crate::support::frame;
use crate::support::script::SWITCHING;
use crate::support::{Certificate, Echo, EchoServer, Script, Wsurl, millis, secs, timed};

fn probe(args: &[&str]) -> Wsurl {
    Wsurl::new(["probe", "--close-timeout", "500ms"]).args(args).within(secs(5))
}

/// The check is kept: this line says so.
#[track_caller]
fn kept(args: &[&str], line: &str) {
    let run = probe(args).stderr("").exits(0);
    assert!(verdict(run.text()).starts_with("OK    ws"), "{}", run.text());
    assert!(run.text().lines().any(|text| text == format!("  ok        {line}")), "{line}:\n{}", run.text());
}

/// The check is not kept, which is told below the phases, in the verdict, and on stderr.
#[track_caller]
fn broken(url: &str, args: &[&str], name: &str, seen: &str) {
    let error = format!("{name} does not hold: {seen}");
    let run = probe(args).args([url]).stderr_has(format!("wsurl: error: {error}\n")).exits(1);
    assert_eq!(verdict(run.text()), format!("FAIL  {url}: {error}"));
    let line = formats::unfolded(run.text(), &format!("  FAIL      {name}"), 6);
    assert_eq!(line, format!("  FAIL      {name}: {seen}"));
}

/// The only assertion of a report in JSON.
#[track_caller]
fn assertion(args: &[&str], code: i32) -> Value {
    let report = formats::json(probe(&["--report", "json"]).args(args).exits(code).text());
    assert_eq!(report["assertions"].as_array().map(Vec::len), Some(1), "{report}");
    formats::assert_fields(&report["assertions"][0], &["name", "holds", "seen"]);
    report["assertions"][0].clone()
}

/// A good server whose answer to the upgrade has this field.
fn with(header: &str) -> Script {
    Script::new().upgrade_with(header).pings_and_close()
}

/// A server that takes its time over the upgrade, and later over the ping.
fn slow(upgrade: u64, ping: u64) -> Script {
    let peer = Script::new().request().sleep(millis(upgrade)).respond(SWITCHING);
    peer.read_frame().sleep(millis(ping)).echoes_pong().pings_and_close()
}

const UNAUTHORIZED: &str =
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"den\"\r\nContent-Length: 0\r\n\r\n";

#[test]
fn a_refusal_can_be_the_success() {
    let peer = Script::new().request().respond(UNAUTHORIZED).close();
    let run = probe(&["--expect-status", "401", "-d", "never", &peer.url()]).stderr("").exits(0);
    assert!(verdict(run.text()).starts_with(&format!("OK    {}", peer.url())), "{}", run.text());

    let peer = Script::new().request().respond(UNAUTHORIZED).close();
    let run = probe(&["--expect-status", "401", "--report", "json", &peer.url()]).stderr("").exits(0);
    let report = formats::json(run.text());
    let phases: Vec<_> =
        report["phases"].as_array().expect("phases").iter().map(|phase| &phase["name"]).collect();
    assert_eq!(phases, ["resolve", "connect", "upgrade"]);
    assert_eq!((&report["http"]["status"], &report["verdict"]), (&401.into(), &"ok".into()));
}

#[test]
fn a_refusal_is_none_without_being_asked_for() {
    let peer = Script::new().request().respond(UNAUTHORIZED).close();
    let run = probe(&[&peer.url()]).stderr_has("401 Unauthorized").exits(22);
    assert!(run.text().contains("WWW-Authenticate: Basic realm=\"den\""), "{}", run.text());
    let peer = Script::new().request().respond(UNAUTHORIZED).close();
    probe(&["-u", "me:hunter2", &peer.url()]).stderr_lacks("hunter2").exits(67);
}

#[test]
fn another_status_than_the_one_asked_for_is_a_failure() {
    let peer = Script::new().request().respond("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").close();
    let run = probe(&["--expect-status", "401", &peer.url()]).stderr_has("403").exits(1);
    assert!(verdict(run.text()).contains("--expect-status 401"), "{}", run.text());
    let server = EchoServer::start();
    probe(&["--expect-status", "401", &server.url()])
        .stderr_has("--expect-status 401")
        .stderr_has("101")
        .exits(1);
}

#[test]
fn a_subprotocol_that_is_expected_is_offered() {
    let peer = with("Sec-WebSocket-Protocol: chat.v2");
    let run = probe(&["--expect-subprotocol", "chat.v2", &peer.url()]).stderr("").exits(0);
    assert!(run.text().contains("101 Switching Protocols, subprotocol chat.v2\n"), "{}", run.text());
    assert_eq!(peer.headers("sec-websocket-protocol"), ["chat.v2"]);

    let peer = with("X-Nothing: here");
    broken(&peer.url(), &["--expect-subprotocol", "chat"], "--expect-subprotocol chat", "no subprotocol");
}

#[test]
fn an_extension_that_is_expected_is_offered() {
    let expected = ["--expect-extension", "permessage-deflate"];
    let peer = with("Sec-WebSocket-Extensions: permessage-deflate");
    let run = probe(&[&expected[..], &[&peer.url()]].concat()).stderr("").exits(0);
    let seen = "--expect-extension permessage-deflate: permessage-deflate\n";
    assert!(run.text().contains(seen), "{}", run.text());
    assert_eq!(peer.headers("sec-websocket-extensions"), ["permessage-deflate; client_max_window_bits"]);

    let peer = with("X-Nothing: here");
    broken(&peer.url(), &expected, "--expect-extension permessage-deflate", "no extension");
    Wsurl::new(["probe", "--expect-extension", "x-other", "ws://127.0.0.1:1/"]).exits(2);
}

#[test]
fn subprotocols_that_are_offered_are_those_that_are_named() {
    let peer = with("Sec-WebSocket-Protocol: b");
    let args = ["--subprotocol", "a", "--subprotocol", "b", "--expect-subprotocol", "a", &peer.url()];
    let run = probe(&args).stderr_has("--expect-subprotocol a does not hold: ").exits(1);
    assert!(verdict(run.text()).ends_with(" b"), "{}", run.text());
    assert_eq!(peer.headers("sec-websocket-protocol").join(", "), "a, b");
}

#[test]
fn a_field_has_to_match() {
    let name = "--expect-header X-Served-By: ^node[0-9]+$";
    let asked = ["--expect-header", "X-Served-By: ^node[0-9]+$"];
    let peer = with("x-served-by: node17");
    let run = probe(&asked).args([peer.url()]).stderr("").exits(0);
    assert!(run.text().contains("--expect-header"), "{}", run.text());
    let peer = with("X-Served-By: proxy\r\nX-Served-By: node3");
    probe(&asked).args([peer.url()]).stderr("").exits(0);
    for header in ["X-Served-By: proxy", "X-Other: node17"] {
        let peer = with(header);
        let run = probe(&asked).args([peer.url()]).stderr_has("does not hold: ").exits(1);
        assert!(
            verdict(run.text()).contains(name) || verdict(run.text()).contains("X-Served-By"),
            "{}",
            run.text()
        );
    }
}

#[test]
fn each_field_that_is_named_has_to_match() {
    let asked = ["--expect-header", "A: 1", "--expect-header", "B: 2"];
    let peer = with("A: 1\r\nB: 2");
    probe(&asked).args([peer.url()]).stderr("").exits(0);
    let peer = with("A: 1\r\nB: 3");
    let run = probe(&asked).args(["--report", "json", &peer.url()]).exits(1);
    let report = formats::json(run.text());
    let holds: Vec<_> =
        report["assertions"].as_array().expect("assertions").iter().map(|all| &all["holds"]).collect();
    assert_eq!(holds, [&json!(true), &json!(false)]);
}

#[test]
fn a_certificate_has_to_last() {
    for (days, least) in [(30, "14"), (14, "14"), (3, "0")] {
        let server = Echo::new().tls(Certificate::DaysLeft(days)).start();
        let args = ["--cacert", server.cacert(), "--min-cert-days", least, &server.url()];
        kept(&args, &format!("--min-cert-days {least}: {days} days left"));
    }
    for days in [3, 13] {
        let server = Echo::new().tls(Certificate::DaysLeft(days)).start();
        let args = ["--cacert", server.cacert(), "--min-cert-days", "14"];
        broken(&server.url(), &args, "--min-cert-days 14", &format!("{days} days left"));
    }
}

#[test]
fn a_certificate_that_nobody_checks_has_to_last_too() {
    let server = Echo::new().tls(Certificate::DaysLeft(3)).start();
    broken(&server.url(), &["-k", "--min-cert-days", "14"], "--min-cert-days 14", "3 days left");
}

#[test]
fn without_tls_there_is_no_certificate() {
    let server = EchoServer::start();
    broken(&server.url(), &["--min-cert-days", "14"], "--min-cert-days 14", "no certificate without TLS");
}

#[test]
fn every_check_is_told_to_programs() {
    let server = Echo::new().tls(Certificate::DaysLeft(3)).start();
    let args = ["--cacert", server.cacert(), "--min-cert-days", "14", &server.url()];
    assert_eq!(
        assertion(&args, 1),
        json!({"name": "--min-cert-days 14", "holds": false, "seen": "3 days left"})
    );
    let server = EchoServer::start();
    let told = assertion(&["--max-latency", "4s", &server.url()], 0);
    assert_eq!((&told["name"], &told["holds"]), (&"--max-latency 4s".into(), &true.into()));
}

#[test]
fn the_slowest_round_trip_counts() {
    timed(|| {
        for (peer, phase) in [(slow(300, 0), "upgrade"), (slow(0, 300), "ping")] {
            let run = probe(&["--max-latency", "150ms", &peer.url()])
                .stderr_has("--max-latency 150ms does not hold: ")
                .stderr_has(phase)
                .exits(1);
            assert!(regex("(?m)^  FAIL      --max-latency 150ms: ").is_match(run.text()), "{}", run.text());
        }
        let peer = Script::new().upgrade().answers(1, |messages| {
            thread::sleep(millis(300));
            echo(&messages[0])
        });
        let peer = peer.pings_and_close();
        probe(&["--max-latency", "150ms", "-d", "hi", &peer.url()]).stderr_has("message").exits(1);
        let peer = slow(100, 100);
        // Each on its own, not all together.
        probe(&["--max-latency", "190ms", &peer.url()]).stderr("").exits(0);
    });
}

#[test]
fn broken_checks_are_told_together() {
    let server = EchoServer::start();
    let args = ["--min-cert-days", "14", "--expect-subprotocol", "chat", &server.url()];
    let run = probe(&args).exits(1);
    let error = run.stderr.lines().find(|line| line.starts_with("wsurl: error: ")).expect("an error");
    assert!(error.contains("--min-cert-days 14 does not hold: no certificate without TLS"), "{error}");
    assert!(
        error.contains("; ") && error.contains("--expect-subprotocol chat does not hold: no subprotocol"),
        "{error}"
    );
    let failed = run.text().lines().filter(|line| line.starts_with("  FAIL      "));
    assert_eq!(failed.count(), 2, "{}", run.text());
}

#[test]
fn slow_is_a_warning_and_too_slow_a_failure() {
    let human = |args: &[&str], code| {
        let peer = slow(400, 0);
        let text = probe(args).args([peer.url()]).exits(code).text().to_owned();
        verdict(&text)
    };
    assert!(human(&["--warn", "5s"], 0).starts_with("OK    ws://"));
    assert!(human(&["--warn", "100ms"], 0).starts_with("WARN  ws://"));
    assert!(human(&["--warn", "100ms", "--crit", "5s"], 0).starts_with("WARN  ws://"));
    assert!(human(&["--crit", "100ms"], 1).starts_with("FAIL  ws://"));
    assert!(human(&["--warn", "100ms", "--crit", "100ms"], 1).starts_with("FAIL  ws://"));
    assert!(human(&["--warn", "4s", "--crit", "5s"], 0).starts_with("OK    ws://"));
}

#[test]
fn a_warning_is_no_failure_to_programs() {
    let peer = slow(400, 0);
    let run = probe(&["--warn", "100ms", "--report", "json", &peer.url()]).exits(0);
    let report = formats::json(run.text());
    let told = ["verdict", "status", "exit_code", "error"].map(|name| report[name].clone());
    assert_eq!(told, [json!("warning"), json!("success"), json!(0), json!(null)]);

    let peer = slow(400, 0);
    let run =
        probe(&["--crit", "100ms", "--report", "json", &peer.url()]).stderr_has("--crit 100ms").exits(1);
    let report = formats::json(run.text());
    assert_eq!((&report["verdict"], &report["status"]), (&"failed".into(), &"expectation-failed".into()));
}

#[test]
fn monitors_get_the_thresholds_and_their_codes() {
    let monitored = |args: &[&str], code| {
        let peer = slow(400, 0);
        let run = probe(&["--report", "nagios"]).args(args).args([peer.url()]).stderr("").exits(code);
        nagios(run.text())
    };
    let (status, data) = monitored(&["--warn", "2s", "--crit", "3s"], 0);
    assert!(regex(r"^WSURL OK - ws://\S+ is up, \d+ ms, ping ").is_match(&status), "{status}");
    assert!(regex(r"^time=0\.\d+s;2;3;0$").is_match(&data[0]), "{data:?}");
    let (status, data) = monitored(&["--warn", "100ms", "--crit", "3s"], 1);
    assert!(status.starts_with("WSURL WARNING - ws://"), "{status}");
    assert!(regex(r"^time=0\.\d+s;0\.1;3;0$").is_match(&data[0]), "{data:?}");
    let (status, _) = monitored(&["--warn", "100ms", "--crit", "200ms"], 2);
    assert!(status.starts_with("WSURL CRITICAL - ws://"), "{status}");
}

#[test]
fn monitors_hear_of_broken_checks_on_stdout_only() {
    let server = EchoServer::start();
    let args = ["--report", "nagios", "--expect-subprotocol", "chat", &server.url()];
    let (status, _) = nagios(probe(&args).stderr("").exits(2).text());
    assert!(status.contains("--expect-subprotocol chat does not hold: no subprotocol"), "{status}");
}

#[test]
fn a_reply_has_to_be_as_expected() {
    let said = r#"{"status":"up"}"#;
    for check in [["--expect-text", said], ["--expect-json", "/status=up"], ["--expect-regex", "\"u.\""]] {
        let server = EchoServer::start();
        probe(&check).args(["-d", said, &server.url()]).stderr("").exits(0);
    }
    for (check, part) in [
        (["--expect-text", "pong"], "pong"),
        (["--expect-json", "/status=down"], "/status"),
        (["--expect-regex", "^down$"], "^down$"),
    ] {
        let server = EchoServer::start();
        let run = probe(&check)
            .args(["--within", "500ms", "-d", said, &server.url()])
            .stderr_has(part)
            .stderr_has("up")
            .exits(1);
        assert!(verdict(run.text()).starts_with("FAIL  ws://"), "{}", run.text());
        assert_eq!(server.received().close, Some((1000, String::new())), "the session ends in order");
    }
}

#[test]
fn a_check_without_a_message_waits_for_one() {
    let server = Echo::new().greeting("first").greeting("second").start();
    probe(&["--expect-text", "second", &server.url()]).stderr("").exits(0);
    let server = Echo::new().greeting("first").start();
    probe(&["--expect-text", "second", "--receive-timeout", "300ms", &server.url()])
        .stderr_has("second")
        .exits(1);
}

#[test]
fn what_needs_a_websocket_is_no_check_of_a_refusal() {
    for check in ["--expect-text=hi", "--conformance"] {
        let run = probe(&["--expect-status", "403", check, "ws://127.0.0.1:1/"]).stdout("");
        run.stderr_has("needs an open WebSocket").exits(2);
    }
}

#[test]
fn a_server_that_closes_before_it_answers_the_ping_is_not_up() {
    let peer = Script::new().upgrade_and_send(frame::close(1001, "")).read_close().close();
    let run = probe(&[&peer.url()]).stderr_has("closed with 1001 before it answered a ping").exits(1);
    assert!(verdict(run.text()).starts_with("FAIL  "), "{}", run.text());
}

#[test]
fn a_choice_that_was_not_offered_is_shown() {
    let peer = Script::new().upgrade_with("Sec-WebSocket-Protocol: evil");
    let run = probe(&["--expect-subprotocol", "chat", &peer.url()]).exits(112);
    assert!(run.text().contains("--expect-subprotocol chat: evil"), "{}", run.text());
}

#[test]
fn arguments_that_are_refused_are_told_to_a_monitor_in_its_words() {
    for args in [&["--report", "nagios", "--nosuch", "ws://127.0.0.1:1/"][..], &["--report=nagios"]] {
        let run = probe(args).stderr("").exits(3);
        assert!(run.text().starts_with("WSURL UNKNOWN - "), "{}", run.text());
    }
}
