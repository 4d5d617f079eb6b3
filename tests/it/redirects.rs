//! `-L`: where a redirect leads, where it must not, and what is not taken along.

#[cfg(target_os = "linux")]
use crate::support::Demand;
use crate::support::{Certificate, Echo, EchoServer, Script, Untouched, Wsurl, file_with, millis, secs};

fn redirect(status: &str, location: &str) -> String {
    format!("HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 5\r\n\r\nThere")
}

/// A server that sends everybody elsewhere.
fn sends_to(location: &str) -> Script {
    Script::new().request().respond(&redirect("302 Found", location)).close()
}

/// Runs against a server that sends it elsewhere, where it does not get.
#[track_caller]
fn refused(location: &str, code: i32, why: &str) {
    let peer = sends_to(location);
    Wsurl::new(["send", "-L", &peer.url(), "hi"]).stdout("").stderr_has(why).within(secs(5)).exits(code);
}

/// Follows a redirect on the same server, and gives the line of the second request.
#[track_caller]
fn second_request_line(path: &str, location: impl FnOnce(&str) -> String) -> String {
    let peer = Script::new();
    let answer = redirect("302 Found", &location(&peer.authority()));
    let peer = peer.request().respond(&answer).upgrade().close_handshake();
    Wsurl::new(["send", "-L", &format!("ws://{}{path}", peer.authority())]).stderr("").exits(0);
    assert_eq!(peer.requests().len(), 2);
    assert_eq!(peer.headers("host"), [peer.authority()]);
    peer.request_text().lines().next().expect("a request line").to_owned()
}

#[test]
fn each_status_that_redirects_is_followed() {
    for status in
        ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        let server = EchoServer::start();
        let peer = Script::new().request().respond(&redirect(status, &server.url())).close();
        Wsurl::new(["send", "-L", &peer.url(), "hi"]).stdout("hi\n").stderr("").exits(0);
    }
}

#[test]
fn another_status_with_a_location_is_not_followed() {
    for status in
        ["300 Multiple Choices", "304 Not Modified", "305 Use Proxy", "201 Created", "404 Not Found"]
    {
        let nowhere = Untouched::new();
        let peer = Script::new().request().respond(&redirect(status, &nowhere.url("ws"))).close();
        Wsurl::new(["send", "-L", &peer.url(), "hi"]).stdout("").stderr_has(status).exits(22);
    }
}

#[test]
fn nothing_is_followed_unasked() {
    let nowhere = Untouched::new();
    let peer = sends_to(&nowhere.url("ws"));
    let run = Wsurl::new(["send", &peer.url(), "hi"]).stdout("").stderr_has(nowhere.url("ws"));
    run.stderr_has("-L").exits(22);
}

#[test]
fn a_target_may_be_a_path() {
    assert_eq!(second_request_line("/a/b?c", |_| "/chat/v2?d=1".into()), "GET /chat/v2?d=1 HTTP/1.1");
    assert_eq!(second_request_line("/a/b?c", |_| "v2".into()), "GET /a/v2 HTTP/1.1");
    assert_eq!(second_request_line("/a/b", |_| "../v2/./c".into()), "GET /v2/c HTTP/1.1");
    assert_eq!(second_request_line("/a/b?c", |_| "?d".into()), "GET /a/b?d HTTP/1.1");
}

#[test]
fn a_target_may_leave_out_the_scheme() {
    assert_eq!(second_request_line("/a", |host| format!("//{host}/b")), "GET /b HTTP/1.1");
}

#[test]
fn a_target_may_be_one_of_http() {
    assert_eq!(second_request_line("/a", |host| format!("http://{host}/b")), "GET /b HTTP/1.1");
    let server = Echo::new().tls(Certificate::Valid).start();
    let peer = sends_to(&server.url().replace("wss://", "https://"));
    Wsurl::new(["send", "-L", "--cacert", server.cacert(), &peer.url(), "hi"]).stdout("hi\n").exits(0);
}

#[test]
fn the_fragment_of_a_target_is_not_asked_for() {
    assert_eq!(second_request_line("/a", |_| "/b#room".into()), "GET /b HTTP/1.1");
}

