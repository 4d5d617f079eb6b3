//! `probe`: the phases with their times and facts, and endpoints that are down, refuse, hang, or do not say goodbye.

use serde_json::{Value, json};

#[cfg(unix)]
use crate::support::Terminal;
use crate::support::formats::{self, assert_fields, assert_narrow, regex, unfolded, verdict};
use crate::support::frame::{self, BINARY, PING, TEXT};
use crate::support::{
    Certificate, Echo, EchoServer, Script, Wsurl, closed_port, file_with, millis, noise, secs,
};

/// A time as people read it.
const TIME: &str = "\\d+(\\.\\d+)? (ns|\u{b5}s|us|ms|s)";

fn probe(args: &[&str]) -> Wsurl {
    Wsurl::new(["probe", "--close-timeout", "500ms"]).args(args).within(secs(5))
}

/// The report on one URL, as JSON.
#[track_caller]
fn report(args: &[&str], code: i32) -> Value {
    formats::json(probe(&["--report", "json"]).args(args).exits(code).text())
}

/// Name and verdict of each phase.
fn phases(report: &Value) -> Vec<(&str, &str)> {
    let phases = report["phases"].as_array().expect("phases").iter();
    phases.map(|phase| (phase["name"].as_str().unwrap(), phase["verdict"].as_str().unwrap())).collect()
}

/// The phases of a human report: their names and what follows the time.
fn lines(text: &str) -> Vec<(String, String)> {
    let line = regex(&format!(r"^  ([a-z]+) +({TIME}|FAIL|-) *(.*)$"));
    let found = text.lines().filter_map(|text| line.captures(text));
    found.map(|found| (found[1].to_owned(), found[5].to_owned())).collect()
}

fn pairs<const N: usize>(all: [(&str, &str); N]) -> Vec<(String, String)> {
    all.map(|(name, fact)| (name.to_owned(), fact.to_owned())).to_vec()
}

#[test]
fn an_endpoint_that_is_up_is_told_phase_by_phase() {
    let server = EchoServer::start();
    let run = probe(&[&server.url()]).stderr("").exits(0);
    let first = verdict(run.text());
    let whole = regex(&format!("^OK    {} is up: {TIME}, ping {TIME}$", server.url()));
    assert!(whole.is_match(&first), "{first}");
    let expected = pairs([
        ("resolve", "127.0.0.1"),
        ("connect", &server.address().to_string()),
        ("upgrade", "101 Switching Protocols"),
        ("ping", "answered"),
        ("close", "1000"),
    ]);
    assert_eq!(lines(run.text()), expected, "{}", run.text());
    assert_eq!(run.text().lines().count(), 6, "{}", run.text());
    assert_eq!(server.received().close, Some((1000, String::new())));
}

#[test]
fn a_ping_goes_out_and_the_session_ends_in_order() {
    let peer = Script::new().upgrade().pings_and_close();
    probe(&[&peer.url()]).stderr("").exits(0);
    let frames = peer.frames();
    assert_eq!(frames.iter().map(|frame| frame.opcode).collect::<Vec<_>>(), [PING, frame::CLOSE]);
    assert_eq!(peer.close_code(), Some(1000));
}

#[test]
fn tls_is_told_with_version_and_certificate() {
    let server = Echo::new().tls(Certificate::DaysLeft(42)).start();
    let run = probe(&["--cacert", server.cacert(), &server.url()]).stderr("").exits(0);
    let phases = lines(run.text());
    let names: Vec<_> = phases.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["resolve", "connect", "tls", "upgrade", "ping", "close"]);
    let fact =
        regex(r"TLSv1\.2, 42 days left, CN=wsurl test server, issued by CN=wsurl test CA, [A-Z0-9_-]+$");
    let told = unfolded(run.text(), "  tls", 21);
    assert!(fact.is_match(&told), "{told}");
}

