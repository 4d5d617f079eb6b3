//! When the messages of one connection are due (`--rate`), whatever the server does. Pure.

use std::time::Duration;

/// The schedule of one connection. The connections take turns, so that all together keep to the rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    /// Seconds from the beginning to the first message.
    first: f64,
    /// Seconds from one message to the next.
    apart: f64,
}

impl Schedule {
    /// `rate` messages a second on all `connections`, of which this one is number `connection`, counted from 0.
    #[allow(clippy::cast_precision_loss)] // far fewer than 2^52 connections
    pub(super) fn new(rate: f64, connection: u64, connections: u64) -> Self {
        Self { first: connection as f64 / rate, apart: connections as f64 / rate }
    }

    /// The schedule of a connection that joins so long after the beginning: what was due before is left out.
    pub(super) fn joining(self, after: Duration) -> Self {
        let missed = ((after.as_secs_f64() - self.first) / self.apart).ceil().max(0.0);
        Self { first: self.apart.mul_add(missed, self.first), ..self }
    }

    /// The time from the beginning to message `number`.
    #[allow(clippy::cast_precision_loss)] // far fewer than 2^52 messages
    pub(super) fn due(&self, number: u64) -> Duration {
        let seconds = self.apart.mul_add(number as f64, self.first);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_take_turns() {
        let due = |connection, number| Schedule::new(100.0, connection, 4).due(number).as_millis();
        assert_eq!(
            [due(0, 0), due(1, 0), due(2, 0), due(3, 0), due(0, 1), due(1, 1)],
            [0, 10, 20, 30, 40, 50]
        );
        assert_eq!(due(3, 1_000_000), 40_000_030);
        let late =
            |millis| Schedule::new(100.0, 1, 4).joining(Duration::from_millis(millis)).due(0).as_millis();
        assert_eq!([late(0), late(10), late(11), late(85)], [10, 10, 50, 90]);
        assert_eq!(Schedule::new(0.5, 0, 1).due(3), Duration::from_secs(6));
    }
}
