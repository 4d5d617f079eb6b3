//! Reports for where people look: GitHub's pages, a browser, and tools that merge histograms.

use std::fs;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

use crate::support::formats::regex;
use crate::support::{EchoServer, Element, Script, Untouched, Wsurl, closed_port, new_file, secs};

fn wsurl(args: &[&str]) -> Wsurl {
    Wsurl::new(args).within(secs(5))
}

#[test]
fn github_is_told_what_failed() {
    let (_socket, closed) = closed_port();
    let address = closed.trim_start_matches("ws://").trim_end_matches('/');
    let good = EchoServer::start();
    let summary = new_file("summary.md");
    fs::write(&summary.1, "before\n").expect("write a file");
    let checks = ["-d", "100%", "--expect-text", "a,b", "--within", "300ms"];
    let run = wsurl(&["probe", "--report", "github", &closed, &good.url()]).args(checks);
    let run = run.env("GITHUB_STEP_SUMMARY", &summary.1).exits(7);
    let (good_url, title) = (good.url(), |url: &str| url.replace(':', "%3A"));
    let expected = format!(
        "::error title=wsurl%3A {}::{closed}: cannot connect to {address}: Connection refused\n\
         ::error title=wsurl%3A {}::{good_url}: --expect-text 'a,b' was not met within 300ms (--within): the message was \"100%25\"%0A\
         assertion --expect-text 'a,b': the message was \"100%25\"\n",
        title(&closed),
        title(&good_url)
    );
    assert_eq!(run.text(), expected);
    let written = fs::read_to_string(&summary.1).expect("the summary");
    let told = format!(
        "before\n### wsurl: 2 of 2 failed\n\n| | URL | time | |\n|---|---|---:|---|\n| \u{274c} | {closed} | "
    );
    assert!(written.starts_with(&told), "{written}");
    assert!(written.contains("- assertion --expect-text 'a,b': the message was \"100%\"\n"), "{written}");

    // Another step of the same job adds to it.
    let run = wsurl(&["probe", "--report", "github", &good_url]).env("GITHUB_STEP_SUMMARY", &summary.1);
    run.stdout("").stderr("").exits(0);
    let more = fs::read_to_string(&summary.1).expect("the summary");
    assert!(more.starts_with(&written) && more.contains("### wsurl: passed\n"), "{more}");
}

#[test]
fn a_summary_that_cannot_be_written_is_told_before_anybody_is_called() {
    let nobody = Untouched::new();
    let path = "/nonexistent/folder/summary.md";
    wsurl(&["probe", "--report", "github", &nobody.url("ws")])
        .env("GITHUB_STEP_SUMMARY", path)
        .stdout("")
        .stderr(format!("wsurl: error: cannot write {path}: No such file or directory\n"))
        .exits(23);
    // Only GitHub's report has a summary.
    let good = EchoServer::start();
    wsurl(&["probe", "-s", &good.url()]).env("GITHUB_STEP_SUMMARY", path).stdout("").exits(0);
    // Outside of GitHub there is none.
    let good = EchoServer::start();
    wsurl(&["echo-test", "--report", "github", &good.url()]).stdout("").stderr("").exits(0);
}

/// A page, which is well-formed and neither loads nor runs anything.
#[track_caller]
fn page(text: &str) -> Element {
    let page = Element::parse(text.strip_prefix("<!DOCTYPE html>").expect("a page of HTML"));
    assert_eq!(page.name, "html");
    let mut left = vec![&page];
    while let Some(element) = left.pop() {
        let active = ["script", "link", "img", "iframe", "object", "embed", "image", "use", "base", "form"];
        assert!(!active.contains(&&*element.name), "<{}>", element.name);
        assert_eq!(element.attribute("src"), None);
        assert!(element.attribute("href").is_none_or(|to| to.starts_with('#')), "{element:?}");
        left.extend(&element.children);
    }
    let style =
        text.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("a style").0;
    assert!(!style.contains("url(") && !style.contains("@import"), "{style}");
    assert!(style.contains("prefers-color-scheme: dark"), "{style}");
    page
}

/// All elements of this name that have this class, in their order.
fn all<'a>(element: &'a Element, name: &str, class: Option<&str>) -> Vec<&'a Element> {
    let is = element.name == name && class.is_none_or(|class| element.attribute("class") == Some(class));
    let below = element.children.iter().flat_map(|child| all(child, name, class));
    is.then_some(element).into_iter().chain(below).collect()
}