#[test]
fn a_certificate_is_told_to_programs() {
    let server = Echo::new().tls(Certificate::DaysLeft(42)).start();
    let report = report(&["--cacert", server.cacert(), &server.url()], 0);
    let tls = &report["tls"];
    assert_fields(tls, &["version", "cipher", "certificate", "chain", "ignored_errors"]);
    assert_eq!(tls["version"], "TLSv1.2");
    assert!(tls["cipher"].as_str().is_some_and(|cipher| !cipher.is_empty()), "{tls}");
    let certificate = &tls["certificate"];
    assert_fields(certificate, &["subject", "issuer", "names", "not_before", "not_after", "days_left"]);
    assert_eq!(
        (&certificate["subject"], &certificate["issuer"]),
        (&"CN=wsurl test server".into(), &"CN=wsurl test CA".into())
    );
    assert_eq!(
        (&certificate["days_left"], &certificate["names"]),
        (&42.into(), &json!(["localhost", "127.0.0.1"]))
    );
    let date =
        |name: &str| humantime::parse_rfc3339(certificate[name].as_str().expect("a text")).expect("a date");
    let days = date("not_after").duration_since(date("not_before")).expect("some days").as_secs() / 86_400;
    assert_eq!(days, 43);
}

#[test]
fn programs_get_every_field() {
    let server = EchoServer::start();
    let report = report(&[&server.url()], 0);
    assert_fields(
        &report,
        &[
            "url",
            "url_effective",
            "time",
            "verdict",
            "status",
            "exit_code",
            "error",
            "hint",
            "elapsed",
            "tries",
            "phases",
            "remote_address",
            "local_address",
            "http",
            "tls",
            "subprotocol",
            "extensions",
            "ping_seconds",
            "messages",
            "close",
            "assertions",
            "conformance",
            "security",
        ],
    );
    let exact = json!({
        "url": server.url(), "url_effective": server.url(), "verdict": "ok", "status": "success",
        "exit_code": 0, "error": null, "hint": null, "tries": 1, "remote_address": server.address().to_string(),
        "tls": null, "subprotocol": null, "extensions": [], "assertions": [], "conformance": null, "security": null,
        "messages": {"sent": 0, "received": 0, "bytes_sent": 0, "bytes_received": 0},
        "close": {"code": 1000, "reason": "", "by": "client"},
    });
    for (name, value) in exact.as_object().expect("an object") {
        assert_eq!(&report[name], value, "{name}");
    }
    assert!(humantime::parse_rfc3339(report["time"].as_str().expect("a text")).is_ok(), "{report}");
    assert!(
        report["local_address"].as_str().is_some_and(|local| local.starts_with("127.0.0.1:")),
        "{report}"
    );
    assert_fields(&report["http"], &["status", "reason", "headers", "body"]);
    assert_eq!(report["http"]["body"], Value::Null);
    assert_eq!(
        (&report["http"]["status"], &report["http"]["reason"]),
        (&101.into(), &"Switching Protocols".into())
    );
    assert_fields(&report["http"]["headers"][0], &["name", "value"]);
    let up = ["resolve", "connect", "upgrade", "ping", "close"].map(|name| (name, "ok"));
    assert_eq!(phases(&report), up);
    let times = report["phases"].as_array().expect("phases").iter().map(|phase| {
        assert_fields(phase, &["name", "verdict", "seconds", "detail"]);
        phase["seconds"].as_f64().expect("seconds")
    });
    let (times, elapsed): (f64, _) = (times.sum(), report["elapsed"].as_f64().expect("seconds"));
    assert!(times > 0.0 && times <= elapsed * 1.05 && elapsed < 5.0, "{report}");
    assert!(report["ping_seconds"].as_f64().is_some_and(|ping| ping > 0.0 && ping < elapsed), "{report}");
}

