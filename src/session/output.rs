//! The output lane: a thread that writes a file, pipe or terminal. While all of its buffers wait to be written, the network
//! thread does not read from the server: that is all of the back-pressure. The network thread itself writes only to a pipe
//! that has room, and to the null device.

use std::io::{self, ErrorKind, Write};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;
use std::time::Duration;

use super::chunk::{Chunk, READ, Spent};
use super::lane::LaneContext;
use super::patience::Patience;
use super::screen::Screen;
use crate::deadline::Deadline;
use crate::error::{Failure, IoCause, Phase, Status};
use crate::net::{LoopWaker, Poller, WatchedFile};
use crate::os::signals::{self, Signal};
use crate::os::{Destination, Writer, cannot_write};
use crate::size::KEPT_CAPACITY;

/// The most buffers on their way to the file.
const IN_FLIGHT: usize = 4;

/// A buffer is handed over when it holds this many bytes, or when the session has nothing else to do.
const BUFFER: usize = 128 * 1024;

/// The pause before a non-blocking descriptor is tried again.
const NOT_NOW: Duration = Duration::from_millis(2);

/// The most that the network thread writes to a pipe at once: what Linux writes whole (`PIPE_BUF`).
const LITTLE: usize = 4096;

/// How long writing to a file may go on after `--max-time`: a file has no slow reader.
const GRACE: Duration = Duration::from_secs(1);

/// The bytes that may wait for a [`Screen`] before nothing more is read from the server.
const ON_SCREEN: usize = 256 * 1024;

/// Where received bytes go. The owner of the [`Destination`] decides what becomes of a file afterwards.
pub struct Output {
    place: Place,
    name: String,
}

enum Place {
    Nowhere,
    File(Writer),
    Screen(Box<dyn Screen>),
}

impl Output {
    /// Writes to this destination.
    pub fn to(destination: &Destination) -> Self {
        Self { place: Place::File(destination.writer()), name: destination.name().to_owned() }
    }

    /// Writes to a screen that other text shares.
    pub fn on(screen: Box<dyn Screen>) -> Self {
        Self { place: Place::Screen(screen), name: "standard output".to_owned() }
    }

    /// Drops the bytes.
    pub fn nowhere() -> Self {
        Self { place: Place::Nowhere, name: String::new() }
    }

    /// Whether bytes are written.
    pub(super) fn is_somewhere(&self) -> bool {
        !matches!(self.place, Place::Nowhere)
    }
}

/// Why nothing can be written.
#[derive(Debug)]
pub(super) enum OutputError {
    /// The reader is gone, as in `| head -1`.
    Closed,
    /// Any other error.
    Failed(Failure),
}

/// The network thread's end of the lane.
pub(super) struct OutputLane {
    name: String,
    /// Takes the bytes instead of a thread of this lane.
    screen: Option<Box<dyn Screen>>,
    /// What the thread will write to; `None` once it runs, and when bytes are dropped.
    writer: Option<Writer>,
    /// The same file, if its reader can go away.
    watched: Option<WatchedFile>,
    writes_directly: bool,
    current: Vec<u8>,
    spare: Vec<Vec<u8>>,
    spare_read_buffers: Vec<Vec<u8>>,
    in_flight: usize,
    /// What failed in the network thread.
    failed: Option<Failed>,
    thread: Option<Writing>,
    poller: Poller,
    /// The least time that [`OutputLane::finish`] has when the run has no time left.
    grace: Duration,
}

#[derive(Debug)]
enum Failed {
    Write(io::Error),
    NoThread(io::Error),
}

/// The channels to the thread and back.
#[derive(Debug)]
struct Writing {
    full: Sender<Chunk>,
    written: Receiver<io::Result<Spent>>,
}

