//! One open WebSocket in the event loop. It moves bytes between the lanes, the protocol and the socket, as
//! decided by its machine.

use std::time::Instant;

use mio::Token;

use super::gathering::Gathering;
use super::lingering_close::LingeringClose;
use super::outbox::Outbox;
use super::setup::{Outcome, SessionOptions, Setup, cannot_wait};
use crate::error::{Failure, IoCause};
use crate::net::{Connection, Transport};
use crate::os::signals::Signal;
use crate::protocol::{MessageReader, MessageWriter, Role};
use crate::session::chunk::ReadBuffer;
use crate::session::hints::Hints;
use crate::session::keepalive::KeepAlive;
use crate::session::lane::LaneContext;
use crate::session::machine::{IoState, Machine, Step};
use crate::session::observer::Observer;
use crate::session::output::{OutputError, OutputLane};
use crate::session::pace::Pacer;
use crate::session::sink::Sink;
use crate::session::source::{Remaining, Source};
use crate::session::verdict::Ending;
use crate::stats::Tally;

/// The result of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Bytes were moved, so there may be more to do.
    Moved,
    /// The next turn must follow a poll, which tells what is ready.
    LookAgain,
    /// There is nothing to do until the next event.
    Idle,
    /// The session is over.
    Over,
}

/// The source, sink and output of a session. They do not depend on the connection.
pub(super) struct Lanes<'a> {
    pub(super) source: &'a mut dyn Source,
    pub(super) sink: &'a mut dyn Sink,
    pub(super) output: OutputLane,
}

/// A failed write, after which nothing can be sent.
pub(super) struct Broken {
    pub(super) cause: std::io::Error,
    /// Whether some user data had not reached the kernel.
    pub(super) unsent: bool,
    /// The number of bytes that the kernel had not taken.
    pub(super) waiting: usize,
}

/// The parts of one session.
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own about one part
pub(super) struct Session<'a> {
    pub(super) transport: Transport,
    pub(super) lanes: Lanes<'a>,
    pub(super) machine: Machine,
    pub(super) observer: &'a mut dyn Observer,
    // Inbound.
    pub(super) input: ReadBuffer,
    pub(super) reader: MessageReader,
    pub(super) gathering: Gathering,
    /// Whether the output lane is full, so that nothing is read.
    pub(super) blocked: bool,
    /// Whether a received message is incomplete.
    pub(super) inside_message: bool,
    /// Whether the sink has more of a message to lay out.
    pub(super) lays_out: bool,
    /// How long more input, or its end, is awaited now that nobody reads the output.
    pub(super) alone_until: Option<Instant>,
    // Outbound.
    pub(super) outbox: Outbox,
    pub(super) writer: MessageWriter,
    pub(super) broken: Option<Broken>,
    pub(super) pacer: Option<Pacer>,
    /// Whether only the pacer prevents sending.
    pub(super) held_back: bool,
    /// When the source will have more data, if it named a time.
    pub(super) more_at: Option<Instant>,
    // Control frames.
    pub(super) keep_alive: KeepAlive,
    /// The payload of a ping that is not answered yet. Only the last ping needs an answer (RFC 6455 §5.5.3).
    pub(super) pong: Option<Vec<u8>>,
    /// The payload of a ping that the user wants to be sent.
    pub(super) ping_to_send: Option<Vec<u8>>,
    pub(super) hints: Hints,
    next_tick: Option<Instant>,
    begun: bool,
}

/// A session that has ended, but whose received data may not be completely written yet.
pub(super) struct Ended<'a> {
    lanes: Lanes<'a>,
    outcome: Outcome,
    /// Whether the output was closed or has failed, so that remaining data is discarded.
    discards: bool,
    until: Option<crate::deadline::Deadline>,
}

impl<'a> Session<'a> {
    /// Starts the lanes and the session.
    pub(super) fn begin(
        mut connection: Connection,
        setup: Setup<'a>,
        context: &LaneContext,
    ) -> Result<Self, Failure> {
        let Setup { server, source, sink, output, observer, options } = setup;
        connection.transport.attach(&context.poller).map_err(|err| cannot_wait(IoCause(err)))?;
        source.start(context)?;
        let lanes = Lanes { source, sink, output: OutputLane::new(output, context) };
        let machine = |options: &SessionOptions, now| {
            Machine::new(server, options.rule, options.limits, options.close.clone(), options.hints, now)
        };
        Ok(Self::new(connection, lanes, observer, &options, machine))
    }

