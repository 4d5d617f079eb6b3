//! `wsurl echo-test --listen`: the embedded server in the foreground, good and bad on demand.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use tungstenite::{Message, WebSocket};

use crate::support::{
    Certificate, Running, Tls, Wsurl, file_with, frame, millis, noise, numbered_lines, secs, timed,
};

/// A server at a port of its own, with these options, and its URL.
fn listen<'a>(options: impl IntoIterator<Item = &'a str>) -> (Running, String) {
    let mut server =
        Wsurl::new(["echo-test", "--listen", "127.0.0.1:0"]).args(options).limit(secs(30)).spawn();
    server.wait_for_stdout("\n");
    let printed = String::from_utf8(server.wait_for_stdout_bytes(1)).expect("UTF-8");
    let url = printed.strip_suffix('\n').expect("a line");
    (server, url.to_owned())
}

fn address(url: &str) -> &str {
    url.split('/').nth(2).expect("an authority")
}

fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(address(url)).expect("a connection");
    stream.set_read_timeout(Some(secs(10))).expect("a limit");
    stream.set_nodelay(true).expect("no delay");
    stream
}

/// A client that does nothing by itself.
fn open(url: &str) -> WebSocket<TcpStream> {
    tungstenite::client(url, connect(url)).expect("an upgrade").0
}

/// A client's text message as bytes.
fn masked(payload: &str) -> Vec<u8> {
    let key = [7, 77, 177, 217];
    let mut bytes = frame::text(payload);
    bytes[1] |= 0x80;
    let payload = bytes.split_off(bytes.len() - payload.len());
    bytes.extend(key);
    bytes.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// The head of the answer to a request that has these lines added.
fn upgrade(stream: &mut TcpStream, more: &str) -> String {
    let request = format!(
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    );
    stream.write_all(request.as_bytes()).expect("a request");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a response");
        head.extend(byte);
    }
    String::from_utf8(head).expect("text")
}

#[test]
fn the_url_is_all_that_is_printed() {
    let (_server, url) = listen([]);
    assert!(url.starts_with("ws://127.0.0.1:") && url.ends_with('/') && !url.contains(":0/"), "{url}");
    Wsurl::new(["send", &url]).stdin("a\nb\n").stdout("a\nb\n").exits(0);
}

#[test]
fn messages_of_all_sizes_come_back() {
    let (_server, url) = listen([]);
    for size in [0, 125, 126, 65535, 65536, 5_000_000] {
        let bytes = noise(size);
        let run = Wsurl::new(["stream", "--single-message", &url]).stdin(bytes.clone());
        run.stdout(bytes).within(secs(10)).exits(0);
    }
}

#[test]
fn many_messages_in_one_packet_are_answered_and_none_is_held_back() {
    let (_server, url) = listen([]);
    let mut stream = connect(&url);
    upgrade(&mut stream, "");
    let many: Vec<_> = (0..1000).map(|number| format!("message {number}")).collect();
    let (mut bytes, last) = (many.iter().flat_map(|text| masked(text)).collect::<Vec<_>>(), masked("last"));
    // The beginning of one more keeps the server reading.
    bytes.extend(&last[..3]);
    stream.write_all(&bytes).expect("messages");
    let echoes: Vec<_> = many.iter().flat_map(|text| frame::text(text)).collect();
    let mut answer = vec![0; echoes.len()];
    stream.read_exact(&mut answer).expect("echoes");
    assert!(answer == echoes);
    stream.write_all(&last[3..]).expect("the rest");
    let mut answer = [0; 6];
    stream.read_exact(&mut answer).expect("the last echo");
    assert_eq!(&answer[..], frame::text("last"));
}

#[test]
fn a_message_may_come_with_the_request_or_before_the_end() {
    let (_server, url) = listen([]);
    let mut stream = connect(&url);
    let request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(&[request.as_bytes(), &masked("early")].concat()).expect("a request");
    stream.write_all(&masked("late")).expect("a message");
    stream.shutdown(std::net::Shutdown::Write).expect("an end");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    assert!(answer.ends_with(&[frame::text("early"), frame::text("late")].concat()));
}

