//! The facts of a finished run.

use std::time::Duration;

use crate::endpoint::Endpoint;
use crate::error::Failure;
use crate::net::Facts;
use crate::protocol::CloseFrame;
use crate::session::Side;
use crate::stats::Tally;

#[derive(Debug)]
pub struct Record<'a> {
    /// After redirects; `None` when the URL was refused.
    pub endpoint: Option<&'a Endpoint>,
    pub facts: &'a Facts,
    pub tally: Tally,
    /// From the start to the end.
    pub total: Duration,
    /// Who sent the first Close, and the server's Close frame.
    pub close: Option<(Side, CloseFrame)>,
    /// The SHA-256 of what was sent and received.
    pub digests: [Option<[u8; 32]>; 2],
    pub failure: Option<&'a Failure>,
}

impl Record<'_> {
    /// From the start to the first complete message.
    pub(super) fn first_message(&self) -> Option<Duration> {
        self.tally.first_message.map(|at| self.facts.timeline.until(at))
    }

    /// The extensions that the server chose, as one field value.
    pub(super) fn extensions(&self) -> Option<String> {
        let head = self.facts.response.as_ref()?;
        Some(head.tokens("sec-websocket-extensions").collect::<Vec<_>>().join(", "))
    }

    /// Bytes a second since the session was open.
    pub(super) fn speed(&self, bytes: u64) -> u64 {
        let open =
            self.facts.timeline.upgraded.map_or(self.total, |upgraded| self.total.saturating_sub(upgraded));
        u64::try_from(u128::from(bytes) * 1_000_000 / open.as_micros().max(1)).unwrap_or(u64::MAX)
    }
}

/// A digest in hexadecimal digits.
pub(crate) fn hex(digest: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(digest)
}
