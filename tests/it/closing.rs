//! Who closes, how and when, and what it means for the exit status.

use crate::support::{EchoServer, Script, Wsurl, file_with, frame, millis, noise, secs};

/// A server that says hello, sends this in place of a proper farewell, and goes once the client has said its own.
#[track_caller]
fn server_says(last: Vec<u8>) -> (Script, Wsurl) {
    let peer = Script::new().upgrade().send(frame::text("hello")).send(last).read_close().close();
    let run = Wsurl::new(["send", "-f", &peer.url()]).stdout("hello\n").within(secs(5));
    (peer, run)
}

#[test]
fn a_normal_close_by_the_server_is_success() {
    let (peer, run) = server_says(frame::close(1000, "done"));
    run.stderr("").exits(0);
    assert_eq!(peer.close_code(), Some(1000));
}

#[test]
fn a_server_that_goes_away_is_success() {
    let (peer, run) = server_says(frame::close(1001, ""));
    run.stderr("").exits(0);
    assert_eq!(peer.close_code(), Some(1001));
}

#[test]
fn a_close_without_a_code_is_success_and_answered_in_kind() {
    let (peer, run) = server_says(frame::close_without_code());
    run.stderr("").exits(0);
    assert_eq!(peer.frames()[0].payload, b"");
}

#[test]
fn a_close_that_tells_of_an_error_is_one() {
    let (peer, run) = server_says(frame::close(1011, "database on fire"));
    run.stderr_has(format!("wsurl: error: closed by {} with 1011: database on fire\n", peer.authority()))
        .exits(110);
    assert_eq!(peer.close_code(), Some(1011));
}

#[test]
fn a_close_with_a_private_code_shows_code_and_reason() {
    let (peer, run) = server_says(frame::close(4001, "go away"));
    run.stderr_has(format!("wsurl: error: closed by {} with 4001: go away\n", peer.authority())).exits(110);
}

#[test]
fn a_close_with_a_private_code_and_no_reason_shows_the_code() {
    let (peer, run) = server_says(frame::close(4001, ""));
    run.stderr_has(format!("wsurl: error: closed by {} with 4001\n", peer.authority())).exits(110);
}

#[test]
fn codes_that_must_not_be_on_the_wire_break_the_protocol() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535] {
        let (peer, run) = server_says(frame::close(code, "nonsense"));
        run.stderr_has(code.to_string()).stderr_has("RFC 6455 \u{a7}7.4").exits(112);
        assert_eq!(peer.close_code(), Some(1002), "for {code}");
    }
}

#[test]
fn a_close_with_half_a_code_breaks_the_protocol() {
    let (peer, run) = server_says(frame::frame(frame::CLOSE, [3]));
    run.stderr_has("RFC 6455 \u{a7}").exits(112);
    assert_eq!(peer.close_code(), Some(1002));
}

#[test]
fn a_close_reason_that_is_not_utf8_breaks_the_protocol() {
    let (peer, run) = server_says(frame::frame(frame::CLOSE, [0x03, 0xE8, b'o', 0xFF]));
    run.stderr_has("RFC 6455 \u{a7}").exits(112);
    assert_eq!(peer.close_code(), Some(1007));
}

#[test]
fn the_user_decides_which_codes_are_fine() {
    for (list, code) in [("4xxx", 4001), ("1000,4001", 4001), ("1011", 1011)] {
        let (_peer, run) = server_says(frame::close(code, "as agreed"));
        run.args(["--accept-close", list]).stderr("").exits(0);
    }
}

#[test]
fn a_list_of_codes_replaces_the_usual_ones() {
    let (_peer, run) = server_says(frame::close(1001, ""));
    run.args(["--accept-close", "1000"]).stderr_has("with 1001").exits(110);
}

#[test]
fn an_end_of_the_connection_without_close_is_a_loss() {
    let peer = Script::new().upgrade().send(frame::text("hello")).close();
    Wsurl::new(["send", "-f", &peer.url()])
        .stdout("hello\n")
        .stderr_has("127.0.0.1")
        .within(secs(5))
        .exits(56);
}

#[test]
fn an_end_of_the_connection_within_a_message_is_a_loss_and_shows_no_half_of_it() {
    let peer = Script::new().upgrade().send(&frame::text("hello, world")[..7]).close();
    Wsurl::new(["send", "-f", &peer.url()]).stdout("").within(secs(5)).exits(56);
}

#[test]
fn a_reset_is_a_loss() {
    let peer = Script::new().upgrade().read_frame().reset();
    Wsurl::new(["send", &peer.url(), "hi"]).stdout("").stderr_has("127.0.0.1").within(secs(5)).exits(56);
}

#[test]
fn a_close_of_ours_that_is_never_answered_is_a_timeout() {
    let peer = Script::new().upgrade().read_close().hold();
    Wsurl::new(["send", "--expect", "0", "--close-timeout", "300ms", &peer.url(), "hi"])
        .stderr_has("wsurl: error: timed out after 300ms in close with 127.0.0.1 (--close-timeout)\n")
        .within(secs(3))
        .exits(28);
}

#[test]
fn an_end_of_the_connection_in_answer_to_our_close_is_a_loss() {
    let peer = Script::new().upgrade().read_close().close();
    Wsurl::new(["send", "--expect", "0", &peer.url(), "hi"]).within(secs(5)).exits(56);
}

#[test]
fn a_server_that_keeps_the_connection_after_both_closes_is_left() {
    // RFC 6455 §7.1.1 lets the client wait for the server's FIN, but only for a reasonable time.
    let peer = Script::new().upgrade().read_close().answer_close().hold();
    Wsurl::new(["send", "--close-timeout", "500ms", &peer.url()]).stderr("").within(secs(3)).exits(0);
}

