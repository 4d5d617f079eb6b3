//! Messages given as arguments: text, or files.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use crate::deadline::Deadline;
use crate::error::{Failure, Status};
use crate::os::{reading, stdio};
use crate::size;

/// The messages that `-d` gives, of at most `max_message` bytes: `TEXT`, `@FILE`, or `@-` for standard input.
pub(super) fn messages(
    data: Vec<Vec<u8>>,
    max_message: u64,
    until: Option<Deadline>,
) -> Result<Vec<Vec<u8>>, Failure> {
    let mut messages = Vec::with_capacity(data.len());
    for data in data {
        messages.push(match data.strip_prefix(b"@") {
            None => data,
            Some(b"-") => read("standard input", stdio::input, max_message, until)?,
            Some(name) => {
                let path = path(name)?;
                let name = path.display().to_string();
                read(&name, move || reading::open_now(&path), max_message, until)?
            }
        });
    }
    Ok(messages)
}

/// The file name that these bytes are: any bytes on Unix, UTF-8 elsewhere.
fn path(name: &[u8]) -> Result<PathBuf, Failure> {
    #[cfg(unix)]
    let text = Some(<OsString as std::os::unix::ffi::OsStringExt>::from_vec(name.to_owned()));
    #[cfg(not(unix))]
    let text = String::from_utf8(name.to_owned()).ok().map(OsString::from);
    let shown = || format!("cannot read {}: its name is not UTF-8", String::from_utf8_lossy(name));
    text.map(PathBuf::from).ok_or_else(|| Failure::new(Status::ReadError, shown()))
}

/// Refuses a message that is too large; `name` is what it is called.
pub(super) fn check_size(name: &str, message: &[u8], max_message: u64) -> Result<(), Failure> {
    if message.len() as u64 <= max_message {
        return Ok(());
    }
    let limit = size::exact(max_message);
    Err(Failure::new(Status::MessageTooBig, format!("{name} is larger than {limit} (--max-message-size)"))
        .hint("--max-message-size allows more; `wsurl stream -T FILE --single-message` sends a file of any size"))
}

/// All of a file as one message.
fn read(
    name: &str,
    open: impl FnOnce() -> io::Result<File> + Send + 'static,
    max_message: u64,
    until: Option<Deadline>,
) -> Result<Vec<u8>, Failure> {
    let most = max_message.saturating_add(1);
    let content = reading::read_at_most(name, most, until, Status::ReadError, open)?;
    check_size(name, &content, max_message)?;
    Ok(content)
}
