//! The client's context before any option applies. Creating it takes a millisecond, in which OpenSSL reads its
//! configuration and fetches its ciphers, so a thread can begin to while the arguments are still parsed.

use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use openssl::error::ErrorStack;
use openssl::ssl::{SslContext, SslContextBuilder, SslMethod};

type Created = Result<SslContextBuilder, ErrorStack>;

static BEGUN: Mutex<Option<JoinHandle<Created>>> = Mutex::new(None);

/// Begins to create a context.
pub(in crate::net) fn begin() {
    // Without a thread, the context is created when it is needed.
    let begun = thread::Builder::new().name("tls".to_owned()).spawn(create);
    *BEGUN.lock().unwrap_or_else(PoisonError::into_inner) = begun.ok();
}

/// Returns a context: the one that was begun, or a new one.
pub(super) fn finish() -> Created {
    let begun = BEGUN.lock().unwrap_or_else(PoisonError::into_inner).take();
    match begun.map(JoinHandle::join) {
        Some(Ok(created)) => created,
        Some(Err(_)) | None => create(),
    }
}

fn create() -> Created {
    SslContext::builder(SslMethod::tls_client())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_context_is_begun_and_others_follow() {
        begin();
        assert!(finish().is_ok());
        assert!(finish().is_ok());
    }
}
