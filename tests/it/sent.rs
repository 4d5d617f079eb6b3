//! Exit 0 means that the input was read to its end, and that the server's TCP has taken all of it.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::thread;

use crate::support::{
    Certificate, Script, Signal, Terminal, Wsurl, file_with, frame, millis, noise, numbered_lines, secs,
};

const MIB: usize = 1 << 20;

/// Bytes for which there is room in a kernel that was asked for it by [`ROOM`].
const IN_KERNEL: usize = 150_000;
const ROOM: [&str; 2] = ["--send-buffer", "400K"];

/// A server whose application takes a little of an upload, and closes in order.
///
/// What it has not taken waits in the client's kernel, all of it where that is [`IN_KERNEL`].
fn takes_a_little(code: u16) -> Script {
    Script::with_little_room(4096).upgrade().takes(40 * 1024).send(frame::close(code, "")).stall()
}

#[test]
fn what_the_servers_tcp_has_not_taken_was_not_sent() {
    for (code, size) in [(1000, IN_KERNEL), (1000, MIB), (1001, IN_KERNEL), (1001, MIB)] {
        for args in [["stream"].as_slice(), &["send", "--expect", "0", "-b", "--framing", "whole"]] {
            let peer = takes_a_little(code);
            let stderr = Wsurl::new(args)
                .args(ROOM)
                .args(["--close-timeout", "1s", &peer.url()])
                .stdin(noise(size))
                .within(secs(5))
                .exits(55)
                .stderr;
            let start = format!(
                "wsurl: error: not everything was sent to {}: it closed with {code}; sent ",
                peer.authority()
            );
            let taken = stderr.strip_prefix(&start).unwrap_or_else(|| panic!("{stderr}"));
            let taken: usize = taken.split(' ').next().expect("a number").parse().expect("a number");
            assert!((40_000..size).contains(&taken), "{stderr}");
        }
    }
}

#[test]
fn the_last_line_of_progress_claims_no_more_than_was_taken() {
    let (_dir, path) = file_with("upload", noise(IN_KERNEL));
    let peer = takes_a_little(1000);
    let stderr =
        Wsurl::new(["stream", "--progress", "always", "--close-timeout", "1s", "-T", &path, &peer.url()])
            .args(ROOM)
            .exits(55)
            .stderr;
    let last = stderr.lines().rfind(|line| line.starts_with("sent ")).expect("a line of progress");
    assert!(!last.contains("100%"), "{stderr}");
}

#[test]
fn an_honest_slow_server_is_never_accused() {
    for round in 0..160_u64 {
        let tls = round % 2 == 1;
        let peer = if tls {
            Script::tls_with_little_room(Certificate::Valid, 4096)
        } else {
            Script::with_little_room(4096)
        };
        // It reads with a pause somewhere, then closes by itself or answers our Close.
        let peer = peer.upgrade().takes_frames(1000 + round * 301).sleep(millis(round % 4));
        let peer =
            if round % 3 == 0 { peer.close_handshake() } else { peer.read_close().answer_close().hang_up() };
        let mut args = vec!["stream".to_owned()];
        let proxy = (round % 8 < 2).then(|| Script::new().http_tunnel_to(peer.address()));
        if let Some(proxy) = &proxy {
            args.extend(["-x".to_owned(), proxy.url_as("http")]);
        }
        if tls {
            args.extend(["--cacert".to_owned(), peer.cacert().to_owned()]);
        }
        Wsurl::new(args).args([peer.url()]).stdin(noise(100_000)).stderr("").exits(0);
    }
}

#[test]
fn a_server_that_closes_by_itself_after_all_was_taken_is_honest() {
    for round in 0..50_u64 {
        let peer = Script::with_little_room(4096).upgrade();
        let peer = peer.takes_frames(1 + 500 * round).sleep(millis(round % 4)).takes_frames(100_000 - 65_536);
        let peer = peer.send(frame::close(1000, "")).hold();
        Wsurl::new(["stream", "-f", "--chunk-size", "64K", &peer.url()])
            .stdin(noise(100_000))
            .stderr("")
            .exits(0);
    }
}

/// The ways of `send` and `stream` in which the session ends by itself.
const WAYS: [&[&str]; 5] =
    [&["send"], &["send", "--expect", "0"], &["send", "--wait", "5s"], &["send", "--lockstep"], &["stream"]];

