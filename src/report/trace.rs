//! `-v`: lines with `*`, `>` and `<` as in curl, and the progress of the session.

use std::time::{Duration, Instant};

use super::announcement::Announcement;
use super::console::{Verbosity, shown, warning, write_line};
use super::progress::Progress;
use super::terminal;
use crate::protocol::{CloseFrame, FrameHeader, Opcode};
use crate::session::Direction;
use crate::stats::Tally;
use crate::{net, session};

/// The number of payload bytes shown with `-vv`.
const PREVIEW: usize = 64;

/// The interval at which progress is drawn.
const TICK: Duration = Duration::from_millis(100);

/// How long a session waits before a person is told what for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The interval at which [`PATIENCE`] is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Prints the events that the verbosity asks for.
#[derive(Debug)]
pub struct Trace {
    verbosity: Verbosity,
    /// The text before every line, which distinguishes several traces.
    label: String,
    progress: Option<Progress>,
    /// Until the connection is open.
    connecting: Option<Announcement>,
    /// The line that is still to be said about waiting.
    waiting: Option<Waiting>,
}

/// A session that may come to wait.
#[derive(Debug)]
struct Waiting {
    /// Whether the server ends the session (`-f`).
    follows: bool,
    /// Since when it waits, and for how many replies.
    began: Option<(Instant, u64)>,
}

impl Trace {
    /// Creates a trace that does not show progress.
    pub fn new(verbosity: Verbosity) -> Self {
        Self { verbosity, label: String::new(), progress: None, connecting: None, waiting: None }
    }

    /// Adds `label` before every line.
    #[must_use]
    pub fn labelled(self, label: String) -> Self {
        Self { label, ..self }
    }

    /// Shows progress from now on.
    pub fn show_progress(&mut self, progress: Progress) {
        self.progress = Some(progress);
    }

    /// Says so once when it takes a while to connect to `target`, until [`Trace::is_connected`] is called.
    pub fn tell_connecting(&mut self, target: &str) {
        let text = format!("* connecting to {} (Ctrl-C ends)", shown(target));
        self.connecting = Some(Announcement::new(text));
    }

    /// The connection is open, or there will be none.
    pub fn is_connected(&mut self) {
        self.connecting = None;
    }

    /// Says once what the session waits for after the end of its input. `follows`: for the server to close.
    pub fn tell_waiting(&mut self, follows: bool) {
        self.waiting = Some(Waiting { follows, began: None });
    }

    /// Stops showing progress, and sums up. `ending` says how the session ended.
    pub fn end(&mut self, ending: &str) {
        if let Some(progress) = self.progress.take() {
            progress.end(ending);
        }
    }

    fn line(&self, mark: &str, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            // Keep it on one line: text from the server must not look like a line of ours.
            let text = format!("{}{mark} {}", self.label, shown(&text.replace(['\r', '\n'], " ")));
            write_line(text.trim_end());
        }
    }
}

impl net::Observer for Trace {
    fn note(&mut self, text: &str) {
        // Not earlier: a password may have been asked for.
        if let Some(announcement) = &mut self.connecting {
            announcement.begin();
        }
        self.line("*", text);
    }

    fn detail(&mut self, text: &str) {
        if self.verbosity == Verbosity::Frames {
            self.line("*", text);
        }
    }

    fn request(&mut self, head: &str) {
        head.trim_end().lines().for_each(|line| self.line(">", line));
        self.line(">", "");
    }

    fn response(&mut self, head: &str) {
        head.lines().for_each(|line| self.line("<", line));
        self.line("<", "");
    }

    fn warn(&mut self, text: &str) {
        if self.verbosity > Verbosity::Silent {
            warning(&format!("{}{text}", self.label));
        }
    }
}

impl Waiting {
    /// What is awaited, as soon as it has taken a while.
    fn due(&self) -> Option<&'static str> {
        let (_, replies) = self.began.filter(|(began, _)| began.elapsed() >= PATIENCE)?;
        Some(match replies {
            _ if self.follows => "messages until the server closes",
            0 => "the server",
            1.. => "a reply",
        })
    }
}

/// The beginning of a frame's payload as quoted text; for a Close frame, its code and reason.
fn shown_payload(opcode: Opcode, payload: &[u8]) -> String {
    let seen = &payload[..payload.len().min(PREVIEW)];
    match (opcode, seen) {
        (Opcode::Close, [high, low, reason @ ..]) => {
            let code = u16::from_be_bytes([*high, *low]);
            let reason = String::from_utf8_lossy(reason).into_owned();
            format!(", {}", CloseFrame { code, reason }.described())
        }
        (_, []) => String::new(),
        (
            Opcode::Continuation
            | Opcode::Text
            | Opcode::Binary
            | Opcode::Close
            | Opcode::Ping
            | Opcode::Pong,
            _,
        ) => format!(" {:?}", String::from_utf8_lossy(seen)),
    }
}

impl session::Observer for Trace {
    fn wants_frames(&self) -> bool {
        self.verbosity == Verbosity::Frames
    }

    fn frame(&mut self, direction: Direction, header: &FrameHeader, preview: &[u8]) {
        let mark = match direction {
            Direction::Sent => ">",
            Direction::Received => "<",
        };
        let fin = if header.fin { "" } else { ", more follows" };
        let payload = shown_payload(header.opcode, preview);
        let compressed = if header.rsv1 { "compressed " } else { "" };
        let (opcode, len) = (header.opcode, header.len);
        let plural = if len == 1 { "" } else { "s" };
        self.line(mark, &format!("{compressed}{opcode} frame, {len} byte{plural}{fin}{payload}"));
    }

    fn note(&mut self, text: &str) {
        self.line("*", text);
    }

    fn waits(&mut self, replies: u64) {
        if let Some(waiting) = &mut self.waiting {
            waiting.began = Some((Instant::now(), replies));
        }
    }

    fn interval(&self) -> Option<Duration> {
        self.progress.as_ref().map(|_| TICK).or(self.waiting.as_ref().map(|_| LOOK))
    }

    fn tick(&mut self, tally: &Tally) {
        if let Some(what) = self.waiting.as_ref().and_then(Waiting::due) {
            let line = format!("* waiting for {what} (Ctrl-C ends)");
            write_line(&terminal::filled(&line, 2, terminal::columns()));
            self.waiting = None;
        }
        if let Some(progress) = &mut self.progress {
            progress.update(tally);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_is_shown_as_code_and_reason() {
        assert_eq!(shown_payload(Opcode::Close, b"\x0f\xa1go away"), ", 4001: go away");
        assert_eq!(shown_payload(Opcode::Close, b"\x03\xe8"), ", 1000");
        assert_eq!(shown_payload(Opcode::Close, b""), "");
        assert_eq!(shown_payload(Opcode::Ping, b"\x03\xe8"), " \"\\u{3}\u{fffd}\"");
    }
}
