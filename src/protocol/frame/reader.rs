//! Finds frames in the bytes that a server sends. A frame of any length passes in sections of what is at hand.

use std::ops::Range;

use super::header::{FrameHeader, MAX_SERVER_HEADER};
use super::violation::Violation;

/// A part of a frame: as much of its payload as was at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::protocol) struct FrameSection {
    pub(in crate::protocol) header: FrameHeader,
    /// Whether the frame begins here.
    pub(in crate::protocol) starts: bool,
    /// Where the payload lies in the input.
    pub(in crate::protocol) payload: Range<usize>,
    /// Whether the frame ends here.
    pub(in crate::protocol) ends: bool,
}

/// The state between two pieces of input: a part of a header, or a frame whose payload is not complete.
#[derive(Debug, Default)]
pub(in crate::protocol) struct FrameReader {
    partial_header: [u8; MAX_SERVER_HEADER],
    partial_header_len: usize,
    /// The frame that is being read, and how much of its payload is still to come.
    open: Option<(FrameHeader, u64)>,
}

impl FrameReader {
    /// Takes bytes from the front of `input`: how many, and the section that they are. Without a section, all of `input`
    /// was used and more is needed. A frame without payload is a section of no bytes.
    ///
    /// # Errors
    /// The rule that the header breaks, at the first byte that breaks it.
    pub(in crate::protocol) fn read(
        &mut self,
        input: &[u8],
    ) -> Result<(usize, Option<FrameSection>), Violation> {
        if let Some((header, remaining)) = self.open {
            return Ok(if input.is_empty() {
                (0, None)
            } else {
                self.payload(header, remaining, input, 0, false)
            });
        }
        match self.header(input)? {
            (used, Some(header)) => Ok(self.payload(header, header.len, input, used, true)),
            (used, None) => Ok((used, None)),
        }
    }

    /// Whether no frame or header is incomplete.
    pub(in crate::protocol) fn is_between_frames(&self) -> bool {
        self.open.is_none() && self.partial_header_len == 0
    }

    /// Completes a header from what was kept of it and the front of `input`.
    fn header(&mut self, input: &[u8]) -> Result<(usize, Option<FrameHeader>), Violation> {
        if self.partial_header_len == 0
            && let Some((header, used)) = FrameHeader::parse_from_server(input)?
        {
            return Ok((used, Some(header)));
        }
        for (used, &byte) in input.iter().enumerate() {
            self.partial_header[self.partial_header_len] = byte;
            self.partial_header_len += 1;
            let kept = &self.partial_header[..self.partial_header_len];
            if let Some((header, _)) = FrameHeader::parse_from_server(kept)? {
                self.partial_header_len = 0;
                return Ok((used + 1, Some(header)));
            }
        }
        Ok((input.len(), None))
    }

    fn payload(
        &mut self,
        header: FrameHeader,
        remaining: u64,
        input: &[u8],
        start: usize,
        starts: bool,
    ) -> (usize, Option<FrameSection>) {
        let here = usize::try_from(remaining).unwrap_or(usize::MAX).min(input.len() - start);
        let end = start + here;
        let remaining = remaining - here as u64;
        let ends = remaining == 0;
        self.open = (!ends).then_some((header, remaining));
        (end, Some(FrameSection { header, starts, payload: start..end, ends }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::opcode::Opcode;
    use super::*;

    #[test]
    fn a_frame_is_the_same_wherever_it_is_cut() {
        let stream = b"\x82\x05hello\x89\x00\x01\x02ab";
        for size in 1..=stream.len() {
            let (mut reader, mut seen, mut payload) = (FrameReader::default(), Vec::new(), Vec::new());
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
