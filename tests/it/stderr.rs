//! A standard error that nobody reads: a full pipe, a terminal that is stopped, a closed descriptor. Limits and signals
//! hold all the same, and what was dropped is counted.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::Command;
use std::time::Instant;

use regex::Regex;

use crate::support::full_pipe::{PIPE, full_pipe};
use crate::support::{
    EchoServer, Running, Script, Signal, Terminal, Wsurl, closed_port, frame, millis, numbered_lines, secs,
};

#[test]
fn the_limit_of_the_run_holds_in_a_session() {
    let (_reader, stderr) = full_pipe();
    let server = EchoServer::start();
    Wsurl::new(["send", "-f", "-vv", "-m", "1s", &server.url()])
        .stdin(numbered_lines(20_000))
        .stderr_to(stderr)
        .stdout(numbered_lines(20_000))
        .within(secs(4))
        .exits(28);
}

#[test]
fn the_limit_of_the_run_holds_while_dialing() {
    let (_reader, stderr) = full_pipe();
    let peer = Script::new().request().hold();
    Wsurl::new(["send", "-v", "-m", "1s", &peer.url(), "hi"])
        .stderr_to(stderr)
        .stdout("")
        .within(secs(3))
        .exits(28);
}

#[test]
fn a_failure_that_nobody_reads_ends_the_run_soon() {
    let (_reader, stderr) = full_pipe();
    let (_port, url) = closed_port();
    Wsurl::new(["send", &url, "hi"]).stderr_to(stderr).within(secs(3)).exits(7);
}

#[test]
fn the_first_signal_ends_the_session_in_order() {
    let (_reader, stderr) = full_pipe();
    let peer = Script::new().upgrade().send(frame::text("hello"));
    let mut run = Wsurl::new(["send", "-f", "-vv", &peer.url()]).stderr_to(stderr).within(secs(8)).spawn();
    run.wait_for_stdout("hello\n");
    run.signal(Signal::Interrupt);
    let peer = peer.close_handshake();
    run.exits(130);
    assert_eq!(peer.close_code(), Some(1001));
}

#[test]
fn the_second_signal_ends_at_once() {
    let (_reader, stderr) = full_pipe();
    let peer = Script::new().upgrade().read_frame();
    let args = ["send", "-f", "-vv", "--close-timeout", "60s", &peer.url(), "hi"];
    let run = Wsurl::new(args).stderr_to(stderr).within(secs(8)).spawn();
    peer.wait();
    run.signal(Signal::Interrupt);
    let peer = peer.read_close();
    peer.wait();
    let _peer = peer.hold();
    run.signal(Signal::Interrupt);
    run.exits(130);
}

#[test]
fn a_stopped_terminal_stops_nothing() {
    let terminal = Terminal::new();
    terminal.stop();
    let server = EchoServer::start();
    Wsurl::new(["send", "-f", "-vv", "-m", "1s", &server.url(), "hi"])
        .stderr_to(terminal.file())
        .stdout("hi\n")
        .within(secs(4))
        .exits(28);
    terminal.go_on();
}

#[test]
fn lines_that_nobody_read_are_counted() {
    let (mut reader, stderr) = full_pipe();
    let lines = numbered_lines(20_000);
    let peer = EchoServer::start();
    let run = Wsurl::new(["send", "-f", "-vv", &peer.url()]).stdin(lines.clone()).stderr_to(stderr);
    let mut run = run.spawn();
    run.wait_for_stdout_bytes(lines.len());
    // Only now there is a reader.
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).map(|_| text)
    });
    std::thread::sleep(millis(500));
    run.signal(Signal::Interrupt);
    run.exits(130);
    let text = reading.join().expect("the reader").expect("text");
    let notice = Regex::new(r"(?m)^wsurl: ([0-9]+) lines dropped here: stderr was not read in time$");
    // More than one where the reader began between two lines.
    let notices = notice.expect("a pattern");
    let dropped: usize =
        notices.captures_iter(&text).map(|notice| notice[1].parse::<usize>().expect("a number")).sum();
    // Each message is shown when it is sent and when it is received.
    let shown = text.matches(" text frame, ").count();
    assert!(dropped > 0 && shown + dropped >= 40_000, "{shown} shown, {dropped} dropped");
    assert!(text.ends_with("wsurl: error: interrupted by SIGINT\n"));
    assert!(
        text[PIPE..].lines().all(|line| ["* ", "> ", "< ", ">", "<", "wsurl: "]
            .iter()
            .any(|start| { line.starts_with(start) })),
        "a line was cut"
    );
}

