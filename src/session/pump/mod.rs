//! The network thread: moves bytes between the lanes, the protocol and the socket, and sleeps in one place.
//! It decides nothing: every event goes to the machine, every action comes from it.

mod crowd;
mod inbound;
mod outbound;
mod parting;

use std::time::{Duration, Instant};

pub use self::crowd::run_all;
use self::outbound::WRITE;
use self::parting::Parting;
use super::finish::FinishRule;
use super::keepalive::KeepAlive;
use super::limits::{CloseOptions, Limits};
use super::machine::{Machine, Peer, Situation, Step};
use super::output::{Output, OutputError, OutputLane};
use super::pace::Pacer;
use super::verdict::{End, Side};
use super::wake::Wake;
use super::{Incoming, Observer, Outgoing};
use crate::error::{Failure, IoCause, Status};
use crate::net::{Connection, Transport};
use crate::os::signals;
use crate::protocol::{CloseFrame, Decoder, Encoder};
use crate::stats::Tally;

/// Read from the socket at once, in bytes.
const READ: usize = 256 * 1024;

/// What a session is made of.
pub struct Setup<'a> {
    /// The open WebSocket.
    pub connection: Connection,
    /// What messages call the server.
    pub host: String,
    /// Host and port of the server.
    pub target: String,
    /// Where messages come from.
    pub outgoing: &'a mut dyn Outgoing,
    /// Where messages go.
    pub incoming: &'a mut dyn Incoming,
    /// Where they are written.
    pub output: Output,
    /// When it ends.
    pub rule: FinishRule,
    /// How long what may last.
    pub limits: Limits,
    /// Our Close, and which of the server's are accepted.
    pub close: CloseOptions,
    /// Bytes of payload a second.
    pub limit_rate: Option<u64>,
    /// Whether a ping is sent at once, and its pong awaited and timed.
    pub ping: bool,
    /// Is told what happens.
    pub observer: &'a mut dyn Observer,
}

/// How a session went.
#[derive(Debug)]
pub struct Outcome {
    /// Success, or what to tell the user.
    pub result: Result<(), Failure>,
    /// Whether everything received was written to the output.
    pub delivered: bool,
    /// The counts.
    pub tally: Tally,
    /// Who closed, and with what; `None` when the connection was lost or given up.
    pub close: Option<(Side, CloseFrame)>,
    /// The round trip of the ping, if one was asked for and answered.
    pub ping: Option<Duration>,
    /// When everything awaited had come, so that only the closing handshake was left.
    pub finished_at: Option<Instant>,
    /// From our Close to the server's.
    pub close_took: Option<Duration>,
}

impl Outcome {
    /// Of a session that was never open.
    pub fn failed(failure: Failure) -> Self {
        Self {
            result: Err(failure),
            delivered: false,
            tally: Tally::default(),
            close: None,
            ping: None,
            finished_at: None,
            close_took: None,
        }
    }
}

/// Runs the session until it is over and everything received is written.
pub fn run(setup: Setup<'_>) -> Outcome {
    let wake = match Wake::of(&setup.connection.transport) {
        Ok(wake) => wake,
        Err(err) => return Outcome::failed(cannot_wait(err)),
    };
    let woken = wake.clone();
    let attached = signals::attach(move || woken.wake());
    match Pump::new(setup, wake) {
        Ok(mut pump) => {
            pump.run();
            // From here on, a signal ends the program.
            drop(attached);
            let (outcome, parting) = pump.part();
            if let Some(parting) = parting {
                parting.pass();
            }
            outcome
        }
        Err(failure) => Outcome::failed(failure),
    }
}

fn cannot_wait(err: std::io::Error) -> Failure {
    Failure::new(Status::ReceiveFailed, "cannot wait for events").source(IoCause(err))
}

/// What a turn of the pump came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Something was moved, so there may be more to do.
    Moved,
    /// Something has to happen first.
    Idle,
    /// The session is over.
    Over,
}

/// The end of the way out.
struct Broken {
    cause: std::io::Error,
    /// Whether something that was given had not left.
    unsent: bool,
}

#[allow(clippy::struct_excessive_bools)] // each is a fact of its own about one part
struct Pump<'a> {
    transport: Transport,
    /// What the server sent together with its response.
    leftover: Vec<u8>,
    input: Vec<u8>,
    /// Frames for the socket, and how much of them it took.
    out: Vec<u8>,
    written: usize,
    /// Where the last frame of the input ends in `out`; control frames of our own may follow.
    given_end: usize,
    /// Whether TLS has handed everything to the socket; if not, whether there is something of the input in it.
    drained: bool,
    given_in_tls: bool,
    /// Why nothing can be sent any more.
    broken: Option<Broken>,
    encoder: Encoder,
    decoder: Decoder,
    outgoing: &'a mut dyn Outgoing,
    incoming: &'a mut dyn Incoming,
    lane: OutputLane,
    blocked: bool,
    machine: Machine,
    alive: KeepAlive,
    /// The payload of a ping that could not be answered yet. Only the last one needs an answer (RFC 6455 §5.5.3).
    pong: Option<Vec<u8>>,
    pacer: Option<Pacer>,
    /// Whether only the pacer keeps us from sending.
    held_back: bool,
    /// When the source will have more.
    more_at: Option<Instant>,
    observer: &'a mut dyn Observer,
    next_tick: Option<Instant>,
    signalled: bool,
    wake: Wake,
}

