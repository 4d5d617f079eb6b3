//! From how a session went to success or failure. Pure.

use std::io;

use super::hints::Hints;
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
pub(super) enum Ending {
    /// With the server's Close, which was the first one or the answer to ours.
    Closed { by: Side, frame: CloseFrame },
    /// Without one (RFC 6455 §7.1.5: 1006).
    Lost { cause: Option<io::Error>, closing: bool },
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
    /// What made us end the session.
    pub(super) failure: Option<Failure>,
    pub(super) completeness: Completeness,
    pub(super) awaited: u64,
    pub(super) accept: AcceptClose,
    pub(super) our_code: u16,
    pub(super) tally: Tally,
    pub(super) output_closed: bool,
    /// Bytes of payload that were to be sent, where that is known.
    pub(super) size: Option<u64>,
    pub(super) hints: Hints,
    /// Checks that were not met.
    pub(super) unmet: Option<String>,
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
            // Quiet, as every program in a pipe; but the exit code tells that something was not sent.
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
            return Err(Failure::new(Status::ExpectationFailed, text).hints(self.hints.fewer_messages));
        }
        Ok(())
    }

    /// A Close came: whether it may, and whether everything had arrived on both sides.
    fn closed(&self, by: Side, frame: &CloseFrame) -> Result<(), Failure> {
        let ours = by == Side::Us && frame.code == self.our_code;
        if !ours && !self.accept.accepts(frame.code) {
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
        Ok(())
    }

    fn unsent(&self, why: &str) -> Failure {
        Failure::new(Status::SendFailed, format!("not everything was sent to {}: {why}", self.target))
    }

    /// How much the next hop had taken: never as much as was to be sent.
    fn sent(&self) -> String {
        const MIB: u64 = 1 << 20;
        let taken = self.completeness.taken;
        match self.size {
            Some(size) if size >= 10 * MIB => format!("sent {} of {} MiB", taken / MIB, size.div_ceil(MIB)),
            Some(size) => format!("sent {taken} of {size} bytes"),
            None if taken == 1 => "sent 1 byte".to_owned(),
            None => format!("sent {taken} bytes"),
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

/// Whether such a failure leaves the question how much was sent.
fn concerns_sending(status: Status) -> bool {
    status.is_signal() || matches!(status, Status::SendFailed | Status::ClosedByServer | Status::Timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSENT: Completeness =
        Completeness { unsent: true, taken: 0, inside_message: false, input_open: false, input_ended: false };

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
    fn the_most_telling_failure_wins() {
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
        let fewer = SessionEnd { hints, awaited: 1, ..closed(Side::Server, 1000, "") };
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
            "the connection to h:1 was lost before everything was sent: why; sent 0 bytes"
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
