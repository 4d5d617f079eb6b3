//! Proxies that keep a client waiting: every wait ends inside the one limit, and tells where it was.

use std::time::Duration;

use crate::support::socks::{CONNECTED_5, NO_PASSWORD, WANTS_PASSWORD};
use crate::support::{Echo, Script, Wsurl, millis, secs};

/// The limit of the runs.
const LIMIT: &str = "500ms";
/// Until when the client has to have left the proxy, counted from when it has nothing more to hear.
const AT_THE_LATEST: Duration = millis(700);
/// What starting a process takes on a machine that is busy with other tests.
const START: Duration = secs(2);

const CONSENT: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

#[track_caller]
fn through(proxy: &Script, scheme: &str, url: &str) -> Wsurl {
    Wsurl::new(["send", "--connect-timeout", LIMIT, "-x", &proxy.url_as(scheme), url, "hi"])
        .stdout("")
        .within(AT_THE_LATEST + START)
}

/// The limit is reached while this proxy is silent.
#[track_caller]
fn times_out(proxy: &Script, scheme: &str, url: &str, phase: &str) {
    through(proxy, scheme, url)
        .stderr_has(format!("wsurl: error: timed out after {LIMIT} in {phase} (--connect-timeout)"))
        .exits(28);
}

/// As [`times_out`], for a script that ends with [`Script::hold`].
#[track_caller]
fn times_out_in_proxy(proxy: &Script, scheme: &str) {
    times_out(proxy, scheme, "ws://chat.example/", "proxy with 127.0.0.1");
    assert!(proxy.held() <= AT_THE_LATEST, "stayed for {:?}", proxy.held());
}

#[test]
fn a_connect_that_nobody_reads() {
    times_out_in_proxy(&Script::new().accept().hold(), "http");
}

#[test]
fn a_connect_that_is_not_answered() {
    times_out_in_proxy(&Script::new().request().hold(), "http");
}

#[test]
fn an_answer_that_stops_within_its_head() {
    times_out_in_proxy(&Script::new().request().send("HTTP/1.1 200 OK\r\nVia: ").hold(), "http");
}

#[test]
fn an_answer_that_drips() {
    let proxy = Script::new().request().respond_dripping(CONSENT, millis(100));
    times_out(&proxy, "http", "ws://chat.example/", "proxy with 127.0.0.1");
}

#[test]
fn the_first_header_lines_of_one_that_never_ends() {
    let head = format!("HTTP/1.1 200 OK\r\n{}", "X-Drop: 1\r\n".repeat(200));
    let proxy = Script::new().request().respond_dripping(&head, millis(10));
    times_out(&proxy, "http", "ws://chat.example/", "proxy with 127.0.0.1");
}

#[test]
fn a_challenge_that_is_answered_into_silence() {
    let challenge = "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Digest realm=\"den\", nonce=\"1\", qop=\"auth\"\r\n\
                     Content-Length: 0\r\n\r\n";
    let proxy = Script::new().request().respond(challenge).request().hold();
    through(&proxy, "http", "ws://chat.example/")
        .args(["-U", "me:hunter2"])
        .stderr_has("timed out after 500ms in proxy with 127.0.0.1 (--connect-timeout)")
        .stderr_lacks("hunter2")
        .exits(28);
}

#[test]
fn the_body_of_a_refusal_that_does_not_come_is_not_awaited_for_long() {
    let proxy =
        Script::new().request().send("HTTP/1.1 403 No\r\nContent-Length: 100\r\n\r\nthe start").hold();
    through(&proxy, "http", "ws://chat.example/").stderr_has("403 No").stderr_has("the start").exits(97);
}

#[test]
fn the_body_of_a_challenge_that_does_not_come_is_not_awaited_for_long() {
    let challenge = "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Digest realm=\"den\", nonce=\"1\", qop=\"auth\"\r\n\
                     Content-Length: 100\r\n\r\nthe start";
    let proxy = Script::new().request().respond(challenge).hold();
    through(&proxy, "http", "ws://chat.example/").args(["-U", "me:hunter2"]).exits(28);
}

#[test]
fn a_megabyte_of_headers() {
    let line = "X-Padding: 0123456789012345678901234567890123456789\r\n";
    let proxy = Script::new().request().send("HTTP/1.1 200 OK\r\n").send(line.repeat(20_000)).hold();
    through(&proxy, "http", "ws://chat.example/")
        .stderr_has(format!("wsurl: error: proxy {} did not answer CONNECT with HTTP", proxy.authority()))
        .exits(97);
}

