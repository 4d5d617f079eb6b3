//! Message mode, inbound: sections become whole messages, which are checked and laid out.

use std::time::SystemTime;

use super::check::{Checks, Unmet};
use super::sink::{Delivery, Sink};
use crate::error::Failure;
use crate::framing::{FramingWriter, MessageLayout};
use crate::protocol::{CloseFrame, Kind, Section};
use crate::size::KEPT_CAPACITY;

/// Makes text safe for a terminal, piece by piece. An empty piece ends the text.
pub type Escape = Box<dyn FnMut(&[u8], &mut Vec<u8>) + Send>;

/// A larger message is laid out piece by piece, as the output takes it.
const LARGE: usize = 64 * 1024;

/// The payload of such a piece, in bytes.
const PIECE: usize = 64 * 1024;

/// Gathers messages. [`MessageReader`](crate::protocol::MessageReader) limits their size.
pub struct MessageSink {
    writer: FramingWriter,
    checks: Checks,
    escape: Option<Escape>,
    /// The message that is arriving, or that is being laid out.
    gathered: Vec<u8>,
    layout: Option<MessageLayout>,
}

impl MessageSink {
    /// A sink that lays messages out with `writer`. `escape` is for output to a terminal.
    pub fn new(writer: FramingWriter, checks: Checks, escape: Option<Escape>) -> Self {
        Self { writer, checks, escape, gathered: Vec::new(), layout: None }
    }

    /// The checks, with their results.
    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    fn deliver(&mut self, kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
        self.checks.look_at(payload);
        match &mut self.escape {
            Some(escape) => {
                let mut laid_out = Vec::new();
                self.writer.message(kind, payload, SystemTime::now, &mut laid_out);
                escape(&laid_out, out);
            }
            None => self.writer.message(kind, payload, SystemTime::now, out),
        }
    }

    /// Checks the gathered message, which is complete, and lays it out or begins to.
    fn deliver_gathered(&mut self, kind: Kind, out: &mut Vec<u8>) {
        if self.gathered.len() > LARGE {
            self.checks.look_at(&self.gathered);
            self.layout = Some(self.writer.begin(kind, SystemTime::now));
            return;
        }
        let payload = std::mem::take(&mut self.gathered);
        self.deliver(kind, &payload, out);
        self.gathered = payload;
        self.gathered.clear();
    }
}

impl Sink for MessageSink {
    fn section(&mut self, section: &Section<'_>, delivery: &mut Delivery<'_>) -> Result<bool, Failure> {
        if section.first && section.last && section.bytes.len() <= LARGE {
            self.deliver(section.kind, section.bytes, delivery.out);
            return Ok(false);
        }
        if let Some(header) = section.header.filter(|header| section.first && !header.rsv1)
            && let Ok(len) = usize::try_from(header.len)
        {
            // Growing by doubling could take twice the memory for a message of one frame.
            self.gathered.reserve_exact(len);
        }
        self.gathered.extend_from_slice(section.bytes);
        if section.last {
            self.deliver_gathered(section.kind, delivery.out);
        }
        Ok(self.layout.is_some())
    }

    fn continue_message(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(layout) = &mut self.layout else { return false };
        let is_last = match &mut self.escape {
            Some(escape) => {
                let mut piece = Vec::new();
                let is_last = layout.next_piece(&self.gathered, PIECE, &mut piece);
                escape(&piece, out);
                is_last
            }
            None => layout.next_piece(&self.gathered, PIECE, out),
        };
        if is_last {
            self.layout = None;
            self.gathered.clear();
            self.gathered.shrink_to(KEPT_CAPACITY);
        }
        !is_last
    }

    fn close(&mut self, close: &CloseFrame, out: &mut Vec<u8>) {
        let Some(escape) = &mut self.escape else { return self.writer.close(close, out) };
        let mut line = Vec::new();
        self.writer.close(close, &mut line);
        if !line.is_empty() {
            escape(&line, out);
        }
        escape(&[], out);
    }

    fn is_met(&self) -> bool {
        self.checks.are_met()
    }

    fn unmet(&self) -> Option<Unmet> {
        self.checks.unmet()
    }
}
