//! The system's CA certificates. Looks issuers up in hashed directories, one file per issuer. Opens the
//! bundle file only when a chain would be refused without it: on systems without a hashed directory, and when
//! someone has added a certificate only to the bundle.

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
    /// The content of the bundle files, loaded when first needed.
    bundle: OnceLock<Bundle>,
}

/// A peer's certificate, and how to verify it.
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

    /// Verifies the peer's certificate with the bundles as additional roots. Tries first the bundle's
    /// certificates whose name equals an issuer's name byte by byte, then all of them, because names in
    /// different encodings may be equal (RFC 5280 §7.1).
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

    /// Builds the store of this additional verification. It does not check the name and the dates of the
    /// peer's own certificate, because the main verification does.
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

/// The directories in `SSL_CERT_DIR`; if it is not set, the default ones of the linked OpenSSL and of common
/// systems.
fn directories() -> Vec<PathBuf> {
    let listed = env::var_os("SSL_CERT_DIR");
    let listed = distinct(listed.iter().flat_map(env::split_paths));
    if !listed.is_empty() {
        return listed;
    }
    let built_in = built_in().map(|dir| dir.join("certs"));
    distinct(built_in.into_iter().chain(openssl_probe::candidate_cert_dirs().map(ToOwned::to_owned)))
}

/// The file in `SSL_CERT_FILE`; if it is not set, the default ones of the linked OpenSSL and of common
/// systems.
fn bundles() -> Vec<PathBuf> {
    let named = distinct(env::var_os("SSL_CERT_FILE").map(PathBuf::from));
    if !named.is_empty() {
        return named;
    }
    let built_in = built_in().map(|dir| dir.join("cert.pem"));
    distinct(built_in.into_iter().chain(openssl_probe::probe().cert_file))
}

/// The existing paths without duplicates: many systems have several names for the same place.
fn distinct(paths: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in paths.into_iter().filter_map(|path| path.canonicalize().ok()) {
        if !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

/// The directory of certificates and settings that is compiled into OpenSSL.
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
