//! `probe --security`: for each rule, a server that keeps it and one that does not.

use std::collections::BTreeMap;

use crate::support::beside_tls::{self, Beside};
use crate::support::flawed::{COOKIE, Flaw, Flawed, TOKEN};
use crate::support::formats::{json, regex};
use crate::support::{Certificate, Echo, Embedded, Wsurl, secs, timed};

fn probe(args: &[&str]) -> Wsurl {
    Wsurl::new(["probe", "--security"]).args(args).limit(secs(120)).within(secs(100))
}

/// Verdict and words on each rule.
type Verdicts = BTreeMap<String, (String, String)>;

/// What the rules come to with these arguments: these fail, and no others.
#[track_caller]
fn verdicts(args: &[&str], fail: &[&str]) -> Verdicts {
    let run = probe(&["--report", "json"]).args(args).exits(i32::from(!fail.is_empty()));
    let report = json(run.text());
    let rules = report["security"]["rules"].as_array().expect("rules").clone();
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let verdicts: Verdicts =
        rules.iter().map(|rule| (text(&rule["id"]), (text(&rule["verdict"]), text(&rule["seen"])))).collect();
    let failed = rules.iter().filter(|rule| rule["verdict"] == "fail" && rule["excepted"] == false);
    let failed: Vec<_> = failed.map(|rule| text(&rule["id"])).collect();
    assert_eq!(failed, fail, "{verdicts:#?}");
    // Nothing that is secret is told, and nothing is called safe.
    let told = run.text();
    assert!(!told.contains("open-sesame") && !told.contains("6f 70 65 6e 2d 73 65 73"), "{told}");
    assert!(!told.to_lowercase().contains("secure"), "{told}");
    verdicts
}

/// A server with this flaw fails these rules when it is asked with the cookie.
#[track_caller]
fn fails(flaw: Flaw, rules: &[&str]) -> Verdicts {
    let server = Flawed::start(flaw);
    verdicts(&["--cookie", COOKIE, &server.url()], rules)
}

#[track_caller]
fn same(verdicts: &Verdicts, rule: &str, verdict: &str, seen: &str) {
    assert_eq!(verdicts[rule], (verdict.to_owned(), seen.to_owned()), "{rule}");
}

#[test]
fn a_server_that_minds_its_doors_fails_nothing() {
    let server = Flawed::start(Flaw::WantsCredentials);
    let verdicts = verdicts(&["--rule-timeout", "40s", "--cookie", COOKIE, &server.url()], &[]);
    let foreign = "403 Forbidden (Origin: https://wsurl-foreign.example, with a cookie)";
    same(&verdicts, "origin-foreign", "pass", foreign);
    same(&verdicts, "origin-null", "pass", "403 Forbidden (Origin: null, with a cookie)");
    same(&verdicts, "credentials-missing", "pass", "403 Forbidden (without Cookie)");
    same(&verdicts, "credentials-wrong", "pass", "403 Forbidden");
    same(&verdicts, "credentials-returned", "pass", "not in the answers, nor in the first messages");
    same(&verdicts, "plain-beside-tls", "not-applicable", "the URL is ws://");
    same(&verdicts, "tls-old", "not-applicable", "the URL is ws://");
    let (verdict, seen) = &verdicts["message-endless"];
    assert!(verdict == "pass" && regex("^closed with 1009, after [1-9][0-9] MiB$").is_match(seen), "{seen}");
    same(
        &verdicts,
        "message-inflated",
        "not-applicable",
        "it does not agree to permessage-deflate with client_max_window_bits",
    );
    let (verdict, seen) = &verdicts["fragments-endless"];
    assert!(
        verdict == "pass"
            && seen.starts_with("20000 empty fragments were taken; another client was answered after ")
    );
    assert_eq!(verdicts["pings-endless"].0, "pass", "{verdicts:?}");
    assert_eq!(verdicts.len(), 11);
}

#[test]
fn a_server_that_lets_everybody_in_is_found() {
    let rules = ["origin-foreign", "origin-null", "credentials-missing", "credentials-wrong"];
    let verdicts = fails(Flaw::Nothing, &rules);
    let open = "101 Switching Protocols, and still open after 3s";
    same(&verdicts, "credentials-missing", "fail", &format!("{open} (without Cookie)"));
    // After three second looks it is known that the server is not slow.
    let soon = "101 Switching Protocols, and still open after 1s";
    same(&verdicts, "credentials-wrong", "fail", soon);
    same(&verdicts, "origin-null", "fail", &format!("{open} (Origin: null, with a cookie)"));
}

#[test]
fn one_door_that_is_open_is_found() {
    fails(Flaw::TakesAnyOrigin, &["origin-foreign", "origin-null"]);
    fails(Flaw::TakesAnyCredentials, &["credentials-wrong"]);
}

#[test]
fn a_close_right_after_the_upgrade_is_a_refusal() {
    let verdicts = fails(Flaw::ClosesStrangers, &[]);
    same(&verdicts, "credentials-missing", "pass", "101, then closed with 4401 (without Cookie)");
    same(&verdicts, "credentials-wrong", "pass", "101, then closed with 4401");
}

