//! Which proxy, if any: `-x`, the variables and their order, and what goes past it.

use crate::support::{EchoServer, Script, Untouched, Wsurl};

/// Port 1 has no server, be it of the proxy or of the target: the error says which of the two was called.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Goes to the host directly though there is a proxy.
#[track_caller]
fn direct(run: Wsurl) {
    run.stderr_has("* No proxy: ").stderr_lacks("to proxy").exits(7);
}

#[track_caller]
fn proxied(run: Wsurl) {
    run.stderr_has("* Using proxy ").stderr_has("cannot connect to proxy 127.0.0.1:1").exits(7);
}

/// A run that finds a proxy in the environment, and this list of exceptions.
fn with_exceptions(list: &str, url: &str) -> Wsurl {
    let resolve = ["--resolve", "chat.example:1:127.0.0.1", "--resolve", "v2.chat.example:1:127.0.0.1"];
    Wsurl::new(["send", "-v", url, "hi"]).args(resolve).env("ws_proxy", NOWHERE).env("no_proxy", list)
}

/// Runs with these variables, of which the one that counts names the proxy that is there.
#[track_caller]
fn counts(name: &'static str, url: &str, others: &[&'static str]) {
    let proxy = Script::new().request().respond("HTTP/1.1 403 Forbidden\r\n\r\n").close();
    let mut run = Wsurl::new(["send", "-v", url, "hi"]).env(name, format!("http://{}", proxy.authority()));
    for other in others {
        run = run.env(other, NOWHERE);
    }
    run.stderr_has(format!("* Using proxy http://{} (from {name})\n", proxy.authority())).exits(97);
}

#[test]
fn the_variable_of_the_scheme_comes_first() {
    let others = ["https_proxy", "http_proxy", "all_proxy", "ALL_PROXY", "HTTPS_PROXY"];
    counts("ws_proxy", "ws://chat.example/", &[&others[..], &["wss_proxy"]].concat());
    counts("wss_proxy", "wss://chat.example/", &[&others[..], &["ws_proxy"]].concat());
}

#[test]
fn the_variable_of_http_comes_second() {
    counts("http_proxy", "ws://chat.example/", &["https_proxy", "all_proxy", "wss_proxy"]);
    counts("https_proxy", "wss://chat.example/", &["http_proxy", "all_proxy", "ws_proxy"]);
}

#[test]
fn the_variable_for_everything_comes_last() {
    counts("all_proxy", "ws://chat.example/", &["https_proxy", "wss_proxy"]);
    counts("all_proxy", "wss://chat.example/", &["http_proxy", "ws_proxy"]);
}

#[cfg(not(windows))]
#[test]
fn lower_case_wins_over_upper_case() {
    counts("wss_proxy", "wss://chat.example/", &["WSS_PROXY"]);
    counts("https_proxy", "wss://chat.example/", &["HTTPS_PROXY"]);
    counts("all_proxy", "ws://chat.example/", &["ALL_PROXY"]);
}

#[test]
fn upper_case_counts_as_well() {
    counts("WS_PROXY", "ws://chat.example/", &["http_proxy", "all_proxy"]);
    counts("WSS_PROXY", "wss://chat.example/", &["https_proxy"]);
    counts("HTTPS_PROXY", "wss://chat.example/", &["ALL_PROXY"]);
    counts("ALL_PROXY", "ws://chat.example/", &[]);
}

#[cfg(not(windows))]
#[test]
fn http_proxy_in_upper_case_is_ignored() {
    // A CGI script finds a header of its caller there.
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url(), "hi"]).env("HTTP_PROXY", NOWHERE).stdout("hi\n").exits(0);
}

#[test]
fn an_empty_variable_names_no_proxy() {
    let server = EchoServer::start();
    let run = Wsurl::new(["send", &server.url(), "hi"]).env("ws_proxy", "").env("http_proxy", "");
    run.env("all_proxy", "").stdout("hi\n").stderr("").exits(0);
}

#[test]
fn the_option_wins_over_every_variable() {
    let server = EchoServer::start();
    let proxy = Script::new().http_tunnel_to(server.address());
    Wsurl::new(["send", "-v", "-x", &proxy.url_as("http"), "ws://chat.example/", "hi"])
        .env("ws_proxy", NOWHERE)
        .env("all_proxy", NOWHERE)
        .stdout("hi\n")
        .stderr_has(format!("* Using proxy http://{}", proxy.authority()))
        .exits(0);
}

#[test]
fn an_empty_option_switches_proxies_off() {
    let server = EchoServer::start();
    Wsurl::new(["send", "-x", "", &server.url(), "hi"])
        .env("ws_proxy", NOWHERE)
        .env("all_proxy", NOWHERE)
        .stdout("hi\n")
        .exits(0);
}

#[test]
fn a_socks_proxy_may_stand_in_a_variable() {
    let proxy = Script::new().socks5_greeting().send([5, 0xFF]).close();
    Wsurl::new(["send", "-v", "ws://chat.example/", "hi"])
        .env("all_proxy", format!("socks5h://{}", proxy.authority()))
        .stderr_has(format!("* Using proxy socks5h://{} (from all_proxy)\n", proxy.authority()))
        .exits(97);
}