#[test]
fn a_page_shows_phases_rules_and_what_was_asked() {
    let good = EchoServer::start();
    let (_folder, path) = new_file("probe.html");
    let args = ["probe", "--conformance", "--max-latency", "4s", "--report"];
    Wsurl::new(args).args([format!("html={path}"), good.url()]).within(secs(60)).exits_with_one_of(&[0, 1]);
    let text = fs::read_to_string(&path).expect("the page");
    let page = page(&text);
    assert_eq!(all(&page, "title", None)[0].text, format!("Probe of {}", good.url()));
    let phases: Vec<_> = all(&page, "div", Some("name")).into_iter().map(|phase| &*phase.text).collect();
    assert_eq!(phases, ["resolve", "connect", "upgrade", "ping", "close"]);
    let bars = all(&page, "div", Some("track")).into_iter().map(|track| track.child("span"));
    let style = regex(r"^margin-left:\d+\.\d\d%;width:\d+\.\d\d%$");
    assert!(bars.into_iter().all(|bar| {
        bar.and_then(|bar| bar.attribute("style")).is_some_and(|value| style.is_match(value))
    }));
    let rules = all(&page, "details", None);
    assert!(rules.len() > 80, "{} rules", rules.len());
    let evidence = |rule: &&Element| all(rule, "pre", None).into_iter().any(|pre| pre.text.contains("> "));
    assert!(rules.iter().any(evidence), "what was sent is shown");
    assert!(all(&page, "code", None).into_iter().any(|code| code.text == "--max-latency 4s"));
}

#[test]
fn a_page_of_several_leads_to_each() {
    let (_socket, closed) = closed_port();
    let body = "<script>alert(1)</script>&amp;";
    let refusal = format!("HTTP/1.1 403 <No>\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let peer = Script::new().request().respond(&refusal).close();
    let run = wsurl(&["probe", "--report", "html", &closed, &peer.url()]).exits(7);
    let page = page(run.text());
    let sections: Vec<_> =
        all(&page, "section", None).into_iter().filter_map(|each| each.attribute("id")).collect();
    let mut links: Vec<_> =
        all(&page, "a", None).into_iter().filter_map(|each| each.attribute("href")).collect();
    links.sort_unstable();
    assert_eq!((sections, links), (vec!["endpoint-1", "endpoint-2"], vec!["#endpoint-1", "#endpoint-2"]));
    let answers = all(&page, "pre", None);
    assert!(answers.iter().any(|answer| answer.text.contains(body)), "the body is text: {answers:?}");
}

#[test]
fn a_page_draws_round_trips() {
    let good = EchoServer::start();
    let args = ["echo-test", "--interval", "5ms", "-n", "40", "--report", "html", &good.url()];
    let run = wsurl(&args).exits(0);
    let page = page(run.text());
    let charts = all(&page, "svg", None);
    let titles: Vec<_> = charts.iter().filter_map(|chart| chart.attribute("aria-label")).collect();
    assert_eq!(
        titles,
        [
            "How many round trips took how long",
            "The round trip that a share of the messages did not exceed",
            "Messages a second over time",
            "The slowest round trip over time",
        ]
    );
    let counts = all(charts[0], "title", None).into_iter().map(|title| {
        let (_, count) = title.text.rsplit_once(": ").expect("a count");
        count.parse::<u64>().expect("a number")
    });
    assert_eq!(counts.sum::<u64>(), 40, "every round trip is in a bar");
    let path = all(charts[1], "path", Some("curve"))[0].attribute("d").expect("a path");
    assert!(regex(r"^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+)+$").is_match(path), "{path}");

    let (_socket, closed) = closed_port();
    let run = wsurl(&["echo-test", "--report", "html", &closed]).exits(7);
    assert!(all(&self::page(run.text()), "svg", None).is_empty(), "nothing to draw");
}

#[test]
fn a_log_of_round_trips_is_read_back() {
    let good = EchoServer::start();
    let (_folder, path) = new_file("echo.hlog");
    let report = format!("hlog={path}");
    wsurl(&["echo-test", "-n", "50", "--report", &report, &good.url()]).exits(0);
    let log = fs::read_to_string(&path).expect("the log");
    let entries: Result<Vec<_>, _> = IntervalLogIterator::new(log.as_bytes()).collect();
    let mut intervals = entries.expect("a log").into_iter().filter_map(|entry| match entry {
        LogEntry::Interval(interval) => Some(interval),
        LogEntry::StartTime(_) | LogEntry::BaseTime(_) => None,
    });
    let interval = intervals.next().expect("an interval");
    assert!(intervals.next().is_none(), "{log}");
    let bytes = data_encoding::BASE64.decode(interval.encoded_histogram().as_bytes()).expect("base64");
    let times: Histogram<u64> = Deserializer::new().deserialize(&mut &bytes[..]).expect("a histogram");
    assert_eq!(times.len(), 50);
    // Nanoseconds: loopback takes longer than a microsecond, and less than five seconds.
    assert!(times.min() > 1_000 && times.max() < 5_000_000_000, "{} {}", times.min(), times.max());
}

#[test]
fn a_probe_has_no_log() {
    let nobody = Untouched::new();
    let error = "wsurl: error: invalid value 'hlog' for '--report <FORMAT[=FILE]>': a report of wsurl echo-test; write \
                 human, json, junit, tap, nagios, prometheus, github, html\n";
    wsurl(&["probe", "--report", "hlog", &nobody.url("ws")]).stdout("").stderr_has(error).exits(2);
}
