//! Whether a server keeps RFC 6455: one rule after the other, each on a connection of its own, with what was sent and
//! what came back. May import `net`, `protocol` and the small values.

/// A rule that a server has to keep.
#[derive(Debug)]
pub struct Rule {
    /// The name in reports, in kebab case.
    pub id: &'static str,
    /// The section of RFC 6455 that says it, such as `5.5.2`.
    pub section: &'static str,
    /// The rule in a few words.
    pub title: &'static str,
}

/// How a server did on a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It keeps the rule.
    Pass,
    /// It breaks the rule.
    Fail,
    /// The rule has no bearing here.
    NotApplicable,
    /// What was seen does not tell.
    Inconclusive,
}

impl Verdict {
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

/// What was found out about one rule.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How the server did.
    pub verdict: Verdict,
    /// What was seen, in one line.
    pub seen: String,
    /// What went over the connection, a line each: `> 89 82 ..` for bytes sent, `< 8a 02 ..` for bytes seen.
    pub evidence: Vec<String>,
}
