//! The style of a report, and the characters that it may use.

use std::ops::RangeInclusive;

use super::sanitize;

/// The style of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Bars and units in ASCII. Text from elsewhere stays unchanged.
    pub ascii: bool,
    /// `-v`: the evidence, too.
    pub verbose: bool,
    /// For a terminal: control characters are escaped.
    pub terminal: bool,
    /// Columns of a line for people, at least 50.
    pub width: usize,
}

/// The width of a line where there is no terminal, or one that does not tell its width.
const WIDTH: usize = 80;

/// The widths at which a report can be read.
const WIDTHS: RangeInclusive<usize> = 50..=200;

impl Default for Style {
    fn default() -> Self {
        Self { ascii: false, verbose: false, terminal: false, width: WIDTH }
    }
}

impl Style {
    /// For a terminal that has so many columns.
    #[must_use]
    pub fn on_terminal(self, columns: Option<u16>) -> Self {
        let width =
            columns.map_or(WIDTH, |columns| usize::from(columns).clamp(*WIDTHS.start(), *WIDTHS.end()));
        Self { terminal: true, width, ..self }
    }

    /// The same for a file.
    #[must_use]
    pub fn in_file(self) -> Self {
        Self { terminal: false, width: WIDTH, ..self }
    }

    /// A text without colours as it is shown: a terminal obeys nothing in it.
    pub(super) fn shown(self, text: String) -> String {
        if self.terminal { sanitize::text(&text) } else { text }
    }
}

/// Whether reports keep to ASCII: without colours (`--color never`) on a dumb terminal, or where the locale is not
/// UTF-8. `variable` looks into the environment; a locale that nobody has set says nothing.
pub fn wants_ascii(colors_never: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    if colors_never || variable("TERM").is_some_and(|term| term == "dumb") {
        return true;
    }
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        !locale.contains("utf-8") && !locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_is_for_dumb_terminals_and_other_locales() {
        let decide = |never, environment: &[(&str, &str)]| {
            wants_ascii(never, |name| {
                environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(!decide(false, &[]));
        assert!(decide(true, &[("LANG", "de_DE.UTF-8")]));
        assert!(decide(false, &[("TERM", "dumb"), ("LANG", "C.UTF-8")]));
        assert!(!decide(false, &[("TERM", "xterm"), ("LANG", "C.utf8")]));
        assert!(decide(false, &[("LANG", "C")]));
        assert!(decide(false, &[("LANG", "de_DE.ISO-8859-1")]));
        // The first that is not empty counts.
        assert!(decide(false, &[("LC_ALL", ""), ("LC_CTYPE", "POSIX"), ("LANG", "en_US.UTF-8")]));
        assert!(!decide(false, &[("LC_ALL", "en_US.UTF-8"), ("LC_CTYPE", "POSIX")]));
    }
}
