//! The line that is being typed, and what keys do to it. Pure. The cursor moves by what a reader takes for one character.

use unicode_segmentation::UnicodeSegmentation;

/// Text with a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    text: String,
    /// The cursor: an offset in bytes, between two characters.
    cursor: usize,
}

/// What counts as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Letters and digits.
    Alphanumeric,
    /// All but white space.
    Spaced,
}

impl Line {
    /// A line with the cursor at its end.
    pub(super) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The offset of the cursor in bytes.
    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn insert(&mut self, text: &str) {
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
    }

    pub(super) fn left(&mut self) {
        self.cursor = self.before();
    }

    pub(super) fn right(&mut self) {
        self.cursor = self.after();
    }

    pub(super) fn home(&mut self) {
        self.cursor = 0;
    }

    pub(super) fn end(&mut self) {
        self.cursor = self.text.len();
    }

    pub(super) fn word_left(&mut self) {
        self.cursor = self.word_start(Word::Alphanumeric);
    }

    pub(super) fn word_right(&mut self) {
        self.cursor = self.word_end();
    }

    pub(super) fn backspace(&mut self) {
        self.cut(self.before(), self.cursor);
    }

    pub(super) fn delete(&mut self) {
        self.cut(self.cursor, self.after());
    }

    /// Removes and returns what stands before the cursor.
    pub(super) fn cut_to_start(&mut self) -> String {
        self.cut(0, self.cursor)
    }

    /// Removes and returns what stands behind the cursor.
    pub(super) fn cut_to_end(&mut self) -> String {
        self.cut(self.cursor, self.text.len())
    }

    /// Removes and returns the word before the cursor.
    pub(super) fn cut_word_left(&mut self, word: Word) -> String {
        self.cut(self.word_start(word), self.cursor)
    }

    /// Removes and returns the word behind the cursor.
    pub(super) fn cut_word_right(&mut self) -> String {
        self.cut(self.cursor, self.word_end())
    }

    /// Exchanges the characters before and behind the cursor; at the end, the last two.
    pub(super) fn transpose(&mut self) {
        if self.cursor == self.text.len() {
            self.left();
        }
        let (start, end) = (self.before(), self.after());
        if start < self.cursor && self.cursor < end {
            let exchanged = [&self.text[self.cursor..end], &self.text[start..self.cursor]].concat();
            self.text.replace_range(start..end, &exchanged);
        }
        self.cursor = end;
    }

    fn cut(&mut self, start: usize, end: usize) -> String {
        self.cursor = start;
        self.text.drain(start..end).collect()
    }

    /// The offset of the character before the cursor.
    fn before(&self) -> usize {
        self.cursor - self.text[..self.cursor].graphemes(true).next_back().map_or(0, str::len)
    }

    /// The offset behind the character at the cursor.
    fn after(&self) -> usize {
        self.cursor + self.text[self.cursor..].graphemes(true).next().map_or(0, str::len)
    }

    /// The offset of the beginning of the word before the cursor.
    fn word_start(&self, word: Word) -> usize {
        let is_in_word = |c: char| match word {
            Word::Alphanumeric => c.is_alphanumeric(),
            Word::Spaced => !c.is_whitespace(),
        };
        let before = self.text[..self.cursor].trim_end_matches(|c| !is_in_word(c));
        before.trim_end_matches(is_in_word).len()
    }

    /// The offset of the end of the word behind the cursor.
    fn word_end(&self) -> usize {
        let behind = self.text[self.cursor..].trim_start_matches(|c: char| !c.is_alphanumeric());
        let behind = behind.trim_start_matches(char::is_alphanumeric);
        self.text.len() - behind.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line whose cursor is at the bar.
    fn line(shown: &str) -> Line {
        let (before, behind) = shown.split_once('|').unwrap();
        Line { text: format!("{before}{behind}"), cursor: before.len() }
    }

    #[track_caller]
    fn changes(before: &str, change: impl FnOnce(&mut Line), after: &str) {
        let mut it = line(before);
        change(&mut it);
        assert_eq!(it, line(after));
    }

    #[test]
    fn the_cursor_moves_by_whole_characters() {
        // A letter with an accent of its own, a wide character, and a family of four.
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        for character in ["e\u{301}", "\u{6f22}", family] {
            changes(&format!("a{character}|b"), Line::left, &format!("a|{character}b"));
            changes(&format!("a|{character}b"), Line::right, &format!("a{character}|b"));
            changes(&format!("a{character}|b"), Line::backspace, "a|b");
            changes(&format!("a|{character}b"), Line::delete, "a|b");
        }
        changes("|", Line::left, "|");
        changes("|", Line::right, "|");
        changes("|a", Line::backspace, "|a");
        changes("a|", Line::delete, "a|");
        changes("ab|c", Line::home, "|abc");
        changes("a|bc", Line::end, "abc|");
    }

    #[test]
    fn words_are_letters_and_digits_or_what_has_no_space() {
        changes("one two-2|", Line::word_left, "one two-|2");
        changes("one two- |", Line::word_left, "one |two- ");
        changes("|one two", Line::word_right, "one| two");
        changes("one|, two!", Line::word_right, "one, two|!");
        let cut = |it: &mut Line| assert_eq!(it.cut_word_left(Word::Spaced), "two-2 ");
        changes("one two-2 |x", cut, "one |x");
        changes("a |bc d", |it| assert_eq!(it.cut_word_right(), "bc"), "a | d");
    }

    #[test]
    fn text_is_inserted_cut_and_exchanged() {
        changes("a|b", |it| it.insert("\u{e9}x"), "a\u{e9}x|b");
        changes("ab|cd", |it| assert_eq!(it.cut_to_start(), "ab"), "|cd");
        changes("ab|cd", |it| assert_eq!(it.cut_to_end(), "cd"), "ab|");
        changes("a|bc", Line::transpose, "ba|c");
        changes("abc|", Line::transpose, "acb|");
        changes("|ab", Line::transpose, "a|b");
        changes("|", Line::transpose, "|");
    }
}
