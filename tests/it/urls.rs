//! URLs that are refused before anything is sent, and what a good one becomes in the request.

use crate::support::{EchoServer, Script, Wsurl};

/// The error line quotes what was typed, so that a script's author sees which variable was empty.
#[track_caller]
fn refused(url: &str) -> Wsurl {
    Wsurl::new(["send", url, "hi"]).stdout("").stderr_has(url)
}

#[test]
fn a_url_without_scheme_is_refused_with_the_one_that_was_meant() {
    refused("example.com/chat").stderr_has("did you mean wss://example.com/chat ?").exits(3);
}

#[test]
fn a_host_and_port_without_scheme_is_not_taken_for_a_scheme() {
    refused("localhost:8080/chat")
        .stderr_has("did you mean ws")
        .stderr_has("://localhost:8080/chat ?")
        .exits(3);
}

#[test]
fn an_http_url_is_refused_with_the_one_that_was_meant() {
    refused("https://example.com/chat").stderr_has("did you mean wss://example.com/chat ?").exits(3);
    refused("http://example.com/chat")
        .stderr_has("did you mean ws")
        .stderr_has("://example.com/chat ?")
        .exits(3);
}

#[test]
fn another_scheme_is_refused() {
    refused("ftp://example.com/").exits(3);
}

#[test]
fn a_url_with_a_fragment_is_refused() {
    refused("ws://127.0.0.1:1/#room").stderr_has("fragment").exits(3);
}

#[test]
fn a_url_with_a_space_is_refused() {
    refused("ws://exa mple.com/").exits(3);
    refused("ws://127.0.0.1:1/two words").exits(3);
}

#[test]
fn a_url_without_a_host_is_refused() {
    refused("ws://").exits(3);
    refused("ws:///chat").exits(3);
}

#[test]
fn an_empty_url_is_refused() {
    Wsurl::new(["send", "", "hi"]).stdout("").exits(3);
}

#[test]
fn a_port_that_cannot_be_is_refused() {
    refused("ws://127.0.0.1:99999/").exits(3);
    refused("ws://127.0.0.1:http/").exits(3);
}

#[test]
fn a_line_end_in_a_url_does_not_reach_the_request() {
    Wsurl::new(["send", "ws://127.0.0.1:1/\r\nX-Smuggled: 1", "hi"]).stdout("").exits(3);
}

#[test]
fn a_password_in_a_bad_url_is_not_printed() {
    Wsurl::new(["send", "http://me:hunter2@example.com/", "hi"]).stderr_lacks("hunter2").exits(3);
}

#[test]
fn all_commands_refuse_a_bad_url_alike() {
    Wsurl::new(["stream", "example.com"]).stderr_has("wss://example.com").exits(3);
    Wsurl::new(["echo-test", "example.com"]).stderr_has("wss://example.com").exits(3);
}

#[test]
fn path_and_query_arrive_as_they_were_given() {
    let peer = Script::new().upgrade().close_handshake();
    let url = format!("{}chat/%7Eroom?name=a%20b&empty=&list=1,2", peer.url());
    Wsurl::new(["send", &url]).exits(0);
    assert!(
        peer.request_text().starts_with("GET /chat/%7Eroom?name=a%20b&empty=&list=1,2 HTTP/1.1\r\n"),
        "{}",
        peer.request_text()
    );
}

#[test]
fn a_url_without_a_path_asks_for_the_root() {
    let peer = Script::new().upgrade().close_handshake();
    Wsurl::new(["send", &format!("ws://{}", peer.authority())]).exits(0);
    assert!(peer.request_text().starts_with("GET / HTTP/1.1\r\n"), "{}", peer.request_text());
}

#[test]
fn a_query_without_a_path_asks_the_root() {
    let peer = Script::new().upgrade().close_handshake();
    Wsurl::new(["send", &format!("ws://{}?token=1", peer.authority())]).exits(0);
    assert!(peer.request_text().starts_with("GET /?token=1 HTTP/1.1\r\n"), "{}", peer.request_text());
}

#[test]
fn the_scheme_may_be_in_capitals() {
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url().replace("ws://", "WS://"), "hi"]).stdout("hi\n").exits(0);
}

#[test]
fn an_international_host_name_is_looked_up_in_its_ascii_form() {
    // Reserved by RFC 2606, so it resolves nowhere; what matters is that it gets as far as the resolver.
    Wsurl::new(["send", "ws://b\u{fc}cher.invalid/", "hi"]).stderr_has("cher").exits(6);
}
