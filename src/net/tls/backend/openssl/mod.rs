//! OpenSSL, through the openssl crate.

mod acceptor;
mod bundle;
mod connector;
mod failure;
mod identity;
mod key_log;
mod roots;
mod stream;
mod verifier;

pub(in crate::net) use acceptor::Acceptor;
pub(in crate::net) use connector::Connector;
pub(in crate::net) use identity::{Certificates, Identity};
pub(in crate::net) use stream::{MidHandshake, Step, Stream};

/// Whether the library reports why it refused a certificate: the verification callback receives every error.
pub(in crate::net) const EXPLAINS_REFUSALS: bool = true;
