//! The place of one connection in the event loop: first for its session, then for the lingering close.

use std::time::Instant;

use mio::Token;

use super::lingering_close::LingeringClose;
use super::session::{Ended, Session, Turn};
use super::setup::{Outcome, Setup, cannot_wait};
use crate::error::Failure;
use crate::net::Connection;
use crate::os::signals::Signal;
use crate::session::lane::LaneContext;

/// Turns that a session gets in a row before the loop polls again and other sessions get turns.
const TURNS: u32 = 4;

/// What a slot needs after its turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Another turn.
    Busy,
    /// A turn after an event, or at this time if there is one.
    Sleeps(Option<Instant>),
    /// Nothing more: the connection has just ended.
    Over,
    /// Nothing: the connection had ended before.
    WasOver,
}

/// The place of one connection.
pub(super) struct Slot<'a> {
    token: Token,
    has_lanes: bool,
    stage: Stage<'a>,
}

enum Stage<'a> {
    Running(Box<Session<'a>>),
    /// The session has ended; the server's last bytes are read and discarded.
    Lingering(LingeringClose, Box<Ended<'a>>),
    Over(Box<Ended<'a>>),
    /// Only while one stage replaces another one.
    Changing,
}

impl<'a> Slot<'a> {
    /// Starts the lanes and the session.
    pub(super) fn begin(
        connection: Connection,
        setup: Setup<'a>,
        context: &LaneContext,
    ) -> Result<Self, Failure> {
        let has_lanes = setup.output.is_somewhere();
        let session = Session::begin(connection, setup, context)?;
        Ok(Self { token: session.token(), has_lanes, stage: Stage::Running(Box::new(session)) })
    }

    /// The token of the connection's events.
    pub(super) fn token(&self) -> Token {
        self.token
    }

    /// Whether the session has lanes besides the connection.
    pub(super) fn has_lanes(&self) -> bool {
        self.has_lanes
    }

    pub(super) fn has_lane_news(&mut self) -> bool {
        match &mut self.stage {
            Stage::Running(session) => session.look_at_lanes(Instant::now()),
            Stage::Lingering(..) | Stage::Over(_) | Stage::Changing => false,
        }
    }

    pub(super) fn interrupt(&mut self, signal: Signal, now: Instant) {
        if let Stage::Running(session) = &mut self.stage {
            session.interrupt(signal, now);
        }
    }

    /// Gives the session a few turns.
    pub(super) fn take_turns(&mut self) -> Progress {
        match std::mem::replace(&mut self.stage, Stage::Changing) {
            Stage::Running(session) => self.run(session),
            Stage::Lingering(close, ended) => self.linger(close, ended),
            over @ (Stage::Over(_) | Stage::Changing) => {
                self.stage = over;
                Progress::WasOver
            }
        }
    }

    fn run(&mut self, mut session: Box<Session<'a>>) -> Progress {
        for _ in 0..TURNS {
            match session.turn(Instant::now()) {
                Turn::Moved => {}
                Turn::LookAgain => break,
                Turn::Idle => {
                    let until = session.next_look(Instant::now());
                    self.stage = Stage::Running(session);
                    return Progress::Sleeps(until);
                }
                Turn::Over => {
                    let (ended, lingering) = session.end();
                    if let Some(close) = lingering {
                        return self.linger(close, Box::new(ended));
                    }
                    self.stage = Stage::Over(Box::new(ended));
                    return Progress::Over;
                }
            }
        }
        self.stage = Stage::Running(session);
        Progress::Busy
    }

    fn linger(&mut self, mut close: LingeringClose, ended: Box<Ended<'a>>) -> Progress {
        if close.listen() {
            let until = close.until();
            self.stage = Stage::Lingering(close, ended);
            Progress::Sleeps(Some(until))
        } else {
            self.stage = Stage::Over(ended);
            Progress::Over
        }
    }

    /// Waits until all received data is written.
    pub(super) fn finish(self) -> Outcome {
        match self.stage {
            Stage::Running(session) => session.end().0.finish(),
            Stage::Lingering(_, ended) | Stage::Over(ended) => ended.finish(),
            Stage::Changing => Outcome::failed(cannot_wait(std::io::Error::other("no stage"))),
        }
    }
}
