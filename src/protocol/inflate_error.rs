//! What is wrong with a compressed message.

use std::fmt;

/// A compressed message that cannot be inflated. The connection has to be failed with close code 1007.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InflateError {
    /// Compressed bytes of the message up to the error.
    pub offset: u64,
    pub(in crate::protocol) reason: &'static str,
}

/// What is wrong, then the section that forbids it.
impl fmt::Display for InflateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "compressed message cannot be inflated at byte {}: {} (RFC 7692 §7.2.2)",
            self.offset, self.reason
        )
    }
}

impl std::error::Error for InflateError {}
