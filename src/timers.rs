//! Points in time at which something numbered wants a turn, even if nothing happens until then.

use std::collections::BTreeSet;
use std::time::Instant;

/// At most one timer for each number.
#[derive(Debug, Default)]
pub struct Timers {
    /// In the order of their times.
    queue: BTreeSet<(Instant, usize)>,
    /// By number.
    set: Vec<Option<Instant>>,
}

impl Timers {
    /// Replaces the timer of `number`; `None` stops it.
    pub fn set(&mut self, number: usize, at: Option<Instant>) {
        if self.set.len() <= number {
            self.set.resize(number + 1, None);
        }
        let old = std::mem::replace(&mut self.set[number], at);
        if old != at {
            if let Some(old) = old {
                self.queue.remove(&(old, number));
            }
            self.queue.extend(at.map(|at| (at, number)));
        }
    }

    /// The time of the first one.
    pub fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Stops those whose time has come, and appends their numbers to `due`.
    pub fn expire(&mut self, now: Instant, due: &mut Vec<usize>) {
        while let Some((at, number)) = self.queue.first().copied()
            && at <= now
        {
            self.set(number, None);
            due.push(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn timers_expire_in_order_and_can_be_replaced() {
        let start = Instant::now();
        let at = |seconds| Some(start + Duration::from_secs(seconds));
        let (mut timers, mut due) = (Timers::default(), Vec::new());
        for (number, seconds) in [(0, 5), (3, 1), (1, 3), (3, 4)] {
            timers.set(number, at(seconds));
        }
        assert_eq!(timers.next(), at(3));
        timers.set(1, None);
        timers.expire(start + Duration::from_secs(4), &mut due);
        assert_eq!((&due[..], timers.next()), (&[3][..], at(5)));
        timers.expire(start + Duration::from_secs(9), &mut due);
        assert_eq!((&due[..], timers.next()), (&[3, 0][..], None));
    }
}
