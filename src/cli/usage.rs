//! Parses the arguments, and reports errors in them as all other errors are reported.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Cli, Command, habits, help, hints, pasted};
use crate::error::{Failure, Status};
use crate::secret::{REDACTED, Suspicion, shown_subprotocol, shown_text};

/// What the arguments ask for.
#[derive(Debug)]
pub enum Parsed {
    /// To run a command.
    Run(Cli),
    /// To print this text: the help, or the version.
    Print(clap::builder::StyledStr),
}

/// Parses the arguments of the process.
///
/// # Errors
/// [`Status::Usage`], with the value that is refused and one that would work.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Parsed, Failure> {
    let args = pasted::from_browser(words(args.into_iter().collect())?);
    let typed: Vec<_> = args.iter().skip(1).map(|arg| arg.to_string_lossy()).collect();
    match Cli::try_parse_from(&args) {
        Ok(mut cli) => {
            if let Some(command) = &mut cli.command {
                take_url_options(command);
                refuse_taken_url(command)?;
                refuse_misplaced(command, &typed)?;
            }
            Ok(Parsed::Run(cli))
        }
        Err(err) => match err.kind() {
            ErrorKind::DisplayHelp if typed.iter().any(|arg| arg == "--help") => {
                Ok(Parsed::Print(help::long(&typed)))
            }
            ErrorKind::DisplayHelp => Ok(Parsed::Print(help::short(&typed))),
            ErrorKind::DisplayVersion => Ok(Parsed::Print(err.render())),
            ErrorKind::InvalidValue | ErrorKind::UnknownArgument => {
                Err(negative(&args, &typed).unwrap_or_else(|| failure(&err, &typed)))
            }
            _ => Err(failure(&err, &typed)),
        },
    }
}

