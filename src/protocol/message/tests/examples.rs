//! The examples of RFC 7692 §7.2.3.

use super::{AMPLE, HELLO, deflated, inflated, verdict};
use crate::protocol::message::{Deflater, Inflater, SectionEnd};

#[test]
fn example_7_2_3_1_one_block_whole_and_in_fragments() {
    assert_eq!(deflated(&mut Deflater::new(15, true), b"Hello"), HELLO);
    assert_eq!(verdict(&HELLO), Ok(b"Hello".to_vec()));
    for cut in 0..=HELLO.len() {
        let (mut inflater, mut out) = (Inflater::new(true), Vec::new());
        for (fragment, last) in [(&HELLO[..cut], false), (&HELLO[cut..], true)] {
            inflater.section(fragment, last, &mut out, AMPLE).unwrap();
        }
        assert_eq!(out, b"Hello", "cut at {cut}");
    }
}

#[test]
fn example_7_2_3_2_a_shared_window() {
    let second = [0xf2, 0x00, 0x11, 0x00, 0x00];
    let mut inflater = Inflater::new(true);
    assert_eq!(inflated(&mut inflater, &HELLO).as_deref(), Ok(&b"Hello"[..]));
    assert_eq!(inflated(&mut inflater, &second).as_deref(), Ok(&b"Hello"[..]));

    let mut deflater = Deflater::new(15, true);
    deflated(&mut deflater, b"Hello");
    assert!(deflated(&mut deflater, b"Hello").len() < HELLO.len());

    let mut forgetful = Deflater::new(15, false);
    assert_eq!(deflated(&mut forgetful, b"Hello"), HELLO);
    assert_eq!(deflated(&mut forgetful, b"Hello"), HELLO);
    let mut forgetful = Inflater::new(false);
    inflated(&mut forgetful, &HELLO).unwrap();
    assert_eq!(
        inflated(&mut forgetful, &second).unwrap_err().to_string(),
        "compressed message cannot be inflated at byte 3: a code is invalid, or a distance too far back (RFC 7692 §7.2.2)"
    );
}

#[test]
fn example_7_2_3_3_a_block_without_compression() {
    let message = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
    assert_eq!(verdict(&message), Ok(b"Hello".to_vec()));
}

#[test]
fn example_7_2_3_4_a_final_block() {
    let message = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
    let mut inflater = Inflater::new(true);
    for _ in 0..2 {
        assert_eq!(inflated(&mut inflater, &message).as_deref(), Ok(&b"Hello"[..]));
    }
    assert_eq!(inflated(&mut inflater, &HELLO).as_deref(), Ok(&b"Hello"[..]));
    let twice = [&message[..7], &message[..7], &HELLO[..]].concat();
    assert_eq!(verdict(&twice), Ok(b"HelloHelloHello".to_vec()));
}

#[test]
fn example_7_2_3_5_two_blocks() {
    let message = [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
    assert_eq!(verdict(&message), Ok(b"Hello".to_vec()));
    let (mut deflater, mut out) = (Deflater::new(15, true), Vec::new());
    deflater.section(b"He", SectionEnd::Flush, &mut out);
    deflater.section(b"llo", SectionEnd::Message, &mut out);
    assert_eq!(out, message);
}

#[test]
fn example_7_2_3_6_an_empty_message() {
    for keeps_context in [true, false] {
        let (mut deflater, mut inflater) = (Deflater::new(15, keeps_context), Inflater::new(keeps_context));
        for message in [&b""[..], b"", b"Hello", b""] {
            let compressed = deflated(&mut deflater, message);
            assert_eq!(compressed == [0x00], message.is_empty());
            assert_eq!(inflated(&mut inflater, &compressed).as_deref(), Ok(message));
        }
    }
}

#[test]
fn a_flushed_fragment_is_inflated_at_once() {
    let (mut deflater, mut inflater) = (Deflater::new(15, true), Inflater::new(true));
    let mut out = Vec::new();
    for word in [&b"typed"[..], b"", b"now"] {
        let (mut fragment, before) = (Vec::new(), out.len());
        deflater.section(word, SectionEnd::Flush, &mut fragment);
        inflater.section(&fragment, false, &mut out, AMPLE).unwrap();
        assert_eq!(&out[before..], word);
    }
    let end = deflated(&mut deflater, b"");
    assert_eq!(end, [0x00]);
    inflater.section(&end, true, &mut out, AMPLE).unwrap();
    assert_eq!(out, b"typednow");
}
