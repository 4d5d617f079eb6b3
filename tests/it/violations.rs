//! Servers that break RFC 6455: the client says which rule, closes with the code that belongs to it, and exits with 112.

use crate::support::frame::{self, BINARY, CONTINUATION, PING, TEXT, fragment, frame, raw};
use crate::support::{Script, Wsurl, secs};

/// After a good message, the server sends these bytes; the client must end it with this code, in either mode.
#[track_caller]
fn breaks(bytes: &[u8], code: u16, section: &str) {
    for mode in ["send", "stream"] {
        let good = frame::text("good");
        let peer = Script::new().upgrade().send([good.as_slice(), bytes].concat()).read_close().close();
        let run = Wsurl::new([mode, "-f", &peer.url()]);
        run.stdout(if mode == "send" { "good\n" } else { "good" })
            .stderr_has("127.0.0.1")
            .stderr_has(format!("RFC 6455 \u{a7}{section}"))
            .within(secs(5))
            .exits(112);
        assert_eq!(peer.close_code(), Some(code), "in {mode}");
    }
}

#[test]
fn a_masked_frame() {
    breaks(&frame::masked(TEXT, "hidden"), 1002, "5.1");
}

#[test]
fn a_reserved_bit() {
    for bit in [0x40, 0x20, 0x10] {
        breaks(&raw(0x80 | bit | TEXT, "compressed?"), 1002, "5");
    }
}

#[test]
fn a_reserved_bit_in_a_control_frame() {
    breaks(&raw(0x80 | 0x40 | PING, ""), 1002, "5");
}

#[test]
fn an_opcode_that_is_not_defined() {
    for opcode in [0x3, 0x7, 0xB, 0xF] {
        breaks(&frame(opcode, ""), 1002, "5");
    }
}

#[test]
fn a_control_frame_in_fragments() {
    breaks(&fragment(PING, "half"), 1002, "5");
    breaks(&fragment(frame::CLOSE, ""), 1002, "5");
}

#[test]
fn a_control_frame_of_126_bytes() {
    breaks(&frame(PING, [b'p'; 126]), 1002, "5");
    breaks(&frame::close(1000, &"r".repeat(124)), 1002, "5");
}

#[test]
fn a_continuation_of_nothing() {
    breaks(&frame(CONTINUATION, "and then"), 1002, "5.4");
    breaks(&fragment(CONTINUATION, "and then"), 1002, "5.4");
}

#[test]
fn a_message_within_another() {
    let bytes = [fragment(BINARY, ""), frame::text("me first")].concat();
    breaks(&bytes, 1002, "5.4");
}

#[test]
fn a_frame_length_with_the_high_bit() {
    breaks(&frame::header(0x80 | BINARY, 1 << 63), 1002, "5.2");
    breaks(&frame::header(0x80 | BINARY, u64::MAX), 1002, "5.2");
}

#[test]
fn a_frame_length_that_is_not_in_its_shortest_form() {
    breaks(&[0x80 | BINARY, 126, 0, 3, b'a', b'b', b'c'], 1002, "5.2");
    breaks(&[0x80 | BINARY, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 1002, "5.2");
}

/// As [`breaks`], for text: stream mode has no text, so only `send` is looked at.
#[track_caller]
fn is_not_utf8(bytes: &[u8]) {
    let peer = Script::new().upgrade().send(bytes).read_close().close();
    let run = Wsurl::new(["send", "-f", &peer.url()]);
    run.stdout("").stderr_has("UTF-8").stderr_has("RFC 6455 \u{a7}").within(secs(5)).exits(112);
    assert_eq!(peer.close_code(), Some(1007));
}

#[test]
fn text_that_is_not_utf8() {
    // A stray continuation byte, an overlong slash, a surrogate, a code point above U+10FFFF.
    for bytes in [&b"ok \x80"[..], b"\xC0\xAF", b"\xED\xA0\x80", b"\xF4\x90\x80\x80"] {
        is_not_utf8(&frame(TEXT, bytes));
    }
}

#[test]
fn text_that_ends_within_a_character() {
    is_not_utf8(&frame(TEXT, b"\xE2\x82"));
    is_not_utf8(&[fragment(TEXT, b"\xE2"), frame(CONTINUATION, b"\x82")].concat());
}

#[test]
fn text_that_is_not_utf8_across_fragments() {
    is_not_utf8(&[fragment(TEXT, b"\xE2\x82"), frame(CONTINUATION, b"(")].concat());
}

#[test]
fn text_that_is_not_utf8_is_known_before_its_message_ends() {
    is_not_utf8(&fragment(TEXT, b"\xFF"));
}

#[test]
fn a_character_may_be_split_anywhere() {
    let bytes = [
        fragment(TEXT, b"5\xE2"),
        fragment(CONTINUATION, b""),
        frame::ping("between"),
        fragment(CONTINUATION, b"\x82"),
        frame(CONTINUATION, b"\xAC"),
    ];
    let peer =
        Script::new().upgrade().drip(bytes.concat(), std::time::Duration::from_millis(2)).close_handshake();
    Wsurl::new(["send", "--expect", "1", &peer.url()]).stdout("5\u{20ac}\n").stderr("").exits(0);
}

#[test]
fn binary_data_may_hold_anything() {
    let peer = Script::new().upgrade().send(frame::binary(b"\xFF\xFE\x80")).close_handshake();
    Wsurl::new(["send", "--expect", "1", &peer.url()]).stdout(b"\xFF\xFE\x80\n").stderr("").exits(0);
}

#[test]
fn a_violation_ends_the_run_even_if_the_server_never_answers() {
    let peer = Script::new().upgrade().send(frame::masked(TEXT, "hidden")).read_close().hold();
    Wsurl::new(["send", "-f", "--close-timeout", "300ms", &peer.url()]).within(secs(5)).exits(112);
}

#[test]
fn what_follows_a_violation_is_not_believed() {
    let bytes = [frame(0x3, ""), frame::text("trust me"), frame::close(1000, "")].concat();
    let peer = Script::new().upgrade().send(bytes).read_close().close();
    Wsurl::new(["send", "-f", &peer.url()]).stdout("").exits(112);
}
