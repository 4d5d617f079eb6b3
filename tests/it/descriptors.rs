//! Standard streams that the shell has closed, or connected to `/dev/null`.

use crate::support::{Echo, EchoServer, Script, Wsurl, file_with, frame, new_file};

/// Nobody listens there: a run that dials exits 7.
const NOBODY: &str = "ws://127.0.0.1:1/";

const NO_STDIN: &str = "wsurl: error: cannot read standard input: Bad file descriptor\n";
const NO_STDOUT: &str = "wsurl: error: cannot write standard output: Bad file descriptor\n";

#[test]
fn a_closed_stdout_is_a_write_error_before_the_dial() {
    for args in [&["send", NOBODY, "hi"][..], &["send", "--expect", "0", NOBODY, "hi"], &["stream", NOBODY]] {
        Wsurl::new(args).in_shell(r#"exec "$@" >&-"#).stderr(NO_STDOUT).exits(23);
    }
}

#[test]
fn every_name_of_a_closed_stdout_is_a_write_error() {
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        Wsurl::new(["send", "-o", name, NOBODY, "hi"])
            .in_shell(r#"exec "$@" >&-"#)
            .stderr(format!("wsurl: error: cannot write {name}: Bad file descriptor\n"))
            .exits(23);
    }
    for option in ["-o", "-D"] {
        Wsurl::new(["send", option, "-", NOBODY, "hi"])
            .in_shell(r#"exec "$@" >&-"#)
            .stderr(NO_STDOUT)
            .exits(23);
    }
}

#[test]
fn a_closed_stdout_is_no_error_where_nothing_is_written_to_it() {
    let (_dir, path) = new_file("reply");
    let server = EchoServer::start();
    Wsurl::new(["send", "-o", &path, &server.url(), "hi"]).in_shell(r#"exec "$@" >&-"#).stderr("").exits(0);
    assert_eq!(std::fs::read_to_string(path).expect("the file"), "hi\n");
}

#[test]
fn facts_for_a_closed_stdout_are_a_write_error() {
    let (_dir, path) = new_file("reply");
    let server = EchoServer::start();
    Wsurl::new(["send", "-o", &path, "-w", "%{http_code}", &server.url(), "hi"])
        .in_shell(r#"exec "$@" >&-"#)
        .stderr(NO_STDOUT)
        .exits(23);

    let server = EchoServer::start();
    Wsurl::new(["send", "-o", &path, "-w", "%{stderr}%{http_code}\\n", &server.url(), "hi"])
        .in_shell(r#"exec "$@" >&-"#)
        .stderr("101\n")
        .exits(0);
}

#[test]
fn reports_and_help_for_a_closed_stdout_are_a_write_error() {
    let server = EchoServer::start();
    let url = server.url();
    for args in [
        &["--help"][..],
        &["echo-test", "-n", "1", &url],
        &["echo-test", "-n", "1", "--report", "json", &url],
    ] {
        Wsurl::new(args).in_shell(r#"exec "$@" >&-"#).stderr(NO_STDOUT).exits(23);
    }
}

#[test]
fn a_closed_stdin_is_a_read_error_before_the_dial() {
    for args in [
        &["send", NOBODY][..],
        &["send", "-d", "@-", NOBODY],
        &["stream", NOBODY],
        &["stream", "-T", "-", NOBODY],
    ] {
        Wsurl::new(args).in_shell(r#"exec "$@" <&-"#).stdout("").stderr(NO_STDIN).exits(26);
    }
    for args in [&["send", "-d", "@/dev/stdin", NOBODY], &["stream", "-T", "/dev/stdin", NOBODY]] {
        Wsurl::new(args)
            .in_shell(r#"exec "$@" <&-"#)
            .stderr("wsurl: error: cannot read /dev/stdin: Bad file descriptor\n")
            .exits(26);
    }
}

#[test]
fn a_closed_stdin_is_no_error_where_nothing_is_read_from_it() {
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url(), "hi"]).in_shell(r#"exec "$@" <&-"#).stdout("hi\n").stderr("").exits(0);

    let (_dir, path) = file_with("upload", "data");
    let server = EchoServer::start();
    Wsurl::new(["stream", "-T", &path, &server.url()]).in_shell(r#"exec "$@" <&-"#).stdout("data").exits(0);
}

/// Python's `DEVNULL` and Node's `'ignore'` open it for reading and writing, as Rust's runtime does.
#[test]
fn dev_null_is_open_however_it_was_opened() {
    for line in [
        r#"exec "$@" </dev/null >/dev/null"#,
        r#"exec "$@" <>/dev/null 1<>/dev/null 2<>/dev/null"#,
        r#"exec "$@" <>/dev/null 1>&0 2>&0"#,
    ] {
        let server = EchoServer::start();
        Wsurl::new(["send", "-d", "@-", "-w", "%{http_code}", &server.url(), "hi"]).in_shell(line).exits(0);
        assert_eq!(server.texts(), ["", "hi"]);
    }
}

#[test]
fn a_closed_stderr_hides_messages_and_nothing_else() {
    let peer = Script::new().upgrade().read_frame().send(frame::text("hi")).close_handshake();
    Wsurl::new(["send", "-vv", &peer.url(), "hi"]).in_shell(r#"exec "$@" 2>&-"#).stdout("hi\n").exits(0);

    let server = Echo::new().closes_after(1, 4001, "").start();
    let closed = server.url();
    Wsurl::new(["send", "-f", &closed, "hi"])
        .in_shell(r#"exec "$@" 2>&-"#)
        .in_colour()
        .stdout("hi\n")
        .exits(110);
}