#[test]
fn a_reader_that_takes_its_time_gets_everything() {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let peer = EchoServer::start();
    // More than the pipe holds, less than may wait.
    let run = Wsurl::new(["send", "-vv", &peer.url()])
        .stdin(numbered_lines(3000))
        .stderr_to(File::from(OwnedFd::from(writer)))
        .spawn();
    let reading = std::thread::spawn(move || {
        let (mut text, mut buffer) = (Vec::new(), [0; 16 * 1024]);
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            text.extend_from_slice(&buffer[..count]);
            std::thread::sleep(millis(50));
        }
        text
    });
    run.exits(0);
    let text = String::from_utf8(reading.join().expect("the reader")).expect("text");
    assert_eq!(text.matches(" text frame, ").count(), 6000);
}

#[test]
fn a_closed_descriptor_changes_nothing() {
    let (_port, url) = closed_port();
    let binary = std::env::var("WSURL_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_wsurl").to_owned());
    let run = |args: &[&str]| {
        let shell = Command::new("sh").args(["-c", r#"exec "$0" "$@" 2>&-"#, &binary]).args(args).output();
        shell.expect("start sh")
    };
    let refused = run(&["send", "-v", &url, "hi"]);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(7), 0));
    let server = EchoServer::start();
    let echoed = run(&["send", "-vv", &server.url(), "hi"]);
    assert_eq!((echoed.status.code(), &echoed.stdout[..]), (Some(0), &b"hi\n"[..]));
}

/// Whether the run has the thread that writes standard error. A thread gives itself its name, so that for a moment it
/// goes by the run's: where it is `expected` it has a while to do so.
fn has_thread_for_stderr(run: &Running, expected: bool) -> bool {
    let patience = Instant::now() + secs(5);
    loop {
        let found = run.thread_names().iter().any(|name| name == "stderr");
        if found || !expected || Instant::now() > patience {
            return found;
        }
        std::thread::sleep(millis(5));
    }
}

#[test]
fn a_run_that_prints_nothing_has_no_thread_for_it() {
    for (flag, expected) in [("-s", false), ("-v", true)] {
        let peer = Script::new().upgrade().send(frame::text("ready"));
        let mut run = Wsurl::new(["send", "-f", flag, &peer.url()]).spawn();
        run.wait_for_stdout("ready\n");
        assert_eq!(has_thread_for_stderr(&run, expected), expected, "{flag}");
        run.signal(Signal::Terminate);
        let _peer = peer.close_handshake();
        run.exits(143);
    }
}

#[test]
fn a_report_that_nobody_reads_ends_with_the_limit_or_a_signal() {
    let server = EchoServer::start();
    let (_reader, stdout) = full_pipe();
    Wsurl::new(["probe", "-m", "1s", &server.url()])
        .stdout_to(stdout)
        .stderr_has("timed out after 1s in write with standard output (--max-time)")
        .within(secs(4))
        .exits(28);
    let server = EchoServer::start();
    let (_reader, stdout) = full_pipe();
    let run = Wsurl::new(["echo-test", "-n", "1", &server.url()]).stdout_to(stdout).within(secs(8)).spawn();
    assert_eq!(server.received().close.map(|(code, _)| code), Some(1000));
    run.signal(Signal::Interrupt);
    run.exits(130);
}
