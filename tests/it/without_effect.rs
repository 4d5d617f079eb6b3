//! Options that would have no effect beside others: exit 2, before anybody is called.

use crate::support::{EchoServer, Wsurl};

const URL: &str = "ws://127.0.0.1:1/";

/// Each row: the arguments, and how the error begins.
const PAIRS: &[(&[&str], &str)] = &[
    (&["send", "--framing", "json", "-b", URL], "-t and -b have no effect on JSON from standard input"),
    (&["send", "--in-framing", "json", "-t", URL], "-t and -b have no effect on JSON from standard input"),
    (&["send", "--keep-newline", URL, "hi"], "--keep-newline has no effect on MESSAGE and -d"),
    (&["send", "--keep-newline", "-d", "hi", URL], "--keep-newline has no effect on MESSAGE and -d"),
    (
        &["send", "--keep-newline", "--framing", "whole", URL],
        "--keep-newline has no effect without a framing",
    ),
    (&["send", "--keep-newline", "--framing", "json", URL], "--keep-newline has no effect without a framing"),
    (&["send", "--keep-newline", "--framing", "hex", URL], "--keep-newline has no effect without a framing"),
    (
        &["send", "--keep-newline", "--framing", "base64", URL],
        "--keep-newline has no effect without a framing",
    ),
    (&["send", "--in-framing", "whole", URL, "hi"], "--in-framing has no effect on MESSAGE and -d"),
    (&["send", "--in-framing", "json", URL, "hi"], "--in-framing has no effect on MESSAGE and -d"),
    (
        &["send", "--framing", "hex", "--in-framing", "lines", "--out-framing", "nul", URL],
        "--framing has no effect beside --in-framing and --out-framing",
    ),
    (
        &["send", "-0", "--in-framing", "lines", "--out-framing", "nul", URL],
        "-0 has no effect beside --in-framing and --out-framing",
    ),
    (&["send", "--lockstep", "-1", URL], "--lockstep has no effect with -1"),
    (&["send", "-u", "a:b", "-H", "authorization: x", URL], "-u and --bearer have no effect beside -H"),
    (&["stream", "--bearer", "a", "-H", "Authorization: x", URL], "-u and --bearer have no effect beside -H"),
    (&["probe", "-A", "a", "-H", "User-Agent: b", URL], "-A and -H 'User-Agent: ...' give one field twice"),
    (&["echo-test", "--origin", "a", "-H", "Origin: b", URL], "--origin and -H 'Origin: ...' give one field"),
    (&["stream", "-s", "--progress", "always", URL], "--progress always has no effect with -s"),
    (&["stream", "-s", "--digest", "sha256", URL], "--digest has no effect with -s"),
    (&["echo-test", "--fragment", "64", URL], "--fragment has no effect: no message is longer"),
    (
        &["echo-test", "--sizes=0,1,125", "--fragment", "125"],
        "--fragment has no effect: no message is longer",
    ),
    (&["echo-test", "-n", "1", "--in-flight", "2", URL], "--in-flight has no effect with -n 1"),
    (&["echo-test", "--greeting", "1"], "--greeting has no effect on the embedded server"),
    (&["echo-test", "-L"], "-L has no effect on the embedded server"),
    (&["echo-test", "--retry", "1"], "--retry has no effect on the embedded server"),
    (&["echo-test", "-u", "a:b"], "-u, --bearer and --netrc have no effect on the embedded server"),
    (&["echo-test", "--bearer", "a"], "-u, --bearer and --netrc have no effect on the embedded server"),
    (&["echo-test", "--netrc"], "-u, --bearer and --netrc have no effect on the embedded server"),
    (
        &["echo-test", "--listen", "127.0.0.1:0", "--delay", "1s", "--close-with", "4000"],
        "--delay has no effect with --close-with",
    ),
    (&["echo-test", "--ramp", "1s", URL], "--ramp has one connection to open"),
    (&["echo-test", "--mode", "stream", "-t", URL], "--mode stream sends binary messages, not text"),
    (&["echo-test", "--ping-timeout", "1s", URL], "--ping-timeout has no effect without --ping-interval"),
    (&["probe", "--mode", "stream", URL], "--mode has no effect without a message"),
    (&["send", "--max-redirs", "3", URL, "hi"], "--max-redirs has no effect without -L"),
    (&["send", "--retry-delay", "1s", URL, "hi"], "--retry-delay has no effect without --retry"),
    (&["send", "--retry-max-time", "1s", URL, "hi"], "--retry-max-time has no effect without --retry"),
    (&["stream", "--ping-timeout", "1s", URL], "--ping-timeout has no effect without --ping-interval"),
    (&["send", "--tlsv1.2", "--tlsv1.3", URL, "hi"], "--tlsv1.2 has no effect with --tlsv1.3"),
    (&["send", "-k", "--ignore-tls-error", "name", URL, "hi"], "--ignore-tls-error has no effect with -k"),
    (
        &["probe", "--proxy-insecure", "--proxy-cacert", "ca.pem", URL],
        "--proxy-cacert has no effect with --proxy-insecure",
    ),
    (&["send", "--netrc", "--netrc-file", "netrc", URL, "hi"], "--netrc has no effect with --netrc-file"),
];

