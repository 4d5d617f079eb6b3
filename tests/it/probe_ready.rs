//! `probe --wait-ready`: tries again until everything holds, not longer than it is told to, and not where there is no hope.

use std::net::TcpListener;
use std::thread;

use crate::support::formats::{json, json_lines, regex, verdict};
use crate::support::{EchoServer, Embedded, Script, Untouched, Wsurl, closed_port, millis, secs};

const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";

fn probe(wait: &str, args: &[&str]) -> Wsurl {
    Wsurl::new(["probe", "--close-timeout", "500ms", "--wait-ready", wait]).args(args)
}

/// How many tries the error tells of.
#[track_caller]
fn tries(stderr: &str) -> usize {
    let found = regex(r"not ready within \S+ \(--wait-ready\), (\d+) tr(?:y|ies): ").captures(stderr);
    found.unwrap_or_else(|| panic!("{stderr}"))[1].parse().expect("a number")
}

#[test]
fn a_server_that_comes_after_two_seconds_is_found_soon_after() {
    let (socket, url) = closed_port();
    let run = probe("10s", &["--report", "json", &url]).stderr("").within(millis(4500)).spawn();
    // The server needs this long to start.
    thread::sleep(secs(2));
    socket.listen(8).expect("listen");
    let _peer = Script::listening(TcpListener::from(socket)).upgrade().pings_and_close();
    let run = run.exits(0);
    assert!(run.elapsed >= secs(2), "took {:?}", run.elapsed);
    let report = json(run.text());
    assert_eq!((&report["verdict"], &report["error"]), (&"ok".into(), &().into()));
    let tries = report["tries"].as_u64().expect("a number");
    assert!((4..=10).contains(&tries), "{tries} tries");
    // The time of the try that is reported, not of the whole wait.
    assert!(report["elapsed"].as_f64().is_some_and(|elapsed| elapsed < 1.5), "{report}");
}

#[test]
fn a_server_that_does_not_come_is_told_with_what_was_missing() {
    let (_socket, url) = closed_port();
    let target = url.trim_start_matches("ws://").trim_end_matches('/');
    let run = probe("1s", &[&url]).within(secs(3)).exits(7);
    let error = format!(
        r"^wsurl: error: not ready within 1s \(--wait-ready\), \d+ tries: cannot connect to {target}: Connection refused\n"
    );
    assert!(regex(&error).is_match(&run.stderr), "{}", run.stderr);
    assert!((4..=12).contains(&tries(&run.stderr)), "{}", run.stderr);
    assert!(run.elapsed >= millis(500), "took {:?}", run.elapsed);
    assert!(verdict(run.text()).starts_with(&format!("FAIL  {url}: not ready within 1s")), "{}", run.text());
    assert!(regex("(?m)^  connect   FAIL").is_match(run.text()), "{}", run.text());
}

#[test]
fn a_server_that_is_ready_is_not_waited_for() {
    let server = EchoServer::start();
    let run = probe("10s", &["--report", "json", &server.url()]).stderr("").within(secs(2)).exits(0);
    assert_eq!(json(run.text())["tries"], 1);
}

#[test]
fn a_refusal_for_now_is_tried_again() {
    let peer = Script::new().request().respond(BUSY).hang_up().request().respond(BUSY).hang_up();
    let peer = peer.upgrade().pings_and_close();
    let run = probe("10s", &["--report", "json", &peer.url()]).stderr("").within(secs(4)).exits(0);
    assert_eq!(json(run.text())["tries"], 3);
    assert_eq!(peer.requests().len(), 3);
}

#[test]
fn a_refusal_that_lasts_is_told_in_the_end() {
    let peer = (0..20).fold(Script::new(), |peer, _| peer.request().respond(BUSY).hang_up());
    let url = peer.url();
    // Not as many tries are made as the server is ready for.
    thread::spawn(move || std::mem::forget(peer));
    let run = probe("800ms", &[&url]).stderr_has("503 Service Unavailable").within(secs(3)).exits(22);
    assert!((2..=12).contains(&tries(&run.stderr)), "{}", run.stderr);
    assert!(run.stderr.contains("not ready within 800ms (--wait-ready)"), "{}", run.stderr);
}

#[test]
fn whatever_is_asked_has_to_hold_in_the_end() {
    let starting = Script::new().upgrade_with("X-Ready: no").pings_and_close().hang_up();
    let peer = starting.upgrade_with("X-Ready: yes").pings_and_close();
    let args = ["--expect-header", "X-Ready: ^yes$", "--report", "json", &peer.url()];
    let run = probe("10s", &args).stderr("").within(secs(4)).exits(0);
    let report = json(run.text());
    assert_eq!((&report["tries"], &report["assertions"][0]["holds"]), (&2.into(), &true.into()));
}