#[test]
fn three_hundred_clients_are_served_at_the_same_time() {
    let (_server, url) = listen([]);
    let mut clients: Vec<_> = (0..300).map(|_| open(&url)).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(Message::text(number.to_string())).expect("a message");
    }
    for (number, client) in clients.iter_mut().enumerate() {
        assert_eq!(client.read().expect("an echo"), Message::text(number.to_string()));
    }
}

#[test]
fn a_client_that_reads_nothing_stops_nobody_else() {
    let (_server, url) = listen([]);
    let mut stalled = connect(&url);
    upgrade(&mut stalled, "");
    stalled.set_nonblocking(true).expect("a stream that does not block");
    let message = masked(&"x".repeat(60_000));
    // Until neither side takes any more; a frame is cut somewhere then.
    while stalled.write(&message).is_ok_and(|written| written == message.len()) {}
    Wsurl::new(["send", &url, "hi"]).stdout("hi\n").within(secs(5)).exits(0);
}

#[test]
fn who_breaks_a_rule_is_told_so() {
    let (_server, url) = listen([]);
    for (bytes, code) in
        [(frame::text("not masked"), 1002_u16), (vec![0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28], 1007)]
    {
        let mut stream = connect(&url);
        upgrade(&mut stream, "");
        stream.write_all(&bytes).expect("bytes");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("a Close");
        assert_eq!((answer[0], &answer[2..4]), (0x88, &code.to_be_bytes()[..]));
    }
}

#[test]
fn a_browser_is_told_what_this_is() {
    let (_server, url) = listen([]);
    let mut stream = connect(&url);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    assert!(answer.contains("This is an echo server for WebSockets"), "{answer}");
}

#[test]
fn tls_with_a_key_of_its_own_file_or_the_same() {
    let tls = Tls::with(Certificate::Valid);
    let (_dir, certificate) = file_with("cert.pem", &tls.certificate_pem);
    let (_key_dir, key) = file_with("key.pem", &tls.key_pem);
    let (_both_dir, both) = file_with("both.pem", tls.key_pem.clone() + &tls.certificate_pem);
    for files in [&["--tls-cert", &certificate, "--tls-key", &key][..], &["--tls-cert", &both]] {
        let (_server, url) = listen(files.iter().copied());
        assert!(url.starts_with("wss://127.0.0.1:"), "{url}");
        let bytes = noise(1_000_000);
        let run = Wsurl::new(["stream", "--cacert", tls.cacert(), &url]).stdin(bytes.clone());
        run.stdout(bytes).within(secs(10)).exits(0);
    }
}

#[test]
fn tls_with_keys_of_all_kinds() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/identity/");
    for (certificate, key) in
        [("ec.crt", "ec.key"), ("ec.crt", "ec.pkcs8.key"), ("rsa-and-key.pem", "rsa-and-key.pem")]
    {
        let (certificate, key) = (format!("{data}{certificate}"), format!("{data}{key}"));
        let (_server, url) = listen(["--tls-cert", &certificate, "--tls-key", &key]);
        Wsurl::new(["send", "-k", &url, "hi"]).stdout("hi\n").exits(0);
    }
}

