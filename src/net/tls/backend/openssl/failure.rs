//! Converts OpenSSL's errors to our types.

use std::ffi::c_int;
use std::io::{self, ErrorKind};

use openssl::error::{Error, ErrorStack};
use openssl::ssl::{self, ErrorCode, SslAlert};
use openssl::x509::X509VerifyResult;

use crate::error::io_reason;
use crate::net::tls::error::{CertificateError, ErrorClass, TlsError};

/// `ERR_LIB_SSL`.
const LIBRARY: i32 = 20;

/// `SSL_R_UNEXPECTED_EOF_WHILE_READING`: the connection ended without a `close_notify` (OpenSSL 3).
const UNEXPECTED_EOF: i32 = 294;

impl From<ErrorStack> for TlsError {
    fn from(stack: ErrorStack) -> Self {
        match stack.errors().first() {
            Some(err) if is_alert(err) => Self::alert(reason(err)),
            Some(err) => Self::new(reason(err)),
            None => Self::new("OpenSSL does not say why"),
        }
    }
}

fn reason(err: &Error) -> String {
    err.reason().map_or_else(|| err.to_string(), ToOwned::to_owned)
}

fn is_alert(err: &Error) -> bool {
    err.library_code() == LIBRARY && SslAlert::from_reason_code(err.reason_code()).is_some()
}

/// The error of a failed handshake.
pub(super) fn of_handshake(err: &ssl::Error) -> TlsError {
    match (err.ssl_error(), err.io_error()) {
        (Some(stack), _) => stack.clone().into(),
        (None, Some(err)) => TlsError::new(io_reason(err)),
        (None, None) => TlsError::new("unexpected EOF"),
    }
}

/// Does `call`, which reads from or writes to an open session, and converts its error.
pub(super) fn io(mut call: impl FnMut() -> Result<usize, ssl::Error>) -> io::Result<usize> {
    loop {
        let err = match call() {
            Ok(count) => return Ok(count),
            Err(err) => err,
        };
        match (err.code(), err.io_error()) {
            // The peer has sent `close_notify`.
            (ErrorCode::ZERO_RETURN, _) => return Ok(0),
            // OpenSSL has processed a TLS message without user data; try again.
            (ErrorCode::WANT_READ, None) => {}
            _ => return Err(err.into_io_error().unwrap_or_else(|err| without_io_error(&err))),
        }
    }
}

fn without_io_error(err: &ssl::Error) -> io::Error {
    const UNANNOUNCED: &str = "the connection ended without TLS close_notify";
    let ended = |err: &Error| (err.library_code(), err.reason_code()) == (LIBRARY, UNEXPECTED_EOF);
    match err.ssl_error() {
        Some(stack) if !stack.errors().iter().any(ended) => TlsError::from(stack.clone()).into(),
        // Before version 3, OpenSSL has no separate error for a missing `close_notify`.
        Some(_) | None => io::Error::new(ErrorKind::UnexpectedEof, UNANNOUNCED),
    }
}

/// Converts OpenSSL's verification result.
pub(super) fn certificate_error(result: X509VerifyResult, depth: u32) -> CertificateError {
    CertificateError { class: class(result.as_raw()), text: result.error_string(), depth }
}

/// The class of an error number of `openssl/x509_vfy.h`.
fn class(error: c_int) -> ErrorClass {
    match error {
        // The issuer is unknown (2, 20), the certificate (18) or its root (19) is self-signed, no issuer is
        // available to verify a signature (21), or the root is not trusted for this purpose (27).
        2 | 18..=21 | 27 => ErrorClass::Untrusted,
        // Not yet valid (9), or expired (10).
        9 | 10 => ErrorClass::Expired,
        23 => ErrorClass::Revoked,
        // The host name (62) or the IP address (64) does not match.
        62 | 64 => ErrorClass::Name,
        _ => ErrorClass::Invalid,
    }
}