impl<'a> Pump<'a> {
    fn new(setup: Setup<'a>, wake: Wake) -> Result<Self, Failure> {
        let now = Instant::now();
        let Connection { transport, leftover } = setup.connection;
        let lane = OutputLane::start(setup.output, wake.clone())?;
        setup.outgoing.start(&wake)?;
        let mut encoder = Encoder::new();
        if setup.observer.wants_frames() {
            encoder.record_frames();
        }
        Ok(Self {
            transport,
            leftover,
            input: vec![0; READ],
            out: Vec::with_capacity(WRITE + WRITE / 2),
            written: 0,
            given_end: 0,
            drained: true,
            given_in_tls: false,
            broken: None,
            encoder,
            decoder: Decoder::new(),
            outgoing: setup.outgoing,
            incoming: setup.incoming,
            lane,
            blocked: false,
            alive: KeepAlive::new(&setup.limits, setup.ping, now),
            machine: Machine::new(
                Peer { host: setup.host, target: setup.target },
                setup.rule,
                setup.limits,
                setup.close,
                now,
            ),
            pong: None,
            pacer: setup.limit_rate.map(|rate| Pacer::new(rate, now)),
            next_tick: setup.observer.interval().map(|interval| now + interval),
            held_back: false,
            more_at: None,
            observer: setup.observer,
            signalled: false,
            wake,
        })
    }

    fn run(&mut self) {
        self.begin();
        loop {
            let now = Instant::now();
            match self.turn(now) {
                Turn::Moved => {}
                Turn::Idle => self.sleep(now),
                Turn::Over => return,
            }
        }
    }

    /// Takes what came together with the response.
    fn begin(&mut self) {
        let now = Instant::now();
        // First, so that it is known whether the input is over before what came with the response is counted.
        self.fill(now);
        let leftover = std::mem::take(&mut self.leftover);
        self.consume(&leftover, now);
    }

    /// Does once whatever can be done without waiting.
    fn turn(&mut self, now: Instant) -> Turn {
        self.look_for_signals(now);
        let mut moved = self.fill(now);
        moved |= self.write(now);
        moved |= self.read(now);
        moved |= self.keep_alive(now);
        match self.machine.step(self.situation(now), now) {
            Step::Continue => {}
            Step::SendClose(frame) => {
                self.send_close(&frame, now);
                moved = true;
            }
            Step::Stop => return Turn::Over,
        }
        self.tick(now);
        if moved { Turn::Moved } else { Turn::Idle }
    }

    fn situation(&self, now: Instant) -> Situation {
        Situation {
            sending: self.written < self.out.len() || !self.drained,
            blocked: self.blocked,
            unanswered_since: self.alive.unanswered_since(),
            pong_awaited_since: self.alive.pong_awaited_since(now),
            awaiting: self.outgoing.awaits_answer(),
        }
    }

    fn look_for_signals(&mut self, now: Instant) {
        if !self.signalled
            && let Some(signal) = signals::received()
        {
            self.signalled = true;
            self.machine.interrupted(signal, now);
        }
    }

    fn tick(&mut self, now: Instant) {
        if self.next_tick.is_some_and(|at| at <= now) {
            self.observer.tick(self.machine.tally());
            self.next_tick = self.observer.interval().map(|interval| now + interval);
        }
    }

    /// Sleeps until something may have happened.
    fn sleep(&mut self, now: Instant) {
        self.wake.will_sleep();
        // What came in between the last look and the announcement has woken nobody.
        let was_blocked = self.blocked;
        let missed = (self.make_room(now) && was_blocked) | self.fill(now);
        self.lane.submit();
        let signalled = signals::received().is_some() && !self.signalled;
        if !(missed || signalled || self.machine.is_due()) {
            let timeout = self.next_look(now).map(|at| at.saturating_duration_since(Instant::now()));
            if let Err(err) = self.transport.wait(timeout) {
                self.machine.lost(Some(err), false);
            }
        }
        self.wake.is_awake();
    }

    /// When to look again, even if nothing happens until then.
    fn next_look(&self, now: Instant) -> Option<Instant> {
        let paced = self.pacer.as_ref().filter(|_| self.held_back).map(Pacer::ready_at);
        let alive = if self.may_send_control() { self.alive.next() } else { None };
        let machine = self.machine.next_look(self.situation(now));
        let more = self.more_at.filter(|_| self.may_fill(Instant::now()));
        [machine, alive, paced, more, self.next_tick].into_iter().flatten().min()
    }

    /// Leaves the connection, and waits until everything received is written. A peer that may not have read our last
    /// words is to be listened to for a moment.
    fn part(mut self) -> (Outcome, Option<Parting>) {
        self.observer.tick(self.machine.tally());
        let tally = *self.machine.tally();
        let discards = self.machine.discards();
        let until = self.machine.end_of_run(Instant::now());
        let (ping, finished_at) = (self.alive.round_trip(), self.machine.finished_at());
        let close_took = self.machine.close_took();
        let story = self.machine.into_story(self.incoming.unmet());
        self.transport.shut_down();
        let parting = story.failure.is_some().then(|| Parting::from(self.transport));
        let close = match &story.end {
            Some(End::Closed { by, frame }) => Some((*by, frame.clone())),
            _ => None,
        };
        if let Some((_, frame)) = &close {
            self.incoming.close(frame, self.lane.buffer());
        }
        let verdict = story.verdict();
        let written = if discards { Ok(()) } else { self.lane.finish(until) };
        let delivered = !discards && written.is_ok();
        let result = match written {
            Err(OutputError::Failed(failure)) => verdict.and(Err(failure)),
            Err(OutputError::Closed) | Ok(()) => verdict,
        };
        (Outcome { result, delivered, tally, close, ping, finished_at, close_took }, parting)
    }
}