#[test]
fn a_certificate_or_key_that_cannot_be_used_is_told_by_its_file() {
    let tls = Tls::with(Certificate::Valid);
    let (_dir, certificate) = file_with("cert.pem", &tls.certificate_pem);
    let (_other_dir, other) = file_with("other.pem", Tls::with(Certificate::Valid).key_pem);
    let (_text_dir, text) = file_with("text.pem", "hello");
    let refused = |certificate: &str, key: &str, why: &str| {
        let run =
            Wsurl::new(["echo-test", "--listen", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key]);
        run.stdout("").stderr_has(why).within(secs(5)).exits(58)
    };
    let stderr = refused(&certificate, &other, "the key does not fit the certificate").stderr;
    assert!(stderr.contains(&other) && stderr.contains(&certificate), "{stderr}");
    refused(&certificate, &text, &format!("{text} holds no private key"));
    refused(&text, &other, &format!("{text} holds no certificate"));
    refused(&certificate, "/nowhere/key.pem", "cannot read /nowhere/key.pem");
    let run = Wsurl::new(["echo-test", "--listen", "127.0.0.1:0", "--tls-cert", &certificate]);
    run.stdout("").stderr_has("--tls-key FILE names the file of the key").exits(58);
}

#[test]
fn who_speaks_no_tls_is_left() {
    let tls = Tls::with(Certificate::Valid);
    let (_both_dir, both) = file_with("both.pem", tls.key_pem.clone() + &tls.certificate_pem);
    let (_server, url) = listen(["--tls-cert", &both]);
    Wsurl::new(["send", &url.replace("wss:", "ws:"), "hi"]).stdout("").within(secs(5)).exits(52);
    Wsurl::new(["send", &url, "hi"]).stdout("").within(secs(5)).exits(60);
    Wsurl::new(["send", "--cacert", tls.cacert(), &url, "hi"]).stdout("hi\n").exits(0);
}

#[test]
fn each_echo_is_delayed() {
    let (_server, url) = listen(["--delay", "200ms"]);
    let outcome = Wsurl::new(["send", &url]).stdin("a\nb\nc\n").stdout("a\nb\nc\n").exits(0);
    assert!(outcome.elapsed >= millis(600), "{:?}", outcome.elapsed);
}

#[test]
fn a_connection_is_broken_off_after_its_echoes() {
    let tls = Tls::with(Certificate::Valid);
    let (_both_dir, both) = file_with("both.pem", tls.key_pem.clone() + &tls.certificate_pem);
    for more in [&[][..], &["--tls-cert", &both]] {
        let (_server, url) = listen(["--drop-after", "2"].iter().chain(more).copied());
        // More is sent than is answered: a reset must not overtake the echoes.
        let run = Wsurl::new(["send", "-k", &url]).stdin(numbered_lines(2000));
        run.stdout("line 1\nline 2\n").within(secs(10)).exits_with_one_of(&[55, 56]);
        Wsurl::new(["send", "-k", "--wait", "5s", &url])
            .stdin("a\nb\n")
            .stdout("a\nb\n")
            .stderr_has("no Close")
            .exits(56);
        Wsurl::new(["send", "-k", &url, "one"]).stdout("one\n").exits(0);
    }
}

#[test]
fn a_connection_is_closed_with_the_code_at_once() {
    let (_server, url) = listen(["--close-with", "4000"]);
    Wsurl::new(["send", "-f", &url]).stdout("").stderr_has("4000").within(secs(5)).exits(110);
    let (_server, url) = listen(["--close-with", "1000"]);
    Wsurl::new(["send", "-f", &url]).stdout("").within(secs(5)).exits(0);
}

#[test]
fn a_connection_is_closed_with_the_code_after_its_echoes() {
    let (_server, url) = listen(["--close-with", "3999", "--drop-after", "2"]);
    let run = Wsurl::new(["send", "--wait", "5s", &url]).stdin("a\nb\nc\n").stdout("a\nb\n");
    run.stderr_has("3999").within(secs(5)).exits(110);
    // The last echo and the Close are in one packet.
    let mut stream = connect(&url);
    upgrade(&mut stream, "");
    stream.write_all(&[masked("a"), masked("b")].concat()).expect("messages");
    let expected = [frame::text("a"), frame::text("b"), vec![0x88, 2, 0x0F, 0x9F]].concat();
    let mut packet = [0; 100];
    let count = stream.read(&mut packet).expect("a packet");
    assert_eq!(packet[..count], expected);
}

