//! HTTP proxies: the tunnel that CONNECT opens, over TCP and over TLS, and how a refusal is explained.

use crate::support::{Certificate, Echo, EchoServer, Script, Wsurl, millis, noise, secs};

/// A run through this proxy to a host that nobody knows but the proxy.
fn through(proxy: &Script) -> Wsurl {
    Wsurl::new(["send", "-x", &proxy.url_as("http"), "ws://chat.example/room", "hi"])
}

/// A run through a proxy that gives this answer, and no tunnel.
#[track_caller]
fn refused_with(answer: &str) -> (Script, Wsurl) {
    let proxy = Script::new().request().respond(answer).close();
    let run = through(&proxy).stdout("").within(secs(5));
    (proxy, run)
}

#[test]
fn a_message_goes_to_the_server_through_the_proxy() {
    let server = EchoServer::start();
    let proxy = Script::new().http_tunnel_to(server.address());
    through(&proxy).stdout("hi\n").stderr("").exits(0);
    assert!(
        proxy.request_text().starts_with("CONNECT chat.example:80 HTTP/1.1\r\n"),
        "{}",
        proxy.request_text()
    );
    assert_eq!(proxy.headers("host"), ["chat.example:80"]);
    assert_eq!(server.texts(), ["hi"]);
}

#[test]
fn tls_goes_to_the_server_through_the_proxy() {
    let server = Echo::new().tls(Certificate::Valid).start();
    let proxy = Script::new().http_tunnel_to(server.address());
    Wsurl::new(["send", "-x", &proxy.url_as("http"), "--cacert", server.cacert(), "wss://localhost/", "hi"])
        .stdout("hi\n")
        .stderr("")
        .exits(0);
    assert!(
        proxy.request_text().starts_with("CONNECT localhost:443 HTTP/1.1\r\n"),
        "{}",
        proxy.request_text()
    );
}

/// A proxy on the way to a server whose certificate is refused. OpenSSL tells why; for other libraries a second connection
/// looks for the reason.
fn tunnel_to_untrusted(server: &EchoServer) -> Script {
    let once = Script::new().http_tunnel_to(server.address());
    if cfg!(target_os = "linux") { once } else { once.http_tunnel_to(server.address()) }
}

#[test]
fn the_certificate_is_verified_for_the_servers_name_not_the_proxys() {
    let server = Echo::new().tls(Certificate::Valid).start();
    let proxy = tunnel_to_untrusted(&server);
    let args =
        ["send", "-x", &proxy.url_as("http"), "--cacert", server.cacert(), "wss://chat.example/", "hi"];
    Wsurl::new(args).stderr_has("chat.example").exits(60);
}

#[test]
fn an_ipv6_target_keeps_its_brackets() {
    let server = EchoServer::start();
    let proxy = Script::new().http_tunnel_to(server.address());
    let args = ["send", "--proxy", &proxy.url_as("http"), "ws://[2001:db8::1]:8080/", "hi"];
    Wsurl::new(args).stdout("hi\n").exits(0);
    assert!(
        proxy.request_text().starts_with("CONNECT [2001:db8::1]:8080 HTTP/1.1\r\n"),
        "{}",
        proxy.request_text()
    );
    assert_eq!(proxy.headers("host"), ["[2001:db8::1]:8080"]);
}

#[test]
fn a_proxy_without_a_scheme_is_an_http_proxy() {
    let server = EchoServer::start();
    let proxy = Script::new().http_tunnel_to(server.address());
    Wsurl::new(["send", "-x", &proxy.authority(), "ws://chat.example/", "hi"]).stdout("hi\n").exits(0);
}

#[test]
fn the_proxy_sees_nothing_of_what_is_meant_for_the_server() {
    let server = Script::new().upgrade_with("Sec-WebSocket-Protocol: v1").close_handshake();
    let proxy = Script::new().http_tunnel_to(server.address());
    through(&proxy)
        .args(["-u", "me:hunter2", "--cookie", "sid=42", "--origin", "https://app.example"])
        .args(["-H", "X-Token: abc", "--subprotocol", "v1", "--expect", "0"])
        .exits(0);
    for name in ["authorization", "cookie", "origin", "x-token", "upgrade", "sec-websocket-key"] {
        assert!(proxy.headers(name).is_empty(), "{}", proxy.request_text());
        assert_eq!(server.headers(name).len(), 1, "{}", server.request_text());
    }
    assert_eq!(server.headers("host"), ["chat.example"]);
}

