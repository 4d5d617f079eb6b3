//! `probe`: reports for programs other than JSON, and where reports go.

use std::fs;

use crate::support::formats::{Metrics, json, nagios, regex, tap, verdict};
use crate::support::{Certificate, Echo, EchoServer, Element, Script, Untouched, Wsurl, frame, secs};

fn probe(args: &[&str]) -> Wsurl {
    Wsurl::new(["probe", "--close-timeout", "500ms"]).args(args).within(secs(5))
}

/// Class and name of each case of a suite, and whether it failed.
fn cases(suite: &Element) -> Vec<(&str, &str, bool)> {
    let cases = suite.all("testcase").map(|case| {
        let attribute = |name| case.attribute(name).expect("an attribute");
        (attribute("classname"), attribute("name"), case.child("failure").is_some())
    });
    cases.collect()
}

#[test]
fn junit_has_a_case_for_each_phase_and_each_check() {
    let server = EchoServer::start();
    let args = ["--report", "junit", "--max-latency", "4s", "--min-cert-days", "14", &server.url()];
    let root = Element::parse(probe(&args).exits(1).text());
    assert_eq!((root.name.as_str(), root.attribute("name")), ("testsuites", Some("wsurl")));
    let suite = root.child("testsuite").expect("a suite");
    assert_eq!(suite.attribute("name"), Some(&*server.url()));
    let mut seen = cases(suite);
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            (&*server.url(), "assertion --max-latency 4s", false),
            (&*server.url(), "assertion --min-cert-days 14", true),
            (&*server.url(), "phase close", false),
            (&*server.url(), "phase connect", false),
            (&*server.url(), "phase ping", false),
            (&*server.url(), "phase resolve", false),
            (&*server.url(), "phase upgrade", false),
        ]
    );
    let case =
        |name| suite.all("testcase").find(|case| case.attribute("name") == Some(name)).expect("the case");
    let failure = case("assertion --min-cert-days 14").child("failure").expect("a failure");
    assert_eq!(failure.attribute("message"), Some("no certificate without TLS"));
    assert_eq!(suite.attribute("failures"), Some("1"), "one failure for what failed");
    let microseconds = |time: &str| regex(r"^[0-4]\.\d{6}$").is_match(time);
    assert!(case("phase ping").attribute("time").is_some_and(microseconds), "{suite:?}");
    assert!(suite.attribute("time").is_some_and(microseconds), "{suite:?}");
}

