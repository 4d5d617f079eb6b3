//! A certificate of our own: for the TLS servers, and in the places where a client looks for its issuer.

use std::fs;
use std::path::PathBuf;

use openssl::pkey::PKey;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::X509;
use tempfile::TempDir;

/// A self-signed certificate for `localhost`.
pub(crate) struct Tls {
    pub(crate) acceptor: SslAcceptor,
    /// The certificate in PEM.
    pub(crate) file: PathBuf,
    /// A folder that holds it under its hashed name, as `/etc/ssl/certs` does.
    pub(crate) folder: PathBuf,
    _temporary: TempDir,
}

impl Tls {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let certificate = X509::from_pem(made.cert.pem().as_bytes())?;
        let key = PKey::private_key_from_pem(made.signing_key.serialize_pem().as_bytes())?;
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        acceptor.set_certificate(&certificate)?;
        acceptor.set_private_key(&key)?;
        let temporary = tempfile::tempdir()?;
        let (file, folder) = (temporary.path().join("ca.pem"), temporary.path().join("certs"));
        fs::create_dir(&folder)?;
        let hashed = format!("{:08x}.0", certificate.subject_name_hash());
        for path in [&file, &folder.join(hashed)] {
            fs::write(path, made.cert.pem())?;
        }
        Ok(Self { acceptor: acceptor.build(), file, folder, _temporary: temporary })
    }
}
