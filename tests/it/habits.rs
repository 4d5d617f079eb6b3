//! What fingers type that were trained by other tools: aliases, options that ask for what is so anyway, and a hint for the
//! rest. `fixtures/options/` has every option of each tool, with the answer.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use wsurl::cli;

use crate::support::{EchoServer, Script, Wsurl, new_file};

/// Nobody listens there; arguments are looked at before a connection is made.
const URL: &str = "ws://127.0.0.1:1/";

/// Words that say that there is nothing to type instead.
const REFUSALS: [&str; 4] =
    ["not built", "is about ", "WebSockets have no", "there is no configuration file"];

#[test]
fn every_option_of_curl_is_answered() {
    every_option_is_answered("curl", "curl", 330);
}

#[test]
fn every_option_of_websocat_is_answered() {
    every_option_is_answered("websocat", "websocat", 120);
}

#[test]
fn every_option_of_wscat_is_answered() {
    every_option_is_answered("wscat", "wscat", 35);
}

#[test]
fn every_option_of_httpie_is_answered() {
    every_option_is_answered("httpie", "httpie", 60);
}

#[test]
fn every_option_of_python_websockets_is_answered() {
    every_option_is_answered("websockets", "python -m websockets", 3);
}

/// Each line of the fixture: an option, `=` if it takes a value there, and the answer. `works`: it does here what it does
/// there. `other`: it means something else here. `hint`: it is refused, and the hint says what to type. `refused`: it is
/// refused on purpose, and the hint says why.
#[track_caller]
fn every_option_is_answered(fixture: &str, tool: &str, at_least: usize) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/options").join(fixture);
    let rows = fs::read_to_string(path.with_extension("txt")).expect("read the options");
    let mut root = cli::command();
    root.build();
    let mut complaints = Vec::new();
    for row in rows.lines() {
        let (option, expected) = row.split_once(' ').expect("an option and its answer");
        let (has_value, expected) = match expected.strip_prefix("= ") {
            Some(expected) => (true, expected),
            None => (false, expected),
        };
        let answer = answer(&root, option, has_value, tool);
        let known = ["works", "other"].contains(&expected);
        if answer != expected && !(known && answer == "known") {
            complaints.push(format!("{option}: {answer}, not {expected}"));
        }
    }
    assert!(complaints.is_empty(), "{tool}:\n{}", complaints.join("\n"));
    assert!(rows.lines().count() >= at_least, "{tool} has more options than {}", rows.lines().count());
}

/// `known` is any option that some subcommand has.
fn answer(root: &clap::Command, option: &str, has_value: bool, tool: &str) -> String {
    if std::iter::once(root).chain(root.get_subcommands()).any(|command| has(command, option)) {
        return "known".to_owned();
    }
    let value = has_value.then_some("1");
    let args = ["wsurl", "send", option].into_iter().chain(value).map(OsString::from);
    let failure = cli::parse(args).expect_err("an unknown option is refused");
    assert!(failure.to_string().starts_with(&format!("unexpected argument '{option}'")), "{failure}");
    let advice = failure.advice().unwrap_or_default();
    match advice.split_once(&format!("{tool}'s {option}: ")) {
        None => format!("no word about {tool}: {advice}"),
        Some((_, words)) if REFUSALS.iter().any(|refusal| words.starts_with(refusal)) => "refused".to_owned(),
        Some(_) => "hint".to_owned(),
    }
}

fn has(command: &clap::Command, option: &str) -> bool {
    command.get_arguments().any(|arg| match option.strip_prefix("--") {
        Some(name) => {
            let mut names = arg.get_long().into_iter().chain(arg.get_all_aliases().into_iter().flatten());
            names.any(|long| long == name)
        }
        None => arg.get_short().is_some_and(|short| option == format!("-{short}")),
    })
}

#[test]
fn what_is_so_anyway_is_accepted_without_a_word() {
    let server = EchoServer::start();
    let args = [
        "-S",
        "-N",
        "--no-buffer",
        "--show-error",
        "--http1.1",
        "--fail",
        "-X",
        "GET",
        "--request",
        "get",
        "-g",
    ];
    Wsurl::new(["send"]).args(args).args([&server.url(), "hi"]).stdout("hi\n").stderr("").exits(0);
    let run = Wsurl::new(["stream"]).args(args).args([&server.url()]).stdin("hi");
    run.stdout("hi").stderr("").exits(0);
    Wsurl::new(["probe"]).args(args).args([&server.url()]).stderr("").exits(0);
    Wsurl::new(["echo-test", "-n", "1"]).args(args).args([&server.url()]).stderr("").exits(0);
}

