//! Writes of the network thread itself, which never wait. They save two switches between threads.

use std::fs::File;
use std::io::{self, ErrorKind};

use super::chunk::Chunk;
use crate::os::stdio;

/// A pipe, or a device such as `/dev/null`.
#[derive(Debug)]
pub(super) struct Direct {
    file: File,
    is_pipe: bool,
}

impl Direct {
    /// `None` if only a thread may write `file`: to a disk, a write may take long.
    pub(super) fn to(file: &File) -> Option<Self> {
        let is_pipe = stdio::is_pipe(file);
        if is_pipe || stdio::is_device(file) {
            Some(Self { file: file.try_clone().ok()?, is_pipe })
        } else {
            None
        }
    }

    /// Whether each write costs a copy to a reader. Then a thread writes while there is more to read.
    pub(super) fn is_pipe(&self) -> bool {
        self.is_pipe
    }

    /// Writes what the file takes now.
    ///
    /// # Errors
    /// `Unsupported` if the system cannot write this file without waiting; all others are errors of the file.
    pub(super) fn write(&self, chunk: &mut Chunk) -> io::Result<()> {
        while chunk.len() > 0 {
            match stdio::write_now(&self.file, &chunk.slices()) {
                Ok(0) => return Ok(()),
                Ok(count) => chunk.advance(count),
                Err(err) if err.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                Err(err) => return Err(err),
            }
        }
        Ok(())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_pipe_takes_what_it_has_room_for() {
        let (mut reader, writer) = io::pipe().unwrap();
        let writer = File::from(std::os::fd::OwnedFd::from(writer));
        let direct = Direct::to(&writer).unwrap();
        assert!(direct.is_pipe());
        let bytes = (0..1 << 20).map(|at: u32| at.to_le_bytes()[1]).collect::<Vec<_>>();
        let mut chunk = Chunk::whole(bytes.clone());
        direct.write(&mut chunk).unwrap();
        let taken = bytes.len() - chunk.len();
        assert!((1..bytes.len()).contains(&taken), "{taken}");
        direct.write(&mut chunk).unwrap();
        drop((direct, writer));
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes[..taken]);
    }

    #[test]
    fn a_pipe_without_a_reader_is_an_error() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let direct = Direct::to(&File::from(std::os::fd::OwnedFd::from(writer))).unwrap();
        let failed = direct.write(&mut Chunk::whole(b"x".to_vec())).unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_file_is_left_to_a_thread() {
        assert!(Direct::to(&tempfile::tempfile().unwrap()).is_none());
        let null = File::options().write(true).open("/dev/null").unwrap();
        assert!(Direct::to(&null).is_some_and(|direct| !direct.is_pipe()));
    }
}
