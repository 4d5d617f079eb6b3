//! Secrets are in no error, trace or report, however they were given, and whoever sent them.

use wsurl::report::FORMATS;

use crate::support::{EchoServer, Script, Wsurl, closed_port, file_with, frame, new_file};

/// Nobody listens there; arguments are looked at before anybody is called.
const URL: &str = "ws://127.0.0.1:1/";

/// The names of all report formats of probes.
fn formats() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().filter(|format| format.is_of_probes()).map(|format| format.name)
}

/// A probe with all that there is to show. A plugin's output goes to stdout, and so nothing to stderr.
fn probe(format: &str) -> Wsurl {
    let run = Wsurl::new(["probe", "--report", format]);
    if format == "nagios" { run.stderr("") } else { run.args(["-v"]).stderr_lacks("hunter2") }
}

#[test]
fn no_spelling_of_a_password_is_in_an_error_about_arguments() {
    let usage: &[&[&str]] = &[
        &["ws://me:hunter2@h/"],
        &["ws://me:hunter2@h/", "hi"],
        &["me:hunter2@h"],
        &["me:hunter2"],
        &["https://h/?api_key=hunter2"],
        &["sned", "ws://me:hunter2@h/"],
        &["--generate", "me:hunter2@h"],
        &["--user=me:hunter2", "send", URL],
        &["stream", URL, "ws://me:hunter2@h/"],
        &["stream", URL, "me:hunter2@h"],
        &["stream", URL, "me:hunter2"],
        &["stream", URL, "Authorization: Bearer hunter2"],
        &["stream", URL, "x-api-key:hunter2"],
        &["send", "-H", "Authorization=hunter2", URL],
        &["send", "-H", "Authorization=hunter2: x", URL],
        &["send", "-H", "Authorization: hunter2\n", URL],
        &["send", "-H", "Bearer hunter2", URL],
        &["send", "-H", "hunter2", URL],
        &["stream", URL, "-H", "Authorization:", "Bearer", "hunter2"],
        &["stream", "-H", "Authorization:", "Bearer", "hunter2", URL],
        &["send", "-HAuthorization=hunter2", URL],
        &["send", "--proxy-header", "Proxy-Authorization=hunter2", "-x", "h:1", URL],
        &["send", "--usr=me:hunter2", URL],
        &["send", "--password=hunter2", URL],
        &["send", "--passwd", "hunter2", URL],
        &["send", "-phunter2", URL],
        &["send", "-ime:hunter2", URL],
        &["send", "--subprotocol", "bearer hunter2", URL],
        &["send", "--origin", "https://me:hunter2@h/\n", URL],
        &["send", "--max-time", "ws://me:hunter2@h/", URL],
        &["send", "--max-time=ws://me:hunter2@h/", URL],
        &["send", "-m", "Authorization: Bearer hunter2", URL],
        &["send", "-mws://me:hunter2@h/", URL],
        &["send", "--connect-to", "ws://me:hunter2@h/", URL],
        &["send", "-x", "me:hunter2", URL],
        &["send", "-x", "ftp://me:hunter2@h", URL],
        &["send", "-x", "me:hunter2://h", URL],
        &["send", "-u", "me:hunter2", "--bearer", "hunter2", URL],
        &["send", "--cookie", "sid=\nhunter2", URL],
        &["send", "--allow-network", "internet,ws://me:hunter2@h/", URL],
        &["probe", "--report", "ws://me:hunter2@h/", URL],
        &["probe", "--expect-header", "Authorization=hunter2: x", URL],
    ];
    let url: &[&[&str]] = &[
        &["send", "me:hunter2@wss://h/"],
        &["send", "me:hunter2://h/"],
        &["send", "me:hunter2@h/x"],
        &["send", "me:hunter2"],
        &["send", "http://me:hunter2@h/"],
        &["send", "ws:/me:hunter2@h/"],
        &["send", "ws://me:hunter2"],
        &["send", "ws://me:hunter2@h:port/"],
        &["send", "ws://me:hunter2 @h/"],
        &["send", "ws://h:99999/?token=hunter2"],
        &["send", "ws://h/#access_token=hunter2"],
        &["probe", "ws://h/", "ws://me:hunter2@h:port/"],
    ];
    let cases = usage.iter().map(|args| (2, args)).chain(url.iter().map(|args| (3, args)));
    for (code, args) in cases {
        Wsurl::new(args.iter()).stdout("").stderr_lacks("hunter2").exits(code);
    }
}

#[test]
fn nor_is_it_on_the_page_of_a_monitoring_system() {
    for url in ["ws://me:hunter2@h:port/", "me:hunter2@wss://h/", "me:hunter2://h/"] {
        let page = Wsurl::new(["probe", "--report", "nagios", url]).stderr("").exits(3);
        assert!(
            page.text().starts_with("WSURL UNKNOWN - ") && !page.text().contains("hunter2"),
            "{}",
            page.text()
        );
    }
    let page =
        Wsurl::new(["probe", "--report", "nagios", "-H", "Authorization=hunter2", URL]).stderr("").exits(3);
    assert!(!page.text().contains("hunter2"), "{}", page.text());
}

