//! The server's side of TLS where `native-tls` does not do: it accepts TLS 1.2 at most, and asks for no certificate.

use std::io::Read as _;
use std::net::{Shutdown, TcpStream};

use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::ssl::{HandshakeError, SslAcceptor, SslMethod, SslStream, SslVerifyMode, SslVersion};
use openssl::x509::X509;

use super::certificate::Tls;

const CLIENT_CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/client-ca.pem");

/// What a client has to bring along; TLS 1.3 is spoken with each that can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    Nothing,
    Tls13,
    /// A certificate of the CA in `fixtures/`.
    Certificate,
}

/// The connection, and the common name in the client's certificate if there is one. None if the handshake fails, which
/// is for the client to tell.
pub fn accept(tls: &Tls, demand: Demand, tcp: TcpStream) -> Option<(SslStream<TcpStream>, Option<String>)> {
    match acceptor(tls, demand).expect("an acceptor").accept(tcp) {
        Ok(stream) => {
            let certificate = stream.ssl().peer_certificate();
            let name = certificate.map(|certificate| common_name(&certificate).expect("a name"));
            Some((stream, name))
        }
        Err(HandshakeError::Failure(mut stream)) => {
            // What the client has sent meanwhile is taken: else a reset would overtake the alert.
            let tcp = stream.get_mut();
            let _ = tcp.shutdown(Shutdown::Write);
            let _ = tcp.read_to_end(&mut Vec::new());
            None
        }
        Err(_) => None,
    }
}

fn common_name(certificate: &X509) -> Option<String> {
    let name = certificate.subject_name().entries_by_nid(Nid::COMMONNAME).next()?;
    name.data().to_string().ok()
}

fn acceptor(tls: &Tls, demand: Demand) -> Result<SslAcceptor, ErrorStack> {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    acceptor.set_certificate(&*X509::from_pem(tls.certificate_pem.as_bytes())?)?;
    acceptor.set_private_key(&*PKey::private_key_from_pem(tls.key_pem.as_bytes())?)?;
    match demand {
        Demand::Nothing => {}
        Demand::Tls13 => acceptor.set_min_proto_version(Some(SslVersion::TLS1_3))?,
        Demand::Certificate => {
            acceptor.set_ca_file(CLIENT_CA)?;
            acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        }
    }
    Ok(acceptor.build())
}

#[test]
fn a_client_is_known_by_its_certificate_and_nobody_comes_in_without() {
    use std::net::TcpListener;

    use openssl::ssl::{SslConnector, SslFiletype};

    let known_as = |shown: bool| {
        let tls = Tls::with(super::Certificate::Valid);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let stream = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
        let mut connector = SslConnector::builder(SslMethod::tls_client()).expect("a connector");
        connector.set_ca_file(tls.cacert()).expect("the CA");
        if shown {
            let fixture = |name| CLIENT_CA.replace("client-ca.pem", name);
            connector.set_certificate_file(fixture("ec.pem"), SslFiletype::PEM).expect("a certificate");
            connector.set_private_key_file(fixture("ec-sec1.key"), SslFiletype::PEM).expect("its key");
        }
        let server = std::thread::spawn(move || {
            let (client, _) = listener.accept().expect("a client");
            accept(&tls, Demand::Certificate, client).map(|(_, name)| name.expect("a name"))
        });
        // Whether the client hears of a refusal at once depends on the version of TLS.
        drop(connector.build().connect("localhost", stream));
        server.join().expect("the server")
    };
    assert_eq!(known_as(true).as_deref(), Some("EC client"));
    assert_eq!(known_as(false), None);
}
