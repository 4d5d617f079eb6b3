//! A terminal: what is written to it is captured as it would be shown, and it can be stopped as with Ctrl-S.

use std::fs::File;
use std::io::Write as _;
use std::time::Instant;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    Action, OptionalActions, OutputModes, Winsize, tcflow, tcgetattr, tcsetattr, tcsetwinsize,
};

use super::capture::{Capture, Pace};
use super::secs;

pub struct Terminal {
    /// Held open, so that what was written is not lost when the last program leaves.
    program_side: File,
    path: String,
    screen: Capture,
    keyboard: File,
}

impl Terminal {
    pub fn new() -> Self {
        let user_side = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&user_side).expect("a terminal of our own");
        unlockpt(&user_side).expect("a terminal that opens");
        let path = ptsname(&user_side, Vec::new()).expect("its name").into_string().expect("in UTF-8");
        let program_side = File::options().read(true).write(true).open(&path).expect("open the terminal");
        // Bytes are shown as they were written: no carriage return before a line feed.
        let mut modes = tcgetattr(&program_side).expect("its modes");
        modes.output_modes.remove(OutputModes::OPOST);
        tcsetattr(&program_side, OptionalActions::Now, &modes).expect("set its modes");
        let user_side = File::from(user_side);
        let keyboard = user_side.try_clone().expect("another descriptor");
        Self { program_side, path, screen: Capture::of(user_side, Pace::Eager), keyboard }
    }

    /// A terminal of so many columns.
    pub fn of_width(columns: u16) -> Self {
        let terminal = Self::new();
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&terminal.program_side, size).expect("set its size");
        terminal
    }

    /// For the stdout or stderr of a run.
    pub fn file(&self) -> File {
        self.program_side.try_clone().expect("another descriptor")
    }

    /// Its name under /dev/pts.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// As somebody at the keyboard does.
    pub fn types(&self, text: &str) {
        (&self.keyboard).write_all(text.as_bytes()).expect("type");
    }

    /// As Ctrl-S does.
    pub fn stop(&self) {
        tcflow(&self.program_side, Action::OOff).expect("stop the terminal");
    }

    /// As Ctrl-Q does.
    pub fn go_on(&self) {
        tcflow(&self.program_side, Action::OOn).expect("start the terminal");
    }

    /// All that was shown, as soon as `part` is in it.
    #[track_caller]
    pub fn shows(&self, part: &str) -> String {
        let has = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(part);
        self.screen.wait(Instant::now() + secs(10), |seen| has(&seen.bytes));
        let shown = String::from_utf8_lossy(&self.screen.bytes()).into_owned();
        assert!(shown.contains(part), "{part:?} was never shown: {shown:?}");
        shown
    }
}
