//! TLS by the platform's own library: the client's and the embedded server's handshake, certificates, and our identity.
//! May import `net::transport`, which carries an established session.

pub(super) mod buffered;
pub mod ca_file;
pub mod certificate;
pub mod client;
pub(super) mod hello;
pub mod identity;
pub mod pin;
pub mod server;