#[test]
fn the_phase_that_takes_its_time_is_the_one_that_is_told() {
    let peer = Script::new().request().sleep(millis(400)).respond(crate::support::script::SWITCHING);
    let peer = peer.read_frame().sleep(millis(200)).echoes_pong().pings_and_close();
    let report = report(&[&peer.url()], 0);
    let phase = |name: &str| {
        let all = report["phases"].as_array().expect("phases");
        let phase = all.iter().find(|phase| phase["name"] == name).expect("the phase");
        phase["seconds"].as_f64().expect("seconds")
    };
    assert!((0.39..1.0).contains(&phase("upgrade")) && (0.19..1.0).contains(&phase("ping")), "{report}");
    assert!(phase("connect") < 0.2 && phase("close") < 0.2, "{report}");
    assert!(report["ping_seconds"].as_f64().is_some_and(|ping| (0.19..1.0).contains(&ping)), "{report}");
}

#[test]
fn nobody_listens() {
    let (_socket, url) = closed_port();
    let target = url.trim_start_matches("ws://").trim_end_matches('/').to_owned();
    let error = format!("cannot connect to {target}: Connection refused");
    let run = probe(&[&url]).stderr_has(format!("wsurl: error: {error}\n")).exits(7);
    assert_eq!(verdict(run.text()), format!("FAIL  {url}: {error}"));
    assert!(regex("(?m)^  connect   FAIL").is_match(run.text()), "{}", run.text());

    let report = report(&[&url], 7);
    let told = ["verdict", "status", "exit_code", "error"].map(|name| report[name].clone());
    assert_eq!(told, [json!("failed"), json!("cannot-connect"), json!(7), json!(error)]);
    assert_eq!(phases(&report)[..2], [("resolve", "ok"), ("connect", "failed")]);
    assert!(phases(&report)[2..].iter().all(|(_, verdict)| *verdict == "skipped"), "{report}");
    for name in ["http", "tls", "subprotocol", "ping_seconds", "close", "conformance"] {
        assert!(report[name].is_null(), "{name}");
    }
}

#[test]
fn a_failure_is_told_with_what_came_before_it_and_nothing_after_it() {
    let (_socket, url) = closed_port();
    let run = probe(&[&url]).exits(7);
    assert_eq!(lines(run.text()), pairs([("resolve", "127.0.0.1"), ("connect", "")]), "{}", run.text());
}

#[test]
fn a_host_that_nobody_knows() {
    let run = probe(&["ws://nonexistent.invalid/"]).exits(6);
    assert!(regex("(?m)^  resolve   FAIL").is_match(run.text()), "{}", run.text());
    assert!(!run.text().contains("\n  connect   FAIL"), "{}", run.text());
}

#[test]
fn a_certificate_that_is_not_trusted() {
    let server = Echo::new().tls(Certificate::Expired).start();
    let run = probe(&["--cacert", server.cacert(), &server.url()]).stderr_has("expired").exits(60);
    assert!(verdict(run.text()).starts_with("FAIL  wss://"), "{}", run.text());
    assert!(regex("(?m)^  tls       FAIL").is_match(run.text()), "{}", run.text());
    let report = report(&["--cacert", server.cacert(), &server.url()], 60);
    assert_eq!(report["status"], "certificate-expired");
}

#[test]
fn a_refusal_is_shown_with_its_body() {
    let refusal = "HTTP/1.1 403 Forbidden\r\nServer: because\r\nSet-Cookie: sid=hunter2\r\nContent-Length: 19\r\n\r\nyou are not of us.\n";
    let peer = Script::new().request().respond(refusal).close();
    let run = probe(&[&peer.url()]).stderr_has("403 Forbidden").exits(22);
    assert!(verdict(run.text()).contains("403 Forbidden"), "{}", run.text());
    assert!(run.text().contains("\n    you are not of us.\n"), "{}", run.text());
    assert!(regex("(?m)^  upgrade   FAIL").is_match(run.text()), "{}", run.text());

    let peer = Script::new().request().respond(refusal).close();
    let report = report(&[&peer.url()], 22);
    assert_eq!((&report["http"]["status"], &report["http"]["reason"]), (&403.into(), &"Forbidden".into()));
    for (name, value) in [("Server", "because"), ("Set-Cookie", "(redacted)")] {
        let field = json!({"name": name, "value": value});
        assert!(report["http"]["headers"].as_array().is_some_and(|all| all.contains(&field)), "{report}");
    }
}

