//! The server's side of TLS with a client certificate: nobody comes in without one of the CA in `fixtures/`.
//! With the `openssl` crate, since `native-tls` cannot ask for one.

use std::net::TcpStream;

use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::ssl::{SslAcceptor, SslMethod, SslStream, SslVerifyMode};
use openssl::x509::X509;

use super::certificate::Tls;

const CLIENT_CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/client-ca.pem");

/// The connection, and the common name in the client's certificate. None if the handshake fails, which is for the
/// client to tell.
pub fn accept(tls: &Tls, stream: TcpStream) -> Option<(SslStream<TcpStream>, String)> {
    let stream = acceptor(tls).expect("an acceptor").accept(stream).ok()?;
    let certificate = stream.ssl().peer_certificate()?;
    let name = certificate.subject_name().entries_by_nid(Nid::COMMONNAME).next()?;
    let name = name.data().to_string().ok()?;
    Some((stream, name))
}

fn acceptor(tls: &Tls) -> Result<SslAcceptor, openssl::error::ErrorStack> {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    acceptor.set_certificate(&*X509::from_pem(tls.certificate_pem.as_bytes())?)?;
    acceptor.set_private_key(&*PKey::private_key_from_pem(tls.key_pem.as_bytes())?)?;
    acceptor.set_ca_file(CLIENT_CA)?;
    acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
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
            accept(&tls, client).map(|(_, name)| name)
        });
        // Whether the client hears of a refusal depends on the version of TLS.
        let client = connector.build().connect("localhost", stream);
        let name = server.join().expect("the server");
        drop(client);
        name
    };
    assert_eq!(known_as(true).as_deref(), Some("EC client"));
    assert_eq!(known_as(false), None);
}
