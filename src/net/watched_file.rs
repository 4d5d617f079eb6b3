//! A pipe or terminal that a poller waits for. Other programs share it and keep it open, so it is deregistered before it is
//! closed.

use std::fs::File;
use std::io;

use mio::Interest;

use super::poller::Poller;
#[cfg(unix)]
use super::poller::Registration;
use super::readiness::Readiness;

/// A file with its readiness.
#[derive(Debug)]
pub struct WatchedFile {
    // Dropped before `file`, so that it is deregistered before it is closed.
    watch: platform::Watch,
    file: File,
}

impl Poller {
    /// From now on, waits for `pipe` to become readable, too.
    ///
    /// # Errors
    /// The file, and why the poller cannot wait for it: it is a regular file, or the platform only waits for sockets.
    pub fn watch_input(&self, pipe: File) -> Result<WatchedFile, (File, io::Error)> {
        self.watch(pipe, Interest::READABLE)
    }

    /// From now on, waits for the reader of `pipe` to go away, too. [`Readiness::has_failed`] then returns true.
    ///
    /// # Errors
    /// As [`Poller::watch_input`].
    pub fn watch_output(&self, pipe: File) -> Result<WatchedFile, (File, io::Error)> {
        self.watch(pipe, platform::FAILURE)
    }

    fn watch(&self, file: File, interest: Interest) -> Result<WatchedFile, (File, io::Error)> {
        match platform::Watch::new(self, &file, interest) {
            Ok(watch) => Ok(WatchedFile { watch, file }),
            Err(err) => Err((file, err)),
        }
    }
}

impl WatchedFile {
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Its reported readiness.
    pub fn readiness(&self) -> &Readiness {
        self.watch.readiness()
    }

    /// Stops waiting for it.
    pub fn into_file(self) -> File {
        self.file
    }
}

#[cfg(unix)]
mod platform {
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsRawFd, RawFd};

    use mio::Interest;
    use mio::unix::SourceFd;

    use super::{Poller, Readiness, Registration};

    /// Errors are reported for any interest. A pipe reports nothing else for this one.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) const FAILURE: Interest = Interest::PRIORITY;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(super) const FAILURE: Interest = Interest::WRITABLE;

    /// Dropped while the descriptor is still open.
    #[derive(Debug)]
    pub(super) struct Watch {
        descriptor: RawFd,
        registration: Registration,
    }

    impl Watch {
        pub(super) fn new(poller: &Poller, file: &File, interest: Interest) -> io::Result<Self> {
            let descriptor = file.as_raw_fd();
            let registration = poller.register(&mut SourceFd(&descriptor), interest)?;
            Ok(Self { descriptor, registration })
        }

        pub(super) fn readiness(&self) -> &Readiness {
            self.registration.readiness()
        }
    }

    impl Drop for Watch {
        fn drop(&mut self) {
            // Fails only when the descriptor is not registered, which is the wanted state.
            let _ = self.registration.deregister(&mut SourceFd(&self.descriptor));
        }
    }
}

#[cfg(not(unix))]
mod platform {
    use std::fs::File;
    use std::io;

    use mio::Interest;

    use super::{Poller, Readiness};

    pub(super) const FAILURE: Interest = Interest::WRITABLE;

    /// Cannot be done on this platform.
    #[derive(Debug)]
    pub(super) enum Watch {}

    impl Watch {
        pub(super) fn new(_: &Poller, _: &File, _: Interest) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(super) fn readiness(&self) -> &Readiness {
            match *self {}
        }
    }
}
