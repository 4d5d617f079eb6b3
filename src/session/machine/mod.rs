//! The state of a session: open, closing, leaving, over. Pure: it is told what happened and when (`events`), and says what to
//! do next (`steps`) and when to ask again (`clocks`).

mod clocks;
mod events;
#[cfg(any(test, fuzzing))]
mod random_events;
mod steps;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use super::finish::{Awaited, Count, FinishRule, SoFar};
use super::hints::Hints;
use super::limits::{CloseOptions, Limits};
use super::verdict::{Completeness, Ending, Overdue, SessionEnd, Side, Unmet};
use crate::error::Failure;
use crate::protocol::CloseFrame;
use crate::stats::Tally;
pub(super) use events::Progress;
#[cfg(any(test, fuzzing))]
pub use random_events::run_random_events;

/// How long the answer to our Close is awaited after a signal, and when the verdict is clear.
const HURRY: Duration = Duration::from_secs(1);

/// How long the end of the input is awaited after the server's Close, or when the reader of the output has left: a producer
/// may end a little later than they do.
pub(super) const INPUT_END: Duration = Duration::from_secs(1);

/// How long the input is watched for more after the connection was lost: a busy source may have nothing ready just then.
const INPUT_GOES_ON: Duration = Duration::from_millis(100);

/// How long the answer to our Close is awaited when the reader of the output has gone and nothing is under way.
const READER_GONE: Duration = Duration::from_millis(50);

/// How often the socket is read after a clock has run out, as long as there is something in it.
const MOST_LOOKS: u32 = 64;

/// For how long it is read then: a server that floods us with frames that bring nothing forward must not keep the session alive.
const LONGEST_LOOK: Duration = Duration::from_secs(1);

/// The close code of an endpoint that goes away.
const GOING_AWAY: u16 = 1001;

/// This many bytes of a long message count as progress, as a whole message does.
const PROGRESS: u64 = 64 * 1024;

/// The states of a session (RFC 6455 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Messages go both ways.
    Open,
    /// Our Close was sent first; the server's is awaited.
    Closing { since: Instant, limit: Duration },
    /// Our last frame has to leave. Then the session is over, or the end of the input is awaited.
    Leaving { since: Instant },
    /// The connection has ended, and it is not known whether the input has ended, too.
    AwaitingInput { until: Instant },
    /// Nothing more will happen.
    Over,
}

/// The name of the server in errors.
#[derive(Clone, Debug)]
pub struct ServerName {
    /// The host alone.
    pub host: String,
    /// Host and port.
    pub target: String,
}

/// What the event loop sees when it asks.
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own about one part
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IoState {
    /// Bytes have not reached the kernel.
    pub(super) sending: bool,
    /// There may be more to send, which the rate does not allow yet.
    pub(super) paced: bool,
    /// The output takes nothing, so nothing is read.
    pub(super) blocked: bool,
    /// Since when a ping waits for any byte from the server.
    pub(super) unanswered_since: Option<Instant>,
    /// Since when the pong of the measured ping is awaited.
    pub(super) pong_awaited_since: Option<Instant>,
    /// The source waits for a reply.
    pub(super) awaiting: bool,
    /// A check is not met.
    pub(super) unmet: bool,
}

/// What the event loop has to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Go on.
    Continue,
    /// Send this Close; no other frame may follow it.
    SendClose(CloseFrame),
    /// A clock has run out. Read the socket once more, then ask again: what has arrived in time is not late.
    LookAgain,
    /// The connection is given up as lost.
    Lose,
    /// The session is over.
    Stop,
}

/// The state of one session.
#[allow(clippy::struct_excessive_bools)] // each is an event that has or has not happened
#[derive(Debug)]
pub(super) struct Machine {
    server: ServerName,
    rule: FinishRule,
    limits: Limits,
    close: CloseOptions,
    hints: Hints,
    state: State,
    /// A Close that is to be sent at the next step.
    queued: Option<CloseFrame>,
    input_over_at: Option<Instant>,
    /// When the socket last took any byte, and user data.
    wrote_at: Instant,
    sent_at: Instant,
    /// When the socket last gave any byte, a part of a message, and a whole message or [`PROGRESS`] bytes of one.
    heard_at: Instant,
    data_at: Instant,
    progress_at: Instant,
    /// Bytes of the message that is arriving, since `progress_at`.
    arriving: u64,
    /// Since when the output takes nothing, when it last took bytes again, and how long it took nothing while the session was
    /// closing.
    blocked_since: Option<Instant>,
    unblocked_at: Instant,
    held_up: Duration,
    /// Since when nothing can be sent any more.
    broken_at: Option<Instant>,
    tally: Tally,
    failure: Option<Failure>,
    /// The limit that has run out before what was awaited had come.
    overdue: Option<Overdue>,
    ending: Option<Ending>,
    completeness: Completeness,
    /// Whether no message has arrived since the last one was sent.
    unanswered: bool,
    /// Whether a signal has come: every remaining wait is capped at [`HURRY`].
    hurried: bool,
    output_closed: bool,
    /// Whether the reader of the output left before the input had ended: the rest of the input is not sent.
    abandons_input: bool,
    discards: bool,
    /// How often the socket was looked at since a clock has run out.
    looks: u32,
    looking_since: Instant,
    /// When everything awaited had come.
    finished_at: Option<Instant>,
    /// The time from our Close to its answer.
    close_took: Option<Duration>,
}

