//! Options and subcommands of other tools that wsurl does not have, with what to type instead. Tables only, one a tool; where
//! an option of another tool works here, it has no row.

mod curl;
mod habit;
mod others;
mod subcommands;
mod websocat;

use self::habit::Habit;

/// The tools and their tables, in the order in which they are named.
const TOOLS: [(&str, &[&[Habit]]); 4] = [
    ("curl", &[curl::HABITS, curl::OTHER_PROTOCOLS]),
    ("websocat", &[websocat::HABITS]),
    ("wscat", &[others::WSCAT]),
    ("httpie", &[others::HTTPIE]),
];

/// What to type instead of `option`, for each tool that has it. Nothing if no tool does.
pub(super) fn words(option: &str) -> Option<String> {
    let said: Vec<_> = TOOLS
        .iter()
        .flat_map(|(tool, tables)| {
            let rows = tables.iter().flat_map(|table| table.iter());
            rows.filter(|row| row.names.contains(&option))
                .map(move |row| format!("{tool}'s {option}: {}", row.words))
        })
        .collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// What to type instead of `word`, where a subcommand is expected; `URL` and the like stand for what is the user's own.
pub(super) fn of_subcommand(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    subcommands::SUBCOMMANDS.iter().find(|row| row.names.contains(&&*word)).map(|row| row.words)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn an_option_stands_once_in_the_tables_of_a_tool() {
        for (tool, tables) in TOOLS {
            let mut names: Vec<_> =
                tables.iter().flat_map(|table| table.iter()).flat_map(|row| row.names).collect();
            names.sort_unstable();
            let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
            assert_eq!(twice, None, "{tool}");
        }
    }

    #[test]
    fn a_word_for_a_subcommand_stands_once_and_is_answered_with_commands_that_can_be_typed() {
        let mut names: Vec<_> = subcommands::SUBCOMMANDS.iter().flat_map(|row| row.names).collect();
        names.sort_unstable();
        assert_eq!(names.windows(2).find(|pair| pair[0] == pair[1]), None);
        let value = |word| match word {
            "URL" => "ws://h/",
            "DURATION" => "1s",
            "N" => "2",
            word => word,
        };
        for row in subcommands::SUBCOMMANDS {
            let mut commands = row.words.split('`').skip(1).step_by(2).peekable();
            assert!(commands.peek().is_some(), "{}", row.words);
            for command in commands {
                let words = command.trim_end_matches(" </dev/null").split(' ').map(value).map(OsString::from);
                assert!(crate::cli::parse(words).is_ok(), "{command}");
            }
        }
    }

    #[test]
    fn a_letter_of_several_tools_is_answered_for_each() {
        let said = words("-n").unwrap();
        assert_eq!(said.matches("'s -n: ").count(), 3, "{said}");
        assert_eq!(words("--frobnicate"), None);
    }
}
