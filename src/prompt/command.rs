//! What a line at the prompt means: a message, or a command that begins with a slash. Pure.

use std::path::PathBuf;

use data_encoding::HEXLOWER_PERMISSIVE;

use crate::protocol::{CloseFrame, MAX_CONTROL_PAYLOAD, close_code_is_sendable};

/// The commands, and what each does.
pub const COMMANDS: &[(&str, &str)] = &[
    ("/ping [TEXT]", "send a ping, show how long its pong takes"),
    ("/close [CODE [REASON]]", "send Close, end"),
    ("/binary HEX", "send a binary message"),
    ("/file PATH", "send a file as one message"),
    ("/quit", "end when all lines before are sent"),
    ("//TEXT", "send /TEXT"),
];

/// The columns of the commands in `/help`.
const COMMAND: usize = 24;

/// A terminal of fewer columns has no room for a table.
const NARROW: usize = 60;

/// The lines of `/help`, each with the columns that its continuation leaves free.
pub(super) fn help(columns: usize) -> impl Iterator<Item = (String, usize)> {
    let rows = COMMANDS.iter().map(move |(command, meaning)| {
        if columns < NARROW {
            (format!("{command}: {meaning}"), 4)
        } else {
            (format!("{command:<COMMAND$}{meaning}"), 2 + COMMAND)
        }
    });
    rows.chain([("Ctrl-D waits for missing replies, then ends".to_owned(), 2)])
}

/// The meaning of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Message(String),
    Help,
    Ping(Vec<u8>),
    /// The Close to send, or the usual one.
    Close(Option<CloseFrame>),
    Binary(Vec<u8>),
    File(PathBuf),
}

impl Command {
    /// Reads a line.
    ///
    /// # Errors
    /// The command is not known or malformed: what to type instead.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let Some(command) = line.strip_prefix('/') else { return Ok(Self::Message(line.to_owned())) };
        if command.starts_with('/') {
            return Ok(Self::Message(command.to_owned()));
        }
        let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let rest = rest.trim();
        match name {
            "help" | "?" => Ok(Self::Help),
            "quit" | "exit" | "q" => Ok(Self::Close(None)),
            "ping" if rest.len() > MAX_CONTROL_PAYLOAD => {
                Err(format!("a ping carries at most {MAX_CONTROL_PAYLOAD} bytes"))
            }
            "ping" => Ok(Self::Ping(rest.as_bytes().to_vec())),
            "close" => close(rest).map(Self::Close),
            "binary" => binary(rest).map(Self::Binary),
            "file" if rest.is_empty() => Err("name a file: /file picture.png".to_owned()),
            "file" => Ok(Self::File(unquoted(rest).into())),
            _ => Err(format!("/{name} is no command; /help lists them, and //{command} sends /{command}")),
        }
    }
}

/// A path without the quotes that a shell or a desktop puts around it.
fn unquoted(path: &str) -> &str {
    let inside = |quote| path.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inside('\'').or_else(|| inside('"')).filter(|path| !path.is_empty()).unwrap_or(path)
}

/// `CODE REASON`, both of which may be missing.
fn close(text: &str) -> Result<Option<CloseFrame>, String> {
    let (code, reason) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let reason = reason.trim();
    match code.parse() {
        _ if code.is_empty() => Ok(None),
        Ok(code) if close_code_is_sendable(code) && reason.len() <= MAX_CONTROL_PAYLOAD - 2 => {
            Ok(Some(CloseFrame { code, reason: reason.to_owned() }))
        }
        Ok(code) if close_code_is_sendable(code) => {
            Err(format!("a reason has at most {} bytes", MAX_CONTROL_PAYLOAD - 2))
        }
        _ => Err(format!("{code} is no close code that may be sent; 1000 and 3000 to 4999 are")),
    }
}

fn binary(text: &str) -> Result<Vec<u8>, String> {
    let digits: String = text.split_whitespace().collect();
    HEXLOWER_PERMISSIVE
        .decode(digits.as_bytes())
        .map_err(|_| "write pairs of hexadecimal digits: /binary 00 ff 1a".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> String {
        Command::parse(line).unwrap_err()
    }

    #[test]
    fn a_line_without_a_slash_is_a_message() {
        for line in ["", "hi", " /quit", "a/b"] {
            assert_eq!(Command::parse(line), Ok(Command::Message(line.to_owned())));
        }
        assert_eq!(Command::parse("//quit"), Ok(Command::Message("/quit".to_owned())));
        assert_eq!(Command::parse("///"), Ok(Command::Message("//".to_owned())));
    }

    #[test]
    fn commands_and_their_arguments() {
        let close = |code, reason: &str| Command::Close(Some(CloseFrame { code, reason: reason.to_owned() }));
        for (line, command) in [
            ("/help", Command::Help),
            ("/quit", Command::Close(None)),
            ("/close", Command::Close(None)),
            ("/close 4001", close(4001, "")),
            ("/close 1000 good bye ", close(1000, "good bye")),
            ("/ping", Command::Ping(Vec::new())),
            ("/ping a b", Command::Ping(b"a b".to_vec())),
            ("/binary 00fF 1a", Command::Binary(vec![0, 255, 26])),
            ("/binary", Command::Binary(Vec::new())),
            ("/file  a b.txt ", Command::File("a b.txt".into())),
            ("/file 'a b.txt'", Command::File("a b.txt".into())),
            ("/file \"it's\"", Command::File("it's".into())),
            ("/file '", Command::File("'".into())),
        ] {
            assert_eq!(Command::parse(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn mistakes_are_answered_with_what_works() {
        assert_eq!(
            refused("/me waves"),
            "/me is no command; /help lists them, and //me waves sends /me waves"
        );
        assert_eq!(
            refused("/close 1005"),
            "1005 is no close code that may be sent; 1000 and 3000 to 4999 are"
        );
        assert_eq!(refused("/close x"), "x is no close code that may be sent; 1000 and 3000 to 4999 are");
        assert_eq!(refused(&format!("/close 1000 {}", "x".repeat(124))), "a reason has at most 123 bytes");
        assert_eq!(refused(&format!("/ping {}", "x".repeat(126))), "a ping carries at most 125 bytes");
        assert_eq!(refused("/binary 0"), "write pairs of hexadecimal digits: /binary 00 ff 1a");
        assert_eq!(refused("/file"), "name a file: /file picture.png");
    }
}