impl OutputLane {
    /// A lane to `output`. Its thread starts when it has something to write.
    pub(super) fn new(output: Output, context: &LaneContext) -> Self {
        let Output { place, name } = output;
        let (writer, mut screen) = match place {
            Place::Nowhere => (None, None),
            Place::File(writer) => (Some(writer), None),
            Place::Screen(screen) => (None, Some(screen)),
        };
        if let Some(screen) = &mut screen {
            let waker = context.waker.clone();
            screen.on_progress(Box::new(move || waker.wake()));
        }
        let clone = writer.as_ref().and_then(|writer| writer.file().try_clone().ok());
        let is_regular = writer.as_ref().is_some_and(Writer::is_regular);
        let watched = clone.and_then(|file| context.poller.watch_output(file).ok());
        let writes_directly = watched.as_ref().is_some_and(|pipe| crate::os::stdio::is_pipe(pipe.file()));
        Self {
            name,
            screen,
            writer,
            watched,
            writes_directly,
            current: Vec::new(),
            spare: Vec::new(),
            spare_read_buffers: Vec::new(),
            in_flight: 0,
            failed: None,
            thread: None,
            poller: context.poller.clone(),
            grace: if is_regular { GRACE } else { Duration::ZERO },
        }
    }

    /// The buffer to append to. One append may exceed its usual size.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.current
    }

    /// A buffer to read into.
    pub(super) fn read_buffer(&mut self) -> Vec<u8> {
        self.spare_read_buffers.pop().unwrap_or_default()
    }

    /// Whether the poll has reported that the reader of the output is gone.
    pub(super) fn reader_is_gone(&self) -> bool {
        self.watched.as_ref().is_some_and(|file| file.readiness().has_failed())
    }

    /// Whether more may be read from the server.
    pub(super) fn has_room(&mut self) -> Result<bool, OutputError> {
        self.collect()?;
        if self.current.len() >= BUFFER {
            self.submit();
        }
        let is_full = self.screen.as_ref().is_some_and(|screen| screen.waiting() > ON_SCREEN);
        Ok(!is_full && self.current.len() < BUFFER && self.in_flight <= IN_FLIGHT)
    }

    /// Called before other text is written to the same screen: what was received before must stand above it.
    pub(super) fn keep_order(&mut self) {
        if self.screen.is_some() && !self.current.is_empty() {
            self.hand_over_current();
        }
    }

    /// Writes a chunk, after everything that was appended before.
    pub(super) fn push(&mut self, chunk: Chunk) {
        if !self.current.is_empty() {
            self.hand_over_current();
        }
        self.hand_over(chunk);
    }

    /// Whether the buffer to append to is full.
    pub(super) fn is_full(&self) -> bool {
        self.current.len() >= BUFFER
    }

    /// Writes what was appended if it is little and the network thread itself can write it.
    pub(super) fn submit_little(&mut self) {
        if self.writes_directly && self.in_flight == 0 && self.current.len() <= LITTLE {
            self.write_now();
        }
    }

    /// Whether [`OutputLane::submit`] would hand over a buffer.
    pub(super) fn may_submit(&self) -> bool {
        !self.current.is_empty() && self.in_flight < IN_FLIGHT
    }

    /// Writes what was appended, if the thread has room for a buffer.
    pub(super) fn submit(&mut self) {
        self.submit_little();
        if self.may_submit() {
            self.hand_over_current();
        }
    }

    fn hand_over_current(&mut self) {
        let next = self.spare.pop().unwrap_or_default();
        let full = std::mem::replace(&mut self.current, next);
        self.hand_over(Chunk::whole(full));
    }

    fn hand_over(&mut self, chunk: Chunk) {
        if let Some(screen) = &mut self.screen {
            let mut bytes = Vec::with_capacity(chunk.len());
            chunk.append_to(&mut bytes);
            screen.write(bytes);
            self.keep(chunk.into_spent());
            return;
        }
        if let Some(null) = self.writer.as_mut().filter(|writer| writer.is_null()) {
            match write_chunk(null, &chunk) {
                Ok(()) => self.keep(chunk.into_spent()),
                Err(err) => self.failed = Some(Failed::Write(err)),
            }
            return;
        }
        self.start_thread();
        // The thread leaves its error in the channel when it ends, where `collect` finds it. Without a thread, bytes are dropped.
        if self.thread.as_ref().is_some_and(|thread| thread.full.send(chunk).is_ok()) {
            self.in_flight += 1;
        }
    }

    fn start_thread(&mut self) {
        let Some(writer) = self.writer.take() else { return };
        let (full, to_write) = mpsc::channel();
        let (done, written) = mpsc::channel();
        let waker = self.poller.waker();
        let spawned = thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || write_chunks(writer, &to_write, done, &waker));
        match spawned {
            Ok(_) => self.thread = Some(Writing { full, written }),
            Err(err) => self.failed = Some(Failed::NoThread(err)),
        }
    }

    /// Writes to a pipe that has room, which saves a switch between threads.
    fn write_now(&mut self) {
        let Some(pipe) = self.watched.as_ref().filter(|_| !self.current.is_empty() && self.failed.is_none())
        else {
            return;
        };
        match crate::os::stdio::write_now(pipe.file(), &self.current) {
            Ok(count) => drop(self.current.drain(..count)),
            Err(err) if matches!(err.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(err) if err.kind() == ErrorKind::Unsupported => self.writes_directly = false,
            Err(err) => {
                self.current.clear();
                self.failed = Some(Failed::Write(err));
            }
        }
    }

    /// Takes back the buffers that were written.
    pub(super) fn collect(&mut self) -> Result<(), OutputError> {
        match self.failed.take() {
            Some(Failed::Write(err)) => return Err(self.error(err)),
            Some(Failed::NoThread(err)) => {
                let text = format!("cannot start a thread that writes {}", self.name);
                return Err(OutputError::Failed(Failure::new(Status::WriteError, text).source(IoCause(err))));
            }
            None => {}
        }
        if let Some(err) = self.screen.as_mut().and_then(|screen| screen.take_error()) {
            return Err(self.error(err));
        }
        while let Some(thread) = &self.thread
            && let Ok(result) = thread.written.try_recv()
        {
            self.take_back(result)?;
        }
        Ok(())
    }

    /// Buffers, or bytes of the screen, that are not written yet.
    fn waiting(&self) -> usize {
        self.in_flight + self.screen.as_ref().map_or(0, |screen| screen.waiting())
    }

    /// Takes back a buffer that was written, if there is one. Returns whether there was.
    fn take_next(&mut self) -> Result<bool, OutputError> {
        match self.thread.as_ref().map(|thread| thread.written.try_recv()) {
            Some(Ok(result)) => self.take_back(result).map(|()| true),
            // The thread has ended, and its error was taken before.
            Some(Err(TryRecvError::Disconnected)) => Err(OutputError::Closed),
            Some(Err(TryRecvError::Empty)) | None => Ok(false),
        }
    }

    /// Sleeps until something may have been written.
    fn wait(&self, patience: &mut Patience) -> Result<(), OutputError> {
        if signals::received().is_some() {
            patience.end_soon();
        }
        match (patience.left(), patience.until()) {
            (Some(Duration::ZERO), Some(end)) => Err(self.late(&end)),
            // It fails only where the session could not wait either.
            (left, _) => self.poller.wait(left, |_| {}).map_err(|err| self.error(err)),
        }
    }

    fn late(&self, end: &Deadline) -> OutputError {
        let late = Failure::timeout(Phase::Write, &self.name, end).hint("nobody reads what was received");
        OutputError::Failed(signals::received().map_or(late, Signal::failure))
    }

    fn error(&self, err: io::Error) -> OutputError {
        if err.kind() == ErrorKind::BrokenPipe {
            OutputError::Closed
        } else {
            OutputError::Failed(cannot_write(&self.name, err))
        }
    }

    fn take_back(&mut self, result: io::Result<Spent>) -> Result<(), OutputError> {
        self.in_flight -= 1;
        match result {
            Ok(spent) => {
                self.keep(spent);
                Ok(())
            }
            Err(err) => Err(self.error(err)),
        }
    }

    /// Keeps a buffer for another use. Read buffers stay initialised.
    fn keep(&mut self, spent: Spent) {
        match spent {
            Spent::Read(buffer) if buffer.len() == READ => self.spare_read_buffers.push(buffer),
            // The next reads are larger.
            Spent::Read(_) => {}
            Spent::Appended(mut buffer) => {
                buffer.clear();
                buffer.shrink_to(KEPT_CAPACITY);
                self.spare.push(buffer);
            }
        }
    }

    /// Waits until everything is written and the thread has closed the file, for as long as the reader takes, at most until
    /// `until`, and not long after a signal that comes meanwhile. `rest` appends the next piece that was not appended yet, and
    /// returns whether there are more.
    pub(super) fn finish(
        mut self,
        mut rest: impl FnMut(&mut Vec<u8>) -> bool,
        until: Option<Deadline>,
    ) -> Result<(), OutputError> {
        let mut more = true;
        let mut patience = Patience::new(until, self.grace);
        loop {
            while more && !self.is_full() {
                more = rest(&mut self.current);
            }
            self.submit();
            let waiting = self.waiting();
            self.poller.will_sleep();
            self.collect()?;
            match (waiting, self.waiting()) {
                (0, _) if self.current.is_empty() && !more => break,
                // Bytes are dropped.
                (0, _) if self.writer.is_none() && self.thread.is_none() && self.screen.is_none() => {
                    self.current.clear();
                }
                (before, now) if now < before || self.take_next()? => patience.moved(),
                (_, _) => self.wait(&mut patience)?,
            }
        }
        // Nothing is in flight: the thread ends when its channel is closed.
        if let Some(Writing { full, written }) = self.thread {
            drop(full);
            while written.recv().is_ok() {}
        }
        Ok(())
    }
}
/// Writes chunks until one cannot be written, or until the channel is closed.
fn write_chunks(
    mut writer: Writer,
    chunks: &Receiver<Chunk>,
    done: Sender<io::Result<Spent>>,
    waker: &LoopWaker,
) {
    while let Ok(chunk) = chunks.recv() {
        let result = write_chunk(&mut writer, &chunk).map(|()| chunk.into_spent());
        let failed = result.is_err();
        if done.send(result).is_err() || failed {
            break;
        }
        waker.wake();
    }
    // First, because the network thread completes the file when the channel is closed.
    drop(writer);
    drop(done);
    waker.wake();
}

