//! Nothing hangs, and nothing that came in time is late.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::frame::{self, TEXT};
use crate::support::{Echo, Script, Signal, Wsurl, file_with, millis, noise, secs, timed};

#[test]
fn a_reply_that_drips_is_no_reply() {
    // One byte of a message every 100 ms, longer than the run may take.
    let drips = || {
        let message = frame::text(&"x".repeat(60));
        Script::new().upgrade().read_frame().drip(message, millis(100))
    };
    let expected =
        "wsurl: error: timed out after 500ms in receive with 127.0.0.1 (--receive-timeout): 0 of 1";
    for args in [["send"].as_slice(), &["send", "--lockstep"], &["send", "--expect", "1"]] {
        let peer = drips();
        Wsurl::new(args)
            .args(["--receive-timeout", "500ms", "--close-timeout", "300ms", &peer.url(), "hi"])
            .stdout("")
            .stderr_has(expected)
            .within(secs(3))
            .exits(28);
    }
    let peer = drips();
    Wsurl::new([
        "echo-test",
        "-n",
        "1",
        "--receive-timeout",
        "500ms",
        "--close-timeout",
        "300ms",
        &peer.url(),
    ])
    .within(secs(3))
    .exits(28);
    let peer = Script::new().upgrade().read_frame().echoes_pong().read_frame();
    let peer = peer.drip(frame::text(&"x".repeat(60)), millis(100));
    Wsurl::new(["probe", "-d", "hi", "--receive-timeout", "500ms", "--close-timeout", "300ms", &peer.url()])
        .within(secs(3))
        .exits(28);
}

#[test]
fn a_large_reply_may_take_its_time_as_long_as_it_moves() {
    let mut peer = Script::new().upgrade().read_frame().send(frame::header(0x80 | TEXT, 5 << 16));
    for _ in 0..5 {
        peer = peer.send(vec![b'x'; 1 << 16]).sleep(millis(300));
    }
    let peer = peer.close_handshake();
    Wsurl::new(["send", "--receive-timeout", "800ms", &peer.url(), "hi"]).stderr("").exits(0);
}

#[test]
fn a_reply_that_is_outstanding_is_timed_while_the_input_is_open() {
    for args in [["send"].as_slice(), &["send", "--lockstep"]] {
        let peer = Script::new().upgrade().read_frame().hold();
        Wsurl::new(args)
            .args(["--receive-timeout", "500ms", "--close-timeout", "300ms", &peer.url()])
            .stdin_open("hi\n")
            .stderr_has("in receive with 127.0.0.1 (--receive-timeout): 0 of 1 awaited messages arrived")
            .within(secs(3))
            .exits(28);
    }
}

#[test]
fn a_server_that_is_followed_owes_nothing() {
    let peer = Script::new().upgrade().read_frame().sleep(millis(700)).send(frame::text("late"));
    let peer = peer.send(frame::close(1000, "")).read_close().close();
    Wsurl::new(["send", "-f", &peer.url(), "hi"]).stdout("late\n").exits(0);
    let peer = Script::new().upgrade().read_frame().hold();
    Wsurl::new(["send", "-f", "--receive-timeout", "300ms", "--close-timeout", "300ms", &peer.url(), "hi"])
        .stderr_has("in receive with 127.0.0.1 (--receive-timeout)")
        .within(secs(3))
        .exits(28);
}

#[test]
fn a_hint_names_only_what_helps() {
    let hint = |args: &[&str], code: i32| {
        let peer = Echo::new().mute().start();
        let stderr = Wsurl::new(args)
            .args(["--receive-timeout", "200ms", "--close-timeout", "200ms", &peer.url()])
            .exits(code)
            .stderr;
        stderr.lines().find_map(|line| line.strip_prefix("wsurl: hint: ")).unwrap_or_default().to_owned()
    };
    let longer = "a slow server needs a longer --receive-timeout";
    assert_eq!(hint(&["send", "-d", "hi"], 28), format!("--expect 0 waits for no reply; {longer}"));
    assert_eq!(hint(&["send", "--expect", "3", "-d", "hi"], 28), longer);
    assert_eq!(hint(&["stream", "--expect", "3"], 28), longer);
    assert_eq!(hint(&["probe", "-d", "hi"], 28), longer);
    assert_eq!(hint(&["echo-test", "-n", "1"], 28), longer);
}

#[test]
fn a_hint_names_no_option_that_the_subcommand_lacks() {
    let peer = |after: &str| {
        let bytes = if after.is_empty() { Vec::new() } else { frame::text(after) };
        Script::new()
            .upgrade()
            .read_frame()
            .send([bytes, frame::close(1000, "")].concat())
            .read_close()
            .close()
    };
    let fewer = peer("");
    Wsurl::new(["send", &fewer.url(), "hi"]).stderr_has("hint: --expect N sets").exits(1);
    // First the ping, then the message.
    let fewer = Script::new().upgrade().read_frame().echoes_pong().read_frame();
    let fewer = fewer.send(frame::close(1000, "")).read_close().close();
    Wsurl::new(["probe", "-d", "hi", &fewer.url()]).stderr_lacks("--expect N").exits(1);
    let large = peer(&"x".repeat(2000));
    Wsurl::new(["send", "--max-message-size", "1K", &large.url(), "hi"])
        .stderr_has("hint: --max-message-size allows more; `wsurl stream` receives messages of any size\n")
        .exits(63);
    let large = peer(&"x".repeat(2000));
    Wsurl::new(["stream", "--max-message-size", "1K", &large.url()])
        .stdin("hi")
        .stderr_has("hint: --max-message-size allows more\n")
        .exits(63);
}

