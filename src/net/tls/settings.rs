//! The settings of the TLS library.

use std::path::PathBuf;

use super::ca_file::CaFile;
use super::error::ErrorClass;

/// Which peers are accepted, and in which versions of TLS.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// CA certificates that replace the system's.
    pub cacert: Option<CaFile>,
    /// Accepts any certificate for any name.
    pub insecure: bool,
    /// The classes of certificate errors to ignore.
    pub ignored: Vec<ErrorClass>,
    /// The oldest and the newest version to negotiate.
    pub versions: (Option<TlsVersion>, Option<TlsVersion>),
    /// The file to which the secrets of each session are appended (`SSLKEYLOGFILE`).
    pub key_log: Option<PathBuf>,
}

/// The oldest version to negotiate by default.
pub(super) const OLDEST: TlsVersion = TlsVersion::V1_2;

/// The application protocol to offer (ALPN): the opening handshake is defined for HTTP/1.1 (RFC 6455 §4.1),
/// and without the offer a server might choose HTTP/2.
pub(super) const ALPN: &str = "http/1.1";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum TlsVersion {
    V1_0,
    V1_1,
    V1_2,
    V1_3,
}
