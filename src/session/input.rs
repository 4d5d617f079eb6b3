//! The input lane: reads standard input or a file without blocking the network thread.
//! The network thread itself reads a pipe that holds little, and never waits for it. A thread reads everything else: a fixed
//! set of blocks goes back and forth, and when all are full, the thread waits.

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;
use std::time::Duration;

use super::lane::LaneContext;
use super::source::Remaining;
use crate::deadline::Deadline;
use crate::error::{Failure, IoCause, Status};
use crate::net::{LoopWaker, WatchedFile};
use crate::os::reading;

/// Blocks that travel between the lane and the network thread.
const BLOCKS: usize = 4;

/// Of blocks larger than this there are only half as many.
const LARGE_BLOCK: usize = 1 << 20;

/// The most that the network thread reads from a pipe at once: as much as a pipe holds by default.
const PIPE_BLOCK: usize = 64 * 1024;

/// What the lane reads.
#[derive(Debug)]
pub struct Input {
    /// The open file.
    pub file: File,
    /// Its name in errors: `standard input`, or the path.
    pub name: String,
    /// Bytes from the current position to the end, where known.
    pub size: Option<u64>,
}

impl Input {
    /// Opens `path`. A FIFO waits for its writer, at most until `until`.
    pub fn open(path: &std::path::Path, until: Option<Deadline>) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let failed =
            |err| Failure::new(Status::ReadError, format!("cannot read {name}")).source(IoCause(err));
        let file = reading::open(path, until)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Failure::new(Status::ReadError, format!("cannot read {name}: it is a directory")));
        }
        // Files that the kernel generates, as in /proc, report 0 bytes and have more.
        let size = (metadata.is_file() && metadata.len() > 0).then_some(metadata.len());
        Ok(Self { file, name, size })
    }

    /// Leaves out the first `offset` bytes of a file.
    ///
    /// # Errors
    /// It is no regular file, or is shorter.
    pub fn skip(&mut self, offset: u64) -> Result<(), Failure> {
        let name = &self.name;
        let refused = |why: String| Failure::new(Status::Usage, format!("-C {offset}: {why}"));
        let Some(size) = self.size else {
            return Err(refused(format!("{name} is not a regular file, so it cannot be continued")));
        };
        if offset > size {
            return Err(refused(format!("{name} has only {size} bytes")).hint("-C 0 begins at its start"));
        }
        let sought = io::Seek::seek(&mut self.file, io::SeekFrom::Start(offset));
        sought.map_err(|err| {
            Failure::new(Status::ReadError, format!("cannot read {name}")).source(IoCause(err))
        })?;
        self.size = Some(size - offset);
        Ok(())
    }

    /// Standard input; its size is known when it is a file.
    pub fn standard() -> Result<Self, Failure> {
        let failed = |err| Failure::new(Status::ReadError, "cannot read standard input").source(IoCause(err));
        let mut file = crate::os::stdio::input().map_err(failed)?;
        let size = match file.metadata() {
            Ok(metadata) if metadata.is_file() => {
                let position = io::Seek::stream_position(&mut file).unwrap_or_default();
                Some(metadata.len().saturating_sub(position))
            }
            _ => None,
        };
        Ok(Self { file, name: "standard input".to_owned(), size })
    }
}

