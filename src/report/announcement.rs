//! A line that a terminal shows when something takes longer than a person waits without a word.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::console::write_line;
use super::terminal;

/// How long connecting may take without a word.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is said about something that is waited for. Dropping this says that it has come.
#[derive(Debug)]
pub(super) struct Announcement {
    /// The line, until the time begins, and what tells that it is not needed any more.
    line: Option<(String, Receiver<()>)>,
    /// Closed by dropping it.
    _waits: Sender<()>,
}

impl Announcement {
    /// Shows `text` a while after [`Announcement::begin`].
    pub(super) fn new(text: String) -> Self {
        let (waits, is_over) = mpsc::channel();
        Self { line: Some((text, is_over)), _waits: waits }
    }

    /// The time begins, if it has not begun before.
    pub(super) fn begin(&mut self) {
        let Some((text, is_over)) = self.line.take() else { return };
        let tell = move || {
            if is_over.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                write_line(&terminal::filled(&text, 2, terminal::columns()));
            }
        };
        // Without a thread, nothing is said.
        let _ = thread::Builder::new().name("announcement".to_owned()).spawn(tell);
    }
}
