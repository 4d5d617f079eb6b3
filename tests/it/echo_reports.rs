//! What `echo-test` prints, in each format, and where it goes.

use std::fs;

use serde_json::Value;

use crate::support::echoing::{altered, echo};
use crate::support::formats::{
    Metrics, assert_fields, assert_narrow, counts, json, nagios, regex, tap, unfolded, verdict,
};
use crate::support::{EchoServer, Element, Embedded, Script, Wsurl, new_file, secs};

const CASES: [&str; 6] = [
    "no message lost",
    "no message corrupted",
    "order kept",
    "no duplicates",
    "nothing unasked",
    "session ended in order",
];

/// The report of this format on a good server, which it leaves on stdout.
#[track_caller]
fn good(format: &str) -> (EchoServer, String) {
    let server = EchoServer::start();
    let run =
        Wsurl::new(["echo-test", "--report", format, &server.url()]).stderr("").within(secs(5)).exits(0);
    let text = run.text().to_owned();
    (server, text)
}

/// A server that changes the second of three messages and sends the third twice.
fn bad() -> Script {
    Script::new()
        .upgrade()
        .echoes(1)
        .answers(1, |messages| altered(&messages[0], |payload| payload[5] ^= 1))
        .answers(1, |messages| echo(&messages[0]).repeat(2))
        .pings_and_close()
}

/// A run of this format on the bad server.
fn run_on_bad(format: &str) -> (Script, Wsurl) {
    let peer = bad();
    let run = Wsurl::new(["echo-test", "-b", "-n", "3", "--report", format, &peer.url()]).within(secs(5));
    (peer, run)
}

#[test]
fn people_are_told_everything_on_a_page() {
    let server = EchoServer::start();
    let run = Wsurl::new(["echo-test", &server.url()])
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "xterm")
        .stderr("")
        .within(secs(5))
        .exits(0);
    let text = run.text();
    assert_eq!(verdict(text), format!("OK    {} echoed all 10 messages", server.url()));
    assert_eq!(counts(text), "10 sent, 10 echoed, 0 lost, 0 corrupted, 0 out of order, 0 duplicated");
    let time = "\\d+(\\.\\d+)? (ns|\u{b5}s|ms|s)";
    for (start, entry) in [
        ("payload", "payload     64 bytes of text each, seed 1".to_owned()),
        ("round trip ", format!("round trip  min {time}, p50 {time}, p90 {time}, p99 {time}, max {time}")),
        ("rate", format!("rate        [\\d.]+ messages/s, [\\d.]+ [KM]?i?(B|bytes)/s each way, over {time}")),
    ] {
        let seen = unfolded(text, start, 12);
        assert!(regex(&format!("^{entry}$")).is_match(&seen), "{seen}");
    }
    let drawn = text.split_once("\n\nround trips\n").expect("a histogram").1;
    let bar = regex(&format!(r"^ +(over +)?{time}( - +{time})? +[█▉▊▋▌▍▎▏]* ?(\d+)$"));
    let bars: Vec<_> =
        drawn.lines().map(|line| bar.captures(line).unwrap_or_else(|| panic!("{line}"))).collect();
    let total: u32 = bars.iter().map(|bar| bar[bar.len() - 1].parse::<u32>().expect("a number")).sum();
    assert!(total == 10 && bars.len() <= 9, "{drawn}");
}

#[test]
fn the_embedded_server_is_called_by_its_name() {
    let run = Wsurl::new(["echo-test"]).stderr("").within(secs(5)).exits(0);
    let line = verdict(run.text());
    let whole = regex(r"^OK    ws://127\.0\.0\.1:\d+/ \(embedded server\) echoed all 10 messages$");
    assert!(whole.is_match(&line), "{line}");
}

#[test]
fn few_round_trips_are_not_drawn() {
    let run = Wsurl::new(["echo-test", "-n", "9"]).within(secs(5)).exits(0);
    assert!(!run.text().contains("\nround trips\n"), "{}", run.text());
}

