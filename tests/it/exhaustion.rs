//! A process that may open no more files: whatever it wanted to open, the error says so and names `ulimit -n`.

use std::fs;
use std::net::TcpStream;

use crate::support::{Authority, Embedded, Signal, Wsurl, secs};

const HINT: &str =
    "wsurl: hint: `ulimit -n` tells and sets how many files and connections a process may have open\n";

/// Runs `run` with ever more descriptors, until it succeeds. Returns what it said each time before. Where the loader of the
/// system cannot open the program's libraries, the program says nothing.
fn with_ever_more(run: impl Fn() -> Wsurl) -> Vec<String> {
    let mut said = Vec::new();
    for most in 4..100 {
        let run = run().in_shell(&format!(r#"ulimit -n {most}; exec "$@""#)).within(secs(20));
        let run = run.exits_with_one_of(&[0, 2, 6, 7, 23, 26, 56, 77, 127]);
        if run.text() == "hi\n" {
            return said;
        }
        if run.stderr.starts_with("wsurl: error: ") {
            said.push(run.stderr);
        }
    }
    panic!("never enough: {said:?}");
}

#[test]
fn a_run_that_cannot_open_what_it_needs_says_so_at_every_place() {
    let server = Embedded::start();
    let said = with_ever_more(|| Wsurl::new(["send", server.url(), "hi"]));
    for text in &said {
        assert!(text.ends_with(&format!(": Too many open files\n{HINT}")), "{text}");
    }
    for place in ["cannot receive signals", "cannot connect to", "cannot wait for"] {
        assert!(said.iter().any(|text| text.contains(place)), "{place}: {said:?}");
    }
}

/// The system's resolver says of a name that it is not known when it cannot open the files that know it.
#[test]
fn a_name_that_cannot_be_looked_up_is_not_taken_for_an_unknown_one() {
    for most in 4..12 {
        let run = Wsurl::new(["send", "ws://localhost:1/", "hi"]).within(secs(20));
        let run =
            run.in_shell(&format!(r#"ulimit -n {most}; exec "$@""#)).exits_with_one_of(&[2, 6, 7, 23, 127]);
        if run.stderr.contains("cannot resolve") {
            let told = format!("wsurl: error: cannot resolve localhost: Too many open files\n{HINT}");
            assert_eq!(run.stderr, told);
        }
    }
}

#[test]
fn certificates_that_cannot_be_opened_are_not_taken_for_missing_ones() {
    let ca = Authority::root("bundled CA");
    let folder = tempfile::tempdir().expect("a folder");
    let bundle = folder.path().join("bundle.pem");
    fs::write(&bundle, &ca.pem).expect("a file");
    let url = ca.issue("127.0.0.1", 10).serve();
    let said = with_ever_more(|| {
        Wsurl::new(["send", &url, "hi"]).env("SSL_CERT_DIR", folder.path()).env("SSL_CERT_FILE", &bundle)
    });
    for text in &said {
        assert!(text.ends_with(&format!(": Too many open files\n{HINT}")), "{text}");
    }
    let told = "wsurl: error: cannot open the system's CA certificates to verify 127.0.0.1:";
    assert!(said.iter().any(|text| text.starts_with(told)), "{said:?}");
}

#[test]
fn a_server_that_cannot_accept_warns_once_and_goes_on() {
    let mut server = Wsurl::new(["echo-test", "--listen", "127.0.0.1:0"])
        .in_shell(r#"ulimit -n 40; exec "$@""#)
        .limit(secs(60))
        .spawn();
    server.wait_for_stdout("\n");
    let printed = String::from_utf8(server.wait_for_stdout_bytes(1)).expect("UTF-8");
    let url = printed.trim_end().to_owned();
    let address = url.split('/').nth(2).expect("an authority");
    let clients: Vec<_> = (0..50).map(|_| TcpStream::connect(address).expect("a connection")).collect();
    server.wait_for_stderr("\n");
    drop(clients);
    Wsurl::new(["send", &url, "hi"]).stdout("hi\n").exits(0);
    server.signal(Signal::Terminate);
    let advice = HINT.trim_start_matches("wsurl: hint: ");
    let warning = format!("wsurl: warning: cannot accept a connection: Too many open files; {advice}");
    assert_eq!(server.exits(143).stderr, warning + "wsurl: error: interrupted by SIGTERM\n");
}