#[test]
fn another_method_is_refused_with_the_reason() {
    Wsurl::new(["send", "-X", "POST", "ws://127.0.0.1:1/", "hi"])
        .stdout("")
        .stderr(
            "wsurl: error: invalid value 'POST' for '--request <METHOD>': the opening handshake is a GET (RFC 6455)\n\
             wsurl: hint: messages are sent with `wsurl send URL MESSAGE`\n",
        )
        .exits(2);
}

#[test]
fn the_url_may_be_an_option() {
    let server = EchoServer::start();
    Wsurl::new(["send", "--url", &server.url(), "a", "b"]).stdout("a\nb\n").exits(0);
    Wsurl::new(["send", "a", "--url", &server.url(), "-d", "b", "c"]).stdout("a\nb\nc\n").exits(0);
    Wsurl::new(["send", "--url", &server.url()]).stdin("piped\n").stdout("piped\n").exits(0);
    Wsurl::new(["stream", "--url", &server.url()]).stdin("hi").stdout("hi").exits(0);
    Wsurl::new(["probe", "--url", &server.url(), "--url", &server.url()]).stdout_has("127.0.0.1").exits(0);
    Wsurl::new(["echo-test", "-n", "1", "--url", &server.url()]).stdout_has("echoed").exits(0);
    Wsurl::new(["stream", "--url", &server.url(), "ws://h"]).stdout("").stderr_has("--url").exits(2);
}

#[test]
fn messages_go_out_as_they_were_typed() {
    let server = EchoServer::start();
    let (_dir, path) = new_file("message");
    fs::write(&path, "@file").expect("write a message");
    let at = format!("@{path}");
    let args =
        ["send", "-d", "1", &server.url(), "2", "--data", "3", "4", "--data-binary", &at, "--data-raw", "@6"];
    Wsurl::new(args)
        .args(["--execute=@7", "--json", "{\"n\": 8}"])
        .stdout("1\n2\n3\n4\n@file\n@6\n@7\n{\"n\": 8}\n")
        .exits(0);
}

#[test]
fn json_has_to_be_json() {
    Wsurl::new(["send", "--json", "{\"a\": }", "ws://127.0.0.1:1/"])
        .stdout("")
        .stderr_has("wsurl: error: message 1 is not JSON: expected value at line 1 column 7\n")
        .stderr_has("-d sends it as it is")
        .exits(26);
    Wsurl::new(["send", "--json", "{}", "--framing", "hex", "ws://127.0.0.1:1/"])
        .stderr_has("--json and --framing base64 or hex contradict each other")
        .exits(2);
}

#[test]
fn names_of_other_tools_mean_the_same() {
    let peer = Script::new().upgrade_with("Sec-WebSocket-Protocol: chat").close_handshake();
    let args =
        ["send", "--ws-text", "--timeout", "10", "--auth", "a:b", "--max-redirects", "3", "-L", "--no-check"];
    Wsurl::new(args).args(["--protocol", "chat", "--eof-wait", "10ms", &peer.url()]).exits(0);
    assert_eq!(peer.headers("sec-websocket-protocol"), ["chat"]);
    assert_eq!(peer.headers("authorization"), ["Basic YTpi"]);
    for (option, value, code, says) in [
        ("--ca", "/nowhere/ca.pem", 77, "/nowhere/ca.pem"),
        ("--buffer-size", "0", 2, "--chunk-size"),
        ("--close-status-code", "1", 2, "--close-code"),
        ("--oauth2-bearer", "@/nowhere/token", 26, "/nowhere/token"),
        ("--basic-auth", "a:b", 7, "cannot connect"),
        ("--servername", "h", 7, "cannot connect"),
    ] {
        Wsurl::new(["stream", option, value, "wss://127.0.0.1:1/"]).stdout("").stderr_has(says).exits(code);
    }
    for option in ["--compressed", "--deflate"] {
        let peer = Script::new().upgrade().close_handshake();
        Wsurl::new(["send", option, &peer.url()]).exits(0);
        assert_eq!(peer.headers("sec-websocket-extensions"), ["permessage-deflate; client_max_window_bits"]);
    }
    let run =
        Wsurl::new(["send", "--cert", "/nowhere/me.pem", "--passphrase", "x", "wss://127.0.0.1:1/", "hi"]);
    run.stderr_has("/nowhere/me.pem").exits(58);
}

