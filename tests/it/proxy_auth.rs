//! Proxies that want a password: Basic and Digest, where the password comes from, and who gets to see it.

use data_encoding::BASE64;

use crate::support::digest::{Challenge, SHA_256};
use crate::support::{EchoServer, Script, Wsurl, has_terminal, secs};

const TARGET: &str = "ws://chat.example/";

/// A 407 that keeps the connection.
fn wants(challenges: &[&str]) -> String {
    let lines = challenges.iter().map(|challenge| format!("Proxy-Authenticate: {challenge}\r\n"));
    let lines = lines.collect::<Vec<_>>().concat();
    format!("HTTP/1.1 407 Proxy Authentication Required\r\n{lines}Content-Length: 7\r\n\r\nNo way.")
}

fn basic(user_and_password: &str) -> String {
    format!("Basic {}", BASE64.encode(user_and_password.as_bytes()))
}

/// Runs through an open proxy, and gives what it was told of the user.
#[track_caller]
fn told_to_the_proxy(run: impl FnOnce(&Script) -> Wsurl) -> Vec<String> {
    let server = EchoServer::start();
    let proxy = Script::new().http_tunnel_to(server.address());
    run(&proxy).args([TARGET, "hi"]).stdout("hi\n").stderr_lacks("hunter2").exits(0);
    proxy.headers("proxy-authorization")
}

/// Runs through a proxy that says 407 with this challenge, and then looks hard at the answer.
#[track_caller]
fn answers(challenge: Challenge) {
    let server = EchoServer::start();
    let proxy = Script::new()
        .request()
        .respond(&wants(&["Negotiate", &challenge.value()]))
        .http_tunnel_to(server.address());
    Wsurl::new(["send", "-vv", "-x", &proxy.url_as("http"), "-U", "me:hunter2", TARGET, "hi"])
        .stdout("hi\n")
        .stderr_lacks("hunter2")
        .exits(0);
    assert_eq!(proxy.requests().len(), 2);
    let answer = proxy.headers("proxy-authorization").join("");
    challenge.verify(&answer, "CONNECT", "chat.example:80", "me", "hunter2");
}

#[test]
fn credentials_of_the_option_go_out_as_basic() {
    let told = told_to_the_proxy(|proxy| {
        Wsurl::new(["send", "-x", &proxy.url_as("http"), "-U", "me:hunter2:and:more"])
    });
    assert_eq!(told, [basic("me:hunter2:and:more")]);
}

#[test]
fn credentials_in_the_proxys_url_are_unescaped() {
    let told = told_to_the_proxy(|proxy| {
        Wsurl::new(["send", "-x", &format!("http://m%65%40home:hunter2%3A%2F@{}", proxy.authority())])
    });
    assert_eq!(told, [basic("me@home:hunter2:/")]);
}

#[test]
fn credentials_may_come_from_the_environment() {
    let told = told_to_the_proxy(|proxy| {
        Wsurl::new(["send", "-x", &proxy.url_as("http")]).env("WSURL_PROXY_USER", "me:hunter2")
    });
    assert_eq!(told, [basic("me:hunter2")]);
}

#[test]
fn credentials_in_a_variable_that_names_the_proxy_count() {
    let told = told_to_the_proxy(|proxy| {
        Wsurl::new(["send"]).env("ws_proxy", format!("http://me:hunter2@{}", proxy.authority()))
    });
    assert_eq!(told, [basic("me:hunter2")]);
}

#[test]
fn the_option_wins_over_all_other_credentials() {
    let told = told_to_the_proxy(|proxy| {
        Wsurl::new(["send", "-x", &format!("http://url:1@{}", proxy.authority()), "-U", "option:2"])
            .env("WSURL_PROXY_USER", "environment:3")
    });
    assert_eq!(told, [basic("option:2")]);
}

#[test]
fn the_proxys_url_wins_over_the_environment() {
    let told = told_to_the_proxy(|proxy| {
        Wsurl::new(["send", "-x", &format!("http://url:1@{}", proxy.authority())])
            .env("WSURL_PROXY_USER", "environment:3")
    });
    assert_eq!(told, [basic("url:1")]);
}