#[test]
fn a_ping_that_is_not_answered() {
    let peer = Script::new().upgrade().hold();
    let error = "timed out after 300ms in ping with 127.0.0.1 (--ping-timeout)";
    let run = probe(&["--ping-timeout", "300ms", &peer.url()])
        .stderr_has(format!("wsurl: error: {error}"))
        .within(secs(3))
        .exits(28);
    assert!(verdict(run.text()).starts_with(&format!("FAIL  {}: {error}", peer.url())), "{}", run.text());
    assert!(regex("(?m)^  ping      FAIL").is_match(run.text()), "{}", run.text());
}

#[test]
fn a_pong_with_another_payload_is_no_answer() {
    let peer = Script::new().upgrade().read_frame().send(frame::frame(frame::PONG, "other")).hold();
    probe(&["--ping-timeout", "300ms", &peer.url()]).stderr_has("(--ping-timeout)").within(secs(3)).exits(28);
}

#[test]
fn a_close_that_is_not_answered() {
    let peer = Script::new().upgrade().answer_pings_until_close().hold();
    let error = "timed out after 500ms in close with 127.0.0.1 (--close-timeout)";
    let run = probe(&[&peer.url()]).stderr_has(format!("wsurl: error: {error}")).within(secs(3)).exits(28);
    let expected = [("resolve", ""), ("connect", ""), ("upgrade", ""), ("ping", "answered"), ("close", "")];
    let seen = lines(run.text());
    assert!(seen.iter().map(|(name, _)| name.as_str()).eq(expected.map(|(name, _)| name)), "{}", run.text());
    assert!(regex("(?m)^  close     FAIL").is_match(run.text()), "{}", run.text());
}

#[test]
fn a_server_that_closes_by_itself() {
    let closing = |code| Script::new().upgrade().send(frame::close(code, "full")).read_close().close();
    let peer = closing(4001);
    let report = report(&[&peer.url()], 110);
    assert_eq!(report["close"], json!({"code": 4001, "reason": "full", "by": "server"}));
    assert_eq!(report["status"], "closed-by-server");

    let peer = Script::new().upgrade().reset();
    probe(&[&peer.url()]).stderr_has("127.0.0.1").exits(56);
    let peer = Script::new().upgrade().read_frame().send(frame::masked(frame::PONG, "")).read_close().close();
    probe(&[&peer.url()]).stderr_has("RFC 6455").exits(112);
}

#[test]
fn a_message_is_sent_and_its_reply_awaited() {
    let server = EchoServer::start();
    let run = probe(&["-d", "hello", "-d", "wörld", &server.url()]).stderr("").exits(0);
    let seen = lines(run.text());
    assert_eq!(seen[4], ("message".to_owned(), "2 sent, 2 received".to_owned()), "{}", run.text());
    assert_eq!(server.texts(), ["hello", "wörld"]);

    let server = EchoServer::start();
    let report = report(&["-d", "hello", &server.url()], 0);
    assert_eq!(report["messages"], json!({"sent": 1, "received": 1, "bytes_sent": 5, "bytes_received": 5}));
    let names: Vec<_> = phases(&report).into_iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, ["resolve", "connect", "upgrade", "ping", "message", "close"]);
}

#[test]
fn messages_come_from_files_and_from_stdin() {
    let (_folder, path) = file_with("message", "from a file");
    let server = EchoServer::start();
    let file = format!("@{path}");
    probe(&["-d", &file, "-d", "@-", &server.url()]).stdin("from stdin").stderr("").exits(0);
    assert_eq!(server.texts(), ["from a file", "from stdin"]);

    probe(&["-d", "@/nonexistent/message", "ws://127.0.0.1:1/"]).stderr_has("/nonexistent/message").exits(26);
}