    fn new(
        connection: Connection,
        lanes: Lanes<'a>,
        observer: &'a mut dyn Observer,
        options: &SessionOptions,
        machine: impl FnOnce(&SessionOptions, Instant) -> Machine,
    ) -> Self {
        let now = Instant::now();
        let pacer = options.limit_rate.map(|rate| Pacer::new(rate, now));
        let most = pacer.as_ref().map(Pacer::max_frame).into_iter().chain(options.max_frame).min();
        let agreement = connection.agreement;
        let mut writer = MessageWriter::new(Role::Client, agreement, most);
        if let Some(min) = connection.compress_min {
            writer.compress_from(min);
        }
        if observer.wants_frames() {
            writer.record_frames();
        }
        let mut input = ReadBuffer::new();
        input.preload(&connection.leftover);
        Self {
            transport: connection.transport,
            lanes,
            machine: machine(options, now),
            next_tick: observer.interval().map(|interval| now + interval),
            observer,
            input,
            reader: MessageReader::new(Role::Client, agreement, options.max_message),
            gathering: Gathering::new(),
            blocked: false,
            inside_message: false,
            lays_out: false,
            alone_until: None,
            outbox: Outbox::new(),
            writer,
            broken: None,
            pacer,
            held_back: false,
            more_at: None,
            keep_alive: KeepAlive::new(&options.limits, options.ping, now),
            pong: None,
            ping_to_send: None,
            hints: options.hints,
            begun: false,
        }
    }

    /// The token of the connection's events.
    pub(super) fn token(&self) -> Token {
        self.transport.token()
    }

    /// Passes a signal to the machine.
    pub(super) fn interrupt(&mut self, signal: Signal, now: Instant) {
        self.machine.interrupted(signal, now);
    }

    /// Reads, fills, writes and decides once, without blocking.
    pub(super) fn turn(&mut self, now: Instant) -> Turn {
        if self.gathering.is_over(now) {
            self.transport.assume_readable();
        }
        let mut moved = if self.begun { self.read(now) } else { self.first_read(now) };
        moved |= self.take_control(now);
        moved |= self.keep_alive(now);
        moved |= self.fill(now);
        moved |= self.write(now);
        match self.machine.step(self.io_state(now), now) {
            Step::Continue => {}
            Step::SendClose(frame) => {
                self.send_close(&frame, now);
                moved = true;
            }
            Step::LookAgain => return Turn::LookAgain,
            Step::Lose => {
                self.lose(None, now);
                moved = true;
            }
            Step::Stop => return Turn::Over,
        }
        self.tick(now);
        if moved {
            return Turn::Moved;
        }
        self.lanes.output.submit();
        if self.await_bytes(now) { Turn::Moved } else { Turn::Idle }
    }

    /// Handles the bytes that arrived together with the response of the opening handshake.
    fn first_read(&mut self, now: Instant) -> bool {
        self.begun = true;
        // Fill first, so that the machine knows whether the input has ended before it counts messages that
        // came with the response.
        self.fill(now);
        self.consume(now);
        true
    }

    /// Tells the observer what has happened, after the data that was received before.
    pub(super) fn note(&mut self, text: &str) {
        self.lanes.output.keep_order();
        self.observer.note(text);
    }

    fn io_state(&self, now: Instant) -> IoState {
        IoState {
            sending: !self.outbox.is_sent(),
            paced: self.held_back,
            blocked: self.blocked,
            unanswered_since: self.keep_alive.unanswered_since(),
            pong_awaited_since: self.keep_alive.pong_awaited_since(now),
            awaiting: self.lanes.source.awaits_reply(),
            unmet: !self.lanes.sink.is_met(),
        }
    }

    fn tick(&mut self, now: Instant) {
        if self.next_tick.is_some_and(|at| at <= now) {
            self.observer.tick(self.machine.tally());
            self.next_tick = self.observer.interval().map(|interval| now + interval);
        }
    }

