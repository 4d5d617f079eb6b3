//! Messages given as arguments: text, or files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Failure, IoCause, Status};
use crate::size;

/// The messages that `-d` gives, of at most `max_message` bytes: `TEXT`, `@FILE`, or `@-` for standard input.
pub(super) fn messages(data: Vec<Vec<u8>>, max_message: u64) -> Result<Vec<Vec<u8>>, Failure> {
    let mut messages = Vec::with_capacity(data.len());
    for data in data {
        messages.push(match data.strip_prefix(b"@") {
            None => data,
            Some(b"-") => read("standard input", crate::os::stdio::input(), max_message)?,
            Some(path) => {
                let path = String::from_utf8_lossy(path).into_owned();
                read(&path, File::open(Path::new(&path)), max_message)?
            }
        });
    }
    Ok(messages)
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
fn read(name: &str, file: std::io::Result<File>, max_message: u64) -> Result<Vec<u8>, Failure> {
    let failed = |err| Failure::new(Status::ReadError, format!("cannot read {name}")).source(IoCause(err));
    let mut content = Vec::new();
    let most = max_message.saturating_add(1);
    file.map_err(failed)?.take(most).read_to_end(&mut content).map_err(failed)?;
    check_size(name, &content, max_message)?;
    Ok(content)
}