#[test]
fn from_ws_to_wss_is_a_step_up() {
    let server = Echo::new().tls(Certificate::Valid).start();
    let peer = sends_to(&server.url());
    Wsurl::new(["send", "-L", "--cacert", server.cacert(), &peer.url(), "hi"]).stdout("hi\n").exits(0);
}

#[test]
fn from_wss_to_ws_is_never_followed() {
    for scheme in ["ws", "http"] {
        let nowhere = Untouched::new();
        let answer = redirect("301 Moved Permanently", &nowhere.url(scheme));
        let peer = Script::tls(Certificate::Valid).request().respond(&answer).close();
        Wsurl::new(["send", "-L", "--cacert", peer.cacert(), &peer.url(), "hi"])
            .stdout("")
            .stderr_has("a redirect from wss to ws is not followed")
            .exits(22);
    }
}

#[test]
fn a_target_of_another_kind_is_not_followed() {
    for scheme in ["ftp", "file", "javascript", "mailto"] {
        refused(&format!("{scheme}:///etc/passwd"), 22, &format!("'{scheme}'"));
    }
}

#[test]
fn a_target_that_makes_no_sense_is_not_followed() {
    for location in ["ws://[", "ws://127.0.0.1:99999/", "ws://", "http://exa mple/"] {
        refused(location, 22, "127.0.0.1");
    }
}

#[test]
fn a_redirect_without_a_target_is_a_refusal() {
    let peer = Script::new().request().respond("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n").close();
    Wsurl::new(["send", "-L", &peer.url(), "hi"]).stderr_has("without a Location").exits(22);
    refused("", 22, "without a Location");
}

#[test]
fn a_loop_is_named() {
    let peer = sends_to("/");
    Wsurl::new(["send", "-L", &peer.url(), "hi"])
        .stdout("")
        .stderr_has(format!("wsurl: error: redirect loop: {} was visited before", peer.url()))
        .exits(47);

    let peer = Script::new()
        .request()
        .respond(&redirect("302 Found", "/b"))
        .request()
        .respond(&redirect("302 Found", "/"))
        .close();
    Wsurl::new(["send", "-L", &peer.url(), "hi"]).stderr_has("redirect loop: ").exits(47);
}

#[test]
fn the_number_of_redirects_is_limited() {
    let chain = |length: usize| {
        (1..=length).fold(Script::new(), |peer, number| {
            peer.request().respond(&redirect("302 Found", &format!("/{number}")))
        })
    };
    let peer = chain(2).upgrade().close_handshake();
    Wsurl::new(["send", "-L", "--max-redirs", "2", &peer.url()])
        .args(["-w", "%{num_redirects} %{url_effective}\\n"])
        .stdout(format!("2 {}2\n", peer.url()))
        .exits(0);

    let peer = chain(3).close();
    Wsurl::new(["send", "-L", "--max-redirs", "2", &peer.url(), "hi"])
        .stderr_has("wsurl: error: more than 2 redirects (--max-redirs)")
        .exits(47);

    let peer = chain(11).close();
    Wsurl::new(["send", "-L", &peer.url(), "hi"])
        .stderr_has("more than 10 redirects (--max-redirs)")
        .exits(47);

    let peer = chain(1).close();
    Wsurl::new(["send", "-L", "--max-redirs", "0", &peer.url(), "hi"]).exits(47);
}

/// What stays behind beside the credential: header fields and a subprotocol that may be tokens.
const SECRETS: [&str; 12] = [
    "--cookie",
    "sid=hunter2",
    "-H",
    "X-Vault-Token: hunter2",
    "-H",
    "apikey: hunter2",
    "-H",
    "Referer: https://app.example/?token=hunter2",
    "--subprotocol",
    "base64url.bearer.authorization.k8s.io.aHVudGVyMg",
    "--subprotocol",
    "eyJhbGciOiJIUzI1NiJ9.hunter2",
];

