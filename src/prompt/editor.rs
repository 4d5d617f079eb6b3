//! The line editor: keys change the line, walk through the history, or end the line. Pure.

use super::history::History;
use super::keys::Key;
use super::line::{Line, Word};

/// What a key asks for beyond a change of the line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Nothing,
    /// Enter: this line is complete.
    Send(String),
    /// Ctrl-C with an empty line.
    Quit,
    /// Ctrl-C with text in the line, which is gone now.
    Cleared,
    /// Ctrl-D with an empty line.
    End,
    /// Ctrl-Z.
    Suspend,
    /// Ctrl-L.
    ClearScreen,
}

/// The line, the history, and what was cut last.
#[derive(Debug, Default)]
pub(super) struct Editor {
    line: Line,
    pub(super) history: History,
    cut: String,
    search: Option<Search>,
}

/// A search through the history (Ctrl-R).
#[derive(Debug, Default)]
struct Search {
    part: String,
    /// The number of the line found last.
    found: Option<usize>,
}

impl Editor {
    /// The line, and in a search what is looked for.
    pub(super) fn shown(&self) -> (&Line, Option<&str>) {
        (&self.line, self.search.as_ref().map(|search| &search.part[..]))
    }

    /// Puts a line back that could not be sent.
    pub(super) fn put_back(&mut self, text: String) {
        self.line = Line::new(text);
    }

    pub(super) fn press(&mut self, key: Key) -> Wish {
        if self.search.is_some() {
            return self.press_in_search(key);
        }
        match key {
            Key::Text(text) | Key::Pasted(text) => self.line.insert(&text),
            Key::Enter => return Wish::Send(std::mem::take(&mut self.line).text().to_owned()),
            Key::Backspace | Key::Control('h') => self.line.backspace(),
            Key::Control('d') if self.line.is_empty() => return Wish::End,
            Key::Delete | Key::Control('d') => self.line.delete(),
            Key::Left | Key::Control('b') => self.line.left(),
            Key::Right | Key::Control('f') => self.line.right(),
            Key::WordLeft | Key::Alt('b') => self.line.word_left(),
            Key::WordRight | Key::Alt('f') => self.line.word_right(),
            Key::Home | Key::Control('a') => self.line.home(),
            Key::End | Key::Control('e') => self.line.end(),
            Key::Up | Key::Control('p') => {
                if let Some(line) = self.history.back(self.line.text()) {
                    self.line = Line::new(line);
                }
            }
            Key::Down | Key::Control('n') => {
                if let Some(line) = self.history.forward() {
                    self.line = Line::new(line);
                }
            }
            Key::Control('t') => self.line.transpose(),
            Key::Control('y') => self.line.insert(&self.cut),
            Key::Control('u') => self.cut = self.line.cut_to_start(),
            Key::Control('k') => self.cut = self.line.cut_to_end(),
            Key::Control('w') => self.cut = self.line.cut_word_left(Word::Spaced),
            Key::Alt('d') => self.cut = self.line.cut_word_right(),
            Key::Control('r') => self.search = Some(Search::default()),
            Key::Control('c' | '\\') if self.line.is_empty() => return Wish::Quit,
            Key::Control('c' | '\\') => {
                self.line = Line::default();
                return Wish::Cleared;
            }
            Key::Control('z') => return Wish::Suspend,
            Key::Control('l') => return Wish::ClearScreen,
            Key::Control(_) | Key::Alt(_) => {}
        }
        Wish::Nothing
    }

    /// In a search, text goes to what is looked for. Any other key takes the line that was found, and then acts on it.
    fn press_in_search(&mut self, key: Key) -> Wish {
        let Some(search) = &mut self.search else { return Wish::Nothing };
        match key {
            Key::Text(text) => {
                search.part.push_str(&text);
                let before = search.found.map(|found| found + 1);
                self.look(before);
            }
            Key::Backspace | Key::Control('h') => {
                search.part.pop();
                self.look(None);
            }
            Key::Control('r') => {
                let before = search.found;
                self.look(before);
            }
            Key::Control('c' | 'g') => (self.search, self.line) = (None, Line::default()),
            key => {
                self.search = None;
                return self.press(key);
            }
        }
        Wish::Nothing
    }

    /// Shows the newest line before number `before` that has the part; without one, leaves the line as it is.
    fn look(&mut self, before: Option<usize>) {
        let Some(search) = self.search.as_mut().filter(|search| !search.part.is_empty()) else { return };
        if let Some(found) = self.history.find(&search.part, before) {
            search.found = Some(found);
            self.line = Line::new(self.history.line(found).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Key {
        Key::Text(text.to_owned())
    }

    fn press(editor: &mut Editor, keys: impl IntoIterator<Item = Key>) -> Wish {
        keys.into_iter().map(|key| editor.press(key)).last().unwrap()
    }

    #[test]
    fn a_line_is_typed_mended_and_sent() {
        let mut editor = Editor::default();
        let keys = [text("helo"), Key::Left, text("l"), Key::Home, Key::Delete, text("H"), Key::Enter];
        assert_eq!(press(&mut editor, keys), Wish::Send("Hello".to_owned()));
        assert!(editor.line.is_empty());
    }

    #[test]
    fn what_was_cut_comes_back() {
        let mut editor = Editor::default();
        let keys = [text("one two"), Key::Control('w'), Key::Home, Key::Control('y'), Key::Enter];
        assert_eq!(press(&mut editor, keys), Wish::Send("twoone ".to_owned()));
        let keys = [text("abc"), Key::Control('u'), Key::Control('y'), Key::Control('y'), Key::Enter];
        assert_eq!(press(&mut editor, keys), Wish::Send("abcabc".to_owned()));
    }

    #[test]
    fn ctrl_c_and_ctrl_d_depend_on_the_line() {
        let mut editor = Editor::default();
        assert_eq!(press(&mut editor, [text("a"), Key::Control('c')]), Wish::Cleared);
        assert_eq!(editor.press(Key::Control('c')), Wish::Quit);
        assert_eq!(press(&mut editor, [text("ab"), Key::Home, Key::Control('d')]), Wish::Nothing);
        assert_eq!(press(&mut editor, [Key::Control('d'), Key::Control('d')]), Wish::End);
    }

    #[test]
    fn a_search_finds_older_lines_and_any_key_takes_the_line() {
        let mut editor = Editor::default();
        editor.history.load(["alpha one", "beta", "alpha two"].map(str::to_owned));
        press(&mut editor, [Key::Control('r'), text("al"), text("pha")]);
        assert_eq!(editor.shown(), (&Line::new("alpha two"), Some("alpha")));
        press(&mut editor, [Key::Control('r')]);
        assert_eq!(editor.line.text(), "alpha one");
        // There is none before it: the line stays.
        press(&mut editor, [Key::Control('r')]);
        assert_eq!(press(&mut editor, [Key::Enter]), Wish::Send("alpha one".to_owned()));
        press(&mut editor, [Key::Control('r'), text("beta"), Key::Left, text("x")]);
        assert_eq!(editor.shown().1, None);
        assert_eq!(editor.line.text(), "betxa");
        press(&mut editor, [Key::Control('r'), text("one"), Key::Control('g')]);
        assert!(editor.line.is_empty() && editor.search.is_none());
    }
}
