//! A file of CA certificates (`--cacert`) in memory.

use std::fmt;

/// Certificates in PEM, and the name of their file for messages.
#[derive(Clone, PartialEq, Eq)]
pub struct CaFile {
    /// The path as the user gave it.
    pub name: String,
    /// The content of the file.
    pub pem: Vec<u8>,
}

/// Prints only the name, because the content is long.
impl fmt::Debug for CaFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CaFile").field(&self.name).finish()
    }
}
