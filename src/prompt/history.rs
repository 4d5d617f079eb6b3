//! The lines that were sent before, and the way through them. Pure; the file is in `history_file`.

use std::collections::VecDeque;

/// The most lines that are kept.
pub(super) const MOST: usize = 1000;

/// A longer line is not kept, in bytes.
const LONGEST: usize = 16 * 1024;

/// The lines, the oldest first, and the place in them.
#[derive(Debug, Default)]
pub(super) struct History {
    lines: VecDeque<String>,
    /// The line that is shown; `None` for the one that is being typed.
    shown: Option<usize>,
    /// What was typed before the way through the lines began.
    typed: String,
}

impl History {
    /// Starts with lines from an earlier run.
    pub(super) fn load(&mut self, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            self.push(line);
        }
    }

    /// Keeps a line that was sent. Returns whether it is one to keep: not empty, not too long, not the same as the last one,
    /// and without a space at its beginning.
    pub(super) fn add(&mut self, line: &str) -> bool {
        self.shown = None;
        self.typed.clear();
        let is_kept = !line.is_empty()
            && line.len() <= LONGEST
            && !line.starts_with(' ')
            && self.lines.back().is_none_or(|last| last != line);
        if is_kept {
            self.push(line.to_owned());
        }
        is_kept
    }

    fn push(&mut self, line: String) {
        if self.lines.len() == MOST {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// The line before the one that is shown. `typed` is what stands in the prompt.
    pub(super) fn back(&mut self, typed: &str) -> Option<&str> {
        let next = self.shown.unwrap_or(self.lines.len()).checked_sub(1)?;
        if self.shown.is_none() {
            typed.clone_into(&mut self.typed);
        }
        self.shown = Some(next);
        self.lines.get(next).map(String::as_str)
    }

    /// The line behind the one that is shown; behind the last one, what was typed.
    pub(super) fn forward(&mut self) -> Option<&str> {
        let next = self.shown? + 1;
        self.shown = (next < self.lines.len()).then_some(next);
        Some(self.lines.get(next).unwrap_or(&self.typed))
    }

    /// The number of the newest line that contains `part`, before line number `before`.
    pub(super) fn find(&self, part: &str, before: Option<usize>) -> Option<usize> {
        let end = before.unwrap_or(self.lines.len()).min(self.lines.len());
        self.lines.range(..end).rposition(|line| line.contains(part))
    }

    /// Line number `number`.
    pub(super) fn line(&self, number: usize) -> Option<&str> {
        self.lines.get(number).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(lines: &[&str]) -> History {
        let mut history = History::default();
        for line in lines {
            history.add(line);
        }
        history
    }

    #[test]
    fn the_way_back_and_forward_ends_at_what_was_typed() {
        let mut history = history(&["one", "two"]);
        assert_eq!(history.back("dra"), Some("two"));
        assert_eq!(history.back("two"), Some("one"));
        assert_eq!(history.back("one"), None);
        assert_eq!(history.forward(), Some("two"));
        assert_eq!(history.forward(), Some("dra"));
        assert_eq!(history.forward(), None);
        assert_eq!(history.back("other"), Some("two"));
        assert!(history.add("three"));
        assert_eq!(history.back(""), Some("three"));
    }

    #[test]
    fn only_some_lines_are_kept() {
        let mut history = history(&["one"]);
        for line in ["", "one", " secret", &"x".repeat(LONGEST + 1)] {
            assert!(!history.add(line), "{} bytes", line.len());
        }
        assert_eq!(history.lines, ["one"]);
        for number in 0..MOST + 5 {
            history.add(&number.to_string());
        }
        assert_eq!((history.lines.len(), history.line(0)), (MOST, Some("5")));
    }

    #[test]
    fn the_newest_line_with_a_part_is_found_first() {
        let history = history(&["ab", "b", "abc"]);
        assert_eq!(history.find("ab", None), Some(2));
        assert_eq!(history.find("ab", Some(2)), Some(0));
        assert_eq!(history.find("ab", Some(0)), None);
        assert_eq!(history.find("x", None), None);
    }
}
