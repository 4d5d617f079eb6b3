//! A password that is typed at the terminal, unseen. A signal that ends the wait gives the terminal its modes back.

use super::within::{Stopped, within};

/// Asks at the terminal that controls the program, and reads a line.
///
/// # Errors
/// There is no terminal, none was typed, or a signal came.
pub(crate) fn ask(prompt: String) -> Result<String, Stopped> {
    let modes = platform::Modes::now();
    let typed = within("password", None, move || rpassword::prompt_password(prompt));
    if let (Some(modes), Err(Stopped::Interrupted(_))) = (modes, &typed) {
        // The thread that would do so still waits for a key.
        modes.restore();
    }
    typed
}

#[cfg(unix)]
mod platform {
    use std::fs::File;
    use std::io::Write;

    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

    /// The terminal and its modes.
    pub(super) struct Modes {
        terminal: File,
        modes: Termios,
    }

    impl Modes {
        pub(super) fn now() -> Option<Self> {
            let terminal = File::options().read(true).write(true).open("/dev/tty").ok()?;
            let modes = tcgetattr(&terminal).ok()?;
            Some(Self { terminal, modes })
        }

        /// Sets these modes, and ends the line of the prompt.
        pub(super) fn restore(mut self) {
            // Fails when the terminal is gone; then there is nothing to restore.
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.modes);
            let _ = self.terminal.write_all(b"\n");
        }
    }
}

/// While a password is typed at the console of Windows, Ctrl-C is a key and no signal.
#[cfg(not(unix))]
mod platform {
    pub(super) enum Modes {}

    impl Modes {
        pub(super) fn now() -> Option<Self> {
            None
        }

        pub(super) fn restore(self) {
            match self {}
        }
    }
}
