//! Opens the connections of an echo test, several at a time.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::commands::dialing::{NoopObserver, open};
use crate::commands::options::ConversationOptions;
use crate::endpoint::Endpoint;
use crate::error::{Failure, IoCause, Status};
use crate::net::{Connection, Facts, Observer, Poller};

/// Dials at the same time.
const SIDE_BY_SIDE: usize = 8;

/// Opens `count` connections, evenly over the time `ramp` if it is given; facts and observer are those of the first.
pub(super) fn open_all(
    options: &ConversationOptions,
    count: usize,
    ramp: Option<Duration>,
    facts: &mut Facts,
    observer: &mut dyn Observer,
) -> (Endpoint, Result<Vec<Connection>, Failure>) {
    let (endpoint, first) = open(options, facts, observer);
    let connections = first.and_then(|first| {
        let mut connections = open_more(options, count - 1, ramp)?;
        connections.insert(0, first);
        Ok(connections)
    });
    (endpoint, connections)
}

fn cannot_hold(err: io::Error) -> Failure {
    Failure::new(Status::CannotConnect, "cannot hold the connections").source(IoCause(err))
}

/// The time from the beginning at which connection `number` of `count` is opened.
#[allow(clippy::cast_precision_loss)] // far fewer than 2^52 connections
fn share(ramp: Duration, number: usize, count: usize) -> Duration {
    ramp.mul_f64(number as f64 / count as f64)
}

/// Sleeps until `at`, at most until the end of the run: the dial then tells of that.
fn wait_for_turn(at: Instant, options: &ConversationOptions) {
    let at = options.limits.whole.map_or(at, |whole| at.min(whole.at()));
    thread::sleep(at.saturating_duration_since(Instant::now()));
}

fn open_more(
    options: &ConversationOptions,
    count: usize,
    ramp: Option<Duration>,
) -> Result<Vec<Connection>, Failure> {
    // Until its session begins, each connection would otherwise hold a poller of its own, with two descriptors.
    let poller = Poller::new().map_err(cannot_hold)?;
    let opened = Mutex::new(Ok(Vec::with_capacity(count)));
    let begun = AtomicUsize::new(0);
    let start = Instant::now();
    let dial = || {
        loop {
            let number = begun.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            if let Some(ramp) = ramp {
                wait_for_turn(start + share(ramp, number + 1, count + 1), options);
            }
            let (_, connection) = open(options, &mut Facts::start(), &mut NoopObserver);
            let connection = connection.and_then(|mut connection| {
                connection.transport.attach(&poller).map_err(cannot_hold)?;
                Ok(connection)
            });
            let mut opened = opened.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match (&mut *opened, connection) {
                (Ok(connections), Ok(connection)) => connections.push(connection),
                (Ok(connections), Err(failure)) => {
                    let text = format!(" (connection {} of {})", connections.len() + 2, count + 1);
                    *opened = Err(failure.and(text));
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
