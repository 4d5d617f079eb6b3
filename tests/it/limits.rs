//! The limits on sizes and times that end a session, each with its name in the message.

use crate::support::frame::{self, BINARY, CONTINUATION, PING, PONG};
use crate::support::{Echo, EchoServer, Script, Wsurl, file_with, millis, noise, secs, timed};

#[test]
fn a_message_over_the_limit_is_refused_with_1009() {
    let peer = Script::new().upgrade().send(frame::binary(noise(1025))).read_close().close();
    Wsurl::new(["send", "-f", "--max-message-size", "1K", &peer.url()])
        .stdout("")
        .stderr_has("--max-message-size")
        .within(secs(5))
        .exits(63);
    assert_eq!(peer.close_code(), Some(1009));
}

#[test]
fn a_message_at_the_limit_is_fine() {
    let data = noise(1024);
    let peer = Script::new().upgrade().send(frame::binary(&data)).close_handshake();
    Wsurl::new(["send", "--expect", "1", "--out-framing", "whole", "--max-message-size", "1K", &peer.url()])
        .stdout(data)
        .exits(0);
}

#[test]
fn the_header_of_a_frame_over_the_limit_is_enough() {
    let peer = Script::new().upgrade().send(frame::header(0x80 | BINARY, 1 << 40)).read_close().close();
    Wsurl::new(["send", "-f", &peer.url()])
        .stdout("")
        .stderr_has("--max-message-size")
        .within(secs(5))
        .exits(63);
    assert_eq!(peer.close_code(), Some(1009));
}

#[test]
fn fragments_add_up_to_the_limit() {
    let bytes = [frame::fragment(BINARY, noise(1000)), frame::fragment(CONTINUATION, noise(25))].concat();
    let peer = Script::new().upgrade().send(bytes).read_close().close();
    Wsurl::new(["send", "-f", "--max-message-size", "1K", &peer.url()]).stdout("").within(secs(5)).exits(63);
    assert_eq!(peer.close_code(), Some(1009));
}

#[test]
fn a_message_of_our_own_over_the_limit_is_refused_too() {
    let server = EchoServer::start();
    Wsurl::new(["send", "--max-message-size", "1K", &server.url()])
        .stdin("x".repeat(1025))
        .stdout("")
        .stderr_has("--max-message-size")
        .exits(63);
    assert!(server.received().messages.is_empty());
}

#[test]
fn stream_mode_has_a_limit_on_messages_only_when_asked_for_one() {
    let data = noise(100_000);
    let peer = || {
        Script::new().upgrade().send(frame::binary(&data)).send(frame::close(1000, "")).read_close().close()
    };
    Wsurl::new(["stream", "-f", &peer().url()]).stdout(data.clone()).exits(0);
    Wsurl::new(["stream", "-f", "--max-message-size", "1K", &peer().url()])
        .stderr_has("larger than 1K (--max-message-size)")
        .exits(63);
}

#[test]
fn pings_of_the_server_are_no_reply() {
    let pings = (0..40).fold(Script::new().upgrade().read_frame(), |peer, _| {
        peer.send(frame::ping("are you there")).sleep(millis(50))
    });
    let args = ["send", "--lockstep", "--receive-timeout", "400ms", &pings.url()];
    Wsurl::new(args)
        .stdin_open("hi\n")
        .stderr_has("timed out after 400ms in receive with 127.0.0.1 (--receive-timeout): 0 of 1")
        .within(secs(2))
        .exits(28);
}

#[test]
fn the_longest_limits_are_no_limits() {
    let server = EchoServer::start();
    let forever = "10000000000000000000";
    Wsurl::new(["send", "--send-timeout", forever, "--receive-timeout", forever, "--close-timeout", forever])
        .args(["-m", forever, &server.url(), "hi"])
        .stdout("hi\n")
        .exits(0);
}

#[test]
fn the_whole_run_can_be_limited() {
    let peer = Script::new().upgrade().send(frame::text("hello")).hold();
    Wsurl::new(["send", "-f", "-m", "700ms", &peer.url()])
        .stdout("hello\n")
        .stderr_has("wsurl: error: timed out after 700ms in receive with 127.0.0.1 (--max-time)\n")
        .within(secs(3))
        .exits(28);
}

#[test]
fn a_reply_that_does_not_come_is_a_timeout() {
    let peer = Script::new().upgrade().read_frame().read_frame().send(frame::text("one")).hold();
    Wsurl::new(["send", "--receive-timeout", "300ms", "--close-timeout", "300ms", &peer.url(), "a", "b"])
        .stdout("one\n")
        .stderr_has(
            "wsurl: error: timed out after 300ms in receive with 127.0.0.1 (--receive-timeout): \
             1 of 2 awaited messages arrived\n",
        )
        .within(secs(5))
        .exits(28);
}

#[test]
fn the_receive_limit_starts_again_with_each_message() {
    let peer = Script::new()
        .upgrade()
        .read_frame()
        .sleep(millis(400))
        .send(frame::text("one"))
        .sleep(millis(400))
        .send(frame::text("two"))
        .sleep(millis(400))
        .send(frame::text("three"))
        .close_handshake();
    Wsurl::new(["send", "--expect", "3", "--receive-timeout", "800ms", &peer.url(), "go"])
        .stdout("one\ntwo\nthree\n")
        .exits(0);
}

