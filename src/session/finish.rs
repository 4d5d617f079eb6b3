//! When a session may be closed: what is awaited before our Close is sent. Pure.

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

/// The time in which the checks have to be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// From the last message sent.
    pub limit: Duration,
    /// Whether `--receive-timeout` does not hold beside it.
    pub replaces_receive: bool,
}

impl Within {
    /// Replaces `--receive-timeout`.
    pub fn new(limit: Duration) -> Self {
        Self { limit, replaces_receive: true }
    }
}

/// The rule by which a session ends.
#[allow(clippy::struct_excessive_bools)] // each is an option of its own
#[derive(Clone, Copy, Debug)]
pub struct FinishRule {
    /// How many messages have to arrive, after the greeting.
    pub count: Count,
    /// Goes on until every check is met, at most so long (`--within`).
    pub within: Option<Within>,
    /// How long nothing has to arrive before the session is closed (`--wait`).
    pub quiet: Option<Duration>,
    /// Goes on until the server closes (`-f`).
    pub follow: bool,
    /// Sends a message only when the one before it was answered (`--lockstep`).
    pub lockstep: bool,
    /// So many messages come from the server before anything is sent, and are no replies (`--greeting`).
    pub greeting: u64,
    /// Leaves the first Close to the server (`--expect-close`).
    pub server_closes: bool,
    /// A person types the input, and may take any time for it: before its end, no reply is awaited.
    pub typed: bool,
    /// SIGINT ends the session as the user's own wish, without a failure: the terminal cannot tell us of Ctrl-C.
    pub interrupt_quits: bool,
}

/// How far a session has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct SoFar {
    /// Messages sent.
    pub sent: u64,
    /// Messages received, with those of the greeting.
    pub received: u64,
    /// Whether the input has ended.
    pub input_over: bool,
    /// Whether no message has arrived since the last one was sent.
    pub unanswered: bool,
    /// Whether a check is not met.
    pub unmet: bool,
}

/// What has to arrive next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The messages that the server sends first.
    Greeting,
    /// The reply to the last message, in lockstep.
    Reply,
    /// Messages, by their number.
    Messages,
    /// A message that meets a check.
    Match,
    /// The Close of the server.
    Close,
}

impl FinishRule {
    /// The rule that counts messages and knows nothing else.
    pub fn new(count: Count) -> Self {
        Self {
            count,
            within: None,
            quiet: None,
            follow: false,
            lockstep: false,
            greeting: 0,
            server_closes: false,
            typed: false,
            interrupt_quits: false,
        }
    }

    /// The number of messages that have to arrive after the greeting when `sent` were sent.
    pub fn awaited(&self, sent: u64) -> u64 {
        match self.count {
            Count::AsSent { at_least } => sent.max(at_least),
            Count::Exactly(count) => count,
            Count::None => 0,
        }
    }

    /// How many of `received` messages came after the greeting.
    pub fn counted(&self, received: u64) -> u64 {
        received.saturating_sub(self.greeting)
    }

    /// Whether the greeting has arrived, so that messages may be sent.
    pub fn is_greeted(&self, received: u64) -> bool {
        received >= self.greeting
    }

    /// What is awaited before the session may be closed. The end of the input and the quiet period come on top.
    pub fn awaits(&self, so_far: SoFar) -> Option<Awaited> {
        let SoFar { sent, received, input_over, unanswered, unmet } = so_far;
        let wants_match = self.within.is_some() && unmet;
        let wants_reply = self.awaited(sent) > 0 || wants_match || !input_over;
        if !self.is_greeted(received) {
            Some(Awaited::Greeting)
        } else if self.lockstep && unanswered && wants_reply {
            Some(Awaited::Reply)
        } else if self.awaited(sent) > self.counted(received) {
            Some(Awaited::Messages)
        } else if wants_match {
            Some(Awaited::Match)
        } else if self.follow || self.server_closes {
            Some(Awaited::Close)
        } else {
            None
        }
    }

    /// Whether a message that arrives after `received` others, when the input is over, is one too many.
    pub fn is_surplus(&self, received: u64) -> bool {
        match self.count {
            Count::Exactly(count) => {
                self.quiet.is_none() && !self.follow && received >= self.greeting.saturating_add(count)
            }
            Count::AsSent { .. } | Count::None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(count: Count) -> FinishRule {
        FinishRule::new(count)
    }

    #[test]
    fn the_number_awaited() {
        assert_eq!(rule(Count::AsSent { at_least: 0 }).awaited(3), 3);
        assert_eq!(rule(Count::AsSent { at_least: 1 }).awaited(0), 1);
        assert_eq!(rule(Count::Exactly(2)).awaited(7), 2);
        assert_eq!(rule(Count::None).awaited(7), 0);
    }

    #[test]
    fn only_an_exact_count_has_a_surplus() {
        let exact = rule(Count::Exactly(2));
        assert!(!exact.is_surplus(1));
        assert!(exact.is_surplus(2));
        assert!(!FinishRule { greeting: 1, ..exact }.is_surplus(2));
        assert!(FinishRule { greeting: 1, ..exact }.is_surplus(3));
        assert!(!FinishRule { quiet: Some(Duration::ZERO), ..exact }.is_surplus(2));
        assert!(!FinishRule { follow: true, ..exact }.is_surplus(2));
        assert!(!rule(Count::AsSent { at_least: 0 }).is_surplus(9));
    }

    #[test]
    fn first_the_greeting_then_messages_then_a_match_then_the_close() {
        let all = FinishRule {
            within: Some(Within::new(Duration::from_secs(1))),
            greeting: 2,
            server_closes: true,
            ..rule(Count::Exactly(1))
        };
        let awaits = |received, unmet| all.awaits(SoFar { sent: 1, received, unmet, ..SoFar::default() });
        assert_eq!(awaits(1, true), Some(Awaited::Greeting));
        assert_eq!(awaits(2, true), Some(Awaited::Messages));
        assert_eq!(awaits(3, true), Some(Awaited::Match));
        assert_eq!(awaits(3, false), Some(Awaited::Close));
        let none = FinishRule { server_closes: false, ..all };
        assert_eq!(none.awaits(SoFar { sent: 1, received: 3, ..SoFar::default() }), None);
    }

    #[test]
    fn in_lockstep_the_last_reply_is_awaited_where_anything_is() {
        let so_far = SoFar { sent: 2, received: 1, unanswered: true, ..SoFar::default() };
        let over = SoFar { input_over: true, ..so_far };
        let lockstep = FinishRule { lockstep: true, ..rule(Count::None) };
        assert_eq!(lockstep.awaits(so_far), Some(Awaited::Reply));
        assert_eq!(lockstep.awaits(over), None);
        assert_eq!(FinishRule { follow: true, ..lockstep }.awaits(over), Some(Awaited::Close));
        let within = FinishRule { within: Some(Within::new(Duration::from_secs(1))), ..lockstep };
        assert_eq!(within.awaits(over), None, "every check is met");
        assert_eq!(within.awaits(SoFar { unmet: true, ..over }), Some(Awaited::Reply));
    }
}
