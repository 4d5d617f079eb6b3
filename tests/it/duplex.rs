//! Both directions at once: messages larger than every buffer, slow ends, control frames in between, late replies.

use crate::support::frame::{self, CONTINUATION, PONG, TEXT, fragment, frame};
use crate::support::{
    Certificate, Echo, EchoServer, Script, Wsurl, file_with, millis, noise, numbered_lines, secs,
};

const MIB: usize = 1024 * 1024;

#[test]
fn a_message_of_64_mebibytes_comes_back_while_the_next_goes_out() {
    // The server answers each message before it reads the next: who does not read while writing waits for ever.
    let data = noise(64 * MIB);
    let (_dir, path) = file_with("message", &data);
    let file = format!("@{path}");
    let server = EchoServer::start();
    Wsurl::new(["send", "-b", "-d", &file, "-d", &file, "--out-framing", "whole", &server.url()])
        .stdout([data.as_slice(), &data].concat())
        .stderr("")
        .limit(secs(60))
        .exits(0);
}

#[test]
fn a_single_message_of_a_stream_comes_back_whole() {
    let data = noise(32 * MIB);
    let (_dir, path) = file_with("upload", &data);
    let server = EchoServer::start();
    Wsurl::new(["stream", "--single-message", "-T", &path, &server.url()])
        .stdout(data)
        .stderr("")
        .limit(secs(60))
        .exits(0);
}

#[test]
fn large_messages_through_tls_do_not_block_each_other() {
    let data = noise(8 * MIB);
    let (_dir, path) = file_with("message", &data);
    let file = format!("@{path}");
    let server = Echo::new().tls(Certificate::Valid).start();
    Wsurl::new([
        "send",
        "-b",
        "--out-framing",
        "whole",
        "-d",
        &file,
        "-d",
        &file,
        "--cacert",
        server.cacert(),
    ])
    .args([server.url()])
    .stdout([data.as_slice(), &data].concat())
    .limit(secs(60))
    .exits(0);
}

#[test]
fn a_server_that_talks_all_the_time_does_not_stop_an_upload() {
    let (_dir, path) = file_with("upload", noise(8 * MIB));
    let chatter = frame::binary(noise(1000)).repeat(1000);
    let peer = Script::new().upgrade().send(chatter.repeat(8)).close_handshake();
    let outcome = Wsurl::new(["stream", "-T", &path, &peer.url()]).limit(secs(30)).exits(0);
    assert_eq!(outcome.stdout.len(), 8_000_000);
    let sent: Vec<u8> = peer.frames().into_iter().filter(|f| f.opcode < 8).flat_map(|f| f.payload).collect();
    assert!(sent == noise(8 * MIB), "what arrived is not what was sent");
}

#[test]
fn a_ping_is_answered_between_the_frames_of_a_paced_upload() {
    let (_dir, path) = file_with("upload", noise(600_000));
    for shape in [&["--single-message"][..], &["--chunk-size", "600K"]] {
        let peer =
            Script::new().upgrade().read_frame().read_frame().send(frame::ping("there?")).close_handshake();
        Wsurl::new(["stream", "--limit-rate", "1M", "-T", &path, &peer.url()]).args(shape).exits(0);
        let frames = peer.frames();
        let place = frames.iter().position(|frame| frame.opcode == PONG).expect("a pong");
        // The third frame is under way when the ping comes.
        assert!(place <= 3, "{shape:?}: after {place} of {} frames", frames.len());
        // No frame lasts over 100 ms.
        let longest = frames.iter().map(|frame| frame.payload.len()).max();
        assert!(longest <= Some(104_858), "{shape:?}: {longest:?} bytes");
    }
}

#[test]
fn a_slow_reader_and_a_fast_writer_lose_nothing() {
    let lines = numbered_lines(30_000);
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url()])
        .stdin(lines.as_str())
        .reader_is_slow(16 * 1024, millis(5))
        .stdout(&lines)
        .limit(secs(30))
        .exits(0);
}

#[test]
fn a_slow_writer_is_waited_for() {
    let server = EchoServer::start();
    let mut run = Wsurl::new(["send", &server.url()]).stdin_open("").stdout("one\ntwo\n").spawn();
    // A line in pieces is still one line.
    for piece in ["o", "n", "e\ntw", "o\n"] {
        run.write(piece);
        std::thread::sleep(millis(50));
    }
    run.wait_for_stdout("two\n");
    run.close_stdin();
    run.exits(0);
    assert_eq!(server.texts(), ["one", "two"]);
}

