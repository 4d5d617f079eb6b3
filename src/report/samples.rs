//! Reports for the tests: one as it should be, one of each way to fail, empty ones and hostile ones.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::echo::{CompressionReport, EchoReport};
use super::findings::Findings;
use super::probe::{Assertion, AssertionVerdict, PhaseReport, ProbeReport, ProbeVerdict};
use crate::conformance::{self, Finding, Rule};
use crate::echo::{Connections, Content, Counts, Difference, Interval, Outcome, SizeOutcome};
use crate::error::{Failure, Status};
use crate::net::Facts;
use crate::net::http::ResponseHead;
use crate::net::tls::certificate::CertificateFacts;
use crate::net::tls::error::{CertificateError, ErrorClass};
use crate::protocol::{CloseFrame, Kind};
use crate::session::Side;
use crate::stats::{RoundTrips, Tally};

/// Text that would break every format that does not take care.
pub(super) const HOSTILE: &str = "a|b\r\nc\td\"e'f\\g#h]]>i<j>&k{l}\0m\u{1b}[31mn\u{7f}o\u{9b}p\u{202e}q\u{2028}r\u{feff}s\u{ffff}t=u;v\u{85}w";

pub(super) fn time() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_760_000_000_250)
}

fn micros(count: u64) -> Duration {
    Duration::from_micros(count)
}

fn phase(name: &'static str, time: Option<Duration>, detail: &str) -> PhaseReport {
    PhaseReport { name, time, failed: false, detail: detail.to_owned() }
}

fn assertion(name: &str, holds: bool, seen: &str) -> Assertion {
    let verdict = if holds { AssertionVerdict::Holds } else { AssertionVerdict::Broken };
    Assertion { name: name.to_owned(), verdict, seen: seen.to_owned() }
}

/// The facts of a connection over TLS of which everything is known.
fn secure_facts() -> Facts {
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: chat.v2\r\n\r\n";
    let (head, _) = ResponseHead::parse(head.as_bytes()).unwrap().unwrap();
    let certificate = CertificateFacts {
        subject: "CN=example.com".to_owned(),
        issuer: "CN=Example CA, O=Example".to_owned(),
        names: vec!["example.com".to_owned(), "*.example.com".to_owned()],
        addresses: Vec::new(),
        not_before: 1_750_000_000,
        not_after: 1_763_660_000,
        for_servers: true,
    };
    Facts {
        remote: Some("93.184.216.34:443".parse().unwrap()),
        local: Some("192.0.2.7:50214".parse().unwrap()),
        chain: vec![certificate.clone()],
        ignored_tls_errors: vec![CertificateError {
            class: ErrorClass::Expired,
            text: "certificate has expired",
            depth: 0,
        }],
        certificate: Some(certificate),
        tls_version: Some("TLSv1.3"),
        tls_cipher: Some("TLS_AES_256_GCM_SHA384"),
        response: Some(head),
        subprotocol: Some("chat.v2".to_owned()),
        ..Facts::start()
    }
}

/// Everything about it is known, and good.
pub(crate) fn up() -> ProbeReport {
    ProbeReport {
        url: "wss://example.com/chat".to_owned(),
        url_effective: "wss://example.com/chat".to_owned(),
        time: time(),
        elapsed: micros(79_100),
        tries: 1,
        verdict: ProbeVerdict::Ok,
        failure: None,
        phases: vec![
            phase("resolve", Some(micros(1_200)), "93.184.216.34"),
            phase("connect", Some(micros(11_000)), "93.184.216.34:443"),
            phase(
                "tls",
                Some(micros(18_900)),
                "TLSv1.3, 42 days left, CN=example.com, issued by CN=Example CA, O=Example, TLS_AES_256_GCM_SHA384",
            ),
            phase("upgrade", Some(micros(12_000)), "101 Switching Protocols, subprotocol chat.v2"),
            phase("ping", Some(micros(11_800)), "answered"),
            phase("message", Some(micros(12_100)), "1 sent, 1 received"),
            phase("close", Some(micros(12_000)), "1000"),
        ],
        facts: secure_facts(),
        tally: Tally {
            messages_sent: 1,
            messages_received: 1,
            bytes_sent: 5,
            bytes_received: 5,
            wire_sent: 0,
            wire_received: 0,
            first_message: None,
        },
        ping: Some(micros(11_800)),
        close: Some((Side::Us, CloseFrame::with_code(1000))),
        assertions: vec![assertion("--min-cert-days 14", true, "42 days left")],
        thresholds: [None, None],
        min_cert_days: Some(14),
        conformance: Some(vec![Finding {
            rule: &PING,
            verdict: conformance::Verdict::Pass,
            seen: "pong with the same payload".to_owned(),
            evidence: vec!["> 89 82 00 00 00 00 68 69".to_owned(), "< 8a 02 68 69".to_owned()],
            excepted: false,
        }]),
        security: None,
    }
}

