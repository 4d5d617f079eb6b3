//! Writes reports to standard output. Waits for a slow reader until `-m` is over or a signal comes.

use std::io::{self, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Failure, IoCause, Phase, Status};
use crate::os::budget::{AFTER_SIGNAL, Budget, Spending};
use crate::os::signals::{self, Signal};
use crate::os::stdio;
use crate::report;

/// How long all texts together may wait at least, when the run has no time left.
static AT_LEAST: Budget = Budget::of(Duration::from_millis(250));

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
        let written = stdio::settle_output(|| stdout.write_all(&bytes).and_then(|()| stdout.flush()));
        // The receiver is gone when the run could not wait.
        let _ = sender.send(News::Written(written));
    };
    thread::Builder::new().name("stdout".to_owned()).spawn(write_all).map_err(cannot_print)?;
    let mut end = report::limit().map(|limit| limit.at());
    let at_least = AT_LEAST.spend_near(end);
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