#[test]
fn headers_without_end() {
    let proxy = Script::new()
        .request()
        .send("HTTP/1.1 200 OK\r\n")
        .send_until_gone("X-Padding: 0123456789\r\n".repeat(100));
    through(&proxy, "http", "ws://chat.example/").stderr_has("did not answer CONNECT with HTTP").exits(97);
}

#[test]
fn a_tls_handshake_that_is_not_answered() {
    let proxy = Script::new().hold();
    through(&proxy, "https", "ws://chat.example/")
        .stderr_has("wsurl: error: timed out after 500ms in ")
        .stderr_has(" with 127.0.0.1 (--connect-timeout)")
        .exits(28);
    assert!(proxy.held() <= AT_THE_LATEST, "stayed for {:?}", proxy.held());
}

#[test]
fn a_socks5_greeting_that_is_not_answered() {
    times_out_in_proxy(&Script::new().socks5_greeting().hold(), "socks5h");
}

#[test]
fn a_socks5_greeting_that_is_answered_by_half() {
    times_out_in_proxy(&Script::new().socks5_greeting().send([5]).hold(), "socks5h");
}

#[test]
fn a_socks5_password_that_is_not_answered() {
    let proxy = Script::new().socks5_greeting().send(WANTS_PASSWORD).socks5_password().hold();
    through(&proxy, "socks5h", "ws://chat.example/")
        .args(["-U", "me:hunter2"])
        .stderr_has("timed out after 500ms in proxy with 127.0.0.1 (--connect-timeout)")
        .stderr_lacks("hunter2")
        .exits(28);
    assert!(proxy.held() <= AT_THE_LATEST, "stayed for {:?}", proxy.held());
}

#[test]
fn a_socks5_request_that_is_not_answered() {
    times_out_in_proxy(&Script::new().socks5_greeting().send(NO_PASSWORD).socks5_request().hold(), "socks5h");
}

#[test]
fn a_socks5_answer_that_drips() {
    let proxy = Script::new()
        .socks5_greeting()
        .send(NO_PASSWORD)
        .socks5_request()
        .drip([&[5, 0, 0, 3, 100][..], &[b'x'; 102]].concat(), millis(50));
    times_out(&proxy, "socks5h", "ws://chat.example/", "proxy with 127.0.0.1");
}

#[test]
fn a_socks4_request_that_is_not_answered() {
    times_out_in_proxy(&Script::new().socks4_request().hold(), "socks4a");
}

#[test]
fn silence_behind_the_tunnel_is_the_servers() {
    let proxy = Script::new().request().respond(CONSENT).hold();
    times_out(&proxy, "http", "ws://chat.example/", "upgrade with chat.example");
    assert!(proxy.held() <= AT_THE_LATEST, "stayed for {:?}", proxy.held());

    let proxy = Script::new().request().respond(CONSENT).hold();
    times_out(&proxy, "http", "wss://chat.example/", "tls with chat.example");

    let proxy = Script::new().socks5_greeting().send(NO_PASSWORD).socks5_request().send(CONNECTED_5).hold();
    times_out(&proxy, "socks5h", "wss://chat.example/", "tls with chat.example");
}

#[test]
fn the_limit_is_one_for_all_phases() {
    // Each phase alone would be in time.
    let server = Script::new().request().sleep(millis(300)).hold().close();
    let proxy = Script::new().request().sleep(millis(300)).respond(CONSENT).tunnel_to(server.address());
    times_out(&proxy, "http", "ws://chat.example/", "upgrade with chat.example");
}

#[test]
fn the_limit_of_the_whole_run_holds_too() {
    let proxy = Script::new().request().hold();
    Wsurl::new(["send", "-m", LIMIT, "-x", &proxy.url_as("http"), "ws://chat.example/", "hi"])
        .stderr_has("timed out after 500ms in proxy with 127.0.0.1 (--max-time)")
        .exits(28);
    assert!(proxy.held() <= AT_THE_LATEST, "stayed for {:?}", proxy.held());
}

#[test]
fn a_slow_proxy_is_given_its_time() {
    let server = Echo::new().start();
    let proxy = Script::new().request().sleep(millis(300)).respond(CONSENT).tunnel_to(server.address());
    let args = ["send", "--connect-timeout", "5s", "-x", &proxy.url_as("http"), "ws://chat.example/", "hi"];
    Wsurl::new(args).stdout("hi\n").within(secs(5)).exits(0);
}
