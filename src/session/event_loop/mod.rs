//! The network thread: one loop that owns the poll and runs any number of sessions. Connections, wakers of
//! lanes, and pipes register with its poller. The loop makes no decisions: it passes every event to a
//! session's machine, and takes every action from it. It waits in one place.

mod gathering;
mod inbound;
mod joining;
mod lingering_close;
mod outbound;
mod outbox;
mod session;
mod setup;
mod slot;

use std::time::{Duration, Instant};

use mio::Token;

pub use self::joining::{Dials, Joining};
use self::setup::cannot_wait;
pub use self::setup::{Outcome, SessionOptions, Setup};
use self::slot::{Progress, Slot};
use super::lane::LaneContext;
use crate::error::{Failure, IoCause};
use crate::net::{Connection, Poller};
use crate::os::signals;
use crate::timers::Timers;

/// Runs the session until it is over and everything received is written.
pub fn run(connection: Connection, setup: Setup<'_>) -> Outcome {
    let ran = run_all(vec![(connection, setup)], None);
    ran.map_or_else(Outcome::failed, |(mut outcomes, _)| outcomes.remove(0))
}

/// Runs sessions side by side, and those that join while others run, until all are over and everything received is written.
/// Returns the outcomes, in the order given, without those of sessions that could not join, and why a connection could not be
/// opened, after which nobody else joins.
///
/// # Errors
/// The operating system cannot wait for events, or a lane cannot be started.
pub fn run_all<'a>(
    begun: Vec<(Connection, Setup<'a>)>,
    joining: Option<Joining<'a>>,
) -> Result<(Vec<Outcome>, Option<Failure>), Failure> {
    let mut event_loop = EventLoop::new()?;
    for (connection, setup) in begun {
        event_loop.begin(connection, setup)?;
    }
    event_loop.joining = joining;
    if let Some(joining) = &mut event_loop.joining {
        joining.dials.start(&event_loop.context);
    }
    event_loop.run()?;
    let mut outcomes: Vec<_> = event_loop.slots.into_iter().map(Slot::finish).collect();
    if let Some(signal) = signals::received().filter(|_| !event_loop.signalled) {
        // It came when the sessions were over, but not all that they had received was written.
        for Outcome { result, .. } in &mut outcomes {
            *result = Err(std::mem::replace(result, Ok(()))
                .map_or_else(|failure| failure.or_graver(signal.failure()), |()| signal.failure()));
        }
    }
    Ok((outcomes, event_loop.refused))
}

struct EventLoop<'a> {
    poller: Poller,
    context: LaneContext,
    slots: Vec<Slot<'a>>,
    /// Slots that are not over.
    open: usize,
    /// The sessions that have not begun.
    joining: Option<Joining<'a>>,
    /// Why a session could not begin.
    refused: Option<Failure>,
    /// The slot of each connection, by its token.
    by_token: Vec<Option<usize>>,
    timers: Timers,
    /// The slots that have lanes besides the connection.
    with_lanes: Vec<usize>,
    /// The slots that get a turn before the next wait.
    due: Vec<usize>,
    signalled: bool,
}

impl<'a> EventLoop<'a> {
    fn new() -> Result<Self, Failure> {
        let poller = Poller::new().map_err(|err| cannot_wait(IoCause(err)))?;
        let waker = poller.waker();
        let context = LaneContext { poller: poller.clone(), waker };
        Ok(Self {
            poller,
            context,
            slots: Vec::new(),
            open: 0,
            joining: None,
            refused: None,
            by_token: Vec::new(),
            with_lanes: Vec::new(),
            timers: Timers::default(),
            due: Vec::new(),
            signalled: false,
        })
    }

    fn begin(&mut self, connection: Connection, setup: Setup<'a>) -> Result<(), Failure> {
        let slot = Slot::begin(connection, setup, &self.context)?;
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
        self.open += 1;
        Ok(())
    }

    /// Begins the sessions whose connections have been opened.
    fn admit(&mut self) -> Result<(), Failure> {
        while let Some(Joining { setups, dials }) = &mut self.joining {
            if setups.is_empty() {
                self.joining = None;
                break;
            }
            match dials.next() {
                Some(Ok(connection)) => {
                    if let Some(setup) = setups.pop_front() {
                        self.begin(connection, setup)?;
                    }
                }
                Some(Err(failure)) => {
                    // The sessions that run tell of a signal.
                    self.refused = Some(failure).filter(|failure| !failure.status().is_signal());
                    self.joining = None;
                }
                None => break,
            }
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.open == 0 && self.joining.is_none()
    }

    fn run(&mut self) -> Result<(), Failure> {
        let mut again = Vec::new();
        while !self.is_over() {
            self.look_for_signals();
            self.admit()?;
            self.timers.expire(Instant::now(), &mut self.due);
            for number in self.due.drain(..) {
                match self.slots[number].take_turns() {
                    Progress::Busy => again.push(number),
                    Progress::Sleeps(until) => self.timers.set(number, until),
                    Progress::Over => {
                        self.timers.set(number, None);
                        self.open -= 1;
                    }
                    Progress::WasOver => {}
                }
            }
            std::mem::swap(&mut self.due, &mut again);
            if !self.is_over() {
                self.wait()?;
            }
        }
        Ok(())
    }

    /// Passes a received signal to every session. Nobody joins any more.
    fn look_for_signals(&mut self) {
        if !self.signalled
            && let Some(signal) = signals::received()
        {
            self.signalled = true;
            self.joining = None;
            let now = Instant::now();
            for (number, slot) in self.slots.iter_mut().enumerate() {
                slot.interrupt(signal, now);
                self.due.push(number);
            }
        }
    }

    /// Polls for events. Waits for an event or a timer, unless a slot has more to do.
    fn wait(&mut self) -> Result<(), Failure> {
        self.poller.will_sleep();
        self.admit()?;
        // What a lane reported before `will_sleep` produces no event, so look at the lanes here.
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
            // The waker or the pipe of a lane.
            _ => due.extend_from_slice(with_lanes),
        });
        heard.map_err(|err| cannot_wait(IoCause(err)))?;
        self.due.sort_unstable();
        self.due.dedup();
        Ok(())
    }
}
