//! Turns sections of messages into frames. Only this file decides how a message is framed. A message is one
//! frame when its length is known, and fragments when it is not or when frame size is limited (RFC 6455
//! §5.4). A compressed message is one frame when the compressor outputs it at once, and fragments otherwise
//! (RFC 7692 §6.1).

use super::budget::SendBudget;
use super::compressor::Compressor;
use crate::protocol::extension::Agreement;
use crate::protocol::frame::{
    CloseFrame, FrameHeader, FrameWriter, Kind, Opcode, PayloadMask, RecordedFrame,
};
use crate::protocol::role::Role;

/// A part of a message to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutgoingSection<'a> {
    /// The type of the message.
    pub kind: Kind,
    /// The bytes; possibly none.
    pub bytes: &'a [u8],
    /// Whether the message ends with this section.
    pub last: bool,
    /// The length of the whole message in bytes, if it is known when the message begins.
    pub whole_len: Option<u64>,
}

/// How much of a section was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Bytes taken from the front of the section.
    pub bytes: usize,
    /// Whether the message is complete.
    pub message: bool,
}

/// A message that is not completely written.
#[derive(Debug)]
struct OpenMessage {
    kind: Kind,
    is_compressed: bool,
    /// Bytes still to come, if the length is known and the message is not compressed.
    left: Option<u64>,
    begun: bool,
}

impl OpenMessage {
    /// The header of the next frame.
    fn next_header(&mut self, fin: bool, len: u64) -> FrameHeader {
        let is_first = !std::mem::replace(&mut self.begun, true);
        let opcode = if is_first { self.kind.into() } else { Opcode::Continuation };
        FrameHeader { fin, rsv1: is_first && self.is_compressed, opcode, len }
    }
}

/// A frame whose payload is not completely written.
#[derive(Debug)]
struct OpenFrame {
    mask: PayloadMask,
    fin: bool,
}

/// The sending half of the protocol.
#[derive(Debug)]
pub struct MessageWriter {
    frames: FrameWriter,
    max_frame: u64,
    message: Option<OpenMessage>,
    frame: Option<OpenFrame>,
    compressor: Option<Compressor>,
    wire_bytes: u64,
}

impl MessageWriter {
    /// Creates a writer for `role` at the start of a connection. It compresses as agreed, and its data frames
    /// have at most `max_frame` bytes of payload.
    pub fn new(role: Role, agreement: Option<Agreement>, max_frame: Option<u64>) -> Self {
        Self {
            frames: FrameWriter::new(role),
            max_frame: max_frame.map_or(u64::MAX, |most| most.max(1)),
            message: None,
            frame: None,
            compressor: agreement.map(|agreement| Compressor::new(agreement.compressing(role))),
            wire_bytes: 0,
        }
    }

    /// From now on, compresses messages of at least `min` bytes, also those that are not likely to get shorter.
    pub fn compress_from(&mut self, min: u64) {
        if let Some(compressor) = &mut self.compressor {
            compressor.compress_from(min);
        }
    }

    /// Bytes of payload in all data frames so far.
    pub fn wire_bytes(&self) -> u64 {
        self.wire_bytes
    }

    /// From now on, keeps frame headers for [`MessageWriter::take_recorded`].
    pub fn record_frames(&mut self) {
        self.frames.record_frames();
    }

    /// Returns the frames begun since the last call, if recording is on.
    pub fn take_recorded(&mut self) -> Vec<RecordedFrame> {
        self.frames.take_recorded()
    }

    /// Whether the payload of the last frame is incomplete, so that no other frame may follow yet.
    pub fn is_inside_frame(&self) -> bool {
        self.frame.is_some()
    }

    /// Bytes missing from the payload of the last frame.
    pub fn frame_remaining(&self) -> u64 {
        self.frame.as_ref().map_or(0, |frame| frame.mask.remaining())
    }

    /// Whether a message has begun and is not complete.
    pub fn is_inside_message(&self) -> bool {
        self.message.is_some()
    }

    /// Whether `budget` allows more. Once something has been written, a waiting control frame must be sent
    /// before the next data frame.
    pub fn may_write(&self, budget: &SendBudget, has_written: bool) -> bool {
        let control_first = budget.control_waits && has_written && self.frame.is_none();
        let may_begin = self.message.is_some() || budget.messages > 0;
        budget.bytes > 0 && may_begin && !control_first
    }

