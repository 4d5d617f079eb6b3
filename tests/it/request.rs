//! What the upgrade asks for: headers, credentials, cookies, subprotocols.

use data_encoding::BASE64;

use crate::support::{Script, Wsurl, file_with};

/// Runs `send ARGS URL` to an orderly end, and gives the peer that holds the request.
#[track_caller]
fn asked_with(args: &[&str]) -> Script {
    let peer = Script::new().upgrade().close_handshake();
    Wsurl::new(["send"]).args(args).args([peer.url()]).exits(0);
    peer
}

#[track_caller]
fn basic_credentials(peer: &Script) -> String {
    let values = peer.headers("authorization");
    let [value] = values.as_slice() else { panic!("one Authorization expected: {values:?}") };
    let encoded = value.strip_prefix("Basic ").expect("the Basic scheme");
    String::from_utf8(BASE64.decode(encoded.as_bytes()).expect("Base64")).expect("UTF-8")
}

#[test]
fn the_request_is_what_rfc_6455_demands() {
    let peer = asked_with(&[]);
    assert_eq!(peer.headers("host"), [peer.authority()]);
    assert_eq!(peer.headers("upgrade").join(",").to_lowercase(), "websocket");
    assert_eq!(peer.headers("connection").join(",").to_lowercase(), "upgrade");
    assert_eq!(peer.headers("sec-websocket-version"), ["13"]);
    let keys = peer.headers("sec-websocket-key");
    let key = BASE64.decode(keys[0].as_bytes()).expect("Base64");
    assert_eq!((keys.len(), key.len()), (1, 16), "{keys:?}");
    assert!(peer.headers("user-agent")[0].starts_with("wsurl/"), "{:?}", peer.headers("user-agent"));
}

#[test]
fn nothing_is_asked_for_that_was_not_wanted() {
    let peer = asked_with(&[]);
    for name in ["sec-websocket-extensions", "sec-websocket-protocol", "origin", "cookie", "authorization"] {
        assert!(peer.headers(name).is_empty(), "{}", peer.request_text());
    }
}

#[test]
fn each_upgrade_has_a_key_of_its_own() {
    let (one, other) = (asked_with(&[]), asked_with(&[]));
    assert_ne!(one.headers("sec-websocket-key"), other.headers("sec-websocket-key"));
}

#[test]
fn a_header_is_sent_as_it_was_given() {
    assert_eq!(asked_with(&["-H", "X-Token: a:b:c"]).headers("x-token"), ["a:b:c"]);
}

#[test]
fn a_header_may_be_given_several_times() {
    let peer = asked_with(&["-H", "X-One: 1", "--header", "X-Two: 2", "-H", "X-One: again"]);
    assert_eq!(peer.headers("x-one"), ["1", "again"]);
    assert_eq!(peer.headers("x-two"), ["2"]);
}

#[test]
fn a_header_takes_one_value_wherever_it_stands() {
    let peer = Script::new().upgrade().read_frame().close_handshake();
    Wsurl::new(["send", "--expect", "0", &peer.url(), "hi", "-H", "A: b:c"]).exits(0);
    assert_eq!(peer.headers("a"), ["b:c"]);
    assert_eq!(peer.frames()[0].text(), "hi");

    let peer = Script::new().upgrade().read_frame().close_handshake();
    Wsurl::new(["send", "--expect", "0", "-H", "A: b:c", &peer.url(), "hi"]).exits(0);
    assert_eq!(peer.headers("a"), ["b:c"]);
    assert_eq!(peer.frames()[0].text(), "hi");
}

#[test]
fn headers_may_come_from_a_file() {
    let (_dir, path) = file_with("headers", "X-One: 1\nX-Two: 2\n");
    let peer = asked_with(&["-H", &format!("@{path}")]);
    assert_eq!((peer.headers("x-one"), peer.headers("x-two")), (vec!["1".to_owned()], vec!["2".to_owned()]));
}

#[test]
fn a_header_file_that_is_not_there_is_a_read_error() {
    Wsurl::new(["send", "-H", "@/nonexistent/headers", "ws://127.0.0.1:1/", "hi"])
        .stderr_has("/nonexistent/headers")
        .exits(26);
}

#[test]
fn a_host_header_replaces_the_one_of_the_url() {
    assert_eq!(asked_with(&["-H", "Host: virtual.example"]).headers("host"), ["virtual.example"]);
}

#[test]
fn origin_user_agent_and_cookie_have_their_options() {
    let peer =
        asked_with(&["--origin", "https://app.example", "-A", "smoke/1.0", "--cookie", "sid=42; lang=en"]);
    assert_eq!(peer.headers("origin"), ["https://app.example"]);
    assert_eq!(peer.headers("user-agent"), ["smoke/1.0"]);
    assert_eq!(peer.headers("cookie"), ["sid=42; lang=en"]);
}

#[test]
fn a_cookie_may_come_from_a_file() {
    let (_dir, path) = file_with("cookie", "sid=secret\n");
    assert_eq!(asked_with(&["--cookie", &format!("@{path}")]).headers("cookie"), ["sid=secret"]);
}

