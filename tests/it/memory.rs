//! How much memory message mode takes at most: twice `--max-message-size` and 16 MiB, in any framing and with any check.
//! Each run is measured while it still goes on: the kernel keeps the peak only as long as the process lives.
#![cfg(target_os = "linux")]

use std::thread;

use crate::support::{Running, Script, Wsurl, frame, millis, secs};

const MIB: usize = 1 << 20;

/// `--max-message-size` of these runs; smaller than the default, so that they are quick and the bound is tight.
const MAX_MESSAGE: usize = 8 * MIB;

/// A payload that is nearly as large as it may be.
const PAYLOAD: usize = MAX_MESSAGE - 1000;

#[track_caller]
fn assert_within_bound(run: &Running) {
    let (peak, bound) = (run.peak_memory(), 2 * MAX_MESSAGE + 16 * MIB);
    assert!(peak <= bound, "{} KiB at the peak, at most {} KiB", peak / 1024, bound / 1024);
}

fn send(options: &[&str], peer: &Script) -> Wsurl {
    let max = MAX_MESSAGE.to_string();
    Wsurl::new(["send", "--max-message-size", &max]).args(options).args([peer.url()]).limit(secs(60))
}

/// Sends `input`, which is one message of [`PAYLOAD`] bytes however long it is itself.
#[track_caller]
fn sent_within_bound(options: &[&str], input: impl Into<Vec<u8>>) {
    let peer = Script::new().upgrade().read_frame().send(frame::text("taken")).read_close();
    let peer = peer.send(frame::close(1000, "")).close();
    let mut run = send(options, &peer).args(["--out-framing", "lines"]).stdin_open(input).spawn();
    run.wait_for_stdout("taken");
    assert_within_bound(&run);
    run.close_stdin();
    run.exits(0);
}

/// Receives one message under these options, while the input is still open.
#[track_caller]
fn received_within_bound(options: &[&str], message: &str) {
    let peer = Script::new().upgrade().send(frame::text(message)).read_close();
    let peer = peer.send(frame::close(1000, "")).close();
    let mut run = send(options, &peer).args(["--out-framing", "whole"]).stdin_open("").spawn();
    run.wait_for_stdout_bytes(message.len());
    assert_within_bound(&run);
    run.close_stdin();
    run.exits(0);
}

#[test]
fn escapes_of_json_are_decoded_as_they_come() {
    let escapes = r"\u0000".repeat(PAYLOAD);
    sent_within_bound(&["--framing", "json"], format!("{{\"type\":\"text\",\"data\":\"{escapes}\"}}\n"));
}

#[test]
fn ignored_fields_of_json_take_no_memory() {
    let (numbers, text) = ("[0],".repeat(MIB / 4), "a".repeat(5 * MAX_MESSAGE));
    let line = format!("{{\"notes\":[{numbers}\"{text}\"],\"type\":\"text\",\"data\":\"a\"}}\n");
    sent_within_bound(&["--framing", "json"], line);
}

#[test]
fn digits_are_decoded_as_they_come() {
    sent_within_bound(&["--framing", "hex"], "00".repeat(PAYLOAD) + "\n");
    sent_within_bound(&["--framing", "base64"], "AAAA".repeat(PAYLOAD / 3) + "\n");
    let digits = "AAAA".repeat(PAYLOAD / 3);
    sent_within_bound(&["--framing", "json"], format!("{{\"type\":\"binary\",\"base64\":\"{digits}\"}}\n"));
}

#[test]
fn no_tree_is_built_to_check_json() {
    let array = format!("[{}1]", "0,".repeat(PAYLOAD / 2 - 1));
    let last = format!("/{}=1", PAYLOAD / 2 - 1);
    received_within_bound(&["--expect-json", &last], &array);

    let string = format!(r#"{{"a":"{}","v":[1]}}"#, r"\n".repeat(PAYLOAD / 2 - 20));
    received_within_bound(&["--expect-json", "/v=[1]"], &string);
}

#[test]
fn replies_that_nobody_reads_take_no_more() {
    for framing in ["lines", "nul", "whole", "json", "base64", "hex"] {
        let message = frame::text(&"\0".repeat(PAYLOAD));
        let peer = Script::new().upgrade().send(message.repeat(4));
        let run = send(&["-f", "--out-framing", framing], &peer).reader_is_slow(1000, secs(5)).spawn();
        let (mut peak, mut settled) = (0, 0);
        for _ in 0..100 {
            thread::sleep(millis(100));
            settled = if run.peak_memory() == peak { settled + 1 } else { 0 };
            peak = run.peak_memory();
            // Two seconds without change, once a message is in.
            if settled == 20 && peak > PAYLOAD {
                break;
            }
        }
        assert_within_bound(&run);
    }
}
