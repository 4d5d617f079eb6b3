//! Stream mode: chunks out, sections in, files at either end.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use tungstenite::Message;

use crate::support::frame::{self, BINARY, CONTINUATION, TEXT, fragment, frame};
use crate::support::{Certificate, Echo, EchoServer, Script, Wsurl, file_with, millis, noise, secs};

#[test]
fn what_is_typed_now_is_sent_now() {
    let server = EchoServer::start();
    let mut run = Wsurl::new(["stream", &server.url()]).stdin_open("abc").stdout("abcdef").spawn();
    run.wait_for_stdout("abc");
    run.write("def");
    run.wait_for_stdout("abcdef");
    run.close_stdin();
    run.exits(0);
    assert_eq!(server.received().messages, [Message::binary("abc"), Message::binary("def")]);
}

#[test]
fn what_goes_out_comes_back_whole() {
    let data = noise(3_000_000);
    let server = EchoServer::start();
    Wsurl::new(["stream", &server.url()])
        .stdin(data.as_slice())
        .stdout(data)
        .stderr("")
        .limit(secs(20))
        .exits(0);
}

#[test]
fn a_file_is_cut_into_chunks_of_the_size_wanted() {
    let (_dir, path) = file_with("upload", "0123456789");
    let server = EchoServer::start();
    Wsurl::new(["stream", "-T", &path, "--chunk-size", "4", &server.url()]).stdout("0123456789").exits(0);
    assert_eq!(server.received().messages, ["0123", "4567", "89"].map(Message::binary));
}

#[test]
fn a_chunk_is_at_most_64_kibibytes() {
    let (_dir, path) = file_with("upload", noise(150_000));
    let server = EchoServer::start();
    Wsurl::new(["stream", "-T", &path, &server.url()]).exits(0);
    let lens: Vec<_> = server.received().messages.iter().map(Message::len).collect();
    assert!(lens.iter().all(|len| *len <= 65536) && lens.iter().sum::<usize>() == 150_000, "{lens:?}");
}

#[test]
fn an_upload_is_continued() {
    let (_dir, path) = file_with("upload", "0123456789");
    let server = EchoServer::start();
    let args = ["stream", "-T", &path, "-C", "7", "--digest", "sha256"];
    Wsurl::new(args).args([&server.url()]).stdout("789").stderr_has("sent 3 bytes").exits(0);
    Wsurl::new(["stream", "-T", &path, "--continue-at", "10", &server.url()]).stdout("").exits(0);
    Wsurl::new(["stream", "-T", &path, "-C", "8", "--single-message", &server.url()]).stdout("89").exits(0);
}

#[test]
fn only_a_file_is_continued_and_not_behind_its_end() {
    let (_dir, path) = file_with("upload", "0123456789");
    let refused = |args: &[&str], part: &str| {
        Wsurl::new(["stream"]).args(args).args(["ws://127.0.0.1:9/"]).stderr_has(part).exits(2);
    };
    refused(&["-C", "5"], "--upload-file <FILE>");
    refused(&["-C", "5", "-T", "-"], "-T FILE");
    refused(&["-C", "5", "-T", "/dev/null"], "is not a regular file");
    refused(&["-C", "11", "-T", &path], "has only 10 bytes");
    refused(&["-C", "-", "-T", &path], "only the server knows");
}

#[test]
fn no_input_is_no_message() {
    let server = EchoServer::start();
    Wsurl::new(["stream", &server.url()]).stdout("").stderr("").exits(0);
    let received = server.received();
    assert_eq!((received.messages, received.close), (vec![], Some((1000, String::new()))));
}

#[test]
fn an_empty_file_is_no_chunk_but_one_empty_message() {
    let (_dir, path) = file_with("empty", "");
    let server = EchoServer::start();
    Wsurl::new(["stream", "-T", &path, &server.url()]).exits(0);
    assert_eq!(server.received().messages, []);

    let server = EchoServer::start();
    Wsurl::new(["stream", "--single-message", "-T", &path, &server.url()]).exits(0);
    assert_eq!(server.received().messages, [Message::binary("")]);
}

#[test]
fn a_file_as_a_single_message_is_a_single_frame() {
    let data = noise(200_000);
    let (_dir, path) = file_with("upload", &data);
    let peer = Script::new().upgrade().close_handshake();
    Wsurl::new(["stream", "--single-message", "-T", &path, &peer.url()]).exits(0);
    let frames = peer.frames();
    assert_eq!(frames.len(), 2, "{frames:?}");
    assert!(frames[0].fin && frames[0].opcode == BINARY && frames[0].payload == data, "{frames:?}");
}

