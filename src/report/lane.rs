//! The log lane: a bounded queue and one thread that writes to standard error. No other thread writes there,
//! so a stopped terminal or an unread pipe blocks no other thread.
//! The first line starts the thread.

use std::io::{self, ErrorKind, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::backlog::{Backlog, Entry};
use crate::deadline::Deadline;
use crate::os::signals;

/// How long to wait at the end of the program while standard error takes nothing.
const STALLED: Duration = Duration::from_secs(1);

/// How long one write may take after the limit of the run, or after a signal.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// The pause before retrying a descriptor that another program has made non-blocking.
const NOT_NOW: Duration = Duration::from_millis(5);

/// A picture below the lines of a terminal, such as a progress bar. Only the lane's thread calls it.
pub(super) trait Picture: Send {
    /// Draws the current state.
    fn draw(&mut self);
    /// Removes the picture from the screen, calls `write`, and shows the picture again.
    fn above(&mut self, write: &mut dyn FnMut());
    /// Draws the final state.
    fn end(self: Box<Self>);
}

/// The one lane of the program.
static LANE: Lane = Lane {
    state: Mutex::new(State {
        backlog: Backlog::new(),
        redraw: false,
        thread: Thread::None,
        writes: 0,
        limit: None,
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
    thread: Thread,
    /// The number of writes that have returned.
    writes: u64,
    /// The limit of the whole run (`-m`).
    limit: Option<Deadline>,
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

/// Shows a picture below the lines until [`end_picture`] is called.
pub(super) fn show(picture: Box<dyn Picture>) {
    LANE.add(|backlog| backlog.show(picture));
}

/// Requests that the picture be redrawn.
pub(super) fn redraw() {
    LANE.lock().redraw = true;
    LANE.changed.notify_all();
}

pub(super) fn end_picture() {
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
    while state.thread == Thread::Busy || (state.thread == Thread::Idle && !state.backlog.is_empty()) {
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
                Err(_) => write_now(&mut state.backlog),
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
            // The entry may be the picture that is to be drawn.
            let redraw = std::mem::take(&mut state.redraw);
            if entry.is_none() && !(redraw && picture.is_some()) {
                state.thread = Thread::Idle;
                self.changed.notify_all();
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.thread = Thread::Busy;
            drop(state);
            let written = entry.map_or(Ok(()), |entry| apply(entry, &mut picture));
            if let Some(picture) = picture.as_mut().filter(|_| redraw) {
                picture.draw();
            }
            state = self.lock();
            state.writes += 1;
            if written.is_err() {
                // The reader of standard error is gone, and there is nowhere else to report that.
                state.backlog.clear();
            }
        }
    }
}

fn apply(entry: Entry<Box<dyn Picture>>, picture: &mut Option<Box<dyn Picture>>) -> io::Result<()> {
    match (entry, picture.as_mut()) {
        (Entry::Text(text), None) => return put(&text),
        (Entry::Text(text), Some(picture)) => {
            let mut written = Ok(());
            picture.above(&mut || written = put(&text));
            return written;
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

fn write_now(backlog: &mut Backlog<Box<dyn Picture>>) {
    while let Some(entry) = backlog.pop() {
        if let Entry::Text(text) = entry {
            let _ = put(&text);
        }
    }
}

/// Writes all bytes, in a single `write` if the system takes them at once.
fn put(mut bytes: &[u8]) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    while !bytes.is_empty() {
        match stderr.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(err) if err.kind() == ErrorKind::Interrupted => {}
            Err(err) if err.kind() == ErrorKind::WouldBlock => thread::sleep(NOT_NOW),
            Err(err) => return Err(err),
        }
    }
    Ok(())
}
