//! The connections of one worker, the queue of those that are due, and their timers.

use std::time::{Duration, Instant};

use mio::event::Event;

use super::connection::{Connection, Next};
use crate::timers::Timers;

/// The connections of one worker. A connection's index is its token.
#[derive(Default)]
pub(super) struct Clients {
    places: Vec<Option<Connection>>,
    vacant: Vec<usize>,
    count: usize,
    /// Connections that get a turn in this round.
    due: Vec<usize>,
    /// Connections that get a turn in the next round, because they have more to do.
    more: Vec<usize>,
    timers: Timers,
}

impl Clients {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The index that the next connection will get.
    pub(super) fn vacant(&self) -> usize {
        self.vacant.last().copied().unwrap_or(self.places.len())
    }

    /// Adds a connection at the index of [`Clients::vacant`].
    pub(super) fn insert(&mut self, connection: Connection) {
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        self.places[index] = Some(connection);
        self.count += 1;
        self.set_timer(index);
    }

    /// How long to wait for events, at most until `end`; zero if a connection has more to do.
    pub(super) fn timeout(&self, end: Option<Instant>) -> Option<Duration> {
        if !self.more.is_empty() {
            return Some(Duration::ZERO);
        }
        self.timers.next().into_iter().chain(end).min().map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Makes the connections of the next round due now.
    pub(super) fn rotate(&mut self) {
        std::mem::swap(&mut self.due, &mut self.more);
    }

    pub(super) fn on_event(&mut self, index: usize, event: &Event) {
        if let Some(Some(connection)) = self.places.get_mut(index) {
            connection.socket().on_event(event);
            self.due.push(index);
        }
    }

    /// Gives a turn to every connection that an event or a timer has made due.
    pub(super) fn take_turns(&mut self) {
        self.timers.expire(Instant::now(), &mut self.due);
        let mut due = std::mem::take(&mut self.due);
        for index in due.drain(..) {
            self.with(index, Connection::turn);
        }
        self.due = due;
    }

    /// Tells every connection that the server is shutting down.
    pub(super) fn go_away(&mut self) {
        for index in 0..self.places.len() {
            self.with(index, Connection::go_away);
        }
    }

    fn with(&mut self, index: usize, act: impl FnOnce(&mut Connection) -> Next) {
        // The connection may have ended in an earlier turn.
        let Some(connection) = &mut self.places[index] else { return };
        match act(connection) {
            Next::Event => {}
            Next::Turn => self.more.push(index),
            Next::Over => return self.remove(index),
        }
        self.set_timer(index);
    }

    fn set_timer(&mut self, index: usize) {
        if let Some(connection) = &self.places[index] {
            self.timers.set(index, connection.next_look());
        }
    }

    fn remove(&mut self, index: usize) {
        if self.places[index].take().is_some() {
            self.timers.set(index, None);
            self.count -= 1;
            self.vacant.push(index);
        }
    }
}
