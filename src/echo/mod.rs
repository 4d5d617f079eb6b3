//! The echo test: sends messages, and compares what comes back. All connections run on one thread.
//! May import `session`, `echo_server`, `net`, `protocol` and the small values.

mod conversation;
mod course;
mod ledger;
mod outcome;
mod payload;
mod plan;
mod schedule;
mod totals;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

pub use course::Interval;
use outcome::NO_ECHO;
pub use outcome::{Connections, Counts, Difference, Outcome, SizeOutcome};
pub use plan::{Content, LADDER, MAX_CONNECTIONS, Plan};
pub use totals::{Echo, Live};

use self::conversation::{EchoSink, EchoSource};
use self::ledger::Ledger;
use self::payload::Payloads;
use self::schedule::Schedule;
use self::totals::Totals;
use crate::error::{Failure, Status};
use crate::net::Connection;
use crate::session::{
    self, CloseOptions, Count, Dials, FinishRule, Hints, Joining, Limits, Observer, Output, ServerName,
    SessionOptions, Setup,
};

/// A test that has not begun.
pub struct Test {
    plan: Rc<Plan>,
    totals: Rc<RefCell<Totals>>,
}

/// The open connections of a test, and the options of each.
pub struct Peer<'a> {
    pub connections: Vec<Connection>,
    /// How many connections are opened during the test, and what opens them.
    pub ramp: Option<(usize, &'a mut dyn Dials)>,
    /// The host in errors.
    pub host: String,
    /// Host and port of the server.
    pub target: String,
    /// The limits in time.
    pub limits: Limits,
    /// Our Close, and which of the server's are accepted.
    pub close: CloseOptions,
}

/// The outcome of the test, and of each session.
#[derive(Debug)]
pub struct Tested {
    /// The outcome of the test.
    pub outcome: Outcome,
    /// The sessions, in the order of their connections.
    pub sessions: Vec<session::Outcome>,
}

impl Test {
    /// A test by this plan.
    pub fn new(plan: Plan) -> Self {
        let totals = Rc::new(RefCell::new(Totals::new(&plan)));
        Self { plan: Rc::new(plan), totals }
    }

    /// A view of the counts while the test runs.
    pub fn live(&self) -> Live {
        Live(Rc::clone(&self.totals))
    }

    /// Tells of each echo as it comes.
    pub fn tell(&self, on_echo: impl Fn(Echo) + 'static) {
        self.totals.borrow_mut().on_echo = Some(Box::new(on_echo));
    }

    /// The result of a test that did not begin because a connection could not be opened.
    pub fn not_begun(self, failure: Failure, planned: usize, opened: usize) -> Tested {
        let connections = Connections { planned: planned as u64, opened: opened as u64, echoed: 0 };
        let outcome = self.outcome(connections, 0, false, Some(failure), "");
        Tested { outcome, sessions: Vec::new() }
    }

    /// Runs the test on all connections, each as soon as it is open; each has an observer.
    pub fn run(self, peer: Peer<'_>, observers: &mut [Box<dyn Observer>]) -> Tested {
        let Peer { connections, ramp, host, target, limits, close } = peer;
        let payloads = Rc::new(Payloads::new(&self.plan));
        let (joining, dials) = ramp.unzip();
        let count = connections.len() + joining.unwrap_or_default();
        let ledgers: Vec<_> = (0..count as u64)
            .map(|number| Ledger::new(Rc::clone(&self.plan), Rc::clone(&payloads), number))
            .map(|ledger| Rc::new(RefCell::new(ledger)))
            .collect();
        let mut sources: Vec<_> =
            (0..).zip(&ledgers).map(|(number, ledger)| self.source(ledger, number, count)).collect();
        for source in sources.iter_mut().skip(connections.len()) {
            source.joins = true;
        }
        let mut sinks: Vec<_> = ledgers.iter().map(|ledger| self.sink(ledger, &target)).collect();
        let rule = FinishRule::new(Count::None);
        let max_frame = self.plan.fragment.map(|size| size as u64);
        let options = SessionOptions {
            max_frame,
            max_message: self.plan.max_message,
            hints: Hints { too_large: Some("--max-message-size allows more"), ..Hints::default() },
            ..SessionOptions::new(rule, limits, close)
        };
        let ends = sources.iter_mut().zip(&mut sinks).zip(observers);
        let mut setups: VecDeque<_> = ends
            .map(|((source, sink), observer)| Setup {
                server: ServerName { host: host.clone(), target: target.clone() },
                source,
                sink,
                output: Output::nowhere(),
                observer: observer.as_mut(),
                options: options.clone(),
            })
            .collect();
        let begun = connections.len();
        let taken = connections.into_iter().zip(setups.drain(..begun)).collect();
        let sessions = session::run_all(taken, dials.map(|dials| Joining { setups, dials }));
        let missing = ledgers.iter().map(|ledger| ledger.borrow().missing()).sum();
        let complete = ledgers.iter().all(|ledger| ledger.borrow().is_complete());
        let (sessions, failure) = match sessions {
            Ok((mut sessions, refused)) => {
                let mut failures: Vec<_> =
                    refused.into_iter().chain(sessions.iter_mut().filter_map(failure_of)).collect();
                // An interruption by the user explains all other failures.
                let told = failures.iter().position(is_interrupt).unwrap_or_default();
                let failure = (!failures.is_empty()).then(|| failures.swap_remove(told));
                (sessions, failure)
            }
            Err(failure) => (Vec::new(), Some(failure)),
        };
        let interrupted = failure.as_ref().is_some_and(is_interrupt);
        let connections = Connections {
            planned: count as u64,
            opened: sessions.len().max(begun) as u64,
            echoed: ledgers.iter().filter(|ledger| ledger.borrow().is_echoed(interrupted)).count() as u64,
        };
        let mut outcome = self.outcome(connections, missing, complete, failure, &target);
        if let Some(text) = connections.told().filter(|_| !interrupted) {
            outcome.result = outcome.result.map_err(|failure| and(failure, &text));
        }
        Tested { outcome, sessions }
    }

