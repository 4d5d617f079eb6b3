//! Which address is called, and from which: `-4`, `-6`, `--resolve`, `--connect-to`, `--interface`, `--unix-socket`.

use crate::support::{Certificate, Echo, EchoServer, Script, Wsurl, secs};

#[test]
fn a_name_can_be_given_an_address() {
    let peer = Script::new().upgrade().close_handshake();
    let (url, entry) =
        (format!("ws://chat.example:{}/", peer.port()), format!("chat.example:{}:127.0.0.1", peer.port()));
    Wsurl::new(["send", "--resolve", &entry, &url, "-w", "%{remote_ip}\\n"]).stdout("127.0.0.1\n").exits(0);
    assert_eq!(peer.headers("host"), [format!("chat.example:{}", peer.port())]);
}

#[test]
fn a_name_is_given_an_address_without_regard_to_case() {
    let server = EchoServer::start();
    let (url, entry) = (
        format!("ws://Chat.Example:{}/", server.port()),
        format!("CHAT.example:{}:127.0.0.1", server.port()),
    );
    Wsurl::new(["send", "--resolve", &entry, &url, "hi"]).stdout("hi\n").exits(0);
}

#[test]
fn an_internationalized_name_may_be_given_an_address_as_it_is_typed() {
    let server = EchoServer::start();
    let port = server.port();
    let url = format!("ws://bücher.example:{port}/");
    for (option, entry) in [
        ("--resolve", format!("bücher.example:{port}:127.0.0.1")),
        ("--resolve", format!("xn--bcher-kva.example:{port}:127.0.0.1")),
        ("--connect-to", format!("BÜCHER.example:{port}:127.0.0.1:{port}")),
    ] {
        Wsurl::new(["send", option, &entry, &url, "hi"]).stdout("hi\n").stderr("").exits(0);
    }
}

