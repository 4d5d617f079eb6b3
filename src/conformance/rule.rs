//! A rule of an RFC that a server has to keep.

/// Appears in reports.
#[derive(Debug)]
pub struct Rule {
    /// In kebab case.
    pub id: &'static str,
    /// The section of RFC 6455 that states it, such as `5.5.2`.
    pub section: &'static str,
    /// The rule in at most 48 characters.
    pub title: &'static str,
}

impl Rule {
    pub(crate) const fn new(id: &'static str, section: &'static str, title: &'static str) -> Self {
        Self { id, section, title }
    }
}