#[test]
fn headers_for_the_proxy_are_for_the_proxy_alone() {
    let server = Script::new().upgrade().close_handshake();
    let proxy = Script::new().http_tunnel_to(server.address());
    let args = ["--proxy-header", "X-Team: sales", "--proxy-header", "X-Desk: 7", "--expect", "0"];
    through(&proxy).args(args).exits(0);
    assert_eq!(
        (proxy.headers("x-team").join(","), proxy.headers("x-desk").join(",")),
        ("sales".into(), "7".into())
    );
    assert!(server.headers("x-team").is_empty(), "{}", server.request_text());
}

#[test]
fn a_length_in_the_proxys_consent_means_nothing() {
    // RFC 9110 §9.3.6: a client must ignore Content-Length and Transfer-Encoding in a successful answer to CONNECT.
    let server = EchoServer::start();
    let proxy = Script::new()
        .request()
        .respond("HTTP/1.0 200 OK\r\nContent-Length: 17\r\nTransfer-Encoding: chunked\r\n\r\n")
        .tunnel_to(server.address());
    through(&proxy).stdout("hi\n").exits(0);
}

#[test]
fn a_consent_that_drips_in_is_fine_inside_the_limit() {
    let server = EchoServer::start();
    let proxy = Script::new()
        .request()
        .respond_dripping("HTTP/1.1 201 Drip\r\nVia: drops\r\n\r\n", millis(5))
        .tunnel_to(server.address());
    through(&proxy).stdout("hi\n").exits(0);
}

#[test]
fn tls_to_the_proxy_and_tls_to_the_server_go_together() {
    let server = Echo::new().tls(Certificate::Valid).start();
    let proxy = Script::tls(Certificate::Valid).http_tunnel_to(server.address());
    let data = noise(1024 * 1024);
    Wsurl::new(["stream", "-x", &proxy.url_as("https"), "--proxy-cacert", proxy.cacert()])
        .args(["--cacert", server.cacert(), "wss://localhost/"])
        .stdin(data.as_slice())
        .stdout(&data)
        .stderr("")
        .limit(secs(20))
        .exits(0);
}

#[test]
fn tls_to_the_proxy_and_none_to_the_server_go_together() {
    let server = EchoServer::start();
    let proxy = Script::tls(Certificate::Valid).http_tunnel_to(server.address());
    let args =
        ["send", "-x", &proxy.url_as("https"), "--proxy-cacert", proxy.cacert(), "ws://chat.example/", "hi"];
    Wsurl::new(args).stdout("hi\n").stderr("").exits(0);
}

#[test]
fn a_proxy_whose_certificate_is_bad_gets_no_password() {
    for certificate in [Certificate::Expired, Certificate::WrongName, Certificate::SelfSigned] {
        let proxy = Echo::new().tls(certificate).start();
        let url = proxy.url().replace("wss://", "https://");
        Wsurl::new(["send", "-x", &url, "-U", "me:hunter2", "--proxy-cacert", proxy.cacert()])
            .args(["wss://chat.example/", "hi"])
            .stdout("")
            .stderr_has("127.0.0.1")
            .stderr_lacks("hunter2")
            .exits(60);
    }
}

#[test]
fn the_proxys_certificate_need_not_be_checked() {
    let server = EchoServer::start();
    let proxy = Script::tls(Certificate::Expired).http_tunnel_to(server.address());
    Wsurl::new(["send", "-x", &proxy.url_as("https"), "--proxy-insecure", "ws://chat.example/", "hi"])
        .stdout("hi\n")
        .exits(0);
}

#[test]
fn what_is_trusted_as_a_server_is_not_trusted_as_a_proxy() {
    let proxy = Echo::new().tls(Certificate::Valid).start();
    let url = proxy.url().replace("wss://", "https://");
    let run = Wsurl::new(["send", "-x", &url, "wss://chat.example/", "hi"]);
    run.args(["-k", "--cacert", proxy.cacert()]).stdout("").exits(60);
}

