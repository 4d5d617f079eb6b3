//! The keyboard of a conversation: a thread reads it, and turns keys into a line and lines into messages.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::command::{Command, help};
use super::editor::{Editor, Wish};
use super::history_file;
use super::keys::{Key, KeyReader};
use super::look::{Look, SENT};
use super::queue::Queue;
use super::view::Content;
use crate::error::IoCause;
use crate::os::{raw_mode, signals, stdio};
use crate::protocol::Kind;
use crate::report::{self, terminal};
use crate::session::Control;
use crate::size;

/// The bytes of one read.
const BLOCK: usize = 64 * 1024;

/// A terminal in its usual mode cuts longer lines, without the line end, and says nothing (termios(3), `MAX_CANON`).
const LONGEST_COOKED: usize = 4095;

/// The key that ends the input. Of a Windows console, the standard library takes Ctrl-Z for the end, in any mode.
const CONTROL_D: &[u8] = b"\x04";

/// How long a stop is awaited that was asked for. It reaches the program by way of another thread, and not at all where no
/// shell could continue the program.
const STOP: Duration = Duration::from_secs(1);

/// What is sent for a line.
#[derive(Clone, Debug)]
pub struct Typing {
    pub kind: Kind,
    /// Appended to every line.
    pub line_end: &'static str,
    /// The longest message, in bytes.
    pub max_message: u64,
    /// The file of the history, if there is one.
    pub history: Option<PathBuf>,
}

/// What the keys do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A line is typed.
    Typing,
    /// The input has ended, and replies are missing.
    Waiting,
    /// The session is about to end.
    Leaving,
}

/// The state that the threads of the keyboard and of the terminal share.
pub(super) struct Keyboard {
    typing: Typing,
    look: Look,
    queue: Arc<Queue>,
    state: Mutex<State>,
    /// Notified when the program is continued.
    continued: Condvar,
}

struct State {
    editor: Editor,
    phase: Phase,
    /// Whether the prompt is not shown, because the program is stopped.
    hidden: bool,
    /// Whether another program may have written to the terminal since the prompt was drawn.
    disturbed: bool,
    /// Whether Ctrl-Z stops the program, which was not continued yet.
    stops: bool,
}

impl Keyboard {
    pub(super) fn new(typing: Typing, look: Look, queue: Arc<Queue>) -> Self {
        let (editor, phase) = (Editor::default(), Phase::Typing);
        Self {
            typing,
            look,
            queue,
            state: Mutex::new(State { editor, phase, hidden: false, disturbed: false, stops: false }),
            continued: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the prompt shows, if there is one.
    pub(super) fn content(&self) -> Option<Content> {
        let state = self.state();
        if state.hidden || state.phase != Phase::Typing {
            return None;
        }
        let (line, looked_for) = state.editor.shown();
        let prompt = looked_for.map_or("> ".to_owned(), |part| format!("search {part:?}: "));
        Some(Content {
            prompt,
            style: self.look.style(SENT),
            line: line.text().to_owned(),
            cursor: line.cursor(),
        })
    }

    /// Whether the session is about to end, by a key or a command.
    pub(super) fn is_leaving(&self) -> bool {
        self.state().phase == Phase::Leaving
    }

    /// Whether another program may have written to the terminal since the last call.
    pub(super) fn take_disturbed(&self) -> bool {
        std::mem::take(&mut self.state().disturbed)
    }

    /// The terminal has another size. After a stop that was `continued`, it may also have other modes, and show other text.
    pub(super) fn changed(&self, continued: bool) {
        if continued {
            raw_mode::renew();
            let mut state = self.state();
            // Before a stop that is our own, the prompt was removed.
            state.disturbed = !std::mem::take(&mut state.stops);
            self.continued.notify_all();
        }
        terminal::redraw();
    }

    /// Loads the history, then reads `input` until its end.
    pub(super) fn listen(&self, input: &File, is_raw: bool) {
        if let Some(path) = self.typing.history.as_deref().filter(|_| is_raw) {
            let lines = history_file::read(path);
            self.state().editor.history.load(lines);
        }
        let (mut keys, mut line, mut block) = (KeyReader::default(), Vec::new(), vec![0; BLOCK]);
        loop {
            let bytes = match stdio::read(input, &mut block) {
                // Ctrl-Z: the end that is typed, not the end of the console.
                Ok(0) if is_raw && cfg!(windows) => {
                    if self.state().editor.shown().0.is_empty() {
                        CONTROL_D
                    } else {
                        continue;
                    }
                }
                Ok(0) => break,
                Ok(count) => &block[..count],
                Err(err) if err.kind() == ErrorKind::Interrupted => continue,
                // The terminal is gone.
                Err(_) => break,
            };
            if is_raw {
                keys.read(bytes).into_iter().for_each(|key| self.press(key));
                terminal::redraw();
            } else {
                line.extend_from_slice(bytes);
                self.take_lines(&mut line);
            }
        }
        self.end();
    }

    /// Takes whole lines from the front of `text`, as a terminal in its usual mode gives them.
    fn take_lines(&self, text: &mut Vec<u8>) {
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = text.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line[..end]).trim_end_matches('\r').to_owned();
            if cfg!(unix) && end >= LONGEST_COOKED {
                self.note(
                    "not sent: this terminal cuts lines after 4095 bytes; /file PATH sends a longer one",
                );
            } else if let Some(unsent) = self.line(line, false) {
                self.note(&format!("not sent: {unsent}"));
            }
        }
    }

    /// The end of the keyboard: what waits is still sent.
    fn end(&self) {
        self.stops();
        self.queue.end();
    }