#[test]
fn an_origin_is_judged_only_where_a_browser_would_send_credentials() {
    let server = Flawed::start(Flaw::Nothing);
    let without = verdicts(&[&server.url()], &[]);
    let public = "no credentials were given: a service for everybody accepts any Origin";
    same(&without, "origin-foreign", "inconclusive", public);
    same(&without, "credentials-missing", "not-applicable", "no credentials were given");

    let server = Flawed::start(Flaw::TakesAnyOrigin);
    let header = format!("Authorization: {TOKEN}");
    let with_token = verdicts(&["-H", &header, &server.url()], &[]);
    same(&with_token, "origin-foreign", "inconclusive", "browsers send no Authorization by themselves");
    same(&with_token, "credentials-missing", "pass", "403 Forbidden (without Authorization)");
}

#[test]
fn credentials_that_come_back_are_found() {
    for (flaw, seen) in [
        (Flaw::ReturnsInField, "a credential came back in the field X-Session of 101 Switching Protocols"),
        (Flaw::ReturnsInMessage, "a credential came back in a message"),
        (Flaw::ReturnsInBody, "a credential came back in the body of 426 Upgrade Required"),
    ] {
        let verdicts = fails(flaw, &["credentials-returned"]);
        same(&verdicts, "credentials-returned", "fail", seen);
    }
}

#[test]
fn a_message_without_end_that_is_taken_is_found() {
    let server = Flawed::start(Flaw::TakesEndless);
    let verdicts = verdicts(&["--rule-timeout", "60s", &server.url()], &["message-endless"]);
    let seen = "128 MiB of one message were taken: the ping after them was answered";
    same(&verdicts, "message-endless", "fail", seen);
}

#[test]
fn a_message_that_inflates_without_end_is_judged() {
    let server = Embedded::start();
    let right = verdicts(&[server.url()], &[]);
    same(&right, "message-inflated", "pass", "closed with 1009");

    let server = Flawed::start(Flaw::TakesBombs);
    let wrong = verdicts(&[&server.url()], &["message-inflated"]);
    let seen = &wrong["message-inflated"].1;
    assert!(
        regex("^256 MiB from 2[0-9]{2} KiB were taken: the message after them came back$").is_match(seen),
        "{seen}"
    );
}

#[test]
fn a_server_that_a_flood_brings_down_is_found() {
    timed(|| {
        for (flaw, rule) in
            [(Flaw::DiesOfFragments, "fragments-endless"), (Flaw::DiesOfPings, "pings-endless")]
        {
            let server = Flawed::start(flaw);
            let verdicts = verdicts(&[&server.url()], &[rule]);
            let seen = &verdicts[rule].1;
            assert!(
                seen.starts_with("the server was lost: cannot connect to ")
                    && seen.ends_with("; not back within 10s"),
                "{seen}"
            );
        }
    });
}

#[test]
fn the_port_of_wss_is_tried_without_tls_and_with_an_old_one() {
    let server = Echo::new().tls(Certificate::Valid).start();
    let right =
        verdicts(&["--security-except", "message-endless", "--cacert", server.cacert(), &server.url()], &[]);
    assert_eq!(right["plain-beside-tls"].0, "pass", "{right:#?}");
    assert_eq!(right["tls-old"].0, "pass", "{right:#?}");

    let plain = Echo::new().start();
    for (beside, rule, seen) in [
        (Beside::Plain(plain.address()), "plain-beside-tls", "101 Switching Protocols"),
        (Beside::OldTls, "tls-old", "agreed to TLS 1.1"),
    ] {
        let port = beside_tls::start(server.address(), beside).port();
        let url = format!("wss://127.0.0.1:{port}/");
        let wrong =
            verdicts(&["--security-except", "message-endless", "--cacert", server.cacert(), &url], &[rule]);
        assert!(wrong[rule].1.ends_with(seen), "{wrong:#?}");
    }
}

#[test]
fn people_get_a_line_for_each_rule_and_known_failures_are_none() {
    let server = Flawed::start(Flaw::TakesAnyOrigin);
    let run = probe(&["--cookie", COOKIE, &server.url()]).exits(1);
    let seen = regex(
        r"(?m)^    fail  10\.2    origin-foreign .*\(Origin: https://wsurl-foreign\.example, with a cookie\)$",
    );
    assert!(seen.is_match(run.text()), "{}", run.text());
    let told = "wsurl: error: 2 of 11 rules of --security are broken: origin-foreign, origin-null\n\
                wsurl: hint: -v shows what was sent and seen\n";
    assert_eq!(run.stderr, told);
    assert!(
        regex(r"(?m)^  security: [56] pass, 2 fail, [01] inconclusive, 3 not applicable$")
            .is_match(run.text()),
        "{}",
        run.text()
    );

    let except = ["--security-except", "origin-null,origin-foreign", "--cookie", COOKIE];
    let run = probe(&except).args([&server.url()]).stderr("").exits(0);
    assert!(regex(r"(?m)^    known 10\.2    origin-null").is_match(run.text()), "{}", run.text());

    let run = probe(&["-v", "--cookie", COOKIE, &server.url()]).exits(1);
    let evidence = regex(r"(?m)^          > Origin: null$");
    assert!(evidence.is_match(run.text()) && run.text().contains("> Cookie: (redacted)"), "{}", run.text());

    let told = "wsurl: error: --security-except has no effect without --security\n\
                wsurl: hint: write --security --security-except ...\n";
    Wsurl::new(["probe", "--security-except", "tls-old", "ws://h/"]).stderr(told).exits(2);
}
