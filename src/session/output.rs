//! The output lane: a thread that writes a file, pipe or terminal. While all its buffers wait to be written,
//! the network thread does not read from the server: that is the whole of back-pressure.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::wake::Wake;
use crate::deadline::Deadline;
use crate::error::{Failure, Phase};
use crate::os::{Destination, Writer, cannot_write, write_all};
use crate::size::KEPT_CAPACITY;

/// Buffers on their way to the file.
const IN_FLIGHT: usize = 4;

/// A buffer is handed over when it holds this many bytes, or when there is nothing else to do.
const BUFFER: usize = 128 * 1024;

/// Waited for at once when there is no limit.
const FOREVER: Duration = Duration::from_secs(3600);

/// How long a file may take for what is in hand after `--max-time`: it has no reader that could be slow.
const GRACE: Duration = Duration::from_secs(1);

/// A pipe is asked to take this much at once: what Linux writes whole (`PIPE_BUF`).
const LITTLE: usize = 4096;

/// Where received bytes go. What becomes of a file afterwards is decided by the owner of its [`Destination`].
#[derive(Debug)]
pub struct Output {
    /// None: they are not kept.
    writer: Option<Writer>,
    name: String,
}

impl Output {
    /// To this destination.
    pub fn to(destination: &Destination) -> Self {
        Self { writer: Some(destination.writer()), name: destination.name().to_owned() }
    }

    /// Nowhere: what is received is looked at, and not kept.
    pub fn nowhere() -> Self {
        Self { writer: None, name: String::new() }
    }
}

/// Why nothing more can be written.
#[derive(Debug)]
pub(super) enum OutputError {
    /// The reader is gone, as in `| head -1`.
    Closed,
    /// Everything else.
    Failed(Failure),
}

/// The network thread's end of the lane.
#[derive(Debug)]
pub(super) struct OutputLane {
    name: String,
    current: Vec<u8>,
    spare: Vec<Vec<u8>>,
    in_flight: usize,
    /// The file itself, when it is a pipe: little is written without the thread.
    pipe: Option<File>,
    /// What went wrong in that.
    failed: Option<io::Error>,
    /// To the thread; there is none when nothing is kept.
    full: Option<Sender<Vec<u8>>>,
    written: Receiver<io::Result<Vec<u8>>>,
    /// What a file gets for what is in hand when the run has no time left.
    grace: Duration,
}

impl OutputLane {
    /// Starts the thread, if there is something to write to.
    pub(super) fn start(output: Output, wake: Wake) -> Result<Self, Failure> {
        let (done, written) = mpsc::channel();
        let Output { writer, name } = output;
        let mut lane = Self {
            name,
            current: Vec::new(),
            spare: Vec::new(),
            in_flight: 0,
            pipe: None,
            failed: None,
            full: None,
            written,
            grace: Duration::ZERO,
        };
        let Some(mut writer) = writer else { return Ok(lane) };
        if writer.is_regular() {
            lane.grace = GRACE;
        }
        lane.pipe =
            if crate::os::stdio::is_pipe(writer.file()) { writer.file().try_clone().ok() } else { None };
        let (full, to_write) = mpsc::channel::<Vec<u8>>();
        lane.full = Some(full);
        let write_everything = move || {
            for mut buffer in to_write {
                let result = write_all(&mut writer, &buffer).map(|()| {
                    buffer.clear();
                    buffer.shrink_to(KEPT_CAPACITY);
                    buffer
                });
                let failed = result.is_err();
                if done.send(result).is_err() || failed {
                    break;
                }
                wake.wake();
            }
            // Before the network thread is told, which then completes the file.
            drop(writer);
            drop(done);
            wake.wake();
        };
        thread::Builder::new()
            .name("output".to_owned())
            .spawn(write_everything)
            .map_err(|err| cannot_write(&lane.name, err))?;
        Ok(lane)
    }

    /// The buffer to append to. It may grow beyond its usual size by the message that is being appended.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.current
    }

    /// Whether more may be read from the server.
    pub(super) fn has_room(&mut self) -> Result<bool, OutputError> {
        self.collect()?;
        if self.current.len() >= BUFFER {
            self.submit();
        }
        Ok(self.current.len() < BUFFER)
    }

    /// Hands over what there is, if a buffer is free for it.
    pub(super) fn submit(&mut self) {
        if self.in_flight == 0 && self.current.len() <= LITTLE {
            self.write_now();
        }
        if self.current.is_empty() || self.in_flight == IN_FLIGHT {
            return;
        }
        let next = self.spare.pop().unwrap_or_default();
        let full = std::mem::replace(&mut self.current, next);
        // A thread that has ended has left its error, which `collect` finds. Without a thread, nothing is kept.
        if self.full.as_ref().is_some_and(|thread| thread.send(full).is_ok()) {
            self.in_flight += 1;
        }
    }

    /// Writes to a pipe that has room, which saves a change of threads.
    fn write_now(&mut self) {
        let Some(pipe) = self.pipe.as_ref().filter(|_| !self.current.is_empty() && self.failed.is_none())
        else {
            return;
        };
        match crate::os::stdio::write_now(pipe, &self.current) {
            Ok(count) => drop(self.current.drain(..count)),
            Err(err) if matches!(err.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(err) if err.kind() == ErrorKind::Unsupported => self.pipe = None,
            Err(err) => {
                self.current.clear();
                self.failed = Some(err);
            }
        }
    }

    /// Takes back what was written.
    pub(super) fn collect(&mut self) -> Result<(), OutputError> {
        if let Some(err) = self.failed.take() {
            return Err(self.error(err));
        }
        while let Ok(result) = self.written.try_recv() {
            self.take_back(result)?;
        }
        Ok(())
    }

    fn error(&self, err: io::Error) -> OutputError {
        if err.kind() == ErrorKind::BrokenPipe {
            OutputError::Closed
        } else {
            OutputError::Failed(cannot_write(&self.name, err))
        }
    }

    fn take_back(&mut self, result: io::Result<Vec<u8>>) -> Result<(), OutputError> {
        self.in_flight -= 1;
        match result {
            Ok(buffer) => {
                self.spare.push(buffer);
                Ok(())
            }
            Err(err) => Err(self.error(err)),
        }
    }

    /// Waits until everything is written, for as long as the reader takes or `--max-time` lasts, and until the thread has
    /// let go of the file.
    pub(super) fn finish(mut self, until: Option<Deadline>) -> Result<(), OutputError> {
        while !self.current.is_empty() || self.in_flight > 0 {
            self.submit();
            self.collect()?;
            if self.in_flight == 0 {
                continue;
            }
            let left = until.map_or(FOREVER, |end| end.remaining().unwrap_or_default().max(self.grace));
            match (self.written.recv_timeout(left), until) {
                (Ok(result), _) => self.take_back(result)?,
                (Err(RecvTimeoutError::Timeout), Some(end)) => {
                    let late = Failure::timeout(Phase::Session, &self.name, &end);
                    return Err(OutputError::Failed(late.hint("nobody reads what was received")));
                }
                (Err(RecvTimeoutError::Timeout), None) => {}
                // The thread has ended and its error was taken before.
                (Err(RecvTimeoutError::Disconnected), _) => return Err(OutputError::Closed),
            }
        }
        // It only waits for more, of which there is none.
        drop(self.full);
        while self.written.recv().is_ok() {}
        Ok(())
    }
}