#[test]
fn a_socks_proxy_has_an_option_of_its_own() {
    for (option, scheme) in [("--socks5", "socks5"), ("--socks5-hostname", "socks5h")] {
        Wsurl::new(["send", "-v", option, "127.0.0.1:1", "ws://nowhere.invalid/", "hi"])
            .stderr_has(format!("Using proxy {scheme}://127.0.0.1:1"))
            .exits(7);
        Wsurl::new(["send", option, "h", "-x", "http://h", "ws://example.com/", "hi"])
            .stderr_has("--proxy")
            .exits(2);
    }
}

#[test]
fn the_last_of_an_option_counts() {
    let server = EchoServer::start();
    Wsurl::new(["send", "--expect", "0", "--expect", "1", "-m", "1", "-m", "20", &server.url(), "hi"])
        .stdout("hi\n")
        .exits(0);
}

/// "Copy as cURL" of Chromium: cookies are `-b`.
#[test]
fn a_command_of_chromium_can_be_pasted() {
    let peer = Script::new().upgrade_with("Sec-WebSocket-Protocol: chat").read_frame().close_handshake();
    let url = peer.url();
    let fields = [
        "Upgrade: websocket",
        "Origin: https://example.com",
        "Cache-Control: no-cache",
        "Accept-Language: en-US,en;q=0.9",
        "Pragma: no-cache",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==",
        "User-Agent: Mozilla/5.0",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: chat.v2, chat",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    ];
    let args = fields.iter().flat_map(|field| ["-H", field]);
    Wsurl::new(["send", &url, "-b", "sid=1; theme=dark"])
        .args(args)
        .args(["--insecure", "--expect", "0"])
        .stdin("hi\n")
        .stderr(
            "wsurl: warning: -H: the opening handshake sets these fields itself: Upgrade, Connection, \
             Sec-WebSocket-Key, Sec-WebSocket-Version, Sec-WebSocket-Extensions\n",
        )
        .exits(0);
    assert_eq!(peer.headers("cookie"), ["sid=1; theme=dark"]);
    assert_eq!(peer.headers("origin"), ["https://example.com"]);
    assert_eq!(peer.headers("user-agent"), ["Mozilla/5.0"]);
    assert_eq!(peer.headers("sec-websocket-protocol"), ["chat.v2, chat"]);
    assert_eq!(peer.headers("upgrade"), ["websocket"]);
    assert!(peer.headers("sec-websocket-extensions").is_empty(), "{}", peer.request_text());
    let keys = peer.headers("sec-websocket-key");
    assert!(keys.len() == 1 && keys[0] != "x3JJHMbDL1EzLkh9GBhXDw==", "{keys:?}");
    // `-b` is no --binary in it.
    assert_eq!(peer.frames()[0].opcode, crate::support::frame::TEXT);
}

/// "Copy as cURL" of Firefox: cookies are a field, and `--compressed` stands for `Accept-Encoding`.
#[test]
fn a_command_of_firefox_can_be_pasted() {
    let peer = Script::new().upgrade().close_handshake();
    let url = peer.url();
    let fields = [
        "User-Agent: Mozilla/5.0",
        "Accept: */*",
        "Accept-Language: en-US,en;q=0.5",
        "Sec-WebSocket-Version: 13",
        "Origin: https://example.com",
        "Sec-WebSocket-Extensions: permessage-deflate",
        "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==",
        "Connection: keep-alive, Upgrade",
        "Cookie: sid=1",
        "Sec-Fetch-Mode: websocket",
        "Upgrade: websocket",
    ];
    let args = fields.iter().flat_map(|field| ["-H", field]);
    let run = Wsurl::new(["send", &url, "--compressed"]).args(args);
    let stderr = run.exits(0).stderr;
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert_eq!(peer.headers("cookie"), ["sid=1"]);
    assert_eq!(peer.headers("sec-websocket-extensions"), ["permessage-deflate; client_max_window_bits"]);
}

#[test]
fn flags_with_another_meaning_are_explained() {
    for (args, says) in [
        (&["-b", "a=1", "ws://127.0.0.1:1/", "hi"][..], "curl's -b: write --cookie 'NAME=VALUE'"),
        (&["-s", "chat", "ws://127.0.0.1:1/", "hi"], "wscat's -s: write --subprotocol NAME"),
        (&["-w", "2", "ws://127.0.0.1:1/", "hi"], "to wait, write --wait 2, to print it, '2\\n'"),
        (&["-x", "some text", "ws://127.0.0.1:1/"], "`wsurl send URL MESSAGE` sends a message"),
        (
            &["-U", "ws://127.0.0.1:1/"],
            "-U takes a value, and has taken the URL; websocat's -U: write `wsurl send -f URL",
        ),
        (&["--listen", "9001"], "--listen is an option of `wsurl echo-test`"),
        (&["-T", "file", "ws://127.0.0.1:1/"], "-T is an option of `wsurl stream`"),
        (&["--frobnicate", "ws://127.0.0.1:1/"], "wsurl send --help shows all options"),
        (&["ws://127.0.0.1:1/", "-5"], "to send it as a message, write it after --"),
    ] {
        Wsurl::new(["send"]).args(args).stdout("").stderr_has(says).exits(2);
    }
}

#[test]
fn a_word_of_other_tools_is_answered_with_the_subcommand_that_does_it() {
    for (args, word, hint) in [
        (
            &["recv", URL][..],
            "recv",
            "write `wsurl send -f URL </dev/null`, which prints messages until the server closes",
        ),
        (&["connect", URL], "connect", "write `wsurl send URL`, which is a prompt at a terminal"),
        (
            &["Ping", URL],
            "Ping",
            "write `wsurl probe URL`, which times a ping, or `wsurl echo-test --interval 1s URL` for an echo server",
        ),
        (
            &["listen", "9001"],
            "listen",
            "write `wsurl echo-test --listen 127.0.0.1:9001`, an echo server; wsurl has no other server",
        ),
        (&["help", "check"], "check", "write `wsurl probe URL`"),
        (&[URL], URL, "did you mean `wsurl send ws://127.0.0.1:1/` ?"),
    ] {
        Wsurl::new(args)
            .stdout("")
            .stderr(format!("wsurl: error: unrecognized subcommand '{word}'\nwsurl: hint: {hint}\n"))
            .exits(2);
    }
}

#[test]
fn a_text_after_the_url_is_answered_with_what_sends_it() {
    for (subcommand, instead) in [
        ("stream", "stream sends standard input, or the file of -T FILE"),
        ("echo-test", "echo-test makes its own messages (--size, --payload)"),
    ] {
        Wsurl::new([subcommand, URL, "hi"])
            .stdout("")
            .stderr(format!(
                "wsurl: error: unexpected argument 'hi' found\n\
                 wsurl: hint: write `wsurl send URL MESSAGE` to send a message; {instead}\n"
            ))
            .exits(2);
    }
    for text in ["hi", "hello there", "{\"op\":1}"] {
        let run = Wsurl::new(["probe", URL, text]).stdout("");
        run.stderr_has("wsurl: hint: to send a message, write -d TEXT\n").exits(3);
    }
    Wsurl::new(["probe", URL, "localhost:9001"])
        .stderr_has("hint: did you mean ws://localhost:9001 ?")
        .exits(3);
}

#[test]
fn help_and_version_are_words_too() {
    let send = Wsurl::new(["send", "--help"]).exits(0);
    Wsurl::new(["help", "send"]).stdout(send.text()).stderr("").exits(0);
    let all = Wsurl::new(["--help"]).exits(0);
    Wsurl::new(["help"]).stdout(all.text()).exits(0);
    Wsurl::new(["version"]).stdout(format!("wsurl {}\n", env!("CARGO_PKG_VERSION"))).exits(0);
    Wsurl::new(["help", "me"]).stdout("").stderr_has("'me'").exits(2);
}

#[test]
fn silent_and_verbose_together_are_verbose() {
    let server = EchoServer::start();
    Wsurl::new(["send", "-sv", &server.url(), "hi"]).stdout("hi\n").stderr_has("> GET / HTTP/1.1").exits(0);
}
