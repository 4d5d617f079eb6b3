//! The verification callback: for each error that OpenSSL finds in the peer's chain it decides whether the error is ignored,
//! and keeps what was found. It runs before our own certificate or any user data is sent.

use std::ffi::c_int;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openssl::ssl::{SslRef, SslVerifyMode};
use openssl::x509::{X509StoreContext, X509StoreContextRef};

use super::failure::certificate_error;
use super::roots::{Peer, SystemRoots};
use crate::net::tls::error::{CertificateError, ErrorClass};

/// `X509_V_ERR_UNABLE_TO_GET_CRL`.
const NO_CRL: c_int = 3;

/// Which certificates are accepted.
pub(super) struct Policy {
    /// Any.
    pub(super) insecure: bool,
    /// Those with errors of these classes.
    pub(super) ignored: Vec<ErrorClass>,
    /// The system's CA certificates, if they are trusted.
    pub(super) roots: Option<SystemRoots>,
}

impl Policy {
    fn ignores(&self, class: ErrorClass) -> bool {
        self.insecure || self.ignored.contains(&class)
    }
}

/// The verification of one handshake.
pub(super) struct Verifier {
    policy: Arc<Policy>,
    /// OpenSSL's security level, which sets the least strength of keys and signatures.
    level: u32,
    findings: Findings,
}

impl Verifier {
    pub(super) fn new(policy: Arc<Policy>, level: u32, findings: Findings) -> Self {
        Self { policy, level, findings }
    }

    /// Decides for `ssl` from now on.
    pub(super) fn install(self, ssl: &mut SslRef) {
        ssl.set_verify_callback(SslVerifyMode::PEER, move |holds, context| holds || self.tolerates(context));
    }

    /// Whether the verification goes on in spite of an error.
    fn tolerates(&self, context: &X509StoreContextRef) -> bool {
        // Its issuer has no CRL in the CA file: nothing says that it was revoked.
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
        let leaf = context.chain().and_then(|chain| chain.get(0)?.to_der().ok());
        findings.refused = Some((leaf.unwrap_or_default(), error));
        false
    }

    /// Whether a chain whose issuer is in no directory leads to a root in the system's bundle. The bundle is consulted once a
    /// handshake; `None` where it does not count.
    fn trusted_by_bundle(&self, context: &X509StoreContextRef) -> Option<Result<(), CertificateError>> {
        let roots = self.policy.roots.as_ref().filter(|_| !self.policy.insecure)?;
        let known = self.findings.lock().by_bundle.clone();
        if known.is_some() {
            return known;
        }
        let ssl = context.ex_data(X509StoreContext::ssl_idx().ok()?);
        // Before version 3, OpenSSL tells all that the peer sent only after the verification.
        let sent = ssl.and_then(SslRef::peer_cert_chain).or_else(|| context.chain())?;
        let check_dates = !self.policy.ignores(ErrorClass::Expired);
        let peer = Peer { leaf: context.chain()?.get(0)?, sent, level: self.level, check_dates };
        let result = roots.verify_with_bundles(&peer);
        self.findings.lock().by_bundle = Some(result.clone());
        Some(result)
    }
}

/// What a verification has found.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    ignored: Vec<CertificateError>,
    refused: Option<(Vec<u8>, CertificateError)>,
    by_bundle: Option<Result<(), CertificateError>>,
}

impl Findings {
    /// The errors in spite of which the certificate was accepted.
    pub(super) fn ignored(&self) -> Vec<CertificateError> {
        self.lock().ignored.clone()
    }

    /// The certificate in DER and the error for which it was refused, if it was.
    pub(super) fn refused(&self) -> Option<(Vec<u8>, CertificateError)> {
        self.lock().refused.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
