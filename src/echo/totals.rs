//! The counts of all connections of an echo test, and a view of them while the test runs.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::course::Course;
use super::outcome::{Counts, Difference, SizeOutcome};
use super::plan::Plan;
use crate::stats::RoundTrips;

/// An echo that came back unchanged.
#[derive(Clone, Copy, Debug)]
pub struct Echo {
    /// Which connection, counted from 1.
    pub connection: u64,
    /// Which message of it, counted from 1.
    pub message: u64,
    /// Bytes of payload.
    pub size: usize,
    /// The round trip.
    pub time: Duration,
}

/// Is told of each echo as it comes.
pub(super) type OnEcho = Box<dyn Fn(Echo)>;

/// The counts of all connections.
pub(super) struct Totals {
    pub(super) counts: Counts,
    pub(super) difference: Option<Difference>,
    pub(super) sizes: Vec<SizeOutcome>,
    pub(super) round_trips: RoundTrips,
    pub(super) bytes_echoed: u64,
    pub(super) course: Course,
    /// Unsolicited messages that arrived before any echo.
    pub(super) said_before: u64,
    pub(super) on_echo: Option<OnEcho>,
    /// When the first message could be sent.
    begun: Option<Instant>,
    first_sent: Option<Instant>,
    last_echo: Option<Instant>,
}

impl Totals {
    pub(super) fn new(plan: &Plan) -> Self {
        let sizes = plan.sizes.iter().map(|size| SizeOutcome {
            size: *size as u64,
            sent: 0,
            echoed: 0,
            round_trips: RoundTrips::new(),
        });
        Self {
            counts: Counts::default(),
            difference: None,
            sizes: sizes.collect(),
            round_trips: RoundTrips::new(),
            bytes_echoed: 0,
            course: Course::new(),
            said_before: 0,
            on_echo: None,
            begun: None,
            first_sent: None,
            last_echo: None,
        }
    }

    /// A connection can send its first message. Returns when the first one of all could.
    pub(super) fn begins(&mut self, now: Instant) -> Instant {
        *self.begun.get_or_insert(now)
    }

    /// A message of this size is sent.
    pub(super) fn sent(&mut self, size_index: usize, now: Instant) {
        self.counts.sent += 1;
        self.sizes[size_index].sent += 1;
        self.first_sent.get_or_insert(now);
    }

    /// An echo came back unchanged.
    pub(super) fn echoed(&mut self, size_index: usize, time: Duration, now: Instant) {
        self.last_echo = Some(now);
        self.counts.echoed += 1;
        self.sizes[size_index].echoed += 1;
        self.bytes_echoed += self.sizes[size_index].size;
        self.round_trips.record(time);
        let since = self.first_sent.map_or(Duration::ZERO, |first| now.saturating_duration_since(first));
        self.course.echoed(since, time);
        self.sizes[size_index].round_trips.record(time);
    }

    /// From the first message sent to the last one that came back; to now, when none has.
    pub(super) fn elapsed(&self) -> Duration {
        let Some(first) = self.first_sent else { return Duration::ZERO };
        self.last_echo.map_or_else(|| first.elapsed(), |last| last.saturating_duration_since(first))
    }
}

/// A view of a test while it runs.
#[derive(Clone)]
pub struct Live(pub(super) Rc<RefCell<Totals>>);

impl Live {
    /// The counts so far.
    pub fn counts(&self) -> Counts {
        self.0.borrow().counts
    }

    /// The median round trip so far.
    pub fn median(&self) -> Option<Duration> {
        self.0.borrow().round_trips.percentile(50.0)
    }

    /// How long the test has run.
    pub fn elapsed(&self) -> Duration {
        self.0.borrow().first_sent.map_or(Duration::ZERO, |first| first.elapsed())
    }
}
