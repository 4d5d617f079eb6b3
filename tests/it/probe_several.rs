//! `probe` with several URLs: side by side, reported in the order given, each as soon as all before it are.

use crate::support::formats::{Metrics, json_lines, nagios, regex, verdict};
use crate::support::{EchoServer, Element, Script, Wsurl, closed_port, millis, secs};

const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";

fn probe(args: &[&str]) -> Wsurl {
    Wsurl::new(["probe", "--close-timeout", "500ms"]).args(args).within(secs(5))
}

/// A server that takes its time before it agrees.
fn late(time: u64) -> Script {
    let peer = Script::new().request().sleep(millis(time));
    peer.respond(crate::support::script::SWITCHING).pings_and_close()
}

/// The first lines of the reports for people.
fn verdicts(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with(' ')).collect()
}

#[test]
fn the_order_is_the_one_in_which_they_were_given() {
    let (slow, quick, other) = (late(400), late(0), late(150));
    let urls = [slow.url(), quick.url(), other.url()];
    let run = probe(&[]).args(&urls).stderr("").exits(0);
    let told = verdicts(run.text());
    assert_eq!(told.len(), 3, "{}", run.text());
    assert!(
        told.iter().zip(&urls).all(|(line, url)| line.starts_with(&format!("OK    {url} is up: "))),
        "{told:?}"
    );

    let (slow, quick) = (late(400), late(0));
    let urls = [slow.url(), quick.url()];
    let run = probe(&["--report", "json"]).args(&urls).stderr("").exits(0);
    let told: Vec<_> = json_lines(run.text()).iter().map(|report| report["url"].clone()).collect();
    assert_eq!(told, urls);
}

#[test]
fn they_are_probed_side_by_side() {
    let peers: Vec<_> = (0..6).map(|_| late(500)).collect();
    let run = probe(&[]).args(peers.iter().map(Script::url)).stderr("").exits(0);
    assert!(run.elapsed < secs(2), "took {:?}", run.elapsed);
    assert_eq!(verdicts(run.text()).len(), 6);
}

#[test]
fn one_that_hangs_does_not_hold_back_those_before_it() {
    let (one, two) = (EchoServer::start(), EchoServer::start());
    let hanging = Script::new().request();
    let args = ["--connect-timeout", "1500ms", &one.url(), &two.url(), &hanging.url()];
    let mut run = probe(&args).within(secs(4)).spawn();
    hanging.wait();
    let hanging = hanging.hold();
    run.wait_for_stdout(&format!("OK    {} is up: ", one.url()));
    run.wait_for_stdout(&format!("OK    {} is up: ", two.url()));
    let before = String::from_utf8(run.wait_for_stdout_bytes(1)).expect("UTF-8");
    assert!(!before.contains(&hanging.url()), "{before}");
    let run = run.exits(28);
    let error = "timed out after 1s 500ms in upgrade with 127.0.0.1 (--connect-timeout)";
    assert!(run.text().contains(&format!("FAIL  {}: ", hanging.url())), "{}", run.text());
    let told = format!("wsurl: error: 1 of 3 endpoints failed, first {}: {error}", hanging.url());
    assert!(run.stderr.starts_with(&told), "{}", run.stderr);
}

#[test]
fn one_that_hangs_first_costs_no_more_than_its_limit() {
    let hanging = [Script::new().request().hold(), Script::new().request().hold()];
    let good = EchoServer::start();
    let args = ["--connect-timeout", "2s", &hanging[0].url(), &good.url(), &hanging[1].url()];
    let run = probe(&args).stderr_has("wsurl: error: 2 of 3 endpoints failed, first ").exits(28);
    assert!(run.elapsed < millis(3500), "took {:?}", run.elapsed);
    let words: Vec<_> = verdicts(run.text()).iter().map(|line| &line[..4]).collect();
    assert_eq!(words, ["FAIL", "OK  ", "FAIL"]);
}

#[test]
fn the_first_that_failed_gives_the_exit_code() {
    let (_socket, closed) = closed_port();
    let forbidding = || Script::new().request().respond(FORBIDDEN).close();
    let good = EchoServer::start();

    let peer = forbidding();
    let told = format!("wsurl: error: 2 of 3 endpoints failed, first {}: ", peer.url());
    let run =
        probe(&[&good.url(), &peer.url(), &closed]).stderr_has(told).stderr_has("403 Forbidden").exits(22);
    let words: Vec<_> = verdicts(run.text()).iter().map(|line| &line[..4]).collect();
    assert_eq!(words, ["OK  ", "FAIL", "FAIL"]);

    let peer = forbidding();
    let target = closed.trim_start_matches("ws://").trim_end_matches('/');
    let told = format!(
        "wsurl: error: 2 of 3 endpoints failed, first {closed}: cannot connect to {target}: Connection refused\n"
    );
    probe(&[&closed, &good.url(), &peer.url()]).stderr_has(told).exits(7);
}

#[test]
fn one_bad_url_does_not_cost_the_others() {
    let good = EchoServer::start();
    let run = probe(&["--report", "json", &good.url(), "ws://nonexistent.invalid/"]).exits(6);
    let told: Vec<_> = json_lines(run.text()).iter().map(|report| report["status"].clone()).collect();
    assert_eq!(told, ["success", "host-not-resolved"]);
}

