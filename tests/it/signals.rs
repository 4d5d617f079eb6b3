//! SIGINT and SIGTERM: Close 1001, what is in hand is delivered, and the shell sees which signal it was.

use crate::support::{EchoServer, Running, Script, Signal, Wsurl, frame, noise, secs};

/// An endless upload of which the peer has seen something.
fn upload(peer: Script) -> (Script, Running) {
    let run = Wsurl::new(["stream", "--close-timeout", "3s", &peer.url()]);
    let run =
        run.stdin_endless(noise(65536)).stdout("").stderr_has("interrupted by SIG").within(secs(8)).spawn();
    let peer = peer.upgrade().read_frame();
    peer.wait();
    (peer, run)
}

#[test]
fn an_interrupted_upload_closes_with_1001() {
    for (signal, code) in [(Signal::Interrupt, 130), (Signal::Terminate, 143)] {
        let (peer, run) = upload(Script::new());
        run.signal(signal);
        let peer = peer.read_close().answer_close().close();
        run.exits(code);
        assert_eq!(peer.close_code(), Some(1001));
    }
}

#[test]
fn the_message_names_the_signal() {
    for (signal, name, code) in [(Signal::Interrupt, "SIGINT", 130), (Signal::Terminate, "SIGTERM", 143)] {
        let (peer, run) = upload(Script::new());
        run.signal(signal);
        let _peer = peer.close_handshake();
        let stderr = run.exits(code).stderr;
        assert!(stderr.contains(&format!("wsurl: error: interrupted by {name}")), "{stderr}");
    }
}

#[test]
fn frames_stay_whole_when_an_upload_of_one_message_is_interrupted() {
    // Within a message of unknown size a Close may stand between two fragments.
    let peer = Script::new();
    let run = Wsurl::new(["stream", "--single-message", &peer.url()]).stdin_endless(noise(1000)).spawn();
    let peer = peer.upgrade().read_frame();
    peer.wait();
    run.signal(Signal::Interrupt);
    let peer = peer.read_close().answer_close().close();
    run.exits(130);
    assert_eq!(peer.close_code(), Some(1001));
}

#[test]
fn a_signal_while_dialing_ends_the_run_at_once() {
    for (signal, code) in [(Signal::Interrupt, 130), (Signal::Terminate, 143)] {
        let peer = Script::new().request();
        let run = Wsurl::new(["send", &peer.url(), "hi"])
            .stdout("")
            .stderr_has("interrupted")
            .within(secs(5))
            .spawn();
        peer.wait();
        let _peer = peer.hold();
        run.signal(signal);
        run.exits(code);
    }
}

#[test]
fn a_signal_in_the_tls_handshake_ends_the_run_at_once() {
    let peer = Script::new().accept();
    let run =
        Wsurl::new(["send", &peer.url_as("wss"), "hi"]).stderr_has("interrupted").within(secs(5)).spawn();
    peer.wait();
    let _peer = peer.hold();
    run.signal(Signal::Interrupt);
    run.exits(130);
}

#[test]
fn what_has_arrived_is_delivered() {
    let peer = Script::new().upgrade().send(frame::text("hello"));
    let mut run =
        Wsurl::new(["send", "-f", &peer.url()]).stdout("hello\nlast words\n").within(secs(8)).spawn();
    run.wait_for_stdout("hello\n");
    run.signal(Signal::Interrupt);
    let _peer = peer.read_close().send(frame::text("last words")).answer_close().close();
    run.exits(130);
}

#[test]
fn waiting_for_input_can_be_interrupted() {
    let server = EchoServer::start();
    let mut run =
        Wsurl::new(["send", &server.url()]).stdin_open("hi\n").stdout("hi\n").within(secs(8)).spawn();
    run.wait_for_stdout("hi\n");
    run.signal(Signal::Interrupt);
    run.exits(130);
    assert_eq!(server.received().close.map(|(code, _)| code), Some(1001));
}

#[test]
fn a_second_signal_ends_at_once() {
    let peer = Script::new().upgrade().read_frame();
    let run = Wsurl::new(["send", "-f", "--close-timeout", "60s", &peer.url(), "hi"]).within(secs(8)).spawn();
    peer.wait();
    run.signal(Signal::Interrupt);
    let peer = peer.read_close();
    peer.wait();
    let _peer = peer.hold();
    run.signal(Signal::Interrupt);
    run.exits(130);
}

#[test]
fn a_peer_that_has_stopped_reading_cannot_keep_an_interrupted_upload() {
    let peer = Script::new().upgrade().read_frame().stall();
    let args = ["stream", "--close-timeout", "300ms", &peer.url()];
    let run = Wsurl::new(args).stdin_endless(noise(65536)).within(secs(8)).spawn();
    peer.wait();
    run.signal(Signal::Interrupt);
    run.exits(130);
}

#[test]
fn an_interrupted_download_leaves_no_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("download");
    let path = path.to_str().expect("a path in UTF-8");
    let peer =
        Script::new().upgrade().send(frame::binary(noise(100_000))).send(frame::ping("there?")).read_frame();
    let run = Wsurl::new(["stream", "-f", "-o", path, &peer.url()]).spawn();
    // The pong says that everything before it has been taken.
    peer.wait();
    run.signal(Signal::Terminate);
    let _peer = peer.close_handshake();
    run.exits(143);
    assert_eq!(std::fs::read_dir(dir.path()).expect("the directory").count(), 0, "a half file is left");
}
