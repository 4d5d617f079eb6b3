//! The signals that end the program: SIGHUP, SIGINT, SIGQUIT and SIGTERM. The first signal asks every
//! attached owner to end in order, or ends the program when no owner is attached. The second one ends it at
//! once, even while a call blocks. A signal that was ignored at the start of the program stays ignored.

use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use crate::error::{Failure, Status};

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

type Notify = Box<dyn Fn() + Send>;

/// The owners that are told of the first signal.
struct State {
    /// The callbacks of the owners, by number.
    attached: Vec<(u64, Notify)>,
    next: u64,
}

impl State {
    const fn new() -> Self {
        Self { attached: Vec::new(), next: 0 }
    }

    fn attach(&mut self, notify: Notify) -> u64 {
        self.next += 1;
        self.attached.push((self.next, notify));
        self.next
    }

    fn detach(&mut self, number: u64) {
        self.attached.retain(|(other, _)| *other != number);
    }

    /// Calls every callback. Returns whether there was one.
    fn notify(&self) -> bool {
        self.attached.iter().for_each(|(_, notify)| notify());
        !self.attached.is_empty()
    }
}

static STATE: Mutex<State> = Mutex::new(State::new());
static RECEIVED: OnceLock<Signal> = OnceLock::new();
static AT_ONCE: OnceLock<fn(&Failure)> = OnceLock::new();

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts to receive signals. `at_once` reports the failure when the program is ended by force.
pub fn install(at_once: fn(&Failure)) -> std::io::Result<()> {
    let _ = AT_ONCE.set(at_once);
    platform::listen()
}

/// The registration of an owner, which is told of the first signal and then ends by itself. Dropping this
/// detaches the owner.
#[must_use = "dropping this detaches at once"]
pub struct Attached {
    number: u64,
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Attached").field(&self.number).finish()
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        state().detach(self.number);
    }
}

/// Attaches an owner. `notify` is called from another thread at the first signal, or immediately if one was
/// received before; it may be called twice. It must not wait, attach or detach. The program is ended by force
/// only when no owner is attached, or at the second signal.
pub fn attach(notify: impl Fn() + Send + 'static) -> Attached {
    let mut state = state();
    if received().is_some() {
        notify();
    }
    Attached { number: state.attach(Box::new(notify)) }
}

/// The first signal, if one was received.
pub fn received() -> Option<Signal> {
    RECEIVED.get().copied()
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
    let first = RECEIVED.set(signal).is_ok();
    let state = state();
    if first && state.notify() {
        return;
    }
    drop(state);
    end(signal);
}

/// Ends the program now. Keeps received bytes in the incomplete files. Does not wait for a blocked file
/// system or standard error.
fn end(signal: Signal) -> ! {
    let (done, is_done) = mpsc::channel();
    let last_words = move || {
        super::raw_mode::restore();
        let failure = super::destination::given_up(signal.failure());
        if let Some(at_once) = AT_ONCE.get() {
            at_once(&failure);
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

    /// Listens to the signals that were not ignored at the start; `nohup`, for example, ignores SIGHUP.
    pub(super) fn listen() -> std::io::Result<()> {
        let all = [
            (SIGHUP, Signal::HangUp),
            (SIGINT, Signal::Interrupt),
            (SIGQUIT, Signal::Quit),
            (SIGTERM, Signal::Terminate),
        ];
        let heard: Vec<_> =
            all.into_iter().filter(|(number, _)| !crate::os::raw::is_ignored(*number)).collect();
        // Catching SIGXFSZ is enough: `write` then fails with EFBIG, which is reported like any failed write.
        let mut signals = Signals::new(heard.iter().map(|(number, _)| *number).chain([SIGXFSZ]))?;
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
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn all_that_are_attached_are_told_and_nobody_else() {
        let (told, heard) = mpsc::channel();
        let mut state = State::new();
        assert!(!state.notify());
        let numbers = [1, 2, 3].map(|name| {
            let told = told.clone();
            state.attach(Box::new(move || told.send(name).unwrap()))
        });
        assert!(state.notify());
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), [1, 2, 3]);
        state.detach(numbers[1]);
        assert!(state.notify());
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), [1, 3]);
        state.detach(numbers[0]);
        state.detach(numbers[2]);
        assert!(!state.notify());
    }

    #[test]
    fn dropping_the_guard_detaches() {
        let is_attached = |number: u64| state().attached.iter().any(|(other, _)| *other == number);
        let (one, other) = (attach(|| {}), attach(|| {}));
        let number = one.number;
        assert!(is_attached(number) && is_attached(other.number));
        drop(one);
        assert!(!is_attached(number) && is_attached(other.number));
    }
}