/// What says nothing of the user.
const HARMLESS: [&str; 12] = [
    "--origin",
    "https://app.example",
    "-A",
    "smoke/1.0",
    "-H",
    "Accept-Language: de",
    "-H",
    "cache-control: no-cache",
    "-H",
    "Pragma: no-cache",
    "--subprotocol",
    "v1.chat",
];

#[test]
fn only_harmless_fields_go_to_another_origin() {
    let (_dir, token) = file_with("token", "hunter2");
    let credentials: [&[&str]; 4] = [
        &["-u", "me:hunter2"],
        &["--bearer", &format!("@{token}")],
        &["-H", "Authorization: Basic hunter2"],
        &[],
    ];
    for args in credentials {
        let server = Script::new().upgrade().close_handshake();
        let peer = sends_to(&server.url());
        let url = peer.url().replace("ws://", if args.is_empty() { "ws://me:hunter2@" } else { "ws://" });
        Wsurl::new(["send", "-L", &url]).args(args).args(SECRETS).args(HARMLESS).exits(0);
        for name in ["authorization", "cookie", "x-vault-token", "apikey", "referer"] {
            assert_eq!(peer.headers(name).len(), 1, "{args:?}: {}", peer.request_text());
        }
        let sent = server.request_text();
        let names = sent.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0.to_lowercase()));
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        let expected = [
            "accept-language",
            "cache-control",
            "connection",
            "host",
            "origin",
            "pragma",
            "sec-websocket-key",
            "sec-websocket-protocol",
            "sec-websocket-version",
            "upgrade",
            "user-agent",
        ];
        assert_eq!(names, expected, "{args:?}: {sent}");
        assert_eq!(server.headers("sec-websocket-protocol"), ["v1.chat"]);
        assert_eq!(server.headers("origin"), ["https://app.example"]);
        assert_eq!(server.headers("user-agent"), ["smoke/1.0"]);
        assert_eq!(server.headers("host"), [server.authority()]);
    }
}

#[test]
fn what_is_not_sent_to_another_origin_is_told() {
    let server = Script::new().upgrade().close_handshake();
    let peer = sends_to(&server.url());
    Wsurl::new(["send", "-v", "-L", "-u", "me:hunter2", "--subprotocol", "Bearer", &peer.url()])
        .args(["-H", "X-Vault-Token: sesame", "--cookie", "sid=sesame", "-H", "Accept-Language: de"])
        .stderr_has(format!(
            "* Redirected to {}\n* Not sent to another origin: Cookie, X-Vault-Token, \
             a subprotocol that may be a token, the name and password\n",
            server.url()
        ))
        .stderr_lacks("hunter2")
        .exits(0);

    let peer = Script::new().request().respond(&redirect("302 Found", "/v2")).upgrade().close_handshake();
    Wsurl::new(["send", "-v", "-L", "-H", "X-Vault-Token: sesame", &peer.url()])
        .stderr_lacks("Not sent")
        .exits(0);
    assert_eq!(peer.headers_of_all("x-vault-token"), ["sesame", "sesame"]);
}

/// As curl has it: an origin is scheme, host and port, also between the default ports of one host.
#[test]
fn from_ws_to_wss_is_another_origin() {
    let server = Script::tls(Certificate::Valid).upgrade().close_handshake();
    let peer = sends_to(&server.url());
    Wsurl::new(["send", "-L", "--cacert", server.cacert(), "-u", "me:hunter2", &peer.url()]).exits(0);
    assert!(server.headers("authorization").is_empty(), "{}", server.request_text());
}

