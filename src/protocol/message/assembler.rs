//! Assembles messages from the payloads of frames: checks their order, size limit and UTF-8, and inflates
//! them.

use std::ops::Range;

use super::event::{Event, MessageError, Section};
use super::inflate::Inflater;
use crate::protocol::extension::DeflateContext;
use crate::protocol::frame::{
    CloseFrame, FrameHeader, FrameSection, Kind, MAX_CONTROL_PAYLOAD, Opcode, Violation,
};
use crate::protocol::utf8::Utf8Stream;

/// The most bytes that are inflated for one section.
const INFLATED: usize = 64 * 1024;

/// A message whose last frame has not arrived, or is not inflated to its end.
#[derive(Clone, Copy, Debug)]
struct OpenMessage {
    kind: Kind,
    is_compressed: bool,
    /// The length so far: the sum of the lengths in its frame headers, or the number of inflated bytes.
    len: u64,
}

/// Assembles messages from frames; see the module.
#[derive(Debug)]
pub(super) struct Assembler {
    message: Option<OpenMessage>,
    max_message: u64,
    utf8: Utf8Stream,
    control: Vec<u8>,
    inflater: Option<Inflater>,
    inflated: Vec<u8>,
    /// Set when all input bytes are used but their inflated output is not complete. The value says whether
    /// the message ends with that output.
    pending: Option<bool>,
}

impl Assembler {
    /// Creates an assembler that inflates with `context`, if compression was agreed on.
    pub(super) fn new(context: Option<DeflateContext>, max_message: Option<u64>) -> Self {
        Self {
            message: None,
            max_message: max_message.unwrap_or(u64::MAX),
            utf8: Utf8Stream::new(),
            control: Vec::new(),
            inflater: context.map(|context| Inflater::new(context.is_kept)),
            inflated: Vec::new(),
            pending: None,
        }
    }

    pub(super) fn is_between_messages(&self) -> bool {
        self.message.is_none()
    }

