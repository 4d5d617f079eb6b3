//! From how a session went to success or failure. Pure.

use std::io;

use super::limits::AcceptClose;
use crate::error::{Failure, IoCause, Status};
use crate::protocol::CloseFrame;
use crate::stats::Tally;

/// Who sent the first Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// This program.
    Us,
    /// The server.
    Server,
}

/// How the connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// With the server's Close, which was the first one or the answer to ours.
    Closed { by: Side, frame: CloseFrame },
    /// Without one (RFC 6455 §7.1.5: 1006).
    Lost { cause: Option<io::Error>, closing: bool },
}

/// Everything that the verdict depends on.
#[derive(Debug)]
pub(super) struct Story {
    /// Host and port.
    pub(super) target: String,
    pub(super) end: Option<End>,
    /// What made us end the session.
    pub(super) failure: Option<Failure>,
    /// Something that was given was not sent.
    pub(super) unsent: bool,
    pub(super) awaited: u64,
    pub(super) accept: AcceptClose,
    pub(super) our_code: u16,
    pub(super) tally: Tally,
    pub(super) output_closed: bool,
    /// Checks that were not met.
    pub(super) unmet: Option<String>,
}

impl Story {
    /// Success, or the most telling failure.
    pub(super) fn verdict(self) -> Result<(), Failure> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if self.output_closed {
            // Quiet, as every program in a pipe; but the exit code tells that something was not sent.
            return if self.unsent {
                Err(unsent(&self.target, "the output was closed").quiet())
            } else {
                Ok(())
            };
        }
        match self.end {
            Some(End::Closed { by, ref frame }) => {
                let ours = by == Side::Us && frame.code == self.our_code;
                if !ours && !self.accept.accepts(frame.code) {
                    return Err(refused_close(&self.target, frame, self.unsent));
                }
                if self.unsent {
                    return Err(unsent(&self.target, &format!("it closed with {}", frame.described())));
                }
            }
            Some(End::Lost { cause, closing }) => {
                return Err(lost(&self.target, cause, closing, self.unsent));
            }
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
}

fn unsent(host: &str, why: &str) -> Failure {
    Failure::new(Status::SendFailed, format!("not everything was sent to {host}: {why}"))
}

fn refused_close(host: &str, frame: &CloseFrame, unsent: bool) -> Failure {
    let before = if unsent { ", before everything was sent" } else { "" };
    let text = format!("closed by {host} with {}{before}", frame.described());
    Failure::new(Status::ClosedByServer, text)
        .hint(format!("--accept-close with {} in its list counts it as success", frame.code))
}

fn lost(host: &str, cause: Option<io::Error>, closing: bool, unsent: bool) -> Failure {
    let (status, what) = if unsent {
        (Status::SendFailed, format!("the connection to {host} was lost before everything was sent"))
    } else if closing {
        (
            Status::ReceiveFailed,
            format!("the connection to {host} was lost: our Close was not answered (1006)"),
        )
    } else {
        (Status::ReceiveFailed, format!("the connection to {host} was lost: no Close frame came (1006)"))
    };
    match cause {
        Some(cause) => Failure::new(status, what).source(IoCause(cause)),
        None => Failure::new(status, what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(end: End) -> Story {
        Story {
            target: "h:1".to_owned(),
            end: Some(end),
            failure: None,
            unsent: false,
            awaited: 0,
            accept: AcceptClose::parse("1000,1001,1005").unwrap(),
            our_code: 4000,
            tally: Tally::default(),
            output_closed: false,
            unmet: None,
        }
    }

    fn closed(by: Side, code: u16, reason: &str) -> Story {
        story(End::Closed { by, frame: CloseFrame { code, reason: reason.to_owned() } })
    }

    fn failure(story: Story) -> (Status, String) {
        let failure = story.verdict().unwrap_err();
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
    fn the_most_telling_failure_wins() {
        let unsent = |story| Story { unsent: true, ..story };
        assert_eq!(failure(unsent(closed(Side::Server, 1000, ""))).0, Status::SendFailed);
        assert_eq!(failure(unsent(closed(Side::Server, 1011, ""))).0, Status::ClosedByServer);
        let lost = || story(End::Lost { cause: None, closing: false });
        assert_eq!(failure(unsent(lost())).0, Status::SendFailed);
        assert_eq!(failure(lost()).0, Status::ReceiveFailed);
        let missing = Story { awaited: 2, ..closed(Side::Server, 1000, "") };
        assert_eq!(
            failure(missing),
            (Status::ExpectationFailed, "h:1 closed after 0 of 2 awaited messages".to_owned())
        );
        let unmet =
            Story { unmet: Some("x was not met".to_owned()), awaited: 2, ..closed(Side::Server, 1000, "") };
        assert_eq!(failure(unmet).1, "x was not met");
    }

    #[test]
    fn a_closed_output_is_quiet_unless_something_was_not_sent() {
        let quiet =
            || Story { output_closed: true, awaited: 5, ..story(End::Lost { cause: None, closing: true }) };
        assert!(quiet().verdict().is_ok());
        assert_eq!(failure(Story { unsent: true, ..quiet() }).0, Status::SendFailed);
    }
}