/// Bytes that were read.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// Holds unconsumed bytes from `start` to `end`.
    pub(super) buffer: Vec<u8>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Block {
    /// The bytes that are not consumed.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.start += count;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

/// What the lane has next.
#[derive(Debug)]
enum Next {
    Block(Block),
    Nothing,
    End,
}

/// Whether a block has bytes.
pub(super) enum Refill {
    Ready,
    /// No bytes yet.
    Nothing,
    /// No more bytes.
    End,
}

/// The network thread's end of the lane.
#[derive(Debug)]
pub(super) struct InputLane {
    name: String,
    source: Reading,
    block_size: usize,
    context: LaneContext,
    /// A block that [`InputLane::remaining`] found.
    found: Option<Block>,
    /// Bytes that an input of known size still has to give.
    owed: Option<u64>,
    is_terminal: bool,
}

#[derive(Debug)]
enum Reading {
    /// The network thread reads.
    Pipe { pipe: WatchedFile, spare: Block },
    /// A thread of its own reads.
    Thread { filled: Receiver<io::Result<Block>>, empties: Empties },
    /// The input has ended.
    Over,
}

/// Returns empty blocks to the thread, two at a time where there are enough: every return may have to wake the thread,
/// which takes longer than to read a block.
#[derive(Debug)]
struct Empties {
    to_thread: Sender<Block>,
    kept: Option<Block>,
    may_keep: bool,
}

impl Empties {
    fn give_back(&mut self, block: Block) {
        if self.may_keep && self.kept.is_none() {
            self.kept = Some(block);
            return;
        }
        // Sending fails when the thread has ended; then no block is needed.
        let _ = self.to_thread.send(block);
        self.flush();
    }

    /// Returns the block that was kept.
    fn flush(&mut self) {
        if let Some(block) = self.kept.take() {
            let _ = self.to_thread.send(block);
        }
    }
}

impl InputLane {
    /// Starts to read, at most `block_size` bytes at once.
    pub(super) fn start(input: Input, block_size: usize, context: LaneContext) -> Result<Self, Failure> {
        let Input { file, name, size } = input;
        let is_terminal = file.is_terminal();
        let source = Reading::Over;
        let mut lane = Self { name, source, block_size, context, found: None, owed: size, is_terminal };
        if crate::os::stdio::is_pipe(&file) {
            match lane.context.poller.watch_input(file) {
                Ok(pipe) => lane.source = Reading::Pipe { pipe, spare: Block::default() },
                Err((file, _)) => lane.start_thread(file)?,
            }
        } else {
            lane.start_thread(file)?;
        }
        Ok(lane)
    }

    fn start_thread(&mut self, file: File) -> Result<(), Failure> {
        let (empty, empties) = mpsc::channel();
        let (full, filled) = mpsc::channel();
        let blocks = if self.block_size > LARGE_BLOCK { BLOCKS / 2 } else { BLOCKS };
        for _ in 0..blocks {
            let _ = empty.send(Block::default());
        }
        let (size, block_size, waker) = (self.owed, self.block_size, self.context.waker.clone());
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || {
                let promised = Promised::new(&file, size);
                read_all(&file, promised, block_size, &empties, &full, &waker);
                // The closed channel announces the end. Wake only after that.
                drop(full);
                waker.wake();
            })
            .map_err(|err| {
                Failure::new(Status::ReadError, format!("cannot start a thread that reads {}", self.name))
                    .source(IoCause(err))
            })?;
        let empties = Empties { to_thread: empty, kept: None, may_keep: blocks == BLOCKS };
        self.source = Reading::Thread { filled, empties };
        Ok(())
    }

    /// The next block, if one is there.
    fn next(&mut self) -> Result<Next, Failure> {
        let next = match self.found.take() {
            Some(block) => Next::Block(block),
            None => self.look()?,
        };
        if let (Next::Block(block), Some(owed)) = (&next, &mut self.owed) {
            *owed = owed.saturating_sub(block.bytes().len() as u64);
        }
        Ok(next)
    }

    /// Asks the pipe or the thread.
    fn look(&mut self) -> Result<Next, Failure> {
        let result = match &mut self.source {
            Reading::Over => return Ok(Next::End),
            Reading::Pipe { .. } => return self.look_into_pipe(),
            Reading::Thread { filled, empties } => {
                let result = filled.try_recv();
                if matches!(result, Err(TryRecvError::Empty)) {
                    empties.flush();
                }
                result
            }
        };
        match result {
            Ok(Ok(block)) => Ok(Next::Block(block)),
            Ok(Err(err)) => Err(self.failed(err)),
            Err(TryRecvError::Empty) => Ok(Next::Nothing),
            Err(TryRecvError::Disconnected) => {
                self.source = Reading::Over;
                Ok(Next::End)
            }
        }
    }

    fn look_into_pipe(&mut self) -> Result<Next, Failure> {
        let Reading::Pipe { pipe, spare } = &mut self.source else { return Ok(Next::End) };
        spare.buffer.resize(PIPE_BLOCK, 0);
        let (file, buffer) = (pipe.file(), &mut spare.buffer);
        match pipe.readiness().read(|| crate::os::stdio::read_now(file, buffer)) {
            Ok(0) => {
                self.source = Reading::Over;
                Ok(Next::End)
            }
            Ok(count) => {
                let mut block = std::mem::take(spare);
                (block.start, block.end) = (0, count);
                if count == PIPE_BLOCK {
                    // It is written faster than we read: use a thread.
                    self.hand_to_thread()?;
                }
                Ok(Next::Block(block))
            }
            Err(err) if err.kind() == ErrorKind::WouldBlock => Ok(Next::Nothing),
            Err(err) if err.kind() == ErrorKind::Unsupported => {
                self.hand_to_thread()?;
                Ok(Next::Nothing)
            }
            Err(err) => Err(self.failed(err)),
        }
    }

    fn hand_to_thread(&mut self) -> Result<(), Failure> {
        match std::mem::replace(&mut self.source, Reading::Over) {
            Reading::Pipe { pipe, .. } => self.start_thread(pipe.into_file()),
            Reading::Thread { .. } | Reading::Over => Ok(()),
        }
    }

    fn failed(&mut self, err: io::Error) -> Failure {
        self.source = Reading::Over;
        Failure::new(Status::ReadError, format!("cannot read {}", self.name)).source(IoCause(err))
    }

    /// Makes sure that `block` has bytes: exchanges an empty one for a full one.
    pub(super) fn refill(&mut self, block: &mut Block) -> Result<Refill, Failure> {
        if !block.is_empty() {
            return Ok(Refill::Ready);
        }
        match self.next()? {
            Next::Block(full) => {
                self.give_back(std::mem::replace(block, full));
                Ok(Refill::Ready)
            }
            Next::Nothing => Ok(Refill::Nothing),
            Next::End => Ok(Refill::End),
        }
    }

    /// Returns an empty block to be filled again.
    fn give_back(&mut self, block: Block) {
        match &mut self.source {
            Reading::Pipe { spare, .. } => *spare = block,
            Reading::Thread { empties, .. } => empties.give_back(block),
            Reading::Over => {}
        }
    }

    /// What the input has left. The end of a terminal is never awaited: nothing was typed that could be lost.
    pub(super) fn remaining(&mut self) -> Remaining {
        if self.found.is_none() {
            match self.look() {
                Ok(Next::Block(block)) => self.found = Some(block),
                Ok(Next::Nothing) => {}
                Ok(Next::End) => return Remaining::Nothing,
                // Bytes that cannot be read are not sent.
                Err(_) => return Remaining::Something,
            }
        }
        match self.found {
            Some(_) => Remaining::Something,
            None if self.owed.is_some_and(|owed| owed > 0) => Remaining::Something,
            None if self.is_terminal => Remaining::Nothing,
            None => Remaining::Unknown,
        }
    }
}

