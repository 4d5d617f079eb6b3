//! The rules of `conformance` by themselves, against good servers, servers with one flaw each, and servers that cannot be
//! judged. What the command makes of them is not told here.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use wsurl::conformance::{Checked, Finding, Options, Server, Verdict, rules, run};
use wsurl::deadline::Deadline;
use wsurl::echo_server::{EchoServer as Embedded, ServerOptions};
use wsurl::endpoint::Endpoint;
use wsurl::error::{Failure, Status};
use wsurl::net::auth::Credential;
use wsurl::net::proxy::{ProxyOptions, ProxyUrl};
use wsurl::net::tls::ca_file::CaFile;
use wsurl::net::tls::client::TlsOptions;
use wsurl::net::upgrade::{self, Header};
use wsurl::net::{self, Connection, DialOptions, Facts, Observer, Transport};
use wsurl::protocol::Kind;
use wsurl::secret::Secret;

use crate::support::digest::SHA_256;
use crate::support::flawed::{Flaw, Flawed};
use crate::support::formats::regex;
use crate::support::{Certificate, Echo, EchoServer, Script, millis, secs};

/// More than any server can hold.
const HUGE: u64 = 1 << 40;

/// For servers that are not waited for in vain, so that a busy machine does no harm.
const LONG: Duration = secs(5);

/// How long a server that was lost is awaited.
const COMEBACK: Duration = secs(1);

/// For those that are.
const SHORT: Duration = millis(700);

#[test]
fn the_embedded_server_keeps_all_rules() {
    let server = Embedded::bind("127.0.0.1:0".parse().unwrap(), ServerOptions::default()).unwrap();
    let url = format!("ws://{}/", server.local_address().unwrap());
    let running = server.start().unwrap();
    let findings = Target::new(&url).check(LONG);
    assert_eq!(failed(&findings), [""; 0]);
    // It reads lengths that are longer than need be, which the RFC does not forbid.
    assert_eq!(with(&findings, Verdict::Inconclusive), ["length-not-minimal"]);
    assert_eq!(findings.len(), rules().count());
    assert!(findings.len() >= 32);
    running.shut_down();
}

#[test]
fn rules_are_checked_through_tls() {
    let server = Echo::new().tls(Certificate::Valid).start();
    let mut target = Target::new(&server.url());
    let pem = std::fs::read(server.cacert()).unwrap();
    target.options.tls.settings.cacert = Some(CaFile { name: server.cacert().to_owned(), pem });
    let findings = target.check(LONG);
    assert_eq!(failed(&findings), ["version-listed"]);
    assert_eq!(with(&findings, Verdict::Inconclusive), ["length-not-minimal"]);
}

#[test]
fn a_good_server_keeps_all_rules() {
    let findings = Target::new(&Flawed::start(Flaw::Nothing).url()).check(LONG);
    assert_eq!(failed(&findings), [""; 0]);
    assert_eq!(with(&findings, Verdict::Inconclusive), ["length-not-minimal"]);
    let ids: Vec<_> = findings.iter().map(|finding| finding.rule.id).collect();
    assert_eq!(ids, rules().map(|rule| rule.id).collect::<Vec<_>>());
    let told = seen(&findings);
    for (rule, seen) in [
        ("accept-key", "as computed from the key"),
        ("version-listed", "426 Upgrade Required, versions 13"),
        ("unmasked-refused", "closed with 1002"),
        ("utf8-invalid", "closed with 1007"),
        ("message-huge", "closed with 1009"),
        ("ping-answered", "pong with the same 7 bytes"),
        ("pings-in-a-row", "10 of 10 answered, the last too"),
        ("text-fragmented", "came back as it was sent"),
        ("close-answered", "Close frame with 1000"),
        ("close-ends-tcp", "TCP end"),
    ] {
        assert_eq!(told[rule], seen, "{rule}");
    }
}

/// The verdicts on the rules of compression.
fn of_compression(findings: &[Finding]) -> Vec<(&str, Verdict)> {
    let ours = findings.iter().filter(|finding| finding.rule.rfc == 7692);
    ours.map(|finding| (finding.rule.id, finding.verdict)).collect()
}

