//! The signals that end the program: SIGHUP, SIGINT, SIGQUIT and SIGTERM. The first signal is kept, whether anything
//! waits at that moment or not, and every wait that hears it ends: so the program ends in order, with its report. If
//! nothing has heard it in time, or at the second signal, the program ends at once, even while a call blocks. A signal
//! that was ignored at the start of the program stays ignored.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::{Failure, Status};

/// How long the first signal may stay unheard: a call that hears none may block for ever. Longer than what begins to hear it
/// may take to end.
const UNHEARD: Duration = Duration::from_secs(2);

/// How long the final message may take when the program is ended by force: standard error may be a pipe that
/// nothing reads.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The time between two looks at the size of the terminal.
#[cfg(not(unix))]
const BETWEEN_SIZES: Duration = Duration::from_millis(300);

/// A signal that ends the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGHUP: the terminal was closed.
    HangUp,
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGQUIT: Ctrl-\.
    Quit,
    /// SIGTERM.
    Terminate,
}

impl Signal {
    /// The failure that the program ends with.
    pub fn failure(self) -> Failure {
        match self {
            Self::HangUp => Failure::new(Status::HangUp, "interrupted by SIGHUP"),
            Self::Interrupt => Failure::new(Status::Interrupted, "interrupted by SIGINT"),
            Self::Quit => Failure::new(Status::Quit, "interrupted by SIGQUIT"),
            Self::Terminate => Failure::new(Status::Terminated, "interrupted by SIGTERM"),
        }
    }
}

type Notify = Arc<dyn Fn() + Send + Sync>;

/// The callbacks by number, and the number of the next one.
type Callbacks = (Vec<(u64, Notify)>, u64);

/// The first signal, and what is told of it.
struct Signals {
    first: OnceLock<Signal>,
    is_heard: AtomicBool,
    callbacks: Mutex<Callbacks>,
}

static SIGNALS: Signals = Signals::new();
static BY_FORCE: OnceLock<fn(Failure)> = OnceLock::new();

