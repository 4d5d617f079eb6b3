//! Sends more than a server can take, and notes when it stops reading or reacts.

use std::time::Duration;

use super::FLAG;
use super::event::ServerEvent;
use super::judgement::Stop;
use super::raw_connection::RawConnection;
use crate::deadline::Deadline;
use crate::net::WaitError;

/// What became of a part of a flood.
#[derive(Debug)]
pub(crate) enum Progress {
    Sent,
    /// The server has not read for the time of a reaction.
    Stopped,
    /// The time of the rule is over.
    Late,
    /// The server has sent something, or has ended the connection.
    Answered(ServerEvent),
}

impl RawConnection<'_> {
    /// Sends the bytes of frames, and takes one event of the server that is there.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Progress, Stop> {
        let progress = self.push_blindly(bytes, self.patience())?;
        let Progress::Sent = progress else { return Ok(progress) };
        Ok(self.present_event()?.map_or(Progress::Sent, Progress::Answered))
    }

    /// Sends the bytes of frames, and reads nothing unless the connection ends. A server that takes no bytes for `stopped` has
    /// stopped reading.
    pub(crate) fn push_blindly(&mut self, bytes: &[u8], stopped: Duration) -> Result<Progress, Stop> {
        self.check_interrupted()?;
        let end = self.end();
        let is_late = || end.is_some_and(|end| end.remaining().is_none());
        if is_late() {
            return Ok(Progress::Late);
        }
        match self.write_until(bytes, &Deadline::after(stopped, FLAG).earliest(end)) {
            Ok(()) => Ok(Progress::Sent),
            Err(WaitError::Deadline) if is_late() => Ok(Progress::Late),
            Err(WaitError::Deadline) => Ok(Progress::Stopped),
            Err(WaitError::Interrupted(_)) => Err(Stop::Interrupted),
            // Reading shows the reason, a Close frame perhaps.
            Err(WaitError::Io(_)) => {
                let deadline = self.deadline();
                loop {
                    match self.next(&deadline)? {
                        ServerEvent::Message(..) | ServerEvent::Pong(_) => {}
                        event => return Ok(Progress::Answered(event)),
                    }
                }
            }
        }
    }
}
