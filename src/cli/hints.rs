//! Advice about arguments that clap refuses: an option of another subcommand or of another tool, a name that is spelt almost
//! right, an argument in the wrong place.

use std::borrow::Cow;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{command, habits};
use crate::secret::shown_url;

/// What to try, better than clap's own tips. `None`: those are good, or there is nothing to say.
pub(super) fn hint(err: &clap::Error, typed: &[Cow<'_, str>]) -> Option<String> {
    let text = |kind| match err.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    match (err.kind(), text(ContextKind::InvalidArg), text(ContextKind::InvalidSubcommand)) {
        (ErrorKind::InvalidSubcommand, _, Some(word)) => about_subcommand(word),
        (ErrorKind::UnknownArgument, Some(option), _) if option.starts_with('-') => {
            Some(about_option(option, typed))
        }
        (ErrorKind::UnknownArgument, Some(_), _) => about_text(typed.first()?),
        (ErrorKind::ValueValidation, Some(option), _) if option.starts_with("--request") => {
            Some("messages are sent with `wsurl send URL MESSAGE`".to_owned())
        }
        (ErrorKind::MissingRequiredArgument, ..) => about_missing_url(typed).or_else(|| example(err, typed)),
        _ => None,
    }
}

/// Tools whose commands are pasted.
const TOOLS: [&str; 3] = ["curl", "websocat", "wscat"];

/// A word that is no subcommand: it may be what another tool calls one, or the URL, with or without a scheme.
fn about_subcommand(word: &str) -> Option<String> {
    if TOOLS.contains(&word) {
        return Some(format!("write wsurl send in place of the word {word}"));
    }
    if let Some(words) = habits::of_subcommand(word) {
        return Some(words.to_owned());
    }
    let url = match word.split_once("://") {
        _ if word.contains(char::is_whitespace) => return None,
        Some(("http", rest)) => format!("ws://{rest}"),
        Some(("https", rest)) => format!("wss://{rest}"),
        Some(_) => word.to_owned(),
        None if word.contains(['.', ':', '/']) && !word.starts_with(['.', '/']) => format!("ws://{word}"),
        None => return None,
    };
    Some(format!("did you mean `wsurl send {}` ?", shown_url(&url)))
}

/// A text after the URL of a subcommand that takes none.
fn about_text(subcommand: &str) -> Option<String> {
    let instead = match subcommand {
        "stream" => "stream sends standard input, or the file of -T FILE",
        "echo-test" => "echo-test makes its own messages (--size, --payload)",
        _ => return None,
    };
    Some(format!("write `wsurl send URL MESSAGE` to send a message; {instead}"))
}

/// How a subcommand is called, when its URL is missing.
fn example(err: &clap::Error, typed: &[Cow<'_, str>]) -> Option<String> {
    let Some(ContextValue::Strings(missing)) = err.get(ContextKind::InvalidArg) else { return None };
    let rest = match typed.first()?.as_ref() {
        "send" => " 'hello'",
        "stream" | "probe" => "",
        _ => return None,
    };
    let has_url = missing.iter().any(|argument| argument.starts_with("<URL>"));
    has_url.then(|| format!("write it, as in `wsurl {} wss://example.com/chat{rest}`", typed[0]))
}

fn about_option(option: &str, typed: &[Cow<'_, str>]) -> String {
    let mut root = command();
    root.build();
    let subcommand = typed.first().and_then(|name| root.find_subcommand(name.as_ref()));
    let said: Vec<_> =
        [of_subcommands(option, &root, subcommand), habits::words(option)].into_iter().flatten().collect();
    if !said.is_empty() {
        return said.join("; ");
    }
    let similar = similar(option, subcommand.unwrap_or(&root));
    let name = subcommand.map_or("wsurl".to_owned(), |subcommand| format!("wsurl {}", subcommand.get_name()));
    match similar.as_slice() {
        [] if name == "wsurl send" => {
            format!("to send it as a message, write it after --; {name} --help shows all options")
        }
        [] => format!("{name} --help shows all options"),
        names => format!("did you mean {} ?", names.join(" or ")),
    }
}

/// The subcommands that have `option`, when the one that was typed lacks it.
fn of_subcommands(option: &str, root: &Command, typed: Option<&Command>) -> Option<String> {
    if ["-V", "--version"].contains(&option) {
        return Some("write `wsurl --version`".to_owned());
    }
    let names: Vec<_> = root
        .get_subcommands()
        .filter(|subcommand| has(subcommand, option))
        .map(|subcommand| format!("`wsurl {}`", subcommand.get_name()))
        .collect();
    let (last, others) = names.split_last()?;
    if typed.is_none() {
        return Some(format!("write {option} after the subcommand, such as {}", names[0]));
    }
    let names = if others.is_empty() { last.clone() } else { format!("{} and {last}", others.join(", ")) };
    Some(format!("{option} is an option of {names}"))
}

fn has(command: &Command, option: &str) -> bool {
    let (long, short) = match option.strip_prefix("--") {
        Some(long) => (Some(long), None),
        None => (None, option.chars().nth(1)),
    };
    command.get_arguments().any(|arg| {
        let longs = arg.get_long().into_iter().chain(arg.get_all_aliases().into_iter().flatten());
        long.is_some_and(|long| longs.into_iter().any(|name| name == long))
            || short.is_some_and(|short| arg.get_short() == Some(short))
    })
}

/// The options whose names are almost `option`: a letter or two differ, or they begin with it.
fn similar(option: &str, command: &Command) -> Vec<String> {
    let Some(typed) = option.strip_prefix("--").filter(|name| name.len() >= 3) else { return Vec::new() };
    let names: Vec<_> = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set())
        .flat_map(|arg| arg.get_long().into_iter().chain(arg.get_all_aliases().into_iter().flatten()))
        .collect();
    let mut near: Vec<_> = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(typed, name), *name))
        .filter(|(distance, _)| *distance <= 2 && *distance * 4 <= typed.len())
        .collect();
    near.sort_unstable();
    if let Some((_, name)) = near.first() {
        return vec![format!("--{name}")];
    }
    let longer: Vec<_> =
        names.iter().filter(|name| name.starts_with(typed)).map(|name| format!("--{name}")).collect();
    if longer.len() <= 3 { longer } else { Vec::new() }
}

