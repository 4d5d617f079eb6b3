//! An echo server that presents whatever chain of certificates a test has made, weak keys included, and the makers of such
//! chains.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use openssl::asn1::{Asn1Time, Asn1Type};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::ssl::{SslAcceptor, SslMethod, SslVersion};
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509NameBuilder, X509NameRef};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod,
    KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A CA of a test, and its certificate in PEM.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    key_pem: String,
    pub pem: String,
}

/// A certificate in PEM, the certificates of its issuers behind it, and its key.
pub struct Presented {
    pub chain_pem: String,
    pub key_pem: String,
}

impl Authority {
    pub fn root(name: &str) -> Self {
        Self::new(name, 30, None)
    }

    /// Another CA below this one, valid until so many days from now.
    pub fn intermediate(&self, name: &str, days: i64) -> Self {
        Self::new(name, days, Some(self))
    }

    fn new(name: &str, days: i64, above: Option<&Self>) -> Self {
        let mut params = dated(CertificateParams::default(), days);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = match above {
            Some(above) => params.signed_by(&key, &above.issuer),
            None => params.self_signed(&key),
        };
        let (pem, key_pem) = (certificate.expect("a CA certificate").pem(), key.serialize_pem());
        Self { issuer: Issuer::new(params, key), key_pem, pem }
    }

    /// A certificate for `host`, valid until so many days from now.
    pub fn issue(&self, host: &str, days: i64) -> Presented {
        let mut params = dated(CertificateParams::new(vec![host.to_owned()]).expect("a name"), days);
        params.distinguished_name.push(DnType::CommonName, "wsurl test server");
        params.serial_number = Some(SerialNumber::from(7));
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Presented { chain_pem: certificate.pem(), key_pem: key.serialize_pem() }
    }

    /// A certificate for 127.0.0.1 with an RSA key of 1024 bits.
    pub fn issue_weak(&self) -> Presented {
        self.issue_by_openssl("weak", 1024, self.certificate().subject_name())
    }

    /// A certificate for 127.0.0.1 that has this name for its issuer, as a `PrintableString`.
    pub fn issue_as(&self, name: &str) -> Presented {
        let mut issuer = X509NameBuilder::new().expect("a name");
        issuer
            .append_entry_by_nid_with_type(Nid::COMMONNAME, name, Asn1Type::PRINTABLESTRING)
            .expect("a name");
        self.issue_by_openssl("wsurl test server", 2048, &issuer.build())
    }

    fn issue_by_openssl(&self, subject: &str, bits: u32, issuer: &X509NameRef) -> Presented {
        let key = PKey::from_rsa(Rsa::generate(bits).expect("a key")).expect("a key");
        let mut name = X509NameBuilder::new().expect("a name");
        name.append_entry_by_text("CN", subject).expect("a name");
        let mut builder = X509::builder().expect("a builder");
        builder.set_version(2).expect("X.509 v3");
        builder.set_subject_name(&name.build()).expect("the subject");
        builder.set_issuer_name(issuer).expect("the issuer");
        builder.set_pubkey(&key).expect("the key");
        builder.set_not_before(&Asn1Time::days_from_now(0).expect("a date")).expect("a date");
        builder.set_not_after(&Asn1Time::days_from_now(30).expect("a date")).expect("a date");
        let ca = self.certificate();
        let context = builder.x509v3_context(Some(&ca), None);
        let names = SubjectAlternativeName::new().ip("127.0.0.1").build(&context).expect("a name");
        builder.append_extension(names).expect("the names");
        let signer = PKey::private_key_from_pem(self.key_pem.as_bytes()).expect("the CA's key");
        builder.sign(&signer, MessageDigest::sha256()).expect("a signature");
        let pem = |bytes: Vec<u8>| String::from_utf8(bytes).expect("PEM");
        Presented {
            chain_pem: pem(builder.build().to_pem().expect("PEM")),
            key_pem: pem(key.private_key_to_pem_pkcs8().expect("PEM")),
        }
    }

    fn certificate(&self) -> X509 {
        X509::from_pem(self.pem.as_bytes()).expect("the CA certificate")
    }