impl Machine {
    pub(super) fn new(
        server: ServerName,
        rule: FinishRule,
        limits: Limits,
        close: CloseOptions,
        hints: Hints,
        now: Instant,
    ) -> Self {
        Self {
            server,
            rule,
            limits,
            close,
            hints,
            state: State::Open,
            queued: None,
            input_over_at: None,
            wrote_at: now,
            sent_at: now,
            heard_at: now,
            data_at: now,
            progress_at: now,
            arriving: 0,
            blocked_since: None,
            unblocked_at: now,
            held_up: Duration::ZERO,
            broken_at: None,
            tally: Tally::default(),
            failure: None,
            overdue: None,
            ending: None,
            completeness: Completeness::default(),
            unanswered: false,
            hurried: false,
            output_closed: false,
            abandons_input: false,
            discards: false,
            looks: 0,
            looking_since: now,
            finished_at: None,
            close_took: None,
        }
    }

    /// Messages and bytes so far.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// When everything awaited had arrived, so that only the closing handshake was left.
    pub(super) fn finished_at(&self) -> Option<Instant> {
        self.finished_at
    }

    /// The time from our Close to its answer.
    pub(super) fn close_took(&self) -> Option<Duration> {
        self.close_took
    }

    /// Payload bytes of all that was sent that the peer's TCP has taken.
    pub(super) fn bytes_taken(&self) -> u64 {
        self.completeness.taken
    }

    /// Whether the input has ended, and all of it was taken.
    pub(super) fn has_sent_all(&self) -> bool {
        self.completeness.input_ended && !self.completeness.unsent
    }

    /// Whether the server has closed after a whole message, in a way that is accepted.
    pub(super) fn has_received_all(&self) -> bool {
        let is_closed = match &self.ending {
            Some(Ending::Closed { by, frame }) => *by == Side::Us || self.close.accepts(frame.code),
            Some(Ending::Lost { cause, .. }) => cause.is_none() && self.close.accepts_loss(),
            None => false,
        };
        is_closed && !self.completeness.inside_message && !self.discards
    }

    /// How it went.
    ///
    /// `unmet` says which checks were not met, `size` how much was to be sent in all.
    pub(super) fn into_end(self, unmet: Option<Unmet>, size: Option<u64>) -> SessionEnd {
        let rule = self.rule_of_verdict();
        SessionEnd {
            hints: self.hints,
            size,
            target: self.server.target,
            ending: self.ending,
            failure: self.failure,
            overdue: self.overdue,
            completeness: self.completeness,
            rule,
            our_code: self.close.frame.code,
            close: self.close,
            tally: self.tally,
            output_closed: self.output_closed,
            unmet,
        }
    }

    /// The rule for the verdict. What is typed awaits no reply before its end, unless their number was given.
    fn rule_of_verdict(&self) -> FinishRule {
        match self.rule.count {
            Count::AsSent { .. } if self.rule.typed && self.input_over_at.is_none() => {
                FinishRule { count: Count::None, ..self.rule }
            }
            Count::AsSent { .. } | Count::Exactly(_) | Count::None => self.rule,
        }
    }

    /// For how many replies the session waits, now that its input has ended; `None` if it does not wait.
    pub(super) fn waits_for(&self, unmet: bool) -> Option<u64> {
        let waits = self.rule.quiet.is_some() || self.awaits(unmet).is_some();
        let missing = self.rule.awaited(self.tally.messages_sent);
        (self.state == State::Open && waits)
            .then(|| missing.saturating_sub(self.rule.counted(self.tally.messages_received)))
    }

    /// What has to arrive next. `unmet`: a check is not met.
    fn awaits(&self, unmet: bool) -> Option<Awaited> {
        self.rule.awaits(SoFar {
            sent: self.tally.messages_sent,
            received: self.tally.messages_received,
            input_over: self.input_over_at.is_some(),
            unanswered: self.unanswered,
            unmet,
        })
    }

    /// The beginning of the quiet period: since when no data was sent or received.
    fn quiet_since(&self, over_at: Instant) -> Instant {
        over_at.max(self.data_at).max(self.sent_at).max(self.unblocked_at)
    }
}
