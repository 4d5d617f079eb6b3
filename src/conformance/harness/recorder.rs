//! What the connections of one run share: the evidence of the rule under way, and the time that the server is given.

use super::frame::SeenFrame;
use super::pace::Pace;
use super::transcript::Transcript;

#[derive(Debug)]
pub(crate) struct Recorder {
    /// The id of the rule under way.
    pub(crate) rule: &'static str,
    pub(crate) transcript: Transcript,
    pub(crate) pace: Pace,
}

/// Looks at every frame that the server sends, whatever rule is under way.
pub(crate) trait FrameWatcher {
    /// The frames that follow come on a new connection.
    fn connected(&mut self);

    /// On this connection, compression was agreed on.
    fn compresses(&mut self);

    /// The server sent `frame` while `rule` was under way; `shown` are its bytes as evidence.
    fn frame(&mut self, frame: &SeenFrame, shown: &str, rule: &str);
}
