//! One connection to the server under test: sends any bytes, and tells what the server does next.
//! Everything that is sent and seen is recorded.

use std::time::Duration;

use super::event::{ConnectionEnd, ServerEvent};
use super::frame::{BINARY, CLOSE, CONTINUATION, PONG, RawFrame, Reading, SeenFrame, TEXT};
use super::judgement::{Judgement, Stop};
use super::recorder::{FrameWatcher, Recorder};
use super::transcript::Transcript;
use crate::deadline::Deadline;
use crate::error::io_reason;
use crate::net::{Transport, WaitError};
use crate::protocol::{DeflateContext, Inflater, Kind};

/// The flag that the deadlines name.
const FLAG: &str = "--rule-timeout";

/// How often an interruption by the user is checked.
const TICK: Duration = Duration::from_millis(100);

/// The pause between pieces of a frame: long enough for each to be a segment of its own.
const BETWEEN_PIECES: Duration = Duration::from_millis(1);

/// How long closing the connection may take.
const GOODBYE: Duration = Duration::from_millis(100);

/// Events that are still read when the time is over, because they may have arrived in time.
const LATE_EVENTS: usize = 64;

/// The largest message that is put together from fragments, in bytes.
const MAX_MESSAGE: usize = 16 << 20;

/// RSV1 among the reserved bits.
const RSV1: u8 = 0x4;

/// A message whose last fragment has not come.
struct Incoming {
    kind: Kind,
    is_compressed: bool,
    /// As it is on the wire.
    payload: Vec<u8>,
}

impl Incoming {
    fn new(kind: Kind, is_compressed: bool) -> Self {
        Self { kind, is_compressed, payload: Vec::new() }
    }
}

/// See the module. Says goodbye when it is dropped.
pub(crate) struct RawConnection<'a> {
    transport: Transport,
    received: Vec<u8>,
    recorder: &'a mut Recorder,
    frames: &'a mut dyn FrameWatcher,
    interrupted: &'a dyn Fn() -> bool,
    message: Option<Incoming>,
    /// Where compression was agreed on.
    inflater: Option<Inflater>,
    /// The first frame with RSV1 that does not begin a message, described.
    misplaced_rsv1: Option<String>,
    /// Bytes of payload in the frames of the last message.
    wire_len: usize,
    end: Option<ConnectionEnd>,
    /// Whether our Close frame is still to be sent.
    is_open: bool,
    /// Whether the server's Close frame came.
    has_closed: bool,
}

impl<'a> RawConnection<'a> {
    /// A connection on which nothing was sent.
    pub(crate) fn new(
        transport: Transport,
        recorder: &'a mut Recorder,
        frames: &'a mut dyn FrameWatcher,
        interrupted: &'a dyn Fn() -> bool,
    ) -> Self {
        frames.connected();
        let received = Vec::new();
        Self {
            transport,
            received,
            recorder,
            frames,
            interrupted,
            message: None,
            inflater: None,
            misplaced_rsv1: None,
            wire_len: 0,
            end: None,
            is_open: false,
            has_closed: false,
        }
    }

    /// Inflates what the server sends in this context.
    pub(crate) fn compressing(mut self, context: DeflateContext) -> Self {
        self.frames.compresses();
        self.inflater = Some(Inflater::new(context.is_kept));
        self
    }

    /// The first frame with RSV1 that does not begin a message, described.
    pub(crate) fn misplaced_rsv1(&self) -> Option<&str> {
        self.misplaced_rsv1.as_deref()
    }

    /// Bytes of payload in the frames of the last message.
    pub(crate) fn wire_len(&self) -> usize {
        self.wire_len
    }

    /// The connection is a WebSocket from now on. `leftover` are its first bytes.
    pub(crate) fn opened(mut self, leftover: Vec<u8>) -> Self {
        self.recorder.transcript.note("WebSocket open");
        self.received = leftover;
        self.is_open = true;
        self
    }

    pub(crate) fn transcript(&mut self) -> &mut Transcript {
        &mut self.recorder.transcript
    }

