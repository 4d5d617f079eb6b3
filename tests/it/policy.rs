//! `--allow-network`: which addresses may be called, decided for the address itself and before a packet is sent.

use crate::support::{EchoServer, Script, Untouched, Wsurl, secs};

/// The address must not be called: nobody hears of it, and the message says why.
#[track_caller]
fn forbidden(allowed: &str, url: &str, host: &str, address: &str, class: &str) {
    Wsurl::new(["send", "--connect-timeout", "2s", "--allow-network", allowed, url, "hi"])
        .stdout("")
        .stderr_has(host)
        .stderr_has(format!("{address} ({class}), which --allow-network {allowed} does not allow"))
        .within(secs(5))
        .exits(7);
}

#[test]
fn loopback_is_called_where_it_is_allowed() {
    let server = EchoServer::start();
    Wsurl::new(["send", "--allow-network", "loopback", &server.url(), "hi"]).stdout("hi\n").exits(0);
    Wsurl::new(["send", "--allow-network", "internet,loopback", &server.url(), "hi"]).stdout("hi\n").exits(0);
    Wsurl::new(["send", "--allow-network", "internet", "--allow-network", "loopback", &server.url(), "hi"])
        .stderr_has("'--allow-network <NETWORKS>' cannot be used multiple times")
        .exits(2);
}

#[test]
fn loopback_is_not_called_where_it_is_not_allowed() {
    let port = Untouched::new();
    forbidden("internet", &port.url("ws"), "127.0.0.1", "127.0.0.1", "loopback");
    forbidden("private,internet", &port.url("ws"), "127.0.0.1", "127.0.0.1", "loopback");
    forbidden("internet", &port.url("wss"), "127.0.0.1", "127.0.0.1", "loopback");
}

#[test]
fn a_name_that_leads_to_loopback_is_loopback() {
    let port = Untouched::new();
    Wsurl::new(["send", "--allow-network", "internet", &format!("ws://localhost:{}/", port.port()), "hi"])
        .stdout("")
        .stderr_has("localhost resolves to ")
        .stderr_has("(loopback), which --allow-network internet does not allow")
        .exits(7);
}

#[test]
fn loopback_in_disguise_is_loopback() {
    let port = Untouched::new();
    // The resolver and the URL parser both read these as 127.0.0.1.
    for host in ["127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1."] {
        let url = format!("ws://{host}:{}/", port.port());
        let run = Wsurl::new(["send", "--allow-network", "internet,private", &url, "hi"]);
        run.stdout("").stderr_has("(loopback), which --allow-network").within(secs(3)).exits(7);
    }
    for host in ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]", "127.200.3.4"] {
        let url = format!("ws://{host}:{}/", port.port());
        let run = Wsurl::new(["send", "--allow-network", "internet,private", &url, "hi"]);
        run.stdout("").stderr_has("(loopback), which --allow-network").within(secs(3)).exits(7);
    }
    // Carried inside of addresses that lead nowhere, or to a translator.
    for host in ["[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]"] {
        let url = format!("ws://{host}:{}/", port.port());
        let run = Wsurl::new(["send", "--allow-network", "internet", &url, "hi"]);
        run.stdout("").stderr_has("which --allow-network internet does not allow").within(secs(3)).exits(7);
    }
}

#[test]
fn ipv6_has_a_loopback_too() {
    let Ok(port) = Untouched::at("[::1]:0") else {
        eprintln!("skipped: no IPv6 on this machine");
        return;
    };
    forbidden("internet", &port.url("ws"), "::1", "::1", "loopback");
}

#[test]
fn private_networks_are_not_the_internet() {
    for address in ["10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.1", "169.254.169.254"] {
        forbidden("internet", &format!("ws://{address}/"), address, address, "private");
        forbidden("loopback,internet", &format!("ws://{address}/"), address, address, "private");
    }
    for address in ["fd00::1", "fe80::1", "::ffff:10.0.0.1", "::ffff:192.168.1.1"] {
        let run = Wsurl::new(["send", "--allow-network", "internet", &format!("ws://[{address}]/"), "hi"]);
        run.stderr_has("(private), which --allow-network internet does not allow").within(secs(5)).exits(7);
    }
}

