//! The finding on one rule.

use super::rule::Rule;

/// The verdict on a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Fail,
    /// The rule does not apply to this server.
    NotApplicable,
    /// The evidence does not decide it.
    Inconclusive,
}

impl Verdict {
    /// Every verdict, in the order of the reports.
    pub(crate) const ALL: [Self; 4] = [Self::Pass, Self::Fail, Self::Inconclusive, Self::NotApplicable];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable => "not-applicable",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// The verdict on one rule, with its evidence.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: &'static Rule,
    pub verdict: Verdict,
    /// In one line.
    pub seen: String,
    /// The bytes on the connection, a line each: `> 89 82 ..` for bytes sent, `< 8a 02 ..` for bytes received.
    pub evidence: Vec<String>,
    /// Whether the user knows that the server breaks the rule: it is no failure.
    pub excepted: bool,
}

impl Finding {
    /// Whether the rule is broken, and the user knows it.
    pub fn is_known(&self) -> bool {
        self.excepted && self.verdict == Verdict::Fail
    }
}

/// What checking all rules came to.
#[derive(Debug)]
pub struct Checked {
    pub findings: Vec<Finding>,
    /// Set when the server did not come back: after which rule it was lost.
    pub gone: Option<String>,
}