pub(super) fn slow() -> ProbeReport {
    ProbeReport {
        elapsed: micros(1_530_000),
        tries: 3,
        verdict: ProbeVerdict::Warning,
        thresholds: [Some(Duration::from_secs(1)), Some(Duration::from_millis(2_500))],
        conformance: None,
        ..up()
    }
}

/// Nothing listens at the URL.
pub(super) fn refused() -> ProbeReport {
    let url = "ws://127.0.0.1:9/".to_owned();
    let why = "cannot connect to 127.0.0.1:9: Connection refused";
    ProbeReport {
        url: url.clone(),
        url_effective: url,
        elapsed: micros(140),
        verdict: ProbeVerdict::Failed,
        failure: Some(Failure::new(Status::CannotConnect, why).hint("is the server running?")),
        phases: vec![
            phase("resolve", Some(micros(12)), "127.0.0.1"),
            PhaseReport { failed: true, ..phase("connect", None, "") },
            phase("upgrade", None, ""),
        ],
        assertions: vec![Assertion {
            name: "--expect-text 'hi'".to_owned(),
            verdict: AssertionVerdict::NotReached,
            seen: "not reached".to_owned(),
        }],
        ..bare()
    }
}

/// It answers, and nothing is as it should be.
pub(super) fn disappointing() -> ProbeReport {
    let finding = |rule, verdict, seen: &str| Finding {
        rule,
        verdict,
        seen: seen.to_owned(),
        evidence: vec!["> 8b 80 00 00 00 00".to_owned(), "(nothing came back)".to_owned()],
        excepted: false,
    };
    let name = "--expect-header 'Server: ^a-server-that-is-named-at-some-length'";
    let why = format!("--min-cert-days 14 does not hold: 3 days left; {name} does not hold: no such field");
    let facts = Facts { redirects: 1, ..secure_facts() };
    ProbeReport {
        facts,
        verdict: ProbeVerdict::Failed,
        failure: Some(
            Failure::new(Status::ExpectationFailed, why).details("HTTP/1.1 101 Odd\nServer: other\n\nbody"),
        ),
        url_effective: "wss://www.example.com/chat".to_owned(),
        assertions: vec![
            assertion("--expect-subprotocol chat.v2", true, "chat.v2"),
            assertion("--min-cert-days 14", false, "3 days left"),
            assertion(name, false, "no such field"),
            assertion(name, false, "no such field"),
        ],
        conformance: Some(vec![
            finding(&PING, conformance::Verdict::Pass, "pong with the same payload"),
            finding(
                &RESERVED,
                conformance::Verdict::Fail,
                "the connection stayed open for 2 s after a frame with opcode 11",
            ),
            finding(&PING, conformance::Verdict::Inconclusive, "the server closed before"),
            finding(&PING, conformance::Verdict::NotApplicable, "no subprotocol"),
        ]),
        ..up()
    }
}