/// The URL is missing, because an option has taken it as its value.
fn about_missing_url(typed: &[Cow<'_, str>]) -> Option<String> {
    let is_url = |text: &str| text.starts_with("ws://") || text.starts_with("wss://");
    let pair = typed.windows(2).find(|pair| pair[0].starts_with('-') && is_url(&pair[1]))?;
    let taken = format!("{} takes a value, and has taken the URL", pair[0]);
    Some(match habits::words(&pair[0]) {
        Some(words) => format!("{taken}; {words}"),
        None => taken,
    })
}

/// An argument where the URL goes, although a URL follows: it was meant as the value of the flag before it. Returns what is
/// wrong, and what to type instead.
pub(super) fn misplaced(url: &str, typed: &[Cow<'_, str>]) -> Option<(String, String)> {
    let at = typed.iter().position(|arg| arg == url).filter(|_| !url.contains("://"))?;
    typed[at..].iter().find(|arg| arg.starts_with("ws://") || arg.starts_with("wss://"))?;
    let advice = match url {
        "-" => Some("leave it out: without a message, standard input is read"),
        _ if TOOLS.contains(&url) => Some("leave it out"),
        _ => None,
    };
    if let Some(advice) = advice {
        return Some((format!("'{url}' stands where the URL goes"), advice.to_owned()));
    }
    let before = typed.get(at.checked_sub(1)?)?;
    let words = Some(before).filter(|flag| flag.starts_with('-')).and_then(|flag| habits::words(flag))?;
    // The argument itself is not shown: it may be a secret.
    let text =
        format!("what follows '{before}' stands where the URL goes, because it is no value of '{before}'");
    Some((text, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(args: &[&str]) -> String {
        let typed: Vec<_> = args.iter().map(|arg| Cow::Borrowed(*arg)).collect();
        let err = command().try_get_matches_from(["wsurl"].iter().chain(args)).unwrap_err();
        hint(&err, &typed).unwrap_or_default()
    }

    #[test]
    fn an_option_of_another_subcommand_names_it() {
        assert_eq!(about(&["probe", "ws://h", "--lockstep"]), "--lockstep is an option of `wsurl send`");
        assert_eq!(
            about(&["probe", "ws://h", "--follow"]),
            "--follow is an option of `wsurl send` and `wsurl stream`; curl's --follow: write -L; --follow of wsurl send \
             goes on until the server closes; httpie's --follow: write -L"
        );
        assert_eq!(about(&["-v", "send", "ws://h"]), "write -v after the subcommand, such as `wsurl send`");
    }

    #[test]
    fn a_missing_or_misplaced_url_is_shown_where_it_goes() {
        assert_eq!(about(&["send"]), "write it, as in `wsurl send wss://example.com/chat 'hello'`");
        assert_eq!(about(&["probe", "-v"]), "write it, as in `wsurl probe wss://example.com/chat`");
        for (typed, meant) in [
            ("ws://h/", "ws://h/"),
            ("https://h/", "wss://h/"),
            ("localhost:9001", "ws://localhost:9001"),
            ("example.com/chat", "ws://example.com/chat"),
        ] {
            assert_eq!(about(&[typed, "hi"]), format!("did you mean `wsurl send {meant}` ?"));
        }
        assert_eq!(about(&["curl", "ws://h"]), "write wsurl send in place of the word curl");
        for word in ["frobnicate", "./file"] {
            assert_eq!(about(&[word]), "");
        }
    }

    #[test]
    fn names_are_similar_only_when_they_are() {
        for (typed, said) in [
            ("--recieve-timeout", "did you mean --receive-timeout ?"),
            ("--maxtime", "did you mean --max-time ?"),
            ("--expect-regexp", "did you mean --expect-regex ?"),
            ("--subproto", "did you mean --subprotocol ?"),
            (
                "--user-name",
                "to send it as a message, write it after --; wsurl send --help shows all options",
            ),
            ("--lock", "did you mean --lockstep ?"),
        ] {
            assert_eq!(about(&["send", "ws://h", typed]), said, "{typed}");
        }
    }

    #[test]
    fn a_url_that_an_option_has_taken_is_found() {
        let said = about(&["send", "-U", "ws://h"]);
        assert!(said.starts_with("-U takes a value, and has taken the URL; websocat's -U: "), "{said}");
        assert_eq!(about(&["send", "-H", "ws://h"]), "-H takes a value, and has taken the URL");
    }

    #[test]
    fn a_value_where_the_url_goes_is_found() {
        let typed = |args: &'static [&str]| args.iter().map(|arg| Cow::Borrowed(*arg)).collect::<Vec<_>>();
        let said = misplaced("a=1", &typed(&["send", "-b", "a=1", "ws://h"])).unwrap();
        assert_eq!(said.0, "what follows '-b' stands where the URL goes, because it is no value of '-b'");
        assert!(said.1.starts_with("curl's -b: write --cookie"), "{said:?}");
        for (word, advice) in
            [("-", "leave it out: without a message, standard input is read"), ("curl", "leave it out")]
        {
            let said = misplaced(word, &typed(&["send", "-t", "-", "curl", "ws://h"]));
            assert_eq!(said, Some((format!("'{word}' stands where the URL goes"), advice.to_owned())));
        }
        assert_eq!(misplaced("example.com", &typed(&["send", "-b", "example.com"])), None);
        assert_eq!(misplaced("hi", &typed(&["send", "hi", "ws://h"])), None);
    }
}