    pub(super) fn has_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Returns more of the inflated output of bytes that were taken before.
    pub(super) fn pending(&mut self) -> Result<Section<'_>, MessageError> {
        let ends = self.pending.take().unwrap_or_default();
        let (section, _) = self.inflate(&[], ends)?;
        Ok(section)
    }

    /// Takes the payload of a data frame. Returns a section of its message, and how many bytes at the end of
    /// `payload` were not used.
    pub(super) fn data<'a>(
        &'a mut self,
        frame: &FrameSection,
        payload: &'a [u8],
    ) -> Result<(Section<'a>, usize), MessageError> {
        if frame.starts {
            self.begin_frame(frame.header)?;
        }
        let ends = frame.header.fin && frame.ends;
        let first = frame.starts && frame.header.opcode != Opcode::Continuation;
        let header = frame.starts.then_some(frame.header);
        if self.message.is_some_and(|message| message.is_compressed) {
            let (section, unused) = self.inflate(payload, ends)?;
            return Ok((Section { first, header, ..section }, unused));
        }
        let offset = (self.inflater.is_none() && frame.key.is_none()).then_some(frame.payload.start);
        let (kind, wire_len) = (self.take_bytes(payload, ends)?, payload.len());
        Ok((Section { kind, bytes: payload, offset, wire_len, first, last: ends, header }, 0))
    }

    /// Takes a whole message that is one short frame, unless something is wrong with it: [`Assembler::data`] then says
    /// what.
    pub(super) fn short_message<'a>(
        &self,
        header: FrameHeader,
        payload: Range<usize>,
        input: &'a [u8],
    ) -> Option<Section<'a>> {
        let kind = if header.opcode == Opcode::Text { Kind::Text } else { Kind::Binary };
        let bytes = &input[payload.clone()];
        let is_valid = kind == Kind::Binary || std::str::from_utf8(bytes).is_ok();
        if !is_valid || self.message.is_some() || header.len > self.max_message {
            return None;
        }
        let (offset, wire_len) = (self.inflater.is_none().then_some(payload.start), bytes.len());
        Some(Section { kind, bytes, offset, wire_len, first: true, last: true, header: Some(header) })
    }

    /// Fragments of one message come in order, without another message between them (RFC 6455 §5.4).
    fn begin_frame(&mut self, header: FrameHeader) -> Result<(), MessageError> {
        let begun = |kind| OpenMessage { kind, is_compressed: header.rsv1, len: 0 };
        let mut message = match (header.opcode, self.message) {
            (Opcode::Continuation, Some(message)) => message,
            (Opcode::Continuation, None) => return Err(Violation::ContinuationWithoutStart.into()),
            (opcode, Some(_)) => return Err(Violation::MessageInsideMessage(opcode).into()),
            (Opcode::Text, None) => begun(Kind::Text),
            (_, None) => begun(Kind::Binary),
        };
        if !message.is_compressed {
            message.len = message.len.saturating_add(header.len);
            self.limit(message.len)?;
        }
        self.message = Some(message);
        Ok(())
    }

    fn limit(&self, len: u64) -> Result<(), MessageError> {
        let limit = self.max_message;
        if len > limit { Err(MessageError::TooBig { at_least: len, limit }) } else { Ok(()) }
    }

    /// Inflates compressed bytes while there is room. `ends` says whether the message ends after them.
    fn inflate(&mut self, compressed: &[u8], ends: bool) -> Result<(Section<'_>, usize), MessageError> {
        let Some(inflater) = &mut self.inflater else { return Err(Violation::ReservedBits(0x4).into()) };
        let before = self.message.map_or(0, |message| message.len);
        // One byte more than the limit proves that the message exceeds it.
        let left = self.max_message.saturating_sub(before).saturating_add(1);
        let room = usize::try_from(left).map_or(INFLATED, |left| left.min(INFLATED));
        let mut bytes = std::mem::take(&mut self.inflated);
        bytes.clear();
        let result = inflater.section(compressed, ends, &mut bytes, room);
        let last = ends && result.is_ok_and(|progress| !progress.is_pending);
        // Bytes inflated before an error are checked first, so that the reported error does not depend on how
        // the input was split.
        let kind = self.take_bytes(&bytes, last)?;
        let len = before + bytes.len() as u64;
        self.limit(len)?;
        let progress = result.map_err(Violation::BrokenDeflate)?;
        if let Some(message) = &mut self.message {
            message.len = len;
        }
        let unused = compressed.len() - progress.used;
        self.pending = (progress.is_pending && unused == 0).then_some(ends);
        self.inflated = bytes;
        let (bytes, wire_len) = (&self.inflated[..], progress.used);
        let section = Section { kind, bytes, offset: None, wire_len, first: false, last, header: None };
        Ok((section, unused))
    }

    /// Checks the next bytes of a message, and ends the message when `last` is set.
    fn take_bytes(&mut self, bytes: &[u8], last: bool) -> Result<Kind, Violation> {
        let kind = self.message.map_or(Kind::Binary, |message| message.kind);
        if kind == Kind::Text {
            self.utf8.feed(bytes).map_err(Violation::TextNotUtf8)?;
            if last {
                self.utf8.finish().map_err(Violation::TextNotUtf8)?;
            }
        }
        if last {
            self.message = None;
        }
        Ok(kind)
    }

    /// Collects the payload of a control frame that arrives in pieces; it has at most 125 bytes.
    pub(super) fn control<'a>(
        &'a mut self,
        frame: &FrameSection,
        bytes: &'a [u8],
    ) -> Result<Option<Event<'a>>, Violation> {
        if frame.starts {
            self.control.clear();
        }
        let contiguous = frame.starts && frame.ends;
        if !contiguous {
            debug_assert!(self.control.len() + bytes.len() <= MAX_CONTROL_PAYLOAD);
            self.control.extend_from_slice(bytes);
        }
        if !frame.ends {
            return Ok(None);
        }
        let whole = if contiguous { bytes } else { &self.control[..] };
        Ok(Some(match frame.header.opcode {
            Opcode::Ping => Event::Ping(whole),
            Opcode::Pong => Event::Pong(whole),
            _ => Event::Close(CloseFrame::parse(whole)?),
        }))
    }
}
