//! The network thread: moves bytes between the lanes, the protocol and the socket, and sleeps in one place.
//! It decides nothing: every event goes to the machine, every action comes from it.

use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use super::finish::FinishRule;
use super::keepalive::{Due, KeepAlive};
use super::limits::{CloseOptions, Limits};
use super::machine::{Machine, Peer, Situation, Step};
use super::output::{Output, OutputError, OutputLane};
use super::pace::Pacer;
use super::verdict::{End, Side};
use super::wake::Wake;
use super::{Allowance, Direction, Incoming, Observer, Outgoing, Supply, signals};
use crate::error::{Failure, IoCause, Status};
use crate::net::{Connection, Transport};
use crate::protocol::{CloseFrame, Decoder, Encoder, Event, Section};
use crate::stats::Tally;

/// Read from the socket at once, in bytes.
const READ: usize = 256 * 1024;

/// Prepared for the socket at once, in bytes.
const WRITE: usize = 256 * 1024;

/// By how much a buffer may be overfilled so that a frame is complete in it.
const OVERSHOOT: usize = 64 * 1024;

/// How long a peer is listened to that we have no more to say to, so that our last frame is not lost to a reset.
const LINGER: Duration = Duration::from_millis(100);

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
    /// Is told what happens.
    pub observer: &'a mut dyn Observer,
}

/// How a session went.
#[derive(Debug)]
pub struct Outcome {
    /// Success, or what to tell the user.
    pub result: Result<(), Failure>,
    /// The counts.
    pub tally: Tally,
    /// Who closed, and with what; `None` when the connection was lost or given up.
    pub close: Option<(Side, CloseFrame)>,
}

/// Runs the session until it is over and everything received is written.
pub fn run(setup: Setup<'_>) -> Outcome {
    match Pump::new(setup) {
        Ok(mut pump) => {
            pump.run();
            signals::detach();
            pump.finish()
        }
        Err(failure) => Outcome { result: Err(failure), tally: Tally::default(), close: None },
    }
}

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
    observer: &'a mut dyn Observer,
    next_tick: Option<Instant>,
    signalled: bool,
    wake: Wake,
}