/// The failure of a negative number after an option that takes a value: clap takes it for an option, and so for no value.
fn negative(args: &[OsString], typed: &[Cow<'_, str>]) -> Option<Failure> {
    let is_negative = |text: &str| {
        let digits = text.strip_prefix('-').unwrap_or_default();
        digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
    };
    let at = typed.windows(2).position(|pair| pair[0].starts_with('-') && is_negative(&pair[1]))?;
    let joined = OsString::from(format!("{}={}", typed[at], typed[at + 1]));
    // The name of the program stands before what was typed.
    let (before, after) = (&args[..=at], args.get(at + 3..).unwrap_or_default());
    let args = before.iter().chain([&joined]).chain(after);
    let err = Cli::try_parse_from(args).err().filter(|err| err.kind() == ErrorKind::ValueValidation)?;
    Some(failure(&err, typed))
}

/// Refuses a URL as the value of `-u` and `-U`, which take none of other tools.
fn refuse_taken_url(command: &Command) -> Result<(), Failure> {
    let conversation = match command {
        Command::Send(args) => &args.conversation,
        Command::Stream(args) => &args.conversation,
        Command::EchoTest(args) => &args.conversation,
        Command::Probe(args) => &args.conversation,
    };
    let users = [("-u", &conversation.credentials.user), ("-U", &conversation.proxy.proxy_user)];
    let is_url = |text: &str| text.starts_with("ws://") || text.starts_with("wss://");
    match users.into_iter().find(|(_, user)| user.as_ref().is_some_and(|user| is_url(user.expose()))) {
        None => Ok(()),
        Some((option, _)) => {
            Err(Failure::new(Status::Usage, format!("{option} takes NAME[:PASSWORD], and has taken a URL"))
                .hint(habits::words(option).unwrap_or_default()))
        }
    }
}

/// `wsurl help`, `wsurl help SUBCOMMAND` and `wsurl version`, as options.
fn words(args: Vec<OsString>) -> Result<Vec<OsString>, Failure> {
    let given: Vec<_> = args.iter().skip(1).map(|arg| arg.to_str().unwrap_or_default()).collect();
    let words: &[&str] = match given.as_slice() {
        ["help"] => &["--help"],
        ["help", subcommand] => &[subcommand, "--help"],
        ["version"] => &["--version"],
        ["help" | "version", ..] => {
            return Err(Failure::new(Status::Usage, format!("`wsurl {}` has too many arguments", given[0]))
                .hint("write `wsurl help`, `wsurl help send` or `wsurl version`"));
        }
        _ => return Ok(args),
    };
    Ok(args.iter().take(1).cloned().chain(words.iter().map(Into::into)).collect())
}

/// Makes URLs of `--url` those that are typed without it.
fn take_url_options(command: &mut Command) {
    match command {
        Command::Probe(args) => args.urls.append(&mut args.url_options),
        Command::EchoTest(args) if args.url.is_none() => args.url = args.url_option.take(),
        Command::Send(_) | Command::Stream(_) | Command::EchoTest(_) => {}
    }
}

/// Refuses an argument that stands where the URL goes because the flag before it takes no value here.
fn refuse_misplaced(command: &Command, typed: &[Cow<'_, str>]) -> Result<(), Failure> {
    let url = match command {
        Command::Send(args) => Some(args.target.url.as_str()),
        Command::Stream(args) => Some(args.target.url.as_str()),
        Command::EchoTest(args) => args.url.as_deref(),
        Command::Probe(args) => args.urls.first().map(String::as_str),
    };
    match url.and_then(|url| hints::misplaced(url, typed)) {
        None => Ok(()),
        Some((text, hint)) => Err(Failure::new(Status::Usage, text).hint(hint)),
    }
}

/// clap's error as a failure. `typed` are the arguments, which may hold credentials.
fn failure(err: &clap::Error, typed: &[Cow<'_, str>]) -> Failure {
    if err.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::new(Status::Usage, "a subcommand is missing: send, stream, echo-test or probe")
            .hint("wsurl --help lists them; try `wsurl echo-test` first");
    }
    let redacted = |text: &str| redacted(text, err, typed);
    let text = redacted(&err.render().to_string());
    let mut paragraphs = text.trim().split("\n\n");
    let first = paragraphs.next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(first);
    let message: Vec<_> = message.lines().map(str::trim).collect();
    let tips: Vec<_> = paragraphs
        .flat_map(str::lines)
        .filter_map(|line| line.trim().strip_prefix("tip: "))
        .map(str::to_owned)
        .collect();
    let hint = hints::hint(err, typed).map_or_else(|| tips.join("; "), |hint| redacted(&hint));
    let failure = Failure::new(Status::Usage, message.join(" "));
    if hint.is_empty() && err.kind() == ErrorKind::ValueValidation {
        // The message itself shows a value that is accepted.
        return failure;
    }
    failure.hint(if hint.is_empty() { where_to_look(err.kind(), typed) } else { hint })
}

/// Where it says what can be typed.
fn where_to_look(kind: ErrorKind, typed: &[Cow<'_, str>]) -> String {
    const SUBCOMMANDS: [&str; 4] = ["send", "stream", "echo-test", "probe"];
    match typed.first().filter(|name| SUBCOMMANDS.contains(&name.as_ref())) {
        _ if kind == ErrorKind::InvalidSubcommand => {
            "the subcommands are send, stream, echo-test and probe; wsurl --help says what they do".to_owned()
        }
        Some(name) => format!("wsurl {name} --help shows all options"),
        None => "wsurl --help, wsurl send --help and so on show all options".to_owned(),
    }
}

/// `text` with the arguments that it quotes redacted, as far as they may be credentials.
fn redacted(text: &str, err: &clap::Error, typed: &[Cow<'_, str>]) -> String {
    // The value of an option is only what the option says. A misplaced argument may be anything.
    let suspicion = match err.kind() {
        ErrorKind::ValueValidation | ErrorKind::InvalidValue => Suspicion::Low,
        _ => Suspicion::High,
    };
    let mut text = shown_text(text, typed.iter().map(AsRef::as_ref), suspicion);
    for pair in typed.windows(2) {
        // The quotes around a header field were forgotten: -H Authorization: Bearer TOKEN.
        if ["bearer", "basic"].contains(&&*pair[0].to_ascii_lowercase()) {
            text = text.replace(&format!("'{}'", pair[1]), &format!("'{REDACTED}'"));
        }
    }
    match (err.get(ContextKind::InvalidArg), err.get(ContextKind::InvalidValue)) {
        (Some(ContextValue::String(option)), Some(ContextValue::String(value)))
            if option.starts_with("--subprotocol") =>
        {
            text.replace(&format!("'{value}'"), &format!("'{}'", shown_subprotocol(value)))
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(args: &[&str]) -> String {
        let args = ["wsurl"].iter().chain(args).map(Into::into);
        let failure = parse(args).unwrap_err();
        assert_eq!(failure.status(), Status::Usage);
        format!("{failure} / {}", failure.advice().unwrap_or_default())
    }

    #[test]
    fn a_refused_value_is_quoted_and_one_that_works_is_shown() {
        let said = refused(&["send", "ws://h", "--connect-timeout", "soon"]);
        assert!(
            said.starts_with(
                "invalid value 'soon' for '--connect-timeout <DURATION>': not a duration; write 500ms"
            ),
            "{said}"
        );
        let said = refused(&["send", "ws://h", "--framing", "xml"]);
        assert!(said.contains("'xml'") && said.contains("lines, nul, whole, json, base64, hex"), "{said}");
    }

    #[test]
    fn letters_with_many_meanings_are_explained() {
        let said = refused(&["send", "-n", "ws://h"]);
        assert!(
            said.contains("curl's -n: write --netrc; websocat's -n: write --wait DURATION or -f"),
            "{said}"
        );
        let said = refused(&["stream", "-E", "ws://h"]);
        assert!(
            said.contains("curl's -E: write --cert FILE") && said.contains("websocat's -E: needs no flag"),
            "{said}"
        );
    }

    #[test]
    fn a_header_never_takes_the_next_argument() {
        for args in [["send", "-H", "A: b", "ws://h"], ["send", "ws://h", "-H", "A: b"]] {
            let args = ["wsurl"].iter().chain(&args).map(Into::into);
            let Ok(Parsed::Run(cli)) = parse(args) else { panic!() };
            let Some(Command::Send(send)) = cli.command else { panic!() };
            assert_eq!((send.target.url.as_str(), send.conversation.request.headers.len()), ("ws://h", 1));
        }
    }

    #[test]
    fn a_url_in_place_of_a_subcommand_is_understood() {
        assert!(refused(&["ws://h/", "hi"]).ends_with("did you mean `wsurl send ws://h/` ?"));
    }

    #[test]
    fn help_and_version_are_words_too() {
        let printed = |args: &[&str]| match parse(["wsurl"].iter().chain(args).map(Into::into)) {
            Ok(Parsed::Print(text)) => text.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(printed(&["help"]), printed(&["--help"]));
        assert_eq!(printed(&["help", "send"]), printed(&["send", "--help"]));
        assert_eq!(printed(&["version"]), printed(&["--version"]));
        assert!(refused(&["help", "send", "probe"]).contains("`wsurl help` has too many arguments"));
        assert!(refused(&["help", "sned"]).contains("sned"));
    }

    #[test]
    fn a_flag_that_takes_no_value_here_is_explained_without_the_value() {
        let said = refused(&["send", "-b", "sid=hunter2", "ws://h", "hi"]);
        assert!(said.contains("what follows '-b'") && said.contains("--cookie"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
        let said = refused(&["send", "-s", "chat", "ws://h"]);
        assert!(said.contains("wscat's -s: write --subprotocol NAME"), "{said}");
        assert!(
            refused(&["send", "curl", "ws://h"]).contains("'curl' stands where the URL goes / leave it out")
        );
    }

    #[test]
    fn nothing_at_all_is_answered_with_the_subcommands() {
        assert!(refused(&[]).contains("wsurl echo-test"));
    }
}
