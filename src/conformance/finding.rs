//! What was found out about one rule.

use super::rule::Rule;

/// How a server did on a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Fail,
    /// The rule does not apply to this server.
    NotApplicable,
    /// What was seen does not decide it.
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

/// The verdict on one rule and what it rests on.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: &'static Rule,
    pub verdict: Verdict,
    /// In one line.
    pub seen: String,
    /// What went over the connection, a line each: `> 89 82 ..` for bytes sent, `< 8a 02 ..` for bytes received.
    pub evidence: Vec<String>,
}
