//! SOCKS proxies: the bytes on the wire, and every way in which they can refuse.

use crate::support::socks::{CONNECTED_4, CONNECTED_5, NO_PASSWORD, PASSWORD_ACCEPTED, WANTS_PASSWORD};
use crate::support::{Certificate, Echo, EchoServer, Script, Wsurl, millis, secs};

fn through(proxy: &Script, scheme: &str, url: &str) -> Wsurl {
    Wsurl::new(["send", "-x", &proxy.url_as(scheme), url, "hi"])
}

/// Runs through a proxy that wants no password, and gives the request that it got.
#[track_caller]
fn request_of_socks5(scheme: &str, url: &str, args: &[&str]) -> Vec<u8> {
    let server = EchoServer::start();
    let proxy = Script::new()
        .socks5_greeting()
        .send(NO_PASSWORD)
        .socks5_request()
        .send(CONNECTED_5)
        .tunnel_to(server.address());
    through(&proxy, scheme, url).args(args).stdout("hi\n").stderr("").exits(0);
    let heard = proxy.heard();
    assert_eq!(heard[0][0], 5, "{heard:?}");
    assert!(heard[0][2..].contains(&0), "no password is not offered: {heard:?}");
    assert!(!heard[0][2..].contains(&2), "a password is offered that was not given: {heard:?}");
    heard[1].clone()
}

#[track_caller]
fn request_of_socks4(scheme: &str, url: &str, args: &[&str]) -> Vec<u8> {
    let server = EchoServer::start();
    let proxy = Script::new().socks4_request().send(CONNECTED_4).tunnel_to(server.address());
    through(&proxy, scheme, url).args(args).stdout("hi\n").stderr("").exits(0);
    proxy.heard()[0].clone()
}

/// A run with a password, which must not show.
fn with_password(proxy: &Script) -> Wsurl {
    through(proxy, "socks5h", "ws://chat.example/").args(["-U", "me:hunter2"]).stderr_lacks("hunter2")
}

#[test]
fn socks5h_leaves_the_name_to_the_proxy() {
    let request = request_of_socks5("socks5h", "ws://chat.example:8080/", &[]);
    assert_eq!(request, [&[5, 1, 0, 3, 12][..], b"chat.example", &8080_u16.to_be_bytes()].concat());
}

#[test]
fn socks5_looks_the_name_up_itself() {
    // The name may have an IPv6 address, too.
    assert_eq!(
        request_of_socks5("socks5", "ws://localhost:8080/", &["-4"]),
        [5, 1, 0, 1, 127, 0, 0, 1, 0x1f, 0x90]
    );
}

#[test]
fn an_address_goes_as_an_address() {
    let ipv6 = request_of_socks5("socks5h", "ws://[2001:db8::7]/", &[]);
    assert_eq!(ipv6[..8], [5, 1, 0, 4, 0x20, 1, 0x0d, 0xb8]);
    assert_eq!(ipv6[8..], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 80]);
    assert_eq!(request_of_socks5("socks5", "ws://192.0.2.7/", &[]), [5, 1, 0, 1, 192, 0, 2, 7, 0, 80]);
}

#[test]
fn socks4_looks_the_name_up_itself() {
    assert_eq!(request_of_socks4("socks4", "ws://localhost:8080/", &[]), [4, 1, 0x1f, 0x90, 127, 0, 0, 1, 0]);
}

#[test]
fn socks4a_leaves_the_name_to_the_proxy() {
    let request = request_of_socks4("socks4a", "ws://chat.example/", &[]);
    assert_eq!(request, [&[4, 1, 0, 80, 0, 0, 0][..], &request[7..8], b"\0chat.example\0"].concat());
    assert_ne!(request[7], 0);
}

#[test]
fn socks4_knows_users_but_no_passwords() {
    let request = request_of_socks4("socks4", "ws://192.0.2.7/", &["-U", "me:hunter2"]);
    assert_eq!(request, *b"\x04\x01\x00\x50\xc0\x00\x02\x07me\0");
}

#[test]
fn socks4_has_no_room_for_ipv6() {
    let proxy = Script::new().accept().hears_end();
    through(&proxy, "socks4", "ws://[2001:db8::7]/")
        .stdout("")
        .stderr_has("SOCKS4 cannot carry an IPv6 address (2001:db8::7); use socks5://")
        .exits(97);
    proxy.wait();
}

