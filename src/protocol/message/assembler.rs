//! Puts the payloads of frames together to messages: their order, their limit, their text, and what they inflate to.

use super::event::{Event, MessageError, Section};
use super::inflate::Inflater;
use crate::protocol::extension::DeflateContext;
use crate::protocol::frame::{
    CloseFrame, FrameHeader, FrameSection, Kind, MAX_CONTROL_PAYLOAD, Opcode, Violation,
};
use crate::protocol::utf8::Utf8Stream;

/// Bytes that are inflated for one section, at most.
const INFLATED: usize = 64 * 1024;

/// A message whose last frame has not come, or was not inflated to its end.
#[derive(Clone, Copy, Debug)]
struct OpenMessage {
    kind: Kind,
    is_compressed: bool,
    /// Bytes that the headers of its frames announce so far, or that were inflated.
    len: u64,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Assembler {
    message: Option<OpenMessage>,
    max_message: u64,
    utf8: Utf8Stream,
    control: Vec<u8>,
    inflater: Option<Inflater>,
    inflated: Vec<u8>,
    /// All bytes at hand were used, but not everything that they inflate to was given out: whether the message ends with
    /// it.
    pending: Option<bool>,
}

impl Assembler {
    /// Inflates in `context`, if compression was agreed on.
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

    /// More of what the bytes at hand inflate to.
    pub(super) fn pending(&mut self) -> Result<Section<'_>, MessageError> {
        let ends = self.pending.take().unwrap_or_default();
        let (section, _) = self.inflate(&[], ends)?;
        Ok(section)
    }

    /// Takes the payload of a data frame: a section of its message, and how many bytes at the end of `payload` were not
    /// used.
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

    /// Inflates compressed bytes, as far as there is room. The message ends after them where `ends`.
    fn inflate(&mut self, compressed: &[u8], ends: bool) -> Result<(Section<'_>, usize), MessageError> {
        let Some(inflater) = &mut self.inflater else { return Err(Violation::ReservedBits(0x4).into()) };
        let before = self.message.map_or(0, |message| message.len);
        // One byte beyond the limit shows that it is exceeded.
        let left = self.max_message.saturating_sub(before).saturating_add(1);
        let room = usize::try_from(left).map_or(INFLATED, |left| left.min(INFLATED));
        let mut bytes = std::mem::take(&mut self.inflated);
        bytes.clear();
        let result = inflater.section(compressed, ends, &mut bytes, room);
        let last = ends && result.is_ok_and(|progress| !progress.is_pending);
        // What was inflated before an error comes first, so that the error does not depend on where the bytes were cut.
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

    /// Checks the next bytes of a text, and ends the message with the last ones.
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

    /// A control frame is at most 125 bytes long, so its payload is gathered where it comes in pieces.
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