#[test]
fn rules_of_compression_do_not_apply_to_a_server_without_it() {
    let findings = Target::new(&Flawed::start(Flaw::Nothing).url()).check(LONG);
    let verdicts = of_compression(&findings);
    assert_eq!(verdicts.len(), 12);
    for (rule, verdict) in verdicts {
        assert_eq!(verdict, Verdict::NotApplicable, "{rule}");
        assert!(seen(&findings)[rule].starts_with("it does not agree to permessage-deflate"), "{rule}");
    }
}

#[test]
fn a_server_that_compresses_in_name_only_is_found() {
    let findings = breaks(
        Flaw::AgreesInName,
        LONG,
        &[
            "deflate-only-offered",
            "deflate-params-legal",
            "deflate-bad-offer",
            "deflate-fragmented",
            "deflate-control-between",
            "deflate-context-kept",
        ],
    );
    let told = seen(&findings);
    assert_eq!(
        told["deflate-only-offered"],
        "'permessage-deflate; client_max_window_bits=10': client_max_window_bits answered although it was not offered \
         (RFC 7692 §7.1.2.2)"
    );
    assert!(
        told["deflate-bad-offer"].contains("accepted with 'permessage-deflate; "),
        "{}",
        told["deflate-bad-offer"]
    );
    assert_eq!(told["deflate-fragmented"], "closed with 1002");
    assert_eq!(told["deflate-plain-accepted"], "came back as it was sent");
}

#[test]
fn what_a_server_says_on_its_own_does_not_matter() {
    let findings = Target::new(&Flawed::start(Flaw::Chatty).url()).check(LONG);
    assert_eq!(failed(&findings), [""; 0]);
    assert_eq!(with(&findings, Verdict::Inconclusive), ["length-not-minimal"]);
}

#[test]
fn a_reset_is_a_refusal() {
    let findings = Target::new(&Flawed::start(Flaw::Resets).url()).check(LONG);
    assert_eq!(failed(&findings), [""; 0]);
    let seen = seen(&findings)["rsv1-refused"].clone();
    assert!(seen.starts_with("TCP ") && seen.ends_with(" without Close (should be 1002)"), "{seen}");
}

/// A server with this flaw breaks these rules, and no others.
#[track_caller]
fn breaks(flaw: Flaw, patience: Duration, rules: &[&str]) -> Vec<Finding> {
    let findings = Target::new(&Flawed::start(flaw).url()).check(patience);
    assert_eq!(failed(&findings), rules, "{flaw:?}");
    findings
}

#[test]
fn flaws_of_the_opening_handshake_are_found() {
    breaks(
        Flaw::UpgradesAnything,
        LONG,
        &[
            "key-missing",
            "upgrade-missing",
            "upgrade-other",
            "connection-missing",
            "version-missing",
            "version-unknown",
            "version-listed",
            "post-refused",
            "http-1-0-refused",
        ],
    );
    breaks(Flaw::ListsNoVersions, LONG, &["version-listed"]);
}

#[test]
fn flaws_that_keep_every_session_from_opening_are_found() {
    for (flaw, rules) in [
        (Flaw::WrongAccept, &["accept-key"][..]),
        (Flaw::UnaskedExtension, &["extension-unasked", "extension-unknown"]),
        (Flaw::UnaskedSubprotocol, &["subprotocol-unasked", "subprotocol-offered"]),
        (Flaw::NoHttp, &["handshake-accepted"]),
    ] {
        let findings = breaks(flaw, LONG, rules);
        let seen = seen(&findings);
        assert!(!seen["unmasked-refused"].is_empty());
        assert!(seen["ping-answered"].starts_with("not tried: "), "{flaw:?}: {}", seen["ping-answered"]);
    }
}

#[test]
fn flaws_in_what_is_sent_are_found() {
    let masks = breaks(Flaw::Masks, LONG, &["sends-no-masks"]);
    let evidence = &of(&masks, "sends-no-masks").evidence;
    assert!(evidence[0].starts_with("* during ") && evidence[1].starts_with("< "), "{evidence:?}");
    breaks(Flaw::LongLengths, LONG, &["sends-shortest-lengths"]);
    breaks(Flaw::SetsRsv1, LONG, &["sends-no-reserved-bits"]);
}