#[test]
fn an_option_without_effect_is_refused() {
    for (args, says) in PAIRS {
        Wsurl::new(*args)
            .stdout("")
            .stderr_has(format!("wsurl: error: {says}"))
            .stderr_has("hint: ")
            .exits(2);
    }
}

#[cfg(unix)]
#[test]
fn what_a_unix_socket_has_no_use_for_is_refused() {
    for option in [
        &["-4"][..],
        &["-6"],
        &["--resolve", "h:1:127.0.0.1"],
        &["--connect-to", "h:1:i:2"],
        &["--no-tcp-nodelay"],
        &["-U", "a:b"],
        &["--proxy-header", "A: b"],
        &["--proxy-cacert", "ca.pem"],
        &["--proxy-insecure"],
        &["--noproxy", "h"],
    ] {
        let run = Wsurl::new(["send", "--unix-socket", "/nowhere"]).args(option).args([URL, "hi"]).stdout("");
        run.stderr_has("has no effect with --unix-socket").exits(2);
    }
}

#[test]
fn a_default_may_be_stated() {
    let server = EchoServer::start();
    let args =
        ["--framing", "lines", "--in-framing", "lines", "--max-redirs", "10", "--ping-timeout", "20s", "-t"];
    let args = [&args[..], &["--close-code", "1000", "--expect", "1", "--retry", "0"]].concat();
    Wsurl::new(["send"]).args(args).args([&server.url(), "hi"]).stdout("hi\n").stderr("").exits(0);
    let run = Wsurl::new(["send", "-k", "--cacert", "/dev/null", "--tlsv1.2"]).args([&server.url(), "hi"]);
    run.stdout("hi\n").stderr("").exits(0);
}

#[test]
fn what_has_an_effect_is_not_refused() {
    let server = EchoServer::start();
    Wsurl::new(["send", "--keep-newline", &server.url()]).stdin("hi\n").stdout("hi\n").exits(0);
    Wsurl::new(["send", "--in-framing", "hex", &server.url(), "6869"]).stdout("hi\n").exits(0);
    Wsurl::new(["send", "--framing", "json", "-b", &server.url(), "hi"]).stdout_has("binary").exits(0);
    Wsurl::new(["send", "--lockstep", &server.url(), "a", "b"]).stdout("a\nb\n").exits(0);
    Wsurl::new([
        "echo-test",
        "--sizes=0,126",
        "--fragment",
        "125",
        "-n",
        "1",
        "--in-flight",
        "2",
        &server.url(),
    ])
    .stdout_has("echoed all 2 messages")
    .exits(0);
    Wsurl::new(["stream", "-s", "--digest", "sha256", "-w", "%{sha256_upload}\n", &server.url()])
        .stdout_has("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        .exits(0);
}
