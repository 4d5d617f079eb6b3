//! -w: every name, formats in files, and runs that fail before they dial.

use std::fs;

use crate::support::{EchoServer, Wsurl};

/// Refused on every machine: nothing listens there.
const CLOSED: &str = "ws://127.0.0.1:1/";

const FORMAT: &str = "%{exitcode} %{status} %{http_code} %{url_effective}\\n";

#[test]
fn a_file_that_cannot_be_read_before_the_dial_is_written_out() {
    let line = format!("26 read-error 0 {CLOSED}\n");
    for args in [
        &["stream", "-T", "/nonexistent/file", CLOSED][..],
        &["send", "-d", "@/nonexistent/file", CLOSED],
        &["probe", "-d", "@/nonexistent/file", CLOSED],
        &["send", "--bearer", "@/nonexistent/file", CLOSED],
        &["echo-test", "--bearer", "@/nonexistent/file", CLOSED],
    ] {
        let run = Wsurl::new(args).args(["-w", FORMAT]).stdout(&line);
        run.stderr_has("wsurl: error: cannot read /nonexistent/file").exits(26);
    }
}

/// As with curl: whoever takes a table apart finds every column in its place.
#[test]
fn a_time_that_did_not_come_is_zero() {
    let format = "%{time_namelookup}|%{time_connect}|%{time_proxy}|%{time_appconnect}|%{time_handshake}|\
                  %{time_first_message}|%{remote_ip}|%{close_code}\\n";
    let zero = "0.000000|0.000000|0.000000|0.000000|0.000000|0.000000||\n";
    Wsurl::new(["send", "-d", "@/nonexistent/file", CLOSED, "-w", format]).stdout(zero).exits(26);
}

#[test]
fn a_url_that_is_refused_is_written_out_without_a_url() {
    for subcommand in ["send", "stream", "echo-test", "probe"] {
        let run = Wsurl::new([subcommand, "http://h/", "-w", FORMAT]);
        run.stdout("3 invalid-url 0 \n").stderr_has("http://h/").exits(3);
    }
}

#[test]
fn a_failure_is_written_out_once() {
    for args in [&["send", CLOSED, "hi"][..], &["stream", CLOSED], &["echo-test", CLOSED]] {
        let run = Wsurl::new(args).args(["-w", FORMAT]);
        run.stdout(format!("7 cannot-connect 0 {CLOSED}\n")).exits(7);
    }
    let run = Wsurl::new(["probe", "-s", CLOSED, "-w", FORMAT]);
    run.stdout(format!("7 cannot-connect 0 {CLOSED}\n")).exits(7);
}

#[test]
fn every_url_of_a_probe_that_cannot_begin_is_written_out() {
    let run = Wsurl::new([
        "probe",
        "ws://a/",
        "ws://b/",
        "-D",
        "x",
        "-w",
        "%{stderr}%{url_effective} %{exitcode}\\n",
    ]);
    run.stdout("").stderr_has("ws://a/ 2\nws://b/ 2\nwsurl: error: -D takes the answer").exits(2);
}

#[test]
fn arguments_that_are_not_understood_are_not_written_out() {
    Wsurl::new(["send", CLOSED, "--no-such-option", "-w", FORMAT]).stdout("").exits(2);
}

#[test]
fn a_format_may_be_in_a_file_or_come_from_standard_input() {
    let server = EchoServer::start();
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path = folder.path().join("format");
    fs::write(&path, "%{http_code} %{response_code}\\t%{messages_sent}\n").expect("write a file");
    let file = format!("@{}", path.display());
    Wsurl::new(["send", "-w", &file, &server.url(), "hi"]).stdout("hi\n101 101\t1\n").stderr("").exits(0);
    let run = Wsurl::new(["send", "-w", "@-", &server.url(), "hi"]).stdin("[%{scheme}]");
    run.stdout("hi\n[ws]").stderr("").exits(0);
}

#[test]
fn a_file_without_a_good_format_is_refused_before_the_dial() {
    let run = Wsurl::new(["send", "-w", "@/nonexistent/format", CLOSED, "hi"]).stdout("");
    run.stderr_has("cannot read /nonexistent/format (-w)").exits(26);
    let run = Wsurl::new(["send", "-w", "@-", CLOSED, "hi"]).stdin("%{htp_code}").stdout("");
    run.stderr_has("standard input (-w): %{htp_code} is not known; write %{http_code}").exits(2);
}
