//! permessage-deflate (RFC 7692): what is offered and agreed on, what goes over the wire, and what must not.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use crate::support::frame::{self, CONTINUATION, Frame, PING, TEXT, raw};
use crate::support::{EchoServer, Embedded, Script, Wsurl, millis, noise, numbered_lines, secs};

/// The bit of a compressed message.
const RSV1: u8 = 0x40;
const FIN: u8 = 0x80;

/// "Hello", compressed (RFC 7692 §7.2.3.1).
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

/// "Hello" once more, by reference to the first (RFC 7692 §7.2.3.2).
const HELLO_AGAIN: [u8; 5] = [0xf2, 0x00, 0x11, 0x00, 0x00];

const AGREED: &str = "Sec-WebSocket-Extensions: permessage-deflate";

/// A server that agrees with these parameters.
fn agrees(params: &str) -> Script {
    Script::new().upgrade_with(&format!("{AGREED}{params}"))
}

fn compressed(payload: &[u8]) -> Vec<u8> {
    raw(FIN | RSV1 | TEXT, payload)
}

/// What a server sends for this payload.
fn deflated(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 1024);
    let mut deflate = Compress::new(Compression::new(6), false);
    deflate.compress_vec(payload, &mut out, FlushCompress::Sync).expect("deflate");
    assert!(out.ends_with(&[0, 0, 0xFF, 0xFF]));
    out.truncate(out.len() - 4);
    out
}

/// Inflates messages of a client with one context.
fn inflated(inflate: &mut Decompress, frames: &[Frame]) -> Vec<u8> {
    let payload: Vec<u8> = frames.iter().flat_map(|frame| frame.payload.clone()).collect();
    let mut out = Vec::with_capacity(1 << 20);
    for bytes in [&payload[..], &[0, 0, 0xFF, 0xFF]] {
        inflate.decompress_vec(bytes, &mut out, FlushDecompress::Sync).expect("deflate data");
    }
    out
}

// What is offered

#[test]
fn compression_is_offered_when_asked_for_and_the_url_is_no_parameter() {
    for (flag, offered) in [
        ("--compress", "permessage-deflate; client_max_window_bits"),
        ("--deflate", "permessage-deflate; client_max_window_bits"),
        ("--compressed", "permessage-deflate; client_max_window_bits"),
        ("--compress=", "permessage-deflate"),
        (
            "--compress=client_max_window_bits=12; server_no_context_takeover",
            "permessage-deflate; client_max_window_bits=12; server_no_context_takeover",
        ),
    ] {
        let peer = Script::new().upgrade().close_handshake();
        Wsurl::new(["send", flag, &peer.url(), "--expect", "0", "hi"]).stderr("").exits(0);
        assert_eq!(peer.headers("sec-websocket-extensions"), [offered], "{flag}");
    }
}

#[test]
fn parameters_that_are_none_are_refused_beside_some_that_would_work() {
    Wsurl::new(["send", "--compress=client_max_window_bits=7", "ws://127.0.0.1:1/"])
        .stderr_has(
            "invalid value 'client_max_window_bits=7' for '--compress[=<PARAMS>]': 'client_max_window_bits=7': \
             client_max_window_bits is '7', not a number from 8 to 15; an example that works is \
             'client_max_window_bits=12; server_no_context_takeover'",
        )
        .exits(2);
}

// What is agreed on

#[test]
fn a_server_that_does_not_agree_gets_messages_as_they_are() {
    let server = EchoServer::start();
    let text = "long enough to be compressed, if only the server had agreed to it";
    Wsurl::new(["send", "-v", "--compress", "-w", "%{extensions}.\n", &server.url(), text])
        .stdout(format!("{text}\n.\n"))
        .stderr_has("* the server does not compress: messages are sent as they are\n")
        .exits(0);
}

#[test]
fn what_was_agreed_on_is_told() {
    let params = "; server_max_window_bits=10; client_no_context_takeover";
    let peer = agrees(params).close_handshake();
    let agreed = format!("permessage-deflate{params}");
    Wsurl::new(["send", "-v", "--compress", "-w", "%{extensions}\n", "--expect", "0", &peer.url(), "hi"])
        .stdout(format!("{agreed}\n"))
        .stderr_has("* messages are compressed: permessage-deflate; client_no_context_takeover; server_max_window_bits=10\n")
        .exits(0);
}

