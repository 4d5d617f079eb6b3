//! Message mode: where messages come from, and how long replies are awaited.

use std::collections::HashSet;

use tungstenite::Message;

use crate::support::frame::{CONTINUATION, TEXT};
use crate::support::{Echo, EchoServer, Script, Wsurl, file_with, frame, millis, numbered_lines, secs};

#[test]
fn a_message_goes_out_and_its_reply_is_printed() {
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url(), "hi"]).stdout("hi\n").stderr("").exits(0);
    assert_eq!(server.texts(), ["hi"]);
}

#[test]
fn each_argument_is_a_message() {
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url(), "two words", "", "three\nlines\n"])
        .stdout("two words\n\nthree\nlines\n\n")
        .exits(0);
    assert_eq!(server.texts(), ["two words", "", "three\nlines\n"]);
}

#[test]
fn stdin_is_left_alone_when_there_is_an_argument() {
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url(), "hi"])
        .stdin_open("not read\n")
        .stdout("hi\n")
        .within(secs(5))
        .exits(0);
    assert_eq!(server.texts(), ["hi"]);
}

#[test]
fn data_comes_from_text_files_and_stdin_in_the_order_given() {
    let (_dir, path) = file_with("message", "from a file\nwith two lines");
    let server = EchoServer::start();
    let file = format!("@{path}");
    Wsurl::new(["send", "-d", "first", "-d", &file, "--data", "@-", "-d", "last", &server.url()])
        .stdin("from\nstdin")
        .exits(0);
    assert_eq!(server.texts(), ["first", "from a file\nwith two lines", "from\nstdin", "last"]);
}

#[test]
fn an_empty_file_is_an_empty_message() {
    let (_dir, path) = file_with("empty", "");
    let server = EchoServer::start();
    Wsurl::new(["send", "-d", &format!("@{path}"), "-d", "", &server.url()]).stdout("\n\n").exits(0);
    assert_eq!(server.texts(), ["", ""]);
}

#[test]
fn data_can_be_binary() {
    let (_dir, path) = file_with("blob", b"\xFF\x00\x80");
    let server = EchoServer::start();
    Wsurl::new(["send", "-b", "-d", &format!("@{path}"), &server.url()]).stdout(b"\xFF\x00\x80\n").exits(0);
    assert_eq!(server.received().messages, [Message::binary(b"\xFF\x00\x80".to_vec())]);
}

#[test]
fn a_data_file_that_is_not_there_is_a_read_error() {
    Wsurl::new(["send", "-d", "@/nonexistent/message", "ws://127.0.0.1:1/"])
        .stdout("")
        .stderr_has("/nonexistent/message")
        .exits(26);
}

#[test]
fn every_frame_has_a_masking_key_of_its_own() {
    let peer = Script::new().upgrade().close_handshake();
    let lines = numbered_lines(50);
    Wsurl::new(["send", "--expect", "0", &peer.url()]).stdin(lines).exits(0);
    let keys: HashSet<_> = peer.frames().iter().map(|frame| frame.key).collect();
    assert_eq!((peer.frames().len(), keys.len()), (51, 51));
}

#[test]
fn a_reply_is_printed_while_stdin_is_still_open() {
    let server = EchoServer::start();
    let mut run = Wsurl::new(["send", &server.url()]).stdin_open("one\n").stdout("one\ntwo\n").spawn();
    run.wait_for_stdout("one\n");
    run.write("two\n");
    run.wait_for_stdout("two\n");
    run.close_stdin();
    run.exits(0);
}

#[test]
fn one_reply_is_awaited_for_each_message() {
    let peer = Script::new()
        .upgrade()
        .read_frame()
        .read_frame()
        .sleep(millis(300))
        .send(frame::text("A"))
        .sleep(millis(300))
        .send(frame::text("B"))
        .close_handshake();
    Wsurl::new(["send", &peer.url()]).stdin("a\nb\n").stdout("A\nB\n").stderr("").exits(0);
}

#[test]
fn no_more_time_is_taken_than_the_last_reply_needs() {
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url()]).stdin("a\nb\n").stdout("a\nb\n").within(secs(2)).exits(0);
}

#[test]
fn expect_counts_all_messages_and_prints_exactly_so_many() {
    let server = Echo::new().greeting("welcome").start();
    Wsurl::new(["send", "--expect", "2", &server.url(), "hi"]).stdout("welcome\nhi\n").exits(0);

    let frames: Vec<u8> = ["one", "two", "three"].into_iter().flat_map(frame::text).collect();
    let peer = Script::new().upgrade().read_frame().send(frames).close_handshake();
    Wsurl::new(["send", "--expect", "2", &peer.url(), "go"]).stdout("one\ntwo\n").exits(0);
}

#[test]
fn expect_zero_waits_for_nobody_and_prints_what_comes() {
    let peer = Script::new().upgrade().read_close().send(frame::text("by the way")).answer_close().close();
    Wsurl::new(["send", "--expect", "0", &peer.url(), "hi"]).stdout("by the way\n").exits(0);
}

#[test]
fn a_message_nobody_asked_for_is_printed_too() {
    let peer = Script::new()
        .upgrade()
        .read_frame()
        .send([frame::text("reply"), frame::text("and another thing")].concat())
        .close_handshake();
    Wsurl::new(["send", &peer.url(), "hi"]).stdout("reply\nand another thing\n").exits(0);
}