#[test]
fn a_terminal_that_knows_only_ascii_gets_nothing_else() {
    for (name, value) in [("TERM", "dumb"), ("LC_ALL", "C"), ("LC_ALL", "en_US.ISO-8859-1")] {
        let run = Wsurl::new(["echo-test"]).env("LC_ALL", "C.UTF-8").env("TERM", "xterm").env(name, value);
        let run = run.within(secs(5)).exits(0);
        assert!(run.text().is_ascii() && run.text().contains(" us"), "{name}={value}: {}", run.text());
        assert!(regex(r"(?m) - .*#+ \d+$").is_match(run.text()), "{}", run.text());
    }
    let run = Wsurl::new(["echo-test", "--color", "never"]).env("LC_ALL", "C.UTF-8").env("TERM", "xterm");
    let run = run.within(secs(5)).exits(0);
    assert!(run.text().is_ascii(), "{}", run.text());
}

#[test]
fn a_long_url_does_not_make_a_long_line() {
    let server = EchoServer::start();
    let url = format!("{}{}", server.url(), "long/".repeat(60));
    let run = Wsurl::new(["echo-test", "-n", "1", &url]).within(secs(5)).exits(0);
    assert_narrow(run.text());
    assert!(run.text().starts_with("OK    ws://"), "{}", run.text());
}

#[test]
fn colour_is_for_the_first_word_and_only_when_it_is_forced() {
    let plain = Wsurl::new(["echo-test"]).within(secs(5)).exits(0);
    assert!(!plain.text().contains('\x1b'), "{}", plain.text());
    let forced = Wsurl::new(["echo-test", "--color", "always"]).within(secs(5)).in_colour().exits(0);
    let (first, rest) = forced.text().split_once("OK").expect("the verdict");
    assert!(first.starts_with("\x1b[") && rest.starts_with("\x1b["), "{:?}", forced.text());
    assert!(!rest[rest.find('m').expect("an end") + 1..].contains('\x1b'), "{:?}", forced.text());
}

#[test]
fn json_says_all_of_a_success() {
    let (server, text) = good("json");
    let report = json(&text);
    assert_fields(
        &report,
        &[
            "url",
            "embedded",
            "time",
            "verdict",
            "status",
            "exit_code",
            "error",
            "hint",
            "elapsed",
            "kind",
            "mode",
            "sizes",
            "connections",
            "connections_echoed",
            "connections_opened",
            "in_flight",
            "fragment",
            "interval",
            "seed",
            "payload",
            "compression",
            "planned",
            "ramp",
            "rate",
            "sent",
            "echoed",
            "lost",
            "corrupted",
            "out_of_order",
            "duplicated",
            "unasked",
            "skipped",
            "first_difference",
            "round_trip",
            "messages_per_second",
            "bytes_per_second",
            "by_size",
        ],
    );
    let exact = serde_json::json!({
        "url": server.url(), "embedded": false, "verdict": "ok", "status": "success", "exit_code": 0,
        "error": null, "hint": null, "kind": "text", "mode": "message", "sizes": [64], "connections": 1,
        "in_flight": 1, "fragment": null, "interval": null, "seed": 1, "payload": "text", "compression": null, "planned": 10, "sent": 10, "echoed": 10,
        "lost": 0, "corrupted": 0, "out_of_order": 0, "duplicated": 0, "unasked": 0, "skipped": 0,
        "first_difference": null,
    });
    for (name, value) in exact.as_object().expect("an object") {
        assert_eq!(&report[name], value, "{name}");
    }
    let time = report["time"].as_str().expect("a text");
    assert!(humantime::parse_rfc3339(time).is_ok(), "{time}");
    let number = |value: &Value| value.as_f64().filter(|number| *number > 0.0).expect("a positive number");
    let elapsed = number(&report["elapsed"]);
    assert!((number(&report["messages_per_second"]) * elapsed - 10.0).abs() < 0.1, "{report}");
    assert!((number(&report["bytes_per_second"]) * elapsed - 640.0).abs() < 6.4, "{report}");
    let trips = &report["round_trip"];
    assert_fields(trips, &["count", "min", "mean", "p50", "p90", "p99", "max"]);
    assert_eq!(trips["count"], 10);
    let times = ["min", "p50", "p90", "p99", "max"].map(|name| number(&trips[name]));
    assert!(times.is_sorted() && times[4] < 5.0, "{trips}");
    assert!((times[0]..=times[4]).contains(&number(&trips["mean"])), "{trips}");
    let size = &report["by_size"][0];
    assert_fields(size, &["size", "sent", "echoed", "round_trip"]);
    assert_eq!((&size["size"], &size["sent"], &size["echoed"]), (&64.into(), &10.into(), &10.into()));
    assert_fields(&size["round_trip"], &["count", "min", "mean", "p50", "p90", "p99", "max"]);
}