#[test]
fn a_large_echo_is_whole_before_the_end_whatever_that_is() {
    let bytes = noise(5_000_000);
    for (options, code) in [(&["--close-with", "1000"][..], 0), (&[], 56)] {
        let (_server, url) = listen(["--drop-after", "1"].iter().chain(options).copied());
        let run = Wsurl::new(["stream", "--single-message", "-f", &url]).stdin(bytes.clone());
        run.stdout(&bytes).within(secs(10)).exits(code);
    }
}

#[test]
fn the_clients_first_subprotocol_that_is_known_is_chosen() {
    let (_server, url) = listen(["--subprotocol", "chat.v2", "--subprotocol", "b"]);
    let chosen = |offers: &str| {
        let head = upgrade(&mut connect(&url), offers).to_lowercase();
        let line = head.lines().find_map(|line| line.strip_prefix("sec-websocket-protocol:"));
        line.map(|name| name.trim().to_owned())
    };
    assert_eq!(chosen("Sec-WebSocket-Protocol: a, b\r\n").as_deref(), Some("b"));
    let lines = "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b,chat.v2\r\n";
    assert_eq!(chosen(lines).as_deref(), Some("b"));
    assert_eq!(chosen("Sec-WebSocket-Protocol: x, y\r\n"), None);
    assert_eq!(chosen(""), None);
    Wsurl::new(["send", "--subprotocol", "chat.v2", &url, "hi"]).stdout("hi\n").exits(0);
}

#[test]
fn options_of_the_server_need_the_server() {
    for options in
        [["--delay", "1s"], ["--drop-after", "1"], ["--close-with", "1000"], ["--tls-cert", "cert.pem"]]
    {
        Wsurl::new(["echo-test"]).args(options).stdout("").stderr_has("--listen").exits(2);
    }
    let key = ["echo-test", "--listen", "127.0.0.1:0", "--tls-key", "key.pem"];
    Wsurl::new(key).stdout("").stderr_has("--tls-cert").exits(2);
}

#[test]
fn options_that_the_server_does_not_heed_are_refused() {
    for options in [
        &["-n", "3"][..],
        &["--size", "1K"],
        &["-H", "A: b"],
        &["-k"],
        &["--cert", "cert.pem"],
        &["--idle-timeout", "5s"],
        &["-v"],
        &["ws://127.0.0.1:1/"],
    ] {
        let run = Wsurl::new(["echo-test", "--listen", "127.0.0.1:0"]).args(options);
        run.stdout("").stderr_has("'--listen <ADDR:PORT>' cannot be used with").within(secs(5)).exits(2);
    }
    for (option, value) in [("--drop-after", "0"), ("--close-with", "1005"), ("--delay", "soon")] {
        let run = Wsurl::new(["echo-test", "--listen", "127.0.0.1:0", option, value]);
        run.stdout("").stderr_has(value).within(secs(5)).exits(2);
    }
}

#[cfg(unix)]
mod signals {
    use std::time::Instant;

    use tungstenite::protocol::frame::coding::CloseCode;

    use super::*;
    use crate::support::Signal;

    #[track_caller]
    fn closes_with(client: &mut WebSocket<TcpStream>, code: u16) {
        match client.read().expect("a Close") {
            Message::Close(Some(close)) => assert_eq!(close.code, CloseCode::from(code)),
            other => panic!("{other:?}"),
        }
    }

    /// From the signal to the end, which has to come soon.
    #[track_caller]
    fn ends(server: Running, signal: Signal, code: i32) {
        let start = Instant::now();
        server.signal(signal);
        let stderr = server.exits(code).stderr;
        assert!(start.elapsed() < secs(2), "{:?}", start.elapsed());
        let name = if code == 130 { "SIGINT" } else { "SIGTERM" };
        assert_eq!(stderr, format!("wsurl: error: interrupted by {name}\n"));
    }

