//! Messages given as arguments: text, or files.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::error::{Failure, IoCause, Status};
use crate::framing::{DecodeError, Format, MessageDecoder};
use crate::size;

/// Bytes asked for in one read of a file.
const BLOCK: usize = 64 * 1024;

/// What the arguments have to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// `base64` and `hex` are decoded.
    pub(super) format: Format,
    pub(super) max_message: u64,
}

impl Rules {
    /// The messages of `given` as they are, and of `data` as `-d` takes them: `TEXT`, `@FILE`, or `@-` for standard
    /// input.
    ///
    /// # Errors
    /// A file cannot be read, a message is too large, or is not what the format says.
    pub(super) fn messages(self, given: Vec<Vec<u8>>, data: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, Failure> {
        let mut messages = Vec::with_capacity(given.len() + data.len());
        for text in given {
            messages.push(self.text(messages.len() + 1, &text)?);
        }
        for data in data {
            messages.push(match data.strip_prefix(b"@") {
                None => self.text(messages.len() + 1, &data)?,
                Some(b"-") => self.file("standard input", crate::os::stdio::input())?,
                Some(path) => {
                    let path = String::from_utf8_lossy(path).into_owned();
                    self.file(&path, File::open(Path::new(&path)))?
                }
            });
        }
        Ok(messages)
    }

    fn text(self, number: usize, text: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut decoder = self.decoder();
        let message = decoder.feed(text).and_then(|()| decoder.finish());
        message.map_err(|err| self.failure(&format!("message {number}"), err))
    }

    /// All of a file as one message.
    fn file(self, name: &str, file: std::io::Result<File>) -> Result<Vec<u8>, Failure> {
        let failed =
            |err| Failure::new(Status::ReadError, format!("cannot read {name}")).source(IoCause(err));
        let mut file = file.map_err(failed)?;
        let (mut decoder, mut block) = (self.decoder(), vec![0; BLOCK]);
        loop {
            match file.read(&mut block) {
                Ok(0) => break,
                Ok(count) => decoder.feed(&block[..count]).map_err(|err| self.failure(name, err))?,
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                Err(err) => return Err(failed(err)),
            }
        }
        decoder.finish().map_err(|err| self.failure(name, err))
    }

    fn decoder(self) -> MessageDecoder {
        MessageDecoder::new(self.format, usize::try_from(self.max_message).unwrap_or(usize::MAX))
    }

    /// Why the message called `name` is refused.
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
