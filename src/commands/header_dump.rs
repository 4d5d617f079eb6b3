//! `-D`: writes the head of the answer to the upgrade to a file, which is opened before the dial.

use std::path::{Path, PathBuf};

use super::options::ConversationOptions;
use super::outputs;
use super::written::shown_at;
use crate::deadline::Deadline;
use crate::endpoint::Endpoint;
use crate::error::Failure;
use crate::net::Facts;
use crate::os::{Destination, stdio};

/// The destination of the head.
enum HeaderDump {
    Nowhere,
    Standard,
    File(PathBuf, Destination),
}

/// Calls `dial`, and writes the head of the answer, also of a refusal, to the destination of `-D`.
pub(super) fn dial_and_dump<T>(
    options: &ConversationOptions,
    facts: &mut Facts,
    dial: impl FnOnce(&mut Facts) -> (Endpoint, Result<T, Failure>),
) -> (Endpoint, Result<T, Failure>) {
    let dump = match HeaderDump::open(options) {
        Ok(dump) => dump,
        Err(failure) => return (options.endpoint.clone(), Err(failure)),
    };
    let (endpoint, dialed) = dial(facts);
    let dumped = dump.write(facts, options.limits.whole);
    (endpoint, dialed.and_then(|connection| dumped.map(|()| connection)))
}

impl HeaderDump {
    fn open(options: &ConversationOptions) -> Result<Self, Failure> {
        match options.dump_header.as_deref() {
            None => Ok(Self::Nowhere),
            Some(path) if path == Path::new("-") => {
                stdio::check_output().map_err(super::cannot_print)?;
                Ok(Self::Standard)
            }
            Some(path) => {
                // The head holds cookies.
                let file = Destination::open(path, options.limits.whole)?.private();
                outputs::warn(&file, options.verbosity);
                Ok(Self::File(path.to_owned(), file))
            }
        }
    }

    /// Writes the head if there was an answer. Otherwise, a file stays as it was.
    fn write(self, facts: &Facts, until: Option<Deadline>) -> Result<(), Failure> {
        let Some(head) = &facts.response else { return Ok(()) };
        let text = head.verbatim().replace('\n', "\r\n") + "\r\n";
        match self {
            Self::Nowhere => Ok(()),
            Self::Standard => super::print(shown_at(None, &text).as_bytes()),
            Self::File(path, file) => {
                file.write_whole(shown_at(Some(&path), &text).into_owned().into_bytes(), until)
            }
        }
    }
}