#[test]
fn json_says_what_was_asked_for() {
    let options = ["--sizes=8,16", "-b", "--fragment", "5", "--interval", "10ms", "--seed", "9", "-n", "2"];
    let more = ["--in-flight", "3", "--connections", "2", "--report", "json"];
    let run = Wsurl::new(["echo-test"]).args(options).args(more).stderr("").within(secs(5)).exits(0);
    let report = json(run.text());
    let exact = serde_json::json!({
        "embedded": true, "kind": "binary", "sizes": [8, 16], "fragment": 5, "interval": 0.01, "seed": 9,
        "planned": 8, "in_flight": 3, "connections": 2, "echoed": 8,
    });
    for (name, value) in exact.as_object().expect("an object") {
        assert_eq!(&report[name], value, "{name}");
    }
    assert_eq!(report["by_size"].as_array().map(Vec::len), Some(2));
}

#[test]
fn json_says_all_of_a_failure() {
    let (peer, run) = run_on_bad("json");
    let run = run.exits(1);
    let report = json(run.text());
    let exact = serde_json::json!({
        "verdict": "failed", "status": "expectation-failed", "exit_code": 1, "sent": 3, "echoed": 2, "lost": 0,
        "corrupted": 1, "duplicated": 1, "planned": 3,
    });
    for (name, value) in exact.as_object().expect("an object") {
        assert_eq!(&report[name], value, "{name}");
    }
    let told = format!("wsurl: error: {}\n", report["error"].as_str().expect("a text"));
    assert!(run.stderr.starts_with(&told), "{told}{}", run.stderr);
    assert!(report["hint"].is_string());
    let difference = &report["first_difference"];
    assert_fields(difference, &["connection", "message", "offset", "what"]);
    let sent = peer.frames()[1].payload[5];
    let what = format!("byte 5 is {:#04x} instead of {sent:#04x}", sent ^ 1);
    assert_eq!(*difference, serde_json::json!({"connection": 1, "message": 2, "offset": 5, "what": what}));
}

#[test]
fn junit_has_a_suite_with_a_case_for_each_fault() {
    let (server, text) = good("junit");
    let root = Element::parse(&text);
    assert_eq!((root.name.as_str(), root.attribute("name")), ("testsuites", Some("wsurl")));
    let suite = root.child("testsuite").expect("a suite");
    assert_eq!(suite.attribute("name"), Some(&*server.url()));
    let names: Vec<_> = suite.all("testcase").filter_map(|case| case.attribute("name")).collect();
    assert_eq!(names, CASES.map(|name| format!("echo {name}")));
    assert!(suite.all("testcase").all(|case| case.child("failure").is_none()));

    let (_peer, run) = run_on_bad("junit");
    let root = Element::parse(run.exits(1).text());
    let suite = root.child("testsuite").expect("a suite");
    let failed = suite.all("testcase").filter(|case| case.child("failure").is_some());
    let names: Vec<_> = failed.filter_map(|case| case.attribute("name")).collect();
    assert_eq!(names, ["echo no message corrupted", "echo no duplicates"]);
    assert_eq!((suite.attribute("tests"), suite.attribute("failures")), (Some("6"), Some("2")));
}

