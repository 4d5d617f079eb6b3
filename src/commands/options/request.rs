//! The opening handshake: header fields and subprotocols, from arguments and files.

use std::path::Path;

use super::files::OptionFiles;
use crate::cli::RequestArgs;
use crate::cli::values::{self, HeaderArg};
use crate::error::{Failure, Status};
use crate::net::upgrade::{Header, UpgradeOptions};
use crate::secret::{REDACTED, Secret};

/// Fields that the opening handshake sets itself, in lower case (RFC 6455 §4.1).
const SET_BY_HANDSHAKE: [&str; 5] =
    ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"];

/// Validates the arguments. Also returns the names of the given fields that are ignored.
pub(super) fn options(
    args: RequestArgs,
    files: &OptionFiles,
) -> Result<(UpgradeOptions, Vec<String>), Failure> {
    let mut headers = Vec::new();
    let own = [("Origin", args.origin), ("User-Agent", args.user_agent)];
    for (name, value) in own {
        headers.extend(value.map(|value| Header { name: name.to_owned(), value: Some(Secret::new(value)) }));
    }
    if let Some(cookie) = args.cookie {
        let value = Some(files.secret(cookie, "--cookie")?);
        headers.push(Header { name: "Cookie".to_owned(), value });
    }
    let (mut subprotocols, mut ignored) = (args.subprotocols, Vec::new());
    for header in all_headers(args.headers, "-H", files)? {
        let name = header.name.to_ascii_lowercase();
        if SET_BY_HANDSHAKE.contains(&&*name) {
            ignored.push(header.name);
        } else if name == "sec-websocket-protocol" {
            subprotocols.extend(subprotocols_in(&header)?);
        } else {
            headers.push(header);
        }
    }
    let (compression, compress_min) = (args.compress, args.compress_min);
    let options =
        UpgradeOptions { headers, subprotocols, compression, compress_min, ..UpgradeOptions::default() };
    Ok((options, ignored))
}

/// The subprotocols that a Sec-WebSocket-Protocol field offers. They are not shown: one may be a token.
fn subprotocols_in(header: &Header) -> Result<Vec<String>, Failure> {
    let value = header.value.as_ref().map_or("", Secret::expose);
    let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(values::subprotocol).collect::<Result<_, _>>().map_err(|why| {
        let text = format!("invalid value '{}: ...' for -H: {why}", header.name);
        Failure::new(Status::Usage, text).hint("--subprotocol NAME offers one subprotocol")
    })
}

/// The fields of all arguments and of the files that they name.
pub(super) fn all_headers(
    args: Vec<HeaderArg>,
    flag: &str,
    files: &OptionFiles,
) -> Result<Vec<Header>, Failure> {
    let mut headers = Vec::new();
    for header in args {
        match header {
            HeaderArg::Field(text) => headers.push(header_field(&text, flag)?),
            HeaderArg::File(path) => headers.extend(headers_in(&path, &files.text(&path)?)?),
        }
    }
    Ok(headers)
}

/// Reads a field that was given to `flag`. Errors do not show its value, which may be a secret.
fn header_field(text: &Secret, flag: &str) -> Result<Header, Failure> {
    values::header(text.expose()).map_err(|why| {
        let shown = shown_field(text.expose());
        Failure::new(Status::Usage, format!("invalid value '{shown}' for {flag}: {why}"))
    })
}

/// The part of a header field that may be shown: the name and its delimiter. The rest may be a secret value.
fn shown_field(text: &str) -> String {
    let end = text.find(|c: char| c == ':' || c == '=' || c.is_whitespace());
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    let is_name = name.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    let name = if is_name { name } else { REDACTED };
    match rest.chars().next() {
        None => name.to_owned(),
        Some(mark @ (':' | '=')) => format!("{name}{mark} ..."),
        Some(_) => format!("{name} ..."),
    }
}

/// One field a line. Empty lines and lines that begin with `#` are skipped.
fn headers_in(path: &Path, text: &str) -> Result<Vec<Header>, Failure> {
    let lines =
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let in_line = |index: usize, why: &str| {
        Failure::new(Status::Usage, format!("line {} of {}: {why}", index + 1, path.display()))
    };
    lines.map(|(index, line)| values::header(line).map_err(|why| in_line(index, &why))).collect()
}
