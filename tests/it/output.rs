//! stdout and stderr: what each of them carries, and stdouts that are closed, full or slow.

use std::fs;

use crate::support::{Echo, EchoServer, Script, Wsurl, file_with, frame, millis, noise, secs, timed};

#[test]
fn verbose_shows_the_heads_on_stderr_and_nothing_on_stdout() {
    let peer = Script::new()
        .upgrade_with("X-Served-By: script")
        .read_frame()
        .send(frame::text("hi"))
        .close_handshake();
    Wsurl::new(["send", "-v", "-H", "Accept-Language: yes", &peer.url(), "hi"])
        .stdout("hi\n")
        .stderr_has("> GET / HTTP/1.1\n")
        .stderr_has(format!("> Host: {}\n", peer.authority()))
        .stderr_has("> Accept-Language: yes\n")
        .stderr_has("< HTTP/1.1 101 Switching Protocols\n")
        .stderr_has("< X-Served-By: script\n")
        .stderr_has("\n* ")
        .exits(0);
}

#[test]
fn verbose_keeps_secrets() {
    let server = EchoServer::start();
    let stderr = Wsurl::new(["send", "-v", "-u", "me:hunter2", &server.url(), "hi"]).exits(0).stderr;
    let line = stderr.lines().find(|line| line.starts_with("> Authorization:")).expect("the header is named");
    assert!(line.contains("(redacted)"), "{line}");
    let encoded = data_encoding::BASE64.encode(b"me:hunter2");
    assert!(!stderr.contains("hunter2") && !stderr.contains(&encoded), "{stderr}");
}

#[test]
fn verbose_keeps_secrets_that_come_as_headers() {
    let server = EchoServer::start();
    Wsurl::new([
        "send",
        "-v",
        "-H",
        "Authorization: Bearer hunter2",
        "--cookie",
        "sid=hunter3",
        &server.url(),
        "hi",
    ])
    .stderr_lacks("hunter2")
    .stderr_lacks("hunter3")
    .exits(0);
}

#[test]
fn a_password_in_the_url_is_not_shown() {
    let server = EchoServer::start();
    let url = server.url().replace("ws://", "ws://me:hunter2@");
    Wsurl::new(["send", "-vv", &url, "hi"]).stdout("hi\n").stderr_lacks("hunter2").exits(0);
}

#[test]
fn twice_verbose_shows_every_frame() {
    let frames_shown = |flag: &str| {
        let server = EchoServer::start();
        let stderr =
            Wsurl::new(["send", flag, &server.url(), "a", "b", "c"]).stdout("a\nb\nc\n").exits(0).stderr;
        stderr.to_lowercase().matches("text").count()
    };
    assert!(frames_shown("-vv") >= frames_shown("-v") + 6, "three texts out and three in");
}

#[test]
fn a_close_that_is_sent_is_shown_as_code_and_reason() {
    let server = EchoServer::start();
    Wsurl::new(["send", "-vv", "--close-code", "4001", "--close-reason", "so long", &server.url(), "hi"])
        .stderr_has("> close frame, 9 bytes, 4001: so long\n")
        .exits(0);
}

#[test]
fn silent_keeps_errors() {
    Wsurl::new(["send", "-s", "ws://127.0.0.1:1/", "hi"])
        .stderr_has("cannot connect to 127.0.0.1:1")
        .exits(7);
}

#[test]
fn colour_is_for_terminals_unless_it_is_forced() {
    let refused = |colour: &str| Wsurl::new(["send", "--color", colour, "ws://127.0.0.1:1/", "hi"]).spawn();
    refused("never").exits(7);
    assert!(!refused("auto").exits(7).stderr.contains('\x1b'));
    // The colours are around the words, so the words are looked for one by one.
    let forced = Wsurl::new(["send", "--color", "always", "ws://127.0.0.1:1/", "hi"]).in_colour().exits(7);
    assert!(forced.stderr.contains("\x1b["), "{}", forced.stderr);
}