#[test]
fn nobody_is_told_a_password_that_was_not_given() {
    assert!(told_to_the_proxy(|proxy| Wsurl::new(["send", "-x", &proxy.url_as("http")])).is_empty());
}

#[test]
fn the_server_and_the_proxy_each_get_their_own_password() {
    let server = Script::new().upgrade().close_handshake();
    let proxy = Script::new().http_tunnel_to(server.address());
    let run = Wsurl::new(["send", "-vv", "-x", &proxy.url_as("http"), "-U", "p:hunter2", "-u", "s:sesame"])
        .args(["--expect", "0", TARGET, "hi"])
        .stderr_has("(redacted)");
    let (proxys, servers) = (BASE64.encode(b"p:hunter2"), BASE64.encode(b"s:sesame"));
    run.stderr_lacks("hunter2").stderr_lacks("sesame").stderr_lacks(proxys).stderr_lacks(servers).exits(0);
    assert_eq!(proxy.headers("proxy-authorization"), [basic("p:hunter2")]);
    assert!(proxy.headers("authorization").is_empty(), "{}", proxy.request_text());
    assert_eq!(server.headers("authorization"), [basic("s:sesame")]);
    assert!(server.headers("proxy-authorization").is_empty(), "{}", server.request_text());
}

#[test]
fn a_user_without_a_password_is_refused_where_nobody_can_be_asked() {
    if has_terminal() {
        eprintln!("skipped: there is somebody at a terminal who would be asked");
        return;
    }
    Wsurl::new(["send", "-x", "http://127.0.0.1:1", "-U", "me", TARGET, "hi"])
        .stdout("")
        .stderr_has("-U")
        .within(secs(2))
        .exits(2);
}

#[test]
fn digest_with_sha_256_is_answered() {
    answers(SHA_256);
}

#[test]
fn digest_with_a_session_key_is_answered() {
    answers(Challenge { algorithm: Some("SHA-256-sess"), ..SHA_256 });
}

#[test]
fn digest_without_a_counter_is_answered() {
    answers(Challenge { qop: None, ..SHA_256 });
}

#[test]
fn of_the_qualities_of_protection_the_one_we_speak_is_chosen() {
    answers(Challenge { qop: Some("auth-int, auth"), ..SHA_256 });
}

#[cfg(target_os = "linux")]
#[test]
fn digest_with_md5_is_answered() {
    answers(Challenge { algorithm: Some("MD5"), ..SHA_256 });
    answers(Challenge { algorithm: Some("MD5-sess"), ..SHA_256 });
    answers(Challenge { algorithm: None, qop: None, opaque: None, ..SHA_256 });
}

#[test]
fn of_several_digests_the_first_that_we_speak_is_answered() {
    // RFC 7616 §3.7: the order is the proxy's preference.
    let other = |algorithm| Challenge { algorithm: Some(algorithm), ..SHA_256 }.value();
    let offers = wants(&["NTLM", &other("ROT13"), &SHA_256.value(), &other("MD5")]);
    let server = EchoServer::start();
    let proxy = Script::new().request().respond(&offers).http_tunnel_to(server.address());
    Wsurl::new(["send", "-x", &proxy.url_as("http"), "-U", "me:hunter2", TARGET, "hi"]).exits(0);
    let answer = proxy.headers("proxy-authorization").join("");
    SHA_256.verify(&answer, "CONNECT", "chat.example:80", "me", "hunter2");
}

#[test]
fn a_proxy_that_hangs_up_with_its_challenge_is_called_again() {
    let challenge = format!(
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: {}\r\nConnection: close\r\n\r\nNo way.",
        SHA_256.value()
    );
    let server = EchoServer::start();
    let proxy = Script::new().request().respond(&challenge).hang_up().http_tunnel_to(server.address());
    Wsurl::new(["send", "-x", &proxy.url_as("http"), "-U", "me:hunter2", TARGET, "hi"])
        .stdout("hi\n")
        .stderr("")
        .exits(0);
    let answer = proxy.headers("proxy-authorization").join("");
    SHA_256.verify(&answer, "CONNECT", "chat.example:80", "me", "hunter2");
}