#[test]
fn frames_that_are_not_refused_are_found() {
    breaks(Flaw::TakesUnmasked, LONG, &["unmasked-refused"]);
    breaks(
        Flaw::TakesReservedBits,
        LONG,
        &["rsv1-refused", "rsv2-refused", "rsv3-refused", "rsv-control-refused"],
    );
    breaks(Flaw::TakesReservedOpcodes, LONG, &["data-opcodes-refused", "control-opcodes-refused"]);
    breaks(
        Flaw::TakesLongControl,
        LONG,
        &["long-control-refused", "split-control-refused", "sends-whole-control"],
    );
    breaks(Flaw::TakesOrphans, LONG, &["continuation-orphan"]);
}

#[test]
fn a_server_that_reads_on_for_ever_breaks_no_rule() {
    let findings = breaks(Flaw::TakesHighBit, SHORT, &[]);
    let then = seen(&findings);
    assert_eq!(then["length-high-bit-refused"], "still open after 700ms; only senders must not");
    assert!(with(&findings, Verdict::Inconclusive).contains(&"length-high-bit-refused"));
    assert_eq!(seen(&findings)["message-huge"], "it reads on");
}

#[test]
fn text_that_is_not_refused_is_found() {
    breaks(
        Flaw::TakesAnyText,
        LONG,
        &[
            "utf8-invalid",
            "utf8-invalid-split",
            "utf8-truncated",
            "utf8-overlong",
            "utf8-surrogate",
            "utf8-beyond",
            "sends-utf8",
        ],
    );
    breaks(Flaw::ChecksTextLate, LONG, &[]);
}

#[test]
fn lost_fragments_are_found() {
    let lost = [
        "mask-removed",
        "text-fragmented",
        "binary-fragmented",
        "fragments-empty",
        "control-between",
        "character-split",
    ];
    let findings = breaks(Flaw::LosesFragments, SHORT, &lost);
    let seen = &seen(&findings)["text-fragmented"];
    assert_eq!(seen, "did not come back within 2.1s; a text message of 8 bytes did");
}

const PONGS: [&str; 5] = ["ping-answered", "ping-empty", "ping-longest", "pings-in-a-row", "ping-in-message"];

#[test]
fn missing_pongs_are_found() {
    let findings = breaks(Flaw::NoPongs, SHORT, &PONGS);
    let unclear = ["length-not-minimal", "frames-in-one-segment", "pong-unasked"];
    assert_eq!(with(&findings, Verdict::Inconclusive), unclear);
    assert_eq!(seen(&findings)["ping-empty"], "no answer within 2.1s instead of a pong");
}

#[test]
fn wrong_pongs_are_found() {
    let findings = breaks(Flaw::ChangedPongs, SHORT, &PONGS);
    assert_eq!(seen(&findings)["ping-empty"], "pong with another payload, of 15 bytes");
}

#[test]
fn late_pongs_are_found() {
    breaks(Flaw::LatePongs, SHORT, &["ping-in-message"]);
}

#[test]
fn flaws_of_the_closing_handshake_are_found() {
    breaks(
        Flaw::EchoesAnyClose,
        LONG,
        &[
            "close-one-byte",
            "close-codes-forbidden",
            "close-codes-unused",
            "close-reason-not-utf8",
            "sends-legal-close",
        ],
    );
    breaks(
        Flaw::NeverCloses,
        LONG,
        &["close-answered", "close-empty", "close-reason", "close-open-codes", "close-in-message"],
    );
    breaks(Flaw::KeepsTcp, SHORT, &["close-ends-tcp"]);
    // It waits for something to answer.
    let late = ["close-ends-tcp", "close-ends-data", "sends-nothing-after-close"];
    breaks(Flaw::AnswersAfterClose, SHORT, &late);
}

#[test]
fn a_server_that_a_huge_message_brings_down_is_found() {
    let findings = breaks(Flaw::DiesOfHuge, LONG, &["message-huge"]);
    let seen = &of(&findings, "message-huge").seen;
    assert!(
        seen.starts_with("the server was lost: cannot connect to ") && seen.ends_with("; not back within 1s"),
        "{seen}"
    );
}