#[test]
fn our_close_says_1000_unless_told_otherwise() {
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url(), "hi"]).exits(0);
    assert_eq!(server.received().close, Some((1000, String::new())));
}

#[test]
fn our_close_says_what_it_is_told_to() {
    let server = EchoServer::start();
    // That the server answers with the same code is no refusal: it was ours.
    Wsurl::new(["send", "--close-code", "4000", "--close-reason", "lunch", &server.url(), "hi"])
        .stdout("hi\n")
        .stderr("")
        .exits(0);
    assert_eq!(server.received().close, Some((4000, "lunch".to_owned())));
}

#[test]
fn a_server_that_closes_while_stdin_stays_open_ends_the_run_at_once() {
    let peer = Script::new().upgrade().send(frame::close(4001, "kicked")).read_close().close();
    Wsurl::new(["send", &peer.url()])
        .stdin_open("")
        .stdout("")
        .stderr_has("with 4001: kicked")
        .within(secs(5))
        .exits(110);

    // An input that has not ended may have more to send: nobody can say that everything was sent.
    let peer = Script::new().upgrade().send(frame::close(1000, "")).read_close().close();
    let text = format!(
        "wsurl: error: not everything was sent to {}: it closed with 1000, before the input ended; sent 0 bytes\n\
         wsurl: hint: -f leaves the end of the session to the server\n",
        peer.authority()
    );
    Wsurl::new(["stream", &peer.url()]).stdin_open("").stdout("").stderr(text).within(secs(5)).exits(55);
    let peer = Script::new().upgrade().send(frame::close(1000, "")).read_close().close();
    Wsurl::new(["stream", "-f", &peer.url()]).stdin_open("").stdout("").within(secs(5)).exits(0);
}

#[test]
fn a_connection_that_ends_while_stdin_stays_open_ends_the_run_at_once() {
    let peer = Script::new().upgrade().close();
    Wsurl::new(["send", &peer.url()]).stdin_open("").stdout("").within(secs(5)).exits(56);
}

#[test]
fn a_server_that_closes_before_everything_was_sent_is_a_failure_to_send() {
    let (_dir, path) = file_with("upload", vec![0; 32 * 1024 * 1024]);
    let peer = Script::new().upgrade_and_send(frame::close(1000, "enough")).hold();
    Wsurl::new(["stream", "--close-timeout", "1s", "-T", &path, &peer.url()])
        .stderr_has("127.0.0.1")
        .within(secs(8))
        .exits(55);
}

#[test]
fn a_refusing_close_before_everything_was_sent_tells_both() {
    let (_dir, path) = file_with("upload", vec![0; 32 * 1024 * 1024]);
    let peer = Script::new().upgrade_and_send(frame::close(4001, "quota")).hold();
    Wsurl::new(["stream", "--close-timeout", "1s", "-T", &path, &peer.url()])
        .stderr_has("with 4001: quota")
        .stderr_has("before everything was sent")
        .within(secs(8))
        .exits(110);
}

#[test]
fn a_connection_that_ends_before_everything_was_sent_is_a_failure_to_send() {
    let peer = Script::new().upgrade().read_frame().reset();
    Wsurl::new(["stream", &peer.url()]).stdin_endless(noise(65536)).within(secs(8)).exits(55);
}

#[test]
fn a_failure_to_send_tells_no_bytes_that_waited_here() {
    let (_dir, path) = file_with("upload", noise(20_000_000));
    let peer = Script::new().upgrade().read_frame().sleep(millis(300)).reset();
    let stderr = Wsurl::new(["stream", "-T", &path, &peer.url()]).within(secs(8)).exits(55).stderr;
    // After a reset, the kernel does not tell what the server had taken of what left here.
    let (_, counts) = stderr.split_once("sent at most ").expect("how far it came");
    let taken: u64 = counts.split(' ').next().and_then(|taken| taken.parse().ok()).expect("a number");
    assert!(taken < 20 && counts.contains(" of 20 MiB"), "{stderr}");
}

#[test]
fn half_a_line_is_not_sent_and_not_forgotten() {
    let json = "{\"type\":\"text\",\"data\":\"half of ";
    for (framing, half) in [("lines", "half of "), ("whole", "half of "), ("nul", "half of "), ("json", json)]
    {
        let peer =
            Script::new().upgrade().sleep(millis(200)).send(frame::close(1000, "")).read_close().close();
        Wsurl::new(["send", "--framing", framing, &peer.url()])
            .stdin_open(half)
            .stderr_has("not everything was sent")
            .within(secs(5))
            .exits(55);
    }
}

#[test]
fn nothing_follows_our_close() {
    let peer = Script::new().upgrade().send(frame::close(1000, "")).read_close().hears_end();
    let run = Wsurl::new(["send", "--close-timeout", "500ms", &peer.url()]).stdin_open("a\n");
    // What has become of the line depends on which came first, the line or the Close.
    run.exits_with_one_of(&[0, 1, 55]);
}

#[test]
fn a_close_in_order_with_fewer_messages_than_awaited_is_not_success() {
    let bytes = [frame::text("one is enough"), frame::close(1000, "")].concat();
    let peer = Script::new().upgrade().read_frame().read_frame().send(bytes).read_close().close();
    Wsurl::new(["send", &peer.url()])
        .stdin("a\nb\n")
        .stdout("one is enough\n")
        .stderr_has("1 of 2")
        .within(secs(5))
        .exits(1);
}
