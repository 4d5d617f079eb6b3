//! `probe` with several URLs: side by side, people told of each as it finishes, programs in the order given.

#[cfg(unix)]
use std::{
    fs::File,
    io::{BufRead, BufReader},
    os::fd::OwnedFd,
};

#[cfg(unix)]
use crate::support::Signal;
use crate::support::formats::{Metrics, json_lines, nagios_lines, regex};
use crate::support::{EchoServer, Element, Script, Wsurl, closed_port, file_with, millis, secs, timed};

const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";

fn probe(args: &[&str]) -> Wsurl {
    Wsurl::new(["probe", "--close-timeout", "500ms"]).args(args).within(secs(30))
}

/// A server that takes its time before it agrees.
fn late(time: u64) -> Script {
    let peer = Script::new().request().sleep(millis(time));
    peer.respond(crate::support::script::SWITCHING).pings_and_close()
}

/// The lines about each URL in a report for people, which a summary ends.
#[track_caller]
fn verdicts(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    let summary = lines.pop().expect("a summary");
    let count = format!("{} endpoints in ", lines.len());
    assert!(summary.starts_with(&count), "{text}");
    lines
}

/// What the last line says of all.
fn outcome(text: &str) -> &str {
    text.lines().last().and_then(|line| line.split_once(": ")).expect("a summary").1
}

#[test]
fn people_are_told_of_each_as_it_finishes() {
    let (slow, quick, middle) = (late(1200), late(0), late(600));
    let run = probe(&[]).args([slow.url(), quick.url(), middle.url()]).stderr("").exits(0);
    let expected = [quick, middle, slow].map(|peer| format!("OK    {} is up: ", peer.url()));
    let told = verdicts(run.text());
    assert!(told.iter().zip(&expected).all(|(line, start)| line.starts_with(start)), "{told:?}");
    assert_eq!(outcome(run.text()), "all up");
}

#[test]
fn programs_are_told_in_the_order_given() {
    let (slow, quick) = (late(400), late(0));
    let urls = [slow.url(), quick.url()];
    let run = probe(&["--report", "json"]).args(&urls).stderr("").exits(0);
    let told: Vec<_> = json_lines(run.text()).iter().map(|report| report["url"].clone()).collect();
    assert_eq!(told, urls);
}

#[test]
fn they_are_probed_side_by_side() {
    let peers: Vec<_> = (0..6).map(|_| late(1500)).collect();
    let run = probe(&[]).args(peers.iter().map(Script::url)).stderr("").exits(0);
    // One after the other, they take 9 s.
    assert!(run.elapsed < millis(8500), "took {:?}", run.elapsed);
    assert_eq!(verdicts(run.text()).len(), 6);
}

#[cfg(unix)]
#[test]
fn a_report_that_is_begun_is_completed_after_a_signal() {
    // With -v, what stands below the lines is more than a pipe holds, so that its end is printed when this test reads.
    const COUNT: usize = 1000;
    let (_held, url) = closed_port();
    let urls = format!("{url}\n").repeat(COUNT);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let run = probe(&["-v", "@-"]).stdin(urls).stdout_to(File::from(OwnedFd::from(writer))).spawn();
    let mut lines = BufReader::new(reader).lines().map(|line| line.expect("a line"));
    let failed = lines.by_ref().take(COUNT).filter(|line| line.starts_with("FAIL  ws://127.0.0.1:"));
    assert_eq!(failed.count(), COUNT);
    run.signal(Signal::Interrupt);
    let summary = lines.last().expect("a summary");
    assert!(
        summary.starts_with("1000 endpoints in ") && summary.ends_with(": 0 up, 1000 failed"),
        "{summary}"
    );
    run.exits(7);
}