    /// The source of connection `number` of `count`.
    fn source(&self, ledger: &Rc<RefCell<Ledger>>, number: u64, count: usize) -> EchoSource {
        EchoSource {
            plan: Rc::clone(&self.plan),
            ledger: Rc::clone(ledger),
            totals: Rc::clone(&self.totals),
            schedule: self.plan.rate.map(|rate| Schedule::new(rate, number, count as u64)),
            joins: false,
            start: None,
            last: None,
            payload: Vec::new(),
            accepted: None,
            leaving: 0,
        }
    }

    fn sink(&self, ledger: &Rc<RefCell<Ledger>>, target: &str) -> EchoSink {
        EchoSink {
            stream: self.plan.stream,
            target: target.to_owned(),
            ledger: Rc::clone(ledger),
            totals: Rc::clone(&self.totals),
            gathered: Vec::new(),
            coming: 0,
            largest: self.plan.sizes.iter().copied().max().unwrap_or_default(),
        }
    }

    fn outcome(
        &self,
        connections: Connections,
        missing: u64,
        complete: bool,
        failure: Option<Failure>,
        target: &str,
    ) -> Outcome {
        let totals = self.totals.borrow();
        let interrupted = failure.as_ref().is_some_and(is_interrupt);
        // Messages in flight when the user interrupts are not lost.
        let lost = if interrupted { 0 } else { missing };
        let counts = Counts { lost, ..totals.counts };
        let mismatch = counts.mismatch(totals.difference.as_ref(), totals.said_before, connections.opened);
        let result = match (failure, mismatch) {
            // Ctrl-C is how a person ends a test that has shown enough.
            (Some(failure), None) if failure.status() == Status::Interrupted && counts.echoed > 0 => Ok(()),
            (Some(failure), _) if interrupted => Err(failure),
            (_, Some(mismatch)) => Err(mismatch),
            (Some(failure), None) if lost > 0 && failure.status() == Status::Timeout => {
                Err(failure.and(format_args!(": {lost} of {} messages did not come back", counts.sent)))
            }
            (Some(failure), None) if failure.status() == Status::ClosedByServer && counts.echoed == 0 => {
                Err(failure.hint(NO_ECHO))
            }
            (Some(failure), None) => Err(failure),
            (None, None) if lost > 0 || !complete => {
                let planned = self.plan.messages().map(|count| count.saturating_mul(connections.opened));
                let of = planned.map_or(String::new(), |planned| format!(" of {planned}"));
                let text = format!("{target} closed after {}{of} echoes", counts.echoed);
                Err(Failure::new(Status::ExpectationFailed, text))
            }
            (None, None) => Ok(()),
        };
        Outcome {
            counts,
            difference: totals.difference.clone(),
            sizes: totals.sizes.clone(),
            round_trips: totals.round_trips.clone(),
            bytes_echoed: totals.bytes_echoed,
            course: totals.course.intervals(),
            elapsed: totals.elapsed(),
            connections,
            result,
        }
    }
}

/// The failure of a session. A Close before everything was sent is none: the test counts the missing echoes.
fn failure_of(session: &mut session::Outcome) -> Option<Failure> {
    let failure = std::mem::replace(&mut session.result, Ok(())).err()?;
    (failure.status() != Status::SendFailed || session.close.is_none()).then_some(failure)
}

/// The failure with more to say after its causes.
fn and(failure: Failure, text: &str) -> Failure {
    let message = format!("{failure}; {text}");
    failure.restated(message)
}

fn is_interrupt(failure: &Failure) -> bool {
    failure.status().is_signal()
}