    /// How long the server has for one reaction.
    pub(crate) fn patience(&self) -> Duration {
        self.recorder.pace.patience()
    }

    /// Ends the rule without a verdict when its time ended more than half a wait before this deadline.
    fn check_time(&self, deadline: &Deadline) -> Result<(), Stop> {
        let missing = deadline.remaining().unwrap_or_default();
        match &self.recorder.end {
            Some(end) if missing > deadline.limit() / 2 => {
                let seen = format!("not decided within {:?} (--rule-timeout)", end.limit());
                Err(Judgement::inconclusive(seen).into())
            }
            _ => Ok(()),
        }
    }

    /// The end of the time for one reaction that begins now.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.patience(), FLAG)
    }

    /// Sends frames at once, in one segment if they fit.
    pub(crate) fn send(&mut self, frames: &[RawFrame]) {
        let mut bytes = Vec::new();
        for frame in frames {
            bytes.extend(self.encode(frame));
        }
        self.write(&bytes);
    }

    /// Sends a frame a byte at a time.
    pub(crate) fn send_dripping(&mut self, frame: &RawFrame) {
        let bytes = self.encode(frame);
        self.write_in_pieces(&bytes, 1);
    }

    /// The bytes of a frame, as evidence too.
    fn encode(&mut self, frame: &RawFrame) -> Vec<u8> {
        let bytes = frame.bytes(masking_key());
        self.recorder.transcript.sent(&bytes);
        self.is_open &= frame.opcode() != CLOSE;
        bytes
    }

    /// Writes bytes that are recorded already. A failure is ignored: reading shows its reason.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        match self.transport.write_until(bytes, &self.deadline()) {
            // After a signal, reading ends too.
            Ok(()) | Err(WaitError::Interrupted(_)) => {}
            Err(WaitError::Deadline) => self.recorder.transcript.note("the server takes no more bytes"),
            Err(WaitError::Io(err)) => {
                self.recorder.transcript.note(&format!("not all was sent: {}", io_reason(&err)));
            }
        }
    }

    /// As [`RawConnection::write`], in pieces of this size with a short pause after each.
    pub(crate) fn write_in_pieces(&mut self, bytes: &[u8], size: usize) {
        for piece in bytes.chunks(size) {
            self.write(piece);
            // Reading reports the end of the connection.
            let _ = self.transport.wait(Some(BETWEEN_PIECES));
        }
    }

    /// The end of the rule's time.
    pub(super) fn end(&self) -> Option<Deadline> {
        self.recorder.end
    }

    pub(super) fn check_interrupted(&self) -> Result<(), Stop> {
        if (self.interrupted)() { Err(Stop::Interrupted) } else { Ok(()) }
    }

    /// Writes bytes that are no evidence.
    pub(super) fn write_until(&mut self, bytes: &[u8], deadline: &Deadline) -> Result<(), WaitError> {
        self.transport.write_until(bytes, deadline)
    }

    /// The bytes of frames, of which the first is evidence.
    pub(crate) fn encoded(&mut self, frames: &[RawFrame]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (index, frame) in frames.iter().enumerate() {
            let frame = frame.bytes(masking_key());
            if index == 0 {
                self.recorder.transcript.sent(&frame);
                self.recorder.transcript.note("and again");
            }
            bytes.extend(frame);
        }
        bytes
    }

    /// The next event that is there, without a wait.
    pub(super) fn present_event(&mut self) -> Result<Option<ServerEvent>, Stop> {
        // Only a poll tells that something has come, and writes that never block do not poll. Reading reports errors.
        let _ = self.transport.wait(Some(Duration::ZERO));
        loop {
            if let Some(event) = self.take_event() {
                return Ok(Some(event));
            }
            match self.more(&Deadline::after(Duration::ZERO, FLAG))? {
                Some(Ok(())) => {}
                Some(Err(end)) => return Ok(Some(ServerEvent::Ended(end))),
                None => return Ok(None),
            }
        }
    }

    /// Reads until there are so many bytes, the connection ends, or the time of a reaction is over.
    pub(super) fn read_some(&mut self, count: usize) -> Result<(), Stop> {
        let deadline = self.deadline();
        while self.received.len() < count {
            let Some(Ok(())) = self.more(&deadline)? else { break };
        }
        Ok(())
    }

    /// The next event. Skips pings and meaningless frames.
    pub(crate) fn next(&mut self, deadline: &Deadline) -> Result<ServerEvent, Stop> {
        loop {
            if let Some(event) = self.take_event() {
                return Ok(event);
            }
            match self.more(deadline)? {
                Some(Ok(())) => {}
                Some(Err(end)) => {
                    self.recorder.pace.reacted();
                    return Ok(ServerEvent::Ended(end));
                }
                None => {
                    self.recorder.pace.waited_in_vain();
                    self.recorder.nothing_came = true;
                    self.recorder.transcript.note(&format!("nothing more for {:?}", deadline.limit()));
                    self.recorder.is_alive = false;
                    self.check_time(deadline)?;
                    return Ok(ServerEvent::Silence);
                }
            }
        }
    }

    /// The first event for which `wanted` holds, or a Close, an end, or silence.
    pub(crate) fn until(&mut self, wanted: impl FnMut(&ServerEvent) -> bool) -> Result<ServerEvent, Stop> {
        self.within(self.patience(), wanted)
    }

    /// As [`RawConnection::until`], with a time of its own.
    pub(crate) fn within(
        &mut self,
        time: Duration,
        mut wanted: impl FnMut(&ServerEvent) -> bool,
    ) -> Result<ServerEvent, Stop> {
        let deadline = Deadline::after(time, FLAG);
        let mut late = 0;
        loop {
            let event = self.next(&deadline)?;
            late += usize::from(deadline.remaining().is_none());
            match event {
                ServerEvent::Close(_) | ServerEvent::Ended(_) | ServerEvent::Silence => return Ok(event),
                _ if wanted(&event) => return Ok(event),
                _ if late > LATE_EVENTS => return Ok(ServerEvent::Silence),
                ServerEvent::Message(..) | ServerEvent::Pong(_) => {}
            }
        }
    }

    /// Notes that a reply has not come in time.
    pub(super) fn misses_reply(&mut self) {
        self.recorder.nothing_came = true;
    }

    /// How the connection ends; `None` when it does not end in time. Records what arrives until then.
    pub(crate) fn until_end(&mut self) -> Result<Option<ConnectionEnd>, Stop> {
        let deadline = self.deadline();
        let mut late = 0;
        loop {
            late += usize::from(deadline.remaining().is_none());
            match self.next(&deadline)? {
                ServerEvent::Ended(end) => return Ok(Some(end)),
                ServerEvent::Silence => return Ok(None),
                _ if late > LATE_EVENTS => return Ok(None),
                _ => {}
            }
        }
    }

    /// Reads more bytes: `None` when there are none in time.
    pub(crate) fn more(&mut self, deadline: &Deadline) -> Result<Option<Result<(), ConnectionEnd>>, Stop> {
        if let Some(end) = &self.end {
            return Ok(Some(Err(end.clone())));
        }
        let deadline = &deadline.earliest(self.recorder.end);
        let mut buf = [0; 16 * 1024];
        let end = loop {
            if (self.interrupted)() {
                return Err(Stop::Interrupted);
            }
            let tick = Deadline::after(TICK, FLAG).earliest(Some(*deadline));
            match self.transport.read_until(&mut buf, &tick) {
                Err(WaitError::Deadline) if deadline.remaining().is_some() => {}
                Err(WaitError::Deadline) => return Ok(None),
                Err(WaitError::Interrupted(_)) => return Err(Stop::Interrupted),
                Err(WaitError::Io(err)) => break ConnectionEnd::of(&err),
                Ok(0) => break ConnectionEnd::Closed,
                Ok(count) => {
                    self.received.extend_from_slice(&buf[..count]);
                    return Ok(Some(Ok(())));
                }
            }
        };
        self.recorder.transcript.note(&end.described());
        self.recorder.is_alive &= self.has_closed;
        self.end = Some(end.clone());
        Ok(Some(Err(end)))
    }

    /// Bytes that were read and not used yet.
    pub(crate) fn received(&mut self) -> &mut Vec<u8> {
        &mut self.received
    }

    /// The next event in what was read.
    fn take_event(&mut self) -> Option<ServerEvent> {
        loop {
            let (frame, used) = match SeenFrame::read(&self.received) {
                Reading::Frame(frame, used) => (frame, used),
                Reading::More => return None,
                Reading::TooLong(len) => {
                    return self.give_up(format!("a frame that announces {len} bytes"));
                }
            };
            let bytes: Vec<u8> = self.received.drain(..used).collect();
            self.recorder.transcript.seen(&bytes);
            let shown = self.recorder.transcript.shown(&bytes);
            self.frames.frame(&frame, &shown, self.recorder.rule);
            self.recorder.pace.reacted();
            let is_compressed = self.inflater.is_some() && frame.reserved & RSV1 != 0;
            if is_compressed && !matches!(frame.opcode, TEXT | BINARY) {
                self.misplaced_rsv1
                    .get_or_insert(format!("a frame with RSV1 and opcode {:#x}", frame.opcode));
            }
            match frame.opcode {
                PONG => return Some(ServerEvent::Pong(frame.payload)),
                CLOSE => {
                    self.has_closed = true;
                    return Some(ServerEvent::Close(frame.payload));
                }
                TEXT => self.message = Some(Incoming::new(Kind::Text, is_compressed)),
                BINARY => self.message = Some(Incoming::new(Kind::Binary, is_compressed)),
                CONTINUATION => {}
                _ => continue,
            }
            let Some(Incoming { payload, .. }) = &mut self.message else { continue };
            payload.extend_from_slice(&frame.payload);
            if payload.len() > MAX_MESSAGE {
                return self.give_up(format!("a message of more than {MAX_MESSAGE} bytes"));
            }
            if frame.fin
                && let Some(message) = self.message.take()
            {
                return self.whole(message);
            }
        }
    }

    /// A message that has come whole, inflated if need be.
    fn whole(&mut self, message: Incoming) -> Option<ServerEvent> {
        let Incoming { kind, is_compressed, payload } = message;
        self.wire_len = payload.len();
        let Some(inflater) = self.inflater.as_mut().filter(|_| is_compressed) else {
            return Some(ServerEvent::Message(kind, payload));
        };
        let mut out = Vec::new();
        match inflater.section(&payload, true, &mut out, MAX_MESSAGE) {
            Ok(progress) if progress.is_pending => {
                self.give_up(format!("a message that inflates to more than {MAX_MESSAGE} bytes"))
            }
            Ok(_) => Some(ServerEvent::Message(kind, out)),
            Err(err) => self.give_up(format!("a {err}")),
        }
    }

    fn give_up(&mut self, what: String) -> Option<ServerEvent> {
        if self.end.is_none() {
            self.recorder.transcript.seen(&self.received);
            self.received.clear();
            self.end = Some(ConnectionEnd::Unreadable(what));
        }
        None
    }
}

impl Drop for RawConnection<'_> {
    fn drop(&mut self) {
        if !self.received.is_empty() {
            self.recorder.transcript.seen(&self.received);
        }
        if self.is_open && self.end.is_none() {
            let close = RawFrame::close(1000, b"").bytes(masking_key());
            let _ = self.transport.write_until(&close, &Deadline::after(GOODBYE, FLAG));
        }
        self.transport.shut_down();
    }
}

/// An unpredictable masking key (RFC 6455 §5.3).
///
/// # Panics
/// When the operating system has no random source.
fn masking_key() -> [u8; 4] {
    let mut key = [0; 4];
    getrandom::fill(&mut key).expect("the operating system provides random bytes");
    key
}
