//! `echo-test`: when messages are sent and connections opened, and what a person sees of it.

use crate::support::formats::{counts, json};
use crate::support::{EchoServer, Script, Wsurl, frame, millis, secs};

#[test]
fn a_server_that_stalls_delays_every_message_that_was_due_meanwhile() {
    // 200 a second: of 300 messages, 200 are due in the second in which nothing is answered. Their round trips are spread
    // evenly from 0 to 1 s, so the median of all is 0.25 s and p99 0.985 s.
    let server = Script::new().upgrade().echoes(100).sleep(secs(1)).echoes(200).close_handshake();
    let run = Wsurl::new(["echo-test", "--rate", "200", "-n", "300", "--report", "json", &server.url()]);
    let report = json(run.within(secs(15)).exits(0).text());
    let trip = |name: &str| report["round_trip"][name].as_f64().expect("seconds");
    assert!(trip("min") < 0.1 && trip("p50") > 0.2 && trip("p99") > 0.9, "{}", report["round_trip"]);
    assert_eq!((&report["echoed"], &report["rate"]), (&300.into(), &200.0.into()));
}

#[test]
fn messages_are_sent_when_they_are_due_although_none_has_come_back() {
    let server =
        Script::new().upgrade().answers(20, |all| all.iter().flat_map(echo).collect()).close_handshake();
    Wsurl::new(["echo-test", "--rate", "100", "-n", "20", &server.url()]).stderr("").exits(0);
    // At most so many in flight, where it is given.
    let server =
        Script::new().upgrade().answers(3, |all| all.iter().flat_map(echo).collect()).close_handshake();
    Wsurl::new(["echo-test", "--rate", "1000", "-n", "3", "--in-flight", "3", &server.url()]).exits(0);
}

fn echo(message: &frame::Frame) -> Vec<u8> {
    crate::support::echoing::echo(message)
}

#[test]
fn the_rate_is_that_of_all_connections() {
    let run = Wsurl::new(["echo-test", "--rate", "50", "--connections", "5", "-n", "5", "--report", "json"]);
    let report = json(run.within(secs(15)).exits(0).text());
    assert_eq!(report["echoed"], 25);
    // The last of 25 messages is due after 24 times 20 ms.
    assert!(report["elapsed"].as_f64().expect("seconds") > 0.45, "{}", report["elapsed"]);
}

#[test]
fn a_rate_is_a_number_and_no_interval_stands_beside_it() {
    for rate in ["0", "-1", "fast"] {
        Wsurl::new(["echo-test", &format!("--rate={rate}")]).stderr_has("write 100 or 0.5").exits(2);
    }
    Wsurl::new(["echo-test", "--rate", "1", "--interval", "1s"]).stderr_has("--interval").exits(2);
}

#[test]
fn connections_are_opened_evenly_over_the_ramp() {
    let server = EchoServer::start();
    let options = ["echo-test", "--connections", "5", "--ramp", "1s", "-n", "1", "--report", "json"];
    let run = Wsurl::new(options).args([server.url()]).within(secs(15)).exits(0);
    assert!(run.elapsed > millis(790), "the last of them begins after 800 ms: {:?}", run.elapsed);
    assert_eq!(json(run.text())["ramp"], 1.0);
}

#[test]
fn each_connection_begins_its_messages_when_it_is_open() {
    // This server does not accept a connection before the one before it has ended.
    let server = (0..3).fold(Script::new(), |server, _| server.upgrade().echoes(2).close_handshake());
    let options = ["echo-test", "--connections", "3", "--ramp", "300ms", "-n", "2", "--report", "json"];
    let report = json(Wsurl::new(options).args([&server.url()]).within(secs(15)).exits(0).text());
    assert_eq!((&report["sent"], &report["echoed"], &report["lost"]), (&6.into(), &6.into(), &0.into()));
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_connection_that_cannot_be_opened_ends_the_ramp_and_not_those_that_are_open() {
    let busy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
    let server = Script::new().upgrade().echoes(3).close_handshake().request().respond(busy).close();
    let options = ["echo-test", "--connections", "4", "--ramp", "2s", "-n", "3"];
    let run = Wsurl::new(options)
        .args([&server.url()])
        .stderr_has("answered the upgrade with 503 Service Unavailable; 1 of 4 connections opened, 1 echoed everything\n")
        .within(secs(15))
        .exits(22);
    assert_eq!(counts(run.text()), "3 sent, 3 echoed, 0 lost, 0 corrupted, 0 out of order, 0 duplicated");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn late_connections_keep_to_the_rate_of_all() {
    let server = EchoServer::start();
    let options =
        ["echo-test", "--connections", "2", "--ramp", "600ms", "--rate", "20", "--duration", "1200ms"];
    let report = json(Wsurl::new(options).args(["--report", "json", &server.url()]).exits(0).text());
    // 12 of the first, and from 300 ms on 9 of the second; 24 if it made up for what was due before.
    let sent = report["sent"].as_u64().expect("a number");
    assert!(sent <= 22, "{report}");
}

#[test]
fn a_ramp_ends_with_the_run_and_needs_connections() {
    let server = EchoServer::start();
    Wsurl::new(["echo-test", "--connections", "3", "--ramp", "1h", "-m", "500ms", &server.url()])
        .stderr_has("(--max-time)")
        .within(secs(9))
        .exits(28);
    Wsurl::new(["echo-test", "--ramp", "1s"]).stderr_has("--ramp has one connection to open").exits(2);
    Wsurl::new(["echo-test", "--connections", "3", "--ramp", "2s", "--duration", "2s"])
        .stderr_has("--duration is over before --ramp has opened all connections")
        .exits(2);
}

#[test]
fn with_an_interval_and_v_each_echo_is_a_line() {
    let server = EchoServer::start();
    let options = ["echo-test", "-v", "--interval", "10ms", "-n", "2", "--size", "9"];
    let run = Wsurl::new(options).args([server.url()]).exits(0);
    let lines: Vec<_> = run.stderr.lines().filter(|line| line.contains(" bytes from ")).collect();
    assert_eq!(lines.len(), 2, "{}", run.stderr);
    let authority = server.url().replace("ws://", "").replace('/', "");
    for (number, line) in (1..).zip(lines) {
        assert!(line.starts_with(&format!("9 bytes from {authority}: message={number} time=")), "{line}");
        assert!(line.ends_with(" ms"), "{line}");
    }
    Wsurl::new(["echo-test", "--interval", "10ms", "-n", "2", &server.url()]).stderr("").exits(0);
}

#[cfg(target_os = "linux")]
#[test]
fn at_a_terminal_each_echo_is_a_line_too() {
    let terminal = crate::support::Terminal::new();
    Wsurl::new(["echo-test", "--interval", "10ms", "-n", "2", "--connections", "2"])
        .stderr_to(terminal.file())
        .exits(0);
    terminal.shows("connection=2 message=2 time=");
}

#[test]
fn the_names_that_others_use_for_text_and_binary() {
    Wsurl::new(["echo-test", "--ws-binary", "-n", "1"]).stdout_has("binary").exits(0);
    Wsurl::new(["echo-test", "--ws-text", "-n", "1"]).stdout_has("text").exits(0);
}
