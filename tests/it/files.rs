//! Files that are written: which appear when, which are kept, replaced, written in place or refused.

use std::fs;

use crate::support::{Echo, EchoServer, Script, Wsurl, file_with, frame, new_file, noise};

/// Nobody listens there: a run that dials exits 7.
const NOBODY: &str = "ws://127.0.0.1:1/";

fn names(dir: &tempfile::TempDir) -> Vec<String> {
    let names = fs::read_dir(dir.path()).expect("the folder").map(|entry| entry.expect("a name").file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().expect("a name in UTF-8")).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_download_that_is_cut_off_is_kept_beside_its_name() {
    let (dir, path) = file_with("download", "the last one");
    let data = noise(100_000);
    let peer = Script::new().upgrade().send(frame::binary(&data)).close();
    Wsurl::new(["stream", "-f", "-o", &path, &peer.url()])
        .stderr(format!(
            "wsurl: error: the connection to {} was lost: no Close frame came (1006); \
             100000 bytes are kept in {path}.part\n",
            peer.authority()
        ))
        .exits(56);
    assert_eq!(names(&dir), ["download", "download.part"]);
    assert!(fs::read(format!("{path}.part")).expect("the part") == data);
    assert_eq!(fs::read_to_string(&path).expect("the file"), "the last one");
}

#[test]
fn a_download_of_nothing_that_is_cut_off_leaves_no_file() {
    let (dir, path) = new_file("download");
    let peer = Script::new().upgrade().close();
    Wsurl::new(["stream", "-f", "-o", &path, &peer.url()]).exits(56);
    assert_eq!(names(&dir), [""; 0]);

    let refused = Script::new().request().respond("HTTP/1.1 403 Forbidden\r\n\r\n").close();
    Wsurl::new(["stream", "-f", "-o", &path, &refused.url()]).exits(22);
    assert_eq!(names(&dir), [""; 0]);
}

#[test]
fn a_close_that_is_not_accepted_keeps_what_has_arrived() {
    let (dir, path) = new_file("reply");
    let server = Echo::new().closes_after(1, 4001, "").start();
    Wsurl::new(["send", "-f", "-o", &path, &server.url(), "hi"])
        .stderr_has(format!(
            "closed by 127.0.0.1:{} with 4001; 3 bytes are kept in {path}.part\n",
            server.port()
        ))
        .exits(110);
    assert_eq!(
        (names(&dir), fs::read_to_string(format!("{path}.part")).expect("the part")),
        (vec!["reply.part".to_owned()], "hi\n".to_owned())
    );
}

#[test]
fn a_download_that_takes_too_long_is_kept_beside_its_name() {
    let (dir, path) = new_file("download");
    let peer = Script::new().upgrade().send(frame::binary(noise(1000))).read_close().close();
    Wsurl::new(["stream", "-f", "-m", "500ms", "-o", &path, &peer.url()])
        .stderr_has("(--max-time); 1000 bytes are kept in ")
        .exits(28);
    assert_eq!(names(&dir), ["download.part"]);
    assert_eq!(fs::read(format!("{path}.part")).expect("the part"), noise(1000));
}

#[test]
fn a_download_without_its_end_is_kept_beside_its_name_also_after_a_check_that_was_not_met() {
    let checked = ["stream", "-o"];
    let within = ["--expect-text", "hello", "--within", "500ms", "--close-timeout", "500ms"];
    let (dir, path) = file_with("download", "the last one");
    let peer = Script::new().upgrade().send(&frame::binary("hello")[..5]).read_close().close();
    Wsurl::new(checked)
        .args([&path])
        .args(within)
        .args([&peer.url()])
        .stderr(format!(
            "wsurl: error: --expect-text 'hello' was not met within 500ms (--within): no message arrived; \
             3 bytes are kept in {path}.part\n"
        ))
        .exits(1);
    assert_eq!(names(&dir), ["download", "download.part"]);
    assert_eq!(fs::read_to_string(&path).expect("the file"), "the last one");

    // All that a server sends until its Close is a whole file.
    let (dir, path) = file_with("download", "the last one");
    let peer = Script::new().upgrade().send(frame::binary("other")).close_handshake();
    Wsurl::new(checked).args([&path]).args(within).args([&peer.url()]).exits(1);
    assert_eq!(names(&dir), ["download"]);
    assert_eq!(fs::read_to_string(&path).expect("the file"), "other");
}

#[test]
fn followed_messages_are_a_whole_file_when_their_time_is_over() {
    let (dir, path) = new_file("ticks");
    let ticks = [frame::text("one"), frame::text("two"), frame::fragment(frame::TEXT, "thr")].concat();
    let peer = Script::new().upgrade().send(ticks).read_close().close();
    let outcome = Wsurl::new(["send", "-f", "-m", "500ms", "-o", &path, &peer.url()]).exits(28);
    assert!(outcome.stderr.contains("--max-time") && !outcome.stderr.contains("kept"), "{}", outcome.stderr);
    assert_eq!(
        (names(&dir), fs::read_to_string(&path).expect("the file")),
        (vec!["ticks".to_owned()], "one\ntwo\n".to_owned())
    );
}

#[test]
fn followed_messages_of_a_lost_connection_are_kept_beside_the_name() {
    let (dir, path) = new_file("ticks");
    let peer = Script::new().upgrade().send(frame::text("one")).close();
    Wsurl::new(["send", "-f", "-o", &path, &peer.url()]).stderr_has("4 bytes are kept in ").exits(56);
    assert_eq!(names(&dir), ["ticks.part"]);
}

#[test]
fn a_run_in_order_leaves_nothing_beside_its_file() {
    let (dir, path) = file_with("reply", "old");
    fs::write(format!("{path}.part"), "of an earlier run").expect("a part");
    let server = EchoServer::start();
    Wsurl::new(["send", "-o", &path, &server.url(), "hi"]).stderr("").exits(0);
    assert_eq!(
        (names(&dir), fs::read_to_string(&path).expect("the file")),
        (vec!["reply".to_owned()], "hi\n".to_owned())
    );

    let server = EchoServer::start();
    Wsurl::new(["stream", "-o", &path, &server.url()]).stderr("").exits(0);
    assert_eq!(
        (names(&dir), fs::read_to_string(&path).expect("the file")),
        (vec!["reply".to_owned()], String::new())
    );
}

#[test]
fn two_runs_at_once_do_not_mix_their_bytes() {
    let (dir, path) = new_file("download");
    let peers = [b'a', b'b'].map(|byte| {
        let data = vec![byte; 50_000];
        Script::new().upgrade().send(frame::binary(&data)).send(frame::ping("")).read_frame()
    });
    let runs = peers.each_ref().map(|peer| Wsurl::new(["stream", "-f", "-o", &path, &peer.url()]).spawn());
    for (peer, run) in peers.into_iter().zip(runs) {
        peer.wait();
        let _peer = peer.send(frame::close(1000, "")).read_close().close();
        run.exits(0);
        let content = fs::read(&path).expect("the file");
        assert!(content.len() == 50_000 && content.iter().all(|byte| *byte == content[0]));
    }
    assert_eq!(names(&dir), ["download"]);
}

#[test]
fn two_outputs_are_not_one_file() {
    let (dir, path) = new_file("x");
    let other = format!("{}/./x", dir.path().display());
    Wsurl::new(["send", "-o", &path, "-D", &other, NOBODY, "hi"])
        .stderr(format!(
            "wsurl: error: -o {path} and -D {other} would write the same file\n\
             wsurl: hint: give each a file of its own\n"
        ))
        .exits(2);
    fs::write(&path, "").expect("a file");
    let link = format!("{path}.link");
    fs::hard_link(&path, &link).expect("a second name");
    Wsurl::new(["stream", "-o", &path, "-D", &link, NOBODY]).exits(2);
    let report = format!("json={path}");
    for command in ["probe", "echo-test"] {
        Wsurl::new([command, "--report", &report, "-D", &link, NOBODY])
            .stderr_has("would write the same file")
            .exits(2);
    }
}

#[test]
fn two_reports_are_not_one_file() {
    let (dir, path) = new_file("report");
    let other = format!("{}/./report", dir.path().display());
    let refused = |names: [&str; 2]| {
        let reports = [format!("json={}", names[0]), format!("junit={}", names[1])];
        for command in ["probe", "echo-test"] {
            Wsurl::new([command, "--report", &reports[0], "--report", &reports[1], NOBODY])
                .stdout("")
                .stderr(format!(
                    "wsurl: error: two reports go to {}\n\
                     wsurl: hint: give each a file of its own, such as --report junit=report.junit\n",
                    names[1]
                ))
                .exits(2);
        }
    };
    refused([&path, &other]);
    fs::write(&path, "").expect("a file");
    let link = format!("{path}.link");
    fs::hard_link(&path, &link).expect("a second name");
    refused([&path, &link]);
    #[cfg(unix)]
    {
        let symbolic = format!("{path}.symbolic");
        std::os::unix::fs::symlink("report", &symbolic).expect("a link");
        refused([&symbolic, &path]);
        // A device is no file that one report takes from the other.
        let reports = ["--report", "json=/dev/null", "--report", "junit=/dev/null"];
        Wsurl::new(["probe"]).args(reports).args([NOBODY]).stderr_has("cannot connect").exits(7);
    }
}

#[test]
fn a_file_that_is_read_is_not_replaced_by_what_is_written_about_it() {
    let (_dir, path) = file_with("list", NOBODY);
    let list = format!("@{path}");
    let report = format!("json={path}");
    for (output, option) in [(["--report", &report], "--report"), (["-D", &path], "-D")] {
        Wsurl::new(["probe", &list])
            .args(output)
            .stderr(format!(
                "wsurl: error: {option} {path} would replace the list of URLs in @{path}\n\
             wsurl: hint: give each a file of its own\n"
            ))
            .exits(2);
    }
    Wsurl::new(["stream", "-T", &path, "-D", &path, NOBODY])
        .stderr(format!(
            "wsurl: error: -D {path} would replace the file of -T {path}\n\
         wsurl: hint: give each a file of its own\n"
        ))
        .exits(2);
    assert_eq!(fs::read_to_string(&path).expect("the list"), NOBODY);
}

#[test]
fn a_dash_is_standard_output() {
    let server = EchoServer::start();
    Wsurl::new(["send", "-o", "-", &server.url(), "hi"]).stdout("hi\n").exits(0);
    let server = EchoServer::start();
    Wsurl::new(["stream", "-o", "-", &server.url()]).stdin("hi").stdout("hi").exits(0);
    let server = EchoServer::start();
    Wsurl::new(["send", "-o", "-", "-D", "-", &server.url(), "hi"])
        .stdout_has("HTTP/1.1 101 Switching Protocols\r\n")
        .stdout_has("\r\n\r\nhi\n")
        .exits(0);
    assert!(!fs::exists("-").expect("the folder"), "a file of that name");
}

#[test]
fn the_head_of_an_answer_that_never_comes_replaces_nothing() {
    let (dir, path) = file_with("head", "the last one");
    Wsurl::new(["send", "-D", &path, NOBODY, "hi"]).exits(7);
    assert_eq!(
        (names(&dir), fs::read_to_string(&path).expect("the file")),
        (vec!["head".to_owned()], "the last one".to_owned())
    );
}

#[test]
fn a_head_that_cannot_be_written_is_known_before_the_dial() {
    for args in [&["send", NOBODY, "hi"][..], &["probe", NOBODY], &["echo-test", NOBODY]] {
        Wsurl::new(args)
            .args(["-D", "/nonexistent/head"])
            .stderr_has("cannot write /nonexistent/head: No such file or directory")
            .exits(23);
    }
}

#[cfg(unix)]
#[test]
fn a_file_to_send_may_have_any_name() {
    use std::os::unix::ffi::OsStrExt as _;

    let dir = tempfile::tempdir().expect("a folder");
    let name = dir.path().join(std::ffi::OsStr::from_bytes(b"g\xfe"));
    if fs::write(&name, "hi").is_err() {
        eprintln!("skipped: file names are UTF-8 here");
        return;
    }
    let mut data = std::ffi::OsString::from("@");
    data.push(&name);
    let server = EchoServer::start();
    let url = server.url();
    Wsurl::new(["send".as_ref(), "-d".as_ref(), data.as_os_str(), url.as_ref()]).stdout("hi\n").exits(0);
}