impl Signals {
    const fn new() -> Self {
        Self {
            first: OnceLock::new(),
            is_heard: AtomicBool::new(false),
            callbacks: Mutex::new((Vec::new(), 0)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Callbacks> {
        self.callbacks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the signal and tells of it, if it is the first.
    fn receive(&self, signal: Signal) -> bool {
        let is_first = self.first.set(signal).is_ok();
        if is_first {
            // Called without the lock: a callback may own something that detaches.
            let told: Vec<_> = self.lock().0.iter().map(|(_, notify)| Arc::clone(notify)).collect();
            for notify in told {
                notify();
            }
        }
        is_first
    }

    fn attach(&'static self, notify: impl Fn() + Send + Sync + 'static) -> Attached {
        let notify: Notify = Arc::new(notify);
        let mut guard = self.lock();
        let (callbacks, next) = &mut *guard;
        *next += 1;
        let attached = Attached { signals: self, number: *next };
        callbacks.push((attached.number, Arc::clone(&notify)));
        drop(guard);
        // Either this thread sees the signal, or the thread that received it sees the callback.
        if self.first.get().is_some() {
            notify();
        }
        attached
    }

    fn detach(&self, number: u64) {
        let (callbacks, _) = &mut *self.lock();
        let index = callbacks.iter().position(|(other, _)| *other == number);
        let detached = index.map(|index| callbacks.swap_remove(index));
        // Dropped without the lock, as above.
        drop(detached);
    }

    fn received(&self) -> Option<Signal> {
        let signal = self.first.get().copied();
        if signal.is_some() {
            self.is_heard.store(true, Ordering::Relaxed);
        }
        signal
    }

    fn unheard(&self) -> Option<Signal> {
        self.first.get().copied().filter(|_| !self.is_heard.load(Ordering::Relaxed))
    }

    fn pause(&'static self, time: Duration) -> Result<(), Signal> {
        let (told, is_told) = mpsc::channel();
        let _attached = self.attach(move || {
            // Fails only when the pause is over.
            let _ = told.send(());
        });
        match is_told.recv_timeout(time) {
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => self.received().map_or(Ok(()), Err),
        }
    }
}

/// Starts to receive signals. `by_force` tidies up and reports the failure when the program is ended by force.
pub fn install(by_force: fn(Failure)) -> std::io::Result<()> {
    let _ = BY_FORCE.set(by_force);
    platform::listen()
}

/// The registration of a callback. Dropping this detaches it.
#[must_use = "dropping this detaches at once"]
pub struct Attached {
    signals: &'static Signals,
    number: u64,
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Attached").field(&self.number).finish()
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.signals.detach(self.number);
    }
}

/// Has `notify` called from another thread at the first signal, or immediately if one was received before. It may be
/// called twice, and once after it was detached. It must not wait. What it wakes looks at [`received`].
pub fn attach(notify: impl Fn() + Send + Sync + 'static) -> Attached {
    SIGNALS.attach(notify)
}

/// The first signal, if one was received. The caller has heard it, and ends in order.
pub fn received() -> Option<Signal> {
    SIGNALS.received()
}

/// For what was told of the signal and does not look at it: it has heard it, and ends in order.
pub fn hear() {
    SIGNALS.received();
}

/// The first signal, if one was received and nothing has heard it.
pub fn unheard() -> Option<Signal> {
    SIGNALS.unheard()
}

/// Sleeps for `time`.
///
/// # Errors
/// The signal that was received before or meanwhile.
pub fn pause(time: Duration) -> Result<(), Signal> {
    SIGNALS.pause(time)
}

/// Acts as SIGINT does: in raw mode, a terminal sends Ctrl-C as a key.
pub fn interrupt() {
    receive(Signal::Interrupt);
}

/// Calls `notify` from another thread when the size of the terminal has changed, and, with `true`, when the program is
/// continued after a stop.
#[cfg(unix)]
pub fn on_terminal_change(notify: impl Fn(bool) + Send + 'static) -> std::io::Result<()> {
    use signal_hook::consts::{SIGCONT, SIGWINCH};
    let mut signals = signal_hook::iterator::Signals::new([SIGWINCH, SIGCONT])?;
    thread::Builder::new().name("resize".to_owned()).spawn(move || {
        for signal in &mut signals {
            notify(signal == SIGCONT);
        }
    })?;
    Ok(())
}

/// Calls `notify` from another thread when the size of the terminal has changed. The system tells only programs that read
/// its events instead of text, so that the size is compared now and then.
#[cfg(not(unix))]
pub fn on_terminal_change(notify: impl Fn(bool) + Send + 'static) -> std::io::Result<()> {
    let mut former = super::terminal::size();
    thread::Builder::new().name("resize".to_owned()).spawn(move || {
        loop {
            thread::sleep(BETWEEN_SIZES);
            let size = super::terminal::size();
            if size != former {
                former = size;
                notify(false);
            }
        }
    })?;
    Ok(())
}

/// Handles a signal; the same on every platform.
fn receive(signal: Signal) {
    if !SIGNALS.receive(signal) {
        end(signal);
    }
    let watch = move || {
        thread::sleep(UNHEARD);
        if unheard().is_some() {
            end(signal);
        }
    };
    if thread::Builder::new().name("unheard".to_owned()).spawn(watch).is_err() {
        end(signal);
    }
}

/// Ends the program now. Does not wait for a blocked file system or standard error.
fn end(signal: Signal) -> ! {
    let (done, is_done) = mpsc::channel();
    let last_words = move || {
        if let Some(by_force) = BY_FORCE.get() {
            by_force(signal.failure());
        }
        // Fails when the time limit has passed.
        let _ = done.send(());
    };
    if thread::Builder::new().name("end".to_owned()).spawn(last_words).is_ok() {
        let _ = is_done.recv_timeout(LAST_WORDS);
    }
    std::process::exit(signal.failure().exit_code().into());
}

#[cfg(unix)]
mod platform {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;

    use super::Signal;
    use crate::os::raw;

    /// Listens to the signals that were not ignored at the start; `nohup`, for example, ignores SIGHUP.
    pub(super) fn listen() -> std::io::Result<()> {
        let all = [
            (SIGHUP, Signal::HangUp),
            (SIGINT, Signal::Interrupt),
            (SIGQUIT, Signal::Quit),
            (SIGTERM, Signal::Terminate),
        ];
        let heard: Vec<_> = all.into_iter().filter(|(number, _)| !raw::is_ignored(*number)).collect();
        // Catching SIGXFSZ is enough: `write` then fails with EFBIG, which is reported like any failed write.
        let numbers = || heard.iter().map(|(number, _)| *number);
        // A signal that comes between the change of its action and the registration of the handler would be lost.
        let mut signals = raw::with_blocked(numbers(), || Signals::new(numbers().chain([SIGXFSZ])))?;
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for came in &mut signals {
                heard
                    .iter()
                    .filter(|(number, _)| *number == came)
                    .for_each(|(_, signal)| super::receive(*signal));
            }
        })?;
        Ok(())
    }
}

#[cfg(not(unix))]
mod platform {
    use super::Signal;

