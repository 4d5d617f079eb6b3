//! Stream mode, inbound: every section is written as it arrives.

use sha2::{Digest, Sha256};

use super::message_sink::Escape;
use super::sink::{Delivery, Sink};
use crate::error::Failure;
use crate::protocol::{CloseFrame, Section};

/// Passes sections to the output.
pub struct StreamSink {
    digest: Option<Sha256>,
    escape: Option<Escape>,
}

impl StreamSink {
    /// A sink that computes the SHA-256 of what is received if `digest` is set. `escape` is for output to a terminal.
    pub fn new(digest: bool, escape: Option<Escape>) -> Self {
        Self { digest: digest.then(Sha256::new), escape }
    }

    /// The SHA-256 of what was received, if it was asked for.
    pub fn digest(&self) -> Option<[u8; 32]> {
        self.digest.clone().map(|digest| digest.finalize().into())
    }
}

impl Sink for StreamSink {
    fn section(&mut self, section: &Section<'_>, delivery: &mut Delivery<'_>) -> Result<bool, Failure> {
        if let Some(digest) = &mut self.digest {
            digest.update(section.bytes);
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

    fn unmet(&self) -> Option<String> {
        None
    }
}
