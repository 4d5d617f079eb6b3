//! The system's CA certificates. Issuers are looked up in hashed directories, file by file; the bundle is opened only when
//! a chain would be refused without it: on systems that have no hashed directory, and where somebody has added a
//! certificate to the bundle by hand.

use std::env;
use std::ffi::c_int;
use std::path::PathBuf;
use std::sync::OnceLock;

use openssl::error::ErrorStack;
use openssl::ssl::SslFiletype;
use openssl::stack::StackRef;
use openssl::version;
use openssl::x509::store::{X509Lookup, X509Store, X509StoreBuilder, X509StoreBuilderRef};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509Ref, X509StoreContext, X509VerifyResult};

use super::bundle::Bundle;
use super::failure::certificate_error;
use crate::net::tls::error::{CertificateError, ErrorClass};

/// The system's CA certificates.
pub(super) struct SystemRoots {
    directories: Vec<PathBuf>,
    /// What the bundle files hold, once it was needed.
    bundle: OnceLock<Bundle>,
}

/// A peer's certificate, and how it is verified.
pub(super) struct Peer<'a> {
    pub(super) leaf: &'a X509Ref,
    /// All certificates that the peer sent.
    pub(super) sent: &'a StackRef<X509>,
    pub(super) level: u32,
    pub(super) check_dates: bool,
}

impl SystemRoots {
    /// Finds the hashed directories.
    pub(super) fn find() -> Self {
        Self { directories: directories(), bundle: OnceLock::new() }
    }

    /// Makes `store` look issuers up in the hashed directories.
    pub(super) fn install(&self, store: &mut X509StoreBuilderRef) -> Result<(), ErrorStack> {
        let lookup = store.add_lookup(X509Lookup::hash_dir())?;
        for directory in self.directories.iter().filter_map(|path| path.to_str()) {
            lookup.add_dir(directory, SslFiletype::PEM)?;
        }
        Ok(())
    }

    /// Whether the peer's certificate leads to a root when those of the bundles are trusted, too.
    /// First with those that name an issuer in the chain byte by byte, then with all: names that differ in their encoding may
    /// be equal (RFC 5280 §7.1).
    pub(super) fn verify_with_bundles(&self, peer: &Peer<'_>) -> Result<(), CertificateError> {
        let bundle = self.bundle.get_or_init(|| Bundle::read(bundles()));
        let first = self.verify(peer, bundle.issuers_of(peer.sent));
        match first {
            Err(CertificateError { class: ErrorClass::Untrusted, .. }) => self.verify(peer, bundle.all()),
            first => first,
        }
    }

    fn verify(&self, peer: &Peer<'_>, trusted: Vec<X509>) -> Result<(), CertificateError> {
        let (result, depth) = self
            .store(peer, trusted)
            .and_then(|store| {
                X509StoreContext::new()?.init(&store, peer.leaf, peer.sent, |context| {
                    context.verify_cert()?;
                    Ok((context.error(), context.error_depth()))
                })
            })
            .unwrap_or((X509VerifyResult::APPLICATION_VERIFICATION, 0));
        if result == X509VerifyResult::OK { Ok(()) } else { Err(certificate_error(result, depth)) }
    }

    /// Name and dates of the peer's own certificate are not verified here: the verification that asks does that.
    fn store(&self, peer: &Peer<'_>, trusted: Vec<X509>) -> Result<X509Store, ErrorStack> {
        let mut checks = X509VerifyParam::new()?;
        checks.set_purpose(X509PurposeId::SSL_SERVER)?;
        checks.set_auth_level(c_int::try_from(peer.level).unwrap_or(c_int::MAX));
        if !peer.check_dates {
            checks.set_flags(X509VerifyFlags::NO_CHECK_TIME)?;
        }
        let mut store = X509StoreBuilder::new()?;
        store.set_param(&checks)?;
        self.install(&mut store)?;
        for certificate in trusted {
            store.add_cert(certificate)?;
        }
        Ok(store.build())
    }
}

/// The directories that `SSL_CERT_DIR` lists; when there are none, those of the OpenSSL we are linked with and those of
/// the usual systems.
fn directories() -> Vec<PathBuf> {
    let listed = env::var_os("SSL_CERT_DIR");
    let listed = distinct(listed.iter().flat_map(env::split_paths));
    if !listed.is_empty() {
        return listed;
    }
    let built_in = built_in().map(|dir| dir.join("certs"));
    distinct(built_in.into_iter().chain(openssl_probe::candidate_cert_dirs().map(ToOwned::to_owned)))
}

/// The file that `SSL_CERT_FILE` names; when there is none, that of the OpenSSL we are linked with and that of the usual
/// systems.
fn bundles() -> Vec<PathBuf> {
    let named = distinct(env::var_os("SSL_CERT_FILE").map(PathBuf::from));
    if !named.is_empty() {
        return named;
    }
    let built_in = built_in().map(|dir| dir.join("cert.pem"));
    distinct(built_in.into_iter().chain(openssl_probe::probe().cert_file))
}

/// Those of the paths that exist, each once: many systems have several names for the same place.
fn distinct(paths: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in paths.into_iter().filter_map(|path| path.canonicalize().ok()) {
        if !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

/// The folder of certificates and settings that OpenSSL was built for.
fn built_in() -> Option<PathBuf> {
    // The text is `OPENSSLDIR: "/usr/lib/ssl"`.
    version::dir().split('"').nth(1).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_with_two_names_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let (place, other) = (folder.path().join("cert.pem"), folder.path().join("bundle.crt"));
        std::fs::write(&place, "").unwrap();
        std::os::unix::fs::symlink(&place, &other).unwrap();
        let found = distinct([place.clone(), other, folder.path().join("nowhere")]);
        assert_eq!(found, [place.canonicalize().unwrap()]);
    }

    #[test]
    fn openssl_tells_its_own_folder() {
        let folder = built_in().unwrap();
        assert!(folder.is_absolute(), "{}", folder.display());
    }
}