#[test]
fn the_internet_is_not_private() {
    for address in ["1.1.1.1", "172.32.0.1", "192.169.0.1", "9.255.255.255", "11.0.0.1"] {
        forbidden("loopback,private", &format!("ws://{address}/"), address, address, "internet");
    }
    let run =
        Wsurl::new(["send", "--allow-network", "loopback,private", "ws://[2606:4700:4700::1111]/", "hi"]);
    run.stderr_has("(internet), which --allow-network loopback,private does not allow").exits(7);
}

#[test]
fn an_address_that_was_given_is_looked_at_like_any_other() {
    let port = Untouched::new();
    let (url, entry) =
        (format!("ws://chat.example:{}/", port.port()), format!("chat.example:{}:127.0.0.1", port.port()));
    Wsurl::new(["send", "--allow-network", "internet", "--resolve", &entry, &url, "hi"])
        .stderr_has(
            "chat.example resolves to 127.0.0.1 (loopback), which --allow-network internet does not allow",
        )
        .exits(7);

    let entry = format!("chat.example:80:127.0.0.1:{}", port.port());
    Wsurl::new(["send", "--allow-network", "internet", "--connect-to", &entry, "ws://chat.example/", "hi"])
        .stderr_has("127.0.0.1 (loopback), which --allow-network internet does not allow")
        .exits(7);
}

#[test]
fn of_several_addresses_those_that_are_allowed_are_called() {
    let server = EchoServer::start();
    let (url, entry) = (
        format!("ws://chat.example:{}/", server.port()),
        format!("chat.example:{}:10.1.2.3,127.0.0.1", server.port()),
    );
    // Calling the other one would take until the limit.
    Wsurl::new(["send", "--allow-network", "loopback", "--resolve", &entry, &url, "hi"])
        .stdout("hi\n")
        .within(secs(5))
        .exits(0);
}

#[test]
fn a_redirect_leads_nowhere_else() {
    let inside = Untouched::new();
    let location = inside.url("ws").replace("127.0.0.1", "127.0.0.1.nip.invalid");
    let entry = format!("127.0.0.1.nip.invalid:{}:10.1.2.3", inside.port());
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
    let peer = Script::new().request().respond(&answer).close();
    Wsurl::new(["send", "-L", "--allow-network", "loopback", "--resolve", &entry, &peer.url(), "hi"])
        .stdout("")
        .stderr_has("resolves to 10.1.2.3 (private), which --allow-network loopback does not allow")
        .within(secs(3))
        .exits(7);

    let answer =
        "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n";
    let peer = Script::new().request().respond(answer).close();
    Wsurl::new(["send", "-L", "--allow-network", "loopback", &peer.url(), "hi"])
        .stderr_has("169.254.169.254 (private), which --allow-network loopback does not allow")
        .within(secs(3))
        .exits(7);
}

#[test]
fn a_proxy_is_looked_at_like_any_other() {
    for scheme in ["http", "https", "socks5h", "socks4a"] {
        let proxy = Untouched::new();
        Wsurl::new(["send", "--allow-network", "internet", "-x", &proxy.url(scheme), "ws://8.8.8.8/", "hi"])
            .stdout("")
            .stderr_has("127.0.0.1 (loopback), which --allow-network internet does not allow")
            .exits(7);
    }
}

