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

/// Marks pasted text: `ESC [200~` before it and `ESC [201~` behind it.
const PASTE_ON: &[u8] = b"\x1b[?2004h";
const PASTE_OFF: &[u8] = b"\x1b[?2004l";

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

/// Whether the terminal of the conversation is one that raw mode helps: it moves its cursor, and gives keys as bytes.
pub fn is_of_use() -> bool {
    platform::is_of_use()
}

/// Stops the program as Ctrl-Z does, until it is continued. Where the system stops none, does nothing.
pub fn stop() {
    platform::stop();
}

#[cfg(unix)]
mod platform {
    use std::io;
    use std::sync::{Mutex, PoisonError};

    use rustix::process::{Signal, kill_current_process_group};
    use rustix::termios::{
        InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
    };

    use super::{PASTE_OFF, PASTE_ON};
    use crate::os::stdio;

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
        stdio::output().and_then(|output| stdio::write_all(&output, PASTE_ON))
    }

    pub(super) fn restore() {
        let former = FORMER.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(modes) = former else { return };
        // Fails when the terminal is gone; then there is nothing to restore.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
        let _ = stdio::output().and_then(|output| stdio::write_all(&output, PASTE_OFF));
    }

    /// Every terminal has the mode. The control sequences are for those that know them.
    pub(super) fn is_of_use() -> bool {
        std::env::var("TERM").is_ok_and(|term| !term.is_empty() && term != "dumb")
    }

    pub(super) fn stop() {
        // Fails only for processes that may not be signalled; ours may.
        let _ = kill_current_process_group(Signal::TSTP);
    }
}

/// The console of Windows 10 and later is a terminal as on Unix, once it is asked to: keys come as control sequences, and
/// control sequences move the cursor. An older one refuses these modes, and edits lines itself.
#[cfg(windows)]
mod platform {
    use std::io;
    use std::sync::{Mutex, PoisonError};

    use winapi_util::HandleRef;
    use winapi_util::console::{mode, set_mode};

    use super::{PASTE_OFF, PASTE_ON};
    use crate::os::stdio;

    /// `ENABLE_PROCESSED_INPUT`, `ENABLE_LINE_INPUT` and `ENABLE_ECHO_INPUT`: Ctrl-C is a signal, the console edits lines,
    /// and shows what is typed.
    const COOKED: u32 = 0x1 | 0x2 | 0x4;
    /// `ENABLE_VIRTUAL_TERMINAL_INPUT`.
    const KEYS_AS_SEQUENCES: u32 = 0x200;
    /// `ENABLE_PROCESSED_OUTPUT`, `ENABLE_WRAP_AT_EOL_OUTPUT` and `ENABLE_VIRTUAL_TERMINAL_PROCESSING`.
    const SEQUENCES_ARE_OBEYED: u32 = 0x1 | 0x2 | 0x4;

    /// The modes of input and output.
    #[derive(Clone, Copy)]
    struct Modes {
        input: u32,
        output: u32,
    }

    impl Modes {
        fn now() -> io::Result<Self> {
            Ok(Self { input: mode(HandleRef::stdin())?, output: mode(HandleRef::stdout())? })
        }

        fn raw(self) -> Self {
            Self {
                input: self.input & !COOKED | KEYS_AS_SEQUENCES,
                output: self.output | SEQUENCES_ARE_OBEYED,
            }
        }

        /// Sets both or neither, if the console has had the modes `former`.
        fn set(self, former: Self) -> io::Result<()> {
            set_mode(HandleRef::stdout(), self.output)?;
            set_mode(HandleRef::stdin(), self.input).inspect_err(|_| {
                // The console had this mode before.
                let _ = set_mode(HandleRef::stdout(), former.output);
            })
        }
    }

    /// The modes before raw mode, while it is on.
    static FORMER: Mutex<Option<Modes>> = Mutex::new(None);

    pub(super) fn enter() -> io::Result<()> {
        let mut former = FORMER.lock().unwrap_or_else(PoisonError::into_inner);
        let modes = former.map_or_else(Modes::now, Ok)?;
        modes.raw().set(modes)?;
        *former = Some(modes);
        stdio::output().and_then(|output| stdio::write_all(&output, PASTE_ON))
    }

    pub(super) fn restore() {
        let former = FORMER.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(modes) = former else { return };
        let _ = stdio::output().and_then(|output| stdio::write_all(&output, PASTE_OFF));
        // Fails when the console is gone; then there is nothing to restore.
        let _ = set_mode(HandleRef::stdin(), modes.input);
        let _ = set_mode(HandleRef::stdout(), modes.output);
    }

    /// Tries the modes. `TERM=dumb` refuses them, too.
    pub(super) fn is_of_use() -> bool {
        let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        !is_dumb
            && Modes::now().is_ok_and(|modes| {
                let takes = modes.raw().set(modes).is_ok();
                takes && modes.set(modes).is_ok()
            })
    }

    pub(super) fn stop() {}
}

#[cfg(not(any(unix, windows)))]
mod platform {
    use std::io;

    pub(super) fn enter() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn restore() {}

    pub(super) fn is_of_use() -> bool {
        false
    }

    pub(super) fn stop() {}
}
