//! wss: certificates that hold, certificates that do not, and peers that speak no TLS.

use crate::support::{Certificate, Echo, EchoServer, Script, Wsurl, file_with, frame, noise, secs};

/// Runs against a server with this certificate, trusting the test CA and nothing else.
#[track_caller]
fn facing(certificate: Certificate) -> (EchoServer, Wsurl) {
    let server = Echo::new().tls(certificate).start();
    let run = Wsurl::new(["send", "--cacert", server.cacert(), &server.url(), "hi"]);
    (server, run)
}

#[test]
fn a_certificate_of_a_trusted_ca_is_accepted() {
    let (_server, run) = facing(Certificate::Valid);
    run.stdout("hi\n").stderr("").exits(0);
}

#[test]
fn a_name_in_the_certificate_is_as_good_as_an_address() {
    let server = Echo::new().tls(Certificate::Valid).start();
    let url = format!("wss://localhost:{}/", server.port());
    Wsurl::new(["send", "--cacert", server.cacert(), &url, "hi"]).stdout("hi\n").exits(0);
}

#[test]
fn an_expired_certificate_is_refused() {
    let (_server, run) = facing(Certificate::Expired);
    run.stdout("").stderr_has("127.0.0.1").stderr_has("expired").exits(60);
}

#[test]
fn a_certificate_that_is_not_valid_yet_is_refused() {
    let (_server, run) = facing(Certificate::NotYetValid);
    run.stdout("").stderr_has("not").stderr_has("valid").exits(60);
}

#[test]
fn a_certificate_for_another_name_is_refused_with_both_names() {
    let (_server, run) = facing(Certificate::WrongName);
    run.stdout("").stderr_has("127.0.0.1").stderr_has("wrong.example").exits(60);
}

#[test]
fn a_self_signed_certificate_is_refused_with_a_hint() {
    let (_server, run) = facing(Certificate::SelfSigned);
    run.stdout("").stderr_has("--cacert").exits(60);
}

#[test]
fn a_certificate_of_an_unknown_ca_is_refused_with_a_hint() {
    let (_server, run) = facing(Certificate::UnknownCa);
    run.stdout("").stderr_has("--cacert").exits(60);
}

#[test]
fn the_test_ca_is_unknown_unless_it_is_given() {
    let server = Echo::new().tls(Certificate::Valid).start();
    Wsurl::new(["send", &server.url(), "hi"]).stdout("").exits(60);
}

#[test]
fn nothing_is_sent_to_a_server_that_is_not_trusted() {
    let server = Echo::new().tls(Certificate::Expired).start();
    let args = ["send", "-u", "me:hunter2", "--cacert", server.cacert(), &server.url(), "hi"];
    Wsurl::new(args).stderr_lacks("hunter2").exits(60);
    assert_eq!(server.sessions(), 0);
}

#[test]
fn insecure_accepts_every_certificate() {
    for certificate in [
        Certificate::Expired,
        Certificate::NotYetValid,
        Certificate::WrongName,
        Certificate::SelfSigned,
        Certificate::UnknownCa,
    ] {
        let server = Echo::new().tls(certificate).start();
        Wsurl::new(["send", "-k", &server.url(), "hi"]).stdout("hi\n").exits(0);
    }
}

#[test]
fn the_name_that_is_verified_can_be_given() {
    let (_server, run) = facing(Certificate::WrongName);
    run.args(["--tls-domain", "wrong.example"]).stdout("hi\n").exits(0);
}

#[test]
fn the_name_that_is_given_is_the_only_one_that_counts() {
    let (_server, run) = facing(Certificate::Valid);
    run.args(["--tls-domain", "other.example"]).stdout("").stderr_has("other.example").exits(60);
}

#[test]
fn a_missing_ca_file_is_told_by_its_path() {
    Wsurl::new(["send", "--cacert", "/nonexistent/ca.pem", "wss://127.0.0.1:1/", "hi"])
        .stdout("")
        .stderr_has("/nonexistent/ca.pem")
        .exits(77);
}

#[test]
fn a_ca_file_without_a_certificate_is_told_by_its_path() {
    let (_dir, path) = file_with("ca.pem", "this is not PEM\n");
    Wsurl::new(["send", "--cacert", &path, "wss://127.0.0.1:1/", "hi"])
        .stdout("")
        .stderr_has(&path)
        .exits(77);
}

#[test]
fn tls_to_a_plain_port_is_a_tls_failure() {
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url().replace("ws://", "wss://"), "hi"])
        .stdout("")
        .stderr_has("127.0.0.1")
        .within(secs(5))
        .exits(35);
}

#[test]
fn plain_to_a_tls_port_fails_at_once() {
    let server = Echo::new().tls(Certificate::Valid).start();
    // OpenSSL answers plain HTTP with nothing: no alert, but an end of TCP or a reset.
    Wsurl::new(["send", &server.url().replace("wss://", "ws://"), "hi"]).stdout("").within(secs(5)).exits(52);
}

#[test]
fn what_comes_with_the_upgrade_in_one_record_is_not_lost() {
    let peer = Script::tls(Certificate::Valid).upgrade_and_send(frame::text("early")).close_handshake();
    Wsurl::new(["send", "--expect", "1", "--cacert", peer.cacert(), &peer.url()]).stdout("early\n").exits(0);
}

#[test]
fn the_end_of_a_tls_connection_without_close_is_a_loss() {
    let peer = Script::tls(Certificate::Valid).upgrade_and_send(frame::text("half a")).close();
    Wsurl::new(["send", "-f", "--cacert", peer.cacert(), &peer.url()]).stdout("half a\n").exits(56);
}

#[test]
fn several_megabytes_go_through_tls_in_both_directions_at_once() {
    let data = noise(6 * 1024 * 1024);
    let server = Echo::new().tls(Certificate::Valid).start();
    Wsurl::new(["stream", "--cacert", server.cacert(), &server.url()])
        .stdin(data.as_slice())
        .stdout(&data)
        .limit(secs(30))
        .exits(0);
}

#[test]
fn a_server_that_closes_over_tls_ends_the_session_in_order() {
    let server = Echo::new().tls(Certificate::Valid).closes_after(1, 4001, "go away").start();
    Wsurl::new(["send", "-f", "--cacert", server.cacert(), &server.url(), "hi"])
        .stdout("hi\n")
        .stderr_has("with 4001: go away")
        .exits(110);
}

#[cfg(target_os = "linux")]
#[test]
fn the_embedded_server_speaks_the_latest_version_and_the_one_before() {
    let server = crate::support::Embedded::tls(Certificate::Valid);
    let args = ["send", "--cacert", server.cacert(), server.url(), "hi", "-w", "%{tls_version}\\n"];
    Wsurl::new(args).stdout("hi\nTLSv1.3\n").exits(0);
    Wsurl::new(args).args(["--tls-max", "1.2"]).stdout("hi\nTLSv1.2\n").exits(0);
}
