//! How bad a result is.

/// How bad it is, as a monitoring system puts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// All is well.
    Ok,
    /// Slower than it should be.
    Warning,
    /// Nothing could be found out: the fault is on our side.
    Unknown,
    /// It does not work.
    Critical,
}
