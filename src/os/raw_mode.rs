//! The modes of the terminal at standard input: every key at once, without echo, and pasted text marked as such.
//! A signal that ends the program restores them, too.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// Keeps the terminal in raw mode. Dropping it restores the former modes.
#[must_use = "dropping this restores the modes at once"]
#[derive(Debug)]
pub struct RawMode(());

impl RawMode {
    /// Enters raw mode.
    ///
    /// # Errors
    /// Standard input is not a terminal, or the platform has no such mode.
    pub fn enter() -> io::Result<Self> {
        platform::enter()?;
        IS_ON.store(true, Ordering::SeqCst);
        Ok(Self(()))
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        IS_ON.store(false, Ordering::SeqCst);
        restore();
    }
}

/// Whether a [`RawMode`] exists.
static IS_ON: AtomicBool = AtomicBool::new(false);

/// Enters raw mode again, if there is a [`RawMode`]: while the program was stopped, the modes were changed.
pub fn renew() {
    if IS_ON.load(Ordering::SeqCst) {
        // Fails when the terminal is gone; then the keyboard ends, too.
        let _ = platform::enter();
    }
}

/// Restores the modes that the terminal had before [`RawMode::enter`].
pub fn restore() {
    platform::restore();
}

/// Stops the program as Ctrl-Z does, until it is continued.
pub fn stop() {
    platform::stop();
}

#[cfg(unix)]
mod platform {
    use std::io::{self, Write};
    use std::sync::{Mutex, PoisonError};

    use rustix::process::{Signal, kill_current_process_group};
    use rustix::termios::{
        InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
    };

    use crate::os::stdio;

    /// Marks pasted text: `ESC [200~` before it and `ESC [201~` behind it.
    const PASTE_ON: &[u8] = b"\x1b[?2004h";
    const PASTE_OFF: &[u8] = b"\x1b[?2004l";

    /// The modes before raw mode, while it is on.
    static FORMER: Mutex<Option<Termios>> = Mutex::new(None);

    pub(super) fn enter() -> io::Result<()> {
        let input = io::stdin();
        let mut former = FORMER.lock().unwrap_or_else(PoisonError::into_inner);
        let modes = match &*former {
            Some(modes) => modes.clone(),
            None => tcgetattr(&input)?,
        };
        let mut raw = modes.clone();
        raw.input_modes -= InputModes::BRKINT | InputModes::ICRNL | InputModes::INPCK | InputModes::ISTRIP;
        raw.input_modes -= InputModes::IXON;
        // Output is still processed: other lines of the program end in a line feed alone.
        raw.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN | LocalModes::ISIG;
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        // Now: what was typed before is kept, and nothing is waited for.
        tcsetattr(&input, OptionalActions::Now, &raw)?;
        *former = Some(modes);
        stdio::output().and_then(|mut output| output.write_all(PASTE_ON))
    }

    pub(super) fn restore() {
        let former = FORMER.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(modes) = former else { return };
        // Fails when the terminal is gone; then there is nothing to restore.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
        let _ = stdio::output().and_then(|mut output| output.write_all(PASTE_OFF));
    }

    pub(super) fn stop() {
        // Fails only for processes that may not be signalled; ours may.
        let _ = kill_current_process_group(Signal::TSTP);
    }
}

#[cfg(not(unix))]
mod platform {
    use std::io;

    pub(super) fn enter() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn restore() {}

    pub(super) fn stop() {}
}
