//! Wraps the platform's TLS library. Every backend has the same items:
//!
//! | item | what it is |
//! |---|---|
//! | `Connector` | the client's settings, ready for connections |
//! | `Acceptor` | a server's certificate, ready for connections |
//! | `Step`, `MidHandshake` | the state of a handshake |
//! | `Stream` | an open session: reads, writes, and returns its `TlsSession` |
//! | `Identity`, `Certificates` | a certificate with its key; CA certificates |
//! | `EXPLAINS_REFUSALS` | whether a refused certificate comes with its error, and errors can be ignored by their class |
//!
//! On Unix, OpenSSL is used directly and not through native-tls: this way it loads only the CA certificates
//! that a chain needs, reports every error of a chain, the version and the cipher suite, logs keys, and
//! serves TLS 1.3. `OpenBSD` has `LibreSSL`, which lacks some of these features, so native-tls is used there.
//! `RUSTFLAGS='--cfg wsurl_native_tls'` chooses native-tls on every platform.

#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "openbsd"), not(wsurl_native_tls)))]
mod openssl;
#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "openbsd"), not(wsurl_native_tls)))]
pub(in crate::net) use openssl::*;

#[cfg(any(not(unix), target_vendor = "apple", target_os = "openbsd", wsurl_native_tls))]
mod native;
#[cfg(any(not(unix), target_vendor = "apple", target_os = "openbsd", wsurl_native_tls))]
pub(in crate::net) use native::*;
