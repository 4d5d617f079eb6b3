//! Waiting costs nothing: whatever is waited for, the processor is left alone.
#![cfg(target_os = "linux")]

use std::thread;

use crate::support::{EchoServer, Running, Script, Wsurl, file_with, frame, millis, noise};

/// How long is looked on.
const A_WHILE: std::time::Duration = millis(600);

/// What a run may use meanwhile: three ticks of the clock.
const NEXT_TO_NOTHING: std::time::Duration = millis(30);

/// Runs until `mark` stands on stdout and everything is at rest, then looks on.
#[track_caller]
fn rests(run: Wsurl, mark: &str) {
    let mut run = run.spawn();
    run.wait_for_stdout(mark);
    thread::sleep(millis(200));
    looks_on(run);
}

/// Looks on for a while at a run that waits, and ends it.
#[track_caller]
fn looks_on(run: Running) {
    let before = run.processor_time();
    thread::sleep(A_WHILE);
    let used = run.processor_time().saturating_sub(before);
    run.signal(crate::support::Signal::Terminate);
    run.exits(143);
    assert!(used <= NEXT_TO_NOTHING, "{used:?} of processor time in {A_WHILE:?} of waiting");
}

fn speaks_first() -> Script {
    Script::new().upgrade().send(frame::text("ready\n"))
}

#[test]
fn for_clients() {
    rests(Wsurl::new(["echo-test", "--listen", "127.0.0.1:0"]), "ws://");
}

#[test]
fn for_input() {
    let peer = speaks_first().hold();
    rests(Wsurl::new(["send", &peer.url()]).stdin_open(""), "ready");
}

#[test]
fn for_input_of_which_only_so_much_may_be_sent() {
    let peer = speaks_first().hold();
    rests(Wsurl::new(["stream", "--limit-rate", "1M", &peer.url()]).stdin_open("some"), "ready");
}

#[test]
fn for_a_server_that_takes_nothing() {
    let (_dir, path) = file_with("upload", noise(20_000_000));
    let peer = speaks_first().stall();
    rests(Wsurl::new(["stream", "-T", &path, &peer.url()]), "ready");
}

#[test]
fn for_a_server_that_takes_nothing_of_a_frame_with_pings_due() {
    let (_dir, path) = file_with("upload", noise(20_000_000));
    let peer = speaks_first().stall();
    let args = ["stream", "--single-message", "--ping-interval", "50ms", "--limit-rate", "100M", "-T", &path];
    rests(Wsurl::new(args).args([&peer.url()]), "ready");
}

#[test]
fn for_the_server_to_close() {
    let peer = speaks_first().hold();
    rests(Wsurl::new(["send", "-f", &peer.url()]), "ready");
}

#[test]
fn for_the_answer_to_our_close() {
    let peer = speaks_first().hold();
    rests(Wsurl::new(["send", "--expect", "1", "--pong-interval", "50ms", &peer.url()]), "ready");
}

#[test]
fn for_a_server_that_takes_nothing_of_an_echo_test() {
    let peer = Script::new().upgrade().stall();
    let args = ["echo-test", "-b", "--size", "1M", "--in-flight", "500", "--interval", "10ms", &peer.url()];
    let run = Wsurl::new(args).spawn();
    thread::sleep(millis(1000));
    looks_on(run);
}

#[test]
fn for_the_next_message_of_an_echo_test() {
    let server = EchoServer::start();
    let run = Wsurl::new(["echo-test", "--interval", "1h", "--connections", "20", &server.url()]).spawn();
    thread::sleep(millis(500));
    looks_on(run);
}