#[test]
fn what_is_trusted_as_a_proxy_is_not_trusted_as_a_server() {
    let server = Echo::new().tls(Certificate::Valid).start();
    let proxy = tunnel_to_untrusted(&server);
    Wsurl::new(["send", "-x", &proxy.url_as("http"), "--proxy-insecure", "wss://localhost/", "hi"])
        .stdout("")
        .exits(60);
}

#[test]
fn a_refusal_is_shown_with_status_headers_and_body() {
    let (proxy, run) = refused_with(
        "HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\nContent-Length: 10\r\n\r\nNot today.",
    );
    run.stderr_has(format!(
        "wsurl: error: proxy {} answered CONNECT with 403 Forbidden\n",
        proxy.authority()
    ))
    .stderr_has("\n< HTTP/1.1 403 Forbidden\n< X-Squid-Error: ERR_ACCESS_DENIED 0\n")
    .stderr_has("\n\nNot today.")
    .exits(97);
}

#[test]
fn a_target_that_the_proxy_cannot_reach_is_the_proxys_word() {
    let (_proxy, run) = refused_with("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    run.stderr_has("answered CONNECT with 502 Bad Gateway").exits(97);
}

#[test]
fn of_a_long_refusal_the_first_kibibyte_is_shown() {
    let body = "~".repeat(5000);
    let (_proxy, run) = refused_with(&format!("HTTP/1.1 503 Busy\r\nContent-Length: 5000\r\n\r\n{body}"));
    let stderr = run.exits(97).stderr;
    assert_eq!(stderr.matches('~').count(), 1024, "{stderr}");
}

#[test]
fn an_answer_that_is_not_http_is_told_at_once() {
    let proxy = Script::new().request().send("SSH-2.0-OpenSSH_9.6\r\n").hold();
    through(&proxy)
        .stdout("")
        .stderr_has(format!("wsurl: error: proxy {} did not answer CONNECT with HTTP", proxy.authority()))
        .within(secs(2))
        .exits(97);
}

#[test]
fn binary_garbage_is_no_answer() {
    let proxy = Script::new().request().send(noise(300)).close();
    through(&proxy).stdout("").stderr_has("did not answer CONNECT with HTTP").within(secs(2)).exits(97);
}

#[test]
fn a_proxy_that_hangs_up_is_told() {
    for answer in ["", "HTTP/1.1 200 Connection est", "HTTP/1.1 200 OK\r\nVia: nobody\r\n"] {
        let (proxy, run) = refused_with(answer);
        run.stderr_has(format!("proxy {} closed the connection", proxy.authority())).exits(97);
    }
}

#[test]
fn a_proxy_that_resets_the_connection_is_told() {
    let proxy = Script::new().request().reset();
    through(&proxy).stdout("").stderr_has(format!("proxy {}", proxy.authority())).exits(97);
}

#[test]
fn a_tunnel_that_ends_at_once_is_the_servers_silence() {
    let (_proxy, run) = refused_with("HTTP/1.1 200 Connection established\r\n\r\n");
    run.stderr_has("chat.example").exits(52);
}

#[test]
fn an_unknown_proxy_is_told_by_name() {
    Wsurl::new(["send", "-x", "http://me:hunter2@proxy.invalid:3128", "ws://chat.example/", "hi"])
        .stdout("")
        .stderr_has("wsurl: error: cannot resolve proxy proxy.invalid")
        .stderr_lacks("hunter2")
        .exits(5);
}

#[test]
fn a_proxy_that_is_not_there_is_told_by_its_address() {
    Wsurl::new(["send", "-x", "http://me:hunter2@127.0.0.1:1", "ws://chat.example/", "hi"])
        .stdout("")
        .stderr(
            "wsurl: error: cannot connect to proxy 127.0.0.1:1: Connection refused\n\
             wsurl: hint: is the proxy running, and is its port right? -v tells what named it; --noproxy '*' goes without one\n",
        )
        .stderr_lacks("hunter2")
        .exits(7);
}

#[test]
fn a_proxy_that_cannot_be_is_refused() {
    for proxy in ["ftp://me:hunter2@127.0.0.1:1", "http://", "http://127.0.0.1:99999", "quic://127.0.0.1:1"] {
        Wsurl::new(["send", "-x", proxy, "ws://chat.example/", "hi"])
            .stdout("")
            .stderr_lacks("hunter2")
            .within(secs(2))
            .exits(2);
    }
}
