//! Message mode, incoming: sections become whole messages, which are checked and laid out.

use std::time::SystemTime;

use super::Incoming;
use super::check::Checks;
use super::message_limit::MessageLimit;
use crate::error::Failure;
use crate::framing::FramingWriter;
use crate::protocol::{CloseFrame, Kind, Section};
use crate::size::KEPT_CAPACITY;

/// Makes bytes safe to be shown by a terminal.
pub type Escape = fn(&[u8], &mut Vec<u8>);

/// Collects messages up to a size.
#[derive(Debug)]
pub struct MessageSink {
    writer: FramingWriter,
    checks: Checks,
    limit: MessageLimit,
    escape: Option<Escape>,
    gathered: Vec<u8>,
}

impl MessageSink {
    /// A sink that refuses messages of more than `max_message` bytes. `escape` is for output to a terminal.
    pub fn new(writer: FramingWriter, checks: Checks, max_message: u64, escape: Option<Escape>) -> Self {
        Self { writer, checks, limit: MessageLimit::new(max_message), escape, gathered: Vec::new() }
    }

    /// The checks, with what became of them.
    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    fn deliver(&mut self, kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
        self.checks.look_at(payload);
        match self.escape {
            Some(escape) => {
                let mut joined = Vec::new();
                self.writer.message(kind, payload, SystemTime::now, &mut joined);
                escape(&joined, out);
            }
            None => self.writer.message(kind, payload, SystemTime::now, out),
        }
    }
}

impl Incoming for MessageSink {
    fn section(&mut self, section: &Section<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        self.limit.check(section)?;
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
        Ok(())
    }

    fn close(&mut self, close: &CloseFrame, out: &mut Vec<u8>) {
        self.writer.close(close, out);
    }

    fn unmet(&self) -> Option<String> {
        self.checks.unmet()
    }
}