#[test]
fn a_server_that_a_rule_brings_down_fails_it_by_name_and_the_run_goes_on() {
    let findings = breaks(Flaw::RestartsOfHighBit, LONG, &["length-high-bit-refused"]);
    let found = of(&findings, "length-high-bit-refused");
    assert!(
        found.seen.starts_with("the server was lost, twice: cannot connect to 127.0.0.1:")
            && found.seen.contains("; back after "),
        "{}",
        found.seen
    );
    let evidence = found.evidence.join("\n");
    assert!(evidence.contains("\n> 82 ff 80 00 00 00 00 00 00 00 "), "{evidence}");
    assert!(evidence.contains("\n* the server is gone: cannot connect to 127.0.0.1:"), "{evidence}");
    assert!(evidence.contains("; once more\n* WebSocket open\n> 82 ff 80 00 "), "{evidence}");
    // The rules after it are judged as ever.
    assert_eq!(seen(&findings)["close-answered"], "Close frame with 1000");
}

#[test]
fn a_loss_that_does_not_happen_again_accuses_nobody() {
    let findings = breaks(Flaw::RestartsOnce, LONG, &[]);
    let seen = &of(&findings, "length-high-bit-refused").seen;
    assert!(
        seen.starts_with("the server was lost once after it, but not a second time: cannot connect to "),
        "{seen}"
    );
}

#[test]
fn a_server_that_stops_answering_is_found() {
    let server = Flawed::start(Flaw::HangsOfHighBit);
    let limit = millis(700);
    let checked =
        run(&mut Target::new(&server.url()), &Options { limit, ..options(SHORT, &|| false) }, &mut |_| {});
    assert_eq!(failed(&checked.findings), ["length-high-bit-refused"]);
    assert_eq!(
        of(&checked.findings, "length-high-bit-refused").seen,
        "the server was lost: no answer in time to an upgrade request; not back within 3s"
    );
    let gone = "the server was lost after length-high-bit-refused, and was not back within 3s";
    assert_eq!(checked.gone.as_deref(), Some(gone));
    assert_eq!(seen(&checked.findings)["ping-answered"], format!("not tried: {gone}"));
}

#[test]
fn a_server_that_is_slow_is_not_taken_for_one_that_is_gone() {
    let findings = breaks(Flaw::PausesOfHighBit, secs(2), &[]);
    let found = of(&findings, "length-high-bit-refused");
    assert_eq!(found.verdict, Verdict::Inconclusive, "{}", found.seen);
    let seen = regex(
        "^the server was slow after it, twice: no answer in time to an upgrade request; it answered .*s later$",
    );
    assert!(seen.is_match(&found.seen), "{}", found.seen);
}

#[test]
fn what_does_not_come_in_time_is_looked_at_twice() {
    let findings = breaks(Flaw::LateOnce, LONG, &[]);
    assert_eq!(seen(&findings)["ping-empty"], "pong with the same 0 bytes");
}

#[test]
fn a_server_that_understands_little_is_not_blamed_for_it() {
    let findings = breaks(Flaw::Picky, LONG, &[]);
    let told = seen(&findings);
    // Nothing in an empty fragment can be disliked.
    assert_eq!(told["close-in-message"], "Close frame with 1000");
    assert_eq!(told["ping-in-message"], "answered before the message was complete");
    assert_eq!(told["text-fragmented"], "it ends the connection at any text message");
    assert_eq!(told["rsv1-refused"], "closed with 1002", "a code of its own says that it is not the content");
    let findings = breaks(Flaw::PickyNeverCloses, LONG, &[]);
    assert_eq!(
        seen(&findings)["close-in-message"],
        "TCP end without Close, but it ends the connection at any message"
    );
}

#[test]
fn a_message_that_the_server_understands_decides_more() {
    let messages = [(Kind::Text, b"PING".to_vec())];
    let check = |flaw| Target::new(&Flawed::start(flaw).url()).check_with(LONG, &messages).findings;
    let findings = check(Flaw::Picky);
    assert_eq!(failed(&findings), [""; 0]);
    let told = seen(&findings);
    for rule in ["text-fragmented", "control-between", "fragments-empty", "mask-removed", "frame-in-pieces"] {
        assert_eq!(told[rule], "answered like the same message in one frame", "{rule}");
    }
    assert_eq!(told["binary-fragmented"], "it ends the connection at any binary message");
    assert_eq!(told["length-not-minimal"], "16 bits for 4: accepted: it was answered; only senders must not");
    assert_eq!(told["message-in-message"], "closed with 1002");

    let findings = check(Flaw::PickyNeverCloses);
    assert_eq!(failed(&findings), ["close-in-message"]);
    let evidence = of(&findings, "close-in-message").evidence.join("\n");
    assert!(evidence.contains("\n> 01 82 ") && evidence.ends_with("\n* TCP end"), "{evidence}");
}