#[test]
fn junit_of_a_session_that_broke_off_says_so() {
    let peer = Script::new().upgrade().echoes(1).read_frame().reset();
    let run = Wsurl::new(["echo-test", "--report", "junit", &peer.url()]).within(secs(5)).exits(56);
    let root = Element::parse(run.text());
    let suite = root.child("testsuite").expect("a suite");
    let failure = |name: &str| {
        let case = suite.all("testcase").find(|case| case.attribute("name") == Some(name));
        case.and_then(|case| case.child("failure")).and_then(|failure| failure.attribute("message"))
    };
    assert!(failure("echo no message lost").is_some(), "{}", run.text());
    assert!(failure("echo session ended in order").is_some_and(|message| message.contains("127.0.0.1")));
}

#[test]
fn tap_has_a_point_for_each_fault() {
    let (_server, text) = good("tap");
    let points = tap(&text);
    assert!(points.iter().all(|point| point.ok && !point.skipped));
    assert_eq!(points.len(), CASES.len());
    assert!(points.iter().zip(CASES).all(|(point, case)| point.description.ends_with(case)), "{points:?}");

    let (_peer, run) = run_on_bad("tap");
    let points = tap(run.exits(1).text());
    let failed: Vec<_> = points.iter().filter(|point| !point.ok).collect();
    assert!(failed[0].description.ends_with(CASES[1]) && failed[1].description.ends_with(CASES[3]));
    assert!(failed.iter().all(|point| regex("^  message: \".+\"$").is_match(&point.diagnosis)), "{failed:?}");
}

#[test]
fn nagios_gets_one_line_and_its_own_codes() {
    let (server, text) = good("nagios");
    let time = r"[\d.]+s;;;0";
    let line = regex(&format!(
        r"^WSURL OK - {} echoed all 10 messages, p50 \d+(\.\d+)? (ns|us|ms|s) \| lost=0;;0;0 corrupted=0;;0;0 out_of_order=0;;0;0 duplicated=0;;0;0 p50={time} p99={time} rate=[\d.]+;;;0\n$",
        server.url(),
    ));
    assert!(line.is_match(&text), "{text}");

    let (peer, run) = run_on_bad("nagios");
    let (status, data) = nagios(run.stderr("").exits(2).text());
    assert!(status.starts_with(&format!("WSURL CRITICAL - {}: ", peer.url())), "{status}");
    assert_eq!(data[..4], ["lost=0;;0;0", "corrupted=1;;0;0", "out_of_order=0;;0;0", "duplicated=1;;0;0"]);
}

#[test]
fn nagios_knows_a_bad_server_from_a_bad_command() {
    let run =
        |args: &[&str]| Wsurl::new(["echo-test", "--report", "nagios"]).args(args).stderr("").within(secs(5));
    let (status, _) = nagios(run(&["ws://127.0.0.1:1/"]).exits(2).text());
    assert!(
        status.starts_with("WSURL CRITICAL - ws://127.0.0.1:1/: cannot connect to 127.0.0.1:1"),
        "{status}"
    );
    for args in [&["http://127.0.0.1:1/"][..], &["--cacert", "/nonexistent/ca.pem", "wss://127.0.0.1:1/"]] {
        let (status, _) = nagios(run(args).exits(3).text());
        assert!(status.starts_with("WSURL UNKNOWN - "), "{status}");
    }
}

