//! Time that several waits share: however many texts and files a result has, it takes no longer where nothing is read.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long all texts and files together may wait for their readers after a signal.
pub(crate) static AFTER_SIGNAL: Budget = Budget::of(Duration::from_secs(1));

/// Time that is spent in parts.
pub(crate) struct Budget {
    whole: Duration,
    spent: Mutex<Duration>,
}

/// Spends a budget until this is dropped.
pub(crate) struct Spending<'a> {
    budget: &'a Budget,
    begun: Instant,
}

impl Budget {
    pub(crate) const fn of(whole: Duration) -> Self {
        Self { whole, spent: Mutex::new(Duration::ZERO) }
    }

    pub(crate) fn spend(&self) -> Spending<'_> {
        Spending { budget: self, begun: Instant::now() }
    }

    /// Spends the budget for a wait that ends at `end`, if that is sooner than the whole budget.
    pub(crate) fn spend_near(&self, end: Option<Instant>) -> Option<Spending<'_>> {
        end.filter(|end| *end < Instant::now() + self.whole).map(|_| self.spend())
    }

    fn spent(&self) -> MutexGuard<'_, Duration> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spending<'_> {
    /// When nothing is left.
    pub(crate) fn end(&self) -> Instant {
        self.begun + self.budget.whole.saturating_sub(*self.budget.spent())
    }
}

impl Drop for Spending<'_> {
    fn drop(&mut self) {
        *self.budget.spent() += self.begun.elapsed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_in_parts() {
        let budget = Budget::of(Duration::from_secs(60));
        let first = budget.spend();
        assert_eq!(first.end() - first.begun, budget.whole);
        std::thread::sleep(Duration::from_millis(2));
        drop(first);
        let second = budget.spend();
        assert!(second.end() - second.begun < budget.whole, "something is spent");
        *budget.spent() = 2 * budget.whole;
        assert_eq!(second.end(), second.begun, "nothing is left");
    }

    #[test]
    fn only_a_wait_that_ends_sooner_needs_the_budget() {
        let budget = Budget::of(Duration::from_secs(60));
        let now = Instant::now();
        assert!(budget.spend_near(Some(now)).is_some());
        assert!(budget.spend_near(Some(now + 10 * budget.whole)).is_none());
        assert!(budget.spend_near(None).is_none());
    }
}