impl<'a> Pump<'a> {
    fn new(setup: Setup<'a>) -> Result<Self, Failure> {
        let now = Instant::now();
        let Connection { transport, leftover } = setup.connection;
        let cannot_wait =
            |err| Failure::new(Status::ReceiveFailed, "cannot wait for events").source(IoCause(err));
        let waker = transport.waker().map_err(cannot_wait)?;
        let wake = Wake::new(waker, transport.registry().map_err(cannot_wait)?);
        signals::attach(&wake);
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
            encoder,
            decoder: Decoder::new(),
            outgoing: setup.outgoing,
            incoming: setup.incoming,
            lane,
            blocked: false,
            alive: KeepAlive::new(&setup.limits, now),
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
            observer: setup.observer,
            signalled: false,
            wake,
        })
    }

    fn run(&mut self) {
        let leftover = std::mem::take(&mut self.leftover);
        self.consume(&leftover, Instant::now());
        loop {
            let now = Instant::now();
            self.look_for_signals(now);
            let mut moved = self.fill(now);
            moved |= self.write(now);
            moved |= self.read(now);
            self.keep_alive(now);
            match self.machine.step(self.situation(), now) {
                Step::Continue => {}
                Step::SendClose(frame) => {
                    self.send_close(&frame);
                    moved = true;
                }
                Step::Stop => return,
            }
            self.tick(now);
            if !moved {
                self.sleep(now);
            }
        }
    }

    fn situation(&self) -> Situation {
        Situation {
            sending: self.written < self.out.len(),
            blocked: self.blocked,
            unanswered_since: self.alive.unanswered_since(),
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

    /// From the input into frames. Only when the socket has taken what was prepared before: so nothing is moved
    /// within the buffer, and a control frame never waits behind more than one buffer.
    fn fill(&mut self, now: Instant) -> bool {
        let messages = self.machine.allowance();
        if self.written < self.out.len() || messages == 0 {
            return false;
        }
        self.out.clear();
        self.written = 0;
        self.given_end = 0;
        let bytes = match &mut self.pacer {
            Some(pacer) => usize::try_from(pacer.allowance(now)).unwrap_or(WRITE).min(WRITE),
            None => WRITE,
        };
        if bytes == 0 {
            return false;
        }
        let overshoot = if self.pacer.is_some() { 0 } else { OVERSHOOT };
        let one_frame = self.pong.is_some() || self.alive.is_due(now);
        let allowance = Allowance { bytes, messages, overshoot, one_frame };
        match self.outgoing.fill(&mut self.encoder, &mut self.out, allowance) {
            Ok(fill) => {
                self.machine.sent(fill.messages, fill.bytes);
                self.given_end = self.out.len();
                if let Some(pacer) = &mut self.pacer {
                    pacer.spend(fill.bytes);
                }
                self.trace_sent();
                if let Supply::Over(close) = fill.next {
                    self.machine.input_is_over(close, now);
                    return true;
                }
            }
            Err(failure) => {
                self.machine.withdraw(failure, now);
                return true;
            }
        }
        !self.out.is_empty()
    }

    /// From frames into the socket, until it takes no more.
    fn write(&mut self, now: Instant) -> bool {
        let mut moved = false;
        let result = loop {
            if self.written == self.out.len() {
                break self.transport.drain().map(|_| ());
            }
            let given = self.written < self.given_end;
            match self.transport.write(&self.out[self.written..]) {
                Ok(0) => break Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.written += count;
                    self.machine.wrote(given, now);
                    moved = true;
                }
                Err(err) if err.kind() == ErrorKind::WouldBlock => break Ok(()),
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                Err(err) => break Err(err),
            }
        };
        if let Err(err) = result {
            self.write_failed(err);
        }
        moved
    }

    /// The peer does not take our bytes any more; but it may have said why before, which then lies in our receive buffer.
    fn write_failed(&mut self, err: io::Error) {
        let unsent = self.has_unsent();
        self.out.clear();
        self.written = 0;
        self.given_end = 0;
        let _ = self.transport.wait(Some(Duration::ZERO));
        while self.machine.listens() && self.read(Instant::now()) {}
        if self.machine.listens() {
            self.machine.lost(Some(err), unsent);
        }
    }

    /// From the socket into messages: one buffer at a time, so that writing gets its turn.
    fn read(&mut self, now: Instant) -> bool {
        if !self.machine.listens() || !self.make_room(now) {
            return false;
        }
        let mut input = std::mem::take(&mut self.input);
        let result = self.transport.read(&mut input);
        let moved = match result {
            Ok(0) => {
                let unsent = self.has_unsent();
                self.machine.lost(None, unsent);
                true
            }
            Ok(count) => {
                self.machine.heard(now);
                self.alive.heard();
                self.consume(&input[..count], now);
                true
            }
            Err(err) if matches!(err.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => false,
            Err(err) => {
                let unsent = self.has_unsent();
                self.machine.lost(Some(err), unsent);
                true
            }
        };
        self.input = input;
        moved
    }

    /// Whether the output can take more; it also learns here that the output has failed.
    fn make_room(&mut self, now: Instant) -> bool {
        match self.lane.has_room() {
            Ok(room) => {
                if self.blocked && room {
                    self.machine.unblocked(now);
                }
                self.blocked = !room;
                room
            }
            Err(OutputError::Closed) => {
                let unsent = self.has_unsent();
                self.machine.output_is_closed(unsent, now);
                true
            }
            Err(OutputError::Failed(failure)) => {
                self.machine.output_failed(failure, now);
                true
            }
        }
    }

    fn consume(&mut self, mut bytes: &[u8], now: Instant) {
        // Taken out, so that events may borrow from it while the other parts are used.
        let mut decoder = std::mem::take(&mut self.decoder);
        while self.machine.listens() {
            match decoder.decode(bytes) {
                Ok((used, event)) => {
                    bytes = &bytes[used..];
                    match event {
                        Some(event) => self.handle(event, now),
                        None => break,
                    }
                }
                Err(violation) => self.machine.violated(violation, now),
            }
        }
        self.decoder = decoder;
    }

    fn handle(&mut self, event: Event<'_>, now: Instant) {
        match event {
            Event::Data(section) => self.deliver(&section, now),
            Event::Ping(payload) => {
                self.trace_control("ping", payload);
                self.pong = Some(payload.to_vec());
                self.answer_ping();
            }
            Event::Pong(payload) => self.trace_control("pong", payload),
            Event::Close(frame) => {
                let what = if self.machine.is_closing() {
                    "server answers with Close"
                } else {
                    "server sends Close"
                };
                self.observer.note(&format!("{what} {}", frame.described()));
                let unsent = self.has_unsent();
                self.machine.peer_closed(frame, unsent, now);
            }
        }
    }

    fn deliver(&mut self, section: &Section<'_>, now: Instant) {
        if let Some(header) = section.header.filter(|_| self.observer.wants_frames()) {
            self.observer.frame(Direction::Received, &header, section.bytes);
        }
        if !self.machine.delivers() {
            return;
        }
        match self.incoming.section(section, self.lane.buffer()) {
            Ok(()) => self.machine.received(section.bytes.len() as u64, section.last, now),
            Err(failure) => self.machine.give_up(failure, TOO_BIG, now),
        }
    }

    /// Whether something that was given has not left; pongs and the like do not count.
    fn has_unsent(&mut self) -> bool {
        self.written < self.given_end || self.outgoing.has_more()
    }

    fn send_close(&mut self, frame: &CloseFrame) {
        // Inside a frame there is no place for another one. When the rest of it is not at hand, the connection just
        // ends.
        if self.outgoing.complete_frame(&mut self.out) {
            self.observer.note(&format!("sending Close {}", frame.described()));
            self.encoder.close(frame, &mut self.out);
            self.trace_sent();
        }
    }

    fn keep_alive(&mut self, now: Instant) {
        self.answer_ping();
        if !self.machine.may_send_control() || self.outgoing.is_inside_frame() {
            return;
        }
        while let Some(due) = self.alive.due(now) {
            match due {
                Due::Ping => self.encoder.ping(b"wsurl", &mut self.out),
                Due::Pong => self.encoder.pong(b"", &mut self.out),
            }
            self.trace_sent();
        }
    }

    /// Answers the last ping where a frame may stand, and while the server takes our answers.
    fn answer_ping(&mut self) {
        let has_room = self.out.len() - self.written < WRITE;
        if has_room
            && self.machine.may_send_control()
            && !self.outgoing.is_inside_frame()
            && let Some(payload) = self.pong.take()
        {
            self.encoder.pong(&payload, &mut self.out);
            self.trace_sent();
        }
    }

    fn trace_sent(&mut self) {
        for header in self.encoder.take_recorded() {
            self.observer.frame(Direction::Sent, &header, b"");
        }
    }

    fn trace_control(&mut self, what: &str, payload: &[u8]) {
        if self.observer.wants_frames() {
            self.observer.note(&format!("received {what} {:?}", String::from_utf8_lossy(payload)));
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
        self.lane.submit();
        self.wake.will_sleep();
        // What came in between the last look and the announcement has woken nobody.
        let was_blocked = self.blocked;
        let missed = self.fill(now) | (self.make_room(now) && was_blocked);
        let signalled = signals::received().is_some() && !self.signalled;
        if !(missed || signalled || self.machine.is_due()) {
            let paced = self.pacer.as_ref().filter(|_| self.machine.allowance() > 0).map(Pacer::ready_at);
            let clocks = [self.machine.next_look(self.situation()), self.alive.next(), paced, self.next_tick];
            let timeout =
                clocks.into_iter().flatten().min().map(|at| at.saturating_duration_since(Instant::now()));
            if let Err(err) = self.transport.wait(timeout) {
                self.machine.lost(Some(err), false);
            }
        }
        self.wake.is_awake();
    }

    /// Leaves the connection, and waits until everything received is written.
    fn finish(mut self) -> Outcome {
        self.observer.tick(self.machine.tally());
        let tally = *self.machine.tally();
        let discards = self.machine.discards();
        let story = self.machine.into_story(self.incoming.unmet());
        self.transport.shut_down();
        if story.failure.is_some() {
            linger(&mut self.transport);
        }
        let close = match &story.end {
            Some(End::Closed { by, frame }) => Some((*by, frame.clone())),
            _ => None,
        };
        if let Some((_, frame)) = &close {
            self.incoming.close(frame, self.lane.buffer());
        }
        let verdict = story.verdict();
        let complete = verdict.is_ok();
        let written = if discards { Ok(()) } else { self.lane.finish(complete) };
        let result = match written {
            Err(OutputError::Failed(failure)) => verdict.and(Err(failure)),
            Err(OutputError::Closed) | Ok(()) => verdict,
        };
        Outcome { result, tally, close }
    }
}

/// The close code for a message that is too big (RFC 6455 §7.4.1).
const TOO_BIG: u16 = 1009;

/// Reads what still comes for a moment. Closing a socket with unread bytes resets the connection, and the reset
/// would overtake our Close.
fn linger(transport: &mut Transport) {
    let end = Instant::now() + LINGER;
    let mut scrap = [0; 4096];
    loop {
        match transport.read(&mut scrap) {
            Ok(1..) => {}
            Err(err) if err.kind() == ErrorKind::WouldBlock => {
                let left = end.saturating_duration_since(Instant::now());
                if left.is_zero() || transport.wait(Some(left)).is_err() {
                    return;
                }
            }
            Ok(0) | Err(_) => return,
        }
        if Instant::now() >= end {
            return;
        }
    }
}
