//! Parses the arguments, and reports errors in them as all other errors are reported.

use std::borrow::Cow;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;
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
pub fn parse(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Parsed, Failure> {
    let args: Vec<_> = args.into_iter().collect();
    match Cli::try_parse_from(&args) {
        Ok(cli) => Ok(Parsed::Run(cli)),
        Err(err) => match err.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Parsed::Print(err.render())),
            _ => {
                let typed: Vec<_> = args.iter().skip(1).map(|arg| arg.to_string_lossy()).collect();
                Err(failure(&err, &typed))
            }
        },
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
    let hint = unbound(err).map_or_else(|| tips.join("; "), |hint| redacted(&hint));
    let failure = Failure::new(Status::Usage, message.join(" "));
    if hint.is_empty() && err.kind() == ErrorKind::ValueValidation {
        // The message itself shows a value that is accepted.
        return failure;
    }
    failure.hint(if hint.is_empty() {
        "wsurl --help, wsurl send --help and so on show all options".to_owned()
    } else {
        hint
    })
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

/// A better hint than clap's: for a URL without a subcommand, and for short options that mean different things in other
/// programs and are therefore not bound.
fn unbound(err: &clap::Error) -> Option<String> {
    let text = |kind| match err.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let hint = match (err.kind(), text(ContextKind::InvalidArg), text(ContextKind::InvalidSubcommand)) {
        (ErrorKind::InvalidSubcommand, _, Some(url)) if url.contains("://") => {
            return Some(format!("did you mean `wsurl send {url}` ?"));
        }
        (ErrorKind::UnknownArgument, Some("-n"), _) => {
            "-n is not bound: to keep the session open use --wait DURATION or -f; to skip certificate checks -k"
        }
        (ErrorKind::UnknownArgument, Some("-E"), _) => {
            "-E is not bound: wsurl exits when the server closes, without a flag"
        }
        _ => return None,
    };
    Some(hint.to_owned())
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
        assert!(refused(&["send", "-n", "ws://h"]).contains("--wait DURATION"));
        assert!(refused(&["stream", "-E", "ws://h"]).contains("-E is not bound"));
    }

    #[test]
    fn a_header_never_takes_the_next_argument() {
        for args in [["send", "-H", "A: b", "ws://h"], ["send", "ws://h", "-H", "A: b"]] {
            let args = ["wsurl"].iter().chain(&args).map(Into::into);
            let Ok(Parsed::Run(cli)) = parse(args) else { panic!() };
            let Some(super::super::Command::Send(send)) = cli.command else { panic!() };
            assert_eq!((send.url.as_str(), send.conversation.request.headers.len()), ("ws://h", 1));
        }
    }

    #[test]
    fn a_url_in_place_of_a_subcommand_is_understood() {
        assert!(refused(&["ws://h/", "hi"]).ends_with("did you mean `wsurl send ws://h/` ?"));
    }

    #[test]
    fn nothing_at_all_is_answered_with_the_subcommands() {
        assert!(refused(&[]).contains("wsurl echo-test"));
    }
}
