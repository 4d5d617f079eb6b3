//! OpenSSL, by its own crate.

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

/// The callback of the verification tells every error.
pub(in crate::net) const EXPLAINS_REFUSALS: bool = true;
