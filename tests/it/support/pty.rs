//! A terminal: what is written to it is captured as it would be shown, and it can be stopped as with Ctrl-S.

use std::cell::Cell;
use std::fs::File;
use std::io::Write as _;
use std::num::NonZero;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    Action, LocalModes, OptionalActions, OutputModes, Winsize, tcflow, tcgetattr, tcsetattr, tcsetwinsize,
};

use super::capture::{Capture, Pace};
use super::{millis, secs};

/// How long the screen is awaited: long enough for a machine that is busy with other tests.
const PATIENCE: Duration = secs(30);

pub struct Terminal {
    /// Held open, so that what was written is not lost when the last program leaves.
    program_side: File,
    path: String,
    screen: Capture,
    keyboard: File,
    size: Cell<(u16, u16)>,
}

/// The text of a screen with a bar at the cursor.
fn with_cursor(text: &str, (row, column): (u16, u16)) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.resize(lines.len().max(usize::from(row) + 1), String::new());
    let line = &mut lines[usize::from(row)];
    let (mut at, mut width) = (line.len(), 0);
    for (offset, character) in line.char_indices() {
        if width >= usize::from(column) {
            at = offset;
            break;
        }
        width += if character > '\u{2e80}' { 2 } else { 1 };
    }
    let missing = if at == line.len() { usize::from(column).saturating_sub(width) } else { 0 };
    let bar = format!("{}|", " ".repeat(missing));
    line.insert_str(at, &bar);
    lines.join("\n")
}

impl Terminal {
    pub fn new() -> Self {
        let terminal = Self::of(80, 24);
        // Bytes are shown as they were written: no carriage return before a line feed.
        let mut modes = tcgetattr(&terminal.program_side).expect("its modes");
        modes.output_modes.remove(OutputModes::OPOST);
        tcsetattr(&terminal.program_side, OptionalActions::Now, &modes).expect("set its modes");
        terminal
    }

    /// A terminal of this size in its usual modes.
    pub fn of(columns: u16, rows: u16) -> Self {
        let user_side = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        // A program that has this side never sees the terminal hang up.
        fcntl_setfd(&user_side, FdFlags::CLOEXEC).expect("keep it to ourselves");
        grantpt(&user_side).expect("a terminal of our own");
        unlockpt(&user_side).expect("a terminal that opens");
        let path = ptsname(&user_side, Vec::new()).expect("its name").into_string().expect("in UTF-8");
        let program_side = File::options().read(true).write(true).open(&path).expect("open the terminal");
        let user_side = File::from(user_side);
        let keyboard = user_side.try_clone().expect("another descriptor");
        let screen = Capture::of(user_side, Pace::Eager);
        let terminal = Self { program_side, path, screen, keyboard, size: Cell::new((columns, rows)) };
        terminal.resize(columns, rows);
        terminal
    }

    /// Changes the size. Who is to know of it gets a signal from the test: this terminal controls no process.
    pub fn resize(&self, columns: u16, rows: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.program_side, size).expect("set its size");
        self.size.set((columns, rows));
    }

    /// Whether keys are echoed and gathered to lines by the terminal itself.
    pub fn is_cooked(&self) -> bool {
        let modes = tcgetattr(&self.program_side).expect("its modes");
        modes.local_modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// What the screen shows when all is drawn that was written so far: its lines without the empty ones at the end, and the
    /// place of the cursor as row and column.
    pub fn screen(&self) -> (String, (u16, u16)) {
        let (columns, rows) = self.size.get();
        let side = |cells| NonZero::new(cells).expect("some cells");
        let mut parser = vt100::Parser::new(side(rows), side(columns), 0);
        parser.process(&self.screen.bytes());
        let screen = parser.screen();
        let lines: Vec<String> = screen.rows(0, columns).collect();
        (lines.join("\n").trim_end().to_owned(), screen.cursor_position())
    }

    /// Waits until the screen shows exactly this; `|` stands for the cursor.
    #[track_caller]
    pub fn looks(&self, expected: &str) {
        self.comes_to(expected, |shown| shown == expected);
    }

    /// Waits until the screen is as `is_right` says, and returns what it shows. `expected` describes that.
    #[track_caller]
    pub fn comes_to(&self, expected: &str, is_right: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let (shown, cursor) = self.screen();
            let shown = with_cursor(&shown, cursor);
            if is_right(&shown) {
                return shown;
            }
            let is_late = Instant::now() > end;
            assert!(!is_late, "expected:\n{expected}\nshown:\n{shown}\nwritten: {:?}", self.written());
            thread::sleep(millis(5));
        }
    }

    /// All that was written to it.
    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.screen.bytes()).into_owned()
    }

    /// A terminal of so many columns.
    pub fn of_width(columns: u16) -> Self {
        let terminal = Self::new();
        terminal.resize(columns, 24);
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
        self.screen.wait(Instant::now() + PATIENCE, |seen| has(&seen.bytes));
        let shown = String::from_utf8_lossy(&self.screen.bytes()).into_owned();
        assert!(shown.contains(part), "{part:?} was never shown: {shown:?}");
        shown
    }
}
