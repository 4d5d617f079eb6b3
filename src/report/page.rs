//! The lines of a human report: on a terminal, none is wider than the style says. In files and pipes, nothing is left out.

use anstyle::{AnsiColor, Style as Color};
use unicode_width::UnicodeWidthChar;

use super::sanitize;
use super::style::Style;

/// The indent of continuation lines of a reason.
const INDENT: usize = 6;

/// The first word of a report.
#[derive(Clone, Copy, Debug)]
pub(super) enum Word {
    Ok,
    Warn,
    Fail,
}

impl Word {
    fn text(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        }
    }

    /// With its colour, and blanks behind it up to `columns`.
    pub(super) fn padded(self, columns: usize) -> String {
        let (color, word) = (self.color(), self.text());
        format!("{color}{word}{color:#}{}", " ".repeat(columns.saturating_sub(word.len())))
    }

    fn color(self) -> Color {
        let color = match self {
            Self::Ok => AnsiColor::Green,
            Self::Warn => AnsiColor::Yellow,
            Self::Fail => AnsiColor::Red,
        };
        color.on_default().bold()
    }
}

/// A report that grows line by line.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    style: Style,
}

impl Page {
    pub(super) fn new(style: Style) -> Self {
        Self { text: String::new(), style }
    }

    /// The first line: `OK    text`. Only its first word has a colour.
    pub(super) fn verdict(&mut self, word: Word, text: &str) {
        let (color, word) = (word.color(), word.text());
        let line = self.shown(&format!("{word:<INDENT$}{text}"));
        let filled = self.fill(line.split(' '), " ", INDENT);
        let rest = filled.strip_prefix(word).unwrap_or(&filled);
        self.push(&format!("{color}{word}{color:#}{rest}"));
    }

    /// A line that is cut with `...` where a terminal has no room for it.
    pub(super) fn cut(&mut self, line: &str) {
        let mut line = self.shown(line);
        if self.style.terminal {
            line = cut(&line, self.style.width);
        }
        self.push(&line);
    }

    /// A line that wraps where a terminal has no room for it. Elsewhere it stays one line, for programs that search lines.
    pub(super) fn row(&mut self, line: &str) {
        if self.style.terminal { self.wrap(line) } else { self.cut(line) }
    }

    /// A line that wraps when it is too long.
    pub(super) fn wrap(&mut self, line: &str) {
        self.wrap_at(line, INDENT);
    }

    /// A line that wraps when it is too long; continuation lines begin after `indent` columns.
    pub(super) fn wrap_at(&mut self, line: &str, indent: usize) {
        let filled = self.fill(self.shown(line).split(' '), " ", indent);
        self.push(&filled);
    }

    /// A list that wraps between items only; continuation lines align with the first item.
    pub(super) fn list(&mut self, label: &str, items: &[String]) {
        let line = self.shown(&format!("{label}{}", items.join(", ")));
        let filled = self.fill(line.split(", "), ", ", columns(label));
        self.push(&filled);
    }