#[test]
fn an_entry_for_another_port_or_name_does_not_count() {
    let server = EchoServer::start();
    let url = format!("ws://chat.invalid:{}/", server.port());
    let port = server.port();
    let entries = ["chat.invalid:1:127.0.0.1".to_owned(), format!("other.invalid:{port}:127.0.0.1")];
    Wsurl::new(["send", "--resolve", &entries[0], "--resolve", &entries[1], &url, "hi"]).exits(6);
    let entry = format!("chat.invalid:{port}:127.0.0.1");
    Wsurl::new(["send", "--resolve", &entries[0], "--resolve", &entry, &url, "hi"]).stdout("hi\n").exits(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_can_be_given_several_addresses() {
    let server = EchoServer::start();
    let url = format!("ws://chat.example:{}/", server.port());
    for addresses in ["127.0.0.9,127.0.0.1", "[::1],127.0.0.1", "::1,127.0.0.1"] {
        let entry = format!("chat.example:{}:{addresses}", server.port());
        Wsurl::new(["send", "--resolve", &entry, &url, "hi"]).stdout("hi\n").within(secs(3)).exits(0);
    }
}

#[test]
fn the_certificate_is_verified_for_the_name_not_the_address() {
    let server = Echo::new().tls(Certificate::Valid).start();
    let at = |host: &str| {
        let (url, entry) =
            (format!("wss://{host}:{}/", server.port()), format!("{host}:{}:127.0.0.1", server.port()));
        Wsurl::new(["send", "--cacert", server.cacert(), "--resolve", &entry, &url, "hi"])
    };
    at("localhost").stdout("hi\n").exits(0);
    at("chat.example").stderr_has("chat.example").exits(60);
}

#[test]
fn entries_that_make_no_sense_are_refused() {
    let bad = [
        "chat.example",
        "chat.example:80",
        "chat.example:80:",
        "chat.example:http:127.0.0.1",
        "chat.example:80:nowhere",
    ];
    for entry in bad {
        let run = Wsurl::new(["send", "--resolve", entry, "ws://chat.example/", "hi"]);
        run.stdout("").stderr_has(entry).within(secs(2)).exits(2);
    }
    for entry in ["chat.example", "a:1:b", "a:b:c:d", "a:1:b:99999"] {
        let run = Wsurl::new(["send", "--connect-to", entry, "ws://chat.example/", "hi"]);
        run.stdout("").stderr_has(entry).within(secs(2)).exits(2);
    }
}

#[test]
fn another_host_and_port_can_be_called_in_place_of_the_urls() {
    let url = "ws://chat.example/";
    let peer = |entry: fn(u16) -> String| {
        let peer = Script::new().upgrade().close_handshake();
        Wsurl::new(["send", "--connect-to", &entry(peer.port()), url]).exits(0);
        assert_eq!(peer.headers("host"), ["chat.example"]);
    };
    peer(|port| format!("chat.example:80:127.0.0.1:{port}"));
    peer(|port| format!("CHAT.example:80:localhost:{port}"));
    peer(|port| format!("::127.0.0.1:{port}"));
    peer(|port| format!("chat.example::127.0.0.1:{port}"));
    peer(|port| format!(":80:127.0.0.1:{port}"));
}

#[test]
fn parts_that_are_empty_stay_as_they_are() {
    let server = EchoServer::start();
    let url = format!("ws://chat.example:{}/", server.port());
    Wsurl::new(["send", "--connect-to", "::127.0.0.1:", &url, "hi"]).stdout("hi\n").exits(0);
    let entry = format!("localhost:1::{}", server.port());
    Wsurl::new(["send", "-4", "--connect-to", &entry, "ws://localhost:1/", "hi"]).stdout("hi\n").exits(0);
}

#[test]
fn a_rule_for_another_host_does_not_count() {
    let server = EchoServer::start();
    let entry = format!("other.example:80:127.0.0.1:{}", server.port());
    Wsurl::new(["send", "--connect-to", &entry, &server.url(), "hi"]).stdout("hi\n").exits(0);
}

#[test]
fn tls_is_with_the_urls_host_whoever_is_called() {
    let server = Echo::new().tls(Certificate::Valid).start();
    let entry = format!("::127.0.0.1:{}", server.port());
    let args = ["send", "--cacert", server.cacert(), "--connect-to", &entry];
    Wsurl::new(args).args(["wss://localhost/", "hi"]).stdout("hi\n").exits(0);
    Wsurl::new(args).args(["wss://chat.example/", "hi"]).stderr_has("chat.example").exits(60);
}

#[test]
fn a_family_can_be_chosen() {
    let server = EchoServer::start();
    let (url, entry) = (
        format!("ws://chat.example:{}/", server.port()),
        format!("chat.example:{}:127.0.0.1,[::1]", server.port()),
    );
    let run = || Wsurl::new(["send", "--resolve", &entry, &url, "hi"]);
    run().args(["-4"]).stdout("hi\n").exits(0);
    // There is nobody at this port of [::1], or no IPv6 at all.
    run().args(["-6"]).stdout("").stderr_lacks("127.0.0.1").within(secs(5)).exits(7);

    let Ok(peer) = Script::at("[::1]:0") else {
        eprintln!("skipped: no IPv6 on this machine");
        return;
    };
    let peer = peer.upgrade().close_handshake();
    let (url, entry) = (
        format!("ws://chat.example:{}/", peer.port()),
        format!("chat.example:{}:127.0.0.1,[::1]", peer.port()),
    );
    Wsurl::new(["send", "-6", "--resolve", &entry, &url, "-w", "%{remote_ip}"]).stdout("::1").exits(0);
}

#[test]
fn an_address_of_the_other_family_is_no_address() {
    for (family, host) in [("-6", "127.0.0.1"), ("-4", "[::1]")] {
        let run = Wsurl::new(["send", family, &format!("ws://{host}:1/"), "hi"]).stdout("");
        run.stderr_has(family).stderr_lacks("Connection refused").within(secs(2)).exits(6);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_call_can_come_from_a_certain_address() {
    let peer = Script::new().upgrade().close_handshake();
    Wsurl::new(["send", "--interface", "127.0.0.7", &peer.url(), "-w", "%{local_ip}\\n"])
        .stdout("127.0.0.7\n")
        .exits(0);
    assert_eq!(peer.client().ip().to_string(), "127.0.0.7");
}

#[test]
fn an_address_that_is_not_ours_is_told() {
    let run = Wsurl::new(["send", "--interface", "192.0.2.7", "ws://127.0.0.1:1/", "hi"]);
    run.stdout("").stderr_lacks("unexpected argument").stderr_has("192.0.2.7").within(secs(2)).exits(7);
    let run = Wsurl::new(["send", "--interface", "no such thing", "ws://127.0.0.1:1/", "hi"]);
    run.stdout("").stderr_lacks("unexpected argument").stderr_has("no such thing").within(secs(2)).exits(2);
}

#[cfg(unix)]
mod unix_socket {
    use std::os::unix::net::UnixListener;
    use std::thread;

    use crate::support::{Wsurl, file_with, secs};

    #[test]
    fn a_socket_in_the_file_system_is_called_in_place_of_an_address() {
        use tungstenite::handshake::server::{Request, Response};

        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("wsurl.sock");
        let listener = UnixListener::bind(&path).expect("a socket of our own");
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a client");
            stream.set_read_timeout(Some(secs(10))).expect("a limit");
            let mut request = String::new();
            #[expect(clippy::result_large_err, reason = "the type is tungstenite's")]
            let note = |asked: &Request, answer: Response| {
                request = format!("{} {:?}", asked.uri(), asked.headers().get("host"));
                Ok(answer)
            };
            let mut socket = tungstenite::accept_hdr(stream, note).expect("an upgrade");
            while let Ok(message) = socket.read() {
                if message.is_text() {
                    socket.send(message).expect("an echo");
                }
            }
            request
        });
        let path = path.to_str().expect("a path in UTF-8");
        Wsurl::new(["send", "--unix-socket", path, "ws://chat.example:8080/room", "hi"])
            .stdout("hi\n")
            .stderr("")
            .exits(0);
        assert_eq!(server.join().expect("the server"), r#"/room Some("chat.example:8080")"#);
    }

    #[test]
    fn a_socket_that_is_not_there_is_told_by_its_path() {
        let (_dir, file) = file_with("no-socket", "");
        for path in ["/nonexistent/socket", &file, &format!("/{}", "x".repeat(200))] {
            let run = Wsurl::new(["send", "--unix-socket", path, "ws://chat.example/", "hi"]);
            run.stdout("").stderr_has(path).within(secs(2)).exits(7);
        }
    }
}
