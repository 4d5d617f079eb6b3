//! The connections of one worker: whose turn it is, and who is to be looked at when.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use mio::event::Event;

use super::connection::{Connection, Next};

/// The connections, by the index that is their token.
#[derive(Default)]
pub(super) struct Clients {
    places: Vec<Option<Client>>,
    vacant: Vec<usize>,
    count: usize,
    /// Whose turn it is.
    due: Vec<usize>,
    /// Who has more to do after all of those.
    more: Vec<usize>,
    /// When who is to be looked at without an event.
    looks: BTreeSet<(Instant, usize)>,
}

struct Client {
    connection: Connection,
    look: Option<Instant>,
}

impl Clients {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The index of the next connection.
    pub(super) fn vacant(&self) -> usize {
        self.vacant.last().copied().unwrap_or(self.places.len())
    }

    /// At the index of [`Clients::vacant`].
    pub(super) fn insert(&mut self, connection: Connection) {
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        self.places[index] = Some(Client { connection, look: None });
        self.count += 1;
        self.note_look(index);
    }

    /// How long to wait for events.
    pub(super) fn timeout(&self, end: Option<Instant>) -> Option<Duration> {
        if !self.more.is_empty() {
            return Some(Duration::ZERO);
        }
        let look = self.looks.first().map(|(at, _)| *at);
        look.into_iter().chain(end).min().map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Who had more to do is due again.
    pub(super) fn rotate(&mut self) {
        std::mem::swap(&mut self.due, &mut self.more);
    }

    pub(super) fn on_event(&mut self, index: usize, event: &Event) {
        if let Some(Some(client)) = self.places.get_mut(index) {
            client.connection.socket().on_event(event);
            self.due.push(index);
        }
    }

    /// Gives a turn to all that are due, by an event or by the time.
    pub(super) fn take_turns(&mut self) {
        if let Some((first, _)) = self.looks.first() {
            let now = Instant::now();
            if *first <= now {
                self.due.extend(self.looks.iter().take_while(|(at, _)| *at <= now).map(|(_, index)| *index));
            }
        }
        let mut due = std::mem::take(&mut self.due);
        for index in due.drain(..) {
            self.with(index, Connection::turn);
        }
        self.due = due;
    }

    /// Tells all that the server goes away.
    pub(super) fn go_away(&mut self) {
        for index in 0..self.places.len() {
            self.with(index, Connection::go_away);
        }
    }

    fn with(&mut self, index: usize, act: impl FnOnce(&mut Connection) -> Next) {
        // It may have ended in an earlier turn.
        let Some(client) = &mut self.places[index] else { return };
        match act(&mut client.connection) {
            Next::Event => {}
            Next::Turn => self.more.push(index),
            Next::Over => return self.remove(index),
        }
        self.note_look(index);
    }

    fn note_look(&mut self, index: usize) {
        let Some(client) = &mut self.places[index] else { return };
        let look = client.connection.next_look();
        if look == client.look {
            return;
        }
        if let Some(at) = client.look {
            self.looks.remove(&(at, index));
        }
        client.look = look;
        self.looks.extend(look.map(|at| (at, index)));
    }

    fn remove(&mut self, index: usize) {
        if let Some(client) = self.places[index].take() {
            if let Some(at) = client.look {
                self.looks.remove(&(at, index));
            }
            self.count -= 1;
            self.vacant.push(index);
        }
    }
}