#[test]
fn tls_goes_through_socks() {
    let server = Echo::new().tls(Certificate::Valid).start();
    let proxy = Script::new()
        .socks5_greeting()
        .send(NO_PASSWORD)
        .socks5_request()
        .send(CONNECTED_5)
        .tunnel_to(server.address());
    through(&proxy, "socks5h", "wss://localhost/")
        .args(["--cacert", server.cacert()])
        .stdout("hi\n")
        .exits(0);
}

#[test]
fn a_password_is_given_when_it_is_wanted() {
    let server = EchoServer::start();
    let proxy = Script::new()
        .socks5_greeting()
        .send(WANTS_PASSWORD)
        .socks5_password()
        .send(PASSWORD_ACCEPTED)
        .socks5_request()
        .send(CONNECTED_5)
        .tunnel_to(server.address());
    with_password(&proxy).args(["-vv"]).stdout("hi\n").exits(0);
    let heard = proxy.heard();
    assert!(heard[0][2..].contains(&2), "a password is not offered: {heard:?}");
    assert_eq!(heard[1], b"\x01\x02me\x07hunter2");
}

#[test]
fn a_password_is_not_given_when_it_is_not_wanted() {
    let server = EchoServer::start();
    let proxy = Script::new()
        .socks5_greeting()
        .send(NO_PASSWORD)
        .socks5_request()
        .send(CONNECTED_5)
        .tunnel_to(server.address());
    with_password(&proxy).stdout("hi\n").exits(0);
}

#[test]
fn answers_that_drip_in_are_fine_inside_the_limit() {
    let server = EchoServer::start();
    let proxy = Script::new()
        .socks5_greeting()
        .drip(NO_PASSWORD, millis(20))
        .socks5_request()
        .drip([&[5, 0, 0, 3, 5][..], b"exit1\0\x50"].concat(), millis(20))
        .tunnel_to(server.address());
    through(&proxy, "socks5h", "ws://chat.example/").stdout("hi\n").exits(0);
}

#[test]
fn an_address_of_any_kind_in_the_answer_is_skipped() {
    for bound in [&[1, 192, 0, 2, 1, 0, 80][..], b"\x03\x00\x00\x50", &[&[4][..], &[0; 18]].concat()] {
        let server = EchoServer::start();
        let proxy = Script::new()
            .socks5_greeting()
            .send(NO_PASSWORD)
            .socks5_request()
            .send([&[5, 0, 0], bound].concat())
            .tunnel_to(server.address());
        through(&proxy, "socks5h", "ws://chat.example/").stdout("hi\n").exits(0);
    }
}

#[test]
fn a_wrong_password_is_told_without_showing_it() {
    let proxy = Script::new().socks5_greeting().send(WANTS_PASSWORD).socks5_password().send([1, 1]).close();
    with_password(&proxy)
        .args(["-vv"])
        .stdout("")
        .stderr_has(format!("proxy {} did not accept the credentials", proxy.authority()))
        .exits(97);
}

#[test]
fn a_proxy_that_accepts_none_of_our_methods_is_told() {
    let proxy = Script::new().socks5_greeting().send([5, 0xFF]).close();
    through(&proxy, "socks5", "ws://192.0.2.7/")
        .stdout("")
        .stderr_has(format!("proxy {}", proxy.authority()))
        .stderr_has("-U")
        .exits(97);
}

#[test]
fn a_method_that_was_not_offered_is_refused() {
    for method in [1, 2, 0x80] {
        let proxy = Script::new().socks5_greeting().send([5, method]).hears_end();
        through(&proxy, "socks5", "ws://192.0.2.7/").stdout("").within(secs(3)).exits(97);
    }
}

#[test]
fn each_refusal_is_told_in_words() {
    let words = [
        "general failure",
        "not allowed by its rules",
        "network unreachable",
        "host unreachable",
        "connection refused",
        "TTL expired",
        "command not supported",
        "address type not supported",
    ];
    for (code, words) in (1_u8..).zip(words).chain([(0x2a, "unknown reply code 0x2a")]) {
        let proxy = Script::new()
            .socks5_greeting()
            .send(NO_PASSWORD)
            .socks5_request()
            .send([5, code, 0, 1, 0, 0, 0, 0, 0, 0])
            .close();
        through(&proxy, "socks5h", "ws://chat.example/")
            .stdout("")
            .stderr_has(format!("wsurl: error: proxy {} refused: {words}", proxy.authority()))
            .exits(97);
    }
}

