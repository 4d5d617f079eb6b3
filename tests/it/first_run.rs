//! The first thing that a new user tries: the embedded echo server.

use crate::support::{EchoServer, Script, Wsurl, frame, secs};

#[test]
fn the_echo_test_needs_nothing_but_the_binary() {
    let report = Wsurl::new(["echo-test"]).stdout_has("10").stderr("").within(secs(5)).exits(0);
    assert!(report.text().to_lowercase().contains("round trip"), "{}", report.text());
}

#[test]
fn number_and_size_of_the_messages_can_be_given() {
    let server = EchoServer::start();
    Wsurl::new(["echo-test", "-n", "3", "--size", "1K", &server.url()]).stdout_has("3").exits(0);
    let messages = server.received().messages;
    assert_eq!(messages.iter().map(tungstenite::Message::len).collect::<Vec<_>>(), [1024; 3]);
}

#[test]
fn ten_messages_are_sent_unless_told_otherwise() {
    let server = EchoServer::start();
    Wsurl::new(["echo-test", &server.url()]).exits(0);
    assert_eq!(server.received().messages.len(), 10);
}

#[test]
fn an_echo_that_is_not_one_is_a_failure() {
    let peer = Script::new().upgrade().read_frame().send(frame::text("something else")).hold();
    Wsurl::new(["echo-test", "-n", "1", "--close-timeout", "300ms", &peer.url()]).within(secs(8)).exits(1);
}

#[test]
fn a_server_that_does_not_answer_is_a_failure() {
    Wsurl::new(["echo-test", "ws://127.0.0.1:1/"]).stderr_has("cannot connect to 127.0.0.1:1").exits(7);
}

#[test]
fn an_address_to_listen_at_that_is_none_is_refused() {
    Wsurl::new(["echo-test", "--listen", "nowhere"]).stdout("").stderr_has("nowhere").exits(2);
}

#[test]
fn an_address_that_is_taken_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let run = Wsurl::new(["echo-test", "--listen", &address]).stdout("").stderr_has(&address).within(secs(5));
    run.exits(7);
}

#[cfg(unix)]
#[test]
fn the_embedded_server_runs_in_the_foreground_and_says_where() {
    use crate::support::Signal;

    let mut server = Wsurl::new(["echo-test", "--listen", "127.0.0.1:0"]).spawn();
    server.wait_for_stdout("\n");
    let printed = String::from_utf8(server.wait_for_stdout_bytes(1)).expect("UTF-8");
    let url = printed.lines().next().expect("a line");
    assert!(url.starts_with("ws://127.0.0.1:") && !url.ends_with(":0"), "{url}");

    Wsurl::new(["send", url]).stdin("a\nb\n").stdout("a\nb\n").exits(0);
    Wsurl::new(["stream", url]).stdin("bytes").stdout("bytes").exits(0);
    server.signal(Signal::Interrupt);
    server.exits(130);
}
