//! TLS: the client's and the embedded server's handshake, certificates, pins, and our own identity.
//! May import `net::transport`, which carries an established session.
//!
//! Only `backend` uses a TLS library: OpenSSL on Unix, the platform's library (through native-tls) on Windows
//! and macOS. The types that both backends share are here: `settings` are their input, a `session` or an
//! `error` is their output.

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

/// Whether this platform's TLS library reports each error of a certificate, so that some can be ignored.
pub const TELLS_ERRORS_APART: bool = backend::EXPLAINS_REFUSALS;
