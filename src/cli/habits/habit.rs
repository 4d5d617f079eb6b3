//! A row of the tables.

/// Options of one tool that are answered alike.
pub(super) struct Habit {
    /// The names as they are typed, such as `-i` and `--include`.
    pub(super) names: &'static [&'static str],
    /// What to type instead, or why there is nothing to type.
    pub(super) words: &'static str,
}

/// A row.
pub(super) const fn habit(names: &'static [&'static str], words: &'static str) -> Habit {
    Habit { names, words }
}
