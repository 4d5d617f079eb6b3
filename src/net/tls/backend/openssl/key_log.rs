//! Logs the secrets of each session in the NSS format (`SSLKEYLOGFILE`), for tools that decrypt captured
//! traffic.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// A file to which lines are appended.
pub(super) struct KeyLog(File);

impl KeyLog {
    /// Opens the file. A new file is readable by its owner only.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(Self)
    }

    /// Appends one line in one write, because other processes may append to the same file.
    pub(super) fn append(&self, line: &str) {
        // A failed write to the log must not end the connection.
        let _ = (&self.0).write_all(format!("{line}\n").as_bytes());
    }
}