/// Writes all of a chunk, even if another program has made the descriptor non-blocking, which all of its holders share.
fn write_chunk(writer: &mut Writer, chunk: &Chunk) -> io::Result<()> {
    let (mut written, len) = (0, chunk.len());
    while written < len {
        match writer.write_vectored(&chunk.slices(written)) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => written += count,
            Err(err) if err.kind() == ErrorKind::WouldBlock => thread::sleep(NOT_NOW),
            Err(err) if err.kind() == ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
    Ok(())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::io::Read;
    use std::os::fd::AsRawFd;
    use std::path::Path;
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_buffer_for_which_there_was_no_room_may_be_submitted_when_others_were_written() {
        let (mut reader, pipe) = io::pipe().unwrap();
        let path = format!("/proc/self/fd/{}", pipe.as_raw_fd());
        let destination = Destination::open(Path::new(&path), None).unwrap();
        let poller = Poller::new().unwrap();
        let context = LaneContext { waker: poller.waker(), poller };
        let mut lane = OutputLane::new(Output::to(&destination), &context);
        for _ in 0..=IN_FLIGHT {
            lane.buffer().resize(BUFFER, 7);
            lane.submit();
        }
        assert!(!lane.may_submit(), "the pipe is full");
        let mut written = vec![0; IN_FLIGHT * BUFFER];
        reader.read_exact(&mut written).unwrap();
        let end = Instant::now() + Duration::from_secs(30);
        while !lane.may_submit() && Instant::now() < end {
            lane.collect().unwrap();
            thread::sleep(Duration::from_millis(1));
        }
        assert!(lane.may_submit());
        lane.submit();
        assert!(!lane.may_submit());
        reader.read_exact(&mut written[..BUFFER]).unwrap();
    }
}