#[test]
fn prometheus_gets_its_metrics() {
    let (server, text) = good("prometheus");
    let metrics = Metrics::parse(&text);
    let url = server.url();
    let get = |name: &str, labels: &[(&str, &str)]| metrics.get(name, &[&[("url", &*url)], labels].concat());
    assert!(get("wsurl_echo_success", &[]) > 0.5);
    for (outcome, count) in [
        ("sent", 10.0),
        ("echoed", 10.0),
        ("lost", 0.0),
        ("corrupted", 0.0),
        ("out_of_order", 0.0),
        ("duplicated", 0.0),
        ("unasked", 0.0),
    ] {
        assert!((get("wsurl_echo_messages", &[("outcome", outcome)]) - count).abs() < 0.1, "{outcome}");
    }
    let trips = ["0", "0.5", "0.9", "0.99", "1"];
    let trips = trips.map(|quantile| get("wsurl_echo_round_trip_seconds", &[("quantile", quantile)]));
    assert!(trips.is_sorted() && trips[0] > 0.0, "{trips:?}");
    for name in ["duration_seconds", "messages_per_second", "bytes_per_second"] {
        assert!(get(&format!("wsurl_echo_{name}"), &[]) > 0.0, "{name}");
    }

    let (_peer, run) = run_on_bad("prometheus");
    let metrics = Metrics::parse(run.exits(1).text());
    assert!(metrics.get("wsurl_echo_success", &[]) < 0.5);
    assert!(metrics.get("wsurl_echo_messages", &[("outcome", "corrupted")]) > 0.5);
}

#[test]
fn a_server_that_is_not_there_is_reported_to_machines() {
    let (_folder, path) = new_file("report.json");
    let to_file = format!("json={path}");
    Wsurl::new(["echo-test", "--report", &to_file, "ws://127.0.0.1:1/"])
        .stdout("")
        .stderr_has("cannot connect to 127.0.0.1:1")
        .within(secs(5))
        .exits(7);
    let report = json(&fs::read_to_string(path).expect("the file"));
    let told = (&report["verdict"], &report["status"], &report["exit_code"]);
    assert_eq!(told, (&"failed".into(), &"cannot-connect".into(), &7.into()));
    for format in ["junit", "tap", "prometheus"] {
        let run = Wsurl::new(["echo-test", "--report", format, "ws://127.0.0.1:1/"]).within(secs(5)).exits(7);
        match format {
            "junit" => drop(Element::parse(run.text())),
            "tap" => assert!(tap(run.text()).iter().any(|point| !point.ok)),
            _ => assert!(Metrics::parse(run.text()).get("wsurl_echo_success", &[]) < 0.5),
        }
    }
}

#[test]
fn compression_is_reported_with_its_ratio() {
    let server = Embedded::start();
    let report = |options: &[&str]| {
        let run = Wsurl::new(["echo-test", "--report", "json", "--size", "10K"]).args(options);
        json(run.args([server.url()]).exits(0).text())
    };
    let ratio = |options: &[&str]| {
        let compression = report(&[&["--compress"], options].concat())["compression"].clone();
        assert_eq!(compression["agreed"], "permessage-deflate");
        for direction in ["sent", "received"] {
            assert_eq!(compression[direction]["bytes"], 102_400, "{options:?}");
        }
        let wire = compression["sent"]["wire_bytes"].as_f64().expect("a number");
        let ratio = compression["sent"]["ratio"].as_f64().expect("a number");
        assert!((wire / 102_400.0 - ratio).abs() < 0.001, "{compression}");
        ratio
    };
    assert!(ratio(&["--payload", "zero", "-b"]) < 0.02);
    assert!(ratio(&["--payload", "random", "-b"]) > 0.99);
    assert!((0.75..0.95).contains(&ratio(&["--payload", "random"])));
    assert!((0.2..0.75).contains(&ratio(&[])));
    assert_eq!(report(&["--payload", "zero"])["compression"], Value::Null);
    Wsurl::new(["echo-test", "--compress", "--payload", "zero", "--size", "1M", "-n", "1", server.url()])
        .stdout_has("payload     1.00 MiB of text each, of zeros, seed 1\n")
        .stdout_has("compressed  sent 1.00 MiB as ")
        .exits(0);
    let plain = EchoServer::start();
    Wsurl::new(["echo-test", "--compress", "-n", "1", &plain.url()])
        .stdout_has("compressed  not, for the server does not agree to it\n")
        .exits(0);
}

#[test]
fn the_kind_has_the_names_of_other_tools() {
    for (option, kind) in [("--ws-text", "text"), ("--ws-binary", "binary")] {
        let run = Wsurl::new(["echo-test", option, "--report", "json"]).stderr("").exits(0);
        assert_eq!(json(run.text())["kind"], kind);
    }
}