#[test]
fn a_refused_url_is_still_recognised() {
    Wsurl::new(["ws://me:hunter2@h/", "hi"])
        .stderr(
            "wsurl: error: unrecognized subcommand 'ws://(redacted)@h/'\n\
             wsurl: hint: did you mean `wsurl send ws://(redacted)@h/` ?\n",
        )
        .exits(2);
    Wsurl::new(["send", "me:hunter2://h/"])
        .stderr(
            "wsurl: error: invalid URL '(redacted)://h/': it does not begin with ws:// or wss://\n\
             wsurl: hint: did you mean wss://h/ ?\n",
        )
        .exits(3);
    Wsurl::new(["send", "-H", "Authorization=hunter2", URL])
        .stderr(
            "wsurl: error: invalid value 'Authorization= ...' for -H: a header field has a colon; \
             write 'Name: value'\n",
        )
        .exits(2);
}

#[test]
fn traces_show_only_what_is_known_to_be_harmless() {
    let peer = Script::new()
        .upgrade_with(
            "Server: moon\r\nSet-Cookie: sid=hunter2\r\nX-Session: hunter2\r\n\
             Sec-WebSocket-Protocol: base64url.bearer.hunter2",
        )
        .close_handshake();
    let url = format!("{}chat?room=1&access_token=hunter2", peer.url());
    let options = ["-H", "X-Vault-Token: hunter2", "-H", "apikey: hunter2", "-H", "Accept-Language: en"];
    Wsurl::new(["send", "-vv", "--expect", "0", "--subprotocol", "base64url.bearer.hunter2", &url])
        .args(["--subprotocol", "chat"])
        .args(options)
        .stderr_has("> GET /chat?room=1&access_token=(redacted) HTTP/1.1\n")
        .stderr_has("> Sec-WebSocket-Protocol: (redacted), chat\n")
        .stderr_has("> X-Vault-Token: (redacted)\n> apikey: (redacted)\n> Accept-Language: en\n")
        .stderr_has("< Server: moon\n< Set-Cookie: (redacted)\n< X-Session: (redacted)\n")
        .stderr_has("< Sec-WebSocket-Protocol: (redacted)\n")
        .stderr_lacks("hunter2")
        .exits(0);
    // It was sent all the same.
    assert_eq!(peer.headers("x-vault-token"), ["hunter2"]);
    assert!(peer.request_text().starts_with("GET /chat?room=1&access_token=hunter2 HTTP/1.1\r\n"));
}

#[test]
fn a_token_that_the_server_chooses_as_subprotocol_is_not_written_out() {
    for (format, told) in
        [("%{subprotocol}\\n", "(redacted)\n"), ("%{json}\\n", "\"subprotocol\":\"(redacted)\"")]
    {
        let peer =
            Script::new().upgrade_with("Sec-WebSocket-Protocol: base64url.bearer.hunter2").close_handshake();
        let run =
            Wsurl::new(["send", "--expect", "0", "--subprotocol", "base64url.bearer.hunter2", &peer.url()])
                .args(["-w", format])
                .stdout_has(told)
                .exits(0);
        assert!(!run.text().contains("hunter2"), "{}", run.text());
    }
}

#[test]
fn what_a_proxy_is_told_and_answers_is_no_exception() {
    let proxy = Script::new()
        .request()
        .respond("HTTP/1.1 403 No\r\nSet-Cookie: sid=hunter2\r\nContent-Length: 0\r\n\r\n")
        .close();
    Wsurl::new(["send", "-v", "-x", &proxy.url_as("http"), "--proxy-header", "X-Pass: hunter2", URL, "hi"])
        .stderr_has("> X-Pass: (redacted)\n")
        .stderr_has("< Set-Cookie: (redacted)\n")
        .stderr_lacks("hunter2")
        .exits(97);
    assert_eq!(proxy.headers("x-pass"), ["hunter2"]);
}

#[test]
fn refusals_and_redirects_keep_cookies_and_tokens() {
    let peer = Script::new()
        .request()
        .respond(
            "HTTP/1.1 302 Found\r\nLocation: https://me:hunter2@h/?token=hunter2&b=1\r\n\
             Set-Cookie: sid=hunter2\r\nContent-Length: 0\r\n\r\n",
        )
        .close();
    Wsurl::new(["send", &peer.url(), "hi"])
        .stderr_has(
            "wsurl: hint: it redirects to https://(redacted)@h/?token=(redacted)&b=1; -L follows redirects\n",
        )
        .stderr_has("\n< Location: https://(redacted)@h/?token=(redacted)&b=1\n< Set-Cookie: (redacted)\n")
        .stderr_lacks("hunter2")
        .exits(22);
    for most in ["0", "5"] {
        let found = "HTTP/1.1 302 Found\r\nLocation: /?token=hunter2\r\nContent-Length: 0\r\n\r\n";
        let peer = Script::new().request().respond(found).close();
        let url = format!("{}?token=hunter2", peer.url());
        let run = Wsurl::new(["send", "-v", "-L", "--max-redirs", most, &url, "hi"]);
        run.stderr_has("(redacted)").stderr_lacks("hunter2").exits(47);
    }
}

