//! TLS: the client's and the embedded server's handshake, certificates, pins, and our own identity.
//! May import `net::transport`, which carries an established session.
//!
//! The TLS library is known to `backend` alone: OpenSSL on Unix, the platform's library (through native-tls) on
//! Windows and macOS. What the two have in common stands beside it: `settings` go in, a `session` or an `error`
//! comes out.

pub(super) mod backend;
pub(super) mod buffered;
pub mod ca_file;
pub mod certificate;
pub mod client;
pub mod error;
pub mod identity;
pub mod pin;
pub mod server;
pub(super) mod session;
pub mod settings;

/// Whether the TLS library of this platform tells each error of a certificate, so that some can be ignored.
pub const TELLS_ERRORS_APART: bool = backend::EXPLAINS_REFUSALS;
