//! Messages that cannot be inflated.

use data_encoding::HEXLOWER;

use super::python::{PYTHON_15, messages_of_python};
use super::{AMPLE, HELLO, Random, deflated, inflated, verdict};
use crate::protocol::message::{Deflater, Inflater};

#[test]
fn a_message_without_its_end_is_refused_at_every_cut() {
    let [text, ..] = messages_of_python();
    // A block with dynamic Huffman codes, one with the fixed codes, and a stored block.
    let dynamic = HEXLOWER.decode(PYTHON_15[0].as_bytes()).unwrap();
    let fixed = deflated(&mut Deflater::new(15, true), &text);
    let stored = deflated(&mut Deflater::new(15, true), &Random(3).bytes(600));
    for message in [dynamic, fixed, stored, HELLO.to_vec()] {
        assert!(verdict(&message).is_ok());
        for len in 0..message.len() {
            let error = verdict(&message[..len]).unwrap_err();
            assert_eq!(
                error,
                format!(
                    "compressed message cannot be inflated at byte {len}: it does not end with an empty stored \
                     block (RFC 7692 §7.2.2)"
                )
            );
        }
    }
}

#[test]
fn a_message_that_kept_its_tail_is_refused() {
    let message = [&HELLO[..], &[0x00, 0x00, 0xff, 0xff]].concat();
    assert!(
        verdict(&message).unwrap_err().contains("at byte 11: it does not end with an empty stored block")
    );
}

#[test]
fn a_tail_that_another_block_takes_for_its_own_is_not_an_end() {
    // The start of a block in which the bit 0 is a literal and nine bits 1 are the end of the block: the tail
    // completes this block.
    let message = HEXLOWER.decode(b"04c0816d1b411004c1ead97bcaf9476c00").unwrap();
    assert!(
        verdict(&message).unwrap_err().contains("at byte 17: it does not end with an empty stored block")
    );
}

#[test]
fn a_broken_message_says_where_and_why() {
    for (message, at_and_why) in [
        (&[0x07][..], "1: invalid block type"),
        (&[0x00, 0x05, 0x00, 0xfb, 0xff], "5: invalid stored block lengths"),
        (&[0xf2, 0x00, 0x11, 0x00, 0x00], "3: a code is invalid, or a distance too far back"),
    ] {
        let error = verdict(message).unwrap_err();
        assert_eq!(
            error,
            format!("compressed message cannot be inflated at byte {at_and_why} (RFC 7692 §7.2.2)")
        );
    }
}

#[test]
fn the_offset_counts_from_the_start_of_the_message() {
    let (mut inflater, mut out) = (Inflater::new(true), Vec::new());
    inflated(&mut inflater, &HELLO).unwrap();
    inflater.section(&HELLO[..6], false, &mut out, AMPLE).unwrap();
    inflater.section(&[0x00, 0x00, 0x00, 0xff, 0xff], false, &mut out, AMPLE).unwrap();
    assert_eq!(inflater.section(&[0x07], true, &mut out, AMPLE).unwrap_err().offset, 12);
}

#[test]
fn mutated_messages_neither_panic_nor_exceed_their_room() {
    const ROOM: usize = 500;
    let mut random = Random(11);
    let originals = PYTHON_15.map(|hex| HEXLOWER.decode(hex.as_bytes()).unwrap());
    let (mut inflater, mut out, mut broken) = (Inflater::new(true), Vec::new(), 0);
    for _ in 0..100_000 {
        let mut message = originals[random.next() % originals.len()].clone();
        for _ in 0..=random.next() % 3 {
            let at = random.next() % message.len();
            message[at] ^= 1 << (random.next() % 8);
        }
        message.truncate(1 + random.next() % 60);
        let mut rest = &message[..];
        loop {
            out.clear();
            match inflater.section(rest, true, &mut out, ROOM) {
                Ok(progress) if progress.is_pending => rest = &rest[progress.used..],
                Ok(_) => break,
                Err(error) => {
                    assert!(error.offset <= message.len() as u64);
                    broken += 1;
                    inflater = Inflater::new(true);
                    break;
                }
            }
            assert!(out.len() <= ROOM);
        }
    }
    assert!(broken > 50_000, "{broken}");
}
