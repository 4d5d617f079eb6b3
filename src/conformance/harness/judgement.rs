//! The result of a check.

use crate::conformance::finding::Verdict;

/// A verdict with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    /// In one line.
    pub(crate) seen: String,
}

impl Judgement {
    pub(crate) fn pass(seen: impl Into<String>) -> Self {
        Self { verdict: Verdict::Pass, seen: seen.into() }
    }

    pub(crate) fn fail(seen: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, seen: seen.into() }
    }

    pub(crate) fn inconclusive(seen: impl Into<String>) -> Self {
        Self { verdict: Verdict::Inconclusive, seen: seen.into() }
    }

    pub(crate) fn not_applicable(seen: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotApplicable, seen: seen.into() }
    }

    /// Combines several named tries of one rule: the first that fails, else all of them.
    pub(crate) fn of_all(tries: Vec<(String, Self)>) -> Self {
        let first = |verdict| tries.iter().find(|(_, judgement)| judgement.verdict == verdict);
        if let Some((name, judgement)) = first(Verdict::Fail).or(first(Verdict::Inconclusive)) {
            return Self { verdict: judgement.verdict, seen: format!("{name}: {}", judgement.seen) };
        }
        let mut seen: Vec<String> = Vec::new();
        for (_, judgement) in tries {
            if !seen.contains(&judgement.seen) {
                seen.push(judgement.seen);
            }
        }
        Self::pass(seen.join("; "))
    }
}

/// Why a check ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The judgement is known.
    Judged(Judgement),
    /// The user interrupts.
    Interrupted,
}

impl From<Judgement> for Stop {
    fn from(judgement: Judgement) -> Self {
        Self::Judged(judgement)
    }
}

/// What a check returns.
pub(crate) type Judged = Result<Judgement, Stop>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_tries_counts() {
        let named = |judgements: &[Judgement]| {
            let tries = judgements.iter().enumerate();
            Judgement::of_all(tries.map(|(i, judgement)| (format!("try {i}"), judgement.clone())).collect())
        };
        let (pass, fail) = (Judgement::pass("closed"), Judgement::fail("open"));
        let unclear = Judgement::inconclusive("nothing");
        assert_eq!(named(&[pass.clone(), pass.clone()]), pass);
        assert_eq!(named(&[pass.clone(), Judgement::pass("reset")]), Judgement::pass("closed; reset"));
        assert_eq!(named(&[pass.clone(), unclear.clone()]), Judgement::inconclusive("try 1: nothing"));
        assert_eq!(named(&[unclear, pass, fail]), Judgement::fail("try 2: open"));
    }
}