/// Nothing is known.
pub(super) fn bare() -> ProbeReport {
    ProbeReport {
        url: String::new(),
        url_effective: String::new(),
        time: time(),
        elapsed: Duration::ZERO,
        tries: 0,
        verdict: ProbeVerdict::Failed,
        failure: None,
        phases: Vec::new(),
        facts: Facts::start(),
        tally: Tally::default(),
        ping: None,
        close: None,
        assertions: Vec::new(),
        thresholds: [None, None],
        min_cert_days: None,
        conformance: None,
        security: None,
    }
}

/// Every text comes from somebody who means no good.
pub(super) fn hostile() -> ProbeReport {
    let long = HOSTILE.repeat(20);
    let url = format!("ws://h/{}?{HOSTILE}", "x".repeat(4000));
    let rule: &'static Rule = &RESERVED;
    let mut report = ProbeReport {
        url: url.clone(),
        url_effective: long.clone(),
        verdict: ProbeVerdict::Failed,
        failure: Some(Failure::new(Status::UnexpectedStatus, HOSTILE).details(long.clone()).hint(HOSTILE)),
        phases: vec![
            phase("resolve", Some(Duration::MAX), HOSTILE),
            PhaseReport { failed: true, ..phase("upgrade", None, &long) },
        ],
        close: Some((Side::Server, CloseFrame { code: 4000, reason: HOSTILE.to_owned() })),
        assertions: vec![assertion(HOSTILE, true, &long), assertion(HOSTILE, false, &long)],
        conformance: Some(vec![Finding {
            rule,
            verdict: conformance::Verdict::Fail,
            seen: long.clone(),
            evidence: vec![long.clone()],
            excepted: false,
        }]),
        ..up()
    };
    report.facts.subprotocol = Some(HOSTILE.to_owned());
    if let Some(certificate) = &mut report.facts.certificate {
        certificate.subject = HOSTILE.to_owned();
        certificate.not_before = i64::MIN;
        certificate.not_after = i64::MAX / 2;
    }
    if let Some(head) = &mut report.facts.response {
        head.status = 403;
        head.reason = HOSTILE.to_owned();
        head.body.clone_from(&long);
        head.fields.push((HOSTILE.to_owned(), long));
    }
    report
}

/// A test that stalls in the middle.
fn course() -> (Duration, Vec<Interval>) {
    let interval = |echoed, slowest| Interval { echoed, slowest: micros(slowest) };
    let mut intervals = vec![interval(2, 41), interval(1, 50), interval(0, 0), interval(3, 120)];
    intervals.extend([interval(0, 0); 4]);
    intervals.push(interval(4, 36));
    (micros(50), intervals)
}

/// An echo test without a fault.
pub(super) fn echoed() -> EchoReport {
    let mut round_trips = RoundTrips::new();
    for time in [31, 33, 34, 35, 35, 36, 41, 48, 50, 120] {
        round_trips.record(micros(time));
    }
    EchoReport {
        url: "ws://127.0.0.1:33183/".to_owned(),
        embedded: true,
        time: time(),
        sizes: vec![64],
        kind: Kind::Text,
        stream: false,
        planned: Some(10),
        in_flight: 1,
        fragment: None,
        interval: None,
        rate: None,
        ramp: None,
        seed: 1,
        content: Content::Text,
        compression: None,
        outcome: Outcome {
            counts: Counts { sent: 10, echoed: 10, ..Counts::default() },
            difference: None,
            sizes: vec![SizeOutcome { size: 64, sent: 10, echoed: 10, round_trips: round_trips.clone() }],
            round_trips,
            bytes_echoed: 640,
            course: course(),
            elapsed: micros(426),
            connections: Connections { planned: 1, opened: 1, echoed: 1 },
            result: Ok(()),
        },
    }
}