    /// A list of revoked certificates in PEM: those that [`Authority::issue`] makes, or none.
    pub fn crl(&self, revokes: bool) -> String {
        let now = SystemTime::now();
        let entry = revokes.then(|| RevokedCertParams {
            serial_number: SerialNumber::from(7),
            revocation_time: (now - DAY).into(),
            reason_code: None,
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: (now - DAY).into(),
            next_update: (now + DAY).into(),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: entry.into_iter().collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).expect("a CRL").pem().expect("PEM")
    }

    /// The file name under which a hashed directory has its certificate.
    pub fn hashed_name(&self) -> String {
        format!("{:08x}.0", self.certificate().subject_name_hash())
    }
}

fn dated(mut params: CertificateParams, days: i64) -> CertificateParams {
    let now = SystemTime::now();
    let distance = DAY * u32::try_from(days.unsigned_abs()).expect("a few days");
    params.not_before = (now - 60 * DAY).into();
    // An hour more keeps the whole days the same while a test runs.
    params.not_after = (if days < 0 { now - distance } else { now + distance } + DAY / 24).into();
    params
}

impl Presented {
    /// Sends the certificate of an issuer, too.
    pub fn with(mut self, issuer: &Authority) -> Self {
        self.chain_pem += &issuer.pem;
        self
    }

    fn acceptor(&self, newest: SslVersion) -> SslAcceptor {
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).expect("an acceptor");
        builder.set_security_level(0);
        let mut chain = X509::stack_from_pem(self.chain_pem.as_bytes()).expect("certificates").into_iter();
        builder.set_certificate(&chain.next().expect("a certificate")).expect("a certificate");
        chain.for_each(|issuer| builder.add_extra_chain_cert(issuer).expect("an issuer"));
        let key = PKey::private_key_from_pem(self.key_pem.as_bytes()).expect("a key");
        builder.set_private_key(&key).expect("a key that fits");
        builder.set_max_proto_version(Some(newest)).expect("a version");
        builder.build()
    }

    /// Starts a server on 127.0.0.1 that presents it, over TLS up to `newest`: its URL.
    pub fn serve_up_to(&self, newest: SslVersion) -> String {
        let acceptor = self.acceptor(newest);
        listen(move |client| {
            if let Ok(stream) = acceptor.accept(client) {
                echo(stream);
            }
        })
    }

    /// Starts a server that cannot decrypt what comes after the opening handshake, and so sends a message of its own and a
    /// fatal alert: its URL.
    pub fn serve_and_send_alert(&self) -> String {
        let acceptor = self.acceptor(SslVersion::TLS1_3);
        listen(move |client| {
            let spoilt = Arc::new(AtomicBool::new(false));
            let stream = Spoiling { tcp: client.try_clone().expect("a socket"), spoils: Arc::clone(&spoilt) };
            let mut socket = tungstenite::accept(acceptor.accept(stream).expect("TLS")).expect("an upgrade");
            spoilt.store(true, Ordering::Relaxed);
            client.peek(&mut [0]).expect("a message of the client");
            // The alert follows at once: the client may read both together.
            socket.send("last words".into()).expect("send a message");
            socket.read().expect_err("a record that was changed");
            // What the client still sends is taken: else a reset would overtake the alert.
            let _ = client.shutdown(Shutdown::Write);
            let _ = io::copy(&mut &client, &mut io::sink());
        })
    }

    /// As [`Presented::serve_up_to`], with every version.
    pub fn serve(&self) -> String {
        self.serve_up_to(SslVersion::TLS1_3)
    }
}

/// Serves one client after the other.
fn listen(serve: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address: SocketAddr = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let _ = client.set_read_timeout(Some(super::PEER_PATIENCE));
            serve(client);
        }
    });
    format!("wss://{address}/")
}

/// How it ends is for the client to tell.
fn echo(stream: impl Read + Write) {
    let Ok(mut socket) = tungstenite::accept(stream) else { return };
    while let Ok(message) = socket.read() {
        let answered = if message.is_close() { socket.flush() } else { socket.send(message) };
        if answered.is_err() {
            return;
        }
    }
}

/// Changes a bit of all that is read, once it is told to.
#[derive(Debug)]
struct Spoiling {
    tcp: TcpStream,
    spoils: Arc<AtomicBool>,
}

impl Read for Spoiling {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.tcp.read(buf)?;
        // The header of a record is read on its own: it stays as it is.
        if count > 5 && self.spoils.load(Ordering::Relaxed) {
            buf[count - 1] ^= 1;
        }
        Ok(count)
    }
}

impl Write for Spoiling {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.tcp.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}