#[test]
fn an_answer_that_breaks_a_rule_ends_the_handshake_and_names_it() {
    for (offer, answer, rule) in [
        ("", "permessage-deflate; ", "'permessage-deflate;' is not a list of extensions (RFC 6455 §9.1)"),
        ("", "x-webkit-deflate-frame", "extension 'x-webkit-deflate-frame' was not offered (RFC 6455 §4.1)"),
        (
            "",
            "permessage-deflate, permessage-deflate",
            "permessage-deflate was offered once but accepted twice (RFC 7692 §5)",
        ),
        ("", "permessage-deflate; level=1", "permessage-deflate has no parameter 'level' (RFC 7692 §7)"),
        (
            "",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "parameter server_no_context_takeover is repeated (RFC 7692 §7)",
        ),
        (
            "",
            "permessage-deflate; server_no_context_takeover=1",
            "server_no_context_takeover takes no value, but has '1' (RFC 7692 §7.1.1)",
        ),
        (
            "",
            "permessage-deflate; server_max_window_bits",
            "server_max_window_bits has no value (RFC 7692 §7.1.2)",
        ),
        (
            "",
            "permessage-deflate; server_max_window_bits=16",
            "server_max_window_bits is '16', not a number from 8 to 15 (RFC 7692 §7.1.2)",
        ),
        (
            "",
            "permessage-deflate; client_max_window_bits=10",
            "client_max_window_bits answered although it was not offered (RFC 7692 §7.1.2.2)",
        ),
        (
            "client_max_window_bits",
            "permessage-deflate; client_max_window_bits=7",
            "client_max_window_bits is '7', not a number from 8 to 15 (RFC 7692 §7.1.2)",
        ),
        (
            "client_max_window_bits",
            "permessage-deflate; client_max_window_bits",
            "client_max_window_bits has no value (RFC 7692 §7.1.2)",
        ),
        (
            "server_max_window_bits=10",
            "permessage-deflate; server_max_window_bits=11",
            "server_max_window_bits=11 exceeds the offered 10 (RFC 7692 §7.1.2.1)",
        ),
        (
            "server_max_window_bits=10",
            "permessage-deflate",
            "the answer lacks the offered server_max_window_bits=10 (RFC 7692 §7.1.2.1)",
        ),
        (
            "server_no_context_takeover",
            "permessage-deflate",
            "the answer lacks the offered server_no_context_takeover (RFC 7692 §7.1.1.1)",
        ),
    ] {
        let peer = Script::new().upgrade_with(&format!("Sec-WebSocket-Extensions: {answer}")).hold();
        Wsurl::new(["send", &format!("--compress={offer}"), &peer.url(), "hi"])
            .stdout("")
            .stderr_has(format!("wsurl: error: {} broke the opening handshake: {rule}\n", peer.authority()))
            .exits(112);
    }
}

#[test]
fn a_refusal_that_asks_for_compression_is_answered_with_the_flag() {
    for head in [
        "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Extensions: permessage-deflate\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 28\r\n\r\npermessage-deflate is needed",
    ] {
        let hint = "wsurl: hint: --compress offers permessage-deflate\n";
        let peer = Script::new().request().respond(head).close();
        Wsurl::new(["send", &peer.url(), "hi"]).stderr_has(hint).exits(22);
        let peer = Script::new().request().respond(head).close();
        Wsurl::new(["send", "--compress", &peer.url(), "hi"]).stderr_lacks("hint: --compress").exits(22);
    }
}

#[test]
fn a_refusal_of_the_parameters_is_answered_with_the_flag_alone() {
    let hint =
        "wsurl: hint: the server may want other parameters: --compress without any leaves the choice to it\n";
    let head = "HTTP/1.1 400 Bad Request\r\nContent-Length: 55\r\n\r\n\
                Invalid or unacceptable Sec-WebSocket-Extensions header";
    let peer = Script::new().request().respond(head).close();
    Wsurl::new(["send", "--compress=server_max_window_bits=9", &peer.url(), "hi"]).stderr_has(hint).exits(22);
    let peer = Script::new().request().respond(head).close();
    Wsurl::new(["send", "--compress", &peer.url(), "hi"]).stderr_lacks("hint:").exits(22);
}

// What is sent

