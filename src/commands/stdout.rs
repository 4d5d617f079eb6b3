//! Writes reports to standard output. Waits for a slow reader until `-m` is over or a signal comes.

use std::io::{self, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Failure, IoCause, Phase, Status};
use crate::os::signals::{self, Signal};
use crate::os::stdio;
use crate::report;

/// How long all texts together may wait for a reader after a signal.
static AFTER_SIGNAL: Budget = Budget::of(Duration::from_secs(1));

/// How long all texts together may wait at least, when the run has no time left.
static AT_LEAST: Budget = Budget::of(Duration::from_millis(250));

/// Time that is spent in parts.
struct Budget {
    whole: Duration,
    spent: Mutex<Duration>,
}

/// Spends a budget until this is dropped.
struct Spending<'a> {
    budget: &'a Budget,
    begun: Instant,
}

impl Budget {
    const fn of(whole: Duration) -> Self {
        Self { whole, spent: Mutex::new(Duration::ZERO) }
    }

    fn spent(&self) -> MutexGuard<'_, Duration> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spend(&self) -> Spending<'_> {
        Spending { budget: self, begun: Instant::now() }
    }
}

impl Spending<'_> {
    /// When nothing is left.
    fn end(&self) -> Instant {
        self.begun + self.budget.whole.saturating_sub(*self.budget.spent())
    }
}

impl Drop for Spending<'_> {
    fn drop(&mut self) {
        *self.budget.spent() += self.begun.elapsed();
    }
}

/// Ends the wait for the writing thread.
enum News {
    Written(io::Result<()>),
    Signal,
}

/// Prints to standard output. A reader that is gone is no error.
///
/// # Errors
/// Like [`write`]; or a signal came meanwhile, although the text is written.
pub(super) fn print(text: &[u8]) -> Result<(), Failure> {
    write(text)?.map_or(Ok(()), |signal| Err(signal.failure()))
}

/// Writes to standard output. Returns the first signal of the run if it came meanwhile, or before and unheard. A reader that is
/// gone is no error.
///
/// # Errors
/// Standard output cannot be written, or takes nothing until the end of the run.
pub(super) fn write(text: &[u8]) -> Result<Option<Signal>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    stdio::check_output().map_err(cannot_print)?;
    // A signal that something else has heard is told by that.
    let earlier = if signals::unheard().is_none() { signals::received() } else { None };
    let (sender, news) = mpsc::channel();
    let on_signal = sender.clone();
    let _attached = signals::attach(move || {
        // The receiver is gone when the text is written.
        let _ = on_signal.send(News::Signal);
    });
    let bytes = text.to_owned();
    let write_all = move || {
        let mut stdout = anstream::stdout();
        let written =
            stdout.write_all(&bytes).and_then(|()| stdout.flush()).and_then(|()| stdio::settle_output());
        // The receiver is gone when the run could not wait.
        let _ = sender.send(News::Written(written));
    };
    thread::Builder::new().name("stdout".to_owned()).spawn(write_all).map_err(cannot_print)?;
    let mut end = report::limit().map(|limit| limit.at());
    let is_over = end.is_some_and(|end| end < Instant::now() + AT_LEAST.whole);
    let at_least = is_over.then(|| AT_LEAST.spend());
    end = end.max(at_least.as_ref().map(Spending::end));
    let mut after_signal = None;
    loop {
        let next = match end {
            None => news.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(end) => news.recv_timeout(end.saturating_duration_since(Instant::now())),
        };
        match next {
            Ok(News::Written(Err(err))) if err.kind() != io::ErrorKind::BrokenPipe => {
                return Err(cannot_print(err));
            }
            Ok(News::Written(_)) => return Ok(signals::received().filter(|_| earlier.is_none())),
            Ok(News::Signal) => {
                signals::hear();
                let soon = after_signal.get_or_insert_with(|| AFTER_SIGNAL.spend()).end();
                end = Some(end.map_or(soon, |end| end.min(soon)));
            }
            Err(_) => return Err(not_taken()),
        }
    }
}

/// Why the wait for standard output has ended.
fn not_taken() -> Failure {
    match (signals::received(), report::limit()) {
        (Some(signal), _) => signal.failure(),
        (None, Some(limit)) => Failure::timeout(Phase::Write, "standard output", &limit),
        (None, None) => Failure::new(Status::WriteError, "cannot write standard output"),
    }
}

pub(super) fn cannot_print(err: io::Error) -> Failure {
    Failure::new(Status::WriteError, "cannot write standard output").source(IoCause(err))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_in_parts() {
        let budget = Budget::of(Duration::from_secs(60));
        let first = budget.spend();
        assert_eq!(first.end() - first.begun, budget.whole);
        thread::sleep(Duration::from_millis(2));
        drop(first);
        let second = budget.spend();
        assert!(second.end() - second.begun < budget.whole, "something is spent");
        *budget.spent() = 2 * budget.whole;
        assert_eq!(second.end(), second.begun, "nothing is left");
    }
}
