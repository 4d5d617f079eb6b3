//! Messages of all sizes, split at random, survive a round trip in bounded memory.

use proptest::prelude::*;

use super::Random;
use crate::protocol::inflate_error::InflateError;
use crate::protocol::message::{Deflater, Inflater, SectionEnd};

/// A message in which some parts repeat earlier ones.
fn compressible(random: &mut Random, len: usize) -> Vec<u8> {
    let mut message = Vec::with_capacity(len);
    while message.len() < len {
        let piece = (random.next() % 300).min(len - message.len());
        if random.next().is_multiple_of(3) || message.is_empty() {
            message.extend(random.bytes(piece));
        } else {
            let start = random.next() % message.len();
            let end = (start + piece).min(message.len());
            message.extend_from_within(start..end);
        }
    }
    message
}

/// Compresses `message` in sections of random sizes, with flushes at random.
fn deflate_in_sections(deflater: &mut Deflater, message: &[u8], random: &mut Random) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), message);
    loop {
        let (section, after) = rest.split_at((random.next() % 70_000).min(rest.len()));
        rest = after;
        let ends = rest.is_empty() && random.next().is_multiple_of(2);
        let end = match random.next() % 4 {
            _ if ends => SectionEnd::Message,
            0 => SectionEnd::Flush,
            _ => SectionEnd::Open,
        };
        deflater.section(section, end, &mut out);
        if ends {
            return out;
        }
    }
}

/// Inflates `message` in sections of random sizes, with random room for output.
fn inflate_in_sections(
    inflater: &mut Inflater,
    message: &[u8],
    random: &mut Random,
) -> Result<Vec<u8>, InflateError> {
    let (mut out, mut rest, mut whole) = (Vec::new(), message, Vec::new());
    loop {
        let here = (random.next() % 20_000).min(rest.len());
        let last = here == rest.len();
        let room = 1 + random.next() % 50_000;
        out.clear();
        let progress = inflater.section(&rest[..here], last, &mut out, room)?;
        assert!(out.len() <= room && (!progress.is_pending || out.len() == room));
        assert!(progress.is_pending || progress.used == here);
        whole.extend_from_slice(&out);
        rest = &rest[progress.used..];
        if last && !progress.is_pending {
            return Ok(whole);
        }
    }
}

#[test]
fn every_message_comes_back_at_any_cut_and_window() {
    let mut random = Random(7);
    for keeps_context in [true, false] {
        for bits in 8..=15 {
            let (mut deflater, mut inflater) =
                (Deflater::new(bits, keeps_context), Inflater::new(keeps_context));
            for len in [0, 1, 100, 5000, 200 * 1024, 3, 70_000, random.next() % 200_000] {
                let message = compressible(&mut random, len);
                let compressed = deflate_in_sections(&mut deflater, &message, &mut random);
                let back = inflate_in_sections(&mut inflater, &compressed, &mut random).unwrap();
                assert!(back == message, "{len} bytes, {bits} bits, context {keeps_context}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_come_back(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..2000), 1..8),
        bits in 8..=15_u8,
        keeps_context: bool,
        seed: u64,
    ) {
        let (mut deflater, mut inflater) = (Deflater::new(bits, keeps_context), Inflater::new(keeps_context));
        let mut random = Random(seed);
        for message in messages {
            let compressed = deflate_in_sections(&mut deflater, &message, &mut random);
            prop_assert_eq!(inflate_in_sections(&mut inflater, &compressed, &mut random), Ok(message));
        }
    }
}

#[test]
fn a_bomb_of_one_gibibyte_is_inflated_in_bounded_room() {
    const ROOM: usize = 64 * 1024;
    const MIB: usize = 1024 * 1024;
    let (zeros, mut deflater) = (vec![0; MIB], Deflater::new(15, true));
    let mut fragments = [Vec::new(), Vec::new()];
    for fragment in &mut fragments {
        deflater.section(&zeros, SectionEnd::Flush, fragment);
    }
    // Each further MiB of zeros compresses to the same bytes as the second one.
    let [first, further] = fragments;
    let mut bomb = [first, further.repeat(1023)].concat();
    bomb.push(0x00);
    assert!(bomb.len() < 3 * MIB / 2);

    let (mut inflater, mut out, mut rest) = (Inflater::new(true), Vec::with_capacity(ROOM), &bomb[..]);
    let (mut total, mut is_pending) = (0, true);
    while is_pending {
        out.clear();
        let progress = inflater.section(rest, true, &mut out, ROOM).unwrap();
        (rest, is_pending) = (&rest[progress.used..], progress.is_pending);
        total += out.len();
        assert_eq!(out.capacity(), ROOM);
    }
    assert_eq!(total, 1024 * MIB);
}