#[test]
fn messages_are_compressed_in_the_context_that_was_agreed_on() {
    let line = "{\"level\":\"info\",\"text\":\"the same line of a log, again and again\"}";
    let lines = format!("{line}\nshort\n{line}\n");
    for (params, keeps_context) in [("", true), ("; client_no_context_takeover", false)] {
        let peer = agrees(params).close_handshake();
        Wsurl::new(["send", "--compress", "--expect", "0", &peer.url()]).stdin(lines.clone()).exits(0);
        let frames = peer.frames();
        let [first, short, second, _close] = &frames[..] else { panic!("{frames:?}") };
        assert!(!short.rsv1 && short.text() == "short");
        let mut inflate = Decompress::new(false);
        if keeps_context {
            assert!(first.rsv1 && second.rsv1 && second.payload.len() < 10, "{frames:?}");
            for frame in [first, second] {
                let text = inflated(&mut inflate, std::slice::from_ref(frame));
                assert_eq!(String::from_utf8_lossy(&text), line);
            }
        } else {
            assert!(!first.rsv1 && !second.rsv1, "too short to be compressed alone");
        }
    }
}

#[test]
fn the_shortest_message_to_compress_can_be_chosen() {
    let long = "a message that would be compressed, if it were not for the limit";
    for (min, compressed) in [("0", [true; 3]), ("5", [false, true, true]), ("1K", [false; 3])] {
        let peer = agrees("").close_handshake();
        Wsurl::new([
            "send",
            "--compress",
            "--compress-min",
            min,
            "--expect",
            "0",
            &peer.url(),
            "",
            "short",
            long,
        ])
        .exits(0);
        let frames = peer.frames();
        let bits: Vec<_> = frames[..3].iter().map(|frame| frame.rsv1).collect();
        assert_eq!(bits, compressed, "{min}");
        if min == "0" {
            let mut inflate = Decompress::new(false);
            for (frame, text) in frames.iter().zip(["", "short", long]) {
                let message = inflated(&mut inflate, std::slice::from_ref(frame));
                assert_eq!(String::from_utf8_lossy(&message), text);
            }
        }
    }
    Wsurl::new(["send", "--compress-min", "0", "ws://127.0.0.1:1/", "hi"])
        .stderr_has("--compress[=<PARAMS>]")
        .exits(2);
}

#[test]
fn a_large_message_goes_out_as_fragments_of_which_only_the_first_is_marked() {
    let data = noise(1 << 18);
    let peer = agrees("").close_handshake();
    Wsurl::new(["stream", "--compress", "--single-message", "-s", &peer.url()]).stdin(data.clone()).exits(0);
    let mut frames = peer.frames();
    assert_eq!(frames.pop().map(|frame| frame.opcode), Some(frame::CLOSE));
    assert!(frames.len() > 3 && frames[0].rsv1 && frames[0].opcode == frame::BINARY, "{frames:?}");
    assert!(frames[1..].iter().all(|frame| !frame.rsv1 && frame.opcode == CONTINUATION), "{frames:?}");
    assert!(frames.iter().all(|frame| frame.payload.len() < 200_000), "{frames:?}");
    assert!(inflated(&mut Decompress::new(false), &frames) == data);
}

#[test]
fn what_is_produced_now_is_sent_now() {
    let peer = agrees("").read_frame();
    let mut run =
        Wsurl::new(["stream", "--compress", "--single-message", &peer.url()]).stdin_open("now").spawn();
    let frames = peer.frames();
    assert!(frames[0].rsv1 && !frames[0].fin);
    assert_eq!(inflated(&mut Decompress::new(false), &frames), b"now");
    let peer = peer.close_handshake();
    run.close_stdin();
    run.exits(0);
    drop(peer);
}

// What is received

#[test]
fn messages_are_inflated_whole_in_fragments_and_in_the_context_of_others() {
    let (start, rest) = HELLO.split_at(3);
    let bytes = [
        compressed(&HELLO),
        raw(RSV1 | TEXT, start),
        frame::ping("between"),
        raw(CONTINUATION, ""),
        raw(FIN | CONTINUATION, rest),
        frame::text("plain"),
        compressed(&HELLO_AGAIN),
        compressed(&[0]),
    ];
    for (mode, expected) in [("send", "Hello\nHello\nplain\nHello\n\n"), ("stream", "HelloHelloplainHello")] {
        let peer = agrees("").send(bytes.concat()).close_handshake();
        Wsurl::new([mode, "--compress", "--expect", "5", &peer.url()]).stdout(expected).exits(0);
    }
}

