//! `--ramp`: opens the connections evenly over some time, while the test runs on those that are open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::connections::SIDE_BY_SIDE;
use crate::commands::dialing::{NoopObserver, open};
use crate::commands::options::ConversationOptions;
use crate::error::Failure;
use crate::net::{Connection, Facts, LoopWaker};
use crate::session::{Dials, LaneContext};

/// Opens all connections but the first. Its threads are left behind when it is dropped: a dial cannot be interrupted.
pub(super) struct Ramp {
    plan: Arc<Plan>,
    /// At most one for each connection of the plan.
    opened: Option<Receiver<Result<Connection, Failure>>>,
}

struct Plan {
    options: ConversationOptions,
    /// Connections, the first included.
    count: usize,
    time: Duration,
    /// Connections whose turn has come.
    begun: AtomicUsize,
    is_over: AtomicBool,
}

impl Ramp {
    /// Opens `count` connections over this time. The first one is open when [`Dials::start`] is called.
    pub(super) fn new(options: &ConversationOptions, count: usize, time: Duration) -> Self {
        let plan = Plan {
            options: options.clone(),
            count,
            time,
            begun: AtomicUsize::new(1),
            is_over: AtomicBool::new(false),
        };
        Self { plan: Arc::new(plan), opened: None }
    }
}

impl Dials for Ramp {
    fn start(&mut self, context: &LaneContext) {
        let (sender, receiver) = mpsc::channel();
        self.opened = Some(receiver);
        let start = Instant::now();
        for _ in 0..SIDE_BY_SIDE.min(self.plan.count - 1) {
            let (plan, sender, waker) = (Arc::clone(&self.plan), sender.clone(), context.waker());
            thread::spawn(move || plan.open_in_turn(start, &sender, &waker));
        }
    }

    fn next(&mut self) -> Option<Result<Connection, Failure>> {
        self.opened.as_ref()?.try_recv().ok()
    }
}

impl Drop for Ramp {
    fn drop(&mut self) {
        self.plan.is_over.store(true, Ordering::Relaxed);
    }
}

impl Plan {
    /// The time from the beginning at which connection `number` is opened, counted from 0.
    #[allow(clippy::cast_precision_loss)] // far fewer than 2^52 connections
    fn turn(&self, number: usize) -> Duration {
        self.time.mul_f64(number as f64 / self.count as f64)
    }

    fn open_in_turn(&self, start: Instant, opened: &Sender<Result<Connection, Failure>>, waker: &LoopWaker) {
        loop {
            let number = self.begun.fetch_add(1, Ordering::Relaxed);
            if number >= self.count {
                return;
            }
            self.wait_until(start + self.turn(number));
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            let (_, connection) = open(&self.options, &mut Facts::start(), &mut NoopObserver);
            let failed = connection.is_err();
            if failed {
                self.is_over.store(true, Ordering::Relaxed);
            }
            // Nobody takes it once the test is over.
            let _ = opened.send(connection);
            waker.wake();
            if failed {
                return;
            }
        }
    }

    /// Sleeps until `at`, at most until the end of the run: the dial then tells of that.
    fn wait_until(&self, at: Instant) {
        let at = self.options.limits.whole.map_or(at, |whole| at.min(whole.at()));
        thread::sleep(at.saturating_duration_since(Instant::now()));
    }
}
