//! A signal outside of the session: before the dial, in it, between tries, and while results are written. It ends the run
//! soon, and what is known by then is reported.

use std::fs::File;
use std::net::TcpListener;
use std::time::Instant;

use crate::support::formats::json;
use crate::support::full_pipe::{fill, full_pipe};
use crate::support::{Running, Script, Signal, Wsurl, closed_port, make_fifo, millis, new_file, secs};

/// A server that takes connections and answers none. Returns what keeps it, and its URL.
fn mute() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    (listener, url)
}

#[track_caller]
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + secs(60);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(millis(1));
    }
}

#[track_caller]
fn wait_for_handlers(run: &Running) {
    wait_until("no handlers", || run.catches_interrupts());
}

#[test]
fn a_signal_before_anything_waits_for_one_has_its_report() {
    let (_listener, url) = mute();
    let written = ["-w", "%{exitcode} %{status}\n"];
    for _ in 0..5 {
        for command in ["probe", "echo-test"] {
            let run = Wsurl::new([command, "--report", "json", &url]).spawn();
            wait_for_handlers(&run);
            run.signal(Signal::Interrupt);
            let run = run.exits(130);
            assert_eq!(run.stderr, "wsurl: error: interrupted by SIGINT\n");
            let report = json(run.text());
            assert_eq!((&report["status"], &report["exit_code"]), (&"interrupted".into(), &130.into()));
        }
        for command in ["send", "stream"] {
            let run = Wsurl::new([command]).args(written).args([&url]).stdin_open("").spawn();
            wait_for_handlers(&run);
            run.signal(Signal::Terminate);
            let run = run.exits(143);
            assert_eq!(run.stderr, "wsurl: error: interrupted by SIGTERM\n");
            assert_eq!(run.text(), "143 interrupted\n");
        }
    }
}

#[test]
fn what_the_dial_has_found_out_is_reported() {
    let peer = Script::new().request();
    let run = Wsurl::new(["probe", "--report", "json", &peer.url()]).spawn();
    peer.wait();
    let _peer = peer.hold();
    run.signal(Signal::Terminate);
    let report = json(run.exits(143).text());
    let phases: Vec<_> = report["phases"].as_array().expect("phases").iter().collect();
    let verdicts: Vec<_> = phases.iter().map(|phase| (&phase["name"], &phase["verdict"])).collect();
    let expected = [("resolve", "ok"), ("connect", "ok"), ("upgrade", "failed")]
        .map(|(name, verdict)| (name.into(), verdict.into()));
    assert_eq!(verdicts[..3], expected.each_ref().map(|(name, verdict)| (name, verdict)));
    assert_eq!(report["remote_address"].as_str(), peer_address(&report), "{report}");
}

/// The address in the URL of a report.
fn peer_address(report: &serde_json::Value) -> Option<&str> {
    Some(report["url"].as_str()?.trim_start_matches("ws://").trim_end_matches('/'))
}

#[test]
fn write_out_tells_of_a_signal_in_the_dial() {
    for scheme in ["ws", "wss"] {
        let peer = if scheme == "ws" { Script::new().request() } else { Script::new().accept() };
        let url = peer.url_as(scheme);
        let run = Wsurl::new(["send", "-w", "%{exitcode} %{status}\n", &url, "hi"]).spawn();
        peer.wait();
        let _peer = peer.hold();
        run.signal(Signal::Quit);
        assert_eq!(run.exits(131).text(), "131 interrupted\n");
    }
}

#[test]
fn a_pause_between_tries_ends_with_a_signal() {
    let (_socket, url) = closed_port();
    let retry = ["--retry", "5", "--retry-delay", "1h", "-w", "%{exitcode} %{num_retries}\n"];
    let mut run = Wsurl::new(["send", &url, "hi"]).args(retry).spawn();
    run.wait_for_stderr("; next in ");
    run.signal(Signal::Interrupt);
    assert_eq!(run.exits(130).text(), "130 1\n");
    let retry = ["--wait-ready", "1h", "--report", "json", "-v"];
    let mut run = Wsurl::new(["probe", &url]).args(retry).spawn();
    run.wait_for_stderr("* not ready: ");
    run.signal(Signal::Interrupt);
    let report = json(run.exits(130).text());
    assert_eq!(report["status"], "interrupted");
    assert_eq!(report["phases"][1]["verdict"], "failed", "what the last try has found out");
}

#[test]
fn a_signal_ends_the_wait_for_a_file_of_an_option() {
    let (_dir, fifo) = new_file("fifo");
    make_fifo(&fifo);
    let (_listener, url) = mute();
    let run = Wsurl::new(["send", "-w", "%{exitcode}\n", "-H", &format!("@{fifo}"), &url, "hi"]).spawn();
    // Opens the other end as soon as the run has opened its own, and writes nothing.
    let held = File::options().write(true).open(&fifo).expect("the other end");
    run.signal(Signal::HangUp);
    let run = run.exits(129);
    assert_eq!((run.text(), &run.stderr[..]), ("129\n", "wsurl: error: interrupted by SIGHUP\n"));
    drop(held);
}

#[test]
fn texts_that_nobody_reads_cost_no_time_of_their_own_after_a_signal() {
    let (_reader, stdout) = full_pipe();
    let run = Wsurl::new(["probe", "-w", "%{url_effective}\n", "--cacert", "/nowhere/ca.pem"])
        .args(vec!["ws://127.0.0.1:9/"; 40])
        .stdout_to(stdout)
        .stderr_has("wsurl: warning: interrupted by SIGINT\nwsurl: error: cannot read /nowhere/ca.pem")
        .limit(secs(35))
        .spawn();
    wait_until("no text is printed", || run.thread_names().iter().any(|name| name == "stdout"));
    run.signal(Signal::Interrupt);
    let stderr = run.exits(77).stderr;
    assert_eq!(stderr.matches("interrupted").count(), 1, "{stderr}");
}

#[test]
fn a_report_that_no_program_takes_from_its_fifo_ends_with_a_signal_or_the_limit() {
    let (_dir, fifo) = new_file("fifo");
    make_fifo(&fifo);
    let held = File::options().read(true).write(true).open(&fifo).expect("the FIFO");
    fill(&held);
    let test = ["echo-test", "-n", "1", "--report", "tap", "--report", &format!("json={fifo}")];
    let mut run = Wsurl::new(test).stderr("wsurl: error: interrupted by SIGTERM\n").limit(secs(60)).spawn();
    run.wait_for_stdout("1..");
    run.signal(Signal::Terminate);
    run.exits(143);
    Wsurl::new(test)
        .args(["-m", "5s"])
        .stdout_has("1..6")
        .stderr(format!(
            "wsurl: error: timed out after 5s while writing {fifo} (--max-time)\n\
             wsurl: hint: a FIFO waits for a program that reads it\n"
        ))
        .limit(secs(60))
        .exits(28);
}

/// The open of this file waits for the other end of a FIFO, and hears nothing.
#[test]
fn a_signal_that_nothing_hears_ends_the_run_by_force() {
    let (_dir, fifo) = new_file("fifo");
    make_fifo(&fifo);
    let (listener, _) = mute();
    let url = format!("wss://{}/", listener.local_addr().expect("an address"));
    let run = Wsurl::new(["send", &url, "hi"])
        .env("SSLKEYLOGFILE", &fifo)
        .stderr("wsurl: error: interrupted by SIGTERM\n")
        .limit(secs(60))
        .spawn();
    wait_for_handlers(&run);
    std::thread::sleep(millis(300));
    run.signal(Signal::Terminate);
    run.exits(143);
}
