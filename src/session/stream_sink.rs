//! Stream mode, inbound: every section is written as it arrives.

use sha2::{Digest, Sha256};

use super::check::{Checks, Unmet};
use super::message_sink::Escape;
use super::sink::{Delivery, Sink};
use crate::error::Failure;
use crate::protocol::{CloseFrame, Section};

/// A larger message meets no check, because it is never whole in memory.
const MAX_CHECKED: usize = 64 * 1024;

/// Passes sections to the output.
pub struct StreamSink {
    digest: Option<Sha256>,
    escape: Option<Escape>,
    checks: Checks,
    /// What has arrived of the current message, while a check is open and the message is not too large.
    gathered: Vec<u8>,
    /// Bytes of the current message so far.
    arrived: u64,
}

impl StreamSink {
    /// A sink that computes the SHA-256 of what is received if `digest` is set. `escape` is for output to a terminal.
    pub fn new(digest: bool, checks: Checks, escape: Option<Escape>) -> Self {
        let digest = digest.then(Sha256::new);
        Self { digest, escape, checks, gathered: Vec::new(), arrived: 0 }
    }

    /// The SHA-256 of what was received, if it was asked for.
    pub fn digest(&self) -> Option<[u8; 32]> {
        self.digest.clone().map(|digest| digest.finalize().into())
    }

    /// Gathers the message, and checks it when it is complete.
    fn check(&mut self, section: &Section<'_>) {
        if section.first {
            self.gathered.clear();
            self.arrived = 0;
        }
        self.arrived += section.bytes.len() as u64;
        let fits = self.arrived <= MAX_CHECKED as u64;
        match (fits, section.last) {
            (true, true) if section.first => self.checks.look_at(section.bytes),
            (true, is_last) => {
                self.gathered.extend_from_slice(section.bytes);
                if is_last {
                    self.checks.look_at(&self.gathered);
                }
            }
            (false, true) => self.checks.pass_over(self.arrived),
            (false, false) => {}
        }
    }
}

impl Sink for StreamSink {
    fn section(&mut self, section: &Section<'_>, delivery: &mut Delivery<'_>) -> Result<bool, Failure> {
        if let Some(digest) = &mut self.digest {
            digest.update(section.bytes);
        }
        if !self.checks.are_met() {
            self.check(section);
        }
        match &mut self.escape {
            // An empty piece would end the text.
            Some(_) if section.bytes.is_empty() => {}
            Some(escape) => escape(section.bytes, delivery.out),
            None => delivery.pass_on(section),
        }
        Ok(false)
    }

    fn close(&mut self, _: &CloseFrame, out: &mut Vec<u8>) {
        if let Some(escape) = &mut self.escape {
            escape(&[], out);
        }
    }

    fn is_met(&self) -> bool {
        self.checks.are_met()
    }

    fn unmet(&self) -> Option<Unmet> {
        self.checks.unmet()
    }
}
