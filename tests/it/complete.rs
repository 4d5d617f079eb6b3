//! Exit 0 means that all that was awaited has arrived whole (RFC 6455 §5.4: a message ends with FIN), however it was cut.

use std::fs;

#[cfg(unix)]
use crate::support::Signal;
use crate::support::frame::{self, BINARY, CONTINUATION, TEXT};
use crate::support::{Script, Wsurl, millis, new_file, noise, secs};

/// A message that has begun and is never finished, and a Close in order.
fn half_a_message() -> Vec<u8> {
    [frame::fragment(BINARY, noise(1000)), frame::close(1000, "")].concat()
}

#[test]
fn a_close_inside_a_message_is_a_loss_and_no_complete_file() {
    let (dir, path) = new_file("download");
    let peer = Script::new().upgrade().send(half_a_message()).read_close().close();
    Wsurl::new(["stream", "-f", "-o", &path, &peer.url()])
        .stderr(format!(
            "wsurl: error: {} closed with 1000 inside a message: its last frame never came; \
             1000 bytes are kept in {path}.part\n",
            peer.authority()
        ))
        .exits(56);
    assert_eq!(fs::read(format!("{path}.part")).expect("the part"), noise(1000));
    assert_eq!(fs::read_dir(dir.path()).expect("the folder").count(), 1);
}

#[test]
fn half_a_message_is_not_printed() {
    let peer = Script::new().upgrade().send(half_a_message()).read_close().close();
    Wsurl::new(["send", "-f", &peer.url()]).stdout("").stderr_has("inside a message").exits(56);
}

#[test]
fn an_answer_to_our_close_inside_a_message_is_a_loss_too() {
    for args in [["send", "--expect", "0"].as_slice(), &["stream"]] {
        let peer = Script::new().upgrade().read_close().send(half_a_message()).close();
        Wsurl::new(args).args([peer.url()]).stderr_has("inside a message").exits(56);
    }
}

#[test]
fn only_whole_messages_are_counted() {
    let peer = Script::new().upgrade().send(half_a_message()).read_close().close();
    Wsurl::new(["send", "--expect", "1", &peer.url()]).stdout("").stderr_has("inside a message").exits(56);

    let bytes = [frame::text("one"), frame::fragment(TEXT, "tw")].concat();
    let peer = Script::new().upgrade().send(bytes).hold();
    Wsurl::new(["send", "--expect", "2", "--receive-timeout", "300ms", &peer.url()])
        .stdout("one\n")
        .stderr_has("1 of 2 awaited messages arrived")
        .exits(28);
}

#[test]
fn half_of_a_message_that_nobody_awaits_is_no_loss() {
    let bytes = [frame::text("one"), frame::fragment(TEXT, "tw")].concat();
    let peer = Script::new().upgrade().send(bytes).close_handshake();
    Wsurl::new(["send", "--expect", "1", &peer.url()]).stdout("one\n").stderr("").exits(0);
}

#[test]
fn the_digest_says_what_is_incomplete() {
    let lines = |run: Wsurl| -> Vec<String> {
        let stderr = run.exits(56).stderr;
        stderr.lines().filter(|line| line.contains("sha256")).map(str::to_owned).collect()
    };
    // The end of the input is seen first.
    let peer = Script::new().upgrade().sleep(millis(200)).send(half_a_message()).read_close().close();
    let shown = lines(Wsurl::new(["stream", "-f", "--digest", "sha256", &peer.url()]));
    assert!(shown[0].starts_with("wsurl: sent 0 bytes, sha256 "), "{shown:?}");
    assert!(shown[1].starts_with("wsurl: received 1000 bytes, incomplete, sha256 "), "{shown:?}");

    let peer = Script::new().upgrade().send(frame::binary("abc")).read_frame().close();
    let shown = lines(Wsurl::new(["stream", "-f", "--digest", "sha256", &peer.url()]).stdin("whole"));
    assert!(shown[0].starts_with("wsurl: sent 5 bytes, sha256 "), "{shown:?}");
    assert!(shown[1].starts_with("wsurl: received 3 bytes, incomplete, sha256 "), "{shown:?}");
}

#[test]
fn the_digest_of_an_upload_that_was_cut_off_is_incomplete() {
    let peer = Script::with_little_room(4096).upgrade().takes(40 * 1024).send(frame::close(1000, "")).stall();
    let stderr = Wsurl::new(["stream", "--digest", "sha256", "--close-timeout", "1s", &peer.url()])
        .stdin(noise(1 << 20))
        .exits(55)
        .stderr;
    let sent = stderr.lines().find(|line| line.starts_with("wsurl: sent ")).expect("a digest");
    assert!(sent.contains(" bytes, incomplete, sha256 "), "{stderr}");
}

#[cfg(unix)]
#[test]
fn urgent_data_hides_nothing() {
    // One read of the system ends at the urgent byte, though there is more behind it.
    let peer = Script::new().upgrade().read_frame();
    let run =
        Wsurl::new(["send", "--expect", "2", &peer.url(), "hi"]).stdout("before\nafter\n").stderr("").spawn();
    peer.wait();
    run.signal(Signal::Stop);
    let peer = peer.send(frame::text("before")).send_urgent().send(frame::text("after"));
    peer.wait();
    run.signal(Signal::Continue);
    let _peer = peer.close_handshake();
    run.exits(0);
}

#[test]
fn a_message_with_two_faults_has_one_exit_code_wherever_it_is_cut() {
    // The byte that is no text comes first, then the header that goes beyond the limit.
    let not_text = [b"a".repeat(20), vec![0xFF; 4], b"b".repeat(6)].concat();
    let first = frame::fragment(TEXT, &not_text);
    let bytes = [first, frame::fragment(CONTINUATION, [b'c'; 20])].concat();
    assert_exit_code_at_every_cut(&bytes, 112);
    // The header goes beyond the limit before the byte that is no text.
    assert_exit_code_at_every_cut(
        &frame::text(&"a".repeat(33)).into_iter().chain([0xFF]).collect::<Vec<_>>(),
        63,
    );
    let mut too_large = frame::header(0x80 | TEXT, 40);
    too_large.extend([0xFF; 40]);
    assert_exit_code_at_every_cut(&too_large, 63);
}

#[track_caller]
fn assert_exit_code_at_every_cut(bytes: &[u8], code: i32) {
    for cut in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(cut);
        let peer = Script::new().upgrade_and_send(head).sleep(millis(20)).send(tail).read_close().close();
        Wsurl::new(["send", "-f", "--max-message-size", "32", &peer.url()])
            .stdout("")
            .within(secs(5))
            .exits(code);
    }
}
