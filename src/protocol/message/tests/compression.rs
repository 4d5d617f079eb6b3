//! Tests how far back the compressor refers, how small its output is, and which messages it compresses.

use zlib_rs::{Inflate, InflateFlush};

use super::{Random, deflated};
use crate::protocol::message::Deflater;

/// Inflates a message of at most 8 bytes with the last 2^`bits` bytes before it as the only context.
fn fits_window(history: &[u8], compressed: &[u8], bits: u8) -> bool {
    let mut inflate = Inflate::new(false, 15);
    let window = history.len().saturating_sub(1 << bits);
    inflate.set_dictionary(&history[window..]).unwrap();
    inflate.decompress(compressed, &mut [0; 64], InflateFlush::NoFlush).is_ok()
}

#[test]
fn matches_stay_within_the_agreed_window() {
    for bits in 8..=15 {
        // The text repeats at a distance that only a larger window covers.
        let period = Random(u64::from(bits)).bytes((1 << bits) + 8);
        let text = period.repeat(3 + 4096 / period.len());
        for first in [8, 4096] {
            let (mut deflater, mut sent) = (Deflater::new(bits, true), first);
            deflated(&mut deflater, &text[..first]);
            for message in text[first..].chunks(8) {
                let compressed = deflated(&mut deflater, message);
                assert!(fits_window(&text[..sent], &compressed, bits), "{bits} bits, message at {sent}");
                sent += message.len();
            }
        }
    }
}

#[test]
fn a_larger_window_finds_more() {
    let text = Random(1).bytes(3000).repeat(4);
    let size = |bits| deflated(&mut Deflater::new(bits, true), &text).len();
    assert!(size(15) < 4000 && size(11) > 12_000, "{} {}", size(15), size(11));
}

/// JSON lines similar to those of a log.
fn json_lines(len: usize) -> Vec<u8> {
    let mut random = Random(5);
    let mut line = |at| {
        let (user, ms) = (random.next() % 10_000, random.next() % 900);
        format!("{{\"at\":{at},\"level\":\"info\",\"user\":{user},\"ms\":{ms}}}\n")
    };
    let lines: String = (0..len / 40).map(&mut line).collect();
    lines.into_bytes()[..len].to_vec()
}

#[test]
fn a_long_message_is_compressed_well_whatever_came_before() {
    let (long, noise) = (json_lines(64 * 1024), Random(6).bytes(64 * 1024));
    let sizes = |before: &[u8]| {
        [&long, &noise].map(|message| {
            let mut deflater = Deflater::new(15, true);
            deflated(&mut deflater, before);
            deflated(&mut deflater, message).len()
        })
    };
    let ([text, random], [text_alone, random_alone]) = (sizes(b"a short message"), sizes(b""));
    assert_eq!((text, random), (text_alone, random_alone));
    assert!(text * 4 < long.len() && random < noise.len() + 100, "{text} and {random} bytes");
}

#[test]
fn the_context_is_kept_through_short_messages_until_many_have_come() {
    let mut deflater = Deflater::new(15, true);
    deflated(&mut deflater, &json_lines(8 * 1024));
    let message = Random(8).bytes(1000);
    let sizes: Vec<usize> = (0..70).map(|_| deflated(&mut deflater, &message).len()).collect();
    let whole: Vec<usize> = (0..70).filter(|at| sizes[*at] > 500).collect();
    assert_eq!(whole, [0, 64], "sizes of the same message: {sizes:?}");
    // A long message among them, and the count begins anew.
    deflated(&mut deflater, &json_lines(8 * 1024));
    let again = (0..64).filter(|_| deflated(&mut deflater, &message).len() > 500).count();
    assert_eq!(again, 1);
}

#[test]
fn short_messages_do_not_pay_off() {
    let lines = json_lines(2048);
    for (keeps_context, len, pays_off) in [
        (true, 3, false),
        (true, 15, false),
        (true, 16, true),
        (false, 64, false),
        (false, 127, false),
        (false, 1024, true),
    ] {
        let deflater = Deflater::new(15, keeps_context);
        assert_eq!(deflater.pays_off(len), pays_off, "{len} bytes, context {keeps_context}");
    }
    for (len, is_shorter) in [(3, false), (32, false), (1024, true)] {
        let compressed = deflated(&mut Deflater::new(15, false), &lines[..len]);
        assert_eq!(compressed.len() < len, is_shorter, "{len} bytes become {}", compressed.len());
    }
}
