//! Opens the connections of an echo test, several at a time.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::commands::dialing::{NoopObserver, open};
use crate::commands::options::ConversationOptions;
use crate::endpoint::Endpoint;
use crate::error::{Failure, IoCause, Status};
use crate::net::{Connection, Facts, Observer, Poller};

/// Dials at the same time.
pub(super) const SIDE_BY_SIDE: usize = 8;

/// Opens `count` connections; facts and observer are those of the first.
pub(super) fn open_all(
    options: &ConversationOptions,
    count: usize,
    facts: &mut Facts,
    observer: &mut dyn Observer,
) -> (Endpoint, Result<Vec<Connection>, Failure>) {
    let (endpoint, first) = open(options, facts, observer);
    let connections = first.and_then(|first| {
        let mut connections = open_more(options, count - 1)?;
        connections.insert(0, first);
        Ok(connections)
    });
    (endpoint, connections)
}

fn cannot_hold(err: io::Error) -> Failure {
    Failure::new(Status::CannotConnect, "cannot hold the connections").source(IoCause(err))
}

/// Which connection could not be opened.
pub(super) fn place(number: usize, count: usize) -> String {
    format!(" (connection {number} of {count})")
}

fn open_more(options: &ConversationOptions, count: usize) -> Result<Vec<Connection>, Failure> {
    // Until its session begins, each connection would otherwise hold a poller of its own, with two descriptors.
    let poller = Poller::new().map_err(cannot_hold)?;
    let opened = Mutex::new(Ok(Vec::with_capacity(count)));
    let begun = AtomicUsize::new(0);
    let dial = || {
        while begun.fetch_add(1, Ordering::Relaxed) < count {
            let (_, connection) = open(options, &mut Facts::start(), &mut NoopObserver);
            let connection = connection.and_then(|mut connection| {
                connection.transport.attach(&poller).map_err(cannot_hold)?;
                Ok(connection)
            });
            let mut opened = opened.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match (&mut *opened, connection) {
                (Ok(connections), Ok(connection)) => connections.push(connection),
                (Ok(connections), Err(failure)) => {
                    *opened = Err(failure.and(place(connections.len() + 2, count + 1)));
                    return;
                }
                (Err(_), _) => return,
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..count.min(SIDE_BY_SIDE) {
            scope.spawn(dial);
        }
    });
    opened.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}
