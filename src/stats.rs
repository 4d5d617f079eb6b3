//! Counts of a session.

use std::time::Instant;

/// Messages and bytes of payload in each direction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Messages sent.
    pub messages_sent: u64,
    /// Messages received and delivered.
    pub messages_received: u64,
    /// Bytes of payload sent.
    pub bytes_sent: u64,
    /// Bytes of payload received and delivered.
    pub bytes_received: u64,
    /// When the first message was complete.
    pub first_message: Option<Instant>,
}