#[test]
fn a_slow_producer_is_not_cut_off_in_silence() {
    for way in WAYS {
        for code in [1000, 1001] {
            let peer = Script::new().upgrade().read_frame().send(frame::text("first"));
            let peer = peer.send(frame::close(code, "")).read_close();
            let run = Wsurl::new(way)
                .args([peer.url()])
                .stdin_open("first\n")
                .stderr_has("not everything was sent to 127.0.0.1")
                .within(secs(4))
                .spawn();
            peer.wait();
            let _peer = peer.close();
            thread::sleep(millis(300));
            run.write("IMPORTANT\n");
            run.exits(55);
        }
    }
}

#[test]
fn a_producer_that_says_nothing_more_and_does_not_end_is_unfinished() {
    for way in WAYS {
        let peer = Script::new().upgrade().read_frame().send(frame::text("first"));
        let peer = peer.send(frame::close(1000, "")).read_close().close();
        let run = Wsurl::new(way).args([peer.url()]).stdin_open("first\n");
        run.stderr_has("before the input ended").within(secs(4)).exits(55);
    }
}

#[test]
fn a_producer_that_ends_a_little_later_than_the_server_is_in_time() {
    for way in WAYS {
        for pause in [0, 3, 30, 300] {
            let peer = Script::new().upgrade().read_frame().send(frame::text("hi"));
            let peer = peer.send(frame::close(1000, "")).read_close();
            let mut run = Wsurl::new(way).args([peer.url()]).stdin_open("hi\n").stderr("").spawn();
            peer.wait();
            let _peer = peer.close();
            thread::sleep(millis(pause));
            run.close_stdin();
            run.exits(0);
        }
    }
}

#[test]
fn a_reply_that_is_missing_when_the_producer_ends_is_told() {
    let peer = Script::new().upgrade().read_frame().send(frame::close(1000, "")).read_close();
    let mut run = Wsurl::new(["send", &peer.url()]).stdin_open("hi\n").stderr_has("0 of 1").spawn();
    peer.wait();
    let _peer = peer.close();
    thread::sleep(millis(30));
    run.close_stdin();
    run.exits(1);
}

#[test]
fn following_leaves_the_end_to_the_server() {
    for args in [["send", "-f"], ["stream", "-f"]] {
        let peer = Script::new().upgrade().read_frame().send(frame::close(1000, "")).read_close().close();
        Wsurl::new(args).args([peer.url()]).stdin_open("first\n").stdout("").within(secs(2)).exits(0);
    }
}

#[test]
fn nobody_has_to_end_the_input_of_a_terminal() {
    let terminal = Terminal::new();
    let peer =
        Script::new().upgrade().read_frame().send([frame::text("hi"), frame::close(1000, "")].concat());
    let peer = peer.read_close().close();
    let run =
        Wsurl::new(["send", &peer.url()]).stdin_from(terminal.file()).stdout("hi\n").within(secs(5)).spawn();
    terminal.types("hi\n");
    run.exits(0);
}

#[test]
fn a_failed_upload_says_how_far_it_got() {
    let (_dir, path) = file_with("upload", vec![7; 64 * MIB]);
    let told = |run: crate::support::Running, code: i32| {
        let stderr = run.exits(code).stderr;
        let (_, after) = stderr.rsplit_once("sent ").unwrap_or_else(|| panic!("{stderr}"));
        let (taken, whole) = after.split_once(" of ").unwrap_or_else(|| panic!("{stderr}"));
        let taken: usize = taken.trim_start_matches("at most ").parse().expect("a number");
        assert!(whole.starts_with("64 MiB") && taken < 60, "{stderr}");
    };
    let upload = |peer: &Script| {
        Wsurl::new([
            "stream",
            "--send-timeout",
            "500ms",
            "--close-timeout",
            "500ms",
            "-T",
            &path,
            &peer.url(),
        ])
        .within(secs(8))
    };
    // It takes no more, closes, refuses, breaks off; a limit or a signal ends it.
    told(upload(&Script::with_little_room(4096).upgrade().takes(100_000).stall()).spawn(), 28);
    told(upload(&takes_a_little(1000)).spawn(), 55);
    told(upload(&takes_a_little(4001)).spawn(), 110);
    told(upload(&Script::new().upgrade().takes(100_000).reset()).spawn(), 55);
    let slow = Script::new().upgrade().takes(100_000).hold();
    told(upload(&slow).args(["--limit-rate", "1M", "-m", "1s"]).spawn(), 28);
    let slow = Script::new().upgrade().takes(100_000);
    let run = upload(&slow).args(["--limit-rate", "1M"]).spawn();
    slow.wait();
    let _slow = slow.hold();
    run.signal(Signal::Interrupt);
    told(run, 130);
}