#[test]
fn credentials_go_out_as_basic_at_once() {
    assert_eq!(basic_credentials(&asked_with(&["-u", "me:open:sesame"])), "me:open:sesame");
}

#[test]
fn credentials_in_the_url_are_unescaped_and_not_part_of_the_host() {
    let peer = Script::new().upgrade().close_handshake();
    let url = format!("ws://us%65r%40home:p%3Ass%20w%C3%B6rd@{}/", peer.authority());
    Wsurl::new(["send", &url]).exits(0);
    assert_eq!(basic_credentials(&peer), "user@home:p:ss w\u{f6}rd");
    assert_eq!(peer.headers("host"), [peer.authority()]);
}

#[test]
fn credentials_of_the_option_win_over_those_of_the_url() {
    let peer = Script::new().upgrade().close_handshake();
    Wsurl::new(["send", "-u", "option:1", &format!("ws://url:2@{}/", peer.authority())]).exits(0);
    assert_eq!(basic_credentials(&peer), "option:1");
}

#[test]
fn all_offered_subprotocols_are_sent_in_their_order() {
    let peer = Script::new().upgrade_with("Sec-WebSocket-Protocol: v1.chat").close_handshake();
    Wsurl::new(["send", "--subprotocol", "v2.chat", "--subprotocol", "v1.chat", &peer.url()])
        .args(["-w", "%{subprotocol}\\n"])
        .stdout("v1.chat\n")
        .exits(0);
    let offered = peer.headers("sec-websocket-protocol").join(",");
    assert_eq!(offered.split(',').map(str::trim).collect::<Vec<_>>(), ["v2.chat", "v1.chat"]);
}

#[test]
fn a_server_need_not_choose_a_subprotocol() {
    let peer = asked_with(&["--subprotocol", "chat"]);
    assert_eq!(peer.headers("sec-websocket-protocol"), ["chat"]);
}

/// The fields of a browser's WebSocket ("Copy as cURL").
const COPIED: [&str; 11] = [
    "Upgrade: websocket",
    "Origin: https://app.example",
    "Cache-Control: no-cache",
    "Accept-Language: en-US,en;q=0.9",
    "Pragma: no-cache",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "User-Agent: Mozilla/5.0",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: v2.chat, v1.chat",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
];

#[test]
fn fields_of_the_handshake_are_ignored_with_one_warning() {
    let peer = Script::new().upgrade_with("Sec-WebSocket-Protocol: v1.chat").close_handshake();
    Wsurl::new(["send", &peer.url()])
        .args(COPIED.iter().flat_map(|field| ["-H", field]))
        .stderr(
            "wsurl: warning: -H: the opening handshake sets these fields itself: Upgrade, Connection, \
             Sec-WebSocket-Key, Sec-WebSocket-Version, Sec-WebSocket-Extensions\n",
        )
        .exits(0);
    assert_eq!(peer.headers("upgrade"), ["websocket"]);
    assert_eq!(peer.headers("connection"), ["Upgrade"]);
    assert_eq!(peer.headers("sec-websocket-version"), ["13"]);
    assert_eq!(peer.headers("sec-websocket-extensions"), [""; 0]);
    let keys = peer.headers("sec-websocket-key");
    assert!(keys.len() == 1 && !keys[0].starts_with("AAAA"), "{keys:?}");
    assert_eq!(peer.headers("sec-websocket-protocol"), ["v2.chat, v1.chat"]);
    assert_eq!(peer.headers("user-agent"), ["Mozilla/5.0"]);

    // The two together are one offer, and a silent run has no warning.
    let peer = Script::new().upgrade_with("Sec-WebSocket-Protocol: v0.chat").close_handshake();
    Wsurl::new(["send", "-s", "--subprotocol", "v0.chat", &peer.url()])
        .args(["-H", "sec-websocket-protocol: v1.chat", "-H", "connection:"])
        .stderr("")
        .exits(0);
    assert_eq!(peer.headers("sec-websocket-protocol"), ["v0.chat, v1.chat"]);
    assert_eq!(peer.headers("connection"), ["Upgrade"]);
}

#[test]
fn fields_of_the_handshake_cause_one_warning_for_all_endpoints() {
    let peers = [(); 2].map(|()| Script::new().upgrade().answer_pings_until_close().answer_close().close());
    let run = Wsurl::new(["probe", "-H", "Upgrade: websocket"]).args(peers.each_ref().map(Script::url));
    run.stderr("wsurl: warning: -H: the opening handshake sets these fields itself: Upgrade\n").exits(0);
}

#[test]
fn a_subprotocol_among_the_headers_is_one_word_each() {
    Wsurl::new(["send", "-H", "Sec-WebSocket-Protocol: a, hunter2/x", "ws://127.0.0.1:1/", "hi"])
        .stderr(
            "wsurl: error: invalid value 'Sec-WebSocket-Protocol: ...' for -H: not a subprotocol name; write one \
             word such as chat.v2\nwsurl: hint: --subprotocol NAME offers one subprotocol\n",
        )
        .exits(2);
}