#[test]
fn messages_before_the_last_are_sent_on_every_connection() {
    let messages = [(Kind::Text, b"PING".to_vec()), (Kind::Text, b"PING".to_vec())];
    let server = Flawed::start(Flaw::Picky);
    let findings = Target::new(&server.url()).check_with(LONG, &messages).findings;
    assert_eq!(failed(&findings), [""; 0]);
    let evidence = &of(&findings, "ping-empty").evidence;
    assert!(evidence[1].starts_with("> 81 84 "), "{evidence:?}");
    assert_eq!(evidence[2], "< 81 04 50 4f 4e 47");
    // The second answer is like the first: it proves nothing.
    assert_eq!(seen(&findings)["text-fragmented"], "accepted, but the message of -d is never answered");
}

#[test]
fn a_service_that_passes_on_a_byte_stream_keeps_all_rules() {
    let findings = breaks(Flaw::Bridge, LONG, &[]);
    let told = seen(&findings);
    assert_eq!(told["mask-removed"], "came back within a message of 263 bytes");
    assert_eq!(told["binary-any-bytes"], "came back within a message of 263 bytes");
    assert_eq!(told["binary-fragmented"], "came back within a message of 11 bytes");
}

#[test]
fn fragments_that_come_back_one_by_one_are_found() {
    let fragmented =
        ["mask-removed", "text-fragmented", "binary-fragmented", "control-between", "character-split"];
    let findings = breaks(Flaw::EchoesFragments, SHORT, &fragmented);
    assert_eq!(seen(&findings)["text-fragmented"], "each fragment came back as a message of its own");
}

#[test]
fn a_rule_ends_when_its_time_is_over() {
    let server = Flawed::start(Flaw::TakesHighBit);
    let limit = millis(600);
    let asked = Options { limit, ..options(secs(20), &|| false) };
    let start = Instant::now();
    let findings = run(&mut Target::new(&server.url()), &asked, &mut |_| {}).findings;
    assert_eq!(failed(&findings), [""; 0]);
    assert_eq!(seen(&findings)["length-high-bit-refused"], "not decided within 600ms (--rule-timeout)");
    assert!(start.elapsed() < secs(30), "{:?}", start.elapsed());
}

#[test]
fn a_server_that_does_nothing_is_done_with_soon() {
    let start = Instant::now();
    let findings = Target::new(&Flawed::start(Flaw::Mute).url()).check(SHORT);
    let told = seen(&findings);
    for rule in [
        "unmasked-refused",
        "rsv1-refused",
        "ping-answered",
        "utf8-invalid",
        "close-answered",
        "close-one-byte",
    ] {
        assert_eq!(of(&findings, rule).verdict, Verdict::Fail, "{rule}: {}", told[rule]);
    }
    for rule in ["text-fragmented", "lengths-read", "sends-no-masks", "close-ends-data", "close-ends-tcp"] {
        assert_eq!(of(&findings, rule).verdict, Verdict::Inconclusive, "{rule}: {}", told[rule]);
    }
    // Three waits in full, then some fifty of an eighth each, and a few second looks; waits in full would take 42 s.
    let most = SHORT * 3 + SHORT / 8 * 60 + secs(20);
    assert!(start.elapsed() < most, "{:?}", start.elapsed());
}

#[test]
fn a_server_that_echoes_nothing_is_judged_by_its_pongs() {
    let findings = breaks(Flaw::NoEcho, SHORT, &[]);
    assert_eq!(
        with(&findings, Verdict::Inconclusive),
        [
            "length-not-minimal",
            "lengths-read",
            "mask-removed",
            "text-fragmented",
            "binary-fragmented",
            "control-between",
            "close-ends-data",
            "sends-shortest-lengths",
            "sends-fragments-in-order",
            "sends-utf8",
        ]
    );
    assert_eq!(seen(&findings)["character-split"], "accepted: the ping after it was answered");
}

#[test]
fn a_server_that_wants_no_messages_is_not_blamed_for_it() {
    let findings = breaks(Flaw::NoMessages, LONG, &[]);
    let told = seen(&findings);
    assert_eq!(told["rsv1-refused"], "closed with 1002");
    assert_eq!(
        told["utf8-invalid"],
        "byte ff: closed with 1008 (should be 1007), but it ends the connection at any message"
    );
    assert_eq!(told["unmasked-refused"], "closed with 1002");
    assert_eq!(told["message-empty"], "it ends the connection at any text message");
    assert_eq!(of(&findings, "ping-answered").verdict, Verdict::Pass);
}