#[test]
fn a_context_that_is_not_kept_is_not_used() {
    let peer = agrees("; server_no_context_takeover")
        .send([compressed(&HELLO), compressed(&HELLO_AGAIN)].concat())
        .read_close()
        .close();
    Wsurl::new(["send", "--compress", "-f", &peer.url()])
        .stdout("Hello\n")
        .stderr_has("compressed message cannot be inflated at byte 3: a code is invalid, or a distance too far back (RFC 7692 §7.2.2)")
        .exits(112);
    assert_eq!(peer.close_code(), Some(1007));
}

/// After a good message, the server sends these bytes; the client must end it with this code, in either mode.
#[track_caller]
fn breaks(bytes: &[u8], code: u16, rule: &str) {
    for mode in ["send", "stream"] {
        let peer = agrees("").send([&compressed(&HELLO), bytes].concat()).read_close().close();
        Wsurl::new([mode, "--compress", "-f", &peer.url()])
            .stdout(if mode == "send" { "Hello\n" } else { "Hello" })
            .stderr_has(format!(": {rule}\n"))
            .within(secs(5))
            .exits(112);
        assert_eq!(peer.close_code(), Some(code), "in {mode}");
    }
}

#[test]
fn the_bit_of_a_compressed_message_stands_on_its_first_frame_only() {
    let start = raw(RSV1 | TEXT, &HELLO[..1]);
    let continuation = [start, raw(FIN | RSV1 | CONTINUATION, &HELLO[1..])].concat();
    for (bytes, opcode) in [
        (continuation, "continuation"),
        (raw(FIN | RSV1 | PING, ""), "ping"),
        (raw(FIN | RSV1 | frame::CLOSE, ""), "close"),
    ] {
        breaks(
            &bytes,
            1002,
            &format!("{opcode} frame with the bit of a compressed message set (RFC 7692 §6)"),
        );
    }
    let other = "reserved bits 110 set, which no negotiated extension defines (RFC 6455 §5.2)";
    breaks(&raw(FIN | RSV1 | 0x20 | TEXT, HELLO), 1002, other);
}

#[test]
fn what_cannot_be_inflated_is_refused_with_1007() {
    let broken =
        |at, why| format!("compressed message cannot be inflated at byte {at}: {why} (RFC 7692 §7.2.2)");
    breaks(&compressed(&[0x07]), 1007, &broken(1, "invalid block type"));
    breaks(&compressed(&HELLO[..3]), 1007, &broken(3, "it does not end with an empty stored block"));
}

#[test]
fn text_is_checked_after_inflating() {
    breaks(&compressed(&deflated(b"caf\xe9!")), 1007, "text message is not UTF-8 at byte 3 (RFC 6455 §8.1)");
}

#[test]
fn the_limit_on_messages_counts_inflated_bytes() {
    let bomb = raw(FIN | RSV1 | frame::BINARY, deflated(&vec![0; 64 << 20]));
    assert!(bomb.len() < 100_000);
    for framing in ["lines", "json", "whole", "base64"] {
        let peer = agrees("").send(bomb.clone()).read_close().close();
        Wsurl::new([
            "send",
            "--compress",
            "--max-message-size",
            "1M",
            "--out-framing",
            framing,
            "-f",
            &peer.url(),
        ])
        .stdout("")
        .stderr_has("a message of at least 1048577 bytes is larger than 1M (--max-message-size)\n")
        .exits(63);
        assert_eq!(peer.close_code(), Some(1009), "{framing}");
    }
}

#[test]
fn a_compressed_frame_may_claim_any_length() {
    let peer = agrees("").send(frame::header(RSV1 | TEXT, 1 << 60)).send(&HELLO[..]).close();
    Wsurl::new(["send", "--compress", "-f", &peer.url()]).stdout("").stderr_has("inside a message").exits(56);
}

#[test]
fn the_last_bytes_of_a_message_wait_for_a_slow_reader_like_all_others() {
    // The server is silent afterwards, so that nothing but the reader makes the client go on.
    // At these lengths, the client has used all that came before it has written everything.
    for sections in 8..20 {
        let data = vec![b'0'; sections * 64 * 1024 + 10];
        let peer = agrees("").send(raw(FIN | RSV1 | frame::BINARY, deflated(&data))).close_handshake();
        Wsurl::new(["stream", "--compress", "--expect", "1", &peer.url()])
            .reader_is_slow(64 * 1024, millis(10))
            .stdout(data)
            .exits(0);
    }
}

