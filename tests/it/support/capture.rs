//! Reads one output stream of a process on a thread of its own, and lets a test wait for what appears in it.

use std::io::{ErrorKind, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How the reader at the other end of the pipe behaves.
#[derive(Clone, Copy)]
pub enum Pace {
    /// Takes everything as it comes.
    Eager,
    /// Reads so many bytes, then closes the pipe, as `head` does.
    LeavesAfter(usize),
    /// Takes at most so many bytes, then rests.
    Slow { bytes: usize, rest: Duration },
}

pub struct Capture(Arc<Shared>);

#[derive(Default)]
struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Default)]
pub struct Seen {
    pub bytes: Vec<u8>,
    pub ended: bool,
}

impl Capture {
    pub fn of(source: impl Read + Send + 'static, pace: Pace) -> Self {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        thread::spawn(move || theirs.read_all(source, pace));
        Self(shared)
    }

    /// A stream that goes elsewhere: nothing to see, and over at once.
    pub fn nothing() -> Self {
        let shared =
            Shared { seen: Mutex::new(Seen { bytes: Vec::new(), ended: true }), ..Shared::default() };
        Self(Arc::new(shared))
    }

    /// Waits until `enough` says so or `deadline` is reached; false for the latter.
    pub fn wait(&self, deadline: Instant, mut enough: impl FnMut(&Seen) -> bool) -> bool {
        let seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = deadline.saturating_duration_since(Instant::now());
        let waited = self.0.changed.wait_timeout_while(seen, limit, |seen| !enough(seen));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner).bytes.clone()
    }
}

impl Shared {
    fn read_all(&self, mut source: impl Read, pace: Pace) {
        let mut buffer = vec![0; 256 * 1024];
        let mut left = usize::MAX;
        let mut at_once = buffer.len();
        match pace {
            Pace::Eager => {}
            Pace::LeavesAfter(bytes) => left = bytes,
            Pace::Slow { bytes, .. } => at_once = bytes,
        }
        while left > 0 {
            let room = at_once.min(left).min(buffer.len());
            match source.read(&mut buffer[..room]) {
                Ok(0) => break,
                Ok(count) => {
                    left -= count;
                    self.update(|seen| seen.bytes.extend_from_slice(&buffer[..count]));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
            if let Pace::Slow { rest, .. } = pace {
                thread::sleep(rest);
            }
        }
        drop(source);
        self.update(|seen| seen.ended = true);
    }

    fn update(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }
}