#[test]
fn without_a_session_there_is_no_verdict() {
    let server = Flawed::start(Flaw::WantsPassword);
    let findings = Target::new(&server.url()).check(LONG);
    assert_eq!(with(&findings, Verdict::Inconclusive).len(), findings.len());
    let told = seen(&findings);
    assert_eq!(told["handshake-accepted"], "401 Unauthorized");
    assert_eq!(told["key-missing"], "an ordinary request is not accepted either: 401 Unauthorized");
    assert!(told["unmasked-refused"].contains("401 Unauthorized"), "{}", told["unmasked-refused"]);
}

#[test]
fn a_server_that_is_gone_is_left_alone() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut target = Target::new(&format!("ws://{gone}/"));
    let findings = target.check(LONG);
    assert_eq!(with(&findings, Verdict::Inconclusive).len(), findings.len());
    assert_eq!(findings.len(), rules().count());
    assert!(findings[0].seen.starts_with("cannot connect to"), "{}", findings[0].seen);
    assert_eq!(findings[3].seen, "not tried: the server could not be reached 3 times in a row");
    assert_eq!(target.calls, 3);
}

#[test]
fn an_interruption_ends_it_within_a_wait() {
    let server = Flawed::start(Flaw::Mute);
    let mut target = Target::new(&server.url());
    let start = Instant::now();
    let deadline = start + millis(500);
    let interrupted = || Instant::now() >= deadline;
    let findings = run(&mut target, &options(secs(20), &interrupted), &mut |_| {}).findings;
    assert!(findings.len() < rules().count());
    assert!(start.elapsed() < secs(10), "{:?}", start.elapsed());
}

#[test]
fn every_finding_is_told_at_once() {
    let server = Flawed::start(Flaw::Nothing);
    let told = Cell::new(0);
    let interrupted = || told.get() == 5;
    let mut target = Target::new(&server.url());
    let findings = run(&mut target, &options(LONG, &interrupted), &mut |_| told.set(told.get() + 1)).findings;
    assert_eq!((findings.len(), told.get()), (5, 5));
}

#[test]
fn evidence_is_what_went_over_the_wire() {
    let server = Flawed::start(Flaw::Nothing);
    let mut target = Target::new(&server.url());
    target.options.upgrade.bearer = Some(Secret::new("hunter2"));
    let cookie = Header { name: "Cookie".to_owned(), value: Some(Secret::new("a=hunter2")) };
    target.options.upgrade.headers.push(cookie);
    let findings = target.check(LONG);
    assert_eq!(failed(&findings), [""; 0]);

    let missing = of(&findings, "key-missing").evidence.join("\n");
    assert!(missing.starts_with("> GET / HTTP/1.1\n> Host: 127.0.0.1:"), "{missing}");
    assert!(missing.contains("\n> Authorization: (redacted)\n> Cookie: (redacted)\n"), "{missing}");
    assert!(!missing.contains("Sec-WebSocket-Key"), "{missing}");
    assert!(missing.contains("\n< HTTP/1.1 400 Bad Request"), "{missing}");

    let close = &of(&findings, "close-codes-forbidden").evidence;
    assert_eq!(close[0], "* WebSocket open");
    assert!(close[1].starts_with("> 88 82 "), "{close:?}");
    assert_eq!(close[2], "< 88 02 03 ea");

    let long = of(&findings, "lengths-read").evidence.join("\n");
    assert!(
        long.contains("> 81 ff 00 00 00 00 00 01 00 00 ") && long.contains(" ... (65550 bytes)"),
        "{long}"
    );
    assert!(long.contains("\n< 81 7f 00 00 00 00 00 01 00 00 77 77 ") && long.contains(" ... (65546 bytes)"));
    for finding in &findings {
        assert!(!finding.evidence.join("\n").contains("hunter2"), "{finding:?}");
        assert!(!finding.seen.is_empty() && !finding.seen.contains('\n'), "{finding:?}");
    }
}