/// What a reader of stdout sees of a run, from the outside: it reads so much, and leaves.
fn leaves_after(args: &[&str], url: &str, mut wanted: &[u8]) -> Duration {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let run = Wsurl::new(args).args([url]).stdout_to(File::from(OwnedFd::from(writer))).stderr("").spawn();
    let mut seen = [0];
    while let [first, rest @ ..] = wanted {
        reader.read_exact(&mut seen).expect("a byte");
        assert_eq!(seen[0], *first);
        wanted = rest;
    }
    thread::sleep(millis(200));
    let begun = Instant::now();
    drop(reader);
    run.exits(0);
    begun.elapsed()
}

#[test]
fn a_reader_that_leaves_ends_a_run_that_waits_for_a_silent_server() {
    timed(|| {
        for (args, wanted) in [
            (["send", "-f", "-d", "hi"].as_slice(), b"one\n".as_slice()),
            (&["stream", "-f"], b"one"),
            (&["send", "--wait", "60s", "-d", "hi"], b"one\n"),
            (&["send", "--expect", "2", "-d", "hi"], b"one\n"),
        ] {
            let quickest = (0..3)
                .map(|_| {
                    let peer = Script::new().upgrade().send(frame::text("one")).hold();
                    leaves_after(args, &peer.url(), wanted)
                })
                .min();
            assert!(quickest <= Some(millis(100)), "{args:?}: {quickest:?}");
        }
    });
}

/// Stops a run for longer than a limit while what it waits for arrives, and lets it go on.
#[track_caller]
fn stopped_for_longer_than_a_limit(args: &[&str], peer: Script, reply: Vec<u8>, stdout: &str) {
    let run = Wsurl::new(args).args([peer.url()]).stdout(stdout).stderr("").limit(secs(10)).spawn();
    peer.wait();
    thread::sleep(millis(100));
    run.signal(Signal::Stop);
    let peer = peer.send(reply);
    peer.wait();
    thread::sleep(millis(1200));
    let _peer = peer.answer_pings_until_close().answer_close().close();
    run.signal(Signal::Continue);
    run.exits(0);
}

#[test]
fn what_arrived_while_a_run_was_stopped_is_not_late() {
    let args = ["send", "--receive-timeout", "1s", "-d", "hi"];
    stopped_for_longer_than_a_limit(
        &args,
        Script::new().upgrade().read_frame(),
        frame::text("in time"),
        "in time\n",
    );

    let args = ["send", "--wait", "3s", "--ping-interval", "50ms", "--ping-timeout", "1s", "-d", "hi"];
    let peer = Script::new().upgrade().read_frame().read_frame();
    stopped_for_longer_than_a_limit(&args, peer, frame::frame(frame::PONG, "wsurl"), "");
}

#[test]
fn an_answer_to_our_close_that_arrived_while_a_run_was_stopped_is_not_late() {
    for before in [Vec::new(), frame::binary(vec![b'x'; 1_500_000])] {
        let peer = Script::new().upgrade().read_close();
        let args = ["send", "--expect", "0", "--close-timeout", "1s", "--out-framing", "whole"];
        let stdout = "x".repeat(before.len().saturating_sub(10));
        let run = Wsurl::new(args).args([peer.url()]).stdout(stdout).stderr("").limit(secs(10)).spawn();
        peer.wait();
        run.signal(Signal::Stop);
        let peer = peer.send(before).send(frame::close(1000, ""));
        thread::sleep(millis(1200));
        run.signal(Signal::Continue);
        run.exits(0);
        let _peer = peer.close();
    }
}

#[test]
fn the_limit_of_the_run_names_what_it_waited_for() {
    timed(|| {
        let named = |args: &[&str], peer: Script, phase: &str| {
            let text = format!("wsurl: error: timed out after 1s in {phase} with 127.0.0.1 (--max-time)");
            Wsurl::new(args).args(["-m", "1s", &peer.url()]).stderr_has(text).within(secs(4)).exits(28);
        };
        let (_dir, path) = file_with("upload", noise(16 << 20));
        named(&["send", "-d", "hi"], Script::new().upgrade().read_frame().hold(), "receive");
        let peer = Script::new().upgrade().read_frame().send(frame::text("one")).hold();
        Wsurl::new(["send", "-m", "1s", "--expect", "2", &peer.url(), "hi"])
            .stdout("one\n")
            .stderr_has("in receive with 127.0.0.1 (--max-time): 1 of 2 awaited messages arrived\n")
            .within(secs(4))
            .exits(28);
        named(&["send", "-f"], Script::new().upgrade().hold(), "receive");
        named(&["send", "--expect", "0"], Script::new().upgrade().read_close().hold(), "close");
        named(&["stream", "-T", &path], Script::new().upgrade().stall(), "send");
        named(&["stream", "--limit-rate", "10K", "-T", &path], Script::new().upgrade().hold(), "send");
    });
}

#[test]
fn the_limit_of_the_run_includes_the_wait_for_the_end_of_the_input() {
    let peer = Script::new().upgrade().sleep(millis(700)).send(frame::close(1000, "")).read_close().close();
    Wsurl::new(["send", "-m", "1s", &peer.url()])
        .stdin_open("")
        .stderr_has("timed out after 1s in close with 127.0.0.1 (--max-time)")
        .within(secs(2))
        .exits(28);
}

#[test]
fn the_limit_of_the_run_names_an_output_that_nobody_reads() {
    let (_reader, writer) = std::io::pipe().expect("a pipe");
    let peer = Script::new().upgrade().send(frame::binary(noise(1 << 20))).close_handshake();
    Wsurl::new(["send", "--expect", "1", "-m", "1s", &peer.url()])
        .stdout_to(File::from(OwnedFd::from(writer)))
        .stderr_has(" (--max-time)\nwsurl: hint: nobody reads what was received\n")
        .within(secs(4))
        .exits(28);
}
