//! The machine, event by event.

mod clocks;
mod ends;
mod replies;

use std::time::{Duration, Instant};

use super::events::Progress;
use super::*;
use crate::deadline::Deadline;
use crate::error::{Failure, Status};
use crate::os::signals::Signal;
use crate::protocol::Violation;
use crate::session::finish::{Count, Within};
use crate::session::hints::Hints;
use crate::session::limits::CloseCodes;
use crate::session::source::Remaining;

const IDLE: IoState = IoState {
    sending: false,
    paced: false,
    blocked: false,
    unanswered_since: None,
    pong_awaited_since: None,
    awaiting: false,
    unmet: false,
};
const BUSY: IoState = IoState { sending: true, ..IDLE };

/// Everything was sent and taken, and no message is open.
const DONE: Progress = Progress {
    unsent: false,
    unwritten: false,
    taken: None,
    remaining: Remaining::Nothing,
    inside_message: false,
};

/// Asks as the event loop does: once more when a clock has run out.
fn step(machine: &mut Machine, io: IoState, now: Instant) -> Step {
    match machine.step(io, now) {
        Step::LookAgain => machine.step(io, now),
        step => step,
    }
}

fn machine(rule: FinishRule) -> (Machine, Instant) {
    let now = Instant::now();
    let limits = Limits {
        send: Duration::from_secs(30),
        receive: Duration::from_secs(20),
        receive_always: false,
        close: Duration::from_secs(10),
        idle: None,
        whole: None,
        ping_interval: None,
        ping_timeout: Duration::from_secs(5),
        pong_interval: None,
    };
    let server = ServerName { host: "h".to_owned(), target: "h:1".to_owned() };
    let accept = CloseCodes::parse("1000,1001,1005").unwrap();
    let close = CloseOptions { frame: CloseFrame::with_code(1000), accept, expect: None };
    (Machine::new(server, rule, limits, close, Hints::default(), now), now)
}

fn rule(count: Count) -> FinishRule {
    FinishRule::new(count)
}

fn close(code: u16) -> Step {
    Step::SendClose(CloseFrame::with_code(code))
}

fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}