#[test]
fn a_server_is_reached_through_a_proxy_that_asks_for_a_password() {
    let server = EchoServer::start();
    let refusal =
        format!("HTTP/1.1 407 Who?\r\nProxy-Authenticate: {}\r\nContent-Length: 0\r\n\r\n", SHA_256.value());
    let proxy = Script::new().request().respond(&refusal).http_tunnel_to(server.address());
    let mut target = Target::new("ws://chat.example/");
    target.options.proxy = Some(ProxyOptions {
        url: ProxyUrl::parse(&proxy.url_as("http")).unwrap(),
        credential: Some(Credential { name: "me".to_owned(), password: Secret::new("pw") }),
        headers: Vec::new(),
        tls: TlsOptions::default(),
    });
    let mut transport = target.reach(&deadline()).unwrap();
    transport.write_until(target.request("dGhlIHNhbXBsZSBub25jZQ==").as_bytes(), &deadline()).unwrap();
    let mut head = [0; 12];
    let count = transport.read_until(&mut head, &deadline()).unwrap();
    assert_eq!(&head[..count], b"HTTP/1.1 101");
    drop(transport);
    assert_eq!(proxy.requests().len(), 2);
    SHA_256.verify(&proxy.headers("proxy-authorization").join(""), "CONNECT", "chat.example:80", "me", "pw");
}

#[test]
fn a_proxy_that_stays_shut_is_not_asked_again() {
    let refusal = "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    let proxy = Script::new().request().respond(refusal);
    let mut target = Target::new("ws://chat.example/");
    target.options.proxy = Some(ProxyOptions {
        url: ProxyUrl::parse(&proxy.url_as("http")).unwrap(),
        credential: None,
        headers: Vec::new(),
        tls: TlsOptions::default(),
    });
    let failure = target.reach(&deadline()).unwrap_err();
    assert_eq!(failure.status(), Status::ProxyAuthRequired);
    assert_eq!(proxy.requests().len(), 1);
}

/// Options with this patience.
fn options(patience: Duration, interrupted: &dyn Fn() -> bool) -> Options<'_> {
    // The time of a rule is long enough for a busy machine.
    let limit = patience.max(LONG) * 3;
    Options { patience, limit, comeback: COMEBACK, huge: HUGE, messages: &[], interrupted }
}

/// A server by its URL.
struct Target {
    endpoint: Endpoint,
    options: DialOptions,
    calls: usize,
}

struct Quiet;

impl Observer for Quiet {}

fn deadline() -> Deadline {
    Deadline::after(secs(10), "--connect-timeout")
}

impl Target {
    fn new(url: &str) -> Self {
        let endpoint = Endpoint::parse(url).unwrap();
        Self { endpoint, options: DialOptions::default(), calls: 0 }
    }

    fn check(&mut self, patience: Duration) -> Vec<Finding> {
        self.check_with(patience, &[]).findings
    }

    /// With messages that the server understands.
    fn check_with(&mut self, patience: Duration, messages: &[(Kind, Vec<u8>)]) -> Checked {
        run(self, &Options { messages, ..options(patience, &|| false) }, &mut |_| {})
    }
}

impl Server for Target {
    fn open(&mut self, limit: &Deadline) -> Result<Connection, Failure> {
        self.calls += 1;
        net::dial(&self.endpoint, &self.options, limit, &mut Facts::start(), &mut Quiet)
    }

    fn reach(&mut self, limit: &Deadline) -> Result<Transport, Failure> {
        self.calls += 1;
        net::open_stream(&self.endpoint, &self.options, limit, &mut Facts::start(), &mut Quiet)
    }

    fn request(&self, key: &str) -> String {
        upgrade::request(&self.endpoint, &self.options.upgrade, key)
    }
}

/// The names of the rules with this verdict.
fn with(findings: &[Finding], verdict: Verdict) -> Vec<&'static str> {
    let these = findings.iter().filter(|finding| finding.verdict == verdict);
    these.map(|finding| finding.rule.id).collect()
}

fn failed(findings: &[Finding]) -> Vec<&'static str> {
    with(findings, Verdict::Fail)
}

fn seen(findings: &[Finding]) -> BTreeMap<&'static str, String> {
    findings.iter().map(|finding| (finding.rule.id, finding.seen.clone())).collect()
}

#[track_caller]
fn of<'a>(findings: &'a [Finding], rule: &str) -> &'a Finding {
    findings.iter().find(|finding| finding.rule.id == rule).expect("a finding on the rule")
}
