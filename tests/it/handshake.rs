//! What a server may answer to the upgrade, and how a refusal is explained.

use crate::support::script::SWITCHING;
use crate::support::{Script, Wsurl, frame, millis, noise, secs};

/// Runs against a server that gives this answer, and expects the connection not to become a session.
#[track_caller]
fn answered_with(head: &str) -> (Script, Wsurl) {
    let peer = Script::new().request().respond(head).close();
    let run = Wsurl::new(["send", &peer.url(), "hi"]).stdout("").within(secs(5));
    (peer, run)
}

#[track_caller]
fn breaks_the_protocol(head: &str, named: &str) {
    let (_peer, run) = answered_with(head);
    run.stderr_has(named).exits(112);
}

#[test]
fn a_refusal_is_shown_with_status_headers_and_body() {
    let (peer, run) = answered_with(
        "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nX-Reason: full moon\r\nServer: moon\r\nSet-Cookie: sid=hunter2\r\nContent-Length: 14\r\n\r\nNot on my wire",
    );
    run.stderr_has(format!("wsurl: error: {} answered the upgrade with 403 Forbidden\n", peer.authority()))
        .stderr_has("\n< HTTP/1.1 403 Forbidden\n< Content-Type: text/plain\n< X-Reason: (redacted)\n< Server: moon\n< Set-Cookie: (redacted)\n")
        .stderr_has("\n\nNot on my wire")
        .exits(22);
}

#[test]
fn a_web_page_in_place_of_an_upgrade_is_a_refusal() {
    let (peer, run) = answered_with("HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n<h1>Hello, browser</h1");
    run.stderr_has(format!("wsurl: error: {} answered the upgrade with 200 OK\n", peer.authority()))
        .stderr_has("<h1>Hello, browser</h1")
        .exits(22);
}

#[test]
fn a_redirect_that_is_not_followed_shows_where_it_leads() {
    let (_peer, run) = answered_with(
        "HTTP/1.1 302 Found\r\nLocation: wss://elsewhere.example/chat\r\nContent-Length: 0\r\n\r\n",
    );
    run.stderr_has("answered the upgrade with 302 Found")
        .stderr_has("< Location: wss://elsewhere.example/chat\n")
        .exits(22);
}

#[test]
fn a_busy_server_shows_when_to_come_back() {
    let (_peer, run) = answered_with("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\n\r\n");
    run.stderr_has("503 Service Unavailable").stderr_has("< Retry-After: 7\n").exits(22);
}

#[test]
fn a_wish_for_credentials_is_a_refusal_when_none_were_given() {
    let (_peer, run) = answered_with(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"den\"\r\nContent-Length: 0\r\n\r\n",
    );
    run.stderr_has("401 Unauthorized").stderr_has("< WWW-Authenticate: Basic realm=\"den\"\n").exits(22);
}

#[test]
fn credentials_that_are_not_taken_have_a_status_of_their_own() {
    let (_peer, run) = answered_with(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"den\"\r\nContent-Length: 0\r\n\r\n",
    );
    run.args(["-u", "me:hunter2"]).stderr_has("401 Unauthorized").stderr_lacks("hunter2").exits(67);
}

#[test]
fn a_body_in_a_later_packet_is_shown_too() {
    let peer = Script::new()
        .request()
        .send("HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\n")
        .sleep(millis(150))
        .send("too ")
        .sleep(millis(150))
        .send("late? ")
        .hold();
    // The peer keeps the connection: the length says that this is all.
    Wsurl::new(["send", &peer.url(), "hi"]).stderr_has("\n\ntoo late? ").within(secs(5)).exits(22);
}

#[test]
fn a_body_of_unknown_length_is_shown_to_its_end() {
    let (_peer, run) = answered_with("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\nno such room");
    run.stderr_has("404 Not Found").stderr_has("no such room").exits(22);
}