#[test]
fn a_pipe_as_a_single_message_goes_out_in_fragments() {
    let peer = Script::new().upgrade().read_frame();
    let mut run = Wsurl::new(["stream", "--single-message", &peer.url()]).stdin_open("first ").spawn();
    // What is there goes out before more is typed: its size is not known, so it cannot be the last frame.
    let first = peer.frames().remove(0);
    assert_eq!((first.fin, first.opcode, first.text()), (false, BINARY, "first "));
    let peer = peer.close_handshake();
    run.write("second");
    run.close_stdin();
    run.exits(0);
    let mut frames = peer.frames();
    assert_eq!(frames.pop().map(|last| last.opcode), Some(frame::CLOSE));
    assert!(frames[1..].iter().all(|frame| frame.opcode == CONTINUATION), "{frames:?}");
    assert_eq!(frames.iter().filter(|frame| frame.fin).count(), 1, "{frames:?}");
    assert!(frames.last().is_some_and(|last| last.fin), "{frames:?}");
    let payload: Vec<u8> = frames.into_iter().flat_map(|frame| frame.payload).collect();
    assert_eq!(payload, b"first second");
}

#[test]
fn an_empty_pipe_as_a_single_message_is_an_empty_message() {
    let server = EchoServer::start();
    Wsurl::new(["stream", "--single-message", &server.url()]).stdin("").exits(0);
    assert_eq!(server.received().messages, [Message::binary("")]);
}

#[test]
fn a_section_is_delivered_before_its_frame_ends() {
    let section = noise(100_000);
    let start = [frame::header(0x80 | BINARY, 1 << 40), section.clone()].concat();
    let peer = Script::new().upgrade().send(start);
    let mut run = Wsurl::new(["stream", "-f", &peer.url()]).spawn();
    assert!(run.wait_for_stdout_bytes(100_000) == section);
    // The rest of the tebibyte never comes.
    let _peer = peer.close();
    run.exits(56);
}

#[test]
fn the_last_bytes_of_a_flood_are_delivered_before_their_frame_ends() {
    let flood = noise(8_000_000);
    for peer in [Script::new(), Script::tls(Certificate::Valid)] {
        let start = [frame::header(0x80 | BINARY, 1 << 40), flood.clone()].concat();
        let peer = peer.upgrade().send(start);
        let mut run = Wsurl::new(["stream", "-f", "-s", "-k", &peer.url()]).spawn();
        assert!(run.wait_for_stdout_bytes(flood.len()) == flood, "{}", peer.url());
        // After the pause, little is delivered, too.
        let peer = peer.send("more");
        assert!(run.wait_for_stdout_bytes(flood.len() + 4).ends_with(b"more"), "{}", peer.url());
        let _peer = peer.close();
        run.exits(56);
    }
}

#[test]
fn fragments_and_text_are_bytes_like_all_others() {
    let frames = [
        frame(TEXT, "text, "),
        fragment(BINARY, "half"),
        frame::ping("between"),
        frame(CONTINUATION, " and half"),
        frame(BINARY, ""),
        frame::close(1000, ""),
    ];
    let peer = Script::new().upgrade().send(frames.concat()).read_close().close();
    Wsurl::new(["stream", "-f", &peer.url()]).stdout("text, half and half").exits(0);
}

#[test]
fn all_that_comes_before_the_close_of_the_server_is_delivered() {
    let data = noise(1_000_000);
    let peer = Script::new().upgrade().read_close().send(frame::binary(&data)).answer_close().close();
    Wsurl::new(["stream", &peer.url()]).stdin("request").stdout(data).exits(0);
}

#[test]
fn the_close_can_be_held_back_for_a_number_of_messages() {
    let peer = Script::new()
        .upgrade()
        .read_frame()
        .hears_nothing_for(millis(200))
        .send([frame::binary("one"), frame::binary("two")].concat())
        .close_handshake();
    Wsurl::new(["stream", "--expect", "2", &peer.url()]).stdin("go").stdout("onetwo").exits(0);
}

#[test]
fn fewer_messages_than_awaited_are_not_success() {
    let server = Echo::new().closes_after(1, 1000, "").start();
    Wsurl::new(["stream", "--expect", "2", &server.url()])
        .stdin("go")
        .stdout("go")
        .stderr_has("1 of 2")
        .exits(1);
}