/// What an input of known size has to give.
struct Promised {
    /// Where it ends.
    end: u64,
    /// Bytes that were not read yet.
    left: u64,
}

impl Promised {
    fn new(mut file: &File, size: Option<u64>) -> Self {
        let left = size.unwrap_or_default();
        let position = io::Seek::stream_position(&mut file).unwrap_or_default();
        Self { end: position.saturating_add(left), left }
    }

    /// Whether the end of the file has come too early. Files that the kernel generates may hold less than they report.
    fn is_broken(&self, file: &File) -> bool {
        self.left > 0 && file.metadata().is_ok_and(|now| now.len() < self.end)
    }
}

/// Reads until the end, an error, or the end of the session. A file that is cut off meanwhile is an error.
fn read_all(
    file: &File,
    mut promised: Promised,
    block_size: usize,
    empties: &Receiver<Block>,
    full: &Sender<io::Result<Block>>,
    waker: &LoopWaker,
) {
    while let Ok(mut block) = empties.recv() {
        block.buffer.resize(block_size, 0);
        let result = loop {
            match crate::os::stdio::read(file, &mut block.buffer) {
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                // Another program has made this descriptor non-blocking, which all its holders share.
                Err(err) if err.kind() == ErrorKind::WouldBlock => thread::sleep(Duration::from_millis(5)),
                result => break result,
            }
        };
        let item = match result {
            Ok(0) if promised.is_broken(file) => {
                Err(io::Error::other(format!("it became {} bytes shorter while it was sent", promised.left)))
            }
            Ok(0) => break,
            Ok(count) => {
                promised.left = promised.left.saturating_sub(count as u64);
                (block.start, block.end) = (0, count);
                Ok(block)
            }
            Err(err) => Err(err),
        };
        let failed = item.is_err();
        if full.send(item).is_err() || failed {
            break;
        }
        waker.wake();
    }
}
