//! Calls that cannot be interrupted: opening a FIFO waits for its other end, writing to it for a reader, reading a file
//! may wait for a network drive, and resolving a name for a server. Such a call runs on its own thread, which is
//! abandoned at a time limit or after a signal.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::budget::{self, Budget, Spending};
use super::signals::{self, Signal};
use crate::deadline::Deadline;
use crate::error::{Failure, Status};

/// How long the work may go on after a signal: what does not block is done, so that a report has its file.
const AFTER_SIGNAL: Duration = Duration::from_millis(200);

/// How long writing files may go on in all when the run has no time left: a file has no slow reader.
static AT_LEAST: Budget = Budget::of(Duration::from_secs(1));

/// Why the work has no result.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The system reported an error.
    Failed(io::Error),
    /// The time limit was reached.
    Late(Deadline),
    /// A signal came.
    Interrupted(Signal),
}

/// A description of the limited work, for messages.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Doing {
    Opening,
    Reading,
    Writing,
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
            Self::Interrupted(signal) => signal.failure(),
            Self::Late(end) => {
                let limit = humantime::format_duration(end.limit());
                let (doing, hint) = match doing {
                    Doing::Opening => ("opening", "a FIFO waits for a program at its other end"),
                    Doing::Reading => ("reading", "it is read to its end, which did not come in time"),
                    Doing::Writing => ("writing", "a FIFO waits for a program that reads it"),
                };
                let text = format!("timed out after {limit} while {doing} {name} ({})", end.flag());
                Failure::new(Status::Timeout, text).hint(hint)
            }
        }
    }
}

/// Ends the wait for the work.
enum News<T> {
    Done(io::Result<T>),
    Signal,
}

/// Does `work` on a thread of this name. Waits for it at most until `until`, and not long after a signal.
pub(crate) fn within<T: Send + 'static>(
    name: &str,
    until: Option<Deadline>,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Stopped> {
    let soon = || Instant::now() + AFTER_SIGNAL;
    abandonable(name, until, until.map(|until| until.at()), soon, work)
}

/// Does `work`, which writes a result of the run. It has a little time also when the run has none left, and after a signal.
pub(crate) fn writing<T: Send + 'static>(
    until: Option<Deadline>,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Stopped> {
    let end = until.map(|until| until.at());
    let at_least = AT_LEAST.spend_near(end);
    let mut after_signal = None;
    let soon = || after_signal.get_or_insert_with(|| budget::AFTER_SIGNAL.spend()).end();
    abandonable("file", until, end.max(at_least.as_ref().map(Spending::end)), soon, work)
}

/// Does `work` on a thread, which is abandoned at `end`, or at `soon` after a signal.
fn abandonable<T: Send + 'static>(
    name: &str,
    until: Option<Deadline>,
    mut end: Option<Instant>,
    mut soon: impl FnMut() -> Instant,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Stopped> {
    let (sender, news) = mpsc::channel();
    let on_signal = sender.clone();
    // Sending fails when nobody waits any more.
    let _attached = signals::attach(move || drop(on_signal.send(News::Signal)));
    let work = move || drop(sender.send(News::Done(work())));
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(Stopped::Failed)?;
    loop {
        let next = match end {
            None => news.recv().ok(),
            Some(end) => news.recv_timeout(end.saturating_duration_since(Instant::now())).ok(),
        };
        match next {
            Some(News::Done(result)) => return result.map_err(Stopped::Failed),
            Some(News::Signal) => {
                let soon = soon();
                end = Some(end.map_or(soon, |end| end.min(soon)));
            }
            None => match (signals::received(), until) {
                (Some(signal), _) => return Err(Stopped::Interrupted(signal)),
                (None, Some(until)) => return Err(Stopped::Late(until)),
                // Cannot be: without an end, the wait is for news.
                (None, None) => {}
            },
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
        let stopped = within("file", Some(end), move || waits.recv().map_err(io::Error::other)).unwrap_err();
        let failure = stopped.into_failure(Doing::Opening, "a.fifo", |err| panic!("{err}"));
        assert_eq!(failure.status(), Status::Timeout);
        assert_eq!(failure.to_string(), "timed out after 20ms while opening a.fifo (--max-time)");
    }

    #[test]
    fn what_the_system_says_is_passed_on() {
        let end = Deadline::after(Duration::from_secs(60), "--max-time");
        for until in [None, Some(end)] {
            assert_eq!(within("file", until, || Ok(7)).unwrap(), 7);
            let refused = within("file", until, || Err::<(), _>(io::ErrorKind::NotFound.into()));
            assert!(matches!(refused, Err(Stopped::Failed(err)) if err.kind() == io::ErrorKind::NotFound));
        }
    }
}
