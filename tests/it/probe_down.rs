//! `probe`: what is told of endpoints that refuse or do not answer, and the names under which they are told.

use serde_json::{Value, json};

use crate::support::formats::{assert_narrow, json_lines, unfolded};
use crate::support::{Script, Wsurl, closed_port, secs};

#[track_caller]
fn report(args: &[&str], code: i32) -> Value {
    let run = Wsurl::new(["probe", "--report", "json"]).args(args).within(secs(5)).exits(code);
    json_lines(run.text()).remove(0)
}

#[test]
fn of_a_refusal_the_first_kibibyte_is_shown_in_full() {
    let words: Vec<_> = (100..400).map(|number| format!("word{number}")).collect();
    let body = words.join(" ");
    let refusal = format!("HTTP/1.1 503 Busy\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let answering = || Script::new().request().respond(&refusal).close();
    let peer = answering();
    let run = Wsurl::new(["probe", &peer.url()]).exits(22);
    assert_narrow(run.text());
    let shown = unfolded(run.text(), "    word100 ", 4);
    assert_eq!(shown.trim_start(), body[..1024].trim_end());

    let peer = answering();
    assert_eq!(report(&[&peer.url()], 22)["http"]["body"], body[..1024]);
    let peer = Script::new().request().respond("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n").close();
    assert_eq!(report(&[&peer.url()], 22)["http"]["body"], "");
}

#[test]
fn everything_that_was_asked_is_listed() {
    let (_socket, closed) = closed_port();
    let checks = ["--expect-text", "hi", "--min-cert-days", "9", "--max-latency", "1s", "--crit", "9s"];
    let report = report(&[&checks[..], &[&closed]].concat(), 7);
    let names = ["--min-cert-days 9", "--max-latency 1s", "--crit 9s", "--expect-text 'hi'"];
    let listed = names.map(|name| json!({"name": name, "holds": false, "seen": "not reached"}));
    assert_eq!(report["assertions"], json!(listed));
    assert_eq!(
        report["error"],
        format!("cannot connect to {}: Connection refused", &closed[5..closed.len() - 1])
    );
}

#[test]
fn a_refused_upgrade_has_broken_what_can_be_judged() {
    let refusal = "HTTP/1.1 403 No\r\nServer: x\r\nContent-Length: 0\r\n\r\n";
    let peer = Script::new().request().respond(refusal).close();
    let checks = ["--expect-header", "Server: y", "--expect-subprotocol", "chat", "--expect-text", "hi"];
    let report = report(&[&checks[..], &[&peer.url()]].concat(), 22);
    let seen: Vec<_> = report["assertions"]
        .as_array()
        .expect("assertions")
        .iter()
        .map(|each| each["seen"].clone())
        .collect();
    assert_eq!(seen, ["not reached", "x", "not reached"]);
}

#[test]
fn a_url_is_told_as_it_was_given() {
    let (_socket, closed) = closed_port();
    let address = closed.trim_start_matches("ws://").trim_end_matches('/');
    let given = format!("WS://me:hunter2@{address}/a/../b?Token=hunter2&x={{y}}");
    let report = report(&[&given], 7);
    assert_eq!(report["url"], format!("WS://{address}/a/../b?Token=(redacted)&x={{y}}"));
    assert_eq!(report["url_effective"], format!("ws://{address}/b?Token=(redacted)&x={{y}}"));
}