#[test]
fn one_of_twenty_that_hangs_holds_back_nobody() {
    let good = EchoServer::start();
    let hanging = Script::new().request();
    let mut urls = vec![good.url(); 20];
    urls[0] = hanging.url();
    let mut run = probe(&["--connect-timeout", "3s"]).args(&urls).within(secs(8)).spawn();
    hanging.wait();
    let hanging = hanging.hold();
    let mut told = String::new();
    while told.lines().count() < 19 {
        told += &String::from_utf8(run.wait_for_stdout_bytes(1)).expect("UTF-8");
    }
    let start = format!("OK    {} is up: ", good.url());
    assert!(told.lines().all(|line| line.starts_with(&start)), "{told}");
    let run = run.exits(28);
    let why = "timed out after 3s in upgrade with 127.0.0.1 (--connect-timeout)";
    assert_eq!(verdicts(run.text())[19], format!("FAIL  {}: {why}", hanging.url()));
    assert_eq!(outcome(run.text()), "19 up, 1 failed");
    let told = format!("wsurl: error: 1 of 20 endpoints failed, first {}: {why}", hanging.url());
    assert!(run.stderr.starts_with(&told), "{}", run.stderr);
}

#[test]
fn two_that_hang_cost_no_more_than_their_limit() {
    timed(|| {
        let hanging = [Script::new().request().hold(), Script::new().request().hold()];
        let good = EchoServer::start();
        let args = ["--connect-timeout", "2s", &hanging[0].url(), &good.url(), &hanging[1].url()];
        let run = probe(&args).stderr_has("wsurl: error: 2 of 3 endpoints failed, first ").exits(28);
        assert!(run.elapsed < millis(3500), "took {:?}", run.elapsed);
        let words: Vec<_> = verdicts(run.text()).iter().map(|line| &line[..4]).collect();
        assert_eq!(words, ["OK  ", "FAIL", "FAIL"]);
    });
}

#[test]
fn no_more_than_asked_for_are_probed_at_a_time() {
    let (first, second) = (Script::new().request(), Script::new().request());
    let args = ["--parallel", "1", "--connect-timeout", "1s", &first.url(), &second.url()];
    let run = probe(&args).within(secs(6)).spawn();
    let (first, second) = (first.hold(), second.hold());
    let run = run.exits(28);
    // One after the other, though both hang.
    assert!(run.elapsed >= secs(2), "took {:?}", run.elapsed);
    drop((first, second));
    probe(&["--parallel", "0", "ws://127.0.0.1:1/"])
        .stderr_has("invalid value '0' for '--parallel <N>': not a number from 1 to 1000; write 16 or 64\n")
        .exits(2);
}

#[test]
fn urls_come_from_a_file_and_from_standard_input() {
    let (one, two) = (EchoServer::start(), EchoServer::start());
    let list = format!("# ours\n\n{}\r\n  {}?a=1 \n# not ws://127.0.0.1:1/\n", one.url(), two.url());
    let urls = [one.url(), format!("{}?a=1", two.url()), one.url()];
    let (_folder, file) = file_with("endpoints", list.as_bytes());
    let read = |run: Wsurl| -> Vec<String> {
        let run = run.stderr("").exits(0);
        json_lines(run.text())
            .iter()
            .map(|report| report["url"].as_str().expect("a text").to_owned())
            .collect()
    };
    let at_file = format!("@{file}");
    assert_eq!(read(probe(&["--report", "json", &at_file, &one.url()])), urls);
    assert_eq!(read(probe(&["--report", "json", "@-", &one.url()]).stdin(&*list)), urls);
}

#[test]
fn a_list_of_urls_that_is_too_long_is_refused_and_not_cut_off() {
    let list = format!("ws://127.0.0.1:1/\n#{}\nws://127.0.0.1:1/\n", " ".repeat(16 << 20));
    let error = "wsurl: error: cannot read standard input: it is larger than 16M\n";
    probe(&["@-"]).stdin(list).stdout("").stderr(error).exits(26);
}

#[test]
fn a_list_of_urls_that_cannot_be_used_is_refused() {
    let (_folder, path) = file_with("endpoints", b"ws://127.0.0.1:1/\nhttp://127.0.0.1:1/\n");
    probe(&[&format!("@{path}")]).stdout("").stderr_has(format!("(line 2 of {path})\n")).exits(3);
    let (_folder, path) = file_with("endpoints", b"# none\n");
    let error = format!("wsurl: error: {path} holds no URL\n");
    probe(&[&format!("@{path}")]).stdout("").stderr_has(error).exits(2);
    let error = "wsurl: error: cannot read /nonexistent/urls: No such file or directory\n";
    probe(&["@/nonexistent/urls"]).stdout("").stderr(error).exits(26);
    let error = "wsurl: error: standard input holds the URLs, and can be read only once\n";
    probe(&["@-", "@-"]).stdout("").stderr_has(error).exits(2);
    probe(&["@-", "-d", "@-"]).stdout("").stderr_has(error).exits(2);
}

