//! The verification callback: decides for each error in the peer's chain whether to ignore it, and records
//! the errors. It runs before we send our own certificate or any user data.

use std::ffi::c_int;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openssl::ssl::{SslRef, SslVerifyMode};
use openssl::x509::{X509StoreContext, X509StoreContextRef};

use super::failure::certificate_error;
use super::roots::{Peer, SystemRoots};
use crate::net::tls::error::{CertificateError, ErrorClass};
use crate::os::descriptors;

/// `X509_V_ERR_UNABLE_TO_GET_CRL`.
const NO_CRL: c_int = 3;

/// Which certificates are accepted.
pub(super) struct Policy {
    /// Accept any certificate.
    pub(super) insecure: bool,
    /// Ignore errors of these classes.
    pub(super) ignored: Vec<ErrorClass>,
    /// The system's CA certificates, if they are trusted.
    pub(super) roots: Option<SystemRoots>,
}

impl Policy {
    fn ignores(&self, class: ErrorClass) -> bool {
        self.insecure || self.ignored.contains(&class)
    }
}

/// The state of one handshake's verification.
pub(super) struct Verifier {
    policy: Arc<Policy>,
    /// OpenSSL's security level, which sets the minimum strength of keys and signatures.
    level: u32,
    findings: Findings,
}

impl Verifier {
    pub(super) fn new(policy: Arc<Policy>, level: u32, findings: Findings) -> Self {
        Self { policy, level, findings }
    }

    /// Registers this as the callback of `ssl`.
    pub(super) fn install(self, ssl: &mut SslRef) {
        ssl.set_verify_callback(SslVerifyMode::PEER, move |holds, context| holds || self.tolerates(context));
    }

    /// Whether verification continues after an error.
    fn tolerates(&self, context: &X509StoreContextRef) -> bool {
        // The issuer has no CRL in the CA file, so nothing says that the certificate was revoked.
        if context.error().as_raw() == NO_CRL {
            return true;
        }
        let mut error = certificate_error(context.error(), context.error_depth());
        if error.class == ErrorClass::Untrusted {
            match self.trusted_by_bundle(context) {
                Some(Ok(())) => return true,
                Some(Err(other)) => error = other,
                None => {}
            }
        }
        let mut findings = self.findings.lock();
        if self.policy.ignores(error.class) {
            if !findings.ignored.contains(&error) {
                findings.ignored.push(error);
            }
            return true;
        }
        if error.class == ErrorClass::Untrusted && self.policy.roots.is_some() {
            // OpenSSL takes a file that cannot be opened for one that is not there.
            findings.unread = descriptors::lack();
        }
        let leaf = context.chain().and_then(|chain| chain.get(0)?.to_der().ok());
        findings.refused = Some((leaf.unwrap_or_default(), error));
        false
    }

    /// Verifies a chain whose issuer is in no directory with the system's bundle, at most once per handshake.
    /// `None` if the bundle does not apply.
    fn trusted_by_bundle(&self, context: &X509StoreContextRef) -> Option<Result<(), CertificateError>> {
        let roots = self.policy.roots.as_ref().filter(|_| !self.policy.insecure)?;
        let known = self.findings.lock().by_bundle.clone();
        if known.is_some() {
            return known;
        }
        let ssl = context.ex_data(X509StoreContext::ssl_idx().ok()?);
        // Before version 3, OpenSSL returns all certificates sent by the peer only after the verification.
        let sent = ssl.and_then(SslRef::peer_cert_chain).or_else(|| context.chain())?;
        let check_dates = !self.policy.ignores(ErrorClass::Expired);
        let peer = Peer { leaf: context.chain()?.get(0)?, sent, level: self.level, check_dates };
        let result = roots.verify_with_bundles(&peer);
        self.findings.lock().by_bundle = Some(result.clone());
        Some(result)
    }
}

/// The errors that a verification found.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    ignored: Vec<CertificateError>,
    refused: Option<(Vec<u8>, CertificateError)>,
    by_bundle: Option<Result<(), CertificateError>>,
    unread: Option<io::Error>,
}

impl Findings {
    /// The errors that were ignored.
    pub(super) fn ignored(&self) -> Vec<CertificateError> {
        self.lock().ignored.clone()
    }

    /// If the certificate was refused: the certificate in DER, and the error.
    pub(super) fn refused(&self) -> Option<(Vec<u8>, CertificateError)> {
        self.lock().refused.clone()
    }

    /// Why CA certificates cannot be opened, which may be the reason for the refusal. Returned once.
    pub(super) fn unread(&self) -> Option<io::Error> {
        self.lock().unread.take()
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