#[test]
fn a_body_that_never_ends_does_not_hold_up_the_refusal() {
    let peer = Script::new()
        .request()
        .send("HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\nthe start")
        .hold();
    Wsurl::new(["send", "--connect-timeout", "500ms", &peer.url(), "hi"])
        .stderr_has("403 Forbidden")
        .stderr_has("the start")
        .within(secs(5))
        .exits(22);
}

#[test]
fn of_a_long_body_the_first_kibibyte_is_shown() {
    let body = "~".repeat(5000);
    let (_peer, run) = answered_with(&format!("HTTP/1.1 500 Oops\r\nContent-Length: 5000\r\n\r\n{body}"));
    let stderr = run.exits(22).stderr;
    assert_eq!(stderr.matches('~').count(), 1024, "{stderr}");
}

#[test]
fn a_wrong_accept_value_is_no_upgrade() {
    breaks_the_protocol(
        &SWITCHING.replace("{accept}", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        "Sec-WebSocket-Accept",
    );
}

#[test]
fn a_missing_accept_value_is_no_upgrade() {
    breaks_the_protocol(&SWITCHING.replace("Sec-WebSocket-Accept: {accept}\r\n", ""), "Sec-WebSocket-Accept");
}

#[test]
fn an_answer_without_upgrade_header_is_no_upgrade() {
    breaks_the_protocol(&SWITCHING.replace("Upgrade: websocket\r\n", ""), "Upgrade");
}

#[test]
fn an_answer_that_upgrades_to_something_else_is_no_upgrade() {
    breaks_the_protocol(
        &SWITCHING.replace("Upgrade: websocket", "Upgrade: h2c"),
        "broke the opening handshake: 'Upgrade: h2c' in its 101 response, not websocket (RFC 6455 §4.1)\n",
    );
}

#[test]
fn an_answer_that_upgrades_to_something_else_as_well_is_no_upgrade() {
    breaks_the_protocol(
        &SWITCHING.replace("Upgrade: websocket", "Upgrade: websocket\r\nUpgrade: h2c"),
        "broke the opening handshake: 'Upgrade: h2c' in its 101 response, not websocket (RFC 6455 §4.1)\n",
    );
    breaks_the_protocol(
        &SWITCHING.replace("Upgrade: websocket", "Upgrade: h2c, websocket"),
        "'Upgrade: h2c, websocket' in its 101 response, not websocket (RFC 6455 §4.1)\n",
    );
}

#[test]
fn a_second_accept_value_is_no_upgrade() {
    for second in ["{accept}", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="] {
        let field = format!("Sec-WebSocket-Accept: {{accept}}\r\nSec-WebSocket-Accept: {second}");
        breaks_the_protocol(
            &SWITCHING.replace("Sec-WebSocket-Accept: {accept}", &field),
            "broke the opening handshake: more than one Sec-WebSocket-Accept (RFC 6455 §11.3.3)\n",
        );
    }
}

#[test]
fn http_1_0_is_no_upgrade() {
    breaks_the_protocol(
        &SWITCHING.replace("HTTP/1.1", "HTTP/1.0"),
        "broke the opening handshake: HTTP/1.0 has no 101 response (RFC 9110 §15.2)\n",
    );
}

#[test]
fn an_answer_without_connection_header_is_no_upgrade() {
    breaks_the_protocol(&SWITCHING.replace("Connection: Upgrade\r\n", ""), "Connection");
}

#[test]
fn a_subprotocol_that_was_not_offered_is_refused() {
    let peer = Script::new().upgrade_with("Sec-WebSocket-Protocol: mqtt").hold();
    Wsurl::new(["send", "--subprotocol", "chat", &peer.url(), "hi"]).stdout("").stderr_has("mqtt").exits(112);
}

#[test]
fn a_subprotocol_is_refused_when_none_was_offered() {
    let peer = Script::new().upgrade_with("Sec-WebSocket-Protocol: mqtt").hold();
    Wsurl::new(["send", &peer.url(), "hi"]).stdout("").stderr_has("mqtt").exits(112);
}

#[test]
fn an_extension_that_was_not_offered_is_refused() {
    let peer = Script::new().upgrade_with("Sec-WebSocket-Extensions: permessage-deflate").hold();
    Wsurl::new(["send", &peer.url(), "hi"]).stdout("").stderr_has("permessage-deflate").exits(112);
}

#[test]
fn header_names_and_tokens_are_compared_without_case() {
    let head = "HTTP/1.1 101 Switching Protocols\r\nUPGRADE: WebSocket\r\nconnection: keep-alive, upgrade\r\n\
                sec-websocket-accept: {accept}\r\n\r\n";
    let peer = Script::new().request().respond(head).close_handshake();
    Wsurl::new(["send", &peer.url()]).exits(0);
}

#[test]
fn a_server_that_hangs_up_without_an_answer_is_an_empty_reply() {
    let (_peer, run) = answered_with("");
    run.stderr_has("127.0.0.1").exits(52);
}

#[test]
fn a_server_that_hangs_up_without_an_answer_may_want_a_subprotocol() {
    let hint = |ends: fn(Script) -> Script, args: &[&str]| {
        let peer = ends(Script::new().request());
        let stderr = Wsurl::new(["send", &peer.url(), "hi"]).args(args).exits(52).stderr;
        stderr.lines().find_map(|line| line.strip_prefix("wsurl: hint: ")).unwrap_or_default().to_owned()
    };
    for ends in [Script::close, Script::reset] {
        assert_eq!(
            hint(ends, &[]),
            "is it a WebSocket server? Does it expect a subprotocol (--subprotocol NAME)? For a TLS port the URL \
             begins with wss://"
        );
        assert_eq!(
            hint(ends, &["--subprotocol", "chat"]),
            "is it a WebSocket server? Does it know the subprotocol (--subprotocol)? For a TLS port the URL begins \
             with wss://"
        );
    }
}

#[test]
fn a_server_that_hangs_up_within_its_answer_has_not_answered() {
    let (_peer, run) = answered_with("HTTP/1.1 101 Switching Proto");
    run.stderr_has(" closed the connection during the upgrade after 28 bytes of its answer\n").exits(52);
}

#[test]
fn an_answer_that_is_not_http_breaks_the_protocol() {
    // Nobody waits for more: the first line says that it is something else.
    let peer = Script::new().request().send("SSH-2.0-OpenSSH_9.6\r\n").hold();
    Wsurl::new(["send", &peer.url(), "hi"]).stdout("").within(secs(5)).exits(112);
}

#[test]
fn binary_garbage_in_place_of_an_answer_breaks_the_protocol() {
    let peer = Script::new().request().send(noise(300)).close();
    Wsurl::new(["send", &peer.url(), "hi"]).stdout("").within(secs(5)).exits(112);
}

#[test]
fn headers_without_end_are_cut_off() {
    let peer = Script::new()
        .request()
        .send("HTTP/1.1 101 Switching Protocols\r\n")
        .send_until_gone("X-Padding: 0123456789012345678901234567890123456789\r\n".repeat(100));
    Wsurl::new(["send", &peer.url(), "hi"]).stdout("").within(secs(8)).exits(112);
}

#[test]
fn frames_that_come_with_the_answer_are_not_lost() {
    let peer = Script::new().upgrade_and_send(frame::text("early bird")).close_handshake();
    Wsurl::new(["send", "--expect", "1", &peer.url()]).stdout("early bird\n").exits(0);
}

#[test]
fn a_session_that_is_over_with_the_answer_is_a_session() {
    let bytes = [frame::text("hello"), frame::close(1000, "goodbye")].concat();
    let peer = Script::new().upgrade_and_send(bytes).read_close().close();
    Wsurl::new(["send", "-f", &peer.url()]).stdout("hello\n").exits(0);
}
