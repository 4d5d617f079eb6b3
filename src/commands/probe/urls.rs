//! The URLs of a probe: arguments, or the lines of files and of standard input.

use std::path::PathBuf;

use crate::deadline::Deadline;
use crate::endpoint::Endpoint;
use crate::error::{Failure, Status};
use crate::os::reading::{MAX_SMALL_FILE, read_file, read_whole};
use crate::os::stdio;

/// What stands for URLs in the arguments.
pub(super) enum UrlSource {
    Url(Endpoint),
    File(PathBuf),
    Input,
}

impl UrlSource {
    /// Takes an argument for a URL, `@FILE` or `@-`.
    ///
    /// # Errors
    /// [`Status::InvalidUrl`].
    pub(super) fn parse(argument: &str) -> Result<Self, Failure> {
        match argument.strip_prefix('@') {
            None => Endpoint::parse(argument).map(Self::Url),
            Some("-") => Ok(Self::Input),
            Some(path) => Ok(Self::File(path.into())),
        }
    }

    pub(super) fn is_input(&self) -> bool {
        matches!(self, Self::Input)
    }

    /// The endpoints: one a line, without empty lines and comments, which `#` begins.
    ///
    /// # Errors
    /// [`Status::InvalidUrl`] with the line, [`Status::ReadError`], [`Status::Timeout`] when `until` was reached first, or
    /// [`Status::Usage`] when there is no URL.
    pub(super) fn endpoints(self, until: Option<Deadline>) -> Result<Vec<Endpoint>, Failure> {
        let (name, content) = match self {
            Self::Url(endpoint) => return Ok(vec![endpoint]),
            Self::File(path) => {
                (path.display().to_string(), read_file(&path, MAX_SMALL_FILE, until, Status::ReadError)?)
            }
            Self::Input => {
                let name = "standard input";
                let content = read_whole(name, MAX_SMALL_FILE, until, Status::ReadError, stdio::input)?;
                (name.to_owned(), content)
            }
        };
        in_lines(&name, &content)
    }
}

/// A comment begins with the line, or behind a space: a URL has none.
fn without_comment(line: &str) -> &str {
    let begins = |&(at, _): &(usize, &str)| line[..at].chars().next_back().is_none_or(char::is_whitespace);
    line.match_indices('#').find(begins).map_or(line, |(at, _)| &line[..at])
}

fn in_lines(name: &str, content: &[u8]) -> Result<Vec<Endpoint>, Failure> {
    let content = std::str::from_utf8(content).map_err(|err| {
        let line = memchr::memchr_iter(b'\n', &content[..err.valid_up_to()]).count() + 1;
        Failure::new(Status::ReadError, format!("line {line} of {name} is not UTF-8"))
    })?;
    let content = content.strip_prefix('\u{feff}').unwrap_or(content);
    let lines = content.lines().map(|line| without_comment(line).trim()).zip(1..);
    let urls = lines.filter(|(line, _)| !line.is_empty());
    let endpoints = urls
        .map(|(url, number)| {
            Endpoint::parse(url).map_err(|failure| failure.and(format_args!(" (line {number} of {name})")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    if endpoints.is_empty() {
        return Err(Failure::new(Status::Usage, format!("{name} holds no URL"))
            .hint("write one a line, such as wss://example.com/chat; # begins a comment"));
    }
    Ok(endpoints)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(content: &str) -> Result<Vec<String>, String> {
        let endpoints = in_lines("x", content.as_bytes()).map_err(|failure| failure.to_string())?;
        Ok(endpoints.iter().map(|endpoint| endpoint.as_typed().to_owned()).collect())
    }

    #[test]
    fn a_url_a_line() {
        let content = "\u{feff}# ours\n\nws://a:80/\r\n  wss://b/#not\n";
        let refused =
            "invalid URL 'wss://b/#not': a WebSocket URL has no fragment (RFC 6455 §3) (line 4 of x)";
        assert_eq!(urls(content), Err(refused.to_owned()));
        assert_eq!(
            urls("# ours\n\nws://a:80/\r\n  wss://b/ \n#ws://c/"),
            Ok(vec!["ws://a:80/".into(), "wss://b/".into()])
        );
        assert_eq!(
            urls("ws://a/ # one\nws://b/\t#two # and more"),
            Ok(vec!["ws://a/".into(), "ws://b/".into()])
        );
        assert_eq!(urls("\n# none\n"), Err("x holds no URL".to_owned()));
        let failure = in_lines("x", b"ws://a/\nws://\xff/").unwrap_err();
        assert_eq!(
            (failure.status(), &failure.to_string()[..]),
            (Status::ReadError, "line 2 of x is not UTF-8")
        );
    }
}