    #[test]
    fn every_client_is_told_that_the_server_goes_away() {
        timed(|| {
            for (signal, code) in [(Signal::Interrupt, 130), (Signal::Terminate, 143)] {
                let (server, url) = listen([]);
                let client = || {
                    let args = ["send", "-f", "--accept-close", "1000", &url, "hi"];
                    let mut run = Wsurl::new(args).stdout("hi\n").stderr_has("1001").spawn();
                    run.wait_for_stdout("hi\n");
                    run
                };
                let clients = [client(), client(), client()];
                let start = Instant::now();
                ends(server, signal, code);
                // They answer, so there is nothing to wait for.
                assert!(start.elapsed() < millis(900), "{:?}", start.elapsed());
                for client in clients {
                    client.exits(110);
                }
            }
        });
    }

    #[test]
    fn over_tls_as_well() {
        let tls = Tls::with(Certificate::Valid);
        let (_both_dir, both) = file_with("both.pem", tls.key_pem.clone() + &tls.certificate_pem);
        let (server, url) = listen(["--tls-cert", &both]);
        let args = ["send", "-k", "-f", "--accept-close", "1000", &url, "hi"];
        let mut client = Wsurl::new(args).stdout("hi\n").stderr_has("1001").spawn();
        client.wait_for_stdout("hi\n");
        ends(server, Signal::Terminate, 143);
        client.exits(110);
    }

    #[test]
    fn clients_that_do_not_answer_or_never_got_so_far_are_left() {
        timed(|| {
            let (server, url) = listen([]);
            let _silent = connect(&url);
            let mut halfway = connect(&url);
            halfway.write_all(b"GET / HTTP/1.1\r\n").expect("half a request");
            let mut client = open(&url);
            ends(server, Signal::Terminate, 143);
            closes_with(&mut client, 1001);
        });
    }

    #[test]
    fn nor_do_clients_in_the_tls_handshake_hold_the_server_up() {
        timed(|| {
            let tls = Tls::with(Certificate::Valid);
            let (_both_dir, both) = file_with("both.pem", tls.key_pem.clone() + &tls.certificate_pem);
            let (server, url) = listen(["--tls-cert", &both]);
            let _silent = connect(&url);
            let mut halfway = connect(&url);
            halfway.write_all(&[0x16, 3, 1]).expect("the beginning of a ClientHello");
            ends(server, Signal::Interrupt, 130);
        });
    }

    #[test]
    fn a_client_that_reads_nothing_does_not_hold_the_server_up() {
        timed(|| {
            let (server, url) = listen([]);
            let mut stalled = connect(&url);
            upgrade(&mut stalled, "");
            stalled.set_nonblocking(true).expect("a stream that does not block");
            let message = masked(&"x".repeat(60_000));
            while stalled.write(&message).is_ok_and(|written| written == message.len()) {}
            ends(server, Signal::Terminate, 143);
        });
    }

    #[test]
    fn an_echo_that_is_delayed_does_not_hold_the_server_up() {
        let (server, url) = listen(["--delay", "1h"]);
        let mut client = open(&url);
        client.send(Message::text("long")).expect("a message");
        ends(server, Signal::Terminate, 143);
        closes_with(&mut client, 1001);
    }

    #[test]
    fn a_second_signal_ends_at_once() {
        let (server, url) = listen([]);
        let mut client = open(&url);
        server.signal(Signal::Interrupt);
        closes_with(&mut client, 1001);
        // The answer is awaited now; the status is that of the second signal, which did not wait.
        server.signal(Signal::Terminate);
        server.exits(143);
    }
}

#[test]
fn its_time_ends_as_that_of_any_run() {
    let run = Wsurl::new(["echo-test", "--listen", "127.0.0.1:0", "-m", "300ms"]).exits(28);
    let bound = run.text().trim_end().strip_prefix("ws://").and_then(|url| url.strip_suffix('/'));
    let bound = bound.expect("the URL, before the time is over");
    let told = format!("wsurl: error: timed out after 300ms of listening on {bound} (--max-time)\n");
    assert_eq!(run.stderr, told);
}
