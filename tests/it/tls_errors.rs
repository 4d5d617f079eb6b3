//! Errors of certificates: which one is told, and which can be ignored, each on its own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Authority, Presented, Wsurl, file_with, new_file};

/// A run that trusts this PEM and nothing else.
fn trusting(pem: &str, url: &str) -> Wsurl {
    let (folder, path) = file_with("ca.pem", pem);
    // The folder lives as long as the test process: the run begins later.
    let _ = folder.keep();
    Wsurl::new(["send", "--cacert", &path, url, "hi"])
}

fn self_signed() -> Presented {
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
    Presented { chain_pem: own.cert.pem(), key_pem: own.signing_key.serialize_pem() }
}

#[test]
fn a_weak_key_is_what_is_told() {
    let ca = Authority::root("some CA");
    let url = ca.issue_weak().serve();
    trusting(&ca.pem, &url)
        .stdout("")
        .stderr_has(
            "certificate of CN=weak is not accepted: EE certificate key too weak (TLS with 127.0.0.1:",
        )
        .exits(60);
    let (_folder, report) = file_with("ca.pem", &ca.pem);
    Wsurl::new(["probe", "--report", "json", "--cacert", &report, &url])
        .stdout_has("\"status\":\"certificate-invalid\"")
        .exits(60);
}

#[test]
fn an_expired_intermediate_is_told_as_expired() {
    let root = Authority::root("root CA");
    let middle = root.intermediate("old CA", -2);
    let url = middle.issue("127.0.0.1", 10).with(&middle).serve();
    trusting(&root.pem, &url)
        .args(["-w", "%{status}"])
        .stdout("certificate-expired")
        .stderr_has(
            "certificate of an issuer of CN=wsurl test server is not accepted: certificate has expired",
        )
        .exits(60);
}

#[test]
fn a_certificate_that_a_crl_in_the_ca_file_lists_is_revoked() {
    let (ca, other) = (Authority::root("some CA"), Authority::root("other CA"));
    let url = ca.issue("127.0.0.1", 10).serve();
    trusting(&(ca.pem.clone() + &ca.crl(true)), &url)
        .args(["-w", "%{status}"])
        .stdout("certificate-revoked")
        .stderr_has("certificate of CN=wsurl test server is not accepted: certificate revoked")
        .exits(60);
    for crl in [ca.crl(false), other.crl(true)] {
        trusting(&(ca.pem.clone() + &other.pem + &crl), &url).stdout("hi\n").stderr("").exits(0);
    }
}

#[test]
fn dates_can_be_ignored_and_are_warned_of() {
    let ca = Authority::root("some CA");
    let url = ca.issue("127.0.0.1", -1).serve();
    trusting(&ca.pem, &url)
        .args(["--ignore-tls-error", "expired"])
        .stdout("hi\n")
        .stderr(
            "wsurl: warning: the server's certificate has an error: certificate has expired \
             (--ignore-tls-error expired)\n",
        )
        .exits(0);
}

#[test]
fn an_unknown_issuer_can_be_ignored_and_is_warned_of() {
    let (ca, other) = (Authority::root("some CA"), Authority::root("other CA"));
    let url = ca.issue("127.0.0.1", 10).serve();
    let warning = "wsurl: warning: the server's certificate has an error: unable to get local issuer certificate \
                   (--ignore-tls-error untrusted)\n";
    trusting(&other.pem, &url)
        .args(["--ignore-tls-error", "untrusted"])
        .stdout("hi\n")
        .stderr_has(warning)
        .exits(0);
    trusting(&other.pem, &self_signed().serve())
        .args(["--ignore-tls-error", "untrusted"])
        .stdout("hi\n")
        .stderr_has("self-signed certificate (--ignore-tls-error untrusted)")
        .exits(0);
}

#[test]
fn nothing_but_the_named_class_is_ignored() {
    let (ca, other) = (Authority::root("some CA"), Authority::root("other CA"));
    let cases = [
        ("expired", other.issue("127.0.0.1", 10).serve(), "not trusted"),
        ("expired", ca.issue("wrong.example", -1).serve(), "not for 127.0.0.1"),
        ("untrusted", other.issue("wrong.example", 10).serve(), "not for 127.0.0.1"),
        ("untrusted", other.issue("127.0.0.1", -1).serve(), "expired on 20"),
        ("untrusted", other.issue_weak().serve(), "EE certificate key too weak"),
        ("expired", ca.issue_weak().serve(), "EE certificate key too weak"),
        ("name", ca.issue("wrong.example", -1).serve(), "expired on 20"),
    ];
    for (class, url, told) in cases {
        let run = trusting(&ca.pem, &url).args(["--ignore-tls-error", class]);
        run.stdout("").stderr_has(told).exits(60);
    }
}