#[test]
fn frames_that_drip_in_make_whole_messages() {
    let bytes = [frame::text("one byte"), frame::ping("p"), frame::binary(noise(130))].concat();
    let peer = Script::new().upgrade().drip(bytes, millis(2)).read_frame().close_handshake();
    let mut expected = b"one byte\n".to_vec();
    expected.extend(noise(130));
    expected.push(b'\n');
    Wsurl::new(["send", "--expect", "2", &peer.url()]).stdout(expected).exits(0);
    assert_eq!((peer.frames()[0].opcode, peer.frames()[0].text()), (PONG, "p"));
}

#[test]
fn a_ping_between_fragments_is_answered_with_its_payload() {
    let peer = Script::new()
        .upgrade()
        .send([fragment(TEXT, "hel"), frame::ping("still there?")].concat())
        .read_frame()
        .send([frame(CONTINUATION, "lo"), frame::close(1000, "")].concat())
        .read_close()
        .close();
    Wsurl::new(["send", "-f", &peer.url()]).stdout("hello\n").exits(0);
    let pong = &peer.frames()[0];
    assert_eq!((pong.opcode, pong.text()), (PONG, "still there?"));
}

#[test]
fn a_ping_of_125_bytes_and_one_of_none_are_answered() {
    let long = "x".repeat(125);
    let pings = [frame::ping(&long), frame::ping("")];
    let [first, second] = pings;
    let peer = Script::new()
        .upgrade()
        .send(first)
        .read_frame()
        .send(second)
        .read_frame()
        .send(frame::close(1000, ""))
        .read_close()
        .close();
    Wsurl::new(["stream", "-f", &peer.url()]).stdout("").exits(0);
    let frames = peer.frames();
    assert_eq!((frames[0].opcode, frames[0].text()), (PONG, long.as_str()));
    assert_eq!((frames[1].opcode, frames[1].text()), (PONG, ""));
}

#[test]
fn a_pong_nobody_asked_for_is_ignored() {
    let bytes = [frame(PONG, "unasked"), frame::text("hi"), frame::close(1000, "")].concat();
    let peer = Script::new().upgrade().send(bytes).read_close().close();
    Wsurl::new(["send", "-f", &peer.url()]).stdout("hi\n").stderr("").exits(0);
}

#[test]
fn a_ping_during_our_close_does_no_harm() {
    let peer = Script::new().upgrade().read_close().send(frame::ping("wait")).answer_close().close();
    Wsurl::new(["send", "--expect", "0", &peer.url(), "hi"]).stdout("").stderr("").exits(0);
}

#[test]
fn a_reply_that_takes_its_time_is_not_lost() {
    let peer = Script::new()
        .upgrade()
        .read_frame()
        .sleep(millis(700))
        .send(frame::text("at last"))
        .close_handshake();
    Wsurl::new(["send", &peer.url(), "hi"]).stdout("at last\n").stderr("").exits(0);
}

#[test]
fn a_reply_between_our_close_and_the_servers_is_delivered() {
    let late = Script::new().upgrade().read_close().sleep(millis(700)).send(frame::binary("late"));
    let peer = late.answer_close().close();
    Wsurl::new(["stream", &peer.url()]).stdin("question").stdout("late").stderr("").exits(0);
}

#[test]
fn a_server_that_closes_in_place_of_a_reply_is_not_success() {
    let peer = Script::new().upgrade().read_frame().send(frame::close(1000, "bye")).read_close().close();
    Wsurl::new(["send", &peer.url(), "hi"]).stdout("").stderr_has("0 of 1").within(secs(5)).exits(1);
}

#[test]
fn a_message_after_the_close_of_the_server_is_not_one() {
    // RFC 6455 §5.5.1: nothing is sent after a Close, and what is, is not data.
    let bytes = [frame::text("before"), frame::close(1000, ""), frame::text("after")].concat();
    let peer = Script::new().upgrade().send(bytes).read_close().close();
    Wsurl::new(["send", "-f", &peer.url()]).stdout("before\n").exits(0);
}