#[test]
fn the_close_can_be_held_back_until_it_is_quiet() {
    let peer =
        Script::new().upgrade().read_frame().sleep(millis(200)).send(frame::binary("late")).close_handshake();
    Wsurl::new(["stream", "--wait", "700ms", &peer.url()]).stdin("go").stdout("late").exits(0);
}

#[test]
fn a_download_gets_its_name_when_it_is_complete() {
    let (dir, path) = file_with("download", "the last one");
    let peer = Script::new().upgrade().send([frame::binary("fresh "), frame::ping("")].concat()).read_frame();
    let run = Wsurl::new(["stream", "-f", "-o", &path, &peer.url()]).stdout("").spawn();
    // The pong says that everything before it has been taken.
    peer.wait();
    assert_eq!(std::fs::read_to_string(&path).expect("the old file"), "the last one");
    let _peer = peer.send([frame::binary("data"), frame::close(1000, "")].concat()).read_close().close();
    run.exits(0);
    assert_eq!(std::fs::read_to_string(&path).expect("the new file"), "fresh data");
    assert_eq!(
        std::fs::read_dir(dir.path()).expect("the directory").count(),
        1,
        "nothing else is left beside it"
    );
}

#[cfg(unix)]
#[test]
fn an_output_that_is_no_regular_file_is_written_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt as _;

    // The same would happen to /dev/null, and its loss takes a machine down.
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("start mkfifo");
    assert!(made.success(), "mkfifo: {made}");
    let reader = std::thread::spawn({
        let path = path.clone();
        move || std::fs::read(path)
    });
    let server = EchoServer::start();
    let path = path.to_str().expect("a path in UTF-8");
    Wsurl::new(["stream", "-o", path, &server.url()]).stdin("through the pipe").stdout("").exits(0);
    assert!(std::fs::metadata(path).expect("the pipe").file_type().is_fifo());
    assert_eq!(reader.join().expect("the reader").expect("a read"), b"through the pipe");
}

#[test]
fn a_file_that_cannot_be_read_is_told_by_its_path() {
    for path in ["/nonexistent/upload", "/"] {
        Wsurl::new(["stream", "-T", path, "ws://127.0.0.1:1/"]).stdout("").stderr_has(path).exits(26);
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told_by_its_path() {
    Wsurl::new(["stream", "-o", "/nonexistent/download", "ws://127.0.0.1:1/"])
        .stderr_has("/nonexistent/download")
        .exits(23);
}

#[test]
fn the_digest_of_both_directions_is_reported() {
    let data = noise(70_000);
    let sum = HEXLOWER.encode(&Sha256::digest(&data));
    let server = EchoServer::start();
    let run =
        Wsurl::new(["stream", "--digest", "sha256", &server.url()]).stdin(data.as_slice()).stdout(&data);
    let stderr = run.stderr_has("70000").exits(0).stderr;
    assert_eq!(stderr.matches(&sum).count(), 2, "{stderr}");
}

#[test]
fn the_digest_of_nothing_is_known_too() {
    let peer = Script::new().upgrade().close_handshake();
    Wsurl::new(["stream", "--digest", "sha256", &peer.url()])
        .args(["-w", "%{sha256_upload} %{sha256_download}\\n"])
        .stdin("abc")
        .stdout(format!(
            "{} {}\n",
            HEXLOWER.encode(&Sha256::digest("abc")),
            HEXLOWER.encode(&Sha256::digest(""))
        ))
        .exits(0);
}

#[test]
fn an_upload_can_be_slowed_down() {
    let (_dir, path) = file_with("upload", noise(150_000));
    let server = Echo::new().mute().start();
    let args = ["stream", "--limit-rate", "100K", "--chunk-size", "10K", "-T", &path, &server.url()];
    let elapsed = Wsurl::new(args).within(secs(4)).exits(0).elapsed;
    // 1.46 s at the rate given; a burst at the start may save some of it.
    assert!(elapsed >= millis(700), "{elapsed:?} is too fast");
    assert_eq!(server.received().messages.iter().map(Message::len).sum::<usize>(), 150_000);
}

#[test]
fn progress_goes_to_stderr_and_only_where_it_is_wanted() {
    let (_dir, path) = file_with("upload", noise(300_000));
    let run = |mode: &str| {
        let server = EchoServer::start();
        Wsurl::new(["stream", "--progress", mode, "-T", &path, &server.url()])
            .stdout(noise(300_000))
            .exits(0)
            .stderr
    };
    assert!(!run("always").is_empty());
    assert_eq!(run("never"), "");
    assert_eq!(run("auto"), "", "stderr is no terminal here");
}
