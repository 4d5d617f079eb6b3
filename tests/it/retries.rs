//! `--retry`: trying again until the session is open, and never after that.

use std::net::TcpListener;

use crate::support::{Script, Wsurl, closed_port, frame, millis, secs};

fn busy(header: &str) -> String {
    format!("HTTP/1.1 503 Service Unavailable\r\n{header}Content-Length: 0\r\n\r\n")
}

/// How many tries were told of.
fn tries(stderr: &str) -> usize {
    stderr.lines().filter(|line| line.starts_with("wsurl: warning: try ")).count()
}

#[test]
fn a_server_that_comes_late_is_found() {
    let (socket, url) = closed_port();
    let mut run = Wsurl::new(["send", "--retry", "50", "--retry-delay", "100ms", &url]).spawn();
    run.wait_for_stderr("wsurl: warning: try 2 of 51 failed: cannot connect to 127.0.0.1:");
    socket.listen(8).expect("listen");
    let peer = Script::listening(TcpListener::from(socket)).upgrade().close_handshake();
    let stderr = run.exits(0).stderr;
    assert!(stderr.lines().all(|line| line.starts_with("wsurl: warning: try ")), "{stderr}");
    assert!(stderr.lines().all(|line| line.ends_with("; next in 100ms")), "{stderr}");
    assert_eq!(peer.requests().len(), 1);
}

#[test]
fn each_try_is_one_line_and_the_last_one_is_the_error() {
    let (_socket, url) = closed_port();
    let stderr = Wsurl::new(["send", "--retry", "2", "--retry-delay", "20ms", &url, "hi"])
        .stdout("")
        .stderr_has("wsurl: warning: try 1 of 3 failed: cannot connect to ")
        .stderr_has("wsurl: warning: try 2 of 3 failed: cannot connect to ")
        .stderr_has("wsurl: error: cannot connect to ")
        .exits(7)
        .stderr;
    assert_eq!(tries(&stderr), 2, "{stderr}");
}

#[test]
fn nothing_is_tried_again_unasked() {
    let (_socket, url) = closed_port();
    Wsurl::new(["send", &url, "hi"]).stderr_lacks("try ").within(secs(2)).exits(7);
    Wsurl::new(["send", "--retry", "0", &url, "hi"]).stderr_lacks("try ").within(secs(2)).exits(7);
}

#[test]
fn a_silent_run_tells_only_of_the_end() {
    let (_socket, url) = closed_port();
    Wsurl::new(["send", "-s", "--retry", "2", "--retry-delay", "20ms", &url, "hi"])
        .stderr_lacks("wsurl: warning")
        .exits(7);
}

#[test]
fn the_number_of_tries_is_told_afterwards() {
    let peer = Script::new().request().respond(&busy("")).hang_up().upgrade().close_handshake();
    Wsurl::new(["send", "--retry", "3", "--retry-delay", "20ms", &peer.url(), "-w", "%{num_retries}\\n"])
        .stdout("1\n")
        .exits(0);
}

#[test]
fn a_server_says_itself_when_to_come_back() {
    let peer =
        Script::new().request().respond(&busy("Retry-After: 1\r\n")).hang_up().upgrade().close_handshake();
    let run = Wsurl::new(["send", "--retry", "1", "--retry-delay", "20ms", &peer.url()])
        .stderr_has("wsurl: warning: try 1 of 2 failed: ")
        .stderr_has("503 Service Unavailable")
        .stderr_has("; next in 1s\n")
        .exits(0);
    assert!(run.elapsed >= secs(1) && run.elapsed < secs(3), "took {:?}", run.elapsed);
}

#[test]
fn a_server_that_asks_for_too_long_a_pause_fails_at_once() {
    let asked =
        |seconds: u32| Script::new().request().respond(&busy(&format!("Retry-After: {seconds}\r\n"))).close();
    let refused = |seconds: u32, args: &[&str], why: &str| {
        let peer = asked(seconds);
        let stderr = Wsurl::new(["send", "--retry", "5", &peer.url(), "hi"])
            .args(args)
            .stderr_has(format!(
                "answered the upgrade with 503 Service Unavailable; its Retry-After of {why}\n"
            ))
            .stderr_lacks("wsurl: warning")
            .within(secs(4))
            .exits(22)
            .stderr;
        assert!(stderr.contains("wsurl: hint: --retry-max-time DURATION waits longer"), "{stderr}");
    };
    refused(86400, &[], "1day is more than 5m, the most without --retry-max-time");
    refused(3600, &["--retry-max-time", "10m"], "1h is beyond --retry-max-time 10m");
    refused(60, &["-m", "30s"], "1m is later than the end of the run (--max-time 30s)");
    // As any other refusal where no retry is wanted.
    let peer = asked(86400);
    Wsurl::new(["send", &peer.url(), "hi"]).stderr_lacks("its Retry-After").exits(22);
}

#[test]
fn a_date_to_come_back_at_that_has_passed_is_now() {
    let header = "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n";
    let peer = Script::new().request().respond(&busy(header)).hang_up().upgrade().close_handshake();
    Wsurl::new(["send", "--retry", "1", "--retry-delay", "50ms", &peer.url()]).within(secs(3)).exits(0);
}

#[test]
fn a_time_to_come_back_at_that_makes_no_sense_is_ignored() {
    for header in ["Retry-After: soon\r\n", "Retry-After: -1\r\n", "Retry-After: 99999999999999999999\r\n"] {
        let peer = Script::new().request().respond(&busy(header)).hang_up().upgrade().close_handshake();
        Wsurl::new(["send", "--retry", "1", "--retry-delay", "20ms", "--retry-max-time", "3s", &peer.url()])
            .within(secs(3))
            .exits(0);
    }
}

