//! A rule of an RFC that a server has to keep.

/// Appears in reports.
#[derive(Debug)]
pub struct Rule {
    /// In kebab case.
    pub id: &'static str,
    /// The number of the RFC.
    pub rfc: u16,
    /// The section of the RFC that states it, such as `5.5.2`.
    pub section: &'static str,
    /// The rule in at most 48 characters.
    pub title: &'static str,
}

impl Rule {
    /// A rule of RFC 6455.
    pub(crate) const fn new(id: &'static str, section: &'static str, title: &'static str) -> Self {
        Self { id, rfc: 6455, section, title }
    }

    /// The same of another RFC.
    pub(crate) const fn of(self, rfc: u16) -> Self {
        Self { rfc, ..self }
    }
}