    /// The most bytes to write at once. When a control frame waits, this ends at the end of the current
    /// frame.
    pub fn room(&self, budget: &SendBudget) -> usize {
        let frame = self.frame.as_ref().map_or(self.max_frame, |frame| frame.mask.remaining());
        let frame = if budget.control_waits { frame } else { u64::MAX };
        usize::try_from(frame).unwrap_or(usize::MAX).min(budget.room())
    }

    /// Appends the front of `section` to `out` as frames; all of it if it has at most [`MessageWriter::room`]
    /// bytes.
    pub fn write(
        &mut self,
        section: &OutgoingSection<'_>,
        budget: &mut SendBudget,
        out: &mut Vec<u8>,
    ) -> Written {
        if self.is_one_frame(section, budget) {
            self.frames.frame(section.kind.into(), true, section.bytes, out);
            let bytes = section.bytes.len();
            self.wire_bytes += bytes as u64;
            budget.messages -= 1;
            budget.spend(bytes);
            return Written { bytes, message: true };
        }
        let taken = section.bytes.len().min(self.room(budget));
        let last = section.last && taken == section.bytes.len();
        if self.message.is_none() {
            self.message = Some(self.open(section, last));
            budget.messages -= 1;
        }
        let written = if self.message.as_ref().is_some_and(|message| message.is_compressed) {
            self.write_compressed(&section.bytes[..taken], last, out);
            Written { bytes: taken, message: last }
        } else {
            self.write_plain(section, taken, last, out)
        };
        if written.message {
            self.message = None;
        }
        budget.spend(written.bytes);
        written
    }

    /// Whether `section` is a whole message that becomes one frame at once. This is the fast path for most
    /// messages.
    fn is_one_frame(&self, section: &OutgoingSection<'_>, budget: &SendBudget) -> bool {
        let len = section.bytes.len();
        let is_whole = section.last && self.message.is_none();
        is_whole && self.compressor.is_none() && len <= self.room(budget) && len as u64 <= self.max_frame
    }

    /// Begins the message of `section`. `last` says whether it also ends with it.
    fn open(&self, section: &OutgoingSection<'_>, last: bool) -> OpenMessage {
        let len = section.whole_len.or_else(|| last.then_some(section.bytes.len() as u64));
        let is_compressed = self.compressor.as_ref().is_some_and(|compressor| compressor.takes(len));
        OpenMessage { kind: section.kind, is_compressed, left: section.whole_len, begun: false }
    }

    fn write_plain(
        &mut self,
        section: &OutgoingSection<'_>,
        taken: usize,
        last: bool,
        out: &mut Vec<u8>,
    ) -> Written {
        let mut rest = &section.bytes[..taken];
        let mut complete = false;
        // An empty section matters only when the message ends with it.
        while !complete && (!rest.is_empty() || last) {
            let begins = self.frame.is_none();
            if begins {
                self.begin_frame(rest.len() as u64, last, out);
            }
            let Some(frame) = &mut self.frame else { break };
            let here =
                usize::try_from(frame.mask.remaining()).map_or(rest.len(), |left| left.min(rest.len()));
            let (bytes, more) = rest.split_at(here);
            if begins {
                self.frames.record_payload(bytes);
            }
            frame.mask.append(bytes, out);
            self.wire_bytes += here as u64;
            rest = more;
            if frame.mask.remaining() > 0 {
                break;
            }
            complete = frame.fin;
            self.frame = None;
        }
        Written { bytes: taken - rest.len(), message: complete }
    }

    /// Begins the next frame of the message; `here` bytes of its payload are available.
    fn begin_frame(&mut self, here: u64, last: bool, out: &mut Vec<u8>) {
        let Some(message) = &mut self.message else { return };
        let wanted = message.left.unwrap_or(here);
        let len = wanted.min(self.max_frame);
        let fin = len == wanted && (message.left.is_some() || last);
        message.left = message.left.map(|left| left - len);
        let mask = self.frames.begin(message.next_header(fin, len), out);
        self.frame = Some(OpenFrame { mask, fin });
    }