/// One of everything went wrong, with three sizes on many connections.
pub(super) fn mangled() -> EchoReport {
    let EchoReport { outcome, .. } = echoed();
    let size = |size, sent, echoed, round_trips: &RoundTrips| SizeOutcome {
        size,
        sent,
        echoed,
        round_trips: round_trips.clone(),
    };
    let failure = Failure::new(
        Status::ExpectationFailed,
        "1 of 10 messages came back changed: message 3 differs at byte 12 (0x41 instead of 0x61); 1 message came back twice",
    );
    EchoReport {
        url: "wss://echo.example.com/".to_owned(),
        embedded: false,
        sizes: vec![0, 125, 65_537],
        kind: Kind::Binary,
        in_flight: 16,
        fragment: Some(1024),
        interval: Some(Duration::from_millis(100)),
        rate: None,
        ramp: Some(Duration::from_secs(10)),
        seed: u64::MAX,
        content: Content::Zero,
        compression: Some(CompressionReport {
            agreed: Some("permessage-deflate; server_max_window_bits=12".to_owned()),
            tally: Tally {
                bytes_sent: 1 << 20,
                wire_sent: 2048,
                bytes_received: 1000,
                wire_received: 333,
                ..Tally::default()
            },
        }),
        outcome: Outcome {
            counts: Counts {
                sent: 10,
                echoed: 8,
                lost: 1,
                corrupted: 1,
                out_of_order: 2,
                duplicated: 1,
                unasked: 3,
                skipped: 2,
            },
            difference: Some(Difference {
                message: 3,
                connection: 1,
                offset: 12,
                what: "byte 12 is 0x41 instead of 0x61".to_owned(),
            }),
            sizes: vec![
                size(0, 4, 4, &outcome.round_trips),
                size(125, 3, 3, &outcome.round_trips),
                size(65_537, 3, 1, &RoundTrips::new()),
            ],
            connections: Connections { planned: 100, opened: 99, echoed: 97 },
            result: Err(failure.hint("is it an echo server? -vv shows what it sends")),
            ..outcome
        },
        ..echoed()
    }
}

/// An echo test that sent nothing.
pub(super) fn silent() -> EchoReport {
    EchoReport {
        url: String::new(),
        embedded: false,
        sizes: Vec::new(),
        planned: None,
        in_flight: 0,
        outcome: Outcome {
            counts: Counts::default(),
            difference: None,
            sizes: Vec::new(),
            round_trips: RoundTrips::new(),
            bytes_echoed: 0,
            course: (Duration::ZERO, Vec::new()),
            elapsed: Duration::ZERO,
            connections: Connections { planned: 1, opened: 0, echoed: 0 },
            result: Err(Failure::new(
                Status::CannotConnect,
                "cannot connect to 127.0.0.1:9: Connection refused",
            )),
        },
        ..echoed()
    }
}

/// As the hostile probe.
pub(super) fn hostile_echo() -> EchoReport {
    let mut report = mangled();
    report.url = format!("ws://h/{}?{HOSTILE}", "x".repeat(4000));
    report.outcome.result = Err(Failure::new(Status::ClosedByServer, HOSTILE.repeat(20)));
    report.outcome.counts.sent = u64::MAX;
    report.outcome.elapsed = Duration::from_nanos(1);
    report.outcome.bytes_echoed = u64::MAX;
    if let Some(difference) = &mut report.outcome.difference {
        difference.what = HOSTILE.to_owned();
    }
    report
}

pub(super) fn probes() -> Vec<ProbeReport> {
    vec![up(), slow(), refused(), disappointing(), bare(), hostile(), hostile()]
}

pub(super) fn echo_tests() -> Vec<EchoReport> {
    vec![echoed(), mangled(), silent(), hostile_echo()]
}

/// What the exporters get: all probes, and each echo test.
pub(super) fn findings() -> Vec<Vec<Findings>> {
    let mut all = vec![Vec::new(), probes().iter().map(Findings::from).collect()];
    all.extend(probes().iter().map(|report| vec![Findings::from(report)]));
    all.extend(echo_tests().iter().map(|report| vec![Findings::from(report)]));
    all
}

static PING: Rule = Rule {
    id: "ping-answered",
    rfc: 6455,
    section: "5.5.2",
    title: "a Ping is answered with a Pong of the same payload",
};

static RESERVED: Rule = Rule {
    id: "reserved-control-opcode",
    rfc: 6455,
    section: "5.2",
    title: "a reserved opcode ends the connection",
};
