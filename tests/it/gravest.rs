//! Several failures at once: the exit code tells of the gravest. Signal; 23, 26; 112, 63; 28; 110; 55; 56; 1.

use std::fs::File;

use crate::support::frame::{self, BINARY, TEXT};
use crate::support::{Script, Signal, Wsurl, millis, noise, secs};

/// A stdout that takes nothing.
fn full() -> File {
    File::options().write(true).open("/dev/full").expect("/dev/full")
}

/// An upload that does not end before the server says something.
fn endless_upload(peer: &Script) -> Wsurl {
    Wsurl::new(["stream", "--close-timeout", "500ms", &peer.url()])
        .stdin_endless(noise(65536))
        .within(secs(5))
}

#[test]
fn a_signal_comes_before_an_output_that_cannot_be_written() {
    let peer = Script::new().upgrade().read_frame().send(frame::text("hi"));
    let run =
        Wsurl::new(["send", "--expect", "2", &peer.url(), "hi"]).stdout_to(full()).within(secs(5)).spawn();
    let peer = peer.read_close();
    peer.wait();
    run.signal(Signal::Terminate);
    let _peer = peer.sleep(millis(200)).answer_close().close();
    run.exits(143);
}

#[test]
fn a_signal_comes_before_a_close_that_is_not_accepted() {
    let peer = Script::new().upgrade().read_frame();
    let run = Wsurl::new(["send", "-f", &peer.url(), "hi"]).within(secs(5)).spawn();
    peer.wait();
    run.signal(Signal::Interrupt);
    let _peer = peer.read_close().sleep(millis(200)).send(frame::close(4001, "")).close();
    run.exits(130);
}

#[test]
fn an_output_that_cannot_be_written_comes_before_a_timeout() {
    let peer = Script::new().upgrade().read_frame().send(frame::text("hi")).hold();
    Wsurl::new(["send", "--expect", "2", "--close-timeout", "300ms", &peer.url(), "hi"])
        .stdout_to(full())
        .within(secs(5))
        .exits(23);
}

#[test]
fn an_output_that_cannot_be_written_comes_before_a_close_that_is_not_accepted() {
    let bytes = [frame::text("hi"), frame::close(4001, "")].concat();
    let peer = Script::new().upgrade().read_frame().send(bytes).read_close().close();
    Wsurl::new(["send", "--expect", "2", &peer.url(), "hi"]).stdout_to(full()).exits(23);
}

#[test]
fn an_output_that_cannot_be_written_comes_before_a_check_that_is_not_met() {
    let peer = Script::new().upgrade().read_frame().send(frame::text("hi")).close_handshake();
    Wsurl::new(["send", "--expect-text", "ho", &peer.url(), "hi"]).stdout_to(full()).exits(23);
}

#[test]
fn facts_that_cannot_be_printed_hide_only_lesser_failures() {
    let peer = Script::new().upgrade().read_frame().send(frame::close(1000, "")).read_close().close();
    Wsurl::new(["send", "-w", "done", &peer.url(), "hi"]).stdout_to(full()).exits(23);
    let peer = Script::new().request().respond("HTTP/1.1 403 Forbidden\r\n\r\n").close();
    Wsurl::new(["send", "-w", "done", &peer.url(), "hi"]).stdout_to(full()).exits(22);
}

#[test]
fn an_input_that_cannot_be_sent_comes_before_what_the_server_makes_of_it() {
    let peer = || Script::new().upgrade().read_close();
    let bad_input = |peer: &Script| {
        Wsurl::new(["send", "--close-timeout", "300ms", &peer.url()])
            .stdin(b"\xFF\n".as_slice())
            .within(secs(5))
    };
    let refuses = peer().send(frame::close(4001, "")).close();
    bad_input(&refuses).exits(26);
    let says_nothing = peer().hold();
    bad_input(&says_nothing).exits(26);
    let breaks_off = peer().reset();
    bad_input(&breaks_off).exits(26);
}

#[test]
fn a_broken_rule_comes_before_a_close_that_is_not_accepted() {
    let bytes = [frame::masked(BINARY, "?"), frame::close(4001, "")].concat();
    let peer = Script::new().upgrade().read_frame().send(bytes).hold();
    endless_upload(&peer).exits(112);
}

#[test]
fn a_message_that_is_too_large_comes_before_an_input_that_was_not_sent() {
    let peer = Script::new().upgrade().read_frame().send(frame::header(0x80 | TEXT, 2000)).hold();
    endless_upload(&peer).args(["--max-message-size", "1K"]).exits(63);
}

#[test]
fn a_timeout_comes_before_a_close_that_is_not_accepted() {
    let peer = Script::new().upgrade().read_close().send(frame::close(4001, "")).close();
    Wsurl::new(["send", "--expect", "1", "--receive-timeout", "300ms", &peer.url()])
        .within(secs(5))
        .exits(28);
}

#[test]
fn an_upload_that_was_cut_off_comes_before_half_a_message() {
    let half = frame::fragment(TEXT, "ha");
    let peer =
        Script::new().upgrade().read_frame().send([half.clone(), frame::close(1000, "")].concat()).hold();
    endless_upload(&peer).exits(55);
    let peer = Script::new().upgrade().read_frame().send(half).reset();
    endless_upload(&peer).exits(55);
}

#[test]
fn half_a_message_comes_before_messages_that_are_missing() {
    let bytes = [frame::fragment(TEXT, "ha"), frame::close(1000, "")].concat();
    let peer = Script::new().upgrade().send(bytes).read_close().close();
    Wsurl::new(["send", "--expect", "3", &peer.url()]).exits(56);
    let peer = Script::new().upgrade().read_frame().sleep(millis(50)).reset();
    Wsurl::new(["send", "--expect-text", "hi", &peer.url(), "hi"]).exits(56);
}
