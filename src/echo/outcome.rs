//! The outcome of an echo test.

use std::time::Duration;

use super::course::Interval;
use crate::error::{Failure, Status};
use crate::stats::RoundTrips;

/// Messages by their fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages sent.
    pub sent: u64,
    /// Messages that came back unchanged.
    pub echoed: u64,
    /// Messages that never came back.
    pub lost: u64,
    /// Messages that came back changed.
    pub corrupted: u64,
    /// Messages among those echoed that came back after a later one.
    pub out_of_order: u64,
    /// Messages that came back a second time.
    pub duplicated: u64,
    /// Unsolicited messages.
    pub unasked: u64,
    /// Messages skipped at the beginning (`--greeting`).
    pub skipped: u64,
}

/// What to try when the server does not behave like an echo server.
pub(super) const NO_ECHO: &str = "is it an echo server? -vv shows what it sends";

impl Counts {
    /// Messages that came back out of order, a second time, or unsolicited: each count with its sentence.
    pub fn strays(&self) -> [(u64, String); 3] {
        let told = |count, what| (count, format!("{} {what}", messages(count)));
        [
            told(self.out_of_order, "came out of order"),
            told(self.duplicated, "came back twice"),
            told(self.unasked, "came that nobody had sent"),
        ]
    }

    /// The failure for echoes that were not as sent, without lost ones; `None` when there are none. `said_before` counts
    /// messages that arrived before any echo.
    pub(super) fn mismatch(
        &self,
        difference: Option<&Difference>,
        said_before: u64,
        connections: u64,
    ) -> Option<Failure> {
        let mut wrong = Vec::new();
        if self.corrupted > 0 {
            let first = match difference {
                Some(Difference { message, connection, what, .. }) => {
                    let connection =
                        if *connection == 1 { String::new() } else { format!(" of connection {connection}") };
                    format!(": message {message}{connection}: {what}")
                }
                None => String::new(),
            };
            wrong.push(format!("{} of {} came back changed{first}", self.corrupted, messages(self.sent)));
        }
        wrong.extend(self.strays().into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text));
        if wrong.is_empty() {
            return None;
        }
        let failure = Failure::new(Status::ExpectationFailed, wrong.join("; "));
        let first = (said_before + self.skipped).div_ceil(connections.max(1));
        Some(failure.hint(if said_before > 0 && said_before == self.unasked && self.corrupted == 0 {
            format!("--greeting {first} skips messages that the server sends first")
        } else {
            NO_ECHO.to_owned()
        }))
    }
}

fn messages(count: u64) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{count} messages") }
}

/// The first message that came back changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which message, counted from 1, of its connection.
    pub message: u64,
    /// Which connection, counted from 1.
    pub connection: u64,
    /// The offset of the first byte that differs.
    pub offset: u64,
    /// In words: `byte 12 is 0x41 instead of 0x61`, `text came back as binary`, `ends after 12 of 64 bytes`.
    pub what: String,
}

/// The results for messages of one size.
#[derive(Clone, Debug)]
pub struct SizeOutcome {
    /// Bytes in each message.
    pub size: u64,
    /// Messages sent and echoed.
    pub sent: u64,
    /// See [`Counts::echoed`].
    pub echoed: u64,
    /// Their round trips.
    pub round_trips: RoundTrips,
}

/// The connections of a test by how far they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Connections as asked for.
    pub planned: u64,
    /// Connections that were opened.
    pub opened: u64,
    /// Connections on which all messages came back unchanged.
    pub echoed: u64,
}

impl Connections {
    /// In words, where it is not the same for all: `3 of 6 connections opened, 2 echoed everything`.
    pub(super) fn told(self) -> Option<String> {
        let Self { planned, opened, echoed } = self;
        (planned > 1 && opened > 0 && echoed < planned)
            .then(|| format!("{opened} of {planned} connections opened, {echoed} echoed everything"))
    }
}

/// Everything that is known when the test is over or was interrupted.
#[derive(Debug)]
pub struct Outcome {
    /// Messages by their fate, of all connections.
    pub counts: Counts,
    /// The first difference.
    pub difference: Option<Difference>,
    /// One for every size, in the order of sizes.
    pub sizes: Vec<SizeOutcome>,
    /// The round trips of all messages that came back unchanged.
    pub round_trips: RoundTrips,
    /// Bytes of payload that came back unchanged.
    pub bytes_echoed: u64,
    /// How the test went over time: the length of an interval, and the intervals.
    pub course: (Duration, Vec<Interval>),
    /// From the first message sent to the last that came back.
    pub elapsed: Duration,
    /// Its connections.
    pub connections: Connections,
    /// Success, or what the test ended in.
    pub result: Result<(), Failure>,
}