#[test]
fn an_upload_of_which_everything_was_taken_is_not_said_to_have_failed() {
    let (_dir, path) = file_with("upload", noise(1000));
    let peer = Script::new().upgrade().read_close().hold();
    let stderr =
        Wsurl::new(["stream", "--close-timeout", "300ms", "-T", &path, &peer.url()]).exits(28).stderr;
    assert!(!stderr.contains("sent "), "{stderr}");
}

/// A server on a Unix socket that reads so many bytes, then stops reading for good, and leaves its side open.
#[cfg(unix)]
#[track_caller]
fn stops_reading(args: &[&str], input: Vec<u8>) -> String {
    use std::io::Read as _;
    use std::net::Shutdown;
    use std::os::unix::net::UnixListener;

    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("socket");
    let listener = UnixListener::bind(&path).expect("a socket");
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        let mut socket = tungstenite::accept(stream).expect("an upgrade");
        let stream = socket.get_mut();
        stream.read_exact(&mut [0; 1000]).expect("an upload");
        stream.shutdown(Shutdown::Read).expect("a socket that is half open");
        stream.set_read_timeout(Some(secs(10))).expect("a limit");
        let mut descriptor = stream.try_clone().expect("another descriptor");
        // Until the client has left: nothing can be written to it then.
        for _ in 0..200 {
            thread::sleep(millis(50));
            if descriptor.write_all(&frame::ping("")).is_err() {
                break;
            }
        }
    });
    let stderr = Wsurl::new(args)
        .args(["--unix-socket", path.to_str().expect("a path in UTF-8"), "--close-timeout", "1s", "ws://h/"])
        .stdin(input)
        .within(secs(4))
        .exits(55)
        .stderr;
    server.join().expect("the server");
    stderr
}

#[cfg(unix)]
#[test]
fn a_peer_that_takes_nothing_more_ends_the_run_within_the_close_timeout() {
    let stderr = stops_reading(&["stream"], noise(8 * MIB));
    assert!(stderr.contains("Broken pipe"), "{stderr}");
    let stderr = stops_reading(&["send", "--expect", "0"], numbered_lines(500_000).into_bytes());
    assert!(stderr.contains("Broken pipe"), "{stderr}");
}

#[test]
fn an_upload_needs_nobody_who_reads_its_output() {
    let (_dir, path) = file_with("upload", noise(8 * MIB));
    for args in
        [["stream", "-T", &path].as_slice(), &["send", "--expect", "0", "-b", "-d", &format!("@{path}")]]
    {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let peer = Script::new().upgrade().takes_frames(MIB as u64).sleep(millis(300)).close_handshake();
        Wsurl::new(args).args([peer.url()]).stdout_to(File::from(OwnedFd::from(writer))).stderr("").exits(0);
        // It ends as every upload does, and not because of its reader.
        assert_eq!(peer.close_code(), Some(1000));
    }
}

#[test]
fn a_file_that_is_cut_off_while_it_is_sent_is_an_error() {
    for shape in [&[][..], &["--single-message"], &["--single-message", "--limit-rate", "1G"]] {
        let (_dir, path) = file_with("upload", "");
        let file = File::options().write(true).open(&path).expect("the file");
        file.set_len(256 << 20).expect("a file with holes");
        let server = Script::new().upgrade().takes(1000);
        let run = Wsurl::new(["stream", "--close-timeout", "500ms", "-T", &path])
            .args(shape)
            .args([&server.url()])
            .stderr_has(format!("wsurl: error: cannot read {path}: it became "))
            .stderr_has(" bytes shorter while it was sent")
            .spawn();
        server.wait();
        file.set_len(1000).expect("a shorter file");
        let server = server.hold();
        run.exits(26);
        drop(server);
    }
}
