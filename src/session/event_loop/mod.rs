//! The network thread: one loop that owns the poll and runs one session or a thousand. What can become ready registers
//! with its poller: connections, lanes' wakers, pipes. It decides nothing: every event goes to a session's machine, every
//! action comes from it. It sleeps in one place.

mod inbound;
mod lingering_close;
mod outbound;
mod outbox;
mod session;
mod setup;
mod slot;

use std::time::{Duration, Instant};

use mio::Token;

use self::setup::cannot_wait;
pub use self::setup::{Outcome, SessionOptions, Setup};
use self::slot::{Progress, Slot};
use super::lane::LaneContext;
use crate::error::{Failure, IoCause};
use crate::net::Poller;
use crate::os::signals;
use crate::timers::Timers;

/// Runs the session until it is over and everything received is written.
pub fn run(setup: Setup<'_>) -> Outcome {
    run_all(vec![setup]).map_or_else(Outcome::failed, |mut outcomes| outcomes.remove(0))
}

/// Runs sessions side by side until all are over and everything received is written. Returns their outcomes, in the order
/// given.
///
/// # Errors
/// The operating system cannot wait for events, or a lane cannot be started.
pub fn run_all(setups: Vec<Setup<'_>>) -> Result<Vec<Outcome>, Failure> {
    let mut event_loop = EventLoop::new()?;
    let context = event_loop.lane_context();
    let waker = context.waker.clone();
    let attached = signals::attach(move || waker.wake());
    for setup in setups {
        let slot = Slot::begin(setup, &context)?;
        event_loop.add(slot);
    }
    event_loop.run()?;
    // From here on, a signal ends the program.
    drop(attached);
    Ok(event_loop.slots.into_iter().map(Slot::finish).collect())
}

struct EventLoop<'a> {
    poller: Poller,
    context: LaneContext,
    slots: Vec<Slot<'a>>,
    /// The slot of each connection, by its token.
    by_token: Vec<Option<usize>>,
    timers: Timers,
    /// The slots with lanes.
    with_lanes: Vec<usize>,
    /// Slots that get a turn before the next wait.
    due: Vec<usize>,
    signalled: bool,
}

impl<'a> EventLoop<'a> {
    fn new() -> Result<Self, Failure> {
        let poller = Poller::new().map_err(|err| cannot_wait(IoCause(err)))?;
        let waker = poller.waker().map_err(|err| cannot_wait(IoCause(err)))?;
        let context = LaneContext { poller: poller.clone(), waker };
        Ok(Self {
            poller,
            context,
            slots: Vec::new(),
            by_token: Vec::new(),
            with_lanes: Vec::new(),
            timers: Timers::default(),
            due: Vec::new(),
            signalled: false,
        })
    }

    fn lane_context(&self) -> LaneContext {
        self.context.clone()
    }

    fn add(&mut self, slot: Slot<'a>) {
        let Token(token) = slot.token();
        if self.by_token.len() <= token {
            self.by_token.resize(token + 1, None);
        }
        let number = self.slots.len();
        self.by_token[token] = Some(number);
        if slot.has_lanes() {
            self.with_lanes.push(number);
        }
        self.slots.push(slot);
        self.due.push(number);
    }

    fn run(&mut self) -> Result<(), Failure> {
        let mut open = self.slots.len();
        let mut again = Vec::new();
        while open > 0 {
            self.look_for_signals();
            self.timers.expire(Instant::now(), &mut self.due);
            for number in self.due.drain(..) {
                match self.slots[number].take_turns() {
                    Progress::Busy => again.push(number),
                    Progress::Sleeps(until) => self.timers.set(number, until),
                    Progress::Over => {
                        self.timers.set(number, None);
                        open -= 1;
                    }
                    Progress::WasOver => {}
                }
            }
            std::mem::swap(&mut self.due, &mut again);
            if open > 0 {
                self.wait()?;
            }
        }
        Ok(())
    }

    /// Tells every session of a signal.
    fn look_for_signals(&mut self) {
        if !self.signalled
            && let Some(signal) = signals::received()
        {
            self.signalled = true;
            let now = Instant::now();
            for (number, slot) in self.slots.iter_mut().enumerate() {
                slot.interrupt(signal, now);
                self.due.push(number);
            }
        }
    }

    /// Asks what has become ready. Sleeps until something has, or a timer is due, unless a slot has more to do.
    fn wait(&mut self) -> Result<(), Failure> {
        self.poller.will_sleep();
        // News from before `will_sleep` makes no event.
        for number in &self.with_lanes {
            if self.slots[*number].has_lane_news() {
                self.due.push(*number);
            }
        }
        let signal_missed = !self.signalled && signals::received().is_some();
        let timeout = if !self.due.is_empty() || signal_missed {
            Some(Duration::ZERO)
        } else {
            self.timers.next().map(|at| at.saturating_duration_since(Instant::now()))
        };
        let Self { poller, by_token, due, with_lanes, .. } = self;
        let heard = poller.wait(timeout, |Token(token)| match by_token.get(token) {
            Some(Some(number)) => due.push(*number),
            // A lane's waker or pipe.
            _ => due.extend_from_slice(with_lanes),
        });
        heard.map_err(|err| cannot_wait(IoCause(err)))?;
        self.due.sort_unstable();
        self.due.dedup();
        Ok(())
    }
}
