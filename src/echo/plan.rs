//! What an echo test sends, and when.

use std::time::Duration;

use crate::protocol::Kind;

/// The sizes around which the layout of a frame changes (RFC 6455 §5.2), and a large one.
pub const LADDER: [u64; 9] = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 1 << 20];

/// The most connections of a test: as many as the embedded server serves at the same time.
pub const MAX_CONNECTIONS: usize = crate::echo_server::MAX_CONNECTIONS;

/// What payloads consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Characters of one to four bytes.
    Text,
    /// Random bytes, or random visible characters in a text message: they hardly compress.
    Random,
    /// Zero bytes, which compress best.
    Zero,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Bytes in a message. Several sizes take turns.
    pub sizes: Vec<usize>,
    /// Messages of each size on each connection; `None` when only `duration` ends the test.
    pub rounds: Option<u64>,
    /// The type of the messages.
    pub kind: Kind,
    /// What their payloads consist of.
    pub content: Content,
    /// Whether the echo is compared as a stream of bytes, in whatever messages it comes.
    pub stream: bool,
    /// The most bytes in a frame.
    pub fragment: Option<usize>,
    /// The most bytes in a message of the server.
    pub max_message: Option<u64>,
    /// The time from one message of a connection to the next.
    pub interval: Option<Duration>,
    /// Messages a second on all connections together. They are sent when they are due, however many echoes are missing, and
    /// round trips count from then: a server that stalls delays all messages that are due meanwhile, and not one.
    pub rate: Option<f64>,
    /// Messages of a connection that may be in flight.
    pub in_flight: usize,
    /// No message is sent later than this.
    pub duration: Option<Duration>,
    /// Messages that the server sends before the first echo, on each connection.
    pub greeting: u64,
    /// The seed of the payloads.
    pub seed: u64,
}

impl Plan {
    /// Messages to send on each connection, if their number is limited.
    pub fn messages(&self) -> Option<u64> {
        self.rounds.map(|rounds| rounds.saturating_mul(self.sizes.len() as u64))
    }

    /// Which of the sizes message `number` has.
    pub(super) fn size_index(&self, number: u64) -> usize {
        // Smaller than the number of sizes, which is a usize.
        usize::try_from(number % self.sizes.len() as u64).unwrap_or_default()
    }

    /// The bytes in message `number`.
    pub(super) fn size(&self, number: u64) -> usize {
        self.sizes[self.size_index(number)]
    }
}
