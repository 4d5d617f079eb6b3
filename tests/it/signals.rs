//! SIGHUP, SIGINT, SIGQUIT and SIGTERM: Close 1001, what is in hand is delivered, and the shell sees which signal it was.

use crate::support::{EchoServer, Running, Script, Signal, Wsurl, frame, millis, new_file, noise, secs};

/// Each with its name and exit code.
const ALL: [(Signal, &str, i32); 4] = [
    (Signal::HangUp, "SIGHUP", 129),
    (Signal::Interrupt, "SIGINT", 130),
    (Signal::Quit, "SIGQUIT", 131),
    (Signal::Terminate, "SIGTERM", 143),
];

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
    for (signal, _, code) in ALL {
        let (peer, run) = upload(Script::new());
        run.signal(signal);
        let peer = peer.read_close().answer_close().close();
        run.exits(code);
        assert_eq!(peer.close_code(), Some(1001));
    }
}

#[test]
fn the_message_names_the_signal() {
    for (signal, name, code) in ALL {
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
    for (signal, _, code) in ALL {
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
fn an_interrupted_download_is_kept_beside_its_name() {
    for (signal, name, code) in ALL {
        let (dir, path) = new_file("download");
        let data = noise(100_000);
        let peer =
            Script::new().upgrade().send(frame::binary(&data)).send(frame::ping("there?")).read_frame();
        let run = Wsurl::new(["stream", "-f", "-o", &path, &peer.url()])
            .stderr(format!("wsurl: error: interrupted by {name}; 100000 bytes are kept in {path}.part\n"))
            .spawn();
        // The pong says that everything before it has been taken.
        peer.wait();
        run.signal(signal);
        let _peer = peer.close_handshake();
        run.exits(code);
        assert!(std::fs::read(format!("{path}.part")).expect("the part") == data);
        assert_eq!(std::fs::read_dir(dir.path()).expect("the directory").count(), 1);
    }
}

#[test]
fn a_second_signal_keeps_what_has_arrived() {
    let (dir, path) = new_file("download");
    let peer = Script::new().upgrade().send(frame::binary(noise(1000)));
    let run = Wsurl::new(["stream", "-f", "--close-timeout", "60s", "-o", &path, &peer.url()])
        .stderr(format!("wsurl: error: interrupted by SIGTERM; 1000 bytes are kept in {path}.part\n"))
        .spawn();
    let is_written = || std::fs::metadata(format!("{path}.part")).is_ok_and(|part| part.len() == 1000);
    for _ in 0..5000 {
        if is_written() {
            break;
        }
        std::thread::sleep(millis(1));
    }
    run.signal(Signal::Interrupt);
    let peer = peer.read_close();
    peer.wait();
    let _peer = peer.hold();
    run.signal(Signal::Terminate);
    run.exits(143);
    assert_eq!(std::fs::read(format!("{path}.part")).expect("the part"), noise(1000));
    assert_eq!(std::fs::read_dir(dir.path()).expect("the directory").count(), 1);
}

#[test]
fn a_server_that_sends_without_end_to_a_slow_reader_does_not_hold_the_end_up() {
    let peer = Script::new().upgrade().send_until_gone(frame::binary(vec![0; 65536]));
    let mut run = Wsurl::new(["stream", "-f", &peer.url()])
        .reader_is_slow(32 * 1024, millis(20))
        .stderr("wsurl: error: interrupted by SIGTERM\n")
        .spawn();
    run.wait_for_stdout_bytes(256 * 1024);
    run.signal(Signal::Terminate);
    run.exits(143);
}

#[test]
fn a_signal_before_anything_has_arrived_leaves_no_file() {
    let (dir, path) = new_file("download");
    let peer = Script::new().request();
    let run = Wsurl::new(["stream", "-f", "-o", &path, &peer.url()])
        .stderr("wsurl: error: interrupted by SIGHUP\n")
        .spawn();
    peer.wait();
    let _peer = peer.hold();
    assert!(std::fs::exists(format!("{path}.part")).expect("the folder"), "opened before the dial");
    run.signal(Signal::HangUp);
    run.exits(129);
    assert_eq!(std::fs::read_dir(dir.path()).expect("the directory").count(), 0);
}

#[test]
fn a_run_that_is_killed_leaves_nothing_hidden() {
    let (dir, path) = new_file("download");
    let peer = Script::new().upgrade().send(frame::binary(noise(1000))).send(frame::ping("")).read_frame();
    let run = Wsurl::new(["stream", "-f", "-o", &path, &peer.url()]).spawn();
    peer.wait();
    let _peer = peer.hold();
    run.signal(Signal::Kill);
    drop(run);
    let names: Vec<_> = std::fs::read_dir(dir.path())
        .expect("the directory")
        .map(|entry| entry.expect("a name").file_name())
        .collect();
    assert_eq!(names, ["download.part"]);
}

/// An endless ticker is recorded by ending it.
#[test]
fn followed_messages_are_a_whole_file_when_a_signal_ends_them() {
    for (signal, name, code) in ALL {
        let (dir, path) = new_file("ticks");
        let ticks = [frame::text("one"), frame::text("two"), frame::ping("")].concat();
        let peer = Script::new().upgrade().send(ticks).read_frame();
        let run = Wsurl::new(["send", "-f", "-o", &path, &peer.url()])
            .stderr(format!("wsurl: error: interrupted by {name}\n"))
            .spawn();
        peer.wait();
        run.signal(signal);
        // The beginning of a message is not kept.
        let _peer = peer.read_close().send(frame::fragment(frame::TEXT, "thr")).answer_close().close();
        run.exits(code);
        assert_eq!(std::fs::read_to_string(&path).expect("the file"), "one\ntwo\n");
        assert_eq!(std::fs::read_dir(dir.path()).expect("the directory").count(), 1);
    }
}

/// As `nohup` has it, and `&` in a script.
#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    for (signal, name) in [(Signal::HangUp, "HUP"), (Signal::Interrupt, "INT"), (Signal::Quit, "QUIT")] {
        let peer = Script::new().upgrade().read_frame();
        let run = Wsurl::new(["send", &peer.url(), "hi"])
            .in_shell(&format!("trap '' {name}; exec \"$@\""))
            .stdout("still here\n")
            .stderr("")
            .spawn();
        peer.wait();
        run.signal(signal);
        run.signal(signal);
        let _peer = peer.send(frame::text("still here")).close_handshake();
        run.exits(0);
    }
}

#[test]
fn other_signals_end_a_run_that_ignores_one() {
    let peer = Script::new().upgrade().read_frame();
    let run = Wsurl::new(["send", &peer.url(), "hi"])
        .in_shell("trap '' HUP; exec \"$@\"")
        .stderr("wsurl: error: interrupted by SIGTERM\n")
        .spawn();
    peer.wait();
    run.signal(Signal::HangUp);
    run.signal(Signal::Terminate);
    let _peer = peer.close_handshake();
    run.exits(143);
}
