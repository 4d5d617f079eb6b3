//! What the client can ask of TLS: a certificate of its own, pins, versions, and errors that are to be ignored.

use std::fs;

use crate::support::{Certificate, Echo, EchoServer, Wsurl, file_with, secs};
#[cfg(target_os = "linux")]
use crate::support::{Demand, noise};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures");

fn fixture(name: &str) -> String {
    format!("{FIXTURES}/{name}")
}

/// Runs against a server with this certificate, trusting the test CA and nothing else.
#[track_caller]
fn facing(certificate: Certificate) -> (EchoServer, Wsurl) {
    let server = Echo::new().tls(certificate).start();
    let run = Wsurl::new(["send", "--cacert", server.cacert(), &server.url(), "hi"]);
    (server, run)
}

/// A run with something that is wrong before anybody is called.
fn early(args: &[&str]) -> Wsurl {
    Wsurl::new(["send"]).args(args).args(["wss://127.0.0.1:1/", "hi"]).stdout("").within(secs(3))
}

/// A client certificate that cannot be used is told before anybody is called.
#[track_caller]
fn unusable(certificate: &str, key: Option<&str>, password: Option<&str>) -> Wsurl {
    let mut args = vec!["--cert", certificate];
    args.extend(key.into_iter().flat_map(|key| ["--key", key]));
    args.extend(password.into_iter().flat_map(|password| ["--pass", password]));
    early(&args)
}

/// Shows this certificate to a server that wants one, and gives the name by which the server knows us.
#[cfg(target_os = "linux")]
#[track_caller]
fn known_as(args: &[&str]) -> String {
    let server = Echo::new().tls(Certificate::Valid).demands(Demand::Certificate).start();
    let run = Wsurl::new(["send", "-v", "--cacert", server.cacert(), &server.url(), "hi"]).args(args);
    run.stdout("hi\n").stderr_lacks("sesame").exits(0);
    server.received().client.expect("the client's name")
}

#[cfg(target_os = "linux")]
#[test]
fn a_key_may_be_in_any_usual_form() {
    let certificate = fixture("rsa.pem");
    for key in ["rsa-pkcs8.key", "rsa-pkcs1.key"] {
        assert_eq!(known_as(&["--cert", &certificate, "--key", &fixture(key)]), "RSA client", "{key}");
    }
    assert_eq!(known_as(&["--cert", &fixture("ec.pem"), "--key", &fixture("ec-sec1.key")]), "EC client");
}

#[cfg(target_os = "linux")]
#[test]
fn a_key_may_be_encrypted() {
    let (certificate, key) = (fixture("rsa.pem"), fixture("rsa-encrypted.key"));
    assert_eq!(known_as(&["--cert", &certificate, "--key", &key, "--pass", "sesame"]), "RSA client");
    let (_dir, password) = file_with("password", "sesame\n");
    let password = format!("@{password}");
    assert_eq!(known_as(&["--cert", &certificate, "--key", &key, "--pass", &password]), "RSA client");
}