#[test]
fn stream_mode_sends_bytes() {
    let bytes = noise(300);
    let (_folder, path) = file_with("bytes", &bytes);
    let file = format!("@{path}");
    let server = EchoServer::start();
    probe(&["--mode", "stream", "-d", &file, &server.url()]).stderr("").exits(0);
    assert_eq!(server.received().messages, [tungstenite::Message::binary(bytes)]);

    let peer = Script::new().upgrade().answers(1, |messages| {
        assert_eq!(messages[0].opcode, BINARY);
        frame::text("pong")
    });
    let peer = peer.pings_and_close();
    probe(&["--mode", "stream", "-d", "ping", "--expect-regex", "^p.ng$", &peer.url()]).exits(0);
}

#[test]
fn a_reply_that_does_not_come() {
    let server = Echo::new().mute().start();
    let run = probe(&["-d", "hello?", "--receive-timeout", "300ms", &server.url()])
        .stderr_has("timed out after 300ms in receive with 127.0.0.1 (--receive-timeout)")
        .exits(28);
    assert!(regex("(?m)^  message   FAIL").is_match(run.text()), "{}", run.text());
}

#[test]
fn what_the_server_says_first_is_a_message_too() {
    let peer = Script::new().upgrade_and_send(frame::text("welcome")).pings_and_close();
    let run = probe(&["--expect-text", "welcome", &peer.url()]).stderr("").exits(0);
    assert!(run.text().contains("0 sent, 1 received"), "{}", run.text());
    assert!(peer.frames().iter().all(|frame| frame.opcode != TEXT));
}

#[cfg(unix)]
#[test]
fn no_line_is_longer_than_a_terminal_is_wide() {
    let terminal = Terminal::of_width(80);
    let path = "very-long-segment/".repeat(20);
    let header = format!("Sec-WebSocket-Protocol: {}", "p".repeat(200));
    let peer = Script::new().upgrade_with(&header).pings_and_close();
    let url = format!("{}{path}", peer.url());
    let header = format!("Server: {path}");
    let args = ["--color", "never", "--subprotocol", &"p".repeat(200), "--expect-header", &header, &url];
    probe(&args).stdout_to(terminal.file()).exits(1);
    let shown = terminal.shows("/': no such field\n");
    assert!(shown.starts_with("FAIL  ws://"), "{shown}");
    assert_narrow(&shown);
    // Facts may be cut, the reason is there to its end.
    assert!(shown.replace("\n      ", "").contains(&path.replace(' ', "")), "{shown}");

    let refusal =
        format!("HTTP/1.1 404 Not Found\r\nX-Long: {path}\r\nContent-Length: 200\r\n\r\n{}", "b".repeat(200));
    let peer = Script::new().request().respond(&refusal).close();
    let run = probe(&[&format!("{}{path}", peer.url())]).exits(22);
    assert_narrow(run.text());
}

#[test]
fn a_password_in_the_url_is_not_shown() {
    let server = EchoServer::start();
    let url = server.url().replace("ws://", "ws://me:hunter2@");
    for format in ["human", "json", "junit", "tap", "nagios", "prometheus"] {
        let run = probe(&["-v", "--report", format, &url]).stderr_lacks("hunter2").exits(0);
        assert!(!run.text().contains("hunter2"), "{}", run.text());
    }
}

#[test]
fn usage_is_told() {
    probe(&[]).stdout("").exits(2);
    probe(&["--warn", "2s", "--crit", "1s", "ws://127.0.0.1:1/"]).stdout("").stderr_has("--warn").exits(2);
    probe(&["--expect-status", "99", "ws://127.0.0.1:1/"]).stdout("").stderr_has("99").exits(2);
    probe(&["--expect-header", "no colon", "ws://127.0.0.1:1/"]).stdout("").stderr_has("no colon").exits(2);
    probe(&["--expect-header", "X: (", "ws://127.0.0.1:1/"]).stdout("").stderr_has("X: (").exits(2);
    probe(&["--min-cert-days", "many", "ws://127.0.0.1:1/"]).stdout("").stderr_has("many").exits(2);
    probe(&["--report", "json", "--report", "tap", "ws://127.0.0.1:1/"]).stdout("").exits(2);
    probe(&["http://127.0.0.1:1/"]).stderr_has("http://127.0.0.1:1/").exits(3);
}