#[test]
fn facts_of_the_session_are_written_out_after_the_data() {
    let server = EchoServer::start();
    let format = "%{http_code} %{scheme} %{remote_ip} %{remote_port} %{messages_sent} %{messages_received} \
                  %{close_code} %{exitcode}\\t100%%\\n";
    Wsurl::new(["send", "-w", format, &server.url(), "a", "b"])
        .stdout(format!("a\nb\n101 ws 127.0.0.1 {} 2 2 1000 0\t100%\n", server.port()))
        .stderr("")
        .exits(0);
}

#[test]
fn facts_can_go_to_stderr() {
    let server = EchoServer::start();
    Wsurl::new(["send", "-w", "%{stderr}%{http_code}\\n", &server.url(), "hi"])
        .stdout("hi\n")
        .stderr("101\n")
        .exits(0);
}

#[test]
fn facts_are_written_out_for_failures_too() {
    let peer = Script::new().request().respond("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").close();
    Wsurl::new(["send", "-w", "%{http_code} %{exitcode} %{status}\\n", &peer.url(), "hi"])
        .stdout("403 22 unexpected-status\n")
        .exits(22);

    Wsurl::new(["send", "-w", "%{exitcode} %{status}\\n", "ws://127.0.0.1:1/", "hi"])
        .stdout("7 cannot-connect\n")
        .exits(7);

    let server = Echo::new().closes_after(1, 4001, "go away").start();
    Wsurl::new([
        "send",
        "-f",
        "-w",
        "%{close_code} %{close_reason} %{exitcode} %{status}\\n",
        &server.url(),
        "hi",
    ])
    .stdout("hi\n4001 go away 110 closed-by-server\n")
    .exits(110);
}

#[test]
fn times_grow_from_phase_to_phase() {
    let server = EchoServer::start();
    let format =
        "%{time_namelookup} %{time_connect} %{time_handshake} %{time_first_message} %{time_total}\\n";
    let outcome = Wsurl::new(["send", "-o", "/dev/null", "-w", format, &server.url(), "hi"]).exits(0);
    let times: Vec<f64> =
        outcome.text().split_whitespace().map(|time| time.parse().expect("seconds")).collect();
    assert!(times.len() == 5 && times.is_sorted() && times[4] < 10.0, "{times:?}");
}

#[test]
fn all_facts_can_be_had_as_one_object() {
    let server = EchoServer::start();
    let outcome = Wsurl::new(["send", "--wait", "1ms", "-w", "%{json}\\n", &server.url(), "hi"]).exits(0);
    let json = outcome.text().lines().last().expect("a line");
    let facts: serde_json::Value = serde_json::from_str(json).expect("JSON");
    assert_eq!((&facts["http_code"], &facts["exitcode"]), (&101.into(), &0.into()), "{facts}");
    assert_eq!(facts["scheme"], "ws");
}

#[test]
fn an_unknown_fact_is_not_silently_nothing() {
    let run = Wsurl::new(["send", "-w", "%{no_such_fact}", "ws://127.0.0.1:1/", "hi"]);
    run.stderr_has("no_such_fact").exits(2);
}

#[test]
fn the_head_of_the_answer_can_go_to_a_file() {
    let (_dir, path) = file_with("head", "");
    let peer = Script::new().upgrade_with("X-Served-By: script").close_handshake();
    Wsurl::new(["send", "-D", &path, &peer.url()]).exits(0);
    let head = fs::read_to_string(&path).expect("the file");
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head:?}");
    assert!(head.contains("\r\nX-Served-By: script\r\n"), "{head:?}");
}

#[test]
fn the_head_of_a_refusal_goes_to_the_file_too() {
    let (_dir, path) = file_with("head", "");
    let peer = Script::new().request().respond("HTTP/1.1 403 Forbidden\r\nX-Why: because\r\n\r\n").close();
    Wsurl::new(["send", "-D", &path, &peer.url()]).exits(22);
    assert!(fs::read_to_string(&path).expect("the file").contains("X-Why: because"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_stdout_is_a_write_error() {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let server = EchoServer::start();
    let stderr = Wsurl::new(["send", &server.url(), "hi"]).stdout_to(full()).within(secs(5)).exits(23).stderr;
    assert!(stderr.contains("stdout") || stderr.contains("standard output"), "{stderr}");

    let server = EchoServer::start();
    Wsurl::new(["stream", &server.url()]).stdin(noise(100_000)).stdout_to(full()).within(secs(5)).exits(23);
}

#[test]
fn a_full_stdout_ends_the_run_while_stdin_stays_open() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else {
        eprintln!("skipped: no /dev/full on this machine");
        return;
    };
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url()]).stdin_open("hi\n").stdout_to(full).within(secs(5)).exits(23);
}