#[test]
fn checks_hold_for_each_of_them() {
    let (one, two) = (EchoServer::start(), late(0));
    let two_url = two.url();
    let run = probe(&["-d", "x", "--expect-text", "x", "--receive-timeout", "300ms", &one.url(), &two_url])
        .stderr_has("1 of 2 endpoints failed")
        .exits(28);
    let words: Vec<_> = verdicts(run.text()).iter().map(|line| &line[..4]).collect();
    assert_eq!(words, ["OK  ", "FAIL"]);
}

#[test]
fn the_same_url_twice_is_two_probes() {
    let (server, other) = (EchoServer::start(), EchoServer::start());
    let (url, other_url) = (server.url(), other.url());
    let args = ["--report", "prometheus", &url, &other_url, &url, &url];
    let metrics = Metrics::parse(probe(&args).stderr("").exits(0).text());
    assert_eq!(
        metrics.labels("wsurl_probe_success", "url"),
        [&url, &other_url, &url, &url].map(|url| Some(&**url))
    );
    assert_eq!(metrics.labels("wsurl_probe_success", "nth"), [None, None, Some("2"), Some("3")]);
    assert!(metrics.get("wsurl_probe_success", &[("url", &url), ("nth", "3")]) > 0.5);
}

#[test]
fn monitors_get_one_line_for_all() {
    let (_socket, closed) = closed_port();
    let good = EchoServer::start();
    let url = good.url();
    let run = probe(&["--report", "nagios", &url, &closed, &url]).stderr("").exits(2);
    let (status, data) = nagios(run.text());
    let start = format!("WSURL CRITICAL - 1 of 3 failed: {closed}: cannot connect to ");
    assert!(status.starts_with(&start), "{status}");
    assert!(data.iter().any(|datum| datum.starts_with(&format!("'{url} time'="))), "{data:?}");
    let mut labels: Vec<_> =
        data.iter().filter_map(|datum| datum.split_once("'=")).map(|(label, _)| label).collect();
    let count = labels.len();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), count, "no label twice: {data:?}");

    let run = probe(&["--report", "nagios", &url, &url]).stderr("").exits(0);
    assert!(nagios(run.text()).0.starts_with("WSURL OK - "), "{}", run.text());
    let peer = late(300);
    let run = probe(&["--report", "nagios", "--warn", "150ms", &peer.url(), "ws://127.0.0.1:1/"]);
    assert!(nagios(run.stderr("").exits(2).text()).0.contains("1 of 2 failed"), "the worst counts");
}

#[test]
fn labels_with_quotes_and_equal_signs_stay_labels() {
    let good = EchoServer::start();
    let urls = ["?a=1&b='2'", "?c=3|4"].map(|query| format!("{}{query}", good.url()));
    let run = probe(&["--report", "nagios"]).args(urls).stderr("").exits(0);
    let (_, data) = nagios(run.text());
    assert!(data.iter().any(|datum| datum.contains("/?a1&b%272%27 time'=")), "{data:?}");
}

#[test]
fn each_has_a_suite_of_its_own() {
    let (_socket, closed) = closed_port();
    let good = EchoServer::start();
    let run = probe(&["--report", "junit", &good.url(), &closed]).exits(7);
    let root = Element::parse(run.text());
    let suites: Vec<_> = root.all("testsuite").collect();
    let names: Vec<_> = suites.iter().filter_map(|suite| suite.attribute("name")).collect();
    assert_eq!(names, [&*good.url(), &*closed]);
    assert_eq!(suites[0].attribute("failures"), Some("0"));
    assert_ne!(suites[1].attribute("failures"), Some("0"));
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let good = EchoServer::start();
    let peer = late(500);
    // What the second one would say has nobody to read it.
    probe(&[&good.url(), &peer.url()]).reader_leaves_after(2).stdout("OK").stderr("").exits(0);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_all_of_them() {
    use crate::support::Signal;

    let good = EchoServer::start();
    let hanging = Script::new().request();
    let mut run = probe(&[&good.url(), &hanging.url()]).stderr_has("interrupted by SIGINT").spawn();
    run.wait_for_stdout(" is up: ");
    hanging.wait();
    let _peer = hanging.hold();
    run.signal(Signal::Interrupt);
    let run = run.exits(130);
    assert!(verdict(run.text()).starts_with("OK    "), "{}", run.text());
}

#[test]
fn many_urls_are_no_problem() {
    let good = EchoServer::start();
    let urls = vec![good.url(); 40];
    let run = probe(&["--report", "tap"]).args(urls).stderr("").exits(0);
    let plan = regex(r"(?m)^1\.\.(\d+)$").captures(run.text()).expect("a plan")[1].to_owned();
    assert_eq!(plan, (40 * 6).to_string(), "the endpoint and five phases each");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_them_all_soon_also_those_that_are_not_open_yet() {
    use crate::support::Signal;

    let open = Script::new().upgrade();
    let (hanging, never) = (Script::new().request(), "--expect-text=never");
    let args = ["--connect-timeout", "20s", never, &open.url(), &hanging.url()];
    let run = Wsurl::new(["probe"]).args(args).within(secs(4)).spawn();
    open.wait();
    hanging.wait();
    let _peers = (open.hold(), hanging.hold());
    run.signal(Signal::Interrupt);
    let run = run.exits(130);
    assert_eq!(verdicts(run.text()).len(), 2, "{}", run.text());
    assert!(run.text().matches("interrupted by SIGINT").count() == 2, "{}", run.text());
}
