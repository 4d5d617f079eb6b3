//! The verdict on a session: success, or the failure that says most. Pure.

use std::io;

use std::time::Duration;

pub(super) use super::check::Unmet;
use super::finish::{Awaited, FinishRule};
use super::hints::Hints;
use super::limits::CloseOptions;
use crate::error::{Failure, IoCause, Status};
use crate::protocol::CloseFrame;
use crate::stats::Tally;

/// The side that sent the first Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// This program.
    Us,
    Server,
}

/// How the connection ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// With the server's Close, which was the first one or the answer to ours.
    Closed { by: Side, frame: CloseFrame },
    /// Without one (RFC 6455 §7.1.5: 1006).
    Lost { cause: Option<io::Error>, closing: bool },
}

/// What was awaited when a limit ran out that makes its absence an unmet expectation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overdue {
    pub(super) limit: Duration,
    /// The flag that sets the limit.
    pub(super) flag: &'static str,
    pub(super) awaited: Awaited,
}

/// How far the data of both sides had come at the end.
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own about one side
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Completeness {
    /// User data was not sent, or not taken by the peer's TCP.
    pub(super) unsent: bool,
    /// Payload bytes that were taken.
    pub(super) taken: u64,
    /// A message of the server has begun and is not complete.
    pub(super) inside_message: bool,
    /// The end of the input was not seen, and is awaited or was missed.
    pub(super) input_open: bool,
    /// The end of the input was seen.
    pub(super) input_ended: bool,
}

/// Everything that the verdict depends on.
#[derive(Debug)]
pub(super) struct SessionEnd {
    /// Host and port.
    pub(super) target: String,
    pub(super) ending: Option<Ending>,
    /// Why we ended the session.
    pub(super) failure: Option<Failure>,
    pub(super) overdue: Option<Overdue>,
    pub(super) completeness: Completeness,
    pub(super) rule: FinishRule,
    pub(super) close: CloseOptions,
    pub(super) our_code: u16,
    pub(super) tally: Tally,
    pub(super) output_closed: bool,
    /// Bytes of payload that were to be sent, where that is known.
    pub(super) size: Option<u64>,
    pub(super) hints: Hints,
    /// Checks that were not met.
    pub(super) unmet: Option<Unmet>,
}

impl SessionEnd {
    /// Success, or the most telling failure, which says how far an upload has come.
    pub(super) fn verdict(self) -> Result<(), Failure> {
        let sent = self.completeness.unsent.then(|| self.sent());
        let is_upload = self.size.is_some();
        self.judge().map_err(|failure| match sent {
            Some(sent) if !failure.is_quiet() && (is_upload || concerns_sending(failure.status())) => {
                let text = format!("{failure}; {sent}");
                failure.restated(text)
            }
            _ => failure,
        })
    }