#[test]
fn waiting_goes_on_until_nothing_has_come_for_so_long() {
    let peer = Script::new()
        .upgrade()
        .read_frame()
        .send(frame::text("a"))
        .sleep(millis(200))
        .send(frame::text("b"))
        .sleep(millis(200))
        .send(frame::text("c"))
        .close_handshake();
    Wsurl::new(["send", "--wait", "800ms", &peer.url(), "go"]).stdout("a\nb\nc\n").within(secs(5)).exits(0);
}

#[test]
fn waiting_alone_needs_no_reply() {
    let server = Echo::new().mute().start();
    let outcome =
        Wsurl::new(["send", "--wait", "300ms", &server.url(), "hi"]).stdout("").within(secs(5)).exits(0);
    assert!(outcome.elapsed >= millis(300), "left after {:?}", outcome.elapsed);
}

#[test]
fn waiting_with_a_count_needs_both() {
    let peer = Script::new().upgrade().sleep(millis(500)).send(frame::text("late")).close_handshake();
    Wsurl::new(["send", "--wait", "100ms", "--expect", "1", &peer.url()]).stdout("late\n").exits(0);
}

#[test]
fn greetings_that_come_with_the_response_count_like_any_other() {
    let greetings = [frame::text("one"), frame::text("two"), frame::text("three")].concat();
    let peer = Script::new().upgrade_and_send(greetings).close_handshake();
    Wsurl::new(["send", "--expect", "1", &peer.url(), "hi"]).stdout("one\n").exits(0);
}

#[test]
fn following_goes_on_until_the_server_closes() {
    let server = Echo::new().greeting("a").greeting("b").closes_after(1, 1000, "").start();
    Wsurl::new(["send", "-f", &server.url(), "c"]).stdout("a\nb\nc\n").exits(0);
}

#[test]
fn following_without_input_listens() {
    let bytes = [frame::text("news"), frame::close(1000, "")].concat();
    let peer = Script::new().upgrade().hears_nothing_for(millis(200)).send(bytes).read_close().close();
    Wsurl::new(["send", "--follow", &peer.url()]).stdout("news\n").exits(0);
}

#[test]
fn in_lockstep_the_next_message_waits_for_the_reply() {
    let peer = Script::new()
        .upgrade()
        .read_frame()
        .hears_nothing_for(millis(300))
        .send(frame::text("A"))
        .read_frame()
        .hears_nothing_for(millis(100))
        .send(frame::text("B"))
        .close_handshake();
    Wsurl::new(["send", "--lockstep", &peer.url()]).stdin("a\nb\n").stdout("A\nB\n").exits(0);
    assert_eq!((peer.frames()[0].text(), peer.frames()[1].text()), ("a", "b"));
}

#[test]
fn in_lockstep_a_reply_that_does_not_come_is_a_timeout() {
    let peer = Script::new().upgrade().read_frame().hold();
    Wsurl::new(["send", "--lockstep", "--receive-timeout", "300ms", "--close-timeout", "300ms", &peer.url()])
        .stdin_open("a\nb\n")
        .stderr_has("(--receive-timeout)")
        .within(secs(5))
        .exits(28);
}

#[test]
fn one_message_is_one_out_and_one_in() {
    let server = EchoServer::start();
    Wsurl::new(["send", "-1", &server.url()]).stdin("a\nb\n").stdout("a\n").exits(0);
    assert_eq!(server.texts(), ["a"]);

    let server = EchoServer::start();
    Wsurl::new(["send", "-1", &server.url()]).stdin_open("a\n").stdout("a\n").within(secs(5)).exits(0);
}

#[test]
fn replies_can_go_to_a_file() {
    let (_dir, path) = file_with("replies", "old");
    let server = EchoServer::start();
    Wsurl::new(["send", "-o", &path, &server.url(), "a", "b"]).stdout("").exits(0);
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), "a\nb\n");
}

#[test]
fn fragments_are_as_large_as_they_are_told_to_be() {
    let peer = Script::new().upgrade().answers(1, |_| frame::text("thanks")).pings_and_close();
    Wsurl::new(["send", "--fragment", "4", &peer.url(), "0123456789"]).stdout("thanks\n").exits(0);
    let frames: Vec<_> =
        peer.frames()[..3].iter().map(|frame| (frame.opcode, frame.fin, frame.payload.len())).collect();
    assert_eq!(frames, [(TEXT, false, 4), (CONTINUATION, false, 4), (CONTINUATION, true, 2)]);
    Wsurl::new(["send", "--fragment", "0", "ws://h", "x"])
        .stderr("wsurl: error: invalid value '0' for '--fragment <SIZE>': must be at least 1; write 64K\n")
        .exits(2);
}

#[test]
fn a_message_of_any_size_up_to_a_megabyte_comes_back() {
    let sizes = [0, 1, 125, 126, 127, 65535, 65536, 65537, 1_000_000];
    let lines: String = sizes.into_iter().map(|size| "x".repeat(size) + "\n").collect();
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url()]).stdin(lines.as_str()).stdout(&lines).exits(0);
}

#[test]
fn many_small_messages_come_back_in_their_order() {
    let lines = numbered_lines(20_000);
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url()]).stdin(lines.as_str()).stdout(&lines).limit(secs(30)).exits(0);
}
