//! Who we are to the server: Basic, Digest, bearer tokens, where they come from, and where they must not be seen.

use data_encoding::BASE64;

use crate::support::digest::{Challenge, SHA_256};
use crate::support::{Script, Wsurl, file_with, has_terminal, secs};

fn wants(challenges: &[&str]) -> String {
    let lines = challenges.iter().map(|challenge| format!("WWW-Authenticate: {challenge}\r\n"));
    let lines = lines.collect::<Vec<_>>().concat();
    format!("HTTP/1.1 401 Unauthorized\r\n{lines}Content-Length: 7\r\n\r\nNo way.")
}

fn basic(user_and_password: &str) -> String {
    format!("Basic {}", BASE64.encode(user_and_password.as_bytes()))
}

/// Runs to an orderly end, and gives what the server was told.
#[track_caller]
fn told(run: impl FnOnce(&Script) -> Wsurl) -> Vec<String> {
    let peer = Script::new().upgrade().close_handshake();
    run(&peer).args(["--expect", "0"]).stderr_lacks("hunter2").exits(0);
    peer.headers("authorization")
}

fn url_of(user_and_password: &str, peer: &Script) -> String {
    format!("ws://{user_and_password}@{}/", peer.authority())
}

/// Runs against a server that says 401 with this challenge, and then looks hard at the answer.
#[track_caller]
fn answers(challenge: Challenge) {
    let peer = Script::new()
        .request()
        .respond(&wants(&["Negotiate", &challenge.value()]))
        .upgrade()
        .close_handshake();
    Wsurl::new(["send", "-vv", "-u", "me:hunter2", &format!("{}chat?room=1,2", peer.url())])
        .stderr_lacks("hunter2")
        .exits(0);
    assert_eq!(peer.requests().len(), 2);
    let answer = peer.headers("authorization").join("");
    challenge.verify(&answer, "GET", "/chat?room=1,2", "me", "hunter2");
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
fn a_realm_with_quotes_and_commas_is_given_back_as_it_came() {
    answers(Challenge { realm: r#"den, or \"lair\" = a \\ b"#, ..SHA_256 });
}

#[cfg(target_os = "linux")]
#[test]
fn digest_with_md5_is_answered() {
    answers(Challenge { algorithm: Some("MD5"), ..SHA_256 });
    answers(Challenge { algorithm: Some("MD5-sess"), ..SHA_256 });
    answers(Challenge { algorithm: None, qop: None, opaque: None, ..SHA_256 });
}

#[test]
fn each_answer_has_a_nonce_of_our_own() {
    let answer = || {
        let peer = Script::new().request().respond(&wants(&[&SHA_256.value()])).upgrade().close_handshake();
        Wsurl::new(["send", "-u", "me:hunter2", &peer.url()]).exits(0);
        peer.headers("authorization").join("")
    };
    assert_ne!(answer(), answer());
}

#[test]
fn a_server_that_hangs_up_with_its_challenge_is_called_again() {
    let challenge = wants(&[&SHA_256.value()]).replace("Content-Length: 7", "Connection: close");
    let peer = Script::new().request().respond(&challenge).hang_up().upgrade().close_handshake();
    Wsurl::new(["send", "-u", "me:hunter2", &peer.url()]).stderr("").exits(0);
    SHA_256.verify(&peer.headers("authorization").join(""), "GET", "/", "me", "hunter2");
}

#[test]
fn a_stale_nonce_is_answered_with_the_new_one() {
    let fresh = Challenge { nonce: "the-next-one", stale: true, ..SHA_256 };
    let peer = Script::new()
        .request()
        .respond(&wants(&[&SHA_256.value()]))
        .request()
        .respond(&wants(&[&fresh.value()]))
        .upgrade()
        .close_handshake();
    Wsurl::new(["send", "-u", "me:hunter2", &peer.url()]).exits(0);
    fresh.verify(&peer.headers("authorization").join(""), "GET", "/", "me", "hunter2");
}

#[test]
fn a_nonce_that_is_stale_for_ever_is_given_up() {
    let stale = wants(&[&Challenge { stale: true, ..SHA_256 }.value()]);
    let peer =
        Script::new().request().respond(&stale).request().respond(&stale).request().respond(&stale).close();
    Wsurl::new(["send", "-u", "me:hunter2", &peer.url(), "hi"]).stderr_has("401").within(secs(3)).exits(67);
}

#[test]
fn a_wrong_password_is_not_tried_again() {
    let challenge = wants(&[&SHA_256.value()]);
    let peer = Script::new().request().respond(&challenge).request().respond(&challenge).close();
    Wsurl::new(["send", "-vv", "-u", "me:hunter2", &peer.url(), "hi"])
        .stdout("")
        .stderr_has("401 Unauthorized")
        .stderr_has("No way.")
        .stderr_lacks("hunter2")
        .exits(67);
    assert_eq!(peer.requests().len(), 2);
}

#[test]
fn a_challenge_that_makes_no_sense_is_no_reason_to_try_again() {
    for nonsense in
        ["Digest", "Digest realm=\"den\"", "Digest nonce=\"x", "Digest algorithm=ROT13, nonce=\"x\"", ""]
    {
        let peer = Script::new().request().respond(&wants(&[nonsense])).close();
        Wsurl::new(["send", "-u", "me:hunter2", &peer.url(), "hi"])
            .stdout("")
            .stderr_lacks("hunter2")
            .within(secs(3))
            .exits(67);
        assert_eq!(peer.requests().len(), 1, "{nonsense}");
    }
}

#[test]
fn a_kind_of_digest_that_is_not_spoken_is_named() {
    for (field, named) in [("algorithm=SHA3-1", "Digest with SHA3-1"), ("qop=token", "Digest with qop token")]
    {
        let challenge = format!("Digest realm=\"den\", nonce=\"x\", {field}");
        let peer = Script::new().request().respond(&wants(&[&challenge])).close();
        Wsurl::new(["send", "-u", "me:hunter2", &peer.url(), "hi"])
            .stderr_has(format!("; it wants {named}, which wsurl does not speak\n"))
            .stderr_has("wsurl: hint: the credentials were not sent; wsurl speaks Digest with MD5, SHA-256")
            .exits(67);
    }
}

/// The realm in Latin-1: the hash would have to be made of its bytes.
#[test]
fn a_realm_that_is_not_utf_8_is_told_instead_of_answered_wrongly() {
    let text = wants(&["Digest realm=\"?ber uns\", nonce=\"n\", qop=\"auth\""]);
    let head = text.bytes().map(|byte| if byte == b'?' { 0xdc } else { byte }).collect::<Vec<_>>();
    let peer = Script::new().request().send(head).close();
    Wsurl::new(["send", "-u", "me:hunter2", &peer.url(), "hi"])
        .stderr_has("401 Unauthorized; it wants Digest with a realm that is not UTF-8, which wsurl does not speak\n")
        .stderr_has("wsurl: hint: the credentials were not sent; wsurl speaks Digest with MD5, SHA-256 and SHA-512-256, ")
        .exits(67);
    assert_eq!(peer.requests().len(), 1);
}

#[test]
fn without_credentials_a_challenge_is_a_refusal_that_names_the_option() {
    let peer = Script::new().request().respond(&wants(&[&SHA_256.value()])).close();
    Wsurl::new(["send", &peer.url(), "hi"]).stderr_has("wsurl: hint: ").stderr_has("-u").exits(22);
}

#[test]
fn without_credentials_the_advice_fits_the_challenge() {
    let asked = |challenges: &[&str], ending: &str| {
        let peer = Script::new().request().respond(&wants(challenges)).close();
        let stderr = Wsurl::new(["send", &peer.url(), "hi"]).exits(22).stderr;
        let status = wants(challenges).lines().next().expect("a status line").replace("HTTP/1.1 ", "");
        let first = format!("wsurl: error: {} answered the upgrade with {status}{ending}", peer.authority());
        assert!(stderr.starts_with(&first), "{stderr}");
        stderr.lines().find_map(|line| line.strip_prefix("wsurl: hint: ")).unwrap_or_default().to_owned()
    };
    assert_eq!(asked(&["Bearer realm=\"den\""], "\n"), "--bearer TOKEN or --bearer @FILE sends a token");
    let both = asked(&["Bearer", "Basic realm=\"den\""], "\n");
    assert_eq!(both, "-u NAME:PASSWORD sends a credential, --bearer TOKEN a token");
    let other = asked(&["Negotiate"], "; it wants Negotiate, and wsurl speaks Basic, Digest and Bearer\n");
    assert_eq!(other, "");
}

#[test]
fn a_password_where_a_token_is_wanted_is_told() {
    let peer = Script::new().request().respond(&wants(&["Bearer"])).close();
    Wsurl::new(["send", "-u", "me:hunter2", &peer.url(), "hi"])
        .stderr_has("wsurl: hint: the server wants a token: --bearer TOKEN sends one\n")
        .exits(67);
}

#[test]
fn a_bearer_token_goes_out_at_once() {
    assert_eq!(told(|peer| Wsurl::new(["send", "--bearer", "hunter2", &peer.url()])), ["Bearer hunter2"]);
    assert_eq!(
        told(|peer| Wsurl::new(["send", "--oauth2-bearer", "hunter2", &peer.url()])),
        ["Bearer hunter2"]
    );
}

#[test]
fn a_bearer_token_may_come_from_a_file() {
    let (_dir, path) = file_with("token", "hunter2\n");
    let token = format!("@{path}");
    assert_eq!(told(|peer| Wsurl::new(["send", "--bearer", &token, &peer.url()])), ["Bearer hunter2"]);
    Wsurl::new(["send", "--bearer", "@/nonexistent/token", "ws://127.0.0.1:1/", "hi"])
        .stderr_has("/nonexistent/token")
        .exits(26);
}

#[test]
fn a_token_that_is_not_taken_is_unauthorized() {
    let peer = Script::new().request().respond(&wants(&["Bearer error=\"invalid_token\""])).close();
    Wsurl::new(["send", "-vv", "--bearer", "hunter2", &peer.url(), "hi"])
        .stderr_has("(redacted)")
        .stderr_has("wsurl: hint: is the token right?\n")
        .stderr_lacks("hunter2")
        .exits(67);
}

#[test]
fn a_line_end_in_a_token_does_not_reach_the_request() {
    let (_dir, path) = file_with("token", "hunter2\r\nX-Smuggled: 1\r\n");
    let run = Wsurl::new(["send", "--bearer", &format!("@{path}"), "ws://127.0.0.1:1/", "hi"]);
    run.stderr_lacks("hunter2").stderr_lacks("unexpected argument").exits(2);
    Wsurl::new(["send", "--bearer", "hunter2\r\nX-Smuggled: 1", "ws://127.0.0.1:1/", "hi"])
        .stderr_lacks("hunter2")
        .exits(2);
}

#[test]
fn credentials_may_come_from_the_environment() {
    let user = told(|peer| Wsurl::new(["send", &peer.url()]).env("WSURL_USER", "me:hunter2"));
    assert_eq!(user, [basic("me:hunter2")]);
    let token = told(|peer| Wsurl::new(["send", &peer.url()]).env("WSURL_BEARER", "hunter2"));
    assert_eq!(token, ["Bearer hunter2"]);
}

#[test]
fn credentials_of_the_url_answer_a_digest_too() {
    let peer = Script::new().request().respond(&wants(&[&SHA_256.value()])).upgrade().close_handshake();
    Wsurl::new(["send", &url_of("m%65:hunter2%3A", &peer)]).stderr_lacks("hunter2").exits(0);
    SHA_256.verify(&peer.headers("authorization").join(""), "GET", "/", "me", "hunter2:");
}

#[test]
fn netrc_is_read_when_it_is_asked_for() {
    let (_dir, path) = file_with(
        "netrc",
        "# ours\nmachine elsewhere.example login x password y\nmachine 127.0.0.1\n\tlogin me\n\tpassword hunter2\n\
         default login anonymous password guest\n",
    );
    let expected = [basic("me:hunter2")];
    assert_eq!(told(|peer| Wsurl::new(["send", "--netrc-file", &path, &peer.url()])), expected);
    assert_eq!(told(|peer| Wsurl::new(["send", "--netrc", &peer.url()]).env("NETRC", &path)), expected);
    assert!(told(|peer| Wsurl::new(["send", &peer.url()]).env("NETRC", &path)).is_empty());
}

#[cfg(unix)]
#[test]
fn netrc_is_looked_for_at_home() {
    let (dir, _) = file_with(".netrc", "machine 127.0.0.1 login me password hunter2\n");
    let sent = told(|peer| Wsurl::new(["send", "--netrc", &peer.url()]).env("HOME", dir.path()));
    assert_eq!(sent, [basic("me:hunter2")]);
}

#[test]
fn the_default_of_netrc_is_for_all_other_hosts() {
    let (_dir, path) =
        file_with("netrc", "machine a.example login x password y default login me password \"hunter2 b\"");
    let sent = told(|peer| Wsurl::new(["send", "--netrc-file", &path, &peer.url()]));
    assert_eq!(sent, [basic("me:hunter2 b")]);
}

#[test]
fn a_host_that_netrc_does_not_know_is_told_nothing() {
    let (_dir, path) = file_with("netrc", "machine a.example login x password y\n");
    assert!(told(|peer| Wsurl::new(["send", "--netrc-file", &path, &peer.url()])).is_empty());
}

#[test]
fn a_netrc_that_cannot_be_read_is_told_by_its_path() {
    Wsurl::new(["send", "--netrc-file", "/nonexistent/netrc", "ws://127.0.0.1:1/", "hi"])
        .stderr_has("/nonexistent/netrc")
        .exits(26);
}

#[test]
fn the_option_wins_then_the_url_then_the_environment_then_netrc() {
    let (_dir, path) = file_with("netrc", "machine 127.0.0.1 login netrc password 4\n");
    let all = |peer: &Script, args: &[&str]| {
        Wsurl::new(["send", "--netrc-file", &path, &url_of("url:2", peer)])
            .args(args)
            .env("WSURL_USER", "environment:3")
    };
    assert_eq!(told(|peer| all(peer, &["-u", "option:1"])), [basic("option:1")]);
    assert_eq!(told(|peer| all(peer, &["--bearer", "token"])), ["Bearer token"]);
    assert_eq!(told(|peer| all(peer, &[])), [basic("url:2")]);
    let environment = |peer: &Script| Wsurl::new(["send", "--netrc-file", &path, &peer.url()]);
    assert_eq!(told(|peer| environment(peer).env("WSURL_USER", "environment:3")), [basic("environment:3")]);
    assert_eq!(told(|peer| environment(peer).env("WSURL_BEARER", "token")), ["Bearer token"]);
}

#[test]
fn a_password_and_a_token_do_not_go_together() {
    Wsurl::new(["send", "-u", "me:hunter2", "--bearer", "sesame", "ws://127.0.0.1:1/", "hi"])
        .stderr_lacks("unexpected argument")
        .stderr_lacks("hunter2")
        .stderr_lacks("sesame")
        .exits(2);
}

#[test]
fn a_user_without_a_password_is_refused_where_nobody_can_be_asked() {
    if has_terminal() {
        eprintln!("skipped: there is somebody at a terminal who would be asked");
        return;
    }
    let run = Wsurl::new(["send", "-u", "me", "ws://127.0.0.1:1/", "hi"]);
    run.stdout("")
        .stderr_has("no password in -u 'me', and no terminal to ask for it")
        .stderr_lacks("os error")
        .within(secs(2))
        .exits(2);
}

#[test]
fn no_secret_shows_however_much_is_told() {
    let peer = Script::new().upgrade().close_handshake();
    Wsurl::new([
        "send",
        "-vv",
        "-u",
        "me:hunter2",
        "--cookie",
        "sid=sesame",
        "--expect",
        "0",
        &peer.url(),
        "hi",
    ])
    .stderr_has("Authorization: (redacted)")
    .stderr_lacks("hunter2")
    .stderr_lacks(BASE64.encode(b"me:hunter2"))
    .stderr_lacks("sesame")
    .exits(0);
    let peer = Script::new().request().respond(&wants(&["Basic"])).close();
    Wsurl::new(["send", "-vv", &url_of("me:hunter2", &peer), "hi"]).stderr_lacks("hunter2").exits(67);
    Wsurl::new(["send", "-vv", "ws://me:hunter2@127.0.0.1:1/", "hi"]).stderr_lacks("hunter2").exits(7);
}