#[cfg(target_os = "linux")]
#[test]
fn the_client_certificate_stays_with_the_server_it_was_given_for() {
    let server = Echo::new().tls(Certificate::Valid).demands(Demand::Certificate).start();
    let peer =
        Script::tls(Certificate::Valid).request().respond(&redirect("302 Found", &server.url())).close();
    let fixture = |name: &str| format!("{}/tests/it/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let (certificate, key) = (fixture("ec.pem"), fixture("ec-sec1.key"));
    let asked = |url: &str| {
        let run = Wsurl::new(["send", "-v", "-L", "-k", url, "hi"]);
        run.args(["--cert", &certificate, "--key", &key])
    };
    asked(&server.url()).stdout("hi\n").exits(0);
    asked(&peer.url())
        .stdout("")
        .stderr_has("* Not sent to another origin: the client certificate\n")
        .stderr_has("certificate required")
        .exits(35);
    assert_eq!(server.sessions(), 1);
}

#[test]
fn credentials_of_the_environment_and_cookies_among_the_headers_stay_too() {
    let server = Script::new().upgrade().close_handshake();
    let peer = sends_to(&server.url());
    Wsurl::new(["send", "-L", "-H", "Cookie: sid=42", &peer.url()]).env("WSURL_USER", "me:hunter2").exits(0);
    assert_eq!((peer.headers("authorization").len(), peer.headers("cookie").len()), (1, 1));
    assert!(server.headers("authorization").is_empty() && server.headers("cookie").is_empty());
}

#[test]
fn credentials_do_not_answer_the_challenge_of_another_server() {
    let server = Script::new()
        .request()
        .respond(
            "HTTP/1.1 401 Who?\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n\r\n",
        )
        .close();
    let peer = sends_to(&server.url());
    Wsurl::new(["send", "-L", "-u", "me:hunter2", &peer.url(), "hi"])
        .stderr_has("401 Who?")
        .stderr_lacks("hunter2")
        .exits(22);
    assert_eq!(server.headers_of_all("authorization"), [""]);
}

#[test]
fn on_the_same_server_credentials_are_taken_along() {
    let peer = Script::new().request().respond(&redirect("302 Found", "/v2")).upgrade().close_handshake();
    Wsurl::new(["send", "-L", "-u", "me:hunter2", "--cookie", "sid=42", &peer.url()]).exits(0);
    let sent = peer.headers_of_all("authorization");
    assert!(sent.len() == 2 && sent[0] == sent[1] && !sent[0].is_empty(), "{sent:?}");
    assert_eq!(peer.headers_of_all("cookie"), ["sid=42", "sid=42"]);
}

#[test]
fn credentials_do_not_come_back_after_a_detour() {
    let home = Script::new();
    let detour = sends_to(&format!("{}back", home.url()));
    let home = home.request().respond(&redirect("302 Found", &detour.url())).upgrade().close_handshake();
    Wsurl::new(["send", "-L", "-u", "me:hunter2", &home.url()]).exits(0);
    assert!(detour.headers("authorization").is_empty(), "{}", detour.request_text());
    // Either is defensible at home; curl sends them again, since they were given for this very server.
    assert_eq!(home.requests().len(), 2);
}

#[test]
fn each_upgrade_on_the_way_has_a_key_of_its_own() {
    let peer = Script::new().request().respond(&redirect("302 Found", "/v2")).upgrade().close_handshake();
    Wsurl::new(["send", "-L", &peer.url()]).exits(0);
    let keys = peer.headers_of_all("sec-websocket-key");
    assert!(keys.len() == 2 && keys[0] != keys[1], "{keys:?}");
}

#[test]
fn the_way_is_told() {
    let server = EchoServer::start();
    let peer = sends_to(&server.url());
    Wsurl::new(["send", "-v", "-L", &peer.url(), "hi"])
        .stderr_has("< HTTP/1.1 302 Found\n")
        .stderr_has("< HTTP/1.1 101 Switching Protocols\n")
        .stdout("hi\n")
        .exits(0);
}

#[test]
fn the_time_to_connect_is_one_for_the_whole_way() {
    let server = Script::new().request().hold();
    let peer =
        Script::new().request().sleep(millis(1500)).respond(&redirect("302 Found", &server.url())).close();
    Wsurl::new(["send", "-L", "--connect-timeout", "2s", &peer.url(), "hi"])
        .stderr_has("timed out after 2s in upgrade with 127.0.0.1 (--connect-timeout)")
        .within(secs(3))
        .exits(28);
}

#[test]
fn a_target_that_is_not_there_is_told_by_its_own_address() {
    refused("ws://127.0.0.1:1/", 7, "cannot connect to 127.0.0.1:1");
}
