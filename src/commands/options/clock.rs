//! The beginning of the run, and its end by `-m`. This limit also holds while options are evaluated.

use std::time::{Duration, Instant};

use crate::deadline::Deadline;

/// The clock of the whole run.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunClock {
    start: Instant,
    max_time: Option<Duration>,
}

impl RunClock {
    /// The run begins now.
    pub(super) fn start(max_time: Option<Duration>) -> Self {
        Self { start: Instant::now(), max_time }
    }

    /// When the run began.
    pub(super) fn begun(&self) -> Instant {
        self.start
    }

    /// When the run has to be over (`--max-time`).
    pub(super) fn end(&self) -> Option<Deadline> {
        self.max_time.map(|limit| Deadline::since(self.start, limit, "--max-time"))
    }

    /// Stops the clock while `ask` waits for typed input.
    pub(super) fn stopped<T>(&mut self, ask: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let answer = ask();
        self.start += begun.elapsed();
        answer
    }
}
