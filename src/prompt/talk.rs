//! One conversation, from its first line to its last.

use std::io;
use std::sync::Arc;
use std::thread;

use super::keyboard::{Keyboard, Typing};
use super::look::Look;
use super::picture::Prompt;
use super::queue::Queue;
use super::source::TypedSource;
use super::watch::Watch;
use crate::os::{raw_mode, signals, stdio};
use crate::report::{Trace, terminal};

/// A conversation that begins when the connection is open.
pub struct Talk {
    keyboard: Arc<Keyboard>,
    queue: Arc<Queue>,
    look: Look,
    /// Whether the terminal can move its cursor, so that lines are edited here.
    edits: bool,
}

/// A conversation under way. Dropping it gives the terminal back.
pub struct OpenTalk {
    look: Look,
    _raw: Option<raw_mode::RawMode>,
}

impl Talk {
    /// A conversation, and the source of its messages, at most `most`.
    pub fn new(typing: Typing, look: Look, edits: bool, most: u64) -> (Self, TypedSource) {
        let queue = Arc::new(Queue::default());
        let keyboard = Arc::new(Keyboard::new(typing, look, Arc::clone(&queue)));
        let source = TypedSource::new(Arc::clone(&queue), most);
        (Self { keyboard, queue, look, edits }, source)
    }

    /// Shows these lines, then the prompt, and listens to the keyboard.
    ///
    /// # Errors
    /// The keyboard cannot be read.
    pub fn begin(&self, lines: &[String]) -> io::Result<OpenTalk> {
        let input = stdio::input()?;
        // Before anything is shown: whoever sees it types keys for the prompt.
        let raw = if self.edits { raw_mode::RawMode::enter().ok() } else { None };
        for line in lines {
            terminal::write(&self.look.note(line, terminal::columns()));
        }
        let is_raw = raw.is_some();
        if is_raw {
            terminal::show(Box::new(Prompt::new(Arc::clone(&self.keyboard), stdio::output()?)));
            terminal::redraw();
            let keyboard = Arc::clone(&self.keyboard);
            signals::on_terminal_change(move |continued| keyboard.changed(continued))?;
        }
        let keyboard = Arc::clone(&self.keyboard);
        thread::Builder::new().name("keyboard".to_owned()).spawn(move || keyboard.listen(&input, is_raw))?;
        Ok(OpenTalk { look: self.look, _raw: raw })
    }

    /// An observer that shows what is neither a message nor a line of `trace`.
    pub fn watch<'a>(&self, trace: &'a mut Trace) -> Watch<'a> {
        let (queue, keyboard) = (Arc::clone(&self.queue), Arc::clone(&self.keyboard));
        Watch { trace, queue, keyboard, look: self.look, leaves_for: 0 }
    }
}

impl OpenTalk {
    /// Removes the prompt, and shows a last line if there is one.
    pub fn end(self, last: Option<&str>) {
        terminal::end();
        if let Some(last) = last {
            terminal::write(&self.look.note(last, terminal::columns()));
        }
        terminal::finish();
    }
}