    fn judge(mut self) -> Result<(), Failure> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if self.output_closed {
            // Without a message, as every program in a pipe; the exit code says that something was not sent.
            return if self.completeness.unsent {
                Err(self.unsent("the output was closed").quiet())
            } else {
                Ok(())
            };
        }
        if let Some(overdue) = self.overdue {
            return Err(Failure::new(Status::ExpectationFailed, self.too_late(overdue)));
        }
        let mut by_us = false;
        match self.ending.take() {
            Some(Ending::Closed { by, frame }) => {
                self.closed(by, &frame)?;
                by_us = by == Side::Us;
            }
            Some(Ending::Lost { cause, closing }) if !self.accepts_loss(cause.as_ref()) => {
                return Err(self.lost(cause, closing));
            }
            Some(Ending::Lost { .. }) | None => {}
        }
        if let Some(unmet) = self.unmet {
            let failure = Failure::new(Status::ExpectationFailed, unmet.told(""));
            return Err(failure.hints(self.hints.unmet.filter(|_| by_us)));
        }
        self.all_came()
    }

    /// Whether as many messages have come as were awaited.
    fn all_came(&self) -> Result<(), Failure> {
        let (received, target) = (self.tally.messages_received, &self.target);
        let (counted, awaited) = (self.rule.counted(received), self.rule.awaited(self.tally.messages_sent));
        let text = if !self.rule.is_greeted(received) {
            let greeting = self.rule.greeting;
            format!("{target} closed after {received} of {greeting} messages of the greeting (--greeting)")
        } else if counted < awaited {
            format!("{target} closed after {counted} of {awaited} awaited messages")
        } else {
            return Ok(());
        };
        let hint = self.hints.fewer_messages.filter(|_| self.rule.is_greeted(received));
        Err(Failure::new(Status::ExpectationFailed, text).hints(hint))
    }

    /// What did not come in time.
    fn too_late(&self, Overdue { limit, flag, awaited }: Overdue) -> String {
        let target = &self.target;
        let within = format!(" within {} ({flag})", humantime::format_duration(limit));
        let unmet = |within: &str| self.unmet.as_ref().map(|unmet| unmet.told(within));
        let received = self.tally.messages_received;
        let missing = match awaited {
            Awaited::Match => {
                return unmet(&within).unwrap_or_else(|| format!("every check was met, but not{within}"));
            }
            Awaited::Greeting => {
                format!("{target} sent {received} of {} messages of the greeting{within}", self.rule.greeting)
            }
            Awaited::Reply => format!("{target} did not answer the last message{within}"),
            Awaited::Messages => {
                let (counted, awaited) =
                    (self.rule.counted(received), self.rule.awaited(self.tally.messages_sent));
                format!("{counted} of {awaited} awaited messages arrived{within}")
            }
            Awaited::Close => format!("{target} sent no Close{within}"),
        };
        unmet("").map_or_else(|| missing.clone(), |unmet| format!("{missing}; {unmet}"))
    }

    /// Whether an end of the connection without a Close is accepted: between messages, and not by a reset.
    fn accepts_loss(&self, cause: Option<&io::Error>) -> bool {
        let Completeness { unsent, inside_message, .. } = self.completeness;
        self.close.accepts_loss() && cause.is_none() && !unsent && !inside_message
    }

    /// Checks the code of the server's Close, and whether both sides had everything.
    fn closed(&self, by: Side, frame: &CloseFrame) -> Result<(), Failure> {
        let ours = by == Side::Us && frame.code == self.our_code;
        if !ours && self.close.expect.is_none() && !self.close.accept.accepts(frame.code) {
            return Err(self.refused_close(frame));
        }
        if self.completeness.unsent {
            let open = self.completeness.input_open;
            let before = if open { ", before the input ended" } else { "" };
            let failure = self.unsent(&format!("it closed with {}{before}", frame.described()));
            return Err(failure.hints(self.hints.early_close.filter(|_| open)));
        }
        if self.completeness.inside_message {
            let text = format!(
                "{} closed with {} inside a message: its last frame never came",
                self.target,
                frame.described()
            );
            return Err(Failure::new(Status::ReceiveFailed, text));
        }
        match &self.close.expect {
            Some(codes) if !codes.accepts(frame.code) => {
                let (target, came) = (&self.target, frame.described());
                let text = format!("{target} closed with {came}, not with {codes} (--expect-close)");
                Err(Failure::new(Status::ExpectationFailed, text))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn unsent(&self, why: &str) -> Failure {
        Failure::new(Status::SendFailed, format!("not everything was sent to {}: {why}", self.target))
    }

    /// How much the next hop had taken: never as much as was to be sent.
    fn sent(&self) -> String {
        const MIB: u64 = 1 << 20;
        let taken = self.completeness.taken;
        // After a reset, the kernel does not tell what the server had taken of what left here.
        let bound = match self.ending {
            Some(Ending::Lost { cause: Some(_), .. }) => "at most ",
            Some(Ending::Lost { cause: None, .. } | Ending::Closed { .. }) | None => "",
        };
        match self.size {
            Some(size) if size >= 10 * MIB => {
                format!("sent {bound}{} of {} MiB", taken / MIB, size.div_ceil(MIB))
            }
            Some(size) => format!("sent {bound}{taken} of {size} bytes"),
            None if taken == 1 => format!("sent {bound}1 byte"),
            None => format!("sent {bound}{taken} bytes"),
        }
    }

    fn refused_close(&self, frame: &CloseFrame) -> Failure {
        let before = if self.completeness.unsent { ", before everything was sent" } else { "" };
        let text = format!("closed by {} with {}{before}", self.target, frame.described());
        let is_all = !self.completeness.unsent && self.unmet.is_none() && self.all_came().is_ok();
        Failure::new(Status::ClosedByServer, text).hints(close_advice(frame.code, is_all))
    }

    fn lost(&self, cause: Option<io::Error>, closing: bool) -> Failure {
        let (status, why) = if self.completeness.unsent {
            (Status::SendFailed, "before everything was sent".to_owned())
        } else if closing {
            (Status::ReceiveFailed, "our Close was not answered (1006)".to_owned())
        } else if self.completeness.inside_message {
            (Status::ReceiveFailed, "inside a message (1006)".to_owned())
        } else {
            (Status::ReceiveFailed, "no Close frame came (1006)".to_owned())
        };
        let colon = if self.completeness.unsent { "" } else { ":" };
        let failure =
            Failure::new(status, format!("the connection to {} was lost{colon} {why}", self.target));
        match cause {
            Some(cause) => failure.source(IoCause(cause)),
            None => failure,
        }
    }
}

/// What a close code of the server says (RFC 6455 §7.4.1, and the registry of close codes). Only a code that the application
/// has made up may be a good end, and only where nothing is missing (`is_all`).
fn close_advice(code: u16, is_all: bool) -> Option<String> {
    let advice = match code {
        1002 | 1007 => "the server says that what was sent breaks the protocol; -vv shows every frame",
        1003 => "the server does not take this type of message: text or binary",
        1008 => "the server refuses the message or the user by its own rules; its log may say more",
        1009 => "the message is too big for the server",
        1011 => "something failed inside the server; its log may say more",
        1012 | 1013 => "the server restarts or is overloaded; try again later",
        3000..=4999 if is_all => {
            return Some(format!(
                "the application defines {code}; if it is a good end, --accept-close 1000,{code} says so"
            ));
        }
        _ => return None,
    };
    Some(advice.to_owned())
}

/// Whether such a failure leaves the question how much was sent.
fn concerns_sending(status: Status) -> bool {
    status.is_signal() || matches!(status, Status::SendFailed | Status::ClosedByServer | Status::Timeout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::check::{Check, Checks};
    use crate::session::finish::Count;
    use crate::session::limits::CloseCodes;

    const UNSENT: Completeness =
        Completeness { unsent: true, taken: 0, inside_message: false, input_open: false, input_ended: false };

    fn end(ending: Ending) -> SessionEnd {
        SessionEnd {
            target: "h:1".to_owned(),
            ending: Some(ending),
            failure: None,
            overdue: None,
            completeness: Completeness::default(),
            rule: FinishRule::new(Count::None),
            close: CloseOptions {
                frame: CloseFrame::with_code(4000),
                accept: CloseCodes::parse("1000,1001,1005").unwrap(),
                expect: None,
            },
            our_code: 4000,
            tally: Tally::default(),
            output_closed: false,
            size: None,
            hints: Hints::default(),
            unmet: None,
        }
    }

    fn closed(by: Side, code: u16, reason: &str) -> SessionEnd {
        end(Ending::Closed { by, frame: CloseFrame { code, reason: reason.to_owned() } })
    }

    fn failure(end: SessionEnd) -> (Status, String) {
        let failure = end.verdict().unwrap_err();
        (failure.status(), failure.to_string())
    }

    fn failure_of(end: SessionEnd) -> String {
        failure(end).1
    }

    #[test]
    fn accepted_codes_and_our_own_are_success() {
        assert!(closed(Side::Server, 1001, "").verdict().is_ok());
        assert!(closed(Side::Us, 1005, "").verdict().is_ok());
        assert!(closed(Side::Us, 4000, "").verdict().is_ok());
        assert_eq!(
            failure(closed(Side::Server, 4000, "go away")),
            (Status::ClosedByServer, "closed by h:1 with 4000: go away".to_owned())
        );
    }

    #[test]
    fn the_failure_that_says_most_wins() {
        let unsent = |end| SessionEnd { completeness: UNSENT, ..end };
        assert_eq!(failure(unsent(closed(Side::Server, 1000, ""))).0, Status::SendFailed);
        assert_eq!(failure(unsent(closed(Side::Server, 1011, ""))).0, Status::ClosedByServer);
        let lost = || end(Ending::Lost { cause: None, closing: false });
        assert_eq!(failure(unsent(lost())).0, Status::SendFailed);
        assert_eq!(failure(lost()).0, Status::ReceiveFailed);
        let missing =
            SessionEnd { rule: FinishRule::new(Count::Exactly(2)), ..closed(Side::Server, 1000, "") };
        assert_eq!(
            failure(missing),
            (Status::ExpectationFailed, "h:1 closed after 0 of 2 awaited messages".to_owned())
        );
        let unmet = SessionEnd {
            unmet: Checks::new(vec![Check::Text("x".to_owned())]).unmet(),
            rule: FinishRule::new(Count::Exactly(2)),
            ..closed(Side::Server, 1000, "")
        };
        assert_eq!(failure(unmet).1, "--expect-text 'x' was not met: no message arrived");
    }

    #[test]
    fn a_closed_output_is_quiet_unless_something_was_not_sent() {
        let quiet = || SessionEnd {
            output_closed: true,
            rule: FinishRule::new(Count::Exactly(5)),
            ..end(Ending::Lost { cause: None, closing: true })
        };
        assert!(quiet().verdict().is_ok());
        assert_eq!(failure(SessionEnd { completeness: UNSENT, ..quiet() }).0, Status::SendFailed);
    }

    #[test]
    fn a_failure_says_how_far_an_upload_has_come() {
        let told = |status, size, taken, unsent| {
            let completeness = Completeness { unsent, taken, ..UNSENT };
            let failure = Some(Failure::new(status, "over").source(io::Error::other("why")));
            failure_of(SessionEnd { failure, completeness, size, ..closed(Side::Us, 1000, "") })
        };
        let mib = 1 << 20;
        assert_eq!(told(Status::Timeout, Some(10 * mib + 1), 10 * mib, true), "over: why; sent 10 of 11 MiB");
        assert_eq!(told(Status::ReadError, Some(10 * mib), 0, true), "over: why; sent 0 of 10 MiB");
        assert_eq!(told(Status::Timeout, Some(10 * mib - 1), 7, true), "over: why; sent 7 of 10485759 bytes");
        assert_eq!(told(Status::Interrupted, None, 1, true), "over: why; sent 1 byte");
        assert_eq!(told(Status::SendFailed, None, 2, true), "over: why; sent 2 bytes");
        assert_eq!(told(Status::ReadError, None, 2, true), "over: why");
        assert_eq!(told(Status::Timeout, Some(10), 7, false), "over: why");
    }

    #[test]
    fn a_quiet_failure_stays_quiet() {
        let end = SessionEnd { completeness: UNSENT, output_closed: true, ..closed(Side::Us, 1000, "") };
        let failure = end.verdict().unwrap_err();
        assert!(failure.is_quiet());
        assert_eq!(failure.to_string(), "not everything was sent to h:1: the output was closed");
    }

    #[test]
    fn an_input_that_did_not_end_and_hints_are_told() {
        let completeness = Completeness { input_open: true, ..UNSENT };
        let hints =
            Hints { early_close: Some("try this"), fewer_messages: Some("or that"), ..Hints::default() };
        let early =
            SessionEnd { completeness, hints, ..closed(Side::Server, 1000, "") }.verdict().unwrap_err();
        assert_eq!(
            early.to_string(),
            "not everything was sent to h:1: it closed with 1000, before the input ended; sent 0 bytes"
        );
        assert_eq!(early.advice(), Some("try this"));
        let cut = SessionEnd { completeness: UNSENT, hints, ..closed(Side::Server, 1000, "") };
        assert_eq!(cut.verdict().unwrap_err().advice(), None);
        let fewer =
            SessionEnd { hints, rule: FinishRule::new(Count::Exactly(1)), ..closed(Side::Server, 1000, "") };
        assert_eq!(fewer.verdict().unwrap_err().advice(), Some("or that"));
    }

    #[test]
    fn a_lost_connection_says_where_it_was_lost() {
        let lost = |closing, completeness| {
            let cause = Some(io::Error::other("why"));
            failure_of(SessionEnd { completeness, ..end(Ending::Lost { cause, closing }) })
        };
        let whole = Completeness::default();
        let inside = Completeness { inside_message: true, ..whole };
        assert_eq!(
            lost(false, UNSENT),
            "the connection to h:1 was lost before everything was sent: why; sent at most 0 bytes"
        );
        assert_eq!(
            lost(true, inside),
            "the connection to h:1 was lost: our Close was not answered (1006): why"
        );
        assert_eq!(lost(false, inside), "the connection to h:1 was lost: inside a message (1006): why");
        assert_eq!(lost(false, whole), "the connection to h:1 was lost: no Close frame came (1006): why");
        let closed = SessionEnd { completeness: inside, ..closed(Side::Us, 1000, "") };
        assert_eq!(
            failure(closed),
            (
                Status::ReceiveFailed,
                "h:1 closed with 1000 inside a message: its last frame never came".to_owned()
            )
        );
    }
}
