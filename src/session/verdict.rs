//! The verdict on a session: success, or the failure that says most. Pure.

use std::io;

use super::limits::AcceptClose;
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

/// How far the data of both sides had come at the end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Completeness {
    /// User data was not sent, or not taken by the peer's TCP.
    pub(super) unsent: bool,
    /// Payload bytes that were taken.
    pub(super) taken: u64,
    /// A message of the server has begun and is not complete.
    pub(super) inside_message: bool,
    /// The end of the input was not seen.
    pub(super) input_open: bool,
}

/// Everything that the verdict depends on.
#[derive(Debug)]
pub(super) struct SessionEnd {
    /// Host and port.
    pub(super) target: String,
    pub(super) ending: Option<Ending>,
    /// Why we ended the session.
    pub(super) failure: Option<Failure>,
    pub(super) completeness: Completeness,
    pub(super) awaited: u64,
    pub(super) accept: AcceptClose,
    pub(super) our_code: u16,
    pub(super) tally: Tally,
    pub(super) output_closed: bool,
    /// Checks that were not met.
    pub(super) unmet: Option<String>,
}

impl SessionEnd {
    /// Success, or the failure that says most.
    pub(super) fn verdict(mut self) -> Result<(), Failure> {
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
        match self.ending.take() {
            Some(Ending::Closed { by, frame }) => self.closed(by, &frame)?,
            Some(Ending::Lost { cause, closing }) => return Err(self.lost(cause, closing)),
            None => {}
        }
        if let Some(unmet) = self.unmet {
            return Err(Failure::new(Status::ExpectationFailed, unmet));
        }
        let (received, awaited) = (self.tally.messages_received, self.awaited);
        if received < awaited {
            let text = format!("{} closed after {received} of {awaited} awaited messages", self.target);
            return Err(Failure::new(Status::ExpectationFailed, text)
                .hint("--expect N sets how many messages are awaited, --wait DURATION a time instead"));
        }
        Ok(())
    }

    /// Checks the code of the server's Close, and whether both sides had everything.
    fn closed(&self, by: Side, frame: &CloseFrame) -> Result<(), Failure> {
        let ours = by == Side::Us && frame.code == self.our_code;
        if !ours && !self.accept.accepts(frame.code) {
            return Err(self.refused_close(frame));
        }
        if self.completeness.unsent {
            let failure = self.unsent(&format!("it closed with {}", frame.described()));
            return Err(if self.completeness.input_open {
                failure.hint("-f leaves the end of the session to the server")
            } else {
                failure
            });
        }
        if self.completeness.inside_message {
            let text = format!(
                "{} closed with {} inside a message: its last frame never came",
                self.target,
                frame.described()
            );
            return Err(Failure::new(Status::ReceiveFailed, text));
        }
        Ok(())
    }

    fn unsent(&self, why: &str) -> Failure {
        let taken = self.taken();
        let text = format!("not everything was sent to {}: {why}{taken}", self.target);
        Failure::new(Status::SendFailed, text)
    }

    /// How much of what was sent the next hop had taken, for an error.
    fn taken(&self) -> String {
        let (taken, sent) = (self.completeness.taken, self.tally.bytes_sent);
        if self.completeness.input_open {
            format!(" after {sent} bytes, before the input ended")
        } else if taken < sent {
            format!(", and its TCP had taken {taken} of {sent} bytes")
        } else {
            format!(" after {sent} bytes")
        }
    }

    fn refused_close(&self, frame: &CloseFrame) -> Failure {
        let before = if self.completeness.unsent { ", before everything was sent" } else { "" };
        let text = format!("closed by {} with {}{before}", self.target, frame.described());
        Failure::new(Status::ClosedByServer, text)
            .hint(format!("--accept-close with {} in its list counts it as success", frame.code))
    }

    fn lost(&self, cause: Option<io::Error>, closing: bool) -> Failure {
        let (status, why) = if self.completeness.unsent {
            (Status::SendFailed, format!("before everything was sent{}", self.taken()))
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

#[cfg(test)]
mod tests {
    use super::*;

    const UNSENT: Completeness =
        Completeness { unsent: true, taken: 0, inside_message: false, input_open: false };

    fn end(ending: Ending) -> SessionEnd {
        SessionEnd {
            target: "h:1".to_owned(),
            ending: Some(ending),
            failure: None,
            completeness: Completeness::default(),
            awaited: 0,
            accept: AcceptClose::parse("1000,1001,1005").unwrap(),
            our_code: 4000,
            tally: Tally::default(),
            output_closed: false,
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
        let missing = SessionEnd { awaited: 2, ..closed(Side::Server, 1000, "") };
        assert_eq!(
            failure(missing),
            (Status::ExpectationFailed, "h:1 closed after 0 of 2 awaited messages".to_owned())
        );
        let unmet = SessionEnd {
            unmet: Some("x was not met".to_owned()),
            awaited: 2,
            ..closed(Side::Server, 1000, "")
        };
        assert_eq!(failure(unmet).1, "x was not met");
    }

    #[test]
    fn a_closed_output_is_quiet_unless_something_was_not_sent() {
        let quiet = || SessionEnd {
            output_closed: true,
            awaited: 5,
            ..end(Ending::Lost { cause: None, closing: true })
        };
        assert!(quiet().verdict().is_ok());
        assert_eq!(failure(SessionEnd { completeness: UNSENT, ..quiet() }).0, Status::SendFailed);
    }
}