// How much memory it takes

/// What both directions of compression take beside the 12 MiB of stream mode.
#[cfg(target_os = "linux")]
const BOUND: usize = 24 << 20;

#[test]
#[cfg(target_os = "linux")]
fn a_bomb_passes_through_stream_mode_in_constant_memory() {
    let bomb = raw(FIN | RSV1 | frame::BINARY, deflated(&vec![0; 128 << 20]));
    let peer = agrees("").send(bomb).close_handshake();
    let mut run = Wsurl::new(["stream", "--compress", "--expect", "1", &peer.url()])
        .stdin_open("")
        .limit(secs(60))
        .spawn();
    let received = run.wait_for_stdout_bytes(128 << 20);
    assert!(received.iter().all(|byte| *byte == 0));
    assert!(run.peak_memory() < BOUND, "{} KiB at the peak", run.peak_memory() / 1024);
    run.close_stdin();
    run.exits(0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_bomb_waits_for_a_slow_reader_in_constant_memory() {
    let bomb = raw(FIN | RSV1 | frame::BINARY, deflated(&vec![0; 128 << 20]));
    let peer = agrees("").send(bomb).hold();
    let run = Wsurl::new(["stream", "--compress", "-f", &peer.url()])
        .reader_is_slow(1000, secs(1))
        .limit(secs(60))
        .spawn();
    std::thread::sleep(secs(3));
    assert!(run.peak_memory() < BOUND, "{} KiB at the peak", run.peak_memory() / 1024);
}

#[test]
#[cfg(target_os = "linux")]
fn a_large_message_is_compressed_in_constant_memory() {
    let peer = agrees("").read_frame();
    let line = numbered_lines(20_000);
    let run = Wsurl::new(["stream", "--compress", "--single-message", "-s", &peer.url()])
        .stdin_endless(line)
        .limit(secs(60))
        .spawn();
    // Until the kernel's buffers are full.
    std::thread::sleep(secs(3));
    assert!(run.peak_memory() < BOUND, "{} KiB at the peak", run.peak_memory() / 1024);
}

// The embedded echo server

#[test]
fn the_echo_server_compresses_as_it_is_asked_to() {
    let server = Embedded::start();
    let mut lines = String::new();
    for number in 0..2000 {
        let _ = writeln!(lines, "{{\"number\":{number},\"text\":\"one of many lines that look alike\"}}");
    }
    for params in [
        "",
        "client_max_window_bits",
        "client_max_window_bits=9; server_max_window_bits=9",
        "client_max_window_bits=8; server_max_window_bits=8",
        "client_no_context_takeover; server_no_context_takeover",
    ] {
        Wsurl::new(["send", &format!("--compress={params}"), server.url()])
            .stdin(lines.clone())
            .stdout(lines.clone())
            .stderr("")
            .exits(0);
    }
}

/// The code with which the echo server closes after these bytes of a client that has agreed to compression.
fn closed_after(url: &str, bytes: &[u8]) -> Option<u16> {
    let mut peer = TcpStream::connect(url.split('/').nth(2).expect("an authority")).expect("a connection");
    peer.set_read_timeout(Some(secs(10))).expect("a limit");
    let request = format!(
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{AGREED}\r\n\r\n"
    );
    peer.write_all(&[request.as_bytes(), bytes].concat()).expect("a request");
    let mut answer = Vec::new();
    peer.read_to_end(&mut answer).expect("an end");
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head") + 4;
    assert!(String::from_utf8_lossy(&answer[..end]).contains("permessage-deflate"));
    let code = answer[end..].strip_prefix(&[FIN | frame::CLOSE])?.get(1..3)?;
    Some(u16::from_be_bytes([code[0], code[1]]))
}

#[test]
fn the_echo_server_keeps_the_rules_of_compression() {
    let server = Embedded::start();
    for (bytes, code) in [
        (frame::masked(TEXT | RSV1, [0x07]), 1007),
        (frame::masked(TEXT | RSV1, deflated(b"caf\xe9")), 1007),
        (frame::masked(PING | RSV1, ""), 1002),
        (raw(FIN | TEXT, "not masked"), 1002),
        (frame::masked(frame::BINARY | RSV1, deflated(&vec![0; 65 << 20])), 1009),
    ] {
        assert_eq!(closed_after(server.url(), &bytes), Some(code));
    }
}
