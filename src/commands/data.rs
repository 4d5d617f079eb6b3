//! Messages given as arguments: text, or files.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use serde::de::IgnoredAny;

use crate::cli::{MessageForm, TypedMessage};
use crate::deadline::Deadline;
use crate::error::{Failure, Status};
use crate::framing::{DecodeError, Format, MessageDecoder};
use crate::os::{reading, stdio};
use crate::size;

/// White space that an encoded message may hold, in bytes.
const WHITE_SPACE: u64 = 1 << 20;

/// The rules for messages in arguments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// `base64` and `hex` are decoded.
    pub(super) format: Format,
    pub(super) max_message: u64,
    /// The deadline for reading files.
    pub(super) until: Option<Deadline>,
}

impl Rules {
    /// The messages that were typed, with the content of the files that `@FILE` and `@-` name.
    ///
    /// # Errors
    /// A file cannot be read, or a message is too large or malformed.
    pub(super) fn messages(self, typed: Vec<TypedMessage>) -> Result<Vec<Vec<u8>>, Failure> {
        let messages = typed.into_iter().enumerate();
        messages.map(|(index, TypedMessage { bytes, form })| self.message(index + 1, &bytes, form)).collect()
    }

    fn message(self, number: usize, typed: &[u8], form: MessageForm) -> Result<Vec<u8>, Failure> {
        let file = typed.strip_prefix(b"@").filter(|_| form != MessageForm::Text);
        let (name, message) = match file {
            None => {
                let name = format!("message {number}");
                let message = self.decode(&name, typed)?;
                (name, message)
            }
            Some(b"-") => ("standard input".to_owned(), self.file("standard input", stdio::input)?),
            Some(path_of) => {
                let path = path(path_of)?;
                let name = path.display().to_string();
                let message = self.file(&name, move || reading::open_now(&path))?;
                (name, message)
            }
        };
        if form == MessageForm::Json {
            serde_json::from_slice::<IgnoredAny>(&message).map_err(|err| {
                Failure::new(Status::ReadError, format!("{name} is not JSON: {err}"))
                    .hint("-d sends it as it is; --json takes a document such as '{\"op\":\"ping\"}'")
            })?;
        }
        Ok(message)
    }

    /// All of a file as one message.
    fn file(
        self,
        name: &str,
        open: impl FnOnce() -> io::Result<File> + Send + 'static,
    ) -> Result<Vec<u8>, Failure> {
        let most = match self.format {
            Format::Base64 | Format::Hex => self.max_message.saturating_mul(2).saturating_add(WHITE_SPACE),
            Format::Lines | Format::Nul | Format::Whole | Format::Json => self.max_message,
        };
        let content =
            reading::read_at_most(name, most.saturating_add(1), self.until, Status::ReadError, open)?;
        let message = self.decode(name, &content);
        let is_cut_off = content.len() as u64 > most;
        if !is_cut_off || message.as_ref().is_err_and(|err| err.status() == Status::MessageTooBig) {
            return message;
        }
        let most = size::exact(WHITE_SPACE);
        Err(Failure::new(
            Status::ReadError,
            format!("cannot read {name}: it holds more than {most} of white space"),
        ))
    }

    fn decode(self, name: &str, content: &[u8]) -> Result<Vec<u8>, Failure> {
        let most = usize::try_from(self.max_message).unwrap_or(usize::MAX);
        let mut decoder = MessageDecoder::new(self.format, most);
        let message = decoder.feed(content).and_then(|()| decoder.finish());
        message.map_err(|err| self.failure(name, err))
    }

    /// The failure for the message called `name`.
    fn failure(self, name: &str, err: DecodeError) -> Failure {
        match err {
            DecodeError::TooBig => {
                let limit = size::exact(self.max_message);
                let text = format!("{name} is larger than {limit} (--max-message-size)");
                Failure::new(Status::MessageTooBig, text).hint(
                    "--max-message-size allows more; `wsurl stream -T FILE --single-message` sends a file of any size",
                )
            }
            DecodeError::Invalid(why) => {
                Failure::new(Status::ReadError, format!("{name} is not {}: {why}", self.format.name()))
                    .hint(format!("a message looks like {}", self.format.example()))
            }
        }
    }
}

/// The path in these bytes: any bytes on Unix, UTF-8 elsewhere.
fn path(name: &[u8]) -> Result<PathBuf, Failure> {
    #[cfg(unix)]
    let text = Some(<OsString as std::os::unix::ffi::OsStringExt>::from_vec(name.to_owned()));
    #[cfg(not(unix))]
    let text = String::from_utf8(name.to_owned()).ok().map(OsString::from);
    let shown = || format!("cannot read {}: its name is not UTF-8", String::from_utf8_lossy(name));
    text.map(PathBuf::from).ok_or_else(|| Failure::new(Status::ReadError, shown()))
}
