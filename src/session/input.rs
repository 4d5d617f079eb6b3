//! The input lane: a thread that reads a file, pipe or terminal, so that a slow one stops nothing else.
//! A fixed set of blocks goes back and forth: when all are full, the source waits.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use super::wake::Wake;
use crate::deadline::Deadline;
use crate::error::{Failure, IoCause, Status};
use crate::os::reading;

/// Blocks that travel between the lane and the network thread.
const BLOCKS: usize = 4;

/// Of larger blocks there are only half as many.
const LARGE_BLOCK: usize = 1 << 20;

/// What is read from a pipe at once by the network thread: all that a pipe holds by default.
const PIPE_BLOCK: usize = 64 * 1024;

/// How long a source that is not at its end gets to show that it has more. It is asked when the server has ended the
/// session, and a busy source may just then have nothing ready.
const GRACE: Duration = Duration::from_millis(10);

/// What is read from, and how.
#[derive(Debug)]
pub struct Input {
    /// The source.
    pub file: File,
    /// How messages call it: `standard input`, or the file's name.
    pub name: String,
    /// Bytes from here to the end, where that is known before reading.
    pub size: Option<u64>,
}

impl Input {
    /// Opens `path`. A FIFO waits for the program that writes it, at most until `until`.
    pub fn open(path: &std::path::Path, until: Option<Deadline>) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let failed =
            |err| Failure::new(Status::ReadError, format!("cannot read {name}")).source(IoCause(err));
        let file = reading::open(path, until)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Failure::new(Status::ReadError, format!("cannot read {name}: it is a directory")));
        }
        // Files that the kernel makes up, as in /proc, say 0 and have more.
        let size = (metadata.is_file() && metadata.len() > 0).then_some(metadata.len());
        Ok(Self { file, name, size })
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

