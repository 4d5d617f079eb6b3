//! The prompt as a terminal shows it: which part of the line is visible, and the control sequences that draw and remove it.
//! Pure. A line is drawn as one long row that the terminal wraps, so that it also wraps it anew when its width changes.

use std::fmt::Write;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::report::sanitize;

/// Columns and rows of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// What the prompt shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// The text before the line, with its style.
    pub(super) prompt: String,
    pub(super) style: anstyle::Style,
    pub(super) line: String,
    /// The offset of the cursor in the line, in bytes.
    pub(super) cursor: usize,
}

/// A row and a column, from the place where the prompt begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    row: usize,
    column: usize,
}

/// What is on the screen.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawn {
    /// Everything in front of the cursor, without styles.
    before: Vec<Cell>,
}

/// One character on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cell {
    text: String,
    width: usize,
}

impl Cell {
    fn new(text: String) -> Self {
        Self { width: text.width(), text }
    }

    /// How a part of the line is shown: line ends as an arrow, tabs as spaces, other control characters escaped.
    fn of(character: &str) -> Self {
        Self::new(match character {
            "\n" => "\u{21b5}".to_owned(),
            "\t" => "    ".to_owned(),
            _ => sanitize::text(character),
        })
    }
}

impl Content {
    /// Draws the prompt where the cursor is, at the beginning of a row.
    pub(super) fn draw(&self, size: Size) -> (String, Drawn) {
        let prompt = Cell::new(sanitize::text(&self.prompt));
        let (mut before, behind) = self.visible(size, prompt.width);
        before.insert(0, prompt);
        let cursor = place(&before, size.columns);
        let all: Vec<Cell> = before.iter().chain(&behind).cloned().collect();
        let end = place(&all, size.columns);
        let mut text = format!("{}{}{:#}", self.style, all[0].text, self.style);
        all[1..].iter().for_each(|cell| text.push_str(&cell.text));
        if end.column == 0 && end.row > 0 {
            // A terminal does not wrap before the next character.
            text.push_str(" \r");
        }
        let up = end.row - cursor.row;
        // Writing to a String cannot fail.
        let _ = match up {
            0 => Ok(()),
            _ => write!(text, "\u{1b}[{up}A"),
        };
        text.push('\r');
        if cursor.column > 0 {
            let _ = write!(text, "\u{1b}[{}C", cursor.column);
        }
        (text, Drawn { before })
    }

    /// The cells of the line in front of the cursor and behind it: at most half of the screen, around the cursor.
    fn visible(&self, size: Size, prompt: usize) -> (Vec<Cell>, Vec<Cell>) {
        // A wide character may leave a column free at the end of each row, and a mark stands at both ends.
        let rows = (size.rows / 2).max(1);
        let mut room = (rows * size.columns.saturating_sub(1)).saturating_sub(prompt + 2);
        let (before, behind) = self.line.split_at(self.cursor);
        let mut before = within(&mut room, before.graphemes(true).rev());
        before.reverse();
        (before, within(&mut room, behind.graphemes(true)))
    }
}

/// As many characters as there is room for, and a mark if that is not all of them.
fn within<'a>(room: &mut usize, characters: impl Iterator<Item = &'a str>) -> Vec<Cell> {
    let mut cells = Vec::new();
    for character in characters {
        let cell = Cell::of(character);
        if cell.width > *room {
            cells.push(Cell::new("\u{2026}".to_owned()));
            *room = 0;
            break;
        }
        *room -= cell.width;
        cells.push(cell);
    }
    cells
}

impl Drawn {
    /// Removes the prompt, and leaves the cursor where it began.
    pub(super) fn remove(&self, columns: usize) -> String {
        // After a change of the width, the terminal has wrapped the rows anew.
        match place(&self.before, columns).row {
            0 => "\r\u{1b}[J".to_owned(),
            up => format!("\r\u{1b}[{up}A\u{1b}[J"),
        }
    }
}

