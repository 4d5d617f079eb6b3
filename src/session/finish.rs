//! When a session may be closed after the input has ended.

use std::time::Duration;

/// How many messages are awaited in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// One for every message sent.
    AsSent {
        /// But no fewer than this.
        at_least: u64,
    },
    /// This many; further ones are not delivered.
    Exactly(u64),
    /// None; all that arrive are delivered.
    None,
}

/// The rule by which a session ends.
#[allow(clippy::struct_excessive_bools)] // each is an option of its own
#[derive(Clone, Copy, Debug)]
pub struct FinishRule {
    /// How many messages have to arrive.
    pub count: Count,
    /// How long nothing has to arrive before the session is closed (`--wait`).
    pub quiet: Option<Duration>,
    /// Goes on until the server closes (`-f`).
    pub follow: bool,
    /// Sends a message only when the one before it was answered (`--lockstep`).
    pub lockstep: bool,
    /// A person types the input, and may take any time for it: before its end, no reply is awaited.
    pub typed: bool,
    /// SIGINT ends the session as the user's own wish, without a failure: the terminal cannot tell us of Ctrl-C.
    pub interrupt_quits: bool,
}

impl FinishRule {
    /// Awaits `count` messages, and has no other condition.
    pub fn counting(count: Count) -> Self {
        Self { count, quiet: None, follow: false, lockstep: false, typed: false, interrupt_quits: false }
    }

    /// The number of messages that have to arrive when `sent` were sent.
    pub fn awaited(&self, sent: u64) -> u64 {
        match self.count {
            Count::AsSent { at_least } => sent.max(at_least),
            Count::Exactly(count) => count,
            Count::None => 0,
        }
    }

    /// Whether a message that arrives after `received` others, when the input is over, is one too many.
    pub fn is_surplus(&self, received: u64) -> bool {
        match self.count {
            Count::Exactly(count) => self.quiet.is_none() && !self.follow && received >= count,
            Count::AsSent { .. } | Count::None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_awaited() {
        let rule = FinishRule::counting;
        assert_eq!(rule(Count::AsSent { at_least: 0 }).awaited(3), 3);
        assert_eq!(rule(Count::AsSent { at_least: 1 }).awaited(0), 1);
        assert_eq!(rule(Count::Exactly(2)).awaited(7), 2);
        assert_eq!(rule(Count::None).awaited(7), 0);
    }

    #[test]
    fn only_an_exact_count_has_a_surplus() {
        let exact = FinishRule::counting(Count::Exactly(2));
        assert!(!exact.is_surplus(1));
        assert!(exact.is_surplus(2));
        assert!(!FinishRule { quiet: Some(Duration::ZERO), ..exact }.is_surplus(2));
        assert!(!FinishRule { follow: true, ..exact }.is_surplus(2));
        assert!(!FinishRule { count: Count::AsSent { at_least: 0 }, ..exact }.is_surplus(9));
    }
}
