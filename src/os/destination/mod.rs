//! Where bytes are stored: standard output, a device, a FIFO, or a file.
//!
//! A regular file appears under its name when it is complete; until then it is `FILE.part`. It keeps the
//! owner, group and permission bits of the file that it replaces. A file is written in place if replacing it
//! would lose something: its other hard links, its owner, or the symbolic link to it. Its old content then
//! stays until the first byte arrives.
//! Everything that can fail before the first byte fails in [`Destination::open`].

mod opening;
mod part;
mod state;
mod unfinished;
mod writer;

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use self::opening::open_now;
use self::state::State;
use self::unfinished::{Kept, settle_all};
pub use self::writer::Writer;
use super::stdio;
use super::within::{Doing, within, writing};
use crate::deadline::Deadline;
use crate::error::{Failure, IoCause, Status};

/// The pause before a non-blocking descriptor is tried again.
const NOT_NOW: Duration = Duration::from_millis(2);

/// An open destination. If it is not completed, received bytes stay in the `.part` file and the old file is
/// unchanged, unless it is written in place.
#[derive(Debug)]
pub struct Destination {
    name: String,
    writer: Writer,
    state: State,
}

impl Destination {
    /// Standard output.
    ///
    /// # Errors
    /// [`Status::WriteError`] when standard output is closed.
    pub fn standard() -> Result<Self, Failure> {
        let name = "standard output".to_owned();
        let file = stdio::output().map_err(|err| cannot_write(&name, err))?;
        Ok(Self { name, writer: Writer::new(file, false), state: State::Direct })
    }

    /// Opens `path`; `-` is standard output. A FIFO waits for its reader, at most until `until`.
    ///
    /// # Errors
    /// [`Status::WriteError`] when it cannot be written, [`Status::Timeout`] when `until` was reached first.
    pub fn open(path: &Path, until: Option<Deadline>) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Self::standard();
        }
        let name = path.display().to_string();
        let path = path.to_owned();
        match within("file", until, move || open_now(&path)) {
            Ok((writer, state)) => Ok(Self { name, writer, state }),
            Err(stopped) => Err(stopped.into_failure(Doing::Opening, &name, |err| cannot_write(&name, err))),
        }
    }

    /// The same for what may hold secrets: where the file is new, nobody but its owner may read it.
    #[must_use]
    pub fn private(self) -> Self {
        if let State::Beside(part) = &self.state {
            part.make_private();
        }
        self
    }

    /// Its name in errors.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The writer. It must be dropped before the destination is completed.
    pub fn writer(&self) -> Writer {
        self.writer.clone()
    }

    /// Whether the file is written in place, although it is to be replaced.
    pub fn is_in_place(&self) -> bool {
        matches!(self.state, State::InPlace(..))
    }

    /// A warning to show before anything is written.
    pub fn warning(&self) -> Option<String> {
        match &self.state {
            State::InPlace(_, why) => {
                Some(format!("{} is written in place, so that it may be left incomplete: {why}", self.name))
            }
            State::Direct | State::Beside(_) => None,
        }
    }

    /// Stores the bytes and, for a regular file, gives it its final name.
    ///
    /// # Errors
    /// [`Status::WriteError`]: the system could not store the bytes. Those already written to a file are kept
    /// in its `.part` file.
    pub fn complete(self) -> Result<(), Failure> {
        let Self { name, writer, state } = self;
        let kept = state.kept();
        // If nothing was written, an existing file must still become empty.
        let stored = writer.begin().and_then(|()| match state {
            State::Direct if writer.is_regular() => writer.close(),
            // A thread that waits for a reader may still use the descriptor, so it is not closed here.
            State::Direct => Ok(()),
            State::Beside(part) => part.complete(writer),
            State::InPlace(unfinished, _) => writer.close().map(|()| unfinished.complete()),
        });
        stored.map_err(|err| naming(cannot_write(&name, err), kept))
    }

    /// Gives up. Received bytes are kept, and the failure names their file.
    #[must_use]
    pub fn keep(self, failure: Failure) -> Failure {
        naming(failure, self.state.kept())
    }

    /// Writes `bytes` and completes the destination, before `until` or a little later.
    ///
    /// # Errors
    /// As [`Destination::complete`]; [`Status::Timeout`] when nobody reads a FIFO, or a signal's. A reader that has closed the pipe
    /// is no error.
    pub fn write_whole(self, bytes: Vec<u8>, until: Option<Deadline>) -> Result<(), Failure> {
        let name = self.name.clone();
        let written = writing(until, move || Ok(self.write_now(&bytes)));
        written.unwrap_or_else(|stopped| {
            Err(stopped.into_failure(Doing::Writing, &name, |err| cannot_write(&name, err)))
        })
    }

    fn write_now(self, bytes: &[u8]) -> Result<(), Failure> {
        let written = write_all(&mut self.writer(), bytes);
        match written {
            Ok(()) => self.complete(),
            Err(err) if err.kind() == ErrorKind::BrokenPipe => Ok(()),
            Err(err) => {
                let failure = cannot_write(&self.name, err);
                Err(self.keep(failure))
            }
        }
    }
}

/// For a run that is ended by force: removes the empty new files, keeps received bytes in the incomplete ones, and names these in
/// the failure.
pub(crate) fn given_up(failure: Failure) -> Failure {
    settle_all().into_iter().fold(failure, |failure, kept| naming(failure, Some(kept)))
}

fn naming(failure: Failure, kept: Option<Kept>) -> Failure {
    let Some(kept) = kept else { return failure };
    let text = format!("{failure}; {kept}");
    failure.restated(text)
}

/// Writes all of `bytes`, even if another program has made the shared descriptor non-blocking.
fn write_all(writer: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match writer.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(err) if err.kind() == ErrorKind::WouldBlock => thread::sleep(NOT_NOW),
            Err(err) if err.kind() == ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
    Ok(())
}

pub(crate) fn cannot_write(name: &str, err: io::Error) -> Failure {
    Failure::new(Status::WriteError, format!("cannot write {name}")).source(IoCause(err))
}

#[cfg(test)]
mod tests;
