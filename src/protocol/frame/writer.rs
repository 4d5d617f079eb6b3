//! Writes frames: header, masking key and payload, appended to a buffer. A client masks its frames, a server does not.
//! The payload of a frame may be appended section by section, so that a frame may be larger than memory.

use super::close::CloseFrame;
use super::header::{FrameHeader, MAX_CONTROL_PAYLOAD};
use super::mask::{self, MaskingKeys};
use super::opcode::Opcode;
use crate::protocol::role::Role;

/// Writes frames. A client's frames each get a fresh masking key.
#[derive(Debug)]
pub struct FrameWriter {
    keys: Option<MaskingKeys>,
    recorded: Option<Vec<RecordedFrame>>,
}

/// A frame that was written: its header, and the beginning of its payload where the caller supplied one.
pub type RecordedFrame = (FrameHeader, Vec<u8>);

/// Bytes of payload that are kept of a recorded frame.
const PREVIEW: usize = 64;

/// The masking of one frame whose payload is still being written.
#[must_use = "a frame is complete only when all of its payload was appended"]
#[derive(Debug)]
pub struct PayloadMask {
    key: Option<[u8; 4]>,
    remaining: u64,
}

impl FrameWriter {
    /// A writer at the start of a connection, for the frames of `role`.
    pub fn new(role: Role) -> Self {
        let keys = match role {
            Role::Client => Some(MaskingKeys::new()),
            Role::Server => None,
        };
        Self { keys, recorded: None }
    }

    /// From now on, keeps frame headers and the beginnings of payloads for [`FrameWriter::take_recorded`].
    pub fn record_frames(&mut self) {
        self.recorded.get_or_insert_default();
    }

    /// Returns the frames written since the last call, if recording is on.
    pub fn take_recorded(&mut self) -> Vec<RecordedFrame> {
        self.recorded.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Appends a whole frame.
    pub fn frame(&mut self, opcode: Opcode, fin: bool, payload: &[u8], out: &mut Vec<u8>) {
        self.begin(FrameHeader { fin, rsv1: false, opcode, len: payload.len() as u64 }, out)
            .append(payload, out);
        self.record_payload(payload);
    }

    /// Keeps the beginning of the last frame's payload, if recording is on.
    pub fn record_payload(&mut self, beginning: &[u8]) {
        if let Some((_, preview)) = self.recorded.as_mut().and_then(|recorded| recorded.last_mut()) {
            preview.extend_from_slice(&beginning[..beginning.len().min(PREVIEW)]);
        }
    }

    /// Appends the header of a frame. The caller must append its whole payload before any other frame.
    pub fn begin(&mut self, header: FrameHeader, out: &mut Vec<u8>) -> PayloadMask {
        if let Some(recorded) = &mut self.recorded {
            recorded.push((header, Vec::new()));
        }
        let key = self.keys.as_mut().map(MaskingKeys::next);
        header.append(key, out);
        PayloadMask { key, remaining: header.len }
    }

    /// Appends a ping.
    pub fn ping(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.control(Opcode::Ping, payload, out);
    }

    /// Appends a pong: the answer to a ping, or an unsolicited one (RFC 6455 §5.5.3).
    pub fn pong(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.control(Opcode::Pong, payload, out);
    }

    /// Appends a Close frame. Nothing may be sent after it.
    pub fn close(&mut self, close: &CloseFrame, out: &mut Vec<u8>) {
        self.control(Opcode::Close, &close.payload(), out);
    }

    fn control(&mut self, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
        debug_assert!(payload.len() <= MAX_CONTROL_PAYLOAD);
        self.frame(opcode, true, payload, out);
    }
}

impl PayloadMask {
    /// The bytes of payload that are still to be appended.
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    /// Appends the next section of the payload, masked.
    ///
    /// # Panics
    /// When `section` is longer than what remains of the frame.
    pub fn append(&mut self, section: &[u8], out: &mut Vec<u8>) {
        let left = self.remaining.checked_sub(section.len() as u64);
        self.remaining = left.expect("a section fits into what remains of its frame");
        let Some(key) = &mut self.key else { return out.extend_from_slice(section) };
        mask::append(*key, section, out);
        key.rotate_left(section.len() % 4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_in_sections_is_masked_as_a_whole() {
        let payload: Vec<u8> = (0..=255).collect();
        for size in [1, 3, 4, 7, 64, 256] {
            let mut out = Vec::new();
            let header = FrameHeader { fin: true, rsv1: false, opcode: Opcode::Binary, len: 256 };
            let mut frame = FrameWriter::new(Role::Client).begin(header, &mut out);
            for section in payload.chunks(size) {
                frame.append(section, &mut out);
            }
            assert_eq!(frame.remaining(), 0);
            assert_eq!(out[..4], [0x82, 0xFE, 1, 0]);
            let (key, masked) = out[4..].split_at(4);
            let unmasked: Vec<u8> =
                masked.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
            assert_eq!(unmasked, payload, "sections of {size}");
        }
    }

    #[test]
    #[should_panic(expected = "fits into what remains")]
    fn a_section_beyond_the_frame_is_refused() {
        let mut out = Vec::new();
        let header = FrameHeader { fin: true, rsv1: false, opcode: Opcode::Binary, len: 1 };
        FrameWriter::new(Role::Client).begin(header, &mut out).append(b"ab", &mut out);
    }
}