    /// No further line is sent.
    pub(super) fn stops(&self) {
        let mut state = self.state();
        if state.phase == Phase::Typing {
            state.phase = Phase::Waiting;
        }
        drop(state);
        terminal::redraw();
    }

    fn press(&self, key: Key) {
        let mut state = self.state();
        match (state.phase, &key) {
            (Phase::Typing, _) => {}
            (_, Key::Control('z')) => {
                drop(state);
                return self.stop();
            }
            (Phase::Waiting, Key::Control('c' | '\\')) => {
                drop(state);
                return self.leave();
            }
            (Phase::Leaving, Key::Control('c' | '\\')) => {
                drop(state);
                return signals::interrupt();
            }
            (Phase::Waiting | Phase::Leaving, _) => return,
        }
        let wish = state.editor.press(key);
        drop(state);
        match wish {
            Wish::Nothing | Wish::Cleared => {}
            Wish::Send(line) => {
                if let Some(unsent) = self.line(line, true) {
                    self.state().editor.put_back(unsent);
                    self.note("not sent: the server takes no more now; try again later");
                }
            }
            Wish::Quit => self.leave(),
            Wish::End => self.end(),
            Wish::Suspend => self.stop(),
            Wish::ClearScreen => terminal::write("\u{1b}[H\u{1b}[2J"),
        }
    }

    /// Acts on a complete line. With `shows`, it is shown above the prompt, where it is drawn no more. Returns a message for
    /// which there is no room now.
    fn line(&self, line: String, shows: bool) -> Option<String> {
        let command = match Command::parse(&line) {
            Ok(command) => command,
            Err(advice) => {
                self.keep(&line);
                self.note(&advice);
                return None;
            }
        };
        let sent = |text: &str| {
            if shows {
                terminal::write(&self.look.sent(text));
            }
        };
        match command {
            Command::Message(text) => {
                let payload = format!("{text}{}", self.typing.line_end);
                if !self.fits(payload.len()) {
                    return None;
                }
                if !self.queue.has_room() {
                    return Some(line);
                }
                // Before it is sent: its reply must stand below it.
                sent(&text);
                self.queue.send(self.typing.kind, payload.as_bytes());
            }
            Command::Binary(payload) => {
                if !self.fits(payload.len()) {
                    return None;
                }
                if !self.queue.has_room() {
                    return Some(line);
                }
                sent(&line);
                self.queue.send(Kind::Binary, &payload);
            }
            Command::File(path) => match self.file(&path) {
                Ok((kind, payload)) => {
                    if !self.queue.has_room() {
                        return Some(line);
                    }
                    sent(&format!("{line} ({kind}, {} bytes)", payload.len()));
                    self.queue.send(kind, &payload);
                }
                Err(why) => self.note(&format!("cannot read {}: {why}", path.display())),
            },
            Command::Ping(payload) => {
                sent(&line);
                self.queue.control(Control::Ping(payload));
            }
            Command::Close(close) => {
                sent(&line);
                self.state().phase = Phase::Leaving;
                self.queue.close(close);
            }
            Command::Help => {
                let columns = terminal::columns();
                help(columns).for_each(|(line, indent)| {
                    terminal::write(&self.look.note_at(&line, indent, columns));
                });
            }
        }
        self.keep(&line);
        None
    }

    /// Whether a message of this length may be sent. Says so if not.
    fn fits(&self, len: usize) -> bool {
        let fits = len as u64 <= self.typing.max_message;
        if !fits {
            let limit = size::exact(self.typing.max_message);
            self.note(&format!("not sent: {len} bytes are more than {limit} (--max-message-size)"));
        }
        fits
    }

    /// The content of a file: text if it may be, and where text is sent.
    fn file(&self, path: &Path) -> Result<(Kind, Vec<u8>), String> {
        let cause = |err| IoCause(err).to_string();
        // No shell reads this line, which would do it.
        let in_home = path.strip_prefix("~").ok().and_then(|rest| Some(std::env::home_dir()?.join(rest)));
        let path = in_home.as_deref().unwrap_or(path);
        let metadata = path.metadata().map_err(cause)?;
        if !metadata.is_file() {
            return Err("it is not a regular file".to_owned());
        }
        let limit = self.typing.max_message;
        let mut content = Vec::new();
        let file = File::open(path).map_err(cause)?;
        file.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(cause)?;
        if content.len() as u64 > limit {
            return Err(format!("it is larger than {} (--max-message-size)", size::exact(limit)));
        }
        let is_text = self.typing.kind == Kind::Text && std::str::from_utf8(&content).is_ok();
        Ok((if is_text { Kind::Text } else { Kind::Binary }, content))
    }

    /// Keeps a line in the history and in its file.
    fn keep(&self, line: &str) {
        let is_kept = self.state().editor.history.add(line);
        if let Some(path) = self.typing.history.as_deref().filter(|_| is_kept) {
            // A conversation without a history is better than none.
            let _ = history_file::append(path, line);
        }
    }

    fn note(&self, text: &str) {
        terminal::write(&self.look.note(text, terminal::columns()));
    }

    /// Ends the session now.
    fn leave(&self) {
        self.state().phase = Phase::Leaving;
        self.queue.control(Control::Close(None));
    }

    /// Ctrl-Z: gives the terminal back, stops, and takes the terminal again. Windows stops no program.
    fn stop(&self) {
        if cfg!(windows) {
            return;
        }
        {
            let mut state = self.state();
            (state.hidden, state.stops) = (true, true);
        }
        terminal::redraw();
        report::finish();
        raw_mode::restore();
        raw_mode::stop();
        // Not before the program has stopped: the shell would find the terminal in raw mode.
        drop(self.continued.wait_timeout_while(self.state(), STOP, |state| state.stops));
        raw_mode::renew();
        self.state().hidden = false;
    }
}
