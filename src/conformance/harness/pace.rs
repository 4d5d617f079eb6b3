//! How long a reaction of the server is awaited. Pure.

use std::time::Duration;

/// After this many waits in vain, a server that has never reacted gets less time.
const WAITS_OF_FULL_LENGTH: u32 = 3;

/// The divisor of the time from then on.
const PART: u32 = 8;

/// How many times as long a server has for a reaction when a rule is tried a second time because nothing came.
const SECOND_LOOK: u32 = 3;

/// After this many second looks that changed nothing, a server is known not to be slow.
pub(super) const SECOND_LOOKS: u32 = 3;

/// The time for one reaction, and whether there has been any.
#[derive(Debug)]
pub(crate) struct Pace {
    patience: Duration,
    has_reacted: bool,
    in_vain: u32,
    /// What all times are multiplied by.
    factor: u32,
}

impl Pace {
    pub(crate) fn new(patience: Duration) -> Self {
        Self { patience, has_reacted: false, in_vain: 0, factor: 1 }
    }

    /// Gives the server more time in a second look, or as much as ever.
    pub(crate) fn look_again(&mut self, is_second: bool) {
        self.factor = if is_second { SECOND_LOOK } else { 1 };
    }

    /// This time, longer in a second look.
    pub(crate) fn stretched(&self, time: Duration) -> Duration {
        time * self.factor
    }

    /// The server has reacted.
    pub(crate) fn reacted(&mut self) {
        self.has_reacted = true;
    }

    /// The server has not reacted in time.
    pub(crate) fn waited_in_vain(&mut self) {
        self.in_vain += 1;
    }

    /// The time for the next reaction.
    pub(crate) fn patience(&self) -> Duration {
        let is_mute = !self.has_reacted && self.in_vain >= WAITS_OF_FULL_LENGTH;
        self.stretched(if is_mute { self.patience / PART } else { self.patience })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_never_reacts_is_given_less_time() {
        let whole = Duration::from_secs(8);
        let mut pace = Pace::new(whole);
        for _ in 0..WAITS_OF_FULL_LENGTH {
            assert_eq!(pace.patience(), whole);
            pace.waited_in_vain();
        }
        assert_eq!(pace.patience(), Duration::from_secs(1));
        pace.reacted();
        assert_eq!(pace.patience(), whole);
        pace.look_again(true);
        assert_eq!(pace.patience(), 3 * whole);
    }
}
