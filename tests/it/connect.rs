//! From the name to the open session: addresses, refusals, and the one limit over all of it.

use std::fs;
use std::net::ToSocketAddrs as _;

use crate::support::script::SWITCHING;
use crate::support::{Echo, Script, Wsurl, file_with, millis, secs, timed};

/// How much later than its limit a wait may end: the machine is busy with other tests.
const SLACK: std::time::Duration = millis(200);

#[test]
fn a_refused_port_is_told_with_its_address() {
    // Port 1 (tcpmux) has had no server for decades, and needs root to be bound.
    Wsurl::new(["send", "ws://127.0.0.1:1/", "hi"])
        .stdout("")
        .stderr_has("wsurl: error: cannot connect to 127.0.0.1:1")
        .exits(7);
}

#[test]
fn an_unknown_host_is_told_by_name() {
    Wsurl::new(["send", "ws://nonexistent.invalid/", "hi"])
        .stdout("")
        .stderr_has("nonexistent.invalid")
        .exits(6);
}

#[test]
fn a_silent_server_times_out_in_the_upgrade() {
    timed(|| {
        let peer = Script::new().request().hold();
        Wsurl::new(["send", "--connect-timeout", "300ms", &peer.url(), "hi"])
            .stdout("")
            .stderr_has("wsurl: error: timed out after 300ms in upgrade with 127.0.0.1 (--connect-timeout)\n")
            .exits(28);
        assert!(peer.held() <= millis(300) + SLACK, "stayed for {:?}", peer.held());
    });
}

#[test]
fn a_bare_number_is_seconds() {
    timed(|| {
        let peer = Script::new().request().hold();
        Wsurl::new(["send", "--connect-timeout", "0.3", &peer.url(), "hi"])
            .stderr_has("timed out after 300ms in upgrade")
            .exits(28);
        assert!(peer.held() <= millis(300) + SLACK, "stayed for {:?}", peer.held());
    });
}

#[test]
fn the_limit_of_the_whole_run_holds_while_dialing_too() {
    timed(|| {
        let peer = Script::new().request().hold();
        Wsurl::new(["send", "-m", "300ms", &peer.url(), "hi"])
            .stderr_has("wsurl: error: timed out after 300ms in upgrade with 127.0.0.1 (--max-time)\n")
            .exits(28);
        assert!(peer.held() <= millis(300) + SLACK, "stayed for {:?}", peer.held());
    });
}

#[test]
fn a_peer_that_is_silent_to_tls_times_out_in_the_tls_phase() {
    timed(|| {
        let peer = Script::new().hold();
        Wsurl::new(["send", "--connect-timeout", "300ms", &peer.url_as("wss"), "hi"])
            .stderr_has("wsurl: error: timed out after 300ms in tls with 127.0.0.1 (--connect-timeout)\n")
            .exits(28);
        assert!(peer.held() <= millis(300) + SLACK, "stayed for {:?}", peer.held());
    });
}

#[test]
fn reading_ca_certificates_is_not_part_of_the_time_to_connect() {
    // So many that reading them takes longer than the limit.
    let pem = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/client-ca.pem"));
    let pem = pem.expect("a certificate");
    let (_dir, cacert) = file_with("many.pem", pem.repeat((10 << 20) / pem.len()));
    let peer = Script::new().hold();
    Wsurl::new(["send", "--connect-timeout", "300ms", "--cacert", &cacert, &peer.url_as("wss"), "hi"])
        .stderr_has("wsurl: error: timed out after 300ms in tls with 127.0.0.1 (--connect-timeout)\n")
        .limit(secs(30))
        .exits(28);
}

#[test]
fn an_answer_that_drips_in_is_fine_inside_the_limit() {
    let peer = Script::new().request().respond_dripping(SWITCHING, millis(5)).close_handshake();
    Wsurl::new(["send", "--connect-timeout", "8s", &peer.url()]).exits(0);
}

#[test]
fn an_answer_that_drips_in_does_not_stretch_the_limit() {
    // Some 130 bytes, one each 100 ms: every read gets something, and all of them together take too long.
    let peer = Script::new().request().respond_dripping(SWITCHING, millis(100));
    Wsurl::new(["send", "--connect-timeout", "500ms", &peer.url()])
        .stderr_has("timed out after 500ms in upgrade with 127.0.0.1 (--connect-timeout)")
        .within(secs(3))
        .exits(28);
}

#[test]
fn localhost_with_only_ipv4_listening_works_at_once() {
    let server = Echo::new().at("127.0.0.1:0").start();
    Wsurl::new(["send", &format!("ws://localhost:{}/", server.port()), "hi"])
        .stdout("hi\n")
        .within(secs(2))
        .exits(0);
}

#[test]
fn localhost_with_only_ipv6_listening_works_at_once() {
    let known =
        ("localhost", 0).to_socket_addrs().is_ok_and(|mut found| found.any(|address| address.is_ipv6()));
    let Some(server) = known.then(|| Echo::new().at("[::1]:0").try_start().ok()).flatten() else {
        eprintln!("skipped: localhost has no IPv6 address on this machine");
        return;
    };
    Wsurl::new(["send", &format!("ws://localhost:{}/", server.port()), "hi"])
        .stdout("hi\n")
        .within(secs(2))
        .exits(0);
}

#[test]
fn an_ipv6_literal_keeps_its_brackets_in_the_host_header() {
    let Ok(peer) = Script::at("[::1]:0") else {
        eprintln!("skipped: no IPv6 on this machine");
        return;
    };
    let peer = peer.upgrade().close_handshake();
    Wsurl::new(["send", &peer.url()]).exits(0);
    assert_eq!(peer.headers("host"), [format!("[::1]:{}", peer.port())]);
}

#[test]
fn a_host_that_refuses_on_all_its_addresses_is_told_by_name() {
    Wsurl::new(["send", "ws://localhost:1/", "hi"])
        .stderr_has("cannot connect to")
        .stderr_has("localhost")
        .exits(7);
}