#[test]
fn a_reply_that_is_right_only_later_is_waited_for() {
    let says = |peer: Script, text: &'static str| {
        peer.upgrade().answers(1, move |_| crate::support::frame::text(text)).pings_and_close().hang_up()
    };
    let peer = says(says(Script::new(), "starting"), "ready");
    let args = ["-d", "state", "--expect-text", "ready", "--report", "json", &peer.url()];
    let run = probe("10s", &args).stderr("").within(secs(4)).exits(0);
    assert_eq!(json(run.text())["tries"], 2);
}

#[test]
fn what_never_holds_is_told_in_the_end() {
    let server = EchoServer::start();
    let args = ["--expect-subprotocol", "chat", &server.url()];
    let stderr = probe("700ms", &args).within(secs(3)).exits(1).stderr;
    let missing = "--expect-subprotocol chat does not hold: no subprotocol";
    assert!(stderr.contains(missing), "{stderr}");
    assert!(tries(&stderr) >= 2, "{stderr}");
}

#[test]
fn a_status_that_comes_later_is_waited_for() {
    let refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    let peer = Script::new().request().respond(BUSY).hang_up().request().respond(refusal).close();
    probe("10s", &["--expect-status", "401", &peer.url()]).stderr("").within(secs(4)).exits(0);
}

#[test]
fn a_server_that_hangs_does_not_prolong_the_wait() {
    let peer = Script::new().request().hold();
    let run = probe("1s", &[&peer.url()]).stderr_has("(--wait-ready)").within(secs(3)).exits(28);
    assert!(run.elapsed >= millis(800), "took {:?}", run.elapsed);

    let peer = Script::new().upgrade().hold();
    probe("1s", &[&peer.url()]).stderr_has("(--wait-ready)").within(secs(3)).exits(28);
}

#[test]
fn a_try_that_hangs_is_given_up_for_the_next_one() {
    let peer = Script::new().request().hold().upgrade().pings_and_close();
    let args = ["--connect-timeout", "300ms", "--report", "json", &peer.url()];
    let run = probe("10s", &args).stderr("").within(secs(4)).exits(0);
    assert_eq!(json(run.text())["tries"], 2);
}

#[test]
fn there_is_no_second_try_without_hope() {
    let nobody = Untouched::new();
    let url = nobody.url("ws");
    let secure = nobody.url("wss");
    let hopeless = |args: &[&str], code| {
        probe("30s", args).stderr_lacks("--wait-ready").within(secs(2)).exits(code);
    };
    hopeless(&["http://127.0.0.1:1/"], 3);
    hopeless(&["ws://"], 3);
    hopeless(&["--warn", "2s", "--crit", "1s", &url], 2);
    hopeless(&["--cacert", "/nonexistent/ca.pem", &secure], 77);
    hopeless(&["--cert", "/nonexistent/cert.pem", &secure], 58);
    hopeless(&["-d", "@/nonexistent/message", &url], 26);
    hopeless(&["--allow-network", "private", &url], 7);
    hopeless(&["--report", "json=/nonexistent/folder/x", &url], 23);
    hopeless(&["-k=yes", &secure], 2);
}

#[test]
fn each_url_is_waited_for_on_its_own() {
    let ready = EchoServer::start();
    let late = Script::new().request().respond(BUSY).hang_up().upgrade().pings_and_close();
    let run =
        probe("10s", &["--report", "json", &ready.url(), &late.url()]).stderr("").within(secs(4)).exits(0);
    let tries: Vec<_> = json_lines(run.text()).iter().map(|report| report["tries"].clone()).collect();
    assert_eq!(tries, [1, 2]);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_wait() {
    use crate::support::Signal;

    let peer = Script::new().request().respond(BUSY).hang_up();
    let run = probe("1m", &[&peer.url()]).within(secs(5)).spawn();
    peer.wait();
    run.signal(Signal::Interrupt);
    run.exits(130);
}

#[test]
fn the_rules_have_more_time_than_the_wait() {
    let server = Embedded::delayed("20ms");
    let run = probe("600ms", &["--conformance", "--report", "json", server.url()]);
    let report = json(run.within(secs(60)).exits(0).text());
    assert!(report["conformance"]["inconclusive"].as_u64() <= Some(2), "{report}");
}

#[test]
fn the_rules_have_no_more_time_than_the_whole_run() {
    let server = Embedded::delayed("50ms");
    let args = ["probe", "-m", "1s", "--conformance", server.url()];
    Wsurl::new(args).stderr_has("rules were tried").within(secs(4)).exits(28);
}