#[test]
fn a_refusal_without_an_address_is_a_refusal_all_the_same() {
    // Some proxies hang up after the code.
    let proxy = Script::new().socks5_greeting().send(NO_PASSWORD).socks5_request().send([5, 4]).close();
    through(&proxy, "socks5h", "ws://chat.example/").stdout("").within(secs(3)).exits(97);
}

#[test]
fn refusals_of_socks4_are_told() {
    for code in [91, 92, 93, 7] {
        let proxy = Script::new().socks4_request().send([0, code, 0, 0, 0, 0, 0, 0]).close();
        through(&proxy, "socks4a", "ws://chat.example/")
            .stdout("")
            .stderr_has(format!("wsurl: error: proxy {} refused", proxy.authority()))
            .exits(97);
    }
}

#[test]
fn another_version_is_no_socks() {
    // The third one is what an HTTP proxy says to a greeting.
    for answer in [&[4, 0][..], &[0, 90, 0, 0, 0, 0, 0, 0], b"HTTP/1.1 400 Bad Request\r\n\r\n"] {
        let proxy = Script::new().socks5_greeting().send(answer).hold();
        through(&proxy, "socks5", "ws://192.0.2.7/")
            .stdout("")
            .stderr_has(format!("proxy {}", proxy.authority()))
            .within(secs(3))
            .exits(97);
    }
    let proxy = Script::new().socks4_request().send([5, 90, 0, 0, 0, 0, 0, 0]).hold();
    through(&proxy, "socks4", "ws://192.0.2.7/").stdout("").within(secs(3)).exits(97);
}

#[test]
fn another_version_in_a_later_answer_is_no_socks_either() {
    let greeted = || Script::new().socks5_greeting();
    let proxy = greeted().send(NO_PASSWORD).socks5_request().send([4, 0, 0, 1, 0, 0, 0, 0, 0, 0]).hold();
    through(&proxy, "socks5", "ws://192.0.2.7/").within(secs(3)).exits(97);
    let proxy = greeted().send(WANTS_PASSWORD).socks5_password().send(*b"HT").hold();
    with_password(&proxy).within(secs(3)).exits(97);
}

#[test]
fn an_answer_that_is_cut_off_is_told() {
    let greeted = || Script::new().socks5_greeting();
    let proxies = [
        greeted().close(),
        greeted().send([5]).close(),
        greeted().send(NO_PASSWORD).socks5_request().close(),
        greeted().send(NO_PASSWORD).socks5_request().send([5, 0, 0, 1, 0, 0]).close(),
        greeted().send(NO_PASSWORD).socks5_request().send([5, 0, 0, 3, 200, b'x']).close(),
    ];
    for proxy in proxies {
        through(&proxy, "socks5h", "ws://chat.example/")
            .stdout("")
            .stderr_has(format!("proxy {} closed the connection", proxy.authority()))
            .within(secs(3))
            .exits(97);
    }
    let proxy = Script::new().socks4_request().send([0, 90, 0]).close();
    through(&proxy, "socks4a", "ws://chat.example/").stderr_has("closed the connection").exits(97);
}

#[test]
fn a_name_that_is_too_long_for_socks_is_refused() {
    let label = "x".repeat(60);
    let url = format!("ws://{label}.{label}.{label}.{label}.{label}/");
    let proxy = Script::new().accept().hears_end();
    through(&proxy, "socks5h", &url).stderr_has("the host name has 304 bytes, SOCKS allows 255").exits(97);
    proxy.wait();
}

#[test]
fn an_unknown_name_is_the_hosts_fault_with_socks5() {
    let proxy = Script::new().accept().hears_end();
    let run = through(&proxy, "socks5", "ws://nonexistent.invalid/");
    run.stderr_has("cannot resolve nonexistent.invalid").exits(6);
    proxy.wait();
}

#[test]
fn an_unknown_proxy_is_told_by_name() {
    Wsurl::new(["send", "-x", "socks5h://proxy.invalid:1080", "ws://chat.example/", "hi"])
        .stderr_has("cannot resolve proxy proxy.invalid")
        .exits(5);
}
