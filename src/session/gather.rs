//! Message mode, incoming: sections become whole messages, which are checked and laid out.

use std::time::SystemTime;

use super::check::Checks;
use super::Incoming;
use crate::error::{Failure, Status};
use crate::framing::Joiner;
use crate::protocol::{CloseFrame, Kind, Section};
use crate::size;

/// The most that the buffer of an unfinished message keeps when it is reused.
const KEPT_CAPACITY: usize = 1 << 20;

/// Makes bytes safe to be shown by a terminal.
pub(super) type Escape = fn(&[u8], &mut Vec<u8>);

/// Collects messages up to a size.
#[derive(Debug)]
pub struct MessageSink {
    joiner: Joiner,
    checks: Checks,
    max_message: u64,
    escape: Option<Escape>,
    gathered: Vec<u8>,
    /// The bytes of the message so far, and of the frames announced for it.
    announced: u64,
}

impl MessageSink {
    /// A sink that refuses messages of more than `max_message` bytes. `escape` is for output to a terminal.
    pub fn new(joiner: Joiner, checks: Checks, max_message: u64, escape: Option<Escape>) -> Self {
        Self { joiner, checks, max_message, escape, gathered: Vec::new(), announced: 0 }
    }

    fn deliver(&mut self, kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
        self.checks.look_at(payload);
        match self.escape {
            Some(escape) => {
                let mut joined = Vec::new();
                self.joiner.message(kind, payload, SystemTime::now, &mut joined);
                escape(&joined, out);
            }
            None => self.joiner.message(kind, payload, SystemTime::now, out),
        }
    }

    /// Refuses a frame when its header says that it would be too much, before any of it is kept.
    fn announce(&mut self, frame: u64) -> Result<(), Failure> {
        self.announced = self.announced.saturating_add(frame);
        if self.announced <= self.max_message {
            return Ok(());
        }
        let (announced, limit) = (self.announced, size::exact(self.max_message));
        let text = format!("a message of at least {announced} bytes is larger than {limit} (--max-message-size)");
        Err(Failure::new(Status::MessageTooBig, text)
            .hint("--max-message-size allows more; `wsurl stream` receives messages of any size"))
    }
}

impl Incoming for MessageSink {
    fn section(&mut self, section: &Section<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        if let Some(header) = section.header {
            self.announce(header.len)?;
        }
        if section.first && section.last {
            self.deliver(section.kind, section.bytes, out);
        } else {
            self.gathered.extend_from_slice(section.bytes);
            if section.last {
                let payload = std::mem::take(&mut self.gathered);
                self.deliver(section.kind, &payload, out);
                self.gathered = payload;
                self.gathered.clear();
                self.gathered.shrink_to(KEPT_CAPACITY);
            }
        }
        if section.last {
            self.announced = 0;
        }
        Ok(())
    }

    fn close(&mut self, close: &CloseFrame, out: &mut Vec<u8>) {
        self.joiner.close(close, out);
    }

    fn unmet(&self) -> Option<String> {
        self.checks.unmet()
    }
}