/// Where the character behind `cells` stands in a terminal of this width.
fn place(cells: &[Cell], columns: usize) -> Place {
    let columns = columns.max(1);
    let mut at = Place::default();
    // A cell may have several characters, which are wrapped one by one.
    for cell in cells {
        for character in cell.text.graphemes(true) {
            let width = character.width();
            if at.column + width > columns {
                at = Place { row: at.row + 1, column: 0 };
            }
            at.column += width;
        }
    }
    if at.column == columns { Place { row: at.row + 1, column: 0 } } else { at }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use super::*;

    fn content(line: &str, cursor: usize) -> Content {
        Content { prompt: "> ".to_owned(), line: line.to_owned(), cursor, ..Content::default() }
    }

    /// A screen of this size, and what is drawn on it.
    fn screen(columns: u16, rows: u16) -> vt100::Parser {
        let side = |cells| NonZero::new(cells).expect("some cells");
        vt100::Parser::new(side(rows), side(columns), 0)
    }

    fn size(screen: &vt100::Parser) -> Size {
        let (rows, columns) = screen.screen().size();
        Size { columns: columns.get().into(), rows: rows.get().into() }
    }

    fn draw(screen: &mut vt100::Parser, content: &Content) -> Drawn {
        let (text, drawn) = content.draw(size(screen));
        screen.process(text.as_bytes());
        drawn
    }

    #[test]
    fn the_cursor_stands_where_the_line_says() {
        for (line, cursor, place) in [
            ("", 0, (0, 2)),
            ("abc", 3, (0, 5)),
            ("abc", 1, (0, 3)),
            ("abcdefgh", 8, (1, 0)),
            ("abcdefghi", 9, (1, 1)),
            ("abcdefghi", 2, (0, 4)),
            // The wide character does not fit into the last column.
            ("abcdefg\u{6f22}", 7, (0, 9)),
            ("abcdefg\u{6f22}", 10, (1, 2)),
            ("e\u{301}x", 3, (0, 3)),
            ("a\nb", 3, (0, 5)),
        ] {
            let mut screen = screen(10, 8);
            let drawn = draw(&mut screen, &content(line, cursor));
            assert_eq!(screen.screen().cursor_position(), place, "{line:?} at {cursor}");
            screen.process(drawn.remove(10).as_bytes());
            assert_eq!(screen.screen().contents(), "", "{line:?} at {cursor}");
            assert_eq!(screen.screen().cursor_position(), (0, 0), "{line:?} at {cursor}");
        }
    }

    #[test]
    fn what_stands_above_is_left_alone() {
        let mut screen = screen(10, 4);
        screen.process(b"one\r\ntwo\r\n");
        for line in ["x", "a line of two rows", &"\u{6f22}".repeat(12), &"long ".repeat(50)] {
            for cursor in [0, line.len() / 2 / 3 * 3, line.len()] {
                let drawn = draw(&mut screen, &content(line, cursor));
                screen.process(drawn.remove(10).as_bytes());
                assert_eq!(screen.screen().contents().trim_end(), "one\ntwo", "{line} at {cursor}");
            }
        }
    }

    #[test]
    fn of_a_long_line_the_part_at_the_cursor_is_shown() {
        let line: String = ('a'..='z').cycle().take(6008).collect();
        for (cursor, part) in [(0, "> abc"), (6008, "defgh"), (3000, "\u{2026}")] {
            let mut screen = screen(40, 10);
            draw(&mut screen, &content(&line, cursor));
            let shown = screen.screen().contents();
            assert!(shown.contains(part), "{shown}");
            assert!(shown.lines().count() <= 6, "{shown}");
        }
    }

    #[test]
    fn a_terminal_that_became_narrower_has_wrapped_the_prompt() {
        let (_, drawn) = content("abcdefghijkl", 12).draw(Size { columns: 40, rows: 10 });
        assert_eq!(drawn.remove(40), "\r\u{1b}[J");
        assert_eq!(drawn.remove(8), "\r\u{1b}[1A\u{1b}[J");
    }
}
