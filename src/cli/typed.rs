//! The URL and the messages: they are typed as arguments or as options, and the order between them counts.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

use super::values::Raw;

/// A message as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedMessage {
    /// What was typed.
    pub bytes: Vec<u8>,
    /// How it is read.
    pub form: MessageForm,
}

/// How a message that was typed is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageForm {
    /// The message itself: `MESSAGE`, `--data-raw`.
    Text,
    /// `@FILE` is the content of a file: `-d`.
    TextOrFile,
    /// The same, and the message has to be JSON: `--json`.
    Json,
}

/// The messages that options give.
#[derive(Debug, Args)]
struct DataOptions {
    /// Send this message; @FILE sends the content of a file, @- that of standard input
    #[arg(short, long, value_name = "TEXT|@FILE", alias = "data-binary", allow_hyphen_values = true, value_parser = Raw)]
    data: Vec<Vec<u8>>,

    /// Send this message, also when it begins with @
    #[arg(long, hide = true, value_name = "TEXT", alias = "execute", allow_hyphen_values = true, value_parser = Raw)]
    data_raw: Vec<Vec<u8>>,

    /// Like -d, for a message that has to be JSON
    #[arg(long, value_name = "TEXT|@FILE", allow_hyphen_values = true, value_parser = Raw)]
    json: Vec<Vec<u8>>,
}

/// The messages that options give, in the order in which they were typed.
#[derive(Debug)]
pub struct DataArgs {
    /// The messages.
    pub typed: Vec<TypedMessage>,
}

impl Args for DataArgs {
    fn augment_args(command: Command) -> Command {
        DataOptions::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        DataOptions::augment_args_for_update(command)
    }
}

impl FromArgMatches for DataArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut typed = data_options(matches);
        typed.sort_by_key(|(index, _)| *index);
        Ok(Self { typed: typed.into_iter().map(|(_, message)| message).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Each message with its place in the command line.
fn data_options(matches: &ArgMatches) -> Vec<(usize, TypedMessage)> {
    [("data", MessageForm::TextOrFile), ("data_raw", MessageForm::Text), ("json", MessageForm::Json)]
        .into_iter()
        .flat_map(|(id, form)| messages(matches, id, form))
        .collect()
}

fn messages(matches: &ArgMatches, id: &str, form: MessageForm) -> Vec<(usize, TypedMessage)> {
    let indices = matches.indices_of(id).into_iter().flatten();
    let values = matches.get_many::<Vec<u8>>(id).into_iter().flatten();
    indices.zip(values).map(|(index, bytes)| (index, TypedMessage { bytes: bytes.clone(), form })).collect()
}

/// One URL.
#[derive(Debug, Args)]
struct UrlOptions {
    /// ws:// or wss:// URL
    #[arg(value_name = "URL", required_unless_present = "url_option")]
    url: Option<OsString>,

    /// The URL, which otherwise is the first argument
    #[arg(long = "url", hide = true, value_name = "URL", action = clap::ArgAction::Set)]
    url_option: Option<String>,
}

/// One URL, as an argument or as the value of `--url`.
#[derive(Debug)]
pub struct UrlArgs {
    /// The URL.
    pub url: String,
}

impl Args for UrlArgs {
    fn augment_args(command: Command) -> Command {
        UrlOptions::augment_args(command).mut_arg("url", |arg| arg.conflicts_with("url_option"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for UrlArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let url = match UrlOptions::from_arg_matches(matches)? {
            UrlOptions { url_option: Some(url), .. } => url,
            UrlOptions { url, .. } => utf8(url.unwrap_or_default())?,
        };
        Ok(Self { url })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn utf8(url: OsString) -> Result<String, Error> {
    url.into_string().map_err(|_| Error::raw(ErrorKind::InvalidUtf8, "the URL is not UTF-8\n"))
}

/// What `send` takes beside its URL.
#[derive(Debug, Args)]
struct MessageOptions {
    #[command(flatten)]
    url: UrlOptions,

    /// Messages to send; without any (and without -d), they are read from standard input
    #[arg(value_name = "MESSAGE", value_parser = Raw)]
    messages: Vec<Vec<u8>>,

    #[command(flatten)]
    data: DataOptions,
}

/// The URL and the messages of `send`. With `--url`, every argument is a message.
#[derive(Debug)]
pub struct SendTargetArgs {
    /// The URL.
    pub url: String,
    /// The messages, in the order in which they were typed. None: they come from standard input.
    pub messages: Vec<TypedMessage>,
}

impl Args for SendTargetArgs {
    fn augment_args(command: Command) -> Command {
        MessageOptions::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        MessageOptions::augment_args_for_update(command)
    }
}

impl FromArgMatches for SendTargetArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let first = matches.get_one::<OsString>("url");
        let mut messages = messages(matches, "messages", MessageForm::Text);
        messages.extend(data_options(matches));
        let url = if let Some(url) = matches.get_one::<String>("url_option") {
            if let (Some(text), Some(index)) = (first, matches.index_of("url")) {
                let bytes = text.as_encoded_bytes().to_vec();
                messages.push((index, TypedMessage { bytes, form: MessageForm::Text }));
            }
            url.clone()
        } else {
            utf8(first.cloned().unwrap_or_default())?
        };
        messages.sort_by_key(|(index, _)| *index);
        Ok(Self { url, messages: messages.into_iter().map(|(_, message)| message).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