#[cfg(unix)]
#[test]
fn a_list_that_never_comes_is_within_the_limit_of_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    let error =
        format!("wsurl: error: timed out after 300ms while reading {} (--max-time)\n", fifo.display());
    probe(&["-m", "300ms", &format!("@{}", fifo.display())]).stdout("").stderr_has(error).exits(28);
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
    assert_eq!(outcome(run.text()), "1 up, 2 failed");

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
    assert_eq!(outcome(run.text()), "1 up, 1 failed");
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
fn monitors_get_a_line_for_all_and_one_for_each() {
    let (_socket, closed) = closed_port();
    let good = EchoServer::start();
    let url = good.url();
    let run = probe(&["--report", "nagios", &url, &closed, &url]).stderr("").exits(2);
    let (status, data, more) = nagios_lines(run.text());
    let start = format!("WSURL CRITICAL - 1 of 3 failed: {closed}: cannot connect to ");
    assert!(status.starts_with(&start), "{status}");
    let starts =
        [format!("CRITICAL: {closed}: cannot "), format!("OK: {url} is up, "), format!("OK: {url} is up, ")];
    assert_eq!(more.len(), 3, "{more:?}");
    assert!(more.iter().zip(&starts).all(|(line, start)| line.starts_with(start)), "{more:?}");
    assert!(data.iter().any(|datum| datum.starts_with(&format!("'{url} time'="))), "{data:?}");
    let mut labels: Vec<_> =
        data.iter().filter_map(|datum| datum.split_once("'=")).map(|(label, _)| label).collect();
    let count = labels.len();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), count, "no label twice: {data:?}");

    let run = probe(&["--report", "nagios", &url, &url]).stderr("").exits(0);
    assert!(nagios_lines(run.text()).0.starts_with("WSURL OK - all 2 endpoints are up"), "{}", run.text());
    let peer = late(300);
    let run = probe(&["--report", "nagios", "--warn", "150ms", &peer.url(), "ws://127.0.0.1:1/"]);
    let run = run.stderr("").exits(2);
    let status = nagios_lines(run.text()).0;
    let names_both = regex(&format!(
        "^WSURL CRITICAL - 1 of 2 failed, 1 slow: ws://127.0.0.1:1/: .*; {} is up, .* \\(--warn 150ms\\)",
        peer.url()
    ));
    assert!(names_both.is_match(&status), "{status}");
}

#[test]
fn monitors_get_no_more_than_they_take() {
    let good = EchoServer::start();
    let urls: Vec<_> =
        (0..100).map(|number| format!("{}some/path/of/a/service?number={number}", good.url())).collect();
    let run = probe(&["--report", "nagios"]).args(&urls).stderr("").exits(0);
    let (status, data, more) = nagios_lines(run.text());
    assert!(status.starts_with("WSURL OK - all 100 endpoints are up"), "{status}");
    assert!(data.len() > 10 && data.iter().all(|datum| datum.contains(" time'=")), "{data:?}");
    assert!(more.last().is_some_and(|last| regex(r"^\d\d more$").is_match(last)), "{more:?}");
}

#[test]
fn labels_with_quotes_and_equal_signs_stay_labels() {
    let good = EchoServer::start();
    let urls = ["?a=1&b='2'", "?c=3|4"].map(|query| format!("{}{query}", good.url()));
    let run = probe(&["--report", "nagios"]).args(urls).stderr("").exits(0);
    let (_, data, _) = nagios_lines(run.text());
    assert!(data.iter().any(|datum| datum.contains("/?a1&b%272%27 time'=")), "{data:?}");
}

