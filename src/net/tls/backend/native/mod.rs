//! The platform's library, through native-tls: Schannel on Windows, Secure Transport on macOS.

mod connector;
mod identity;
mod stream;

pub(in crate::net) use connector::{Acceptor, Connector};
pub(in crate::net) use identity::{Certificates, Identity};
pub(in crate::net) use stream::{MidHandshake, Step, Stream};

/// Whether the library reports why it refused a certificate.
pub(in crate::net) const EXPLAINS_REFUSALS: bool = false;
