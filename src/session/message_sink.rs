//! Message mode, incoming: sections become whole messages, which are checked and laid out.

use std::time::SystemTime;

use super::check::Checks;
use super::sink::{Delivery, Sink};
use crate::error::Failure;
use crate::framing::Joiner;
use crate::protocol::{CloseFrame, Kind, Section};
use crate::size::KEPT_CAPACITY;

/// Makes a text that comes in pieces safe to be shown by a terminal; an empty piece ends the text.
pub type Escape = Box<dyn FnMut(&[u8], &mut Vec<u8>) + Send>;

/// Collects messages. The reader of the protocol limits their size.
pub struct MessageSink {
    joiner: Joiner,
    checks: Checks,
    escape: Option<Escape>,
    gathered: Vec<u8>,
}

impl MessageSink {
    /// A sink that lays messages out with `joiner`. `escape` is for output to a terminal.
    pub fn new(joiner: Joiner, checks: Checks, escape: Option<Escape>) -> Self {
        Self { joiner, checks, escape, gathered: Vec::new() }
    }

    /// The checks, with what became of them.
    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    fn deliver(&mut self, kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
        self.checks.look_at(payload);
        match &mut self.escape {
            Some(escape) => {
                let mut joined = Vec::new();
                self.joiner.message(kind, payload, SystemTime::now, &mut joined);
                escape(&joined, out);
            }
            None => self.joiner.message(kind, payload, SystemTime::now, out),
        }
    }
}

impl Sink for MessageSink {
    fn section(&mut self, section: &Section<'_>, delivery: &mut Delivery<'_>) -> Result<(), Failure> {
        if section.first && section.last {
            self.deliver(section.kind, section.bytes, delivery.out);
        } else {
            self.gathered.extend_from_slice(section.bytes);
            if section.last {
                let payload = std::mem::take(&mut self.gathered);
                self.deliver(section.kind, &payload, delivery.out);
                self.gathered = payload;
                self.gathered.clear();
                self.gathered.shrink_to(KEPT_CAPACITY);
            }
        }
        Ok(())
    }

    fn close(&mut self, close: &CloseFrame, out: &mut Vec<u8>) {
        let Some(escape) = &mut self.escape else { return self.joiner.close(close, out) };
        let mut line = Vec::new();
        self.joiner.close(close, &mut line);
        if !line.is_empty() {
            escape(&line, out);
        }
        escape(&[], out);
    }

    fn unmet(&self) -> Option<String> {
        self.checks.unmet()
    }
}
