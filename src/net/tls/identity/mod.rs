//! Our own certificate and its key: the client's (`--cert`, `--key`, `--pass`) and that of the embedded
//! server (`--tls-cert`, `--tls-key`). Pure.
//! The content of a file decides its format, not its name. The TLS library accepts keys only as PKCS#8, so
//! `private_key` converts the others.

mod owner;
mod private_key;

use pkcs8::LineEnding;
use pkcs8::der::pem;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::error::Failure;
use crate::net::tls::backend::{Acceptor, Identity};
use crate::net::tls::server::TlsServer;
use owner::{Owner, failure};
use private_key::PrivateKey;

/// Reads certificates in PEM and their key, from a separate file or the same one, for a server. `names` are
/// the names of the two files, for messages.
///
/// # Errors
/// [`Status::ClientCertificate`](crate::error::Status::ClientCertificate), as for [`load`].
pub fn server(
    certificate: &[u8],
    key: Option<&[u8]>,
    names: (&str, Option<&str>),
) -> Result<TlsServer, Failure> {
    let shown = names.0;
    if is_pkcs12(certificate) {
        return Err(failure(format!("{shown} is PKCS#12, and not PEM"))
            .hint(format!("openssl pkcs12 -nodes -in {shown} -out NEW.pem converts it")));
    }
    let identity = load_pem(certificate, key, None, names, Owner::Server)?;
    Acceptor::new(&identity)
        .map(TlsServer::new)
        .map_err(|err| failure(format!("cannot use the certificate {shown} and its key")).source(err))
}

/// Reads certificates in PEM and their key, from a separate file or the same one, or both from PKCS#12.
/// `names` are the names of the two files, for messages.
///
/// # Errors
/// [`Status::ClientCertificate`](crate::error::Status::ClientCertificate). A key that does not match
/// is detected here if the private key contains its public key. Otherwise (Ed25519, old EC keys), and if the
/// algorithm matches, building the connector fails with the TLS library's message.
pub fn load(
    certificate: &[u8],
    key: Option<&[u8]>,
    password: Option<&str>,
    names: (&str, Option<&str>),
) -> Result<Identity, Failure> {
    let shown = names.0;
    if is_pkcs12(certificate) {
        if key.is_some() {
            return Err(failure(format!("{shown} is PKCS#12, which holds its key"))
                .hint("--key is for certificates in PEM"));
        }
        return load_pkcs12(certificate, password, shown);
    }
    load_pem(certificate, key, password, names, Owner::Client)
}

fn load_pem(
    certificate: &[u8],
    key: Option<&[u8]>,
    password: Option<&str>,
    names: (&str, Option<&str>),
    owner: Owner,
) -> Result<Identity, Failure> {
    let shown = names.0;
    let chain = certificates(certificate, shown)?;
    let leaf = chain.first().map(Vec::as_slice).unwrap_or_default();
    let (key, key_shown) = (key.unwrap_or(certificate), names.1.unwrap_or(shown));
    let key = PrivateKey::from_pem(key, password, key_shown, owner)?;
    let (algorithm, public) = public_key(leaf, shown)?;
    if !key.fits(&algorithm, &public) {
        return Err(failure(format!("the key does not fit the certificate ({key_shown}, {shown})"))
            .hint("the certificate of the key comes first in its file, those of the issuers follow"));
    }
    let unusable = || failure(format!("cannot use the certificate {shown}"));
    let mut text = String::new();
    for der in &chain {
        let block = pem::encode_string("CERTIFICATE", LineEnding::LF, der);
        text.push_str(&block.map_err(|err| unusable().source(err))?);
    }
    let key = key.to_pem().map_err(|err| unusable().source(err))?;
    Identity::from_pkcs8(text.as_bytes(), key.as_bytes()).map_err(|err| unusable().source(err))
}

/// Whether this is a `PFX` of version 3 (RFC 7292 §4), with a definite or an indefinite length.
fn is_pkcs12(bytes: &[u8]) -> bool {
    let version = |at: usize| bytes.get(at..at + 3) == Some(&[2, 1, 3]);
    match bytes {
        [0x30, length @ 0x80..=0x84, ..] => version(2 + usize::from(length - 0x80)),
        [0x30, _, ..] => version(2),
        _ => false,
    }
}

