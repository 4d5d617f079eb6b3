//! The log lane: a bounded queue and one thread that writes to standard error. No other thread writes there,
//! so a stopped terminal or an unread pipe blocks no other thread. Received data takes the same way to standard
//! output while it shares a terminal with the lines, so that both appear in order.
//! The first line starts the thread.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::backlog::{Backlog, Entry};
use crate::deadline::Deadline;
use crate::os::{signals, stdio};

/// How long to wait at the end of the program while standard error takes nothing.
const STALLED: Duration = Duration::from_secs(1);

/// How long one write may take after the limit of the run, or after a signal.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// The pause before retrying a descriptor that another program has made non-blocking.
const NOT_NOW: Duration = Duration::from_millis(5);

/// A picture below the lines of a terminal, such as a progress bar. Only the lane's thread calls it.
pub trait Picture: Send {
    /// Draws the current state.
    fn draw(&mut self);
    /// Removes the picture from the screen, calls `write`, and shows the picture again.
    fn above(&mut self, write: &mut dyn FnMut());
    /// Whether the picture leaves the screen when received data comes to the same terminal.
    fn yields_to_data(&self) -> bool;
    /// Removes the picture for good.
    fn end(self: Box<Self>);
}

/// The one lane of the program.
static LANE: Lane = Lane {
    state: Mutex::new(State {
        backlog: Backlog::new(),
        redraw: false,
        has_picture: false,
        thread: Thread::None,
        writes: 0,
        limit: None,
        data: None,
        unwritten: 0,
        data_error: None,
        on_progress: None,
    }),
    changed: Condvar::new(),
};

struct Lane {
    state: Mutex<State>,
    /// Notified when there is something to write, and when a write has returned.
    changed: Condvar,
}