    pub(super) fn gap(&mut self) {
        self.push("");
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn fill<'a>(&self, pieces: impl Iterator<Item = &'a str>, glue: &str, indent: usize) -> String {
        fill(pieces, glue, indent, self.style.width)
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn shown(&self, text: &str) -> String {
        let line = one_line(text);
        if self.style.terminal { sanitize::text(&line) } else { line }
    }
}

/// `text` on one line: every character that some reader takes for a line end is replaced.
pub(super) fn one_line(text: &str) -> String {
    text.replace(['\r', '\n', '\t', '\0', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'], " ")
}

/// Columns that a character takes, or more: a variation selector may widen the one before it.
fn width(c: char) -> usize {
    if c == '\u{fe0f}' { 1 } else { c.width().unwrap_or(1) }
}

/// Columns that a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// `line` with at most `most` columns, which are more than three.
pub(super) fn cut(line: &str, most: usize) -> String {
    const MARK: &str = "...";
    let (mut columns, mut kept) = (0, 0);
    for (at, c) in line.char_indices() {
        columns += width(c);
        if columns <= most - MARK.len() {
            kept = at + c.len_utf8();
        }
        if columns > most {
            return format!("{}{MARK}", &line[..kept]);
        }
    }
    line.to_owned()
}

/// Puts `pieces` with `glue` between them into lines of at most `most` columns. Breaks a piece that fits on no line.
pub(super) fn fill<'a>(
    pieces: impl Iterator<Item = &'a str>,
    glue: &str,
    indent: usize,
    most: usize,
) -> String {
    let end = glue.trim_end();
    let most = most.saturating_sub(end.len()).max(indent + 2);
    let (mut text, mut column) = (String::new(), 0);
    for (index, piece) in pieces.enumerate() {
        let columns = columns(piece);
        if index > 0 {
            let fits = column + glue.len() + columns <= most || columns > most - indent;
            text.push_str(if fits { glue } else { end });
            column += glue.len();
            if !fits {
                next_line(&mut text, &mut column, indent);
            }
        }
        for c in piece.chars() {
            if column + width(c) > most {
                next_line(&mut text, &mut column, indent);
            }
            text.push(c);
            column += width(c);
        }
    }
    text
}

fn next_line(text: &mut String, column: &mut usize, indent: usize) {
    text.truncate(text.trim_end_matches(' ').len());
    text.push('\n');
    text.extend(std::iter::repeat_n(' ', indent));
    *column = indent;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn page(write: impl FnOnce(&mut Page)) -> String {
        let mut page = Page::new(Style::default());
        write(&mut page);
        page.into_text()
    }

    #[test]
    fn only_the_first_word_has_a_colour() {
        assert_eq!(page(|page| page.verdict(Word::Ok, "h")), "\u{1b}[1m\u{1b}[32mOK\u{1b}[0m    h\n");
        assert_eq!(page(|page| page.verdict(Word::Warn, "h")), "\u{1b}[1m\u{1b}[33mWARN\u{1b}[0m  h\n");
        assert_eq!(page(|page| page.verdict(Word::Fail, "h")), "\u{1b}[1m\u{1b}[31mFAIL\u{1b}[0m  h\n");
    }

    #[test]
    fn facts_are_cut_and_reasons_wrapped() {
        let cut = |text: &str| {
            let mut page = Page::new(Style { terminal: true, ..Style::default() });
            page.cut(text);
            page.into_text()
        };
        assert_eq!(cut(&"x".repeat(80)), "x".repeat(80) + "\n");
        assert_eq!(cut(&"x".repeat(81)), "x".repeat(77) + "...\n");
        assert_eq!(cut(&"\u{6f22}".repeat(41)), "\u{6f22}".repeat(38) + "...\n");
        assert_eq!(
            page(|page| page.wrap(&format!("{} {} b", "x".repeat(70), "y".repeat(10)))),
            format!("{}\n      {} b\n", "x".repeat(70), "y".repeat(10))
        );
        // What has no room on any line begins where it would have begun.
        assert_eq!(
            page(|page| page.wrap(&format!("a  {}", "x".repeat(100)))),
            format!("a  {}\n      {}\n", "x".repeat(77), "x".repeat(23))
        );
    }

    #[test]
    fn in_a_file_nothing_is_cut_and_a_row_is_a_line() {
        let long = "x ".repeat(60);
        assert_eq!(page(|page| page.cut(&long)), long.trim_end().to_owned() + "\n");
        assert_eq!(page(|page| page.row(&long)), long.trim_end().to_owned() + "\n");
        let mut page = Page::new(Style { terminal: true, ..Style::default() });
        page.row(&long);
        assert_eq!(page.into_text().lines().count(), 2);
    }

    #[test]
    fn a_list_is_broken_between_its_items() {
        let items: Vec<_> = (0..12).map(|number| format!("item {number}")).collect();
        assert_eq!(
            page(|page| page.list("things  ", &items)),
            "things  item 0, item 1, item 2, item 3, item 4, item 5, item 6, item 7, item 8,\n        \
             item 9, item 10, item 11\n"
        );
    }

    #[test]
    fn a_terminal_is_not_commanded() {
        let mut page = Page::new(Style { terminal: true, ..Style::default() });
        page.cut("a\u{1b}[2J\r\nb\u{202e}c\td");
        assert_eq!(page.into_text(), "a\\u{1b}[2J  b\\u{202e}c d\n");
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide(text in "(?s).{0,300}", terminal: bool, most in 50..=200_usize) {
            let mut page = Page::new(Style { terminal, width: most, ..Style::default() });
            if terminal {
                page.cut(&text);
                page.row(&text);
            }
            page.wrap(&text);
            page.list("label ", &[text.clone(), text.clone()]);
            for line in page.into_text().split('\n') {
                prop_assert!(line.width() <= most, "{line:?} has {} columns", line.width());
            }
        }
    }
}
