//! What the TLS library is told before it connects.

use std::path::PathBuf;

use super::ca_file::CaFile;
use super::error::ErrorClass;

/// Which peers are accepted, and in which versions of TLS.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// CA certificates that take the place of the system's.
    pub cacert: Option<CaFile>,
    /// Accepts any certificate for any name.
    pub insecure: bool,
    /// Errors that do not make a certificate unacceptable.
    pub ignored: Vec<ErrorClass>,
    /// The oldest and the newest version to speak.
    pub versions: (Option<TlsVersion>, Option<TlsVersion>),
    /// The file to which the secrets of each session are appended (`SSLKEYLOGFILE`).
    pub key_log: Option<PathBuf>,
}

/// The oldest version that is spoken unless another is wanted.
pub(super) const OLDEST: TlsVersion = TlsVersion::V1_2;

/// The application protocol that is offered (ALPN): the opening handshake is defined for HTTP/1.1 (RFC 6455 §4.1), and
/// a server that prefers HTTP/2 has to know.
pub(super) const ALPN: &str = "http/1.1";

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum TlsVersion {
    V1_0,
    V1_1,
    V1_2,
    V1_3,
}
