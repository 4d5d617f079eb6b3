//! How bad a result is.

/// How bad a result is, in the terms of a monitoring system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works.
    Ok,
    /// Slower than it should be.
    Warning,
    /// The check itself failed: the fault is on our side.
    Unknown,
    /// It does not work.
    Critical,
}
