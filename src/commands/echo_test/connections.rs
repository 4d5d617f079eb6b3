//! Opens the connections of an echo test, several at a time.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::commands::dialing::{self, NoopObserver};
use crate::commands::options::ConversationOptions;
use crate::endpoint::Endpoint;
use crate::error::{Failure, IoCause, Status};
use crate::net::{Connection, Facts, Observer, Poller};

/// Dials at the same time.
pub(super) const SIDE_BY_SIDE: usize = 8;

/// Opens `count` connections, and counts in `open` those that were opened, also when not all could be. Facts and observer are
/// those of the first.
pub(super) fn open_all(
    options: &ConversationOptions,
    count: usize,
    open: &mut usize,
    facts: &mut Facts,
    observer: &mut dyn Observer,
) -> (Endpoint, Result<Vec<Connection>, Failure>) {
    let (endpoint, first) = dialing::open(options, facts, observer);
    let connections = first.and_then(|first| {
        let (mut connections, failure) = open_more(options, count - 1)?;
        connections.insert(0, first);
        *open = connections.len();
        failure.map_or(Ok(connections), |failure| {
            let text = format!("{failure}; {open} of {count} connections opened, so nothing was sent");
            Err(failure.restated(text))
        })
    });
    (endpoint, connections)
}

fn cannot_hold(err: io::Error) -> Failure {
    Failure::new(Status::CannotConnect, "cannot hold the connections").source(IoCause(err))
}

/// Opens `count` connections; after the first that cannot be opened, only those that are being opened already.
fn open_more(
    options: &ConversationOptions,
    count: usize,
) -> Result<(Vec<Connection>, Option<Failure>), Failure> {
    // Until its session begins, each connection would otherwise hold a poller of its own, with two descriptors.
    let poller = Poller::new().map_err(cannot_hold)?;
    let opened = Mutex::new((Vec::with_capacity(count), None));
    let begun = AtomicUsize::new(0);
    let dial = || {
        while begun.fetch_add(1, Ordering::Relaxed) < count {
            let (_, connection) = dialing::open(options, &mut Facts::start(), &mut NoopObserver);
            let connection = connection.and_then(|mut connection| {
                connection.transport.attach(&poller).map_err(cannot_hold)?;
                Ok(connection)
            });
            let mut opened = opened.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let (connections, failure) = &mut *opened;
            match connection {
                Ok(connection) => connections.push(connection),
                Err(refused) => {
                    failure.get_or_insert(refused);
                }
            }
            if failure.is_some() {
                return;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..count.min(SIDE_BY_SIDE) {
            scope.spawn(dial);
        }
    });
    Ok(opened.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}