    /// Compresses the next bytes of a message. The output waits until there is enough for a frame.
    fn write_compressed(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        let Some(compressor) = &mut self.compressor else { return };
        compressor.push(bytes, last);
        if last || compressor.fills_frame(self.max_frame) {
            self.frame_compressed(bytes, last, out);
        }
    }

    /// Appends the rest of the compressed bytes so far, so that the receiver can inflate them. Call it when
    /// the source has no data for now. Does nothing when there are no such bytes.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        if self.compressor.as_mut().is_some_and(Compressor::flush) {
            self.frame_compressed(&[], false, out);
        }
    }

    /// Puts the compressor's output into frames. `bytes` is recorded as their payload.
    fn frame_compressed(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        let (Some(compressor), Some(message)) = (&mut self.compressor, &mut self.message) else { return };
        let compressed = compressor.take();
        let max_frame = usize::try_from(self.max_frame).unwrap_or(usize::MAX);
        let mut rest = &compressed[..];
        loop {
            let (payload, more) = rest.split_at(rest.len().min(max_frame));
            let header = message.next_header(last && more.is_empty(), payload.len() as u64);
            self.frames.begin(header, out).append(payload, out);
            self.frames.record_payload(bytes);
            self.wire_bytes += payload.len() as u64;
            rest = more;
            if rest.is_empty() {
                break;
            }
        }
        compressor.put_back(compressed);
    }

    /// Appends a ping. Must not be called inside a frame.
    pub fn ping(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        debug_assert!(self.frame.is_none());
        self.frames.ping(payload, out);
    }

    /// Appends a pong: the answer to a ping, or an unsolicited one (RFC 6455 §5.5.3). Must not be called
    /// inside a frame.
    pub fn pong(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        debug_assert!(self.frame.is_none());
        self.frames.pong(payload, out);
    }

    /// Appends a Close frame, after which nothing may be sent. Must not be called inside a frame.
    pub fn close(&mut self, close: &CloseFrame, out: &mut Vec<u8>) {
        debug_assert!(self.frame.is_none());
        self.frames.close(close, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: SendBudget =
        SendBudget { bytes: 1 << 20, overshoot: 0, messages: u64::MAX, control_waits: false };

    fn writer(max_frame: Option<u64>) -> MessageWriter {
        MessageWriter::new(Role::Client, None, max_frame)
    }

    /// FIN, opcode and payload length of each frame in `out`.
    fn frames(mut out: &[u8]) -> Vec<(bool, u8, usize)> {
        let mut seen = Vec::new();
        while let [first, second, ..] = *out {
            let (len, header) = match second & 0x7F {
                126 => (usize::from(u16::from_be_bytes([out[2], out[3]])), 8),
                len => (usize::from(len), 6),
            };
            seen.push((first & 0x80 != 0, first & 0x0F, len));
            out = &out[(header + len).min(out.len())..];
        }
        seen
    }

    fn text(bytes: &[u8], last: bool, whole_len: Option<u64>) -> OutgoingSection<'_> {
        OutgoingSection { kind: Kind::Text, bytes, last, whole_len }
    }

    #[test]
    fn a_known_length_is_one_frame_however_it_comes() {
        let (mut writer, mut budget, mut out) = (writer(None), PLENTY, Vec::new());
        let whole = Some(5);
        assert!(!writer.write(&text(b"he", false, whole), &mut budget, &mut out).message);
        assert!(writer.is_inside_frame());
        assert!(writer.write(&text(b"llo", true, whole), &mut budget, &mut out).message);
        assert!(!writer.is_inside_frame() && !writer.is_inside_message());
        assert_eq!(frames(&out), [(true, 1, 5)]);
    }

    #[test]
    fn an_unknown_length_is_a_fragment_for_each_section() {
        let (mut writer, mut budget, mut out) = (writer(None), PLENTY, Vec::new());
        for (bytes, last) in [(&b"ab"[..], false), (b"", false), (b"c", false), (b"", true)] {
            let written = writer.write(&text(bytes, last, None), &mut budget, &mut out);
            assert_eq!(written, Written { bytes: bytes.len(), message: last });
            assert!(!writer.is_inside_frame());
        }
        assert_eq!(frames(&out), [(false, 1, 2), (false, 0, 1), (true, 0, 0)]);
    }

    #[test]
    fn empty_messages_are_frames_too() {
        for whole_len in [None, Some(0)] {
            let (mut writer, mut budget, mut out) = (writer(Some(3)), PLENTY, Vec::new());
            assert!(writer.write(&text(b"", true, whole_len), &mut budget, &mut out).message);
            assert_eq!(frames(&out), [(true, 1, 0)]);
        }
    }

    #[test]
    fn frames_are_limited_with_and_without_a_known_length() {
        for whole_len in [None, Some(7)] {
            let (mut writer, mut budget, mut out) = (writer(Some(3)), PLENTY, Vec::new());
            assert!(writer.write(&text(b"abcdefg", true, whole_len), &mut budget, &mut out).message);
            assert_eq!(frames(&out), [(false, 1, 3), (false, 0, 3), (true, 0, 1)], "{whole_len:?}");
        }
    }

    #[test]
    fn a_recorded_frame_shows_its_own_bytes() {
        let (mut writer, mut budget, mut out) = (writer(Some(3)), PLENTY, Vec::new());
        writer.record_frames();
        assert!(writer.write(&text(b"abcdefg", true, Some(7)), &mut budget, &mut out).message);
        let previews: Vec<_> = writer.take_recorded().into_iter().map(|(_, preview)| preview).collect();
        assert_eq!(previews, [&b"abc"[..], b"def", b"g"]);
    }

    #[test]
    fn a_budget_ends_in_the_middle_of_a_section() {
        let (mut writer, mut out) = (writer(None), Vec::new());
        let mut budget = SendBudget { bytes: 2, messages: 1, ..PLENTY };
        let written = writer.write(&text(b"hello", true, Some(5)), &mut budget, &mut out);
        assert_eq!(written, Written { bytes: 2, message: false });
        assert!(!writer.may_write(&budget, true));
        let mut budget = SendBudget { overshoot: 3, messages: 0, ..budget };
        budget.bytes = 1;
        assert!(writer.may_write(&budget, false), "the message was begun before");
        assert!(writer.write(&text(b"llo", true, Some(5)), &mut budget, &mut out).message);
        assert_eq!(frames(&out), [(true, 1, 5)]);
        assert!(!writer.may_write(&SendBudget { messages: 0, ..PLENTY }, false));
    }

    #[test]
    fn a_control_frame_that_waits_goes_before_the_next_frame_and_not_into_one() {
        let (mut writer, mut out) = (writer(Some(4)), Vec::new());
        let mut budget = SendBudget { bytes: 2, control_waits: true, ..PLENTY };
        writer.write(&text(b"abcdef", true, Some(6)), &mut budget, &mut out);
        budget.bytes = 2;
        assert!(writer.is_inside_frame() && writer.may_write(&budget, true));
        writer.write(&text(b"cdef", true, Some(6)), &mut budget, &mut out);
        budget.bytes = 2;
        assert!(!writer.is_inside_frame() && !writer.may_write(&budget, true));
        writer.pong(b"x", &mut out);
        assert!(writer.may_write(&budget, false));
        writer.write(&text(b"ef", true, Some(6)), &mut budget, &mut out);
        assert_eq!(frames(&out), [(false, 1, 4), (true, 10, 1), (true, 0, 2)]);
    }

    #[test]
    fn a_control_frame_that_waits_goes_between_two_frames_of_a_section() {
        let (mut writer, mut out) = (MessageWriter::new(Role::Client, None, Some(4)), Vec::new());
        let mut budget = SendBudget { control_waits: true, ..PLENTY };
        assert_eq!(writer.write(&text(b"ab", false, Some(12)), &mut budget, &mut out).bytes, 2);
        assert_eq!(writer.room(&budget), 2);
        assert_eq!(writer.write(&text(b"cdefghijkl", true, Some(12)), &mut budget, &mut out).bytes, 2);
        assert!(!writer.may_write(&budget, true) && !writer.is_inside_frame());
        budget.control_waits = false;
        assert_eq!(writer.write(&text(b"efghijkl", true, Some(12)), &mut budget, &mut out).bytes, 8);
        assert_eq!(frames(&out), [(false, 1, 4), (false, 0, 4), (true, 0, 4)]);
    }
}