#[test]
fn junit_stays_well_formed_whatever_the_server_says() {
    let body = "<b>&]]>\u{1}\u{b}\u{fffe}\"'\r\n</b>";
    let refusal = format!("HTTP/1.1 403 <No> & \"never\"\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let peer = Script::new().request().respond(&refusal).close();
    let url = format!("{}?a=<b>&c=\"d\"", peer.url());
    let root = Element::parse(probe(&["--report", "junit", &url]).exits(22).text());
    let suite = root.child("testsuite").expect("a suite");
    let failed: Vec<_> = cases(suite).into_iter().filter(|(.., failed)| *failed).collect();
    assert_eq!(failed, [(suite.attribute("name").expect("a name"), "phase upgrade", true)]);
    let upgrade = suite.all("testcase").find(|case| case.child("failure").is_some()).expect("the case");
    let message = upgrade.child("failure").and_then(|failure| failure.attribute("message"));
    assert!(message.is_some_and(|message| message.contains("403 <No> & \"never\"")), "{message:?}");
}

#[test]
fn tap_has_the_same_cases() {
    let server = EchoServer::start();
    let run = probe(&["--report", "tap", "--max-latency", "4s", &server.url()]).stderr("").exits(0);
    let points = tap(run.text());
    assert_eq!(points.len(), 6);
    assert!(points.iter().all(|point| point.ok));

    let peer = Script::new().upgrade().hold();
    let run = probe(&["--report", "tap", "--ping-timeout", "200ms", &format!("{}#x", peer.url())]);
    run.stderr_has("#").exits(3);
    let run = probe(&["--report", "tap", "--ping-timeout", "200ms", &peer.url()]).exits(28);
    let points = tap(run.text());
    let failed: Vec<_> = points.iter().filter(|point| !point.ok).collect();
    assert!(failed.len() == 1 && failed[0].description.ends_with("phase ping"), "{failed:?}");
    assert!(failed.iter().any(|point| point.diagnosis.contains("(--ping-timeout)")), "{failed:?}");
}

#[test]
fn tap_takes_nothing_of_a_name_for_a_directive() {
    let peer = Script::new().upgrade_with("X-A: # SKIP \\").pings_and_close();
    let run = probe(&["--report", "tap", "--expect-header", "X-A: # SKIP|# NEVER", &peer.url()]).exits(0);
    let points = tap(run.text());
    assert!(points.iter().all(|point| point.ok && !point.skipped), "{points:?}");
    assert!(points.iter().any(|point| point.description.contains("\\# SKIP")), "{points:?}");
}

#[test]
fn nagios_gets_a_number_for_each_phase() {
    let server = EchoServer::start();
    let run = probe(&["--report", "nagios", "-d", "x", &server.url()]).stderr("").exits(0);
    let (status, data) = nagios(run.text());
    let time = r"\d+(\.\d+)? (ns|us|ms|s)";
    let whole = regex(&format!("^WSURL OK - {} is up, {time}, ping {time}$", server.url()));
    assert!(whole.is_match(&status), "{status}");
    let labels: Vec<_> =
        data.iter().filter_map(|datum| datum.split_once('=')).map(|(label, _)| label).collect();
    assert_eq!(labels, ["time", "resolve", "connect", "upgrade", "ping", "message", "close"]);
    assert!(data.iter().all(|datum| regex(r"^[a-z]+=[\d.]+s;;;0$").is_match(datum)), "{data:?}");
}

#[test]
fn nagios_gets_the_days_of_the_certificate() {
    let server = Echo::new().tls(Certificate::DaysLeft(42)).start();
    let probe = |args: &[&str]| {
        let run = probe(&["--report", "nagios", "--cacert", server.cacert(), &server.url()]).args(args);
        nagios(run.stderr("").exits(0).text()).1
    };
    assert_eq!(probe(&["--min-cert-days", "14"]).last().map(String::as_str), Some("cert_days=42;14:;;"));
    assert_eq!(probe(&[]).last().map(String::as_str), Some("cert_days=42;;;"));
}

#[test]
fn nagios_gets_one_line_whatever_the_server_says() {
    let refusal = "HTTP/1.1 403 a | b\r\nContent-Length: 9\r\n\r\none\r\ntwo\n";
    let peer = Script::new().request().respond(refusal).close();
    let (status, _) = nagios(probe(&["--report", "nagios", &peer.url()]).stderr("").exits(2).text());
    assert!(status.contains("403 a / b"), "{status}");
    let peer = Script::new().upgrade().send(frame::close(4001, "a\nb\r|c")).read_close().close();
    let (status, _) = nagios(probe(&["--report", "nagios", &peer.url()]).stderr("").exits(2).text());
    assert!(status.starts_with("WSURL CRITICAL - ws://") && status.contains("4001"), "{status}");
}

#[test]
fn nagios_knows_a_bad_command_from_a_bad_server() {
    for args in [
        &["--warn", "2s", "--crit", "1s", "ws://127.0.0.1:1/"][..],
        &["--cacert", "/nonexistent/ca.pem", "wss://127.0.0.1:1/"],
        &["-d", "@/nonexistent/message", "ws://127.0.0.1:1/"],
        &["--cert", "/nonexistent/cert.pem", "wss://127.0.0.1:1/"],
        &["http://127.0.0.1:1/"],
    ] {
        let (status, data) = nagios(probe(&["--report", "nagios"]).args(args).stderr("").exits(3).text());
        assert!(status.starts_with("WSURL UNKNOWN - "), "{status}");
        assert!(data.iter().all(|datum| !datum.starts_with("cert_days")), "{data:?}");
    }
}

#[test]
fn prometheus_gets_its_metrics() {
    let server = Echo::new().tls(Certificate::DaysLeft(42)).start();
    let args =
        ["--report", "prometheus", "--cacert", server.cacert(), "--min-cert-days", "99", &server.url()];
    let metrics = Metrics::parse(probe(&args).exits(1).text());
    let url = server.url();
    let get = |name: &str, labels: &[(&str, &str)]| {
        metrics.get(&format!("wsurl_probe_{name}"), &[&[("url", &*url)], labels].concat())
    };
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_secs_f64();
    assert!(get("success", &[]) < 0.5);
    assert!((get("http_status_code", &[]) - 101.0).abs() < 0.1);
    assert!((get("timestamp_seconds", &[]) - now).abs() < 60.0);
    assert!(get("assertion_holds", &[("assertion", "--min-cert-days 99")]) < 0.5);
    let expires = get("certificate_not_after_timestamp_seconds", &[]) - now;
    assert!((expires / 86_400.0 - 42.25).abs() < 0.1, "{expires}");
    let phases = ["resolve", "connect", "tls", "upgrade", "ping", "close"];
    let sum: f64 = phases.iter().map(|phase| get("phase_duration_seconds", &[("phase", *phase)])).sum();
    assert!(sum > 0.0 && sum <= get("duration_seconds", &[]) * 1.05, "{sum}");
    assert_eq!(metrics.labels("wsurl_probe_phase_duration_seconds", "phase"), phases.map(Some));
}

#[test]
fn prometheus_hears_of_what_is_down() {
    let args = ["--report", "prometheus", "--expect-text", "hi", "--min-cert-days", "9", "ws://127.0.0.1:1/"];
    let metrics = Metrics::parse(probe(&args).exits(7).text());
    let reason = "cannot connect to 127.0.0.1:1: Connection refused";
    let labels = [("url", "ws://127.0.0.1:1/"), ("status", "cannot-connect"), ("reason", reason)];
    assert!(metrics.get("wsurl_probe_failure_info", &labels) > 0.5);
    for asked in ["--min-cert-days 9", "--expect-text 'hi'"] {
        assert!(metrics.get("wsurl_probe_assertion_holds", &[("assertion", asked)]) < 0.5);
    }
    assert!(metrics.get("wsurl_probe_success", &[]) < 0.5);
    assert!(metrics.get("wsurl_probe_http_status_code", &[]) < 0.5);
    assert!(metrics.labels("wsurl_probe_certificate_not_after_timestamp_seconds", "url").is_empty());

    let server = EchoServer::start();
    let url = format!("{}?a=\"b\"&c=\\d", server.url());
    let text = probe(&["--report", "prometheus", &url]).exits(0);
    assert!(!text.text().contains("failure_info"), "{}", text.text());
    assert!(Metrics::parse(text.text()).get("wsurl_probe_success", &[]) > 0.5);
}

#[test]
fn reports_in_files_leave_stdout_to_people() {
    let server = EchoServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    let report = |format: &str| format!("--report={format}={}", file(format).display());
    let reports = ["json", "junit", "tap", "nagios", "prometheus", "human"].map(report);
    let run = probe(&[]).args(&reports).args([server.url()]).stderr("").exits(0);
    assert!(verdict(run.text()).starts_with("OK    ws://"), "{}", run.text());
    let read = |name: &str| fs::read_to_string(file(name)).expect("the file");
    assert_eq!(json(&read("json"))["verdict"], "ok");
    assert_eq!(Element::parse(&read("junit")).name, "testsuites");
    assert_eq!(tap(&read("tap")).len(), 5);
    assert!(nagios(&read("nagios")).0.starts_with("WSURL OK - "));
    assert!(Metrics::parse(&read("prometheus")).get("wsurl_probe_success", &[]) > 0.5);
    assert!(verdict(&read("human")).starts_with("OK    ws://"));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 6, "nothing but the reports");

    probe(&["-s"]).args(&reports).args([server.url()]).stdout("").stderr("").exits(0);
    // A monitor that looks into a file wants the ordinary exit codes.
    probe(&["-s", &reports[3], "ws://127.0.0.1:1/"]).stdout("").exits(7);
    assert!(nagios(&read("nagios")).0.starts_with("WSURL CRITICAL - "));
}