/// Bytes as they were read.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The bytes from `start` to `end` are not consumed.
    pub(super) buffer: Vec<u8>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Block {
    /// What was not consumed yet.
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

/// What the lane has.
#[derive(Debug)]
enum Next {
    Block(Block),
    Nothing,
    End,
}

/// Whether there are bytes.
pub(super) enum Refill {
    Ready,
    /// Not yet.
    Nothing,
    /// Nor will there be.
    End,
}

/// The network thread's end of the lane.
#[derive(Debug)]
pub(super) struct InputLane {
    name: String,
    source: Source,
    block_size: usize,
    wake: Wake,
    /// A block that was looked at and not taken.
    seen: Option<Block>,
    /// Bytes that a source of known size still has to give.
    owed: Option<u64>,
}

#[derive(Debug)]
enum Source {
    /// A pipe with little in it: read by the network thread itself, which saves a change of threads. `emptied`
    /// counts the sleeps before it was found empty.
    Pipe { file: File, spare: Block, emptied: Option<u64> },
    /// Everything else.
    Thread { filled: Receiver<io::Result<Block>>, empty: Sender<Block> },
    /// Nothing more.
    Over,
}

impl InputLane {
    /// Starts to read. A read asks for at most `block_size` bytes.
    pub(super) fn start(input: Input, block_size: usize, wake: Wake) -> Result<Self, Failure> {
        let Input { file, name, size } = input;
        let source = Source::Over;
        let mut lane = Self { name, source, block_size, wake, seen: None, owed: size };
        if crate::os::stdio::is_pipe(&file) && lane.wake.watch(&file).is_ok() {
            lane.source = Source::Pipe { file, spare: Block::default(), emptied: None };
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
        let (block_size, wake) = (self.block_size, self.wake.clone());
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || {
                read_all(file, block_size, &empties, &full, &wake);
                // Hanging up is how the end is told; only then the network thread has to look.
                drop(full);
                wake.wake();
            })
            .map_err(|err| {
                Failure::new(Status::ReadError, format!("cannot read {}", self.name)).source(err)
            })?;
        self.source = Source::Thread { filled, empty };
        Ok(())
    }

    /// The next block, if one is there.
    fn next(&mut self) -> Result<Next, Failure> {
        let next = match self.seen.take() {
            Some(block) => Next::Block(block),
            None => self.look()?,
        };
        if let (Next::Block(block), Some(owed)) = (&next, &mut self.owed) {
            *owed = owed.saturating_sub(block.bytes().len() as u64);
        }
        Ok(next)
    }

    /// What the source has.
    fn look(&mut self) -> Result<Next, Failure> {
        let result = match &mut self.source {
            Source::Over => return Ok(Next::End),
            Source::Pipe { emptied, .. } if *emptied == Some(self.wake.sleeps()) => return Ok(Next::Nothing),
            Source::Pipe { .. } => return self.look_into_pipe(),
            Source::Thread { filled, .. } => filled.try_recv(),
        };
        match result {
            Ok(Ok(block)) => Ok(Next::Block(block)),
            Ok(Err(err)) => Err(self.failed(err)),
            Err(TryRecvError::Empty) => Ok(Next::Nothing),
            Err(TryRecvError::Disconnected) => {
                self.source = Source::Over;
                Ok(Next::End)
            }
        }
    }

    fn look_into_pipe(&mut self) -> Result<Next, Failure> {
        let Source::Pipe { file, spare, .. } = std::mem::replace(&mut self.source, Source::Over) else {
            return Ok(Next::End);
        };
        let mut block = spare;
        block.buffer.resize(PIPE_BLOCK, 0);
        match crate::os::stdio::read_now(&file, &mut block.buffer) {
            Ok(0) => Ok(Next::End),
            Ok(count) => {
                (block.start, block.end) = (0, count);
                if count == PIPE_BLOCK {
                    // It comes faster than it is read: that is work for two threads.
                    self.wake.unwatch(&file);
                    self.start_thread(file)?;
                } else {
                    self.source = Source::Pipe { file, spare: Block::default(), emptied: None };
                }
                Ok(Next::Block(block))
            }
            Err(err) if matches!(err.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                // What comes after this ends the next sleep.
                self.source = Source::Pipe { file, spare: block, emptied: Some(self.wake.sleeps()) };
                Ok(Next::Nothing)
            }
            Err(err) if err.kind() == ErrorKind::Unsupported => {
                self.wake.unwatch(&file);
                self.start_thread(file)?;
                Ok(Next::Nothing)
            }
            Err(err) => Err(self.failed(err)),
        }
    }

    fn failed(&mut self, err: io::Error) -> Failure {
        self.source = Source::Over;
        Failure::new(Status::ReadError, format!("cannot read {}", self.name)).source(IoCause(err))
    }

    /// Makes sure that `block` has bytes, and takes it back where it has none.
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

    /// Gives an emptied block back to be filled again.
    fn give_back(&mut self, block: Block) {
        match &mut self.source {
            Source::Pipe { spare, .. } => *spare = block,
            // The thread has ended when its source has; then the block is not needed.
            Source::Thread { empty, .. } => drop(empty.send(block)),
            Source::Over => {}
        }
    }

    /// Whether the source is known to have bytes that [`InputLane::next`] has not given yet.
    pub(super) fn has_more(&mut self) -> bool {
        let end = Instant::now() + GRACE;
        while self.seen.is_none() {
            if let Source::Pipe { emptied, .. } = &mut self.source {
                *emptied = None;
            }
            match self.look() {
                Ok(Next::Block(block)) => self.seen = Some(block),
                Ok(Next::Nothing) if Instant::now() < end => thread::sleep(GRACE / 10),
                Ok(Next::Nothing) => break,
                Ok(Next::End) => return false,
                // What could not be read was not sent.
                Err(_) => return true,
            }
        }
        self.seen.is_some() || self.owed.is_some_and(|owed| owed > 0)
    }
}

/// Reads until the end, an error, or until nobody wants more.
fn read_all(
    mut file: File,
    block_size: usize,
    empties: &Receiver<Block>,
    full: &Sender<io::Result<Block>>,
    wake: &Wake,
) {
    while let Ok(mut block) = empties.recv() {
        block.buffer.resize(block_size, 0);
        let result = loop {
            match file.read(&mut block.buffer) {
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                // Another program has made this descriptor non-blocking, which all its holders share.
                Err(err) if err.kind() == ErrorKind::WouldBlock => thread::sleep(Duration::from_millis(5)),
                result => break result,
            }
        };
        let item = match result {
            Ok(0) => break,
            Ok(count) => {
                (block.start, block.end) = (0, count);
                Ok(block)
            }
            Err(err) => Err(err),
        };
        let failed = item.is_err();
        if full.send(item).is_err() || failed {
            break;
        }
        wake.wake();
    }
}