#[test]
fn a_redirect_with_a_token_is_followed_with_it() {
    let first = Script::new()
        .request()
        .respond("HTTP/1.1 302 Found\r\nLocation: /there?token=hunter2\r\nContent-Length: 0\r\n\r\n")
        .upgrade()
        .close_handshake();
    let args = ["send", "-v", "-L", "--expect", "0", &first.url()];
    Wsurl::new(args).stderr_has("/there?token=(redacted)\n").stderr_lacks("hunter2").exits(0);
    assert!(
        first.requests()[1].starts_with("GET /there?token=hunter2 HTTP/1.1\r\n"),
        "{:?}",
        first.requests()
    );
}

#[test]
fn reports_of_probes_hold_no_secret() {
    for format in formats() {
        let peer = Script::new()
            .upgrade_with("Set-Cookie: sid=hunter2\r\nX-Session: hunter2")
            .answer_pings_until_close()
            .answer_close()
            .close();
        let url = format!("{}?access_token=hunter2", peer.url());
        let run = probe(format).args(["--expect-header", "Set-Cookie: ^other", &url]);
        let outcome = run.exits(if format == "nagios" { 2 } else { 1 });
        assert!(
            outcome.text().contains("(redacted)") && !outcome.text().contains("hunter2"),
            "{}",
            outcome.text()
        );
    }
}

#[test]
fn reports_of_refusals_and_dead_endpoints_hold_no_secret() {
    for format in formats() {
        let code = |code| if format == "nagios" { 2 } else { code };
        let refusal = "HTTP/1.1 403 No\r\nSet-Cookie: sid=hunter2\r\nContent-Length: 0\r\n\r\n";
        let peer = Script::new().request().respond(refusal).close();
        let (_port, dead) = closed_port();
        for (url, code) in [(peer.url(), code(22)), (dead, code(7))] {
            let outcome = probe(format).args([format!("{url}?sig=hunter2")]).exits(code);
            assert!(!outcome.text().contains("hunter2"), "{}", outcome.text());
        }
    }
}

#[test]
fn reports_of_echo_tests_hold_no_secret() {
    for format in formats() {
        let server = EchoServer::start();
        let (_folder, path) = new_file("report");
        let (report, url) = (format!("{format}={path}"), format!("{}?auth=hunter2", server.url()));
        Wsurl::new(["echo-test", "-n", "1", "--report", &report, &url]).stderr_lacks("hunter2").exits(0);
        let text = std::fs::read_to_string(&path).expect("the report");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn what_is_written_out_names_the_url_without_secrets() {
    let server = EchoServer::start();
    let url = server.url().replace("ws://", "ws://me:hunter2@") + "?key=hunter2&b=1";
    Wsurl::new(["send", "-w", "%{url_effective}\\n", &url, "hi"])
        .stdout(format!("hi\n{}?key=(redacted)&b=1\n", server.url()))
        .exits(0);
}

#[test]
fn a_dumped_head_is_data_and_whole() {
    let peer =
        Script::new().upgrade_with("Set-Cookie: sid=hunter2").send(frame::text("hi")).close_handshake();
    Wsurl::new(["send", "-D", "-", "--expect", "1", &peer.url()])
        .stdout_has("\r\nSet-Cookie: sid=hunter2\r\n")
        .exits(0);
}

#[test]
fn a_broken_handshake_does_not_show_the_token_in_a_subprotocol() {
    let peer = Script::new().upgrade_with("Sec-WebSocket-Protocol: Bearer-hunter2").hold();
    Wsurl::new(["send", &peer.url(), "hi"])
        .stderr_has("subprotocol '(redacted)' was not offered")
        .stderr_lacks("hunter2")
        .exits(112);
}

#[test]
fn a_file_of_header_fields_is_not_quoted() {
    let (_dir, path) = file_with("headers", "Authorization=hunter2\nhunter2=: x\n");
    let file = format!("@{path}");
    Wsurl::new(["send", "-H", &file, URL]).stderr_has("line 1 of").stderr_lacks("hunter2").exits(2);
    let (_dir, path) = file_with("headers", "\nhunter2=: x\n");
    let file = format!("@{path}");
    Wsurl::new(["send", "-H", &file, URL]).stderr_has("line 2 of").stderr_lacks("hunter2").exits(2);
}