#[test]
fn a_password_in_a_variable_is_not_printed() {
    Wsurl::new(["send", "-vv", "ws://chat.example/", "hi"])
        .env("ws_proxy", "http://me:hunter2@127.0.0.1:1")
        .stderr_has("* Using proxy http://")
        .stderr_lacks("hunter2")
        .exits(7);
}

#[test]
fn a_variable_that_names_no_proxy_at_all_is_told_by_its_name() {
    Wsurl::new(["send", "ws://127.0.0.1:1/", "hi"])
        .env("ws_proxy", "ftp://me:hunter2@127.0.0.1:1")
        .stdout("")
        .stderr_has("ws_proxy")
        .stderr_lacks("hunter2")
        .exits(2);
}

#[test]
fn a_name_is_excepted_with_all_below_it() {
    direct(with_exceptions("chat.example", "ws://chat.example:1/"));
    direct(with_exceptions("chat.example", "ws://v2.chat.example:1/"));
    direct(with_exceptions("CHAT.example", "ws://chat.EXAMPLE:1/"));
    proxied(with_exceptions("chat.example", "ws://mychat.example:1/"));
    proxied(with_exceptions("v2.chat.example", "ws://chat.example:1/"));
    proxied(with_exceptions("hat.example", "ws://chat.example:1/"));
    proxied(with_exceptions("chat", "ws://chat.example:1/"));
}

#[test]
fn a_suffix_is_excepted() {
    direct(with_exceptions(".example", "ws://chat.example:1/"));
    direct(with_exceptions(".chat.example", "ws://v2.chat.example:1/"));
    proxied(with_exceptions(".hat.example", "ws://chat.example:1/"));
}

#[test]
fn an_address_is_excepted() {
    direct(with_exceptions("127.0.0.1", "ws://127.0.0.1:1/"));
    proxied(with_exceptions("127.0.0.2", "ws://127.0.0.1:1/"));
    proxied(with_exceptions("0.0.1", "ws://127.0.0.1:1/"));
    direct(with_exceptions("::1", "ws://[::1]:1/"));
    direct(with_exceptions("[::1]", "ws://[::1]:1/"));
    direct(with_exceptions("0:0:0:0:0:0:0:1", "ws://[::1]:1/"));
    proxied(with_exceptions("::2", "ws://[::1]:1/"));
}

#[test]
fn a_network_is_excepted() {
    direct(with_exceptions("127.0.0.0/8", "ws://127.0.0.1:1/"));
    direct(with_exceptions("127.0.0.1/32", "ws://127.0.0.1:1/"));
    proxied(with_exceptions("10.0.0.0/8", "ws://127.0.0.1:1/"));
    proxied(with_exceptions("127.0.0.128/25", "ws://127.0.0.1:1/"));
    direct(with_exceptions("0.0.0.0/0", "ws://127.0.0.1:1/"));
    direct(with_exceptions("::/64", "ws://[::1]:1/"));
    proxied(with_exceptions("fd00::/8", "ws://[::1]:1/"));
}

#[test]
fn a_port_is_excepted() {
    direct(with_exceptions("chat.example:1", "ws://chat.example:1/"));
    proxied(with_exceptions("chat.example:2", "ws://chat.example:1/"));
    direct(with_exceptions("[::1]:1", "ws://[::1]:1/"));
    proxied(with_exceptions("[::1]:2", "ws://[::1]:1/"));
}

#[test]
fn everything_is_excepted_by_a_star() {
    direct(with_exceptions("*", "ws://127.0.0.1:1/"));
    direct(with_exceptions("elsewhere.example, *", "ws://127.0.0.1:1/"));
}

#[test]
fn a_list_may_have_spaces_and_gaps_and_nonsense() {
    direct(with_exceptions(" elsewhere.example ,, chat.example ,", "ws://chat.example:1/"));
    proxied(with_exceptions("", "ws://chat.example:1/"));
    proxied(with_exceptions(" , ,", "ws://chat.example:1/"));
    proxied(with_exceptions("127.0.0.1/99,1.2.3.4/,/8,:80,[,.", "ws://127.0.0.1:1/"));
}

#[test]
fn exceptions_in_upper_case_count_as_well() {
    let run = Wsurl::new(["send", "-v", "ws://127.0.0.1:1/", "hi"]).env("ws_proxy", NOWHERE);
    direct(run.env("NO_PROXY", "127.0.0.1"));
}

#[test]
fn the_option_for_exceptions_replaces_the_variable() {
    direct(with_exceptions("elsewhere.example", "ws://127.0.0.1:1/").args(["--noproxy", "127.0.0.1"]));
    proxied(with_exceptions("127.0.0.1", "ws://127.0.0.1:1/").args(["--noproxy", "elsewhere.example"]));
    proxied(with_exceptions("127.0.0.1", "ws://127.0.0.1:1/").args(["--noproxy", ""]));
}

#[test]
fn exceptions_hold_for_the_option_too() {
    let (server, proxy) = (EchoServer::start(), Untouched::new());
    Wsurl::new(["send", "-x", &proxy.url("http"), "--noproxy", "127.0.0.0/8", &server.url(), "hi"])
        .stdout("hi\n")
        .exits(0);
}

#[test]
fn what_goes_past_the_proxy_and_why_is_told() {
    with_exceptions("elsewhere.example,.example", "ws://chat.example:1/")
        .stderr_has("* No proxy: chat.example is in no_proxy\n")
        .exits(7);
}