struct State {
    backlog: Backlog<Box<dyn Picture>>,
    /// Whether the picture has changed since it was last drawn.
    redraw: bool,
    /// Whether there is a picture.
    has_picture: bool,
    thread: Thread,
    /// The number of writes that have returned.
    writes: u64,
    /// The limit of the whole run (`-m`).
    limit: Option<Deadline>,
    /// Standard output, once it shares the lane.
    data: Option<Arc<File>>,
    /// Bytes of received data that are not written.
    unwritten: usize,
    /// The first error of writing data.
    data_error: Option<io::Error>,
    /// Called after data was written.
    on_progress: Option<Arc<dyn Fn() + Send + Sync>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Thread {
    None,
    /// The thread waits for entries.
    Idle,
    /// The thread is writing.
    Busy,
}

/// Queues a line, including its line end. Drops it if too many bytes are waiting, and counts it as dropped.
pub(super) fn write(line: Vec<u8>) {
    LANE.add(|backlog| backlog.push(line));
}

/// Queues a text that must not be dropped: an error, or output that the user asked for.
pub(super) fn write_always(text: Vec<u8>) {
    LANE.add(|backlog| backlog.push_always(text));
}

/// Sends received data to `output` through the lane from now on.
pub(super) fn share(output: File) {
    LANE.lock().data = Some(Arc::new(output));
}

/// Has `notify` called after each write of data.
pub(super) fn on_progress(notify: impl Fn() + Send + Sync + 'static) {
    LANE.lock().on_progress = Some(Arc::new(notify));
}

/// Queues received data, which is never dropped: the caller bounds [`unwritten`].
pub(super) fn write_data(data: Vec<u8>) {
    LANE.lock().unwritten += data.len();
    LANE.add(|backlog| backlog.push_data(data));
}

/// The bytes of received data that are not written.
pub(super) fn unwritten() -> usize {
    LANE.lock().unwritten
}

/// The first error of writing data since the last call.
pub(super) fn take_data_error() -> Option<io::Error> {
    LANE.lock().data_error.take()
}

/// Shows a picture below the lines until [`end_picture`] is called.
pub fn show(picture: Box<dyn Picture>) {
    LANE.add(|backlog| backlog.show(picture));
}

/// Requests that the picture be redrawn.
pub fn redraw() {
    LANE.lock().redraw = true;
    LANE.changed.notify_all();
}

pub fn end_picture() {
    LANE.add(Backlog::end);
}

/// Sets the limit of the whole run. [`flush`] waits no longer than that.
pub(super) fn set_limit(limit: Option<Deadline>) {
    LANE.lock().limit = limit;
}

/// The limit of the whole run.
pub(super) fn limit() -> Option<Deadline> {
    LANE.lock().limit
}

/// Waits until everything is written. Gives up when standard error takes nothing for [`STALLED`]. After a
/// signal or the limit of the run, gives up when one write takes longer than [`LAST_WORDS`], and after
/// [`STALLED`] in any case.
pub(super) fn flush() {
    let start = Instant::now();
    let mut state = LANE.lock();
    let (mut seen, mut moved) = (state.writes, start);
    while state.thread == Thread::Busy || (state.thread == Thread::Idle && state.has_work()) {
        let now = Instant::now();
        if state.writes != seen {
            (seen, moved) = (state.writes, now);
        }
        let limit = state.limit.map(|limit| limit.at());
        let is_hurried = signals::received().is_some() || limit.is_some_and(|limit| limit <= now);
        let end = match (is_hurried, state.thread) {
            (false, _) => moved + STALLED,
            (true, Thread::Busy) => (moved + LAST_WORDS).min(start + STALLED),
            // The thread has not been scheduled yet.
            (true, Thread::Idle | Thread::None) => start + STALLED,
        };
        if end <= now {
            break;
        }
        let next = limit.filter(|_| !is_hurried).map_or(end, |limit| limit.min(end));
        let wait = LANE.changed.wait_timeout(state, next.saturating_duration_since(now));
        state = wait.unwrap_or_else(PoisonError::into_inner).0;
    }
}

impl State {
    /// Whether the thread has something to write or to draw.
    fn has_work(&self) -> bool {
        !self.backlog.is_empty() || (self.redraw && self.has_picture)
    }
}

impl Lane {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&'static self, change: impl FnOnce(&mut Backlog<Box<dyn Picture>>)) {
        let mut state = self.lock();
        change(&mut state.backlog);
        if state.thread == Thread::None {
            let spawned = thread::Builder::new().name("stderr".to_owned()).spawn(|| self.run());
            match spawned {
                Ok(_) => state.thread = Thread::Idle,
                // Without a thread, a write that may block is better than a lost line.
                Err(_) => write_now(&mut state),
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    /// The body of the thread, which runs until the end of the program.
    fn run(&self) {
        let mut picture: Option<Box<dyn Picture>> = None;
        let mut state = self.lock();
        loop {
            let entry = state.backlog.pop();
            // A request that came before its picture waits for it.
            let redraw = picture.is_some() && std::mem::take(&mut state.redraw);
            if entry.is_none() && !redraw {
                state.thread = Thread::Idle;
                self.changed.notify_all();
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.thread = Thread::Busy;
            let (output, on_progress) = (state.data.clone(), state.on_progress.clone());
            drop(state);
            let data = entry.as_ref().map_or(0, Entry::data_len);
            let written = entry.map_or(Ok(()), |entry| apply(entry, &mut picture, output.as_deref()));
            if let Some(picture) = picture.as_mut().filter(|_| redraw) {
                picture.draw();
            }
            state = self.lock();
            state.writes += 1;
            state.has_picture = picture.is_some();
            state.unwritten -= data;
            if data > 0 {
                if let Err(err) = written {
                    state.data_error.get_or_insert(err);
                }
                self.changed.notify_all();
                drop(state);
                if let Some(notify) = on_progress {
                    notify();
                }
                state = self.lock();
                continue;
            }
            if written.is_err() {
                // The reader of standard error is gone, and there is nowhere else to report that.
                state.backlog.clear();
            }
        }
    }
}

/// Writes an entry. `output` is where data goes.
fn apply(
    entry: Entry<Box<dyn Picture>>,
    picture: &mut Option<Box<dyn Picture>>,
    output: Option<&File>,
) -> io::Result<()> {
    let above = |picture: Option<&mut Box<dyn Picture>>, write: &dyn Fn() -> io::Result<()>| {
        let Some(picture) = picture else { return write() };
        let mut written = Ok(());
        picture.above(&mut || written = write());
        written
    };
    match (entry, picture.as_mut()) {
        (Entry::Text(text), picture) => {
            return above(picture, &|| put(&|bytes| io::stderr().lock().write(bytes), &text));
        }
        (Entry::Data(data), _) => {
            if let Some(picture) = picture.take_if(|picture| picture.yields_to_data()) {
                picture.end();
            }
            let Some(output) = output else { return Ok(()) };
            return above(picture.as_mut(), &|| put(&|bytes| stdio::write(output, bytes), &data));
        }
        (Entry::Show(new), _) => *picture = Some(new),
        (Entry::End, _) => {
            if let Some(picture) = picture.take() {
                picture.end();
            }
        }
    }
    Ok(())
}

fn write_now(state: &mut State) {
    let output = state.data.clone();
    while let Some(entry) = state.backlog.pop() {
        state.unwritten -= entry.data_len();
        let _ = apply(entry, &mut None, output.as_deref());
    }
}

/// Writes all bytes, in a single `write` if the system takes them at once.
fn put(write: &dyn Fn(&[u8]) -> io::Result<usize>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(err) if err.kind() == ErrorKind::Interrupted => {}
            Err(err) if err.kind() == ErrorKind::WouldBlock => thread::sleep(NOT_NOW),
            Err(err) => return Err(err),
        }
    }
    Ok(())
}