#[test]
fn a_pin_holds_whatever_is_ignored() {
    let other = format!("sha256//{}=", "A".repeat(43));
    let (ca, unknown) = (Authority::root("some CA"), Authority::root("other CA"));
    let url = unknown.issue("wrong.example", -1).serve();
    let classes = ["name", "expired", "untrusted"].map(|class| format!("--ignore-tls-error={class}"));
    trusting(&ca.pem, &url).args(&classes).stdout("hi\n").exits(0);
    trusting(&ca.pem, &url).args(&classes).args(["--pinnedpubkey", &other]).stdout("").exits(90);
}

#[test]
fn every_error_that_is_not_checked_for_is_told() {
    let (ca, unknown) = (Authority::root("some CA"), Authority::root("other CA"));
    let url = unknown.issue("wrong.example", -1).serve();
    trusting(&ca.pem, &url)
        .args(["-k", "-v"])
        .stdout("hi\n")
        .stderr_has("* certificate 0 has an error: unable to get local issuer certificate\n")
        .stderr_has("* certificate 0 has an error: IP address mismatch\n")
        .stderr_has("* certificate 0 has an error: certificate has expired\n")
        .exits(0);
    let good = ca.issue("127.0.0.1", 10).serve();
    trusting(&ca.pem, &good).args(["-k", "-v"]).stdout("hi\n").stderr_lacks("has an error").exits(0);
}

#[test]
fn an_alert_in_the_middle_of_the_session_is_told() {
    let ca = Authority::root("some CA");
    let url = ca.issue("127.0.0.1", 10).serve_and_send_alert();
    trusting(&ca.pem, &url)
        .args(["--expect", "2"])
        .stdout("last words\n")
        .stderr_has(" alert bad record mac\n")
        .exits(56);
}

#[test]
fn the_chain_is_told_with_every_detail_and_in_json() {
    let root = Authority::root("root CA");
    let middle = root.intermediate("intermediate CA", 10);
    let url = middle.issue("127.0.0.1", 10).with(&middle).serve();
    let subject = "* certificate 0: CN=wsurl test server, issued by CN=intermediate CA, expires 20";
    let above = "* certificate 1: CN=intermediate CA, issued by CN=root CA, expires 20";
    trusting(&root.pem, &url).args(["-vv"]).stderr_has(subject).stderr_has(above).exits(0);
    trusting(&root.pem, &url).args(["-v"]).stderr_lacks("certificate 0: ").exits(0);
    let (_folder, ca) = file_with("ca.pem", &root.pem);
    Wsurl::new(["probe", "--report", "json", "--cacert", &ca, &url])
        .stdout_has("\"chain\":[{\"subject\":\"CN=wsurl test server\",\"issuer\":\"CN=intermediate CA\",\"not_after\":\"20")
        .stdout_has("{\"subject\":\"CN=intermediate CA\",\"issuer\":\"CN=root CA\",\"not_after\":\"20")
        .stdout_has("\"ignored_errors\":[]")
        .exits(0);
    let bad = root.issue("127.0.0.1", -1).serve();
    Wsurl::new(["probe", "--report", "json", "--cacert", &ca, "--ignore-tls-error", "expired", &bad])
        .stdout_has("\"ignored_errors\":[\"certificate has expired\"]")
        .exits(0);
}

#[test]
fn a_refused_certificate_is_told_to_programs() {
    let ca = Authority::root("some CA");
    let url = ca.issue("127.0.0.1", -3).serve();
    trusting(&ca.pem, &url)
        .args(["-w", "%{cert_days_left} %{cert_subject}"])
        .stdout("-3 CN=wsurl test server")
        .exits(60);
    let (_folder, path) = file_with("ca.pem", &ca.pem);
    Wsurl::new(["probe", "--report", "json", "--cacert", &path, &url])
        .stdout_has("\"certificate\":{\"subject\":\"CN=wsurl test server\"")
        .stdout_has("\"days_left\":-3}")
        .exits(60);
}

#[test]
fn secrets_of_the_session_are_logged_for_the_owner_alone() {
    let ca = Authority::root("some CA");
    let url = ca.issue("127.0.0.1", 10).serve();
    let (_folder, path) = new_file("keys.log");
    for _ in 0..2 {
        trusting(&ca.pem, &url).env("SSLKEYLOGFILE", &path).stdout("hi\n").stderr("").exits(0);
    }
    let log = fs::read_to_string(&path).expect("the log");
    let sessions = log.lines().filter(|line| line.starts_with("CLIENT_TRAFFIC_SECRET_0 ")).count();
    assert_eq!(sessions, 2, "{log}");
    assert_eq!(fs::metadata(&path).expect("the log").permissions().mode() & 0o777, 0o600);
    trusting(&ca.pem, &url).env("SSLKEYLOGFILE", "").stdout("hi\n").stderr("").exits(0);
    trusting(&ca.pem, &url)
        .env("SSLKEYLOGFILE", "/nonexistent/keys.log")
        .stdout("")
        .stderr(
            "wsurl: error: cannot open /nonexistent/keys.log (SSLKEYLOGFILE): No such file or directory\n",
        )
        .exits(23);
}
