//! `probe --conformance`: the rules of RFC 6455 against a server that keeps them, and one that lets everything pass.

use std::collections::BTreeMap;
#[cfg(unix)]
use std::{
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::mpsc,
};

use serde_json::Value;

use crate::support::flawed::{Flaw, Flawed};
use crate::support::formats::{Metrics, assert_fields, json, regex, tap, verdict};
use crate::support::{Certificate, Element, Embedded, LaxServer, Script, Wsurl, secs};

fn probe(args: &[&str]) -> Wsurl {
    Wsurl::new(["probe", "--conformance"]).args(args).limit(secs(120)).within(secs(60))
}

/// How many rules have each verdict, counted from the rules themselves.
fn tally(conformance: &Value) -> BTreeMap<&str, u64> {
    let mut tally = BTreeMap::new();
    for rule in conformance["rules"].as_array().expect("rules") {
        *tally.entry(rule["verdict"].as_str().expect("a text")).or_default() += 1;
    }
    tally
}

/// The counts of the report are those of its rules, and each rule is complete.
#[track_caller]
fn check(conformance: &Value) {
    assert_fields(conformance, &["passed", "failed", "inconclusive", "not_applicable", "excepted", "rules"]);
    let tally = tally(conformance);
    for (count, verdict) in [
        ("passed", "pass"),
        ("failed", "fail"),
        ("inconclusive", "inconclusive"),
        ("not_applicable", "not-applicable"),
    ] {
        assert_eq!(conformance[count], tally.get(verdict).copied().unwrap_or_default(), "{count}");
    }
    let mut ids = Vec::new();
    for rule in conformance["rules"].as_array().expect("rules") {
        assert_fields(rule, &["id", "rfc", "section", "title", "verdict", "excepted", "seen", "evidence"]);
        let text = |name: &str| rule[name].as_str().unwrap_or_else(|| panic!("{name}: {rule}"));
        assert!(regex("^[a-z0-9]+(-[a-z0-9]+)*$").is_match(text("id")), "{rule}");
        assert!(regex(r"^\d+(\.\d+)*$").is_match(text("section")), "{rule}");
        assert!(!text("title").is_empty() && !text("seen").is_empty(), "{rule}");
        assert!(
            rule["evidence"].as_array().is_some_and(|lines| lines.iter().all(Value::is_string)),
            "{rule}"
        );
        ids.push(text("id").to_owned());
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "no rule twice");
}

