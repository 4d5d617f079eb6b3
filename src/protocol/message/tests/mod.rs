//! Tests of the compressor and the inflater together.

mod broken;
mod compression;
mod examples;
mod hostile;
mod messages;
mod python;
mod round_trips;

use super::{Deflater, Inflater, Progress, SectionEnd};
use crate::protocol::inflate_error::InflateError;

/// "Hello" in a compressed message (RFC 7692 §7.2.3.1).
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

/// More room than any test message needs.
const AMPLE: usize = 1 << 20;

fn deflated(deflater: &mut Deflater, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    deflater.section(message, SectionEnd::Message, &mut out);
    out
}

fn inflated(inflater: &mut Inflater, message: &[u8]) -> Result<Vec<u8>, InflateError> {
    let mut out = Vec::new();
    let progress = inflater.section(message, true, &mut out, AMPLE)?;
    assert_eq!(progress, Progress { used: message.len(), is_pending: false });
    Ok(out)
}

/// The result of inflating a message with a fresh inflater.
fn verdict(message: &[u8]) -> Result<Vec<u8>, String> {
    inflated(&mut Inflater::new(true), message).map_err(|err| err.to_string())
}

/// Pseudorandom numbers, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap()
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}
