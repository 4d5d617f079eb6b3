//! Stream mode, incoming: every section is written as it comes, whatever its message.

use sha2::{Digest, Sha256};

use super::Incoming;
use super::gather::Escape;
use super::message_limit::MessageLimit;
use crate::error::Failure;
use crate::protocol::{CloseFrame, Section};

/// Passes sections on.
pub struct SectionSink {
    digest: Option<Sha256>,
    limit: Option<MessageLimit>,
    escape: Option<Escape>,
}

impl SectionSink {
    /// A sink that refuses messages of more than `max_message` bytes; with `digest` it computes the SHA-256 of what is
    /// received. `escape` is for output to a terminal.
    pub fn new(digest: bool, max_message: Option<u64>, escape: Option<Escape>) -> Self {
        Self { digest: digest.then(Sha256::new), limit: max_message.map(MessageLimit::new), escape }
    }

    /// The SHA-256 of what was received, if it was asked for.
    pub fn digest(&self) -> Option<[u8; 32]> {
        self.digest.clone().map(|digest| digest.finalize().into())
    }
}

impl Incoming for SectionSink {
    fn section(&mut self, section: &Section<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        if let Some(limit) = &mut self.limit {
            limit.check(section)?;
        }
        if let Some(digest) = &mut self.digest {
            digest.update(section.bytes);
        }
        match &mut self.escape {
            // An empty piece would end the text.
            Some(_) if section.bytes.is_empty() => {}
            Some(escape) => escape(section.bytes, out),
            None => out.extend_from_slice(section.bytes),
        }
        Ok(())
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