fn load_pkcs12(bytes: &[u8], password: Option<&str>, shown: &str) -> Result<Identity, Failure> {
    Identity::from_pkcs12(bytes, password.unwrap_or_default()).map_err(|err| {
        // Only the text of the library's error distinguishes the two causes.
        match password {
            Some(_) => {
                let unusable =
                    failure(format!("wrong password for {shown}, or a PKCS#12 file that cannot be used"));
                // Windows reads old kinds, and takes no PEM.
                if cfg!(windows) {
                    unusable
                } else {
                    unusable.hint(format!(
                        "openssl pkcs12 -legacy -in {shown} -out NEW.pem converts a file of an old kind"
                    ))
                }
            }
            None => failure(format!("cannot open {shown} without a password"))
                .hint("--pass PASSWORD or --pass @FILE opens it"),
        }
        .source(err)
    })
}

/// The certificates in their order, in DER.
fn certificates(bytes: &[u8], shown: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let mut found = Vec::new();
    for block in Pem::iter_from_buffer(bytes) {
        match block {
            Ok(block) if matches!(&*block.label, "CERTIFICATE" | "X509 CERTIFICATE") => {
                found.push(block.contents);
            }
            Ok(_) => {}
            // An error in a key with a header; reading the key reports it.
            Err(_) if !found.is_empty() => break,
            Err(err) => return Err(failure(format!("{shown} is not PEM")).source(err)),
        }
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let none = failure(format!("{shown} holds no certificate"));
    Err(if X509Certificate::from_der(bytes).is_ok() {
        none.and(" in PEM")
            .hint(format!("openssl x509 -inform der -in {shown} -out NEW.pem converts it from DER"))
    } else {
        none.hint("a certificate begins with -----BEGIN CERTIFICATE-----")
    })
}

/// The identifier of the public key's algorithm in DER, and its bits (RFC 5280 §4.1.2.7).
fn public_key(der: &[u8], shown: &str) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    match X509Certificate::from_der(der) {
        Ok((_, certificate)) => {
            let key = certificate.public_key();
            Ok((key.algorithm.algorithm.as_bytes().to_vec(), key.subject_public_key.data.to_vec()))
        }
        Err(err) => Err(failure(format!("the certificate in {shown} cannot be read: {err}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;

    macro_rules! data {
        ($name:literal) => {
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/identity/", $name)).as_slice()
        };
    }

    /// A key that belongs to none of the test certificates.
    const OTHER_ED_KEY: &[u8] = b"-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n\
        -----END PRIVATE KEY-----\n";

    /// Loads the files `cert` and `key`. Returns `ok`, or the message with its advice.
    fn loaded(certificate: &[u8], key: Option<&[u8]>, password: Option<&str>) -> String {
        match load(certificate, key, password, ("cert", key.map(|_| "key"))) {
            Ok(_) => "ok".to_owned(),
            Err(failure) => {
                assert_eq!(failure.status(), Status::ClientCertificate);
                format!("{failure} / {}", failure.advice().unwrap_or_default())
            }
        }
    }

    /// Like `loaded`, for a server.
    fn served(certificate: &[u8], key: Option<&[u8]>) -> String {
        match server(certificate, key, ("cert", key.map(|_| "key"))) {
            Ok(_) => "ok".to_owned(),
            Err(failure) => {
                assert_eq!(failure.status(), Status::ClientCertificate);
                format!("{failure} / {}", failure.advice().unwrap_or_default())
            }
        }
    }

    fn ec(key: &[u8], password: Option<&str>) -> String {
        loaded(data!("ec.crt"), Some(key), password)
    }

    #[test]
    fn keys_in_every_form() {
        assert_eq!(loaded(data!("rsa-and-key.pem"), None, None), "ok");
        assert_eq!(ec(data!("ec.key"), None), "ok");
        assert_eq!(ec(data!("ec.pkcs8.key"), None), "ok");
        assert_eq!(ec(data!("ec.pkcs8.key"), Some("not needed")), "ok");
        assert_eq!(loaded(data!("ed.crt"), Some(data!("ed.key")), None), "ok");
        for key in [data!("ec.pbes2.key"), data!("ec.des3.key")] {
            assert_eq!(ec(key, Some("secret")), "ok");
        }
    }

    #[test]
    fn pkcs12_is_known_by_its_content() {
        assert_eq!(loaded(data!("ec.p12"), None, Some("secret")), "ok");
        assert_eq!(loaded(data!("ec.open.p12"), None, None), "ok");
        let wrong = loaded(data!("ec.p12"), None, Some("wrong"));
        assert!(wrong.starts_with("wrong password for cert, or "), "{wrong}");
        let missing = loaded(data!("ec.p12"), None, None);
        assert!(missing.starts_with("cannot open cert without a password: "), "{missing}");
        assert!(missing.contains("--pass"), "{missing}");
        assert_ne!(loaded(data!("no-key.p12"), None, Some("")), "ok");
        let both = loaded(data!("ec.p12"), Some(data!("ec.key")), Some("secret"));
        assert!(both.starts_with("cert is PKCS#12, which holds its key"), "{both}");
    }

    #[test]
    fn a_server_takes_every_form_of_key_and_is_told_of_its_own_flags() {
        assert_eq!(served(data!("rsa-and-key.pem"), None), "ok");
        for key in [data!("ec.key"), data!("ec.pkcs8.key")] {
            assert_eq!(served(data!("ec.crt"), Some(key)), "ok");
        }
        assert_eq!(served(data!("ed.crt"), Some(data!("ed.key"))), "ok");
        let none = served(data!("ec.crt"), None);
        assert!(none.starts_with("cert holds no private key / --tls-key FILE"), "{none}");
        let encrypted = served(data!("ec.crt"), Some(data!("ec.pbes2.key")));
        assert!(encrypted.starts_with("the key key is encrypted / openssl pkey -in key"), "{encrypted}");
        for key in [data!("rsa-and-key.pem"), data!("ed.key")] {
            let wrong = served(data!("ec.crt"), Some(key));
            assert!(wrong.starts_with("the key does not fit the certificate (key, cert)"), "{wrong}");
        }
        let untold = served(data!("ed.crt"), Some(OTHER_ED_KEY));
        assert!(untold.starts_with("cannot use the certificate cert and its key: "), "{untold}");
        assert!(served(data!("ec.p12"), None).starts_with("cert is PKCS#12, and not PEM / openssl pkcs12"));
    }

    #[test]
    fn a_password_that_is_wrong_or_missing() {
        for key in [data!("ec.pbes2.key"), data!("ec.des3.key")] {
            assert!(ec(key, Some("wrong")).starts_with("wrong password for the key key / "));
            assert!(ec(key, None).starts_with("the key key is encrypted / --pass "));
        }
    }

    #[test]
    fn keys_that_are_not_read_come_with_the_command_that_converts_them() {
        for key in [data!("ec.legacy.key"), data!("ec.pbes1.key")] {
            let said = ec(key, Some("secret"));
            assert!(said.contains("encrypted in an old format"), "{said}");
            assert!(
                said.ends_with("/ openssl pkcs8 -topk8 -v2 aes-256-cbc -in key -out NEW.pem converts it")
            );
        }
        let der = ec(data!("ec.key.der"), None);
        assert!(der.contains("key holds no private key") && der.contains("openssl pkey"), "{der}");
    }

    #[test]
    fn a_key_that_does_not_fit_is_told() {
        for (certificate, key) in [
            (data!("ec.crt"), data!("rsa-and-key.pem")),
            (data!("rsa-and-key.pem"), data!("ec.key")),
            (data!("ed.crt"), data!("ec.key")),
        ] {
            let said = loaded(certificate, Some(key), None);
            assert!(said.starts_with("the key does not fit the certificate (key, cert)"), "{said}");
        }
        // An Ed25519 key does not contain its public key, but its algorithm is known.
        assert!(ec(data!("ed.key"), None).starts_with("the key does not fit the certificate (key, cert)"));
    }

    #[test]
    fn files_that_hold_something_else() {
        let none = "cert holds no certificate / a certificate begins with -----BEGIN CERTIFICATE-----";
        assert_eq!(loaded(b"", None, None), none);
        assert_eq!(loaded(b"hello", None, None), none);
        assert_eq!(loaded(b"\x30\x80", None, None), none);
        assert_eq!(loaded(data!("ec.key"), None, None), none);
        assert!(loaded(data!("ec.der"), None, None).contains("openssl x509 -inform der -in cert"));
        assert!(loaded(data!("ec.crt"), None, None).starts_with("cert holds no private key / --key FILE"));
        let cut = &data!("ec.crt")[..300];
        assert!(loaded(cut, None, None).starts_with("cert is not PEM: "));
        let not_a_certificate = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let said = loaded(not_a_certificate, Some(data!("ec.key")), None);
        assert!(said.starts_with("the certificate in cert cannot be read: "), "{said}");
        let not_a_key = b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
        assert!(ec(not_a_key, None).starts_with("the key key cannot be read: "), "{}", ec(not_a_key, None));
    }
}