#[test]
fn a_stale_nonce_is_answered_with_the_new_one() {
    let fresh = Challenge { nonce: "the-next-one", stale: true, ..SHA_256 };
    let server = EchoServer::start();
    let proxy = Script::new()
        .request()
        .respond(&wants(&[&SHA_256.value()]))
        .request()
        .respond(&wants(&[&fresh.value()]))
        .http_tunnel_to(server.address());
    Wsurl::new(["send", "-x", &proxy.url_as("http"), "-U", "me:hunter2", TARGET, "hi"])
        .stdout("hi\n")
        .exits(0);
    let answer = proxy.headers("proxy-authorization").join("");
    fresh.verify(&answer, "CONNECT", "chat.example:80", "me", "hunter2");
}

#[test]
fn a_nonce_that_is_stale_for_ever_is_given_up() {
    let stale = wants(&[&Challenge { stale: true, ..SHA_256 }.value()]);
    let proxy =
        Script::new().request().respond(&stale).request().respond(&stale).request().respond(&stale).close();
    Wsurl::new(["send", "-x", &proxy.url_as("http"), "-U", "me:hunter2", TARGET, "hi"])
        .stderr_has("did not accept the credentials")
        .stderr_lacks("hunter2")
        .within(secs(3))
        .exits(97);
}

#[test]
fn a_wish_for_a_password_names_the_option() {
    let proxy = Script::new().request().respond(&wants(&["Basic realm=\"den\""])).close();
    Wsurl::new(["send", "-x", &proxy.url_as("http"), TARGET, "hi"])
        .stdout("")
        .stderr_has(format!(
            "wsurl: error: proxy {} wants a password (407 Proxy Authentication Required)\n",
            proxy.authority()
        ))
        .stderr_has("wsurl: hint: ")
        .stderr_has("-U NAME:PASSWORD")
        .exits(97);
}

#[test]
fn a_wrong_password_is_told_without_showing_it() {
    let proxy = Script::new().request().respond(&wants(&["Basic realm=\"den\""])).close();
    Wsurl::new(["send", "-vv", "-x", &proxy.url_as("http"), "-U", "me:hunter2", TARGET, "hi"])
        .stdout("")
        .stderr_has(format!("wsurl: error: proxy {} did not accept the credentials", proxy.authority()))
        .stderr_lacks("hunter2")
        .stderr_lacks(BASE64.encode(b"me:hunter2"))
        .exits(97);
    assert_eq!(proxy.requests().len(), 1);
}

#[test]
fn a_wrong_password_in_a_digest_is_not_tried_again() {
    let challenge = wants(&[&SHA_256.value()]);
    let proxy = Script::new().request().respond(&challenge).request().respond(&challenge).close();
    Wsurl::new(["send", "-x", &proxy.url_as("http"), "-U", "me:hunter2", TARGET, "hi"])
        .stderr_has("did not accept the credentials")
        .exits(97);
    assert_eq!(proxy.requests().len(), 2);
}

#[test]
fn schemes_that_we_lack_are_named() {
    let refusals = ["did not accept the credentials", "wants a password"];
    for (credentials, refusal) in [&["-U", "me:hunter2"][..], &[]].into_iter().zip(refusals) {
        let proxy = Script::new().request().respond(&wants(&["NTLM", "Negotiate"])).close();
        Wsurl::new(["send", "-x", &proxy.url_as("http"), TARGET, "hi"])
            .args(credentials)
            .stderr_has(format!(
                "wsurl: error: proxy {} {refusal} (407 Proxy Authentication Required); it wants NTLM, Negotiate, \
                 and wsurl speaks Basic and Digest\n",
                proxy.authority()
            ))
            .exits(97);
    }
}

#[test]
fn a_challenge_that_makes_no_sense_is_no_reason_to_try_again() {
    for nonsense in
        ["Digest", "Digest realm=\"den\"", "Digest nonce=\"x", "Digest algorithm=ROT13, nonce=\"x\"", ""]
    {
        let proxy = Script::new().request().respond(&wants(&[nonsense])).close();
        Wsurl::new(["send", "-x", &proxy.url_as("http"), "-U", "me:hunter2", TARGET, "hi"])
            .stdout("")
            .stderr_lacks("hunter2")
            .within(secs(3))
            .exits(97);
        assert_eq!(proxy.requests().len(), 1, "{nonsense}");
    }
}