#[test]
fn our_own_server_breaks_no_rule() {
    let server = Embedded::start();
    let run = probe(&["--report", "json", server.url()]).stderr("").exits(0);
    let report = json(run.text());
    assert_eq!((&report["verdict"], &report["status"]), (&"ok".into(), &"success".into()));
    let conformance = &report["conformance"];
    check(conformance);
    let broken: Vec<_> = conformance["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .filter(|rule| rule["verdict"] == "fail")
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let rules = conformance["rules"].as_array().expect("rules");
    let other_code = |rule: &&Value| rule["seen"].as_str().is_some_and(|seen| seen.contains("should be"));
    let refused_otherwise: Vec<_> = rules.iter().filter(other_code).collect();
    assert!(refused_otherwise.is_empty(), "{refused_otherwise:#?}");
    assert!(conformance["passed"].as_u64().is_some_and(|passed| passed >= 25), "{:?}", tally(conformance));
}

#[test]
fn people_get_a_line_for_each_rule() {
    let server = Embedded::start();
    let run = probe(&[server.url()]).stderr("").exits(0);
    assert!(verdict(run.text()).starts_with(&format!("OK    {} is up: ", server.url())), "{}", run.text());
    let head = regex(r"(?m)^  conformance: (\d+) pass, 0 fail, (\d+) inconclusive, (\d+) not applicable$");
    let counted = head.captures(run.text()).expect("the counts");
    let counted = [1, 2, 3].map(|index| counted[index].parse::<usize>().expect("a number"));
    let line = regex(r"^    (\S+) +\d+(\.\d+)* +[a-z0-9-]+ +\S");
    let rules: Vec<_> = run.text().lines().filter_map(|text| line.captures(text)).collect();
    assert_eq!(rules.len(), counted.iter().sum::<usize>(), "{}", run.text());
    let passed = rules.iter().filter(|rule| &rule[1] == "pass").count();
    assert!(passed == counted[0] && passed >= 25, "{}", run.text());
    assert!(regex(r"(?m)^    pass +5\.5\.2 +ping-answered +\S").is_match(run.text()), "{}", run.text());
}

#[test]
fn a_server_that_lets_everything_pass_breaks_rules() {
    let server = LaxServer::start();
    let run = probe(&["--report", "json", &server.url()]).exits(1);
    let report = json(run.text());
    assert_eq!((&report["verdict"], &report["status"]), (&"failed".into(), &"expectation-failed".into()));
    let conformance = &report["conformance"];
    check(conformance);
    let tally = tally(conformance);
    assert!(tally["pass"] >= 10 && tally["fail"] >= 10, "{tally:?}");
    let rules = conformance["rules"].as_array().expect("rules");
    let failed: Vec<_> = rules.iter().filter(|rule| rule["verdict"] == "fail").collect();
    let ids: Vec<_> = failed.iter().filter_map(|rule| rule["id"].as_str()).collect();
    let told = format!("{} of {} rules are broken: {}", failed.len(), rules.len(), ids.join(", "));
    assert_eq!(report["error"], told);
    assert!(run.stderr.starts_with(&format!("wsurl: error: {told}\n")), "{}", run.stderr);
    let hex = regex("^[<>] [0-9a-f]{2}( [0-9a-f]{2})*");
    for rule in failed {
        let lines = rule["evidence"].as_array().expect("evidence");
        assert!(!lines.is_empty(), "{rule}");
        let frames = rule["section"].as_str().is_some_and(|section| section.starts_with('5'));
        assert!(
            !frames || lines.iter().any(|line| line.as_str().is_some_and(|line| hex.is_match(line))),
            "{rule}"
        );
    }
}

#[test]
fn the_evidence_is_shown_when_it_is_asked_for() {
    let server = LaxServer::start();
    let evidence = regex("^ {5,}[<>] [0-9a-f]{2}( [0-9a-f]{2})*");
    let shown = |text: &str| text.lines().filter(|line| evidence.is_match(line)).count();

    let run = probe(&[&server.url()]).exits(1);
    assert_eq!(shown(run.text()), 0, "{}", run.text());

    let run = probe(&["-v", &server.url()]).exits(1);
    let lines: Vec<_> = run.text().lines().collect();
    let rule = lines
        .iter()
        .position(|line| regex("^    fail +5.1 +unmasked").is_match(line))
        .expect("a failed rule");
    let below: Vec<_> = lines[rule + 1..].iter().take_while(|line| line.starts_with("     ")).collect();
    assert!(
        below.iter().any(|line| line.trim_start().starts_with("> ") && evidence.is_match(line)),
        "{below:?}"
    );
    assert!(
        below.iter().any(|line| line.trim_start().starts_with("< ") && evidence.is_match(line)),
        "{below:?}"
    );
    let passed = lines.iter().position(|line| line.starts_with("    pass ")).expect("a rule that is kept");
    assert!(!evidence.is_match(lines[passed + 1]), "{}", lines[passed + 1]);
}

/// Only a terminal has no room for a line.
#[test]
fn in_a_pipe_what_was_seen_is_shown_whole() {
    let server = LaxServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.json");
    let to_file = format!("json={}", file.display());
    let run = probe(&["-v", "--report", "human", "--report", &to_file, &server.url()]).exits(1);
    let report = json(&std::fs::read_to_string(file).expect("the other report"));
    let lines: Vec<_> = run.text().lines().map(str::trim).collect();
    let has =
        |begin: &str, end: &str| lines.iter().any(|line| line.starts_with(begin) && line.ends_with(end));
    for rule in report["conformance"]["rules"].as_array().expect("rules") {
        let text = |key: &str| rule[key].as_str().expect("a text");
        let verdict = [("inconclusive", "?"), ("not-applicable", "n/a")];
        let word = verdict
            .iter()
            .find(|(name, _)| *name == text("verdict"))
            .map_or(text("verdict"), |(_, word)| word);
        assert!(has(&format!("{word:<5} {:<7} {}", text("section"), text("id")), text("seen")), "{rule}");
        if word == "fail" {
            let evidence = rule["evidence"].as_array().expect("evidence").iter().filter_map(Value::as_str);
            for line in evidence {
                assert!(lines.contains(&line.trim()), "{line}\n{}", run.text());
            }
        }
    }
}

#[test]
fn a_server_with_tls_is_looked_at_too() {
    let server = Embedded::tls(Certificate::Valid);
    let run = probe(&["--cacert", server.cacert(), "--report", "json", server.url()]).stderr("").exits(0);
    let report = json(run.text());
    check(&report["conformance"]);
    assert!(tally(&report["conformance"])["pass"] >= 25, "{report}");
}

#[test]
fn rules_are_cases_of_the_other_reports() {
    let server = Embedded::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    let report = |format: &str| format!("--report={format}={}", file(format));
    let run =
        probe(&["--report", "json", &report("junit"), &report("tap"), &report("prometheus"), server.url()]);
    let report = json(run.exits(0).text());
    let tally = tally(&report["conformance"]);
    let read = |name: &str| std::fs::read_to_string(file(name)).expect("the file");

    let root = Element::parse(&read("junit"));
    let suite = root.child("testsuite").expect("a suite");
    let rules: Vec<_> = suite
        .all("testcase")
        .filter(|case| case.attribute("name").is_some_and(|name| name.starts_with("RFC ")))
        .collect();
    assert_eq!(rules.len() as u64, tally.values().sum::<u64>());
    assert!(rules.iter().any(|case| case.attribute("name") == Some("RFC 6455 5.5.2 ping-answered")));
    let skipped = rules.iter().filter(|case| case.child("skipped").is_some()).count() as u64;
    let unclear = ["inconclusive", "not-applicable"].map(|name| tally.get(name).copied().unwrap_or_default());
    assert_eq!(skipped, unclear.iter().sum::<u64>());

    let points = tap(&read("tap"));
    assert_eq!(points.iter().filter(|point| point.skipped).count() as u64, skipped);
    assert!(points.iter().all(|point| point.ok));
    assert!(points.iter().any(|point| point.description.ends_with("5.5.2 ping-answered")));

    let metrics = Metrics::parse(&read("prometheus"));
    let passed = metrics.get("wsurl_probe_conformance_rules", &[("verdict", "pass")]);
    assert!((passed - f64::from(u32::try_from(tally["pass"]).expect("few"))).abs() < 0.1, "{passed}");
}

#[test]
fn a_server_that_is_down_is_not_looked_at() {
    let report = json(probe(&["--report", "json", "ws://127.0.0.1:1/"]).within(secs(5)).exits(7).text());
    assert!(report["conformance"].is_null(), "{report}");

    let peer = Script::new().request().respond("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").close();
    let report = json(probe(&["--report", "json", &peer.url()]).within(secs(5)).exits(22).text());
    assert!(report["conformance"].is_null(), "{report}");
    assert_eq!(peer.requests().len(), 1);
}

/// What a server does wrong in an ordinary session, and even in its 101, is what the rules are there to name.
#[test]
fn a_server_that_fails_the_probe_is_judged_all_the_same() {
    let ping = "timed out after 1s in ping with 127.0.0.1 (--ping-timeout)";
    for (flaw, rule, before) in [
        (Flaw::NoPongs, "ping-answered", ping),
        (Flaw::Masks, "sends-no-masks", "masked frame from a server (RFC 6455 §5.1)"),
        (Flaw::NeverCloses, "close-answered", "our Close was not answered (1006)"),
        (Flaw::WrongAccept, "accept-key", "(RFC 6455 §4.2.2)"),
        (Flaw::UnaskedSubprotocol, "subprotocol-unasked", "was not offered (RFC 6455 §4.1)"),
    ] {
        let server = Flawed::start(flaw);
        // Others answer it, however busy the machine is.
        let patience = if flaw == Flaw::NoPongs { "1s" } else { "20s" };
        let run = probe(&["--ping-timeout", patience, "--report", "json", &server.url()]).exits(1);
        let report = json(run.text());
        assert_eq!((&report["verdict"], &report["status"]), (&"failed".into(), &"expectation-failed".into()));
        check(&report["conformance"]);
        let rules = report["conformance"]["rules"].as_array().expect("rules").clone();
        let judged = rules.iter().find(|judged| judged["id"] == rule).expect("the rule");
        assert_eq!(judged["verdict"], "fail", "{flaw:?}: {judged}");
        let told = run.stderr.lines().next().unwrap_or_default();
        let both = regex(r"^wsurl: error: \d+ of 93 rules (is|are) broken: [a-z0-9, -]+; ").is_match(told);
        assert!(both && told.contains(rule) && told.ends_with(before), "{flaw:?}: {told}");
    }
}

#[test]
fn a_server_that_does_not_get_ready_is_not_judged() {
    let server = Flawed::start(Flaw::NoPongs);
    let run = probe(&["--wait-ready", "500ms", "--report", "json", &server.url()]).exits(28);
    assert!(json(run.text())["conformance"].is_null(), "{}", run.text());
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_look() {
    use crate::support::Signal;

    let server = LaxServer::start();
    let mut run = probe(&["-vv", &server.url()]).within(secs(10)).spawn();
    run.wait_for_stderr("HTTP/1.1 101");
    run.signal(Signal::Interrupt);
    run.exits(130);
}

/// A way to `server` for `count` connections: nobody answers on later ones. Returns its URL, and what tells of each of these.
#[cfg(unix)]
fn relay(server: SocketAddr, count: usize) -> (String, mpsc::Receiver<TcpStream>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let (sender, later) = mpsc::channel();
    let pass = |mut from: TcpStream, mut to: TcpStream| {
        std::thread::spawn(move || {
            // It fails when a peer resets the connection.
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    };
    std::thread::spawn(move || {
        for (number, client) in listener.incoming().flatten().enumerate() {
            if number < count {
                let server = TcpStream::connect(server).expect("the server");
                let ends = (client.try_clone().expect("a socket"), server.try_clone().expect("a socket"));
                pass(ends.0, ends.1);
                pass(server, client);
            } else if sender.send(client).is_err() {
                break;
            }
        }
    });
    (url, later)
}

#[cfg(unix)]
#[test]
fn an_interrupt_while_nobody_answers_keeps_the_verdicts() {
    use crate::support::Signal;

    let server = Embedded::start();
    let address = server.url().trim_start_matches("ws://").trim_end_matches('/').parse().expect("an address");
    // The next connection is that of a rule on frames, whose dial awaits the answer to the upgrade.
    let (url, later) = relay(address, 30);
    let args = ["--report", "json", "--rule-timeout", "60s", "--connect-timeout", "60s", &url];
    let run = probe(&args).stderr("wsurl: error: interrupted by SIGINT\n").spawn();
    let _held = later.recv_timeout(secs(60)).expect("a connection of a rule");
    run.signal(Signal::Interrupt);
    let run = run.exits(130);
    let report = json(run.text());
    assert_eq!(report["status"], "interrupted");
    check(&report["conformance"]);
    assert!(report["conformance"]["passed"].as_u64() > Some(0), "{report}");
}

#[test]
fn known_deviations_are_shown_and_are_no_failure() {
    let server = Flawed::start(Flaw::EchoesAnyClose);
    let all = "close-one-byte,close-codes-forbidden,close-codes-unused,close-reason-not-utf8";
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    let (junit, json_file) =
        (format!("--report=junit={}", file("junit")), format!("--report=json={}", file("json")));

    let run = probe(&["--conformance-except", all, &server.url()]).exits(1);
    assert_eq!(
        run.stderr,
        "wsurl: error: 1 of 93 rules is broken: sends-legal-close\nwsurl: hint: -v shows what was sent and seen\n"
    );

    let but_one = ["--conformance-except", all, "--conformance-except", "sends-legal-close"];
    let run = probe(&but_one).args(["--report=human", &junit, &json_file, &server.url()]).stderr("").exits(0);
    let text = run.text();
    assert!(
        regex(r"(?m)^  conformance: \d+ pass, 5 fail \(5 known\), 1 inconclusive, 12 not ").is_match(text)
    );
    assert!(regex(r"(?m)^    known 5\.5\.1   close-one-byte +sent back$").is_match(text), "{text}");
    let read = |name: &str| std::fs::read_to_string(file(name)).expect("the file");
    let report = json(&read("json"));
    assert_eq!((&report["verdict"], &report["conformance"]["excepted"]), (&"ok".into(), &5.into()));
    let suites = Element::parse(&read("junit"));
    let suite = suites.child("testsuite").expect("a suite");
    assert_eq!(suite.attribute("failures"), Some("0"));
    let case = suite
        .all("testcase")
        .find(|case| case.attribute("name").is_some_and(|name| name.ends_with("5.5.1 close-one-byte")));
    let skipped = case.expect("the case").child("skipped").expect("skipped");
    assert_eq!(skipped.attribute("message"), Some("known deviation: sent back"));
}

#[test]
fn options_of_rules_are_checked() {
    Wsurl::new(["probe", "--conformance", "--conformance-except", "close-message", "ws://h/"])
        .stderr(
            "wsurl: error: invalid value 'close-message' for '--conformance-except <RULE,...>': no rule has this name; \
             write close-in-message\n",
        )
        .exits(2);
    for (option, value) in [("--conformance-except", "ping-empty"), ("--rule-timeout", "1s")] {
        let told = format!(
            "wsurl: error: {option} has no effect without --conformance\n\
             wsurl: hint: write --conformance {option} ...\n"
        );
        Wsurl::new(["probe", option, value, "ws://h/"]).stderr(&told).exits(2);
    }
}

#[test]
fn a_crash_is_named_in_the_error() {
    let server = Flawed::start(Flaw::RestartsOfHighBit);
    let run = probe(&["-v", &server.url()]).exits(1);
    assert!(
        run.stderr.contains("wsurl: error: 1 of 93 rules is broken: length-high-bit-refused\n"),
        "{}",
        run.stderr
    );
    assert!(
        regex(r"(?m)^    fail  5\.2     length-high-bit-refused   the server was lost, twice: ")
            .is_match(run.text())
    );

    let server = Flawed::start(Flaw::DiesOfHuge);
    let run = probe(&["--rule-timeout", "500ms", &server.url()]).exits(1);
    let told = "wsurl: error: 1 of 93 rules is broken: message-huge; the server was lost after \
                message-huge, and was not back within 10s\n";
    assert!(run.stderr.starts_with(told), "{}", run.stderr);

    let except = ["--conformance-except", "message-huge", "--rule-timeout", "500ms"];
    let server = Flawed::start(Flaw::DiesOfHuge);
    probe(&except)
        .args([&server.url()])
        .stderr("wsurl: error: the server was lost after message-huge, and was not back within 10s\n")
        .exits(7);
}

#[test]
fn messages_help_to_judge_a_server_that_does_not_echo() {
    let server = Flawed::start(Flaw::Picky);
    let seen = |args: &[&str]| {
        let report =
            json(probe(&["--report", "json"]).args(args).args([&server.url()]).stderr("").exits(0).text());
        let rules = report["conformance"]["rules"].as_array().expect("rules").clone();
        let rule = rules.iter().find(|rule| rule["id"] == "text-fragmented").expect("the rule").clone();
        (rule["verdict"].clone(), rule["seen"].clone())
    };
    assert_eq!(seen(&[]), ("inconclusive".into(), "it ends the connection at any text message".into()));
    assert_eq!(seen(&["-d", "PING"]), ("pass".into(), "answered like the same message in one frame".into()));
}

#[test]
fn the_limit_of_a_rule_is_that_of_two_reactions() {
    let server = Flawed::start(Flaw::TakesHighBit);
    let report = json(probe(&["--rule-timeout", "1s", "--report", "json", &server.url()]).exits(0).text());
    let rules = report["conformance"]["rules"].as_array().expect("rules").clone();
    let rule = rules.iter().find(|rule| rule["id"] == "length-high-bit-refused").expect("the rule");
    assert_eq!(rule["seen"], "still open after 500ms; only senders must not");
}