#[test]
fn nobody_has_to_type_within_the_receive_limit() {
    let server = EchoServer::start();
    let mut run = Wsurl::new(["send", "--receive-timeout", "200ms", &server.url()])
        .stdin_open("early\n")
        .stdout("early\nlate\n")
        .spawn();
    run.wait_for_stdout("early\n");
    // That time passes is what is tested here.
    std::thread::sleep(millis(500));
    run.write("late\n");
    run.wait_for_stdout("late\n");
    run.close_stdin();
    run.exits(0);
}

#[test]
fn a_session_in_which_nothing_happens_can_be_limited() {
    let peer = Script::new().upgrade().send(frame::text("hello")).hold();
    Wsurl::new(["send", "-f", "--idle-timeout", "300ms", "--close-timeout", "300ms", &peer.url()])
        .stdin_open("")
        .stdout("hello\n")
        .stderr_has("wsurl: error: timed out after 300ms in idle with 127.0.0.1 (--idle-timeout)")
        .within(secs(5))
        .exits(28);
}

#[test]
fn a_peer_that_stops_reading_is_a_timeout() {
    let peer = Script::new().upgrade().stall();
    let args = ["stream", "--send-timeout", "300ms", "--close-timeout", "300ms", &peer.url()];
    Wsurl::new(args)
        .stdin_endless(noise(65536))
        .stderr_has("wsurl: error: timed out after 300ms in send with 127.0.0.1 (--send-timeout)")
        .within(secs(8))
        .exits(28);
}

#[test]
fn a_peer_that_pauses_is_given_its_time() {
    let (_dir, path) = file_with("upload", noise(16 * 1024 * 1024));
    let peer = Script::new().upgrade().sleep(millis(700)).close_handshake();
    Wsurl::new(["stream", "--send-timeout", "5s", "-T", &path, &peer.url()]).stderr("").exits(0);
}

#[test]
fn a_ping_that_is_never_answered_is_a_timeout() {
    let peer = Script::new().upgrade().hold();
    let args = ["send", "--ping-interval", "100ms", "--ping-timeout", "300ms", "--close-timeout", "300ms"];
    Wsurl::new(args)
        .args(["-f", &peer.url()])
        .stdin_open("")
        .stderr_has("wsurl: error: timed out after 300ms in ping with 127.0.0.1 (--ping-timeout)")
        .within(secs(5))
        .exits(28);
}

#[test]
fn pings_that_are_answered_keep_the_session() {
    let server = EchoServer::start();
    Wsurl::new([
        "send",
        "--ping-interval",
        "50ms",
        "--ping-timeout",
        "500ms",
        "-m",
        "1200ms",
        "-f",
        &server.url(),
    ])
    .stdin_open("")
    .stderr_has("(--max-time)")
    .exits(28);
}

#[test]
fn pings_behind_a_full_queue_are_no_false_alarm() {
    let (_dir, path) = file_with("upload", noise(24 * 1024 * 1024));
    let peer = Script::new().upgrade().sleep(millis(900)).answer_pings_until_close().answer_close().close();
    Wsurl::new(["stream", "--ping-interval", "100ms", "--ping-timeout", "300ms", "-T", &path, &peer.url()])
        .stderr("")
        .limit(secs(20))
        .exits(0);
}

#[test]
fn a_ping_goes_out_at_each_interval() {
    let peer = Script::new().upgrade().read_frame().read_frame().hold();
    let run = Wsurl::new(["send", "--ping-interval", "100ms", "-m", "1500ms", "-f", &peer.url()]).spawn();
    assert!(peer.frames().iter().all(|frame| frame.opcode == PING), "{:?}", peer.frames());
    run.exits(28);
}

#[test]
fn a_heartbeat_can_be_sent_unasked() {
    let peer =
        Script::new().upgrade().read_frame().read_frame().send(frame::close(1000, "")).read_close().close();
    Wsurl::new(["send", "--pong-interval", "100ms", "-f", &peer.url()]).exits(0);
    assert!(peer.frames()[..2].iter().all(|frame| frame.opcode == PONG), "{:?}", peer.frames());
}

#[test]
fn nothing_is_sent_unasked_by_default() {
    let peer = Script::new()
        .upgrade()
        .hears_nothing_for(millis(400))
        .send(frame::close(1000, ""))
        .read_close()
        .close();
    Wsurl::new(["send", "-f", &peer.url()]).exits(0);
}

#[test]
fn a_server_that_only_takes_is_no_reason_to_wait() {
    let server = Echo::new().mute().start();
    Wsurl::new(["send", "--expect", "0", &server.url(), "a", "b"]).stdout("").within(secs(5)).exits(0);
    assert_eq!(server.texts(), ["a", "b"]);
}

#[test]
fn a_small_send_buffer_and_delayed_packets_lose_nothing() {
    let data = noise(1_000_000);
    let server = EchoServer::start();
    Wsurl::new(["stream", "--send-buffer", "8K", "--no-tcp-nodelay", &server.url()])
        .stdin(data.as_slice())
        .stdout(&data)
        .limit(secs(20))
        .exits(0);
}

#[test]
fn a_ping_goes_out_when_it_is_due_and_not_with_the_next_one() {
    timed(|| {
        let peer = Script::new().upgrade().read_frame().send(frame::close(1000, "")).read_close().hang_up();
        Wsurl::new(["send", "-f", "--ping-interval", "2s", &peer.url()]).within(millis(3500)).exits(0);
        assert_eq!(peer.frames()[0].opcode, 0x9);
    });
}
