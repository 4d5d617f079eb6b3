//! Where the reports of `echo-test` go: stdout, files, and readers that have left.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::echoing::echo;
use crate::support::formats::{Metrics, json, nagios, regex, tap, verdict};
use crate::support::{EchoServer, Element, Script, Untouched, Wsurl, frame, millis, new_file, secs};

#[test]
fn reports_in_files_leave_stdout_to_people() {
    let server = EchoServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    let report = |format: &str| format!("--report={format}={}", file(format).display());
    let reports = ["json", "junit", "tap", "nagios", "prometheus", "human"].map(report);
    Wsurl::new(["echo-test"])
        .args(&reports)
        .args([server.url()])
        .stdout_has("OK    ws://")
        .stderr("")
        .exits(0);
    let read = |name: &str| fs::read_to_string(file(name)).expect("the file");
    assert_eq!(json(&read("json"))["echoed"], 10);
    assert_eq!(Element::parse(&read("junit")).name, "testsuites");
    assert_eq!(tap(&read("tap")).len(), 6);
    assert_eq!(nagios(&read("nagios")).1.len(), 7);
    assert!(Metrics::parse(&read("prometheus")).get("wsurl_echo_success", &[]) > 0.5);
    assert!(verdict(&read("human")).starts_with("OK    ws://"));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 6, "nothing but the reports");

    // And with -s to nobody.
    Wsurl::new(["echo-test", "-s"]).args(reports).args([server.url()]).stdout("").stderr("").exits(0);
    Wsurl::new(["echo-test", "-s", &server.url()]).stdout("").stderr("").exits(0);
    Wsurl::new(["echo-test", "-s", "--report", "human", &server.url()]).stdout_has("OK  ").exits(0);
}

#[test]
fn a_file_appears_when_it_is_complete_and_replaces_the_last_one() {
    let (folder, path) = new_file("report.prom");
    let peer = Script::new().upgrade().read_frame();
    let to_file = format!("prometheus={path}");
    let run = Wsurl::new(["echo-test", "-n", "1", "--report", &to_file, &peer.url()]).within(secs(5)).spawn();
    peer.wait();
    assert!(!Path::new(&path).exists());
    let _peer = peer.echoes_all().pings_and_close();
    run.exits(0);
    assert!(
        Metrics::parse(&fs::read_to_string(&path).expect("the file")).get("wsurl_echo_success", &[]) > 0.5
    );

    let peer = Script::new().upgrade().answers(1, |_| frame::text("no echo")).pings_and_close();
    Wsurl::new(["echo-test", "-n", "1", "--report", &to_file, &peer.url()]).within(secs(5)).exits(1);
    assert!(
        Metrics::parse(&fs::read_to_string(&path).expect("the file")).get("wsurl_echo_success", &[]) < 0.5
    );
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn two_reports_on_stdout_are_one_too_many() {
    let nobody = Untouched::new();
    for reports in [["json", "tap"], ["json", "json"], ["human", "prometheus"]] {
        let args = reports.map(|format| format!("--report={format}"));
        Wsurl::new(["echo-test"]).args(args).args([nobody.url("ws")]).stdout("").within(secs(2)).exits(2);
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_sent() {
    let nobody = Untouched::new();
    let path = "/nonexistent/folder/report.json";
    let to_file = format!("json={path}");
    Wsurl::new(["echo-test", "--report", &to_file, &nobody.url("ws")])
        .stdout("")
        .stderr_has(format!("wsurl: error: cannot write {path}: No such file or directory\n"))
        .within(secs(2))
        .exits(23);
}

#[test]
fn facts_of_the_session_follow_the_report() {
    let run = Wsurl::new(["echo-test", "-n", "3", "-w", "%{json}\\n"]).stderr("").within(secs(5)).exits(0);
    let (report, facts) = run.text().trim_end().rsplit_once('\n').expect("two parts");
    assert!(report.starts_with("OK    ws://"), "{report}");
    let facts: Value = serde_json::from_str(facts).expect("JSON");
    assert_eq!((&facts["http_code"], &facts["exitcode"]), (&101.into(), &0.into()), "{facts}");
    assert_eq!((&facts["messages_sent"], &facts["messages_received"]), (&3.into(), &3.into()), "{facts}");
}

#[test]
fn whatever_is_told_on_the_way_goes_to_stderr() {
    let server = EchoServer::start();
    let run = Wsurl::new(["echo-test", "-vv", "--report", "json", &server.url()]);
    let run = run.stderr_has("< HTTP/1.1 101").within(secs(5)).exits(0);
    assert_eq!(json(run.text())["echoed"], 10);
    let run = Wsurl::new(["echo-test", "-vv", "-n", "9", &server.url()]).within(secs(5)).exits(0);
    let label = regex("^(OK    |messages  |payload   |round trip  |rate      |            )");
    assert!(run.text().lines().all(|line| label.is_match(line)), "{}", run.text());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_stdout_is_a_write_error() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    Wsurl::new(["echo-test"]).stdout_to(full).stderr_has("wsurl: error: ").within(secs(5)).exits(23);
}

#[test]
fn a_reader_that_has_left_is_no_error() {
    let peer = Script::new().upgrade().echoes(9).answers(1, |messages| {
        // The reader of nothing has left by then.
        std::thread::sleep(millis(200));
        echo(&messages[0])
    });
    let peer = peer.pings_and_close();
    Wsurl::new(["echo-test", &peer.url()]).reader_leaves_after(0).stderr("").within(secs(5)).exits(0);
}