    /// Checks the lanes for changes. Returns whether a turn is due.
    pub(super) fn look_at_lanes(&mut self, now: Instant) -> bool {
        let was_blocked = self.blocked;
        let moved = (self.make_room(now) && was_blocked) | self.take_control(now) | self.fill(now);
        // The thread may have had no room for the last bytes when the session had nothing else to do.
        moved || self.machine.is_due() || self.lanes.output.may_submit()
    }

    /// The time of the next turn if there is no event.
    pub(super) fn next_look(&self, now: Instant) -> Option<Instant> {
        let paced = self.pacer.as_ref().filter(|_| self.held_back).map(Pacer::ready_at);
        let alive = if self.may_send_control() { self.keep_alive.next() } else { None };
        let machine = self.machine.next_look(self.io_state(now));
        let more = self.more_at.filter(|_| self.may_fill(now));
        let alone = self.alone_until.filter(|_| self.machine.has_open_input());
        let gathered = self.gathering.until();
        [machine, alive, paced, more, alone, self.next_tick, gathered].into_iter().flatten().min()
    }

    /// Whether some user data has not reached the kernel.
    pub(super) fn has_unsent_user_data(&mut self) -> bool {
        self.broken.as_ref().is_some_and(|broken| broken.unsent)
            || self.outbox.has_unsent_user_data()
            || self.writer.is_inside_message()
    }

    /// Whether the source has more input.
    pub(super) fn remaining(&mut self) -> Remaining {
        self.lanes.source.remaining()
    }

    /// Reports the final progress to the machine and the observer.
    fn note_end(&mut self) {
        let unacknowledged = self.outbox.unacknowledged(&self.transport);
        let progress = self.progress(unacknowledged);
        self.machine.ended(progress);
        let tally = Tally { bytes_sent: self.machine.bytes_taken(), ..*self.machine.tally() };
        self.observer.tick(&tally);
    }

    /// Closes the connection. After a failure, a lingering close gives the server time to read our last
    /// frames.
    pub(super) fn end(mut self) -> (Ended<'a>, Option<LingeringClose>) {
        self.note_end();
        let wire_bytes = (self.writer.wire_bytes(), self.reader.wire_bytes());
        let tally = Tally { wire_sent: wire_bytes.0, wire_received: wire_bytes.1, ..*self.machine.tally() };
        let discards = self.machine.discards();
        let until = self.machine.end_of_run(Instant::now());
        let (ping, finished_at) = (self.keep_alive.round_trip(), self.machine.finished_at());
        let close_took = self.machine.close_took();
        let bytes_taken = self.machine.bytes_taken();
        let (sent_whole, received_whole) = (self.machine.has_sent_all(), self.machine.has_received_all());
        let end = self.machine.into_end(self.lanes.sink.unmet(), self.lanes.source.size());
        self.transport.shut_down();
        let lingering = end.failure.is_some().then(|| LingeringClose::begin(self.transport));
        let close = match &end.ending {
            Some(Ending::Closed { by, frame }) => Some((*by, frame.clone())),
            Some(Ending::Lost { .. }) | None => None,
        };
        let result = end.verdict();
        let outcome = Outcome {
            result,
            delivered: false,
            tally,
            close,
            ping,
            finished_at,
            close_took,
            bytes_taken,
            sent_whole,
            received_whole,
        };
        (Ended { lanes: self.lanes, outcome, discards, until }, lingering)
    }
}

impl Ended<'_> {
    /// Waits until all received data is written.
    pub(super) fn finish(self) -> Outcome {
        let Self { lanes, outcome, discards, until } = self;
        let Lanes { sink, output, .. } = lanes;
        let mut close = outcome.close.as_ref().map(|(_, frame)| frame);
        let rest = |out: &mut Vec<u8>| {
            let more = sink.continue_message(out);
            if !more && let Some(close) = close.take() {
                sink.close(close, out);
            }
            more
        };
        let written = if discards { Ok(()) } else { output.finish(rest, until) };
        let delivered = !discards && written.is_ok();
        let result = match (outcome.result, written) {
            (Ok(()), Err(OutputError::Failed(failure))) => Err(failure),
            (Err(first), Err(OutputError::Failed(failure))) => Err(first.or_graver(failure)),
            (result, Err(OutputError::Closed) | Ok(())) => result,
        };
        let received_whole = outcome.received_whole && delivered;
        Outcome { result, delivered, received_whole, ..outcome }
    }
}
