//! Finds frames in the bytes that the peer sends. Yields each frame in sections, as its bytes arrive, so a
//! frame may have any length.

use std::ops::Range;

use super::header::{FrameHeader, FrameRules, MAX_HEADER, MAX_SHORT, ParsedHeader, SHORT_HEADER};
use super::opcode::Opcode;
use super::violation::Violation;
use crate::protocol::role::Role;

/// A part of a frame: the payload that has arrived so far and was not yielded before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::protocol) struct FrameSection {
    pub(in crate::protocol) header: FrameHeader,
    /// Whether the frame begins here.
    pub(in crate::protocol) starts: bool,
    /// Where the payload lies in the input.
    pub(in crate::protocol) payload: Range<usize>,
    /// The key that masks this part of the payload, where the sender is a client.
    pub(in crate::protocol) key: Option<[u8; 4]>,
    /// Whether the frame ends here.
    pub(in crate::protocol) ends: bool,
}

/// A frame whose payload is not complete.
#[derive(Clone, Copy, Debug)]
struct OpenFrame {
    header: FrameHeader,
    key: Option<[u8; 4]>,
    /// Bytes of payload that are still to come.
    remaining: u64,
}

/// The state between two pieces of input: a partial header, or a frame with an incomplete payload.
#[derive(Debug)]
pub(in crate::protocol) struct FrameReader {
    rules: FrameRules,
    partial_header: [u8; MAX_HEADER],
    partial_header_len: usize,
    /// The last frame, until all of its payload has been yielded.
    open: Option<OpenFrame>,
}

impl FrameReader {
    /// A reader at the start of a connection.
    pub(in crate::protocol) fn new(rules: FrameRules) -> Self {
        Self { rules, partial_header: [0; MAX_HEADER], partial_header_len: 0, open: None }
    }

    /// Takes bytes from the front of `input`. Returns how many it took, and the section they make up. Without
    /// a section, it has taken all of `input` and needs more. A frame without payload yields one empty
    /// section.
    ///
    /// # Errors
    /// The header breaks a rule. The error is reported at the first byte that shows it.
    pub(in crate::protocol) fn read(
        &mut self,
        input: &[u8],
    ) -> Result<(usize, Option<FrameSection>), Violation> {
        if let Some(open) = self.open {
            return Ok(if input.is_empty() { (0, None) } else { self.payload(open, input, 0, false) });
        }
        match self.header(input)? {
            (used, Some(ParsedHeader { header, key, .. })) => {
                let open = OpenFrame { header, key, remaining: header.len };
                Ok(self.payload(open, input, used, true))
            }
            (used, None) => Ok((used, None)),
        }
    }

    /// The short unmasked frame at the front of `input`, if it is there with its whole payload and holds a whole message.
    /// [`FrameReader::read`] takes anything else. This is the fast path for most messages.
    pub(in crate::protocol) fn short_message(&self, input: &[u8]) -> Option<(FrameHeader, Range<usize>)> {
        let [first, len, ..] = input else { return None };
        // The length of a longer frame, and a mask bit, have a value above.
        let len = usize::from(*len);
        let opcode = match *first {
            0x81 => Opcode::Text,
            0x82 => Opcode::Binary,
            _ => return None,
        };
        if len > MAX_SHORT || self.rules.sender == Role::Client || !self.is_between_frames() {
            return None;
        }
        let header = FrameHeader { fin: true, rsv1: false, opcode, len: len as u64 };
        let end = SHORT_HEADER + len;
        (input.len() >= end).then_some((header, SHORT_HEADER..end))
    }

    /// Takes back the last `count` bytes of `section`, the section read last; the caller passes them to
    /// [`FrameReader::read`] again.
    pub(in crate::protocol) fn unread(&mut self, section: &FrameSection, count: usize) {
        if count > 0 {
            let header = section.header;
            let before = self.open.map_or(0, |open| open.remaining);
            let key = section.key.map(|mut key| {
                key.rotate_left((section.payload.len() - count) % 4);
                key
            });
            self.open = Some(OpenFrame { header, key, remaining: before + count as u64 });
        }
    }

    /// Whether no frame or header is incomplete.
    pub(in crate::protocol) fn is_between_frames(&self) -> bool {
        self.open.is_none() && self.partial_header_len == 0
    }

    /// Completes a header from the bytes kept so far and the front of `input`. Returns how many bytes of
    /// `input` belong to it.
    fn header(&mut self, input: &[u8]) -> Result<(usize, Option<ParsedHeader>), Violation> {
        if self.partial_header_len == 0
            && let Some(parsed) = self.rules.parse(input)?
        {
            return Ok((parsed.size, Some(parsed)));
        }
        for (used, &byte) in input.iter().enumerate() {
            self.partial_header[self.partial_header_len] = byte;
            self.partial_header_len += 1;
            let kept = &self.partial_header[..self.partial_header_len];
            if let Some(parsed) = self.rules.parse(kept)? {
                self.partial_header_len = 0;
                return Ok((used + 1, Some(parsed)));
            }
        }
        Ok((input.len(), None))
    }

    fn payload(
        &mut self,
        open: OpenFrame,
        input: &[u8],
        start: usize,
        starts: bool,
    ) -> (usize, Option<FrameSection>) {
        let OpenFrame { header, key, remaining } = open;
        let here = usize::try_from(remaining).unwrap_or(usize::MAX).min(input.len() - start);
        let end = start + here;
        let remaining = remaining - here as u64;
        let ends = remaining == 0;
        let next_key = key.map(|mut key| {
            key.rotate_left(here % 4);
            key
        });
        self.open = (!ends).then_some(OpenFrame { header, key: next_key, remaining });
        (end, Some(FrameSection { header, starts, payload: start..end, key, ends }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_the_same_wherever_it_is_cut() {
        let stream = b"\x82\x05hello\x89\x00\x01\x02ab";
        let rules = FrameRules { sender: Role::Server, may_compress: false };
        for size in 1..=stream.len() {
            let (mut reader, mut seen, mut payload) = (FrameReader::new(rules), Vec::new(), Vec::new());
            for mut piece in stream.chunks(size) {
                loop {
                    let (used, section) = reader.read(piece).unwrap();
                    if let Some(section) = &section {
                        payload.extend_from_slice(&piece[section.payload.clone()]);
                        if section.ends {
                            seen.push((section.header.opcode, std::mem::take(&mut payload)));
                        }
                    }
                    piece = &piece[used..];
                    if section.is_none() {
                        break;
                    }
                }
            }
            let expected = [
                (Opcode::Binary, b"hello".to_vec()),
                (Opcode::Ping, Vec::new()),
                (Opcode::Text, b"ab".to_vec()),
            ];
            assert_eq!(seen, expected, "pieces of {size}");
        }
    }
}
