//! A time limit for calls that cannot be interrupted: opening a FIFO waits for its other end, and reading a
//! file may wait for a network drive. Such a call runs on its own thread, which is abandoned when the limit
//! is reached.
//!
//! Signals need no such thread: they end the program at once while no owner is attached.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use crate::deadline::Deadline;
use crate::error::{Failure, Status};

/// Why the work has no result.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The system reported an error.
    Failed(io::Error),
    /// The time limit was reached.
    Late(Deadline),
}

/// A description of the limited work, for messages.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Doing {
    Opening,
    Reading,
}

impl Stopped {
    /// Converts this to a failure. `failed` converts the system's error; `doing` and `name` describe the work
    /// that reached the limit.
    pub(crate) fn into_failure(
        self,
        doing: Doing,
        name: &str,
        failed: impl FnOnce(io::Error) -> Failure,
    ) -> Failure {
        match self {
            Self::Failed(err) => failed(err),
            Self::Late(end) => {
                let limit = humantime::format_duration(end.limit());
                let (doing, hint) = match doing {
                    Doing::Opening => ("opening", "a FIFO waits for a program at its other end"),
                    Doing::Reading => ("reading", "it is read to its end, which did not come in time"),
                };
                let text = format!("timed out after {limit} while {doing} {name} ({})", end.flag());
                Failure::new(Status::Timeout, text).hint(hint)
            }
        }
    }
}

/// Does `work`. With `until`, does it on another thread and waits no longer than that.
pub(crate) fn within<T: Send + 'static>(
    until: Option<Deadline>,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Stopped> {
    let Some(end) = until else { return work().map_err(Stopped::Failed) };
    let (done, result) = mpsc::channel();
    let work = move || {
        // Fails if the limit was reached.
        let _ = done.send(work());
    };
    thread::Builder::new().name("file".to_owned()).spawn(work).map_err(Stopped::Failed)?;
    match result.recv_timeout(end.remaining().unwrap_or_default()) {
        Ok(result) => result.map_err(Stopped::Failed),
        Err(RecvTimeoutError::Timeout) => Err(Stopped::Late(end)),
        Err(RecvTimeoutError::Disconnected) => {
            Err(Stopped::Failed(io::Error::other("the thread that did this has ended")))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn work_that_takes_too_long_is_left_behind() {
        let (_held, waits) = mpsc::channel::<()>();
        let end = Deadline::after(Duration::from_millis(20), "--max-time");
        let stopped = within(Some(end), move || waits.recv().map_err(io::Error::other)).unwrap_err();
        let failure = stopped.into_failure(Doing::Opening, "a.fifo", |err| panic!("{err}"));
        assert_eq!(failure.status(), Status::Timeout);
        assert_eq!(failure.to_string(), "timed out after 20ms while opening a.fifo (--max-time)");
    }

    #[test]
    fn what_the_system_says_is_passed_on() {
        let end = Deadline::after(Duration::from_secs(60), "--max-time");
        for until in [None, Some(end)] {
            assert_eq!(within(until, || Ok(7)).unwrap(), 7);
            let refused = within(until, || Err::<(), _>(io::ErrorKind::NotFound.into()));
            assert!(matches!(refused, Err(Stopped::Failed(err)) if err.kind() == io::ErrorKind::NotFound));
        }
    }
}
