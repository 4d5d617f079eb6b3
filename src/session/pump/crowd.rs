//! Many sessions on one thread: the pumps of all of them, and one sleep.

use std::time::{Duration, Instant};

use super::parting::Parting;
use super::{Outcome, Pump, Setup, Turn, cannot_wait};
use crate::error::Failure;
use crate::net::{Crowd, Readiness};
use crate::os::signals;
use crate::session::wake::Wake;

/// Turns that a session gets before the others have theirs.
const TURNS: u32 = 4;

/// A session among others.
struct Member<'a> {
    /// None when it is over.
    pump: Option<Pump<'a>>,
    outcome: Option<Outcome>,
    /// A server that is listened to for a moment yet.
    parting: Option<Parting>,
    begun: bool,
    /// Whether it has something to do.
    busy: bool,
    /// When it wants to look again in any case.
    next: Option<Instant>,
}

/// Runs sessions side by side until all are over: what became of each, in the order given. They have to keep nothing
/// of what they receive, and to have no input of their own: no lane of theirs is waited for.
///
/// # Errors
/// The operating system does not let us wait for them.
pub fn run_all(setups: Vec<Setup<'_>>) -> Result<Vec<Outcome>, Failure> {
    let mut crowd = Crowd::new().map_err(cannot_wait)?;
    let wake = Wake::new(crowd.waker().map_err(cannot_wait)?, crowd.registry().map_err(cannot_wait)?);
    let woken = wake.clone();
    let attached = signals::attach(move || woken.wake());
    let mut members = Vec::with_capacity(setups.len());
    for (number, mut setup) in setups.into_iter().enumerate() {
        crowd.add(&mut setup.connection.transport, number).map_err(cannot_wait)?;
        let pump = Pump::new(setup, wake.clone())?;
        members.push(Member {
            pump: Some(pump),
            outcome: None,
            parting: None,
            begun: false,
            busy: true,
            next: None,
        });
    }
    let mut signalled = false;
    loop {
        let new_signal = signals::received().is_some() && !signalled;
        signalled |= new_signal;
        let now = Instant::now();
        let (mut busy, mut open, mut next) = (false, false, None::<Instant>);
        for member in &mut members {
            if new_signal || member.busy || member.next.is_some_and(|at| at <= now) {
                member.take_turns();
            }
            busy |= member.busy;
            open |= member.pump.is_some() || member.parting.is_some();
            next = next.into_iter().chain(member.next).min();
        }
        if !open {
            break;
        }
        wake.will_sleep();
        let missed = signals::received().is_some() && !signalled;
        let timeout = if busy || missed {
            Some(Duration::ZERO)
        } else {
            next.map(|at| at.saturating_duration_since(Instant::now()))
        };
        let heard = crowd.wait(timeout, |number, news| {
            if let Some(member) = members.get_mut(number) {
                member.hear(news);
            }
        });
        heard.map_err(cannot_wait)?;
        wake.is_awake();
    }
    // From here on, a signal ends the program.
    drop(attached);
    Ok(members.into_iter().filter_map(|member| member.outcome).collect())
}

impl Member<'_> {
    fn hear(&mut self, news: Readiness) {
        let transport = match (&mut self.pump, &mut self.parting) {
            (Some(pump), _) => &mut pump.transport,
            (None, Some(parting)) => parting.transport(),
            (None, None) => return,
        };
        transport.hear(news);
        self.busy = true;
    }

    fn take_turns(&mut self) {
        let Some(pump) = &mut self.pump else {
            (self.busy, self.next) = (false, None);
            if let Some(mut parting) = self.parting.take()
                && parting.listen()
            {
                self.next = Some(parting.end());
                self.parting = Some(parting);
            }
            return;
        };
        if !std::mem::replace(&mut self.begun, true) {
            pump.begin();
        }
        self.busy = true;
        for _ in 0..TURNS {
            match pump.turn(Instant::now()) {
                Turn::Moved => {}
                Turn::Idle => {
                    self.busy = false;
                    break;
                }
                Turn::Over => {
                    let (outcome, parting) = self.pump.take().map(Pump::part).unzip();
                    (self.outcome, self.parting) = (outcome, parting.flatten());
                    (self.busy, self.next) = (false, self.parting.as_ref().map(Parting::end));
                    return;
                }
            }
        }
        self.next = pump.next_look(Instant::now());
    }
}
