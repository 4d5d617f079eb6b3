//! Certificates for servers on 127.0.0.1, good and bad, each from a CA of its own that is made on the spot.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use data_encoding::BASE64;
use native_tls::{Identity, TlsAcceptor};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData as _,
};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is to be found when the server's certificate is looked at.
#[derive(Clone, Copy, Debug)]
pub enum Certificate {
    Valid,
    Expired,
    NotYetValid,
    /// Signed by the CA, for `wrong.example` only.
    WrongName,
    SelfSigned,
    /// Signed by a CA that is not the one in the CA file.
    UnknownCa,
    /// Valid for so many days and some hours more.
    DaysLeft(u32),
}

/// What a TLS server needs, and what its client needs to trust it.
pub struct Tls {
    /// For TLS 1.2 and no later version: more is in `openssl_acceptor`.
    pub acceptor: TlsAcceptor,
    pub certificate_pem: String,
    pub key_pem: String,
    ca_file: NamedTempFile,
    pin: String,
}

impl Tls {
    pub fn with(certificate: Certificate) -> Self {
        let (trusted, trusted_pem) = authority("wsurl test CA");
        let key = KeyPair::generate().expect("a key");
        let params = leaf(certificate);
        let signed = match certificate {
            Certificate::SelfSigned => params.self_signed(&key),
            Certificate::UnknownCa => params.signed_by(&key, &authority("a CA nobody knows").0),
            _ => params.signed_by(&key, &trusted),
        };
        let (certificate_pem, key_pem) = (signed.expect("a certificate").pem(), key.serialize_pem());
        let identity = Identity::from_pkcs8(certificate_pem.as_bytes(), key_pem.as_bytes());
        let acceptor = TlsAcceptor::new(identity.expect("an identity")).expect("an acceptor");
        let mut ca_file = NamedTempFile::new().expect("a temporary file");
        ca_file.write_all(trusted_pem.as_bytes()).expect("write the CA file");
        let pin = format!("sha256//{}", BASE64.encode(&Sha256::digest(key.subject_public_key_info())));
        Self { acceptor, certificate_pem, key_pem, ca_file, pin }
    }

    /// The CA file for `--cacert`; it lives as long as the server.
    pub fn cacert(&self) -> &str {
        self.ca_file.path().to_str().expect("a path in UTF-8")
    }

    /// The server's public key in the form of `--pinnedpubkey`.
    pub fn pin(&self) -> &str {
        &self.pin
    }
}

fn authority(name: &str) -> (Issuer<'static, KeyPair>, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().expect("a key");
    let pem = params.self_signed(&key).expect("a CA certificate").pem();
    (Issuer::new(params, key), pem)
}

fn leaf(certificate: Certificate) -> CertificateParams {
    let names = match certificate {
        Certificate::WrongName => vec!["wrong.example".to_owned()],
        _ => vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
    };
    let now = SystemTime::now();
    let (from, to) = match certificate {
        Certificate::Expired => (now - 30 * DAY, now - DAY),
        Certificate::NotYetValid => (now + DAY, now + 30 * DAY),
        Certificate::DaysLeft(days) => (now - DAY, now + days * DAY + DAY / 4),
        _ => (now - DAY, now + 30 * DAY),
    };
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, "wsurl test server");
    params.not_before = from.into();
    params.not_after = to.into();
    params
}

#[test]
fn only_the_valid_certificate_convinces_a_client_that_trusts_the_ca() {
    use std::net::{TcpListener, TcpStream};

    let convinces = |certificate| {
        let tls = Tls::with(certificate);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let stream = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
        let ca = std::fs::read(tls.cacert()).expect("the CA file");
        let ca = native_tls::Certificate::from_pem(&ca).expect("a CA certificate");
        let server = std::thread::spawn(move || {
            let (client, _) = listener.accept().expect("a client");
            // A handshake that fails here fails at the client too, where it is looked at.
            let _ = tls.acceptor.accept(client);
        });
        let client =
            native_tls::TlsConnector::builder().add_root_certificate(ca).build().expect("a connector");
        let trusted = client.connect("127.0.0.1", stream).is_ok();
        server.join().expect("the server");
        trusted
    };
    assert!(convinces(Certificate::Valid));
    for bad in [
        Certificate::Expired,
        Certificate::NotYetValid,
        Certificate::WrongName,
        Certificate::SelfSigned,
        Certificate::UnknownCa,
    ] {
        assert!(!convinces(bad), "{bad:?}");
    }
}
