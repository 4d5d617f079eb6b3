//! The incomplete files, for a program that is ended by force and does not run destructors.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

static ALL: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

#[derive(Clone, Debug)]
struct Entry {
    path: PathBuf,
    /// Whether this run created the file; if so, it is removed while it is empty.
    is_new: bool,
    written: Arc<AtomicU64>,
}

impl Entry {
    /// Removes the file if it is new and no bytes have arrived.
    fn settle(&self) -> Option<Kept> {
        let kept = Kept::of(&self.path, self.written.load(Ordering::Relaxed));
        if kept.is_none() && self.is_new {
            // Another program may have removed it already.
            let _ = std::fs::remove_file(&self.path);
        }
        kept
    }
}

/// An incomplete file. Dropping this removes the file if it is new and empty, and keeps it otherwise.
#[derive(Debug)]
pub(super) struct Unfinished {
    entry: Entry,
    is_complete: bool,
}

impl Unfinished {
    pub(super) fn register(path: PathBuf, is_new: bool, written: Arc<AtomicU64>) -> Self {
        let entry = Entry { path, is_new, written };
        all().push(entry.clone());
        Self { entry, is_complete: false }
    }

    pub(super) fn path(&self) -> &Path {
        &self.entry.path
    }

    /// The file and its bytes, if any have arrived.
    pub(super) fn kept(&self) -> Option<Kept> {
        Kept::of(&self.entry.path, self.entry.written.load(Ordering::Relaxed))
    }

    /// Marks the file as complete, so that dropping this keeps it.
    pub(super) fn complete(mut self) {
        self.is_complete = true;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        all().retain(|entry| !Arc::ptr_eq(&entry.written, &self.entry.written));
        if !self.is_complete {
            self.entry.settle();
        }
    }
}

/// Removes the new and empty files when the program is about to end. Returns those that were kept.
pub(crate) fn settle_all() -> Vec<Kept> {
    all().drain(..).filter_map(|entry| entry.settle()).collect()
}

fn all() -> MutexGuard<'static, Vec<Entry>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An incomplete file that is kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    path: PathBuf,
    bytes: u64,
}

impl Kept {
    fn of(path: &Path, bytes: u64) -> Option<Self> {
        (bytes > 0).then(|| Self { path: path.to_owned(), bytes })
    }
}

/// Formatted as the end of an error message.
impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.bytes == 1 { "byte is" } else { "bytes are" };
        write!(f, "{} {plural} kept in {}", self.bytes, self.path.display())
    }
}