#[test]
fn a_file_appears_when_it_is_complete() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("probe.prom");
    let peer = Script::new().request();
    let run = probe(&[&format!("--report=prometheus={}", path.display()), &peer.url()]).spawn();
    peer.wait();
    assert!(!path.exists());
    let _peer = peer.respond(crate::support::script::SWITCHING).pings_and_close();
    run.exits(0);
    Metrics::parse(&fs::read_to_string(&path).expect("the file"));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anybody_is_called() {
    let nobody = Untouched::new();
    let path = "/nonexistent/folder/probe.prom";
    probe(&["--report", &format!("prometheus={path}"), &nobody.url("ws")])
        .stdout("")
        .stderr_has(format!("wsurl: error: cannot write {path}: No such file or directory\n"))
        .within(secs(2))
        .exits(23);
}

#[test]
fn facts_can_be_written_out_too() {
    let server = EchoServer::start();
    let run = probe(&["-w", "%{http_code} %{exitcode}\\n", &server.url()]).stderr("").exits(0);
    assert!(run.text().ends_with("\n101 0\n"), "{}", run.text());
}

#[test]
fn whatever_is_told_on_the_way_goes_to_stderr() {
    let server = EchoServer::start();
    let run = probe(&["-vv", "--report", "json", &server.url()]).stderr_has("< HTTP/1.1 101").exits(0);
    assert_eq!(json(run.text())["verdict"], "ok");
}

#[test]
fn ascii_is_enough_where_nothing_else_is_known() {
    let server = EchoServer::start();
    for (name, value) in [("TERM", "dumb"), ("LC_ALL", "C"), ("LC_ALL", "POSIX")] {
        let run = probe(&[&server.url()]).env("LC_ALL", "C.UTF-8").env("TERM", "xterm").env(name, value);
        let run = run.exits(0);
        assert!(run.text().is_ascii(), "{}", run.text());
    }
}
