//! SIGINT and SIGTERM. The first one asks the session to end in order, or ends the program when there is no session
//! yet; the second one ends it in any case. The one place that differs between platforms.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::wake::Wake;
use crate::error::{Failure, Status};

/// Which signal came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Signal {
    /// The failure that the program ends with.
    pub fn failure(self) -> Failure {
        match self {
            Self::Interrupt => Failure::new(Status::Interrupted, "interrupted by SIGINT"),
            Self::Terminate => Failure::new(Status::Terminated, "interrupted by SIGTERM"),
        }
    }
}

#[derive(Debug, Default)]
struct State {
    received: Option<Signal>,
    /// Wakes the session that wants to end in order.
    session: Option<Wake>,
    unfinished: Vec<PathBuf>,
}

static STATE: Mutex<State> = Mutex::new(State { received: None, session: None, unfinished: Vec::new() });
static AT_ONCE: OnceLock<fn(&Failure)> = OnceLock::new();

fn state() -> std::sync::MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on, signals are received. `at_once` reports the failure when the program is ended by force.
pub fn install(at_once: fn(&Failure)) -> std::io::Result<()> {
    let _ = AT_ONCE.set(at_once);
    platform::listen()
}

/// A file that must not outlive the program when it is ended by force.
pub(super) fn remove_on_exit(path: &Path) {
    state().unfinished.push(path.to_owned());
}

/// The session ends by itself from now on; `wake` tells it to look.
pub(super) fn attach(wake: &Wake) {
    let mut state = state();
    state.session = Some(wake.clone());
}

/// The session is over: the next signal ends the program.
pub(super) fn detach() {
    state().session = None;
}

/// The signal that came, if one did.
pub(super) fn received() -> Option<Signal> {
    state().received
}

/// What every platform does with a signal.
fn receive(signal: Signal) {
    let mut state = state();
    let again = state.received.replace(signal).is_some();
    match &state.session {
        Some(wake) if !again => wake.wake(),
        _ => {
            let failure = signal.failure();
            for path in &state.unfinished {
                // Somebody else may have removed it already.
                let _ = std::fs::remove_file(path);
            }
            if let Some(at_once) = AT_ONCE.get() {
                at_once(&failure);
            }
            std::process::exit(failure.status().code().into());
        }
    }
}

#[cfg(unix)]
mod platform {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    use super::Signal;

    pub(super) fn listen() -> std::io::Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in &mut signals {
                super::receive(if signal == SIGTERM { Signal::Terminate } else { Signal::Interrupt });
            }
        })?;
        Ok(())
    }
}

#[cfg(not(unix))]
mod platform {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use signal_hook::consts::{SIGINT, SIGTERM};

    use super::Signal;

    /// There is nothing to block on here: the flags are looked at this often.
    const EVERY: Duration = Duration::from_millis(100);

    pub(super) fn listen() -> std::io::Result<()> {
        let flags = [(SIGINT, Signal::Interrupt), (SIGTERM, Signal::Terminate)]
            .map(|(number, signal)| (number, signal, Arc::new(AtomicBool::new(false))));
        for (number, _, flag) in &flags {
            signal_hook::flag::register(*number, Arc::clone(flag))?;
        }
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            loop {
                std::thread::sleep(EVERY);
                for (_, signal, flag) in &flags {
                    if flag.swap(false, Ordering::SeqCst) {
                        super::receive(*signal);
                    }
                }
            }
        })?;
        Ok(())
    }
}