    /// Listens to Ctrl-C and Ctrl-Break. The handler runs in a thread of its own.
    pub(super) fn listen() -> std::io::Result<()> {
        ctrlc::set_handler(|| super::receive(Signal::Interrupt)).map_err(std::io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signals() -> &'static Signals {
        Box::leak(Box::new(Signals::new()))
    }

    #[test]
    fn all_that_are_attached_are_told_of_the_first_signal_and_nothing_else() {
        let signals = signals();
        let (told, heard) = mpsc::channel();
        let [_first, second, _third] = [1, 2, 3].map(|name| {
            let told = told.clone();
            signals.attach(move || told.send(name).unwrap())
        });
        drop(second);
        assert!(signals.receive(Signal::Terminate));
        assert!(!signals.receive(Signal::Interrupt), "the second one");
        let mut names: Vec<_> = heard.try_iter().collect();
        names.sort_unstable();
        assert_eq!(names, [1, 3]);
        assert_eq!(signals.received(), Some(Signal::Terminate));
    }

    #[test]
    fn a_signal_that_came_before_is_told_at_once() {
        let signals = signals();
        signals.receive(Signal::HangUp);
        let (told, heard) = mpsc::channel();
        let _attached = signals.attach(move || told.send(()).unwrap());
        assert_eq!(heard.try_iter().count(), 1);
        assert_eq!(signals.pause(Duration::from_secs(3600)), Err(Signal::HangUp));
    }

    #[test]
    fn a_signal_is_unheard_until_it_is_looked_at() {
        let signals = signals();
        assert_eq!((signals.received(), signals.unheard()), (None, None));
        signals.receive(Signal::Quit);
        assert_eq!(signals.unheard(), Some(Signal::Quit));
        assert_eq!(signals.received(), Some(Signal::Quit));
        assert_eq!(signals.unheard(), None);
        assert_eq!(signals.received(), Some(Signal::Quit));
    }

    #[test]
    fn a_pause_ends_in_time_or_with_the_signal() {
        let signals = signals();
        assert_eq!(signals.pause(Duration::from_millis(1)), Ok(()));
        let pausing = thread::spawn(|| signals.pause(Duration::from_secs(3600)));
        signals.receive(Signal::Interrupt);
        assert_eq!(pausing.join().unwrap(), Err(Signal::Interrupt));
    }

    #[test]
    fn a_callback_may_own_what_detaches() {
        let signals = signals();
        let inner = Mutex::new(Some(signals.attach(|| ())));
        let outer = signals.attach(move || drop(inner.lock().unwrap().take()));
        signals.receive(Signal::Interrupt);
        drop(outer);
        assert!(signals.lock().0.is_empty());
    }
}