#[test]
fn each_status_that_may_pass_is_tried_again() {
    for status in ["408 Slow", "429 Too Many", "500 Oops", "502 Bad", "503 Busy", "504 Late"] {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        let peer = Script::new().request().respond(&answer).hang_up().upgrade().close_handshake();
        Wsurl::new(["send", "--retry", "1", "--retry-delay", "20ms", &peer.url()])
            .stderr_has(status)
            .exits(0);
    }
}

#[test]
fn a_refusal_for_good_is_not_tried_again() {
    for (status, code) in [("403 No", 22), ("404 Gone", 22), ("401 Who", 22), ("301 There", 22)] {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        let peer = Script::new().request().respond(&answer).close();
        Wsurl::new(["send", "--retry", "3", "--retry-delay", "20ms", &peer.url(), "hi"])
            .stderr_lacks("try ")
            .exits(code);
    }
}

#[test]
fn an_empty_reply_is_tried_again() {
    let peer = Script::new().request().hang_up().upgrade().close_handshake();
    Wsurl::new(["send", "--retry", "1", "--retry-delay", "20ms", &peer.url()])
        .stderr_has("try 1 of 2")
        .exits(0);
}

#[test]
fn an_unknown_host_is_tried_again() {
    Wsurl::new(["send", "--retry", "1", "--retry-delay", "20ms", "ws://nonexistent.invalid/", "hi"])
        .stderr_has("try 1 of 2 failed: ")
        .exits(6);
}

#[test]
fn silence_is_tried_again() {
    let peer = Script::new().request().hold().upgrade().close_handshake();
    Wsurl::new(["send", "--retry", "1", "--retry-delay", "20ms", "--connect-timeout", "1s", &peer.url()])
        .stderr_has("try 1 of 2 failed: timed out after 1s in upgrade with 127.0.0.1")
        .exits(0);
}

#[test]
fn a_proxy_that_fails_is_tried_again_and_one_that_wants_a_password_is_not() {
    let server = Script::new().upgrade().close_handshake();
    let proxy = Script::new()
        .request()
        .respond("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        .hang_up()
        .http_tunnel_to(server.address());
    let args = ["send", "--retry", "1", "--retry-delay", "20ms", "ws://chat.example/", "-x"];
    Wsurl::new(args).args([proxy.url_as("http")]).stderr_has("try 1 of 2 failed: ").exits(0);

    let proxy = Script::new().request().respond("HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n\r\n").close();
    Wsurl::new(args).args([proxy.url_as("http")]).stderr_lacks("try 1").exits(97);
}

#[test]
fn all_tries_together_can_be_limited() {
    let (_socket, url) = closed_port();
    let run = Wsurl::new(["send", "--retry", "1000", "--retry-delay", "100ms", "--retry-max-time", "600ms"])
        .args([&url, "hi"])
        .within(secs(2))
        .exits(7);
    let tries = tries(&run.stderr);
    assert!((1..=6).contains(&tries), "{tries} tries: {}", run.stderr);
}

#[test]
fn the_limit_of_the_whole_run_holds_between_tries_too() {
    let (_socket, url) = closed_port();
    Wsurl::new(["send", "--retry", "5", "--retry-delay", "1m", "-m", "500ms", &url, "hi"])
        .stderr_has("wsurl: error: cannot connect to ")
        .stderr_lacks("wsurl: warning")
        .within(secs(2))
        .exits(7);
}

#[test]
fn the_first_delay_is_about_a_second() {
    let (_socket, url) = closed_port();
    let run = Wsurl::new(["send", "--retry", "1", &url, "hi"]).stderr_has("; next in ").exits(7);
    assert!(run.elapsed >= millis(400) && run.elapsed <= secs(3), "took {:?}", run.elapsed);
}

#[test]
fn nothing_is_tried_again_once_the_session_was_open() {
    let endings: [fn(Script) -> Script; 3] =
        [Script::reset, Script::close, |peer| peer.send(frame::close(1011, "oops")).read_close().close()];
    for (ending, code) in endings.into_iter().zip([56, 56, 110]) {
        let peer = ending(Script::new().upgrade().read_frame());
        Wsurl::new(["send", "--retry", "5", "--retry-delay", "20ms", &peer.url(), "a", "b"])
            .stderr_lacks("try ")
            .within(secs(5))
            .exits(code);
        assert_eq!(peer.requests().len(), 1);
    }
}

#[test]
fn a_broken_answer_is_not_tried_again() {
    let peer = Script::new().request().respond("HTTP/1.1 101 Switching Protocols\r\n\r\n").close();
    Wsurl::new(["send", "--retry", "5", "--retry-delay", "20ms", &peer.url(), "hi"])
        .stderr_lacks("try ")
        .exits(112);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_wait_between_tries() {
    use crate::support::Signal;

    let (_socket, url) = closed_port();
    let mut run =
        Wsurl::new(["send", "--retry", "5", "--retry-delay", "1m", &url, "hi"]).within(secs(5)).spawn();
    run.wait_for_stderr("; next in ");
    run.signal(Signal::Interrupt);
    run.exits(130);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_wait_between_the_tries_of_a_probe() {
    use crate::support::Signal;

    let (_socket, url) = closed_port();
    let mut run = Wsurl::new(["probe", "--retry", "5", "--retry-delay", "1m", &url]).within(secs(5)).spawn();
    run.wait_for_stderr("; next in ");
    run.signal(Signal::Interrupt);
    run.exits(130);
}