#[test]
fn a_name_that_only_the_proxy_looks_up_is_refused_before_the_proxy_is_called() {
    for (scheme, advice) in [
        ("http", "--connect-to chat.example:80:ADDRESS:80 gives the address"),
        ("https", "--connect-to chat.example:80:ADDRESS:80 gives the address"),
        ("socks5h", "-x socks5://... looks names up here"),
        ("socks4a", "-x socks4://... looks names up here"),
    ] {
        let proxy = Untouched::new();
        Wsurl::new([
            "send",
            "--allow-network",
            "loopback",
            "-x",
            &proxy.url(scheme),
            "ws://chat.example/",
            "hi",
        ])
        .stdout("")
        .stderr(format!(
            "wsurl: error: --allow-network loopback cannot check the address of chat.example, \
                 which proxy 127.0.0.1:{} looks up\n\
                 wsurl: hint: {advice}; --allow-network loopback,private,internet refuses nothing\n",
            proxy.port()
        ))
        .exits(7);
    }
}

#[test]
fn the_address_that_the_proxy_is_given_is_checked() {
    let server = EchoServer::start();
    let proxy = Script::new().http_tunnel_to(server.address());
    let url = format!("ws://chat.example:{}/", server.port());
    let entry = format!("chat.example:{0}:127.0.0.1:{0}", server.port());
    Wsurl::new(["send", "--allow-network", "loopback", "-x", &proxy.url_as("http"), &url, "hi"])
        .args(["--connect-to", &entry])
        .stdout("hi\n")
        .exits(0);

    for (scheme, address) in [("http", "10.1.2.3"), ("socks5h", "10.1.2.3"), ("socks4a", "10.1.2.3")] {
        let proxy = Untouched::new();
        forbidden_through(&proxy.url(scheme), &format!("ws://{address}/"), address, &[]);
    }
    let proxy = Untouched::new();
    let entry = "chat.example:80:10.1.2.3:80";
    forbidden_through(&proxy.url("http"), "ws://chat.example/", "10.1.2.3", &["--connect-to", entry]);
}

/// The proxy must not be asked for this address, which is private.
#[track_caller]
fn forbidden_through(proxy: &str, url: &str, address: &str, args: &[&str]) {
    Wsurl::new(["send", "--allow-network", "loopback", "-x", proxy, url, "hi"])
        .args(args)
        .stderr_has(format!("{address} (private), which --allow-network loopback does not allow"))
        .exits(7);
}

#[test]
fn a_name_that_is_looked_up_here_for_the_proxy_is_checked() {
    for scheme in ["socks5", "socks4"] {
        let proxy = Script::new().hears_end();
        Wsurl::new([
            "send",
            "--allow-network",
            "loopback",
            "-x",
            &proxy.url_as(scheme),
            "ws://chat.example/",
            "hi",
        ])
        .args(["--resolve", "chat.example:80:10.1.2.3"])
        .stderr_has(
            "chat.example resolves to 10.1.2.3 (private), which --allow-network loopback does not allow",
        )
        .exits(7);
        proxy.wait();
    }
}

#[test]
fn all_classes_together_refuse_nothing() {
    let server = EchoServer::start();
    let proxy = Script::new().http_tunnel_to(server.address());
    Wsurl::new(["send", "--allow-network", "internet,loopback,private", "-x", &proxy.url_as("http")])
        .args(["ws://chat.example/", "hi"])
        .stdout("hi\n")
        .stderr("")
        .exits(0);
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_loopback() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let path = path.to_str().expect("a path in UTF-8");
    let run = |allowed: &str| {
        Wsurl::new(["send", "--allow-network", allowed, "--unix-socket", path, "ws://chat.example/", "hi"])
    };
    run("private,internet")
        .stderr(format!(
            "wsurl: error: {path} is a Unix socket (loopback), which --allow-network private,internet does not \
             allow\nwsurl: hint: --allow-network private,internet,loopback allows it\n"
        ))
        .exits(7);
    // Nobody listens there.
    run("loopback").stderr_has(format!("cannot connect to {path}")).exits(7);
}

#[test]
fn a_class_that_is_none_is_refused_with_those_that_are() {
    for classes in ["intranet", "", "internet,", "loopback;private"] {
        Wsurl::new(["send", "--allow-network", classes, "ws://127.0.0.1:1/", "hi"])
            .stderr_has("loopback")
            .stderr_has("private")
            .within(secs(2))
            .exits(2);
    }
}