#[test]
fn each_has_a_suite_of_its_own() {
    let (_socket, closed) = closed_port();
    let good = EchoServer::start();
    let url = good.url();
    let checks = ["--expect-text", "no", "-d", "yes", "--within", "300ms"];
    let run = probe(&["--report", "junit", &url, &closed, &url]).args(checks).exits(1);
    let root = Element::parse(run.text());
    let suites: Vec<_> = root.all("testsuite").collect();
    let names: Vec<_> = suites.iter().filter_map(|suite| suite.attribute("name")).collect();
    assert_eq!(names, [&*url, &*closed, &*format!("{url} (2)")]);
    for (suite, name) in suites.iter().zip(&names) {
        assert!(suite.all("testcase").all(|case| case.attribute("classname") == Some(name)), "{suite:?}");
        assert_eq!(suite.attribute("failures"), Some("1"), "one failure for what failed: {suite:?}");
    }
    assert_eq!(root.attribute("failures"), Some("3"));
}

#[cfg(unix)]
#[test]
fn a_terminal_gets_a_table_as_wide_as_it_is() {
    use crate::support::Terminal;

    let (_socket, closed) = closed_port();
    let good = EchoServer::start();
    let url = format!("{}a/path/that/is/so/long/that/a/narrow/terminal/has/no/room/for/it", good.url());
    for width in [50, 120, 200] {
        let terminal = Terminal::of_width(width);
        let args = ["--color", "never", &url, &closed];
        probe(&args).stdout_to(terminal.file()).exits(7);
        let shown = terminal.shows("2 endpoints in ");
        let shown = shown.replace('\r', "");
        assert!(shown.lines().all(|line| line.chars().count() <= usize::from(width)), "{shown}");
        let rows: Vec<_> = shown.lines().take(3).collect();
        assert!(rows[0].starts_with("      URL ") && rows[0].ends_with("time      ping"), "{shown}");
        assert_eq!(shown.contains(&url), width > 120, "{shown}");
        let mut words: Vec<_> = rows[1..].iter().map(|row| &row[..6]).collect();
        words.sort_unstable();
        assert_eq!(words, ["FAIL  ", "OK    "]);
        let (_, explained) = shown.split_once("\n\n").expect("an explanation");
        assert!(explained.starts_with(&format!("FAIL  {closed}: cannot connect")), "{shown}");
        assert!(explained.contains("\n  connect   FAIL\n"), "{shown}");
        assert_eq!(outcome(&shown), "1 up, 1 failed");
    }
}

#[cfg(unix)]
#[test]
fn a_terminal_shows_what_is_awaited() {
    use crate::support::Terminal;

    let terminal = Terminal::of_width(120);
    let good = EchoServer::start();
    let hanging = Script::new().request();
    let url = hanging.url();
    let run = probe(&["--connect-timeout", "2s", &good.url(), &url]);
    let run = run.env("TERM", "xterm").stderr_to(terminal.file()).spawn();
    hanging.wait();
    let _peer = hanging.hold();
    terminal.shows(&format!("1 of 2 probed, waiting for {url}"));
    run.exits(28);
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
    assert_eq!(outcome(run.text()), "1 up, 1 failed");
}

#[test]
fn many_urls_are_no_problem() {
    let good = EchoServer::start();
    let urls = vec![good.url(); 40];
    let run = probe(&["--report", "tap"]).args(urls).stderr("").exits(0);
    let plan = regex(r"(?m)^1\.\.(\d+)$").captures(run.text()).expect("a plan")[1].to_owned();
    assert_eq!(plan, (40 * 5).to_string(), "five phases each");
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

#[cfg(unix)]
#[test]
fn a_signal_abandons_at_once_what_is_not_begun() {
    use crate::support::Signal;

    let (open, (_held, next)) = (Script::new().upgrade(), closed_port());
    let args = ["--parallel", "1", "--expect-text=never", &open.url(), &next, &next];
    let run = Wsurl::new(["probe"]).args(args).stderr_has("interrupted by SIGINT").within(secs(30)).spawn();
    open.wait();
    let first = open.url();
    let _peer = open.hold();
    run.signal(Signal::Interrupt);
    let run = run.exits(130);
    // The session is still awaited: the server does not answer the Close.
    let expected = [next.clone(), next, first].map(|url| format!("FAIL  {url}: interrupted by SIGINT"));
    assert_eq!(verdicts(run.text()), expected);
}
