//! The state that all connections of a run share: the evidence of the current rule, and the time that the server has.

use super::frame::SeenFrame;
use super::pace::Pace;
use super::transcript::Transcript;
use crate::deadline::Deadline;

#[derive(Debug)]
pub(crate) struct Recorder {
    /// The id of the current rule.
    pub(crate) rule: &'static str,
    pub(crate) transcript: Transcript,
    pub(crate) pace: Pace,
    /// The end of the time of the current rule, if it is limited.
    pub(crate) end: Option<Deadline>,
    /// Whether a reaction or a reply was awaited in vain under the current rule.
    pub(crate) nothing_came: bool,
    /// Whether the last connection ended in order, or at least showed that the server is alive.
    pub(crate) is_alive: bool,
}

/// Checks every frame that the server sends, under any rule.
pub(crate) trait FrameWatcher {
    /// The frames that follow come on a new connection.
    fn connected(&mut self);

    /// On this connection, compression was agreed on.
    fn compresses(&mut self);

    /// The server sent `frame` while `rule` was under way; `shown` are its bytes as evidence.
    fn frame(&mut self, frame: &SeenFrame, shown: &str, rule: &str);
}
