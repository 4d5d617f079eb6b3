//! A rule and the function that checks it.

use crate::conformance::harness::Harness;
use crate::conformance::harness::judgement::Judged;
use crate::conformance::rule::Rule;

/// One row of a table of rules.
#[derive(Debug)]
pub(crate) struct RuleCheck {
    pub(crate) rule: Rule,
    pub(crate) attempt: fn(&mut Harness<'_>) -> Judged,
}

impl RuleCheck {
    pub(crate) const fn new(
        id: &'static str,
        section: &'static str,
        title: &'static str,
        attempt: fn(&mut Harness<'_>) -> Judged,
    ) -> Self {
        Self { rule: Rule::new(id, section, title), attempt }
    }

    /// Marks the rule as one of another RFC than 6455.
    pub(crate) const fn of(self, rfc: u16) -> Self {
        Self { rule: self.rule.of(rfc), attempt: self.attempt }
    }
}