#[test]
fn a_reader_that_has_enough_ends_the_run_quietly() {
    let peer = Script::new().upgrade().send_until_gone(frame::text("line").repeat(100));
    Wsurl::new(["send", "-f", "--close-timeout", "500ms", &peer.url()])
        .reader_leaves_after(5)
        .stdout("line\n")
        .stderr("")
        .exits(0);

    let peer = Script::new().upgrade().send_until_gone(frame::binary(noise(1000)));
    Wsurl::new(["stream", "-f", "--close-timeout", "500ms", &peer.url()])
        .reader_leaves_after(1000)
        .stdout(noise(1000))
        .stderr("")
        .exits(0);
}

#[test]
fn a_reader_that_has_enough_does_not_wait_for_a_server_that_says_nothing_more() {
    timed(|| {
        let peer = Script::new().upgrade().read_frame().send(frame::text("hi")).hold();
        Wsurl::new(["send", "-f", &peer.url(), "hi"])
            .reader_leaves_after(3)
            .stdout("hi\n")
            .stderr("")
            .within(millis(700))
            .exits(0);
    });
}

#[test]
fn a_reader_that_has_enough_ends_an_upload_quietly() {
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url()])
        .stdin_endless("line\n")
        .reader_leaves_after(5)
        .stdout("line\n")
        .stderr("")
        .exits(55);
}

#[test]
fn a_reader_that_has_enough_ends_a_run_whose_input_is_open_and_silent() {
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url()])
        .stdin_open("one\n")
        .reader_leaves_after(4)
        .stdout("one\n")
        .stderr("")
        .exits(55);
}

#[test]
fn a_reader_that_has_left_ends_a_run_that_awaits_nothing_of_the_server() {
    for args in [&["send", "--wait", "1h"][..], &["send", "--expect", "0"], &["stream"]] {
        let server = EchoServer::start();
        let printed = if args[0] == "stream" { "one" } else { "one\n" };
        Wsurl::new(args.iter().copied().chain([&*server.url()]))
            .stdin_open(printed)
            .reader_leaves_after(printed.len())
            .stdout(printed)
            .stderr("")
            .limit(secs(60))
            .exits(55);
        assert_eq!(server.received().close.map(|(code, _)| code), Some(1001), "{args:?}");
    }
}

/// Nothing of an upload is for the reader.
#[test]
fn a_reader_that_has_left_does_not_end_an_upload_that_moves() {
    let peer = Script::new().upgrade().send(frame::binary("one")).takes_frames(40_000).close_handshake();
    // It takes four seconds, nearly all of them after the reader has gone.
    let run = Wsurl::new(["stream", "--limit-rate", "10000", &peer.url()])
        .stdin(noise(40_000))
        .reader_leaves_after(3)
        .stdout("one")
        .stderr("")
        .limit(secs(60))
        .exits(0);
    assert!(run.elapsed > secs(2), "{:?}", run.elapsed);
}

#[test]
fn a_slow_reader_gets_everything() {
    let data = noise(4 * 1024 * 1024);
    let (_dir, path) = file_with("upload", &data);
    let server = EchoServer::start();
    Wsurl::new(["stream", "-T", &path, &server.url()])
        .reader_is_slow(64 * 1024, millis(10))
        .stdout(&data)
        .limit(secs(30))
        .exits(0);
}

#[test]
fn a_slow_reader_slows_the_server_and_not_the_limits() {
    // While stdout is what we wait for, nobody is late.
    let peer = Script::new().upgrade().send(frame::binary(noise(4 * 1024 * 1024))).close_handshake();
    Wsurl::new(["stream", "--expect", "1", "--receive-timeout", "400ms", &peer.url()])
        .reader_is_slow(64 * 1024, millis(20))
        .stdout(noise(4 * 1024 * 1024))
        .limit(secs(30))
        .exits(0);
}