#[cfg(target_os = "linux")]
#[test]
fn certificate_and_key_may_be_in_one_file() {
    for parts in [["ec.pem", "ec-sec1.key"], ["ec-sec1.key", "ec.pem"]] {
        let both = parts.map(|part| fs::read_to_string(fixture(part)).expect("a fixture")).concat();
        let (_dir, path) = file_with("both.pem", both);
        assert_eq!(known_as(&["--cert", &path]), "EC client");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_chain_may_follow_the_certificate() {
    let chain =
        ["rsa.pem", "client-ca.pem"].map(|part| fs::read_to_string(fixture(part)).expect("a fixture"));
    let (_dir, path) = file_with("chain.pem", chain.concat());
    assert_eq!(known_as(&["--cert", &path, "--key", &fixture("rsa-pkcs8.key")]), "RSA client");
}

#[cfg(target_os = "linux")]
#[test]
fn pkcs12_is_known_by_its_content() {
    assert_eq!(known_as(&["--cert", &fixture("rsa.p12"), "--pass", "sesame"]), "RSA client");
    let (_dir, path) = file_with("client.pem", fs::read(fixture("rsa.p12")).expect("a fixture"));
    assert_eq!(known_as(&["--cert", &path, "--pass", "sesame"]), "RSA client");
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_wants_a_certificate_lets_nobody_in_without() {
    let server = Echo::new().tls(Certificate::Valid).demands(Demand::Certificate).start();
    // TLS 1.3 tells the client after its handshake is done: as an alert when it first reads.
    Wsurl::new(["send", "--cacert", server.cacert(), &server.url(), "hi"])
        .stdout("")
        .stderr_has("certificate")
        .stderr_has("--cert")
        .exits(35);
    assert_eq!(server.sessions(), 0);
}

#[test]
fn a_key_that_does_not_fit_is_told() {
    unusable(&fixture("rsa.pem"), Some(&fixture("ec-sec1.key")), None)
        .stderr_has("the key does not fit the certificate")
        .exits(58);
    // One of the same kind, on the same curve.
    let other = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    let (_dir, other) = file_with("other.key", other);
    unusable(&fixture("ec.pem"), Some(&other), None)
        .stderr_has("the key does not fit the certificate")
        .exits(58);
}

#[test]
fn a_wrong_password_is_told_by_the_file_of_the_key() {
    let key = fixture("rsa-encrypted.key");
    unusable(&fixture("rsa.pem"), Some(&key), Some("hunter2"))
        .stderr_has(format!("wrong password for the key {key}"))
        .stderr_lacks("hunter2")
        .exits(58);
    unusable(&fixture("rsa.p12"), None, Some("hunter2"))
        .stderr_has("wrong password")
        .stderr_lacks("hunter2")
        .exits(58);
}

#[test]
fn a_password_that_is_missing_is_told() {
    let key = fixture("rsa-encrypted.key");
    unusable(&fixture("rsa.pem"), Some(&key), None).stderr_has(&key).stderr_has("--pass").exits(58);
    unusable(&fixture("rsa.p12"), None, None).stderr_has("--pass").exits(58);
}

#[test]
fn files_that_hold_something_else_are_told_by_their_paths() {
    let (certificate, key) = (fixture("rsa.pem"), fixture("rsa-pkcs8.key"));
    let (_dir, text) = file_with("text", "this is not PEM\n");
    let (_dir_2, empty) = file_with("empty", "");
    for path in [&text, &empty, &key] {
        unusable(path, Some(&key), None).stderr_has(format!("{path} holds no certificate")).exits(58);
    }
    for path in [&text, &empty, &certificate] {
        unusable(&certificate, Some(path), None).stderr_has(path).exits(58);
    }
    unusable(&certificate, None, None).stderr_has("--key").exits(58);
}

#[test]
fn files_that_are_not_there_are_told_by_their_paths() {
    let nowhere = "/nonexistent/file";
    unusable(nowhere, None, None).stderr_has(nowhere).exits(58);
    unusable(&fixture("rsa.pem"), Some(nowhere), None).stderr_has(nowhere).exits(58);
    unusable(&fixture("rsa.p12"), None, Some("@/nonexistent/file")).stderr_has(nowhere).exits(26);
}

#[test]
fn a_key_without_a_certificate_is_no_use() {
    early(&["--key", &fixture("rsa-pkcs8.key")]).stderr_has("--cert").exits(2);
}

#[test]
fn several_certificates_in_the_ca_file_are_all_trusted() {
    let server = Echo::new().tls(Certificate::Valid).start();
    let (ours, other) = (fs::read_to_string(server.cacert()).expect("the CA"), fixture("client-ca.pem"));
    let other = fs::read_to_string(other).expect("a fixture");
    for content in [format!("{ours}{other}"), format!("A comment\n{other}\nAnother\n{ours}")] {
        let (_dir, path) = file_with("ca.pem", content);
        Wsurl::new(["send", "--cacert", &path, &server.url(), "hi"]).stdout("hi\n").exits(0);
    }
}

#[test]
fn a_ca_file_that_is_empty_or_cut_off_is_told_by_its_path() {
    let certificate = fs::read_to_string(fixture("client-ca.pem")).expect("a fixture");
    for content in ["", &certificate[..certificate.len() / 2], &certificate.replace("MII", "!!!")] {
        let (_dir, path) = file_with("ca.pem", content);
        early(&["--cacert", &path]).stderr_has(&path).exits(77);
    }
}

#[test]
fn the_right_pin_is_accepted() {
    let (server, run) = facing(Certificate::Valid);
    run.args(["--pinnedpubkey", server.pin()]).stdout("hi\n").stderr("").exits(0);
    let (server, run) = facing(Certificate::Valid);
    let several = format!("sha256//{};{}", "A".repeat(43) + "=", server.pin());
    run.args(["--pinnedpubkey", &several]).stdout("hi\n").exits(0);
}

#[test]
fn another_pin_is_refused_and_the_servers_own_is_told() {
    let other = format!("sha256//{}=", "A".repeat(43));
    for extra in [&[][..], &["-k"]] {
        let (server, run) = facing(Certificate::Valid);
        run.args(["-u", "me:hunter2", "--pinnedpubkey", &other])
            .args(extra)
            .stdout("")
            .stderr_has(format!("public key of 127.0.0.1 is {}, not the pinned one", server.pin()))
            .stderr_lacks("hunter2")
            .exits(90);
        assert_eq!(server.sessions(), 0);
    }
}

#[test]
fn a_pin_is_no_reason_to_trust_unless_it_is_said() {
    let (server, run) = facing(Certificate::SelfSigned);
    run.args(["--pinnedpubkey", server.pin()]).exits(60);
    let (server, run) = facing(Certificate::SelfSigned);
    run.args(["-k", "--pinnedpubkey", server.pin()]).stdout("hi\n").exits(0);
}

/// As all options of TLS, which scripts give for any URL. But this one is missed.
#[test]
fn a_pin_beside_ws_has_a_warning() {
    let server = EchoServer::start();
    let pin = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let run = || Wsurl::new(["send", "--pinnedpubkey", pin, &server.url(), "hi"]).stdout("hi\n");
    let better = server.url().replacen("ws:", "wss:", 1);
    run()
        .stderr(format!(
            "wsurl: warning: --pinnedpubkey checks no server of ws://; did you mean {better} ?\n"
        ))
        .exits(0);
    run().args(["-s"]).stderr("").exits(0);
}

#[test]
fn a_pin_that_cannot_be_is_refused() {
    for pin in ["sha256//tooshort", "sha1//AAAA", "AAAA", "", "sha256//!!!"] {
        early(&["--pinnedpubkey", pin]).stderr_has("sha256//").exits(2);
    }
}

#[test]
fn a_server_with_an_old_version_is_refused_when_a_new_one_is_wanted() {
    let (_server, run) = facing(Certificate::Valid);
    // Only OpenSSL tells the version.
    let told = if cfg!(target_os = "linux") { "hi\nTLSv1.2\n" } else { "hi\n\n" };
    run.args(["--tlsv1.2", "-w", "%{tls_version}\\n"]).stdout(told).exits(0);
    let (_server, run) = facing(Certificate::Valid);
    run.args(["--tlsv1.3"]).stdout("").stderr_has("127.0.0.1").exits(35);
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_with_a_new_version_is_refused_when_an_old_one_is_the_most() {
    let server = Echo::new().tls(Certificate::Valid).demands(Demand::Tls13).start();
    let args = ["send", "--cacert", server.cacert(), &server.url(), "hi"];
    for wanted in [&["--tls-max", "1.3"][..], &["--tlsv1.3"], &[]] {
        let run = Wsurl::new(args).args(wanted).args(["-w", "%{tls_version}\\n"]);
        run.stdout("hi\nTLSv1.3\n").exits(0);
    }
    Wsurl::new(args).args(["--tls-max", "1.2"]).stdout("").stderr_has("127.0.0.1").exits(35);
}

#[cfg(target_os = "linux")]
#[test]
fn the_highest_version_holds_back_a_server_that_could_do_better() {
    let server = Echo::new().tls(Certificate::Valid).demands(Demand::Nothing).start();
    let args = ["send", "--cacert", server.cacert(), &server.url(), "hi", "-w", "%{tls_version}\\n"];
    Wsurl::new(args).stdout("hi\nTLSv1.3\n").exits(0);
    Wsurl::new(args).args(["--tls-max", "1.2"]).stdout("hi\nTLSv1.2\n").exits(0);
}

#[cfg(target_os = "linux")]
#[test]
fn much_data_goes_through_the_latest_version_in_both_directions_at_once() {
    let data = noise(4 * 1024 * 1024);
    let server = Echo::new().tls(Certificate::Valid).demands(Demand::Nothing).start();
    let run = Wsurl::new(["stream", "--cacert", server.cacert(), &server.url()]).stdin(data.as_slice());
    run.stdout(&data).limit(secs(20)).exits(0);
}

#[test]
fn versions_that_cannot_be_are_refused() {
    early(&["--tls-max", "1.4"]).stderr_has("1.4").exits(2);
    early(&["--tlsv1.3", "--tls-max", "1.2"]).exits(2);
}

#[test]
fn a_wrong_name_can_be_ignored_and_is_warned_of() {
    let (_server, run) = facing(Certificate::WrongName);
    run.args(["--ignore-tls-error", "name"]).stdout("hi\n").stderr_has("wsurl: warning: ").exits(0);
}

#[test]
fn nothing_else_is_ignored_with_the_name() {
    for certificate in
        [Certificate::Expired, Certificate::NotYetValid, Certificate::SelfSigned, Certificate::UnknownCa]
    {
        let (server, run) = facing(certificate);
        run.args(["--ignore-tls-error", "name"]).stdout("").exits(60);
        assert_eq!(server.sessions(), 0, "{certificate:?}");
    }
}

#[test]
fn an_unknown_class_of_errors_is_refused_with_those_that_exist() {
    early(&["--ignore-tls-error", "everything"])
        .stderr_has("everything")
        .stderr_has("write name, expired or untrusted")
        .exits(2);
}

#[test]
fn dates_and_names_of_a_bad_certificate_are_told() {
    facing(Certificate::Expired).1.stderr_has("expired on 20").stderr_has(" ago)").exits(60);
    facing(Certificate::NotYetValid).1.stderr_has("not valid before 20").exits(60);
    facing(Certificate::WrongName).1.stderr_has("wrong.example; not for 127.0.0.1").exits(60);
}
