//! The prompt on the screen. Only the lane of the terminal draws it, so that it never meets other text.

use std::fs::File;
use std::sync::Arc;

use super::keyboard::Keyboard;
use super::view::{Drawn, Size};
use crate::os::{stdio, terminal};
use crate::report::terminal::Picture;

/// The size of a terminal that does not tell it.
const USUAL: Size = Size { columns: 80, rows: 24 };

/// The prompt of a keyboard.
pub(super) struct Prompt {
    keyboard: Arc<Keyboard>,
    output: File,
    drawn: Option<Drawn>,
}

impl Prompt {
    pub(super) fn new(keyboard: Arc<Keyboard>, output: File) -> Self {
        Self { keyboard, output, drawn: None }
    }

    /// The control sequences that remove what is drawn.
    fn remove(&mut self) -> String {
        if self.keyboard.take_disturbed() {
            // Another program has written below; what is left of the prompt stays.
            self.drawn = None;
        }
        self.drawn.take().map_or(String::new(), |drawn| drawn.remove(size().columns))
    }

    /// Writes in one piece, so that the screen does not flicker. An error comes back with the data, or a hang-up follows.
    fn write(&mut self, text: &str) {
        let _ = stdio::write_all(&self.output, text.as_bytes());
    }
}

impl Picture for Prompt {
    fn draw(&mut self) {
        let mut text = self.remove();
        if let Some(content) = self.keyboard.content() {
            let (prompt, drawn) = content.draw(size());
            text.push_str(&prompt);
            self.drawn = Some(drawn);
        }
        self.write(&text);
    }

    fn above(&mut self, write: &mut dyn FnMut()) {
        let removal = self.remove();
        self.write(&removal);
        write();
        self.draw();
    }

    fn yields_to_data(&self) -> bool {
        false
    }

    fn end(mut self: Box<Self>) {
        let removal = self.remove();
        self.write(&removal);
    }
}

fn size() -> Size {
    terminal::size().map_or(USUAL, |(columns, rows)| Size { columns: columns.into(), rows: rows.into() })
}
