//! Files that options name and that keep a reader waiting: FIFOs without another end, and devices without an end.

use std::path::Path;
use std::process::Command;
use std::thread;

use crate::support::{Script, Signal, Untouched, Wsurl};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures");

/// A FIFO that nobody has opened, and the folder that it is in.
fn fifo() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().expect("start mkfifo").success());
    let path = path.to_str().expect("a path in UTF-8").to_owned();
    (folder, path)
}

/// A FIFO that somebody writes once.
fn written_fifo(content: &'static str) -> (tempfile::TempDir, String) {
    let (folder, path) = fifo();
    let name = path.clone();
    thread::spawn(move || std::fs::write(Path::new(&name), content).expect("write the FIFO"));
    (folder, path)
}

/// The arguments of each option that reads a file.
fn options(path: &str) -> Vec<Vec<String>> {
    let certificate = format!("{FIXTURES}/ec.pem");
    let text = format!("@{path}");
    let options: [&[&str]; 10] = [
        &["-H", &text],
        &["--cookie", &text],
        &["--bearer", &text],
        &["--netrc-file", path],
        &["--cacert", path],
        &["--cert", path],
        &["--cert", &certificate, "--key", path],
        &["--cert", &certificate, "--pass", &text],
        &["--proxy-header", &text],
        &["--proxy-cacert", path],
    ];
    options.iter().map(|args| args.iter().map(ToString::to_string).collect()).collect()
}

#[test]
fn the_limit_of_the_run_ends_the_reading_of_every_option() {
    let nowhere = Untouched::new();
    let (_folder, path) = fifo();
    for args in options(&path) {
        Wsurl::new(["send", "-m", "200ms", &nowhere.url("wss"), "hi"])
            .args(&args)
            .stdout("")
            .stderr(format!(
                "wsurl: error: timed out after 200ms while reading {path} (--max-time)\n\
                 wsurl: hint: it is read to its end, which did not come in time\n"
            ))
            .exits(28);
    }
}

#[test]
fn the_limit_of_the_run_ends_the_reading_of_a_format() {
    let (_folder, path) = fifo();
    let nowhere = Untouched::new();
    Wsurl::new(["send", "-m", "200ms", "-w", &format!("@{path}"), &nowhere.url("ws"), "hi"])
        .stderr(format!(
            "wsurl: error: timed out after 200ms while reading {path} (-w) (--max-time)\n\
             wsurl: hint: it is read to its end, which did not come in time\n"
        ))
        .exits(28);
}

#[test]
fn a_signal_ends_the_reading_of_an_option() {
    let nowhere = Untouched::new();
    let (_folder, path) = fifo();
    for (command, limit) in [("send", None), ("probe", None), ("echo-test", Some("1m"))] {
        let args = limit.iter().flat_map(|limit| ["-m", limit]);
        let run = Wsurl::new([command, &nowhere.url("ws"), "-H", &format!("@{path}")]).args(args).spawn();
        // Opens the other end as soon as the run has opened its own, and writes nothing.
        let held = std::fs::OpenOptions::new().write(true).open(&path).expect("the other end");
        run.signal(Signal::Interrupt);
        let stderr = run.exits(130).stderr;
        assert_eq!(stderr, "wsurl: error: interrupted by SIGINT\n");
        drop(held);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_without_an_end_is_too_large() {
    let nowhere = Untouched::new();
    let codes = [26, 26, 26, 26, 77, 58, 58, 26, 26, 77];
    for (args, code) in options("/dev/zero").iter().zip(codes) {
        let most = if code == 26 { "1M" } else { "16M" };
        Wsurl::new(["send", &nowhere.url("wss"), "hi"])
            .args(args)
            .stderr(format!("wsurl: error: cannot read /dev/zero: it is larger than {most}\n"))
            .exits(code);
    }
    Wsurl::new(["echo-test", "--listen", "127.0.0.1:0", "--tls-cert", "/dev/zero"])
        .stderr("wsurl: error: cannot read /dev/zero: it is larger than 16M\n")
        .exits(58);
}

#[test]
fn a_fifo_that_is_written_is_a_file_like_others() {
    let peer = Script::new().upgrade().close_handshake();
    let (_folder, path) = written_fifo("X-Token: sesame\n");
    Wsurl::new(["send", "-m", "10s", &peer.url(), "-H", &format!("@{path}")]).exits(0);
    assert_eq!(peer.headers("x-token"), ["sesame"]);
}

#[test]
fn several_endpoints_share_what_was_read_once() {
    let peers = [(); 2].map(|()| Script::new().upgrade().answer_pings_until_close().answer_close().close());
    let urls = peers.each_ref().map(Script::url);
    let (_folder, headers) = written_fifo("X-Token: sesame\n");
    let (_other, netrc) = written_fifo("machine 127.0.0.1 login me password hunter2\n");
    Wsurl::new(["probe", "-m", "10s", "--netrc-file", &netrc, "-H", &format!("@{headers}")])
        .args(urls)
        .exits(0);
    for peer in &peers {
        assert_eq!(
            (peer.headers("x-token"), peer.headers("authorization").len()),
            (vec!["sesame".to_owned()], 1)
        );
    }
}

#[test]
fn a_report_that_nobody_reads_is_given_up_at_the_limit_of_the_run() {
    let nowhere = Untouched::new();
    let (_folder, path) = fifo();
    let report = format!("json={path}");
    for command in ["probe", "echo-test"] {
        Wsurl::new([command, "-m", "200ms", "--report", &report, &nowhere.url("ws")])
            .stdout("")
            .stderr(format!(
                "wsurl: error: timed out after 200ms while opening {path} (--max-time)\n\
                 wsurl: hint: a FIFO waits for a program at its other end\n"
            ))
            .exits(28);
    }
}
